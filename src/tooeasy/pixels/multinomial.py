"""Multinomial logistic regression on one pixel, of images counted by level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.pixels.kernels import multinomial_loss

TIED = 1e-9  # scores: the fit itself is no better than this


def fit_multinomial(counts: NDArray[np.int64], C: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit by Newton's method with step halving.

    Parameters
    ----------
    counts : int64 array of shape (classes, levels)
    C : float
        Minimised is ``C * (log-loss) + ||coefficients||**2 / 2``, as in scikit-learn; intercepts are not penalised, and
        sum to zero.

    Returns
    -------
    coefficients, intercepts : float64 arrays of shape (classes,)
        Of the level scaled to [0, 1].
    """
    seen = np.flatnonzero(counts.sum(axis=0))
    x = seen / (counts.shape[1] - 1)
    images = counts[:, seen].T.astype(np.float64)
    k = len(counts)
    logs = np.log(images.sum(axis=0))
    theta = np.concatenate([np.zeros(k), logs - logs.mean()])  # coefficients, then intercepts
    loss, step = _newton_step(theta, x, images, C)
    for _ in range(200):
        if np.abs(step).max() <= 1e-10 * (1.0 + np.abs(theta).max()):
            break
        scale = 1.0
        new_loss, new_step = _newton_step(theta + step, x, images, C)
        while not new_loss <= loss * (1.0 + 1e-14) and scale > 1e-9:
            scale /= 2
            new_loss, new_step = _newton_step(theta + scale * step, x, images, C)
        theta = theta + scale * step
        loss, step = new_loss, new_step
    return theta[:k], theta[k:]


def multinomial_scores(W: NDArray[np.float64], B: NDArray[np.float64], levels: int) -> NDArray[np.float64]:
    """Score of each class at each level: float64 array of shape (levels, classes)."""
    scores: NDArray[np.float64] = np.outer(np.arange(levels) / (levels - 1), W) + B
    return scores


def multinomial_answers(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """The class of the highest score at each level; of those that only rounding tells apart, the first."""
    return np.asarray((scores >= scores.max(axis=1, keepdims=True) - TIED).argmax(axis=1), np.intp)


def _newton_step(
    theta: NDArray[np.float64], x: NDArray[np.float64], images: NDArray[np.float64], C: float
) -> tuple[float, NDArray[np.float64]]:
    k = images.shape[1]
    gradient, hessian = np.zeros(2 * k), np.zeros((2 * k, 2 * k))
    loss = multinomial_loss(theta, x, images, C, gradient, hessian)
    # All intercepts may move together without changing anything: tie their sum, which starts at zero, to zero.
    hessian[k:, k:] += 1.0
    return loss, np.linalg.solve(hessian, -gradient)
