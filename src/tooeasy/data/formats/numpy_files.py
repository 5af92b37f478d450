"""NumPy files: an ``.npz`` with images and labels, or a folder with a file of images and a file of labels.

::

    mnist.npz              x_train, y_train, x_test, y_test
    pathmnist.npz          train_images, train_labels, val_images, ..., as MedMNIST has them
    drawings.npz           x, y, names
    folder/                images.npy, labels.npy
    folder/                kmnist-test-imgs.npz, kmnist-test-labels.npz, one array each
    folder/                train.npz, test.npz
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.columns import CLASS_WORDS, IMAGE_WORDS, LABEL_WORDS, listed, split_and_word, split_of
from tooeasy.data.formats.npy import Header, NpzFile, map_npy
from tooeasy.data.numbers import to_images
from tooeasy.data.options import COLUMN_OPTION, LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import printable

_SUFFIXES = (".npy", ".npz")
_POSITIONAL = {"arr_0", "arr_1"}  # what numpy.savez calls arrays that were given no names
WANTED = "x_train and y_train, train_images and train_labels, or images and labels"


@dataclass(frozen=True)
class _Pair:
    """Names of one split's arrays, or files."""

    images: str
    labels: str


def claims(path: Path) -> bool:
    """Whether a path is an ``.npz``, one of a pair of files of images and labels, or a folder with such pairs."""
    try:
        if path.is_dir():
            return bool(_pairs_of_files(path) or _splits_of_files(path))
        if path.suffix.lower() not in _SUFFIXES or not path.is_file():
            return False
        return path.suffix.lower() == ".npz" or _file_role(path) is not None
    except (OSError, SourceError):
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read an ``.npz``, a folder of pairs of files, or the pair that a file belongs to.

    Parameters
    ----------
    path : Path
    options : LoadOptions
        ``image_column`` and ``label_column`` name arrays; ``size`` is that of images that come as flat rows.

    Raises
    ------
    SourceError
        If a file is damaged, holds Python objects, or has no images and labels.
    """
    if path.is_dir():
        pairs = _pairs_of_files(path)
        name = printable(path.resolve().name)
        return _read_pairs(path, pairs, name, options) if pairs else _read_splits(path, name, options)
    role = _file_role(path)
    if role is None or (path.suffix.lower() == ".npz" and not _is_single(path)):
        return _read_npz(path, options)
    prefix, split = role
    pairs = {key: pair for key, pair in _pairs_of_files(path.parent).items() if key == (prefix, split)}
    if not pairs:
        raise SourceError(f"{printable(str(path))} needs the other file of its pair beside it: images and labels")
    return _read_pairs(path.parent, pairs, printable(prefix or path.resolve().parent.name), options)


def _read_npz(path: Path, options: LoadOptions) -> Raw:
    file = NpzFile(path)
    found = {split or "train": (file, pair) for split, pair in _pairs_of_arrays(file, options).items()}
    images = {split: file.array(pair.images) for split, (_, pair) in found.items()}
    labels = {split: file.array(pair.labels) for split, (_, pair) in found.items()}
    raw = _raw(printable(path.stem), images, labels, options, _class_names(file))
    left = sorted(
        set(_by_split(file.names, options.image_column, IMAGE_WORDS, file.origin))
        - set(_pairs_of_arrays(file, options))
    )
    notes = (f"not used, as it has no labels: split {listed(left)}",) if any(left) else ()
    return replace(raw, notes=(*notes, *raw.notes))


def _pairs_of_arrays(file: NpzFile, options: LoadOptions) -> dict[str, _Pair]:
    """Arrays of images and labels by split; "" where the names say none."""
    images = _by_split(file.names, options.image_column, IMAGE_WORDS, file.origin)
    labels = _by_split(file.names, options.label_column, LABEL_WORDS, file.origin)
    pairs = {split: _Pair(name, labels[split]) for split, name in images.items() if split in labels}
    if not pairs and set(file.names) == _POSITIONAL:
        first, second = (len(file.header(name).shape) for name in sorted(_POSITIONAL))
        if first >= 2 > second:
            return {"": _Pair("arr_0", "arr_1")}
    if not pairs:
        raise SourceError(
            f"{file.origin} has no images and labels called {WANTED}; it has {_described(file)}: "
            f"name them with {COLUMN_OPTION['image']} and {COLUMN_OPTION['label']}"
        )
    return pairs


def _by_split(names: Sequence[str], chosen: str | None, words: Sequence[str], origin: str) -> dict[str, str]:
    """Of each split, the array whose name has the first of the words."""
    if chosen is not None and chosen in names:
        return {"": chosen}
    wanted = words if chosen is None else (chosen.lower(),)
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        found = split_and_word(name, wanted)
        if found is not None:
            split, rank = found[0], wanted.index(found[1])
            best[split] = min(best.get(split, (rank, name)), (rank, name))
    if chosen is not None and not best:
        raise SourceError(f"{origin} has no array {chosen!r}; it has {listed(names)}")
    return {split: name for split, (_, name) in best.items()}


def _described(file: NpzFile) -> str:
    def one(name: str) -> str:
        header: Header = file.header(name)
        return f"{name} ({header.dtype} {'x'.join(map(str, header.shape))})"

    return listed([one(name) for name in file.names[:20]] + file.names[20:])


# -- folders -----------------------------------------------------------------------------------------------------------


def _file_role(path: Path) -> tuple[str, str] | None:
    """Dataset and split of a file named as images or as labels are; None for other names."""
    for words in (IMAGE_WORDS, LABEL_WORDS):
        found = _parse_stem(path.stem, words)
        if found is not None:
            return found[:2]
    return None


def _parse_stem(stem: str, words: Sequence[str]) -> tuple[str, str, str] | None:
    """Dataset, split and word of ``kmnist-test-imgs`` and the like."""
    pieces = [0, *(match.end() for match in re.finditer(r"[-_. ]", stem))]
    for start in pieces:  # the longest name first, so that the dataset's is as short as can be
        found = split_and_word(stem[start:], words)
        if found is not None:
            return stem[: max(start - 1, 0)], *found
    return None


def _pairs_of_files(folder: Path) -> dict[tuple[str, str], _Pair]:
    """Files of images and labels by dataset and split."""
    files = sorted(path.name for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
    ranked: list[dict[tuple[str, str], tuple[int, str]]] = []
    for words in (IMAGE_WORDS, LABEL_WORDS):
        best: dict[tuple[str, str], tuple[int, str]] = {}
        for name in files:
            found = _parse_stem(Path(name).stem, words)
            if found is not None:
                key, rank = (found[0].lower(), found[1]), (words.index(found[2]), name)
                best[key] = min(best.get(key, rank), rank)
        ranked.append(best)
    images, labels = ranked
    return {key: _Pair(images[key][1], labels[key][1]) for key in images if key in labels}


def _read_pairs(folder: Path, pairs: dict[tuple[str, str], _Pair], name: str, options: LoadOptions) -> Raw:
    datasets = sorted({prefix for prefix, _ in pairs})
    if len(datasets) > 1:
        raise SourceError(
            f"{printable(str(folder))} has the files of more than one dataset: {listed(datasets)}; give one file"
        )
    images = {split or "train": _single(folder / pair.images) for (_, split), pair in pairs.items()}
    labels = {split or "train": _single(folder / pair.labels) for (_, split), pair in pairs.items()}
    return _raw(name, images, labels, options, None)


def _is_single(path: Path) -> bool:
    return len(NpzFile(path).names) == 1


def _single(path: Path) -> NDArray[Any]:
    """The array of a file that has one."""
    if path.suffix.lower() == ".npy":
        return map_npy(path)
    file = NpzFile(path)
    if len(file.names) != 1:
        raise SourceError(f"{file.origin} has {len(file.names)} arrays, where one was expected: {listed(file.names)}")
    return file.array(file.names[0])


def _splits_of_files(folder: Path) -> dict[str, Path]:
    """``.npz`` files that are named after splits."""
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".npz" and path.is_file())
    return {split: path for path in files if (split := split_of(path.stem)) is not None}


def _read_splits(folder: Path, name: str, options: LoadOptions) -> Raw:
    images, labels, classes = {}, {}, None
    for split, path in _splits_of_files(folder).items():
        file = NpzFile(path)
        pairs = _pairs_of_arrays(file, options)
        pair = pairs.get(split) or pairs.get("")
        if pair is None:
            raise SourceError(f"{file.origin} has arrays of other splits than its name: {listed(list(pairs))}")
        images[split], labels[split] = file.array(pair.images), file.array(pair.labels)
        classes = classes or _class_names(file)
    return _raw(name, images, labels, options, classes)


# -- both --------------------------------------------------------------------------------------------------------------


def _raw(
    name: str,
    images: dict[str, NDArray[Any]],
    labels: dict[str, NDArray[Any]],
    options: LoadOptions,
    classes: Sequence[str] | None,
) -> Raw:
    shaped, notes = to_images(images, name, size=options.size)
    parts = {split: RawPart(shaped[split], _labels(labels[split])) for split in images}
    return Raw(name, parts, classes, notes=notes)


def _labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels in memory, bytes as text."""
    return _text(labels) if labels.dtype.kind == "S" else np.array(labels)


def _class_names(file: NpzFile) -> list[str] | None:
    """Names of the classes, if the file has an array of some."""
    for name in file.names:
        if name.lower() in CLASS_WORDS and (header := file.header(name)).dtype.kind in "US" and len(header.shape) == 1:
            return [str(value) for value in _labels(file.array(name))]
    return None


def _text(values: NDArray[Any]) -> NDArray[Any]:
    return np.array([value.decode("utf-8", "replace") for value in values.ravel().tolist()]).reshape(values.shape)
