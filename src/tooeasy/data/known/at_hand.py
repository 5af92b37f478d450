"""The datasets of the catalog from what is on this machine: bundled, in the cache, or in a folder that is known.

What was found once is kept unpacked in the cache, as ``.npy`` files that are memory-mapped from then on. Nothing here
touches the network.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.formats import folder as class_folders
from tooeasy.data.formats import quickdraw
from tooeasy.data.formats.idx import find_idx, sha256_of_idx
from tooeasy.data.formats.stack import RearrangedImages
from tooeasy.data.formats.tar_members import TarTree
from tooeasy.data.images import Images
from tooeasy.data.known import bundle, digits
from tooeasy.data.known.catalog import CatalogEntry, known_datasets
from tooeasy.data.known.published import download_folder, folders_of, has_checksum
from tooeasy.data.known.unpack import KINDS, array_file, unpack
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.data.split import Split
from tooeasy.errors import NotAtHandError, SourceError

State = Literal["bundled", "cached", "found", "needs download"]

_LOGGER = logging.getLogger(__name__)
_IN_PLACE = ("quickdraw", "class-tar")  # forms that are read as they are: mapped, or decoded image by image
_USED = ("train", "test")
_UNPACKED = 1  # raised when the way of unpacking changes


def load_from_catalog(name: str, options: LoadOptions) -> Dataset:
    """Load a dataset by its name, from what the package brings and what is on this machine; never from the network.

    Raises
    ------
    NotAtHandError
        If its images are nowhere, saying how to get them.
    """
    entry = known_datasets()[name]
    if entry.form == "scikit-learn":
        return digits.load_digits(entry.classes, options)
    if entry.bundled:
        bundled = bundle.load_bundled(name, entry.classes, partial(find_training_images, entry))
        return bundled if options.keeps_images else bundle.reload(bundled, options)
    return assemble(find_images(entry), options)


def find_training_images(entry: CatalogEntry) -> Split:
    """Load the full training images from where they may be on this machine.

    Raises
    ------
    NotAtHandError
        If they are nowhere, saying how to get them.
    """
    return assemble(find_images(entry, ("train",)), LoadOptions()).train


def find_images(entry: CatalogEntry, splits: tuple[str, ...] = _USED) -> Raw:
    """Open the images of some splits, unpacked in the cache or wherever the published files are found.

    Raises
    ------
    NotAtHandError
        If they are nowhere, or only other files of their names.
    """
    splits = tuple(split for split in splits if split in entry.images)
    unpacked = _unpacked_folder(entry)
    if entry.form not in _IN_PLACE and (raw := _open_unpacked(entry, unpacked, splits)):
        _LOGGER.info("images of %s are taken from the cache, %s", entry.name, unpacked)
        return raw
    others = []
    for place in folders_of(entry):
        if not _has_files(entry, place, splits):
            continue
        _LOGGER.debug("files named as those of %s are in %s", entry.name, place)
        if wrong := _wrong_file(entry, place, splits):
            others.append(wrong)
        elif entry.form in _IN_PLACE:
            return _read_in_place(entry, place)
        else:
            return _unpack_and_open(entry, place, unpacked, splits)
    raise NotAtHandError(_how_to_get(entry, splits, others))


def state_of(entry: CatalogEntry) -> State:
    """Where the images of a dataset are, by a look that reads no more than it has to."""
    if entry.form == "scikit-learn":
        return "bundled"
    splits = ("train",) if entry.bundled else tuple(split for split in _USED if split in entry.images)
    unpacked = _unpacked_folder(entry)
    if all(array_file(unpacked, split, kind).is_file() for split in splits for kind in KINDS):
        return "cached"
    for place in folders_of(entry):
        exactly = entry.form == "idx"  # relatives share these names
        if _has_files(entry, place, splits) and not (exactly and _wrong_file(entry, place, splits)):
            return "cached" if place == download_folder(entry) else "found"
    return "needs download"


def _how_to_get(entry: CatalogEntry, splits: tuple[str, ...], others: list[Path]) -> str:
    what = "training images" if splits == ("train",) and len(entry.images) > 1 else "images"
    line = f"the {what} of {entry.name} are not on this machine: `tooeasy datasets get {entry.name}` downloads them"
    names = ", ".join(file.name for file in entry.files[:4]) + (", ..." if len(entry.files) > 4 else "")
    line += f"; or put {names} into {download_folder(entry)}, or name their folder in TOOEASY_DATA"
    return line + (f"; {others[0]} is damaged, or another file than the published one" if others else "")


def _has_files(entry: CatalogEntry, place: Path, splits: tuple[str, ...]) -> bool:
    """Whether files of the right names and sizes are in a folder."""
    if not place.is_dir():
        return False
    if entry.form == "idx":
        try:
            found = find_idx(place)
        except (SourceError, OSError):
            return False
        return all((split, kind) in found for split in splits for kind in KINDS)
    try:
        sizes = {file: (place / file.name).stat().st_size for file in entry.files}
    except OSError:
        return False
    return all(file.bytes in (None, size) for file, size in sizes.items())


def _wrong_file(entry: CatalogEntry, place: Path, splits: tuple[str, ...]) -> Path | None:
    """Return the first file that is not the published one; None if all are."""
    published = {file.name: file for file in entry.files}
    try:
        if entry.form != "idx":
            if entry.form == "quickdraw":  # 40 GB: checked when it was downloaded, and by size
                return None
            return next(
                (place / name for name, file in published.items() if not has_checksum(place / name, file)), None
            )
        for (split, kind), path in find_idx(place).items():
            if split not in splits:
                continue
            plain = f"{'train' if split == 'train' else 't10k'}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
            if plain in entry.sha256:
                right = sha256_of_idx(path) == entry.sha256[plain]
            else:
                right = has_checksum(path, published[f"{plain}.gz"])
            if not right:
                return path
    except (SourceError, OSError) as error:
        return Path(getattr(error, "filename", None) or place)
    return None


def _read_in_place(entry: CatalogEntry, place: Path) -> Raw:
    if entry.form == "quickdraw":
        return replace(quickdraw.read(place, LoadOptions()), name=entry.name)
    raw = class_folders.read_files(TarTree(place / entry.files[0].name), entry.name)
    parts = {
        split: RawPart(part.images, [_character(name) for name in part.labels]) for split, part in raw.parts.items()
    }
    return Raw(entry.name, parts, notes=raw.notes)


def _character(name: str) -> str:
    """Turn a code point into its character: "U+4E00" is 一."""
    try:
        return chr(int(name.removeprefix("U+"), 16)) if name.startswith("U+") else name
    except (ValueError, OverflowError):
        return name


def _unpacked_folder(entry: CatalogEntry) -> Path:
    """Folder of the arrays; its name tells what they were unpacked from, and how."""
    identity = [
        _UNPACKED,
        entry.name,
        entry.form,
        entry.member,
        entry.sha256,
        [[file.name, file.checksum] for file in entry.files],
    ]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return download_folder(entry) / f"unpacked-{entry.name}-{digest[:12]}"


def _unpack_and_open(entry: CatalogEntry, place: Path, unpacked: Path, splits: tuple[str, ...]) -> Raw:
    try:
        _unpack_to_cache(entry, place, unpacked, splits)
        raw = _open_unpacked(entry, unpacked, splits)
    except SourceError:
        raise
    except OSError:  # the cache is full or read-only; what is mapped outlives its name
        with tempfile.TemporaryDirectory(prefix="tooeasy-", ignore_cleanup_errors=True) as passing:
            unpack(entry, place, Path(passing), splits)
            raw = _open_unpacked(entry, Path(passing), splits)
    if raw is None:
        raise SourceError(f"{place} has files of {entry.name} that are not its images and labels")
    return raw


def _unpack_to_cache(entry: CatalogEntry, place: Path, unpacked: Path, splits: tuple[str, ...]) -> None:
    """Unpack into a folder beside, then rename file by file: whatever is under its name is whole."""
    from filelock import FileLock

    unpacked.mkdir(parents=True, exist_ok=True)
    with FileLock(unpacked / ".lock"):
        missing = tuple(s for s in splits if not all(array_file(unpacked, s, kind).is_file() for kind in KINDS))
        if not missing:
            return
        beside = unpacked / ".unfinished"  # of a run that was killed, perhaps
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        try:
            unpack(entry, place, beside, missing)
            for split in missing:
                for kind in KINDS:
                    array_file(beside, split, kind).replace(array_file(unpacked, split, kind))
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _open_unpacked(entry: CatalogEntry, folder: Path, splits: tuple[str, ...]) -> Raw | None:
    """Map the arrays; None where they are not there, or damaged, in which case they are removed."""
    parts = {}
    for split in splits:
        files = [array_file(folder, split, kind) for kind in KINDS]
        if not all(file.is_file() for file in files):
            return None
        try:
            stored, labels = (np.load(file, mmap_mode="r", allow_pickle=False) for file in files)
            parts[split] = RawPart(_as_images(entry, stored), _as_labels(entry, labels, len(stored)))
        except (ValueError, EOFError, OSError):
            for file in files:
                file.unlink(missing_ok=True)
            return None
    return Raw(entry.name, parts, entry.classes)


def _as_images(entry: CatalogEntry, stored: NDArray[np.uint8]) -> Images:
    shape = (len(stored), *entry.shape)
    if stored.dtype != np.uint8 or stored.size != int(np.prod(shape)):
        raise ValueError(f"not images of {entry.name}")
    if entry.form == "emnist":
        return RearrangedImages(stored, shape, _upright)
    return stored.reshape(shape)


def _upright(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return rows.transpose(0, 2, 1)[..., np.newaxis]


def _as_labels(entry: CatalogEntry, labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    columns = labels.reshape(count, -1)
    if entry.form not in ("qmnist",) and columns.shape[1] != 1:
        raise ValueError(f"not labels of {entry.name}")
    return columns[:, 0].astype(np.int64) - entry.first_label  # QMNIST's further columns say who wrote it
