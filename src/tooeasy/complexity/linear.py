"""L1 and L2: how far a linear classifier gets."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.complexity.overlap import pairs_of
from tooeasy.threads import share

MOST_ITERATIONS = 1_000  # scikit-learn's default


class LinearErrors(NamedTuple):
    """What linear support vector machines get wrong, averaged over pairs of classes.

    Attributes
    ----------
    distance : float
        L1: s / (1 + s), s being the sum of the distances of wrong images from the plane over the number of images.
    rate : float
        L2: fraction of images wrong.
    unfinished : int
        Pairs whose solver stopped before it had converged.
    """

    distance: float
    rate: float
    unfinished: int


def linear_errors(
    pixels: NDArray[np.uint8], labels: NDArray[np.intp], levels: int, *, seed: int = 0, threads: int | None = None
) -> LinearErrors:
    """Fit a linear support vector machine to each pair of classes, and look at the images that it was fitted to.

    Parameters
    ----------
    pixels : uint8 array of shape (n, pixels)
    labels : intp array of shape (n,)
    levels : int
        Values that a pixel can take; pixels are scaled to [0, 1], in which distances are measured.
    seed : int, default 0
    threads : int, optional

    Returns
    -------
    LinearErrors

    Notes
    -----
    scikit-learn's `LinearSVC` with its defaults, as problexity uses it: squared hinge loss, C = 1.
    """
    changing = (pixels != pixels[:1]).any(axis=0)
    rows = pixels[:, changing]
    pairs = [(np.unique(labels)[a], np.unique(labels)[b]) for a, b in pairs_of(len(np.unique(labels)))]
    found = np.zeros((len(pairs), 3))

    def work(first: int, last: int) -> None:
        for number in range(first, last):
            a, b = pairs[number]
            own = (labels == a) | (labels == b)
            found[number] = _errors(rows[own] / (levels - 1), labels[own] == b, seed)

    if not changing.any():
        return LinearErrors(0.0, float(np.mean([_rarer(labels, a, b) for a, b in pairs])), 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a solver has not converged is counted
        share(work, len(pairs), threads)
    distance, rate, unfinished = found.T
    return LinearErrors(float(distance.mean()), float(rate.mean()), int(unfinished.sum()))


def _errors(features: NDArray[np.float64], second: NDArray[np.bool_], seed: int) -> tuple[float, float, bool]:
    from sklearn.svm import LinearSVC

    model = LinearSVC(random_state=seed, max_iter=MOST_ITERATIONS).fit(features, second)
    scores = model.decision_function(features)
    wrong = (scores > 0) != second
    length = np.linalg.norm(model.coef_)
    total = float(np.abs(scores[wrong]).sum() / length / len(second)) if length > 0 else 0.0
    return total / (1 + total), float(wrong.mean()), bool(model.n_iter_ >= MOST_ITERATIONS)


def _rarer(labels: NDArray[np.intp], a: int, b: int) -> float:
    """Fraction of the rarer of two classes: what always answering the other gets wrong."""
    n = np.array([(labels == a).sum(), (labels == b).sum()])
    return float(n.min() / n.sum())
