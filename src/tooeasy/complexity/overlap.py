"""Measures that follow from counts: how much classes overlap in single pixels, and how unequal they are in size."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.uint32]


def fisher(counts: Counts) -> float:
    """F1: one over one plus the largest ratio of spread between classes to spread within, of all pixels.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)

    Returns
    -------
    float
        From 0, where some pixel has one level a class and not the same in all, to 1, where no pixel's means differ.
        Pixels that never change say nothing.

    References
    ----------
    A. C. Lorena et al., "How complex is your classification problem?", ACM CSUR 52 (2019), eq. of r_f after
    R. Mollineda et al. (2005).
    """
    n = counts[:, 0].sum(axis=1, dtype=np.float64)[:, np.newaxis]
    sums, squares = _powers(counts)
    centre = sums.sum(axis=0) / n.sum()
    between = (n * (sums / n - centre) ** 2).sum(axis=0)
    within = (squares - sums**2 / n).sum(axis=0)
    seen = counts > 0
    constant = seen.any(axis=0).sum(axis=1) == 1
    if ((seen.sum(axis=2) == 1).all(axis=0) & ~constant).any():  # by counts: differences of sums leave rounding
        return 0.0
    changing = ~constant
    largest = (between[changing] / within[changing]).max() if changing.any() else 0.0
    return float(1 / (1 + largest))


def _powers(counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum of levels and of their squares: two arrays of shape (classes, pixels)."""
    levels = np.arange(counts.shape[2], dtype=np.float64)
    powers = np.stack([levels, levels**2], axis=1)
    sums = np.array([of_class @ powers for of_class in counts])
    return sums[..., 0], sums[..., 1]


class Ranges:
    """From where to where each pixel of each class goes, and how many images are in any part of that.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    """

    def __init__(self, counts: Counts) -> None:
        seen = counts > 0
        self.low = seen.argmax(axis=2)
        self.high = seen.shape[2] - 1 - seen[:, :, ::-1].argmax(axis=2)
        self.n = counts[:, 0].sum(axis=1, dtype=np.int64)
        self._below = counts.cumsum(axis=2, dtype=np.uint32)  # images of a class: at most 2**32 - 1
        self._counts = counts

    def volume(self, a: int, b: int) -> float:
        """Product over the pixels of what part of the range of both classes they share; F2 of one pair."""
        first, last = self._overlap(a, b)
        whole = np.maximum(self.high[a], self.high[b]) - np.minimum(self.low[a], self.low[b])
        changing = whole > 0
        return float(np.prod(np.maximum(last - first, 0)[changing] / whole[changing]))

    def efficiency(self, a: int, b: int) -> float:
        """Fraction of images in the overlap at the pixel where this is smallest; F3 of one pair."""
        first, last = self._overlap(a, b)
        inside = self._images(a, first, last) + self._images(b, first, last)
        return float(np.where(first <= last, inside, 0).min() / (self.n[a] + self.n[b]))

    def _overlap(self, a: int, b: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.maximum(self.low[a], self.low[b]), np.minimum(self.high[a], self.high[b])

    def _images(self, label: int, first: NDArray[np.intp], last: NDArray[np.intp]) -> NDArray[np.int64]:
        """Images of a class whose level is from first to last, both counted in, at each pixel."""
        pixels = np.arange(len(first))
        below = self._below[label].astype(np.int64)
        inside: NDArray[np.int64] = below[pixels, last] - below[pixels, first] + self._counts[label, pixels, first]
        return inside


def overlap_volume(ranges: Ranges) -> float:
    """F2: mean over pairs of classes of the volume in which they overlap, as a part of the volume of both."""
    return float(np.mean([ranges.volume(a, b) for a, b in pairs_of(len(ranges.n))]))


def feature_efficiency(ranges: Ranges) -> float:
    """F3: mean over pairs of classes of the images that the best pixel leaves in the overlap, as a fraction.

    The ends of the overlap belong to it: were they left out, a pixel that never changes would be perfect.
    """
    return float(np.mean([ranges.efficiency(a, b) for a, b in pairs_of(len(ranges.n))]))


def entropy_imbalance(n: NDArray[Any]) -> float:
    """C1: one less the entropy of the class's proportions over its largest value; 0 for classes of one size."""
    p = n / n.sum()
    if (n == n[0]).all():  # not what rounding leaves of it
        return 0.0
    return max(0.0, float(1 + (p * np.log(p)).sum() / np.log(len(n))))


def ratio_imbalance(n: NDArray[Any]) -> float:
    """C2: one less one over the imbalance ratio of several classes (Tanwani and Farooq 2010); 0 for one size."""
    ratio = (len(n) - 1) / len(n) * (n / (n.sum() - n)).sum()
    return max(0.0, float(1 - 1 / ratio))


def pairs_of(classes: int) -> list[tuple[int, int]]:
    """All pairs of classes, in order."""
    return list(combinations(range(classes), 2))
