"""Measures that follow from counts: intervals, balanced accuracy, information."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Z = NormalDist().inv_cdf(0.975)  # of a two-sided 95 % interval


def wilson_interval(correct: ArrayLike, n: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the 95 % score interval of a fraction.

    Parameters
    ----------
    correct, n : array-like of int
        Successes and trials, of shapes that broadcast.

    Returns
    -------
    low, high : float64 arrays
        Fractions; NaN where there are no trials.

    References
    ----------
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Examples
    --------
    >>> low, high = wilson_interval(90, 100)
    >>> print(f"{low:.4f} {high:.4f}")
    0.8256 0.9448
    """
    n = np.asarray(n, np.float64)
    correct = np.asarray(correct, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = correct / n
        centre = (rate + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * np.sqrt(rate * (1 - rate) / n + _Z**2 / (4 * n**2))
    # At 0 and at n the interval ends exactly there; rounding would put it beyond.
    low = np.where(correct == 0, np.where(n > 0, 0.0, np.nan), centre - half)
    high = np.where(correct == n, np.where(n > 0, 1.0, np.nan), centre + half)
    return low, high


def mutual_information(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Compute how much a level says about the class, as estimated by frequencies ("plug-in").

    Parameters
    ----------
    counts : int array of shape (classes, ..., levels)
        How often each class has each level.

    Returns
    -------
    float64 array of shape (...)
        Mutual information in bits. The plug-in estimate is biased upwards, by about
        (classes - 1) * (levels seen - 1) / (2 n ln 2) bits.

    References
    ----------
    C. E. Shannon, "A mathematical theory of communication", 1948. G. A. Miller, "Note on the bias of information
    estimates", 1955.

    Examples
    --------
    >>> mutual_information(np.array([[10, 0], [0, 10]]))
    array(1.)
    """
    joint = np.asarray(counts, np.float64)
    n = joint.sum(axis=(0, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        bits = (
            _sum_n_log_n(joint, (0, -1)) - _sum_n_log_n(joint.sum(axis=0), -1) - _sum_n_log_n(joint.sum(axis=-1), 0)
        ) / n + np.log2(n)
    return np.asarray(np.maximum(bits, 0.0), np.float64)


def _sum_n_log_n(n: NDArray[np.float64], axis: int | tuple[int, ...]) -> NDArray[np.float64]:
    logs = np.log2(n, out=np.zeros_like(n), where=n > 0)
    total: NDArray[np.float64] = np.sum(n * logs, axis=axis)
    return total


def balanced_accuracy(correct: NDArray[Any], n: NDArray[Any]) -> NDArray[np.float64]:
    """Compute the mean over classes of the fraction of each class's images that are right.

    Parameters
    ----------
    correct, n : int arrays of shape (..., classes)

    Returns
    -------
    float64 array of shape (...)
        NaN where a class has no images.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        recalls: NDArray[np.float64] = np.asarray(correct, np.float64) / np.asarray(n, np.float64)
    mean: NDArray[np.float64] = recalls.mean(axis=-1)
    return mean
