"""MATLAB's ``.mat`` files in the two forms in use: SVHN's (images last) and EMNIST's (a struct, images lying down).

SVHN: http://ufldl.stanford.edu/housenumbers/ ("cropped digits": ``X`` is 32 x 32 x 3 x n, and 10 is the digit 0).
EMNIST: https://www.nist.gov/itl/products-and-services/emnist-dataset (``dataset.train.images`` is n x 784).
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.mat5 import MatValue, Unread, read_mat
from tooeasy.data.formats.stack import RearrangedImages
from tooeasy.data.images import Images
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

_SPLITS = ("train", "test", "extra", "val", "valid", "validation")
_SVHN_SHAPE = (32, 32, 3)


def claims(path: Path) -> bool:
    """Whether a path is a ``.mat`` file, or a folder of some and of no folders: those have images of their own."""
    if not path.is_dir():
        return path.suffix.lower() == ".mat"
    return bool(_find(path)) and not any(inner.is_dir() for inner in path.iterdir())


def read(path: Path, options: LoadOptions) -> Raw:
    """Read a ``.mat`` file, or a folder with one for each split (``train_32x32.mat``, ``test_32x32.mat``).

    Parameters
    ----------
    path : Path
        The file or the folder.
    options : LoadOptions
        ``image_column`` and ``label_column`` name other variables than ``X`` and ``y``.

    Raises
    ------
    SourceError
        If a file is damaged, of version 7.3, or has no images and labels in either form.
    """
    if path.is_file():
        return _read_file(path, options)
    files = _find(path)
    if len(files) == 1:
        return _read_file(next(iter(files.values())), options)
    unknown = [file.name for split, file in files.items() if split not in _SPLITS]
    if unknown:
        raise SourceError(
            f"{_shown(path)} has several .mat files, and {printable(unknown[0])} is not named after a split, "
            "as train_32x32.mat is; give one file"
        )
    raws = {split: _read_file(file, options) for split, file in files.items()}
    nested = [files[split].name for split, raw in raws.items() if set(raw.parts) != {split}]
    if nested:
        raise SourceError(
            f"{_shown(path)} has several .mat files, and {printable(nested[0])} is a dataset by itself; give one file"
        )
    return _digits_from_ten(
        Raw(printable(path.resolve().name), {split: raw.parts[split] for split, raw in raws.items()})
    )


def _shown(path: Path | str) -> str:
    return printable(str(path))


def _find(folder: Path) -> dict[str, Path]:
    """MATLAB files of a folder by split, or by their name where it tells none."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".mat" and path.is_file())
    except OSError:
        return {}
    return {_split_of(path) or path.name: path for path in found}


def _split_of(path: Path) -> str | None:
    first = path.stem.lower().partition("_")[0]
    return first if first in _SPLITS else None


def _read_file(path: Path, options: LoadOptions) -> Raw:
    try:
        variables = read_mat(path)
    except OSError as error:
        raise SourceError(f"{_shown(path)} cannot be read: {error.strerror or error}") from error
    if isinstance(dataset := variables.get("dataset"), dict):
        return _read_emnist(path, dataset)
    names = options.image_column or "X", options.label_column or "y"
    missing = [name for name in names if not isinstance(variables.get(name), np.ndarray)]
    if missing:
        found = ", ".join(f"{printable(name)} ({_kind(value)})" for name, value in variables.items())
        raise SourceError(
            f"{_shown(path)} has no variable {missing[0]} with numbers; found {found or 'none'}: "
            "name the variables with the images and the labels as image column and label column"
        )
    images, labels = (variables[name] for name in names)
    part = RawPart(_images_last(path, images), _labels(path, labels))  # type: ignore[arg-type]
    return _digits_from_ten(Raw(printable(path.stem), {_split_of(path) or "train": part}))


def _kind(value: MatValue) -> str:
    if isinstance(value, np.ndarray):
        return " x ".join(map(str, value.shape)) + f" {value.dtype}"
    return value.kind if isinstance(value, Unread) else "struct"


def _images_last(path: Path, array: NDArray[Any]) -> Images:
    """Images whose number is the last dimension: an image's pixels lie together in the file."""
    if array.ndim not in (3, 4) or array.size == 0:
        raise SourceError(
            f"{_shown(path)}: images are height x width x n or height x width x channels x n; found {_kind(array)}"
        )
    stored = _bytes(path, array).transpose(range(array.ndim)[::-1])  # (n, [channels,] width, height), C order
    height, width, channels = (*array.shape[:-1], 1)[:3]

    def set_upright(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return rows.reshape(-1, channels, width, height).transpose(0, 3, 2, 1)

    return RearrangedImages(stored, (array.shape[-1], height, width, channels), set_upright)


def _bytes(path: Path, array: NDArray[Any]) -> NDArray[np.uint8]:
    if array.dtype != np.uint8:
        raise SourceError(
            f"{_shown(path)} has pixels of type {array.dtype}; tooeasy reads uint8: save them as uint8(X)"
        )
    return array


def _labels(path: Path, array: NDArray[Any]) -> NDArray[Any]:
    if array.ndim == 2 and 1 in array.shape:
        return array.ravel()
    raise SourceError(f"{_shown(path)}: labels are n x 1; found {_kind(array)}")


def _digits_from_ten(raw: Raw) -> Raw:
    """SVHN's label 10 is the digit 0."""
    labels = np.concatenate([np.asarray(part.labels).ravel() for part in raw.parts.values()] or [np.zeros(0)])
    is_svhn = all(part.images.shape[1:] == _SVHN_SHAPE for part in raw.parts.values())  # type: ignore[union-attr]
    if not is_svhn or labels.size == 0 or labels.max() != 10 or not np.isin(labels, np.arange(1, 11)).all():
        return raw
    parts = {
        split: RawPart(part.images, np.asarray(part.labels).astype(np.int64) % 10) for split, part in raw.parts.items()
    }
    return replace(raw, parts=parts, notes=("label 10 is the digit 0, as SVHN has it",))


def _read_emnist(path: Path, dataset: dict[str, MatValue]) -> Raw:
    parts = {split: value for split in ("train", "test") if isinstance(value := dataset.get(split), dict)}
    if "train" not in parts:
        raise SourceError(
            f"{_shown(path)} has a struct dataset without a struct train; found {named(list(dataset)) or 'none'}"
        )
    classes, codes = _mapping(path, dataset.get("mapping"))
    read = {}
    for split, fields in parts.items():
        images, labels = fields.get("images"), fields.get("labels")
        if not isinstance(images, np.ndarray) or not isinstance(labels, np.ndarray):
            raise SourceError(
                f"{_shown(path)}: dataset.{split} has no images or labels; found {named(list(fields)) or 'none'}"
            )
        read[split] = RawPart(_images_lying(path, images), _positions(path, _labels(path, labels), codes))
    return Raw(printable(path.stem), read, classes)


def _images_lying(path: Path, array: NDArray[Any]) -> Images:
    """Images as rows of pixels, column after column: EMNIST's appear transposed until they are set upright."""
    side = math.isqrt(array.shape[-1])
    if array.ndim != 2 or side * side != array.shape[1] or side == 0:
        raise SourceError(f"{_shown(path)}: images are n x 784, or of another square; found {_kind(array)}")

    def set_upright(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return rows.reshape(-1, side, side, 1).transpose(0, 2, 1, 3)

    return RearrangedImages(_bytes(path, array), (array.shape[0], side, side, 1), set_upright)


def _mapping(path: Path, value: MatValue | None) -> tuple[tuple[str, ...] | None, NDArray[np.int64] | None]:
    """Class names, and the label that stands for each: rows of a label and the codes of its characters.

    The letters have two codes, upper and lower case, of which the first names the class.
    """
    if value is None:
        return None, None
    if not isinstance(value, np.ndarray) or value.ndim != 2 or value.shape[1] < 2 or value.size == 0:
        raise SourceError(
            f"{_shown(path)}: dataset.mapping has rows of a label and a character's code; found {_kind(value)}"
        )
    table = value.astype(np.float64)  # exact for every code; NaN stays visible
    if not ((table >= 0) & (table < 0xD800) & (table == np.floor(table))).all():
        raise SourceError(f"{_shown(path)}: dataset.mapping has values that are no character's code")
    codes = table.astype(np.int64)
    return tuple(chr(code) for code in codes[:, 1]), codes[:, 0]


def _positions(path: Path, labels: NDArray[Any], codes: NDArray[np.int64] | None) -> NDArray[Any]:
    if codes is None:
        return labels
    order = np.argsort(codes, kind="stable")
    place: NDArray[Any] = order[np.searchsorted(codes[order], labels).clip(max=len(codes) - 1)]
    unknown = np.flatnonzero(codes[place] != labels)
    if unknown.size:
        raise SourceError(f"{_shown(path)} has the label {labels[unknown[0]]}, which dataset.mapping does not name")
    return place
