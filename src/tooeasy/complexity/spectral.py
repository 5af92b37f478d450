"""CSG: how much classes share their neighbourhoods, by the spectrum of their similarities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.complexity.distances import Points

PER_CLASS, NEIGHBOURS = 250, 3  # as its authors' package has them
_FAR = np.iinfo(np.int64).max
_SMALLEST = 1e-4  # volume of a neighbourhood, so that none is divided by zero


def spectral_gradient(
    points: Points,
    pixels: NDArray[np.uint8],
    levels: int,
    *,
    per_class: int = PER_CLASS,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> float:
    """CSG: the cumulative spectral gradient.

    Parameters
    ----------
    points : Points
    pixels : uint8 array of shape (n, pixels)
        The same images, of which volumes are taken in pixels scaled to [0, 1].
    levels : int
        Values that a pixel can take.
    per_class : int, default 250
        Images drawn of each class: M.
    neighbours : int, default 3
        Neighbours looked at of each: k. All other images are candidates.
    seed : int, default 0

    Returns
    -------
    float
        0 where no class shares neighbourhoods with another; higher is harder.

    References
    ----------
    F. Branchaud-Charron, A. Achkar, P.-M. Jodoin, "Spectral metric for dataset complexity assessment", CVPR 2019.
    """
    present = np.unique(points.labels)
    drawn = _draw(points.labels, per_class, np.random.default_rng(seed))
    shares = np.zeros((len(present), len(present)))
    position = np.searchsorted(present, points.labels)
    for own, near in zip(drawn, _neighbours(points, drawn, neighbours), strict=True):
        shares[position[own]] += np.bincount(position[near], minlength=len(present)) / _volume(
            pixels, own, near, levels
        )
    return gradient_of(_similarities(shares / shares.sum(axis=1, keepdims=True)))


def gradient_of(similarities: NDArray[np.float64]) -> float:
    """Sum of the largest eigengaps so far of the Laplacian, each divided by the eigenvalues that are left.

    Parameters
    ----------
    similarities : float64 array of shape (classes, classes)
        Symmetric, from 0 to 1; the diagonal does not matter.
    """
    weights = similarities - np.diag(np.diag(similarities))
    values = np.linalg.eigvalsh(np.diag(weights.sum(axis=1)) - weights)
    gaps = np.diff(values) / np.arange(len(values), 1, -1)
    return max(0.0, float(np.maximum.accumulate(gaps).sum()))


def _draw(labels: NDArray[np.intp], per_class: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Draw images of each class, in the order of the classes."""
    members = (np.flatnonzero(labels == label) for label in np.unique(labels))
    return np.concatenate([random.permutation(own)[:per_class] for own in members])


def _neighbours(points: Points, drawn: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """The nearest other images of each drawn one, the nearest first; of equally near ones the first."""
    k = min(most, len(points) - 1)
    row_of = np.full(len(points), -1)
    row_of[drawn] = np.arange(len(drawn))
    best, result = np.full((len(drawn), k), _FAR), np.zeros((len(drawn), k), np.intp)
    for rows, columns, dots in points.tiles_of(drawn):
        at = row_of[rows]
        squared = points.squares[rows][:, np.newaxis] + points.squares[columns] - 2 * dots.astype(np.int64)
        squared[rows[:, np.newaxis] == columns] = _FAR
        both = np.concatenate([best[at], squared], axis=1)
        names = np.concatenate([result[at], np.broadcast_to(columns, squared.shape)], axis=1)
        for place in range(k):
            nearest = both.argmin(axis=1)[:, np.newaxis]
            best[at, place] = np.take_along_axis(both, nearest, 1)[:, 0]
            result[at, place] = np.take_along_axis(names, nearest, 1)[:, 0]
            np.put_along_axis(both, nearest, _FAR, 1)
    return result


def _volume(pixels: NDArray[np.uint8], own: int, near: NDArray[np.intp], levels: int) -> float:
    """Volume of the box around an image that holds its neighbours; of many pixels it is all but always the smallest."""
    away = np.abs(pixels[near].astype(np.float64) - pixels[own]).max(axis=0) / (levels - 1)
    return max(_SMALLEST, float(np.prod(2 * away)))


def _similarities(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """One less the Bray-Curtis distance of each two rows."""
    apart = np.abs(shares[:, np.newaxis] - shares).sum(axis=2)
    return np.asarray(1 - apart / (shares[:, np.newaxis] + shares).sum(axis=2), np.float64)
