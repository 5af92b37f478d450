"""Images and labels by rows that stay known, though broken images are left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Batch, Dataset, Split
from tooeasy.errors import OptionError

CHUNK_BYTES = 2**21  # of pixels at once: distances are computed in numbers eight times as large


class Read(NamedTuple):
    """Images that could be read, in the order asked for.

    Attributes
    ----------
    rows : intp array of shape (n,)
        Their positions in the split.
    batch : Batch
    """

    rows: NDArray[np.intp]
    batch: Batch


def split_with_images(data: Dataset) -> tuple[Split, tuple[str, ...]]:
    """Return the training split, or the test split where only that one's images are here, and what to say about it.

    Raises
    ------
    NotAtHandError
        If there are no images at all; it says how to get them.
    """
    if not data.train.has_images and data.test is not None and data.test.has_images:
        return data.test, (f"{data.train.origin}: the images are not here; these are of {data.test.origin}",)
    _ = data.train.labels  # says what is missing
    return data.train, ()


def read_rows(split: Split, rows: NDArray[np.intp]) -> Iterator[Read]:
    """Read the images of some rows, some at a time, without those that are broken."""
    size = max(1, CHUNK_BYTES // int(np.prod(split.shape)))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        batch = next(split.part(part).batches(size))
        yield Read(part, batch) if len(batch.labels) == len(part) else _one_by_one(split, part)


def _one_by_one(split: Split, rows: NDArray[np.intp]) -> Read:
    """Some are broken, and a batch does not say which: single ones do."""
    whole = [(row, batch) for row, batch in zip(rows, split.part(rows).batches(1), strict=True) if len(batch.labels)]
    images = [np.empty((0, *split.shape), np.uint8), *(batch.images for _, batch in whole)]
    labels = [np.empty(0, np.intp), *(batch.labels for _, batch in whole)]
    return Read(np.array([row for row, _ in whole], np.intp), Batch(np.concatenate(images), np.concatenate(labels)))


def check_number(name: str, value: object, least: int = 1) -> None:
    """Raise OptionError if a number of images, or a seed, is not a whole number of at least so many."""
    if not isinstance(value, (int, np.integer)) or value < least:
        raise OptionError(f"{name} is a whole number of at least {least}; found {value!r}")


def most_and_least(values: NDArray[np.float64], most: int) -> NDArray[np.intp]:
    """Positions of the largest and the smallest values, largest first; all in their own order where there is room.

    Parameters
    ----------
    values : float64 array of shape (n,)
        NaN where there is none; these are left out where there is no room for all.
    most : int
        Positions to return; half of them from either end.

    Returns
    -------
    intp array of shape (min(n, most),), or shorter where values are NaN
    """
    if len(values) <= most:
        return np.arange(len(values))
    order = np.argsort(-values, kind="stable")
    order = order[: len(values) - int(np.isnan(values).sum())]
    if len(order) <= most:
        return order
    return np.concatenate([order[: most - most // 2], order[len(order) - most // 2 :]])
