"""Images for the measures that need them: all, or as many of each class as its part of a sample."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Split


class Images(NamedTuple):
    """Images as rows, ordered by their pixels: so that no result depends on the order in which they came.

    Attributes
    ----------
    pixels : uint8 array of shape (n, pixels)
    labels : intp array of shape (n,)
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.intp]


def read_images(split: Split, most: int | None, seed: int) -> Images:
    """Read all images of a split, or a sample of ``most``, stratified by class, with at least one of each.

    Raises
    ------
    NotAtHandError
        If there is only a sketch.
    """
    labels = split.labels
    part = split if most is None or most >= len(labels) else split.part(sample_rows(labels, most, seed))
    batches = list(part.batches())
    pixels = np.concatenate([batch.images.reshape(len(batch.images), -1) for batch in batches])
    return _ordered(pixels, np.concatenate([batch.labels for batch in batches]))


def sample_rows(labels: NDArray[np.intp], most: int, seed: int) -> NDArray[np.intp]:
    """Draw the same fraction of each class, and at least one image; rows in ascending order."""
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    exact = most / len(labels) * np.array([len(own) for own in members])
    sizes = np.maximum(np.floor(exact).astype(int), 1)
    for label in np.argsort(np.floor(exact) - exact, kind="stable")[: max(0, most - sizes.sum())]:
        sizes[label] += 1  # what rounding left over goes to the largest remainders
    drawn = [random.permutation(own)[:size] for own, size in zip(members, sizes, strict=True)]
    return np.sort(np.concatenate(drawn))


def _ordered(pixels: NDArray[np.uint8], labels: NDArray[np.intp]) -> Images:
    keys = np.concatenate([pixels, labels.astype(">u8").view(np.uint8).reshape(len(labels), 8)], axis=1)
    order = np.argsort(np.ascontiguousarray(keys).view(f"V{keys.shape[1]}")[:, 0], kind="stable")
    return Images(pixels[order], labels[order])
