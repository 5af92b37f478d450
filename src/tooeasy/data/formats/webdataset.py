"""WebDataset: tar shards, in which the files of one sample share their name up to the first dot.

::

    train-000000.tar:   0001.jpg  0001.cls  0002.jpg  0002.cls  ...

Format: https://github.com/webdataset/webdataset ("The WebDataset Format"), and for class names beside the shards, the
layout that CLIP benchmark uses: ``classnames.txt``, ``train/0.tar``, ``test/0.tar``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.assemble import TEST_NAMES, TRAIN_NAMES
from tooeasy.data.decode import SUFFIXES
from tooeasy.data.formats import folder
from tooeasy.data.formats.tar_members import COMPRESSED, Member, TarTree, links_note, members, read_member
from tooeasy.data.formats.trees import MAX_IMAGE_BYTES, is_junk
from tooeasy.data.labels import natural_key
from tooeasy.data.options import COLUMN_OPTION, LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

MAX_LABEL_BYTES = 2**20  # of a .cls or .json member
MAX_NAMES_BYTES = 2**24  # of classnames.txt
LABELS = ("cls", "cls.txt", "json")  # of several, the first that a sample has
JSON_KEYS = ("label", "class", "cls", "class_id", "target", "label_name", "class_name")
NAMES = ("classnames.txt", "classes.txt")
_SPLITS = frozenset((*TRAIN_NAMES, *TEST_NAMES))
_SHARD = re.compile(r".*\d\.(tar|tar\.\w+|tgz|tbz2|txz|tzst)", re.IGNORECASE)


def claims(path: Path) -> bool:
    """Whether a path is a tar archive, or a folder of shards, perhaps in split folders."""
    if path.is_file():
        return path.name.lower().endswith((".tar", *COMPRESSED))
    try:
        return bool(_shards(path))
    except OSError:
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read shards, or a tar archive of class folders.

    Parameters
    ----------
    path : Path
        A shard, or a folder of shards. Their names say which split they belong to (``train-000000.tar``), or those of
        the folders that they are in (``train/0.tar``).
    options : LoadOptions
        ``image_column`` and ``label_column`` name the members of a sample by what follows the first dot
        (``input.png``, ``cls``); ``label_column`` may also be a key of its ``json``.

    Raises
    ------
    SourceError
        If a shard is damaged or has members that point outside of it, or a sample has no label.
    """
    origin = printable(str(path))
    shards = {_split_of(path.name): [path]} if path.is_file() else _shards(path)
    samples = {split: _read_samples(files, options) for split, files in shards.items()}
    if not any(found.labelled for found in samples.values()) and path.is_file():
        return folder.read_files(TarTree(path), path.stem)
    parts = {
        split: RawPart(TarImages(shards[split], found), found.labels(origin))
        for split, found in samples.items()
        if found.names
    }
    if not parts:
        raise SourceError(f"{origin} has no sample with an image; looked for members such as 0001.jpg and 0001.cls")
    numbers = all(isinstance(part.labels, np.ndarray) for part in parts.values())
    notes = tuple(note for found in samples.values() for note in found.notes)
    return Raw(printable(path.stem), parts, _class_names(path) if numbers else None, notes=notes)


class TarImages:
    """Images of the samples of some shards.

    Parameters
    ----------
    shards : list of Path
    samples : Samples
    """

    def __init__(self, shards: list[Path], samples: Samples) -> None:
        self._shards, self._names = shards, samples.names
        self._places: NDArray[np.int64] = np.array(samples.places, np.int64).reshape(-1, 3)

    def __len__(self) -> int:
        return len(self._names)

    def name(self, row: int) -> str:
        """Shard and member of an image."""
        return printable(f"{self._shards[self._places[row, 0]].name}: {self._names[row]}")

    def read(self, rows: NDArray[np.intp]) -> Iterator[bytes]:
        """Bytes of the images of some rows."""
        return (data for data, _ in self.heads(rows, MAX_IMAGE_BYTES))

    def heads(self, rows: NDArray[np.intp], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes, at most so many, of the images of some rows, and how many each has."""
        for shard, places in groupby(self._places[rows].tolist(), key=itemgetter(0)):
            with self._shards[shard].open("rb") as file:
                for _, start, size in places:
                    yield read_member(file, start, size, most)


class Samples:
    """The samples of some shards that have an image.

    Attributes
    ----------
    names : list of str
        Of the members with the images.
    places : list of tuple
        Shard, first byte, bytes of each image.
    labelled : bool
        Whether any sample has a label.
    notes : list of str
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.places: list[tuple[int, int, int]] = []
        self.labelled = False
        self.notes: list[str] = []
        self._labels: list[str | None] = []

    def add(self, shard: int, sample: _Sample) -> None:
        """Add a sample, if it has an image."""
        self.labelled |= sample.label is not None
        if sample.image is not None:
            name, start, size = sample.image
            self.names.append(name)
            self.places.append((shard, start, size))
            self._labels.append(sample.label)

    def labels(self, origin: str) -> NDArray[np.int64] | list[str]:
        """Labels of the samples: numbers if all are. Raises SourceError if some have none."""
        missing = [name for name, label in zip(self.names, self._labels, strict=True) if label is None]
        if missing:
            raise SourceError(
                f"{origin} has {len(missing)} samples without a label ({named(missing)}); looked for members "
                f"{', '.join(LABELS)} with a number, a name, or a key such as {', '.join(JSON_KEYS[:3])}"
            )
        labels = [label for label in self._labels if label is not None]
        if all(re.fullmatch(r"-?[0-9]{1,18}", label) for label in labels):
            return np.array([int(label) for label in labels], np.int64)
        return labels


class _Sample:
    """Image and label of one sample so far, each with a rank: lower goes before."""

    __slots__ = ("image", "image_rank", "label", "label_rank")

    def __init__(self) -> None:
        self.image: tuple[str, int, int] | None = None
        self.label: str | None = None
        self.image_rank = self.label_rank = len(LABELS)


def _read_samples(shards: list[Path], options: LoadOptions) -> Samples:
    samples = Samples()
    for number, shard in enumerate(shards):
        found, links = _read_shard(shard, options)
        for sample in found.values():
            samples.add(number, sample)
        without = [key for key, sample in found.items() if sample.image is None and sample.label is not None]
        if without:
            samples.notes.append(f"{printable(shard.name)}: {len(without)} samples without an image ({named(without)})")
        if links:
            samples.notes.append(links_note(printable(shard.name), links))
    return samples


def _read_shard(shard: Path, options: LoadOptions) -> tuple[dict[str, _Sample], list[str]]:
    """Samples of a shard by their name, and the names of links."""
    found: dict[str, _Sample] = {}
    links = []
    with shard.open("rb") as file:
        for member in members(shard):
            start, dot, extension = member.name.rpartition("/")[2].partition(".")
            if not start or not dot or any(map(is_junk, member.name.split("/"))):
                continue
            if not member.plain:
                links.append(member.name)
                continue
            key = member.name[: -len(dot + extension)]
            sample = found.setdefault(key, _Sample())
            _note_image(sample, member.name, extension, (member.offset, member.size), options.image_column)
            rank = _label_rank(extension, options.label_column)
            if rank <= sample.label_rank and rank < len(LABELS):
                label = _label(file, member, extension, options.label_column)
                if label is not None:
                    sample.label, sample.label_rank = label, rank
    return found, links


def _note_image(sample: _Sample, name: str, extension: str, place: tuple[int, int], column: str | None) -> None:
    """Keep a member if it is the sample's image: the named one, or one that is called 1.png before any 1.mask.png."""
    if f".{extension.rpartition('.')[2].lower()}" not in SUFFIXES or column not in (None, extension):
        return
    rank = int("." in extension)
    if sample.image is not None and rank == sample.image_rank and sample.image[0] != name:
        raise SourceError(
            f"{printable(sample.image[0])} and {printable(name)} are images of one sample: "
            f"name one with {COLUMN_OPTION['image']}, such as {printable(extension)!r}"
        )
    if rank <= sample.image_rank:
        sample.image, sample.image_rank = (name, *place), rank


def _label_rank(extension: str, column: str | None) -> int:
    if column is None:
        return LABELS.index(extension.lower()) if extension.lower() in LABELS else len(LABELS)
    return 0 if extension == column else 1 if extension.lower() == "json" else len(LABELS)


def _label(file: BinaryIO, member: Member, extension: str, column: str | None) -> str | None:
    """Label of a member; None if it says nothing of it."""
    origin = printable(f"{Path(file.name).name}: {member.name}")
    if member.size > MAX_LABEL_BYTES:
        raise SourceError(f"{origin} has {member.size:,} bytes, too many for a label")
    data, _ = read_member(file, member.offset, member.size, MAX_LABEL_BYTES)
    try:
        text = data.decode("utf-8-sig").strip()
        value: Any = json.loads(text) if extension.lower() == "json" else text
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{origin} is no label: {printable(str(error))}") from error
    if isinstance(value, dict):
        keys = JSON_KEYS if column in (None, extension) else (column,)
        value = next((value[key] for key in keys if isinstance(value.get(key), (int, str))), None)
    if isinstance(value, (int, str)) and not isinstance(value, bool):
        return str(value).strip() or None
    return None


def _shards(path: Path) -> dict[str, list[Path]]:
    """Shards of a folder by their split; none where other things lie beside them: they are not what is meant then."""
    files, folders = _look(path)
    shards: dict[str, list[Path]] = {}
    for split in folders:
        inside, deeper = _look(split)
        if split.name.lower() not in _SPLITS or deeper or not inside:
            return {}
        shards[split.name] = inside
    for file in files:
        shards.setdefault(_split_of(file.name), []).append(file)
    return shards


def _look(path: Path) -> tuple[list[Path], list[Path]]:
    """Shards and folders in a folder."""
    found = sorted(
        (entry for entry in path.iterdir() if not is_junk(entry.name)), key=lambda one: natural_key(one.name)
    )
    folders = [entry for entry in found if entry.is_dir()]
    return [entry for entry in found if _SHARD.fullmatch(entry.name) and entry.is_file()], folders


def _split_of(name: str) -> str:
    """Split that a shard's name says, or "train"."""
    return next((word for word in re.split(r"[^a-z0-9]+", name.lower()) if word in _SPLITS), "train")


def _class_names(path: Path) -> list[str] | None:
    """Names of the classes 0, 1, ... from a file beside the shards, or beside the split folder that they are in."""
    for place in (path, path.parent) if path.is_dir() else (path.parent, path.parent.parent):
        for name in NAMES:
            file = place / name
            if file.is_file():
                if file.stat().st_size > MAX_NAMES_BYTES:
                    raise SourceError(f"{printable(str(file))} has more than {MAX_NAMES_BYTES:,} bytes of class names")
                return _lines(file)
        if place.name.lower() not in _SPLITS:
            break
    return None


def _lines(file: Path) -> list[str]:
    try:
        return [line.strip() for line in file.read_text("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise SourceError(f"{printable(str(file))} has class names that are not UTF-8") from error
