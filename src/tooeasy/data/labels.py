"""From raw labels to classes: whole numbers, names, one-hot rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import SourceError

_LARGEST = 2**53  # up to which whole numbers are exact as fractions too
RawLabels = Sequence[str] | NDArray[Any]


def encode_labels(
    name: str, labels: Mapping[str, RawLabels], classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], dict[str, NDArray[np.intp]]]:
    """Turn the raw labels of all parts into class names and positions.

    Parameters
    ----------
    name : str
        Of the dataset, for errors.
    labels : mapping of part to labels
        Whole numbers or names of shape (n,), or one-hot rows of shape (n, classes).
    classes : sequence of str, optional
        Names of the classes 0, 1, ...; by default the labels that occur name themselves, in natural order.

    Raises
    ------
    SourceError
        If a part is empty, its labels are of no such form, or a number has no name.
    """
    clean = {part: _clean(f"{name} {part}", raw) for part, raw in labels.items()}
    values: list[Any] = sorted({value for raw in clean.values() for value in np.unique(raw).tolist()}, key=natural_key)
    if classes is not None and not isinstance(values[0], str):
        if values[0] < 0 or values[-1] >= len(classes):
            raise SourceError(f"{name} has labels from {values[0]} to {values[-1]}, and {len(classes)} class names")
        return tuple(classes), {part: raw.astype(np.intp) for part, raw in clean.items()}
    if classes is not None:
        unknown = [value for value in values if value not in classes]
        if unknown:
            raise SourceError(f"{name} has labels that are no class names: {', '.join(map(str, unknown[:5]))}")
        values = list(classes)
    if len({isinstance(value, str) for value in values}) > 1:
        raise SourceError(f"{name} has numbers as labels in one split and names in another")
    position = {value: index for index, value in enumerate(values)}
    indices = {}
    for part, raw in clean.items():
        occurring, inverse = np.unique(raw, return_inverse=True)
        indices[part] = np.array([position[value] for value in occurring.tolist()], np.intp)[inverse]
    return tuple(str(value) for value in values), indices


def natural_key(value: str | int) -> list[tuple[int, int, str]]:
    """Sort key that puts "class2" before "class10", as people do, and never takes two values for the same."""
    # int() refuses more than 4,300 digits
    pieces = re.split(r"(\d{1,4000})", str(value)) if isinstance(value, str) else ["", str(abs(value)), ""]
    sign = -1 if isinstance(value, int) and value < 0 else 1
    key = [(1, sign * int(piece), "") if piece.isdecimal() else (2, 0, piece) for piece in pieces if piece]
    return [*key, (0, 0, str(value))]  # "1" and "01" have one order, whatever order a set gives them in


def _clean(origin: str, raw: RawLabels) -> NDArray[Any]:
    labels = np.asarray(raw)
    if labels.size == 0:
        raise SourceError(f"{origin} is an empty split: no labels")
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        return _from_one_hot(origin, labels)
    if labels.ndim != 1:
        raise SourceError(f"{origin}: labels have one dimension; found the shape {labels.shape}")
    if labels.dtype.kind in "SU":
        return labels if labels.dtype.kind == "U" else np.char.decode(labels, "utf-8", "replace")
    if labels.dtype.kind in "iub" and labels.max() <= _LARGEST:
        return labels.astype(np.int64)
    if labels.dtype.kind == "f" and (np.abs(labels) <= _LARGEST).all() and np.array_equal(labels, np.floor(labels)):
        return labels.astype(np.int64)
    if labels.dtype == object and len({type(label) for label in labels}) == 1 and isinstance(labels[0], (str, int)):
        return _clean(origin, np.array(labels.tolist()))
    raise SourceError(f"{origin}: labels are whole numbers or names; found {labels.dtype}, such as {labels.flat[0]}")


def _from_one_hot(origin: str, labels: NDArray[Any]) -> NDArray[Any]:
    if labels.dtype.kind not in "iubf" or not ((labels == 0) | (labels == 1)).all() or (labels.sum(axis=1) != 1).any():
        raise SourceError(f"{origin}: labels of shape {labels.shape} are not one-hot: each row has one 1 and else 0")
    return np.asarray(labels.argmax(axis=1))
