"""Multinomial logistic regression on one pixel, of images counted by level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of the classes: float64 array of the same shape, rows summing to 1."""
    tails = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(tails / tails.sum(axis=-1, keepdims=True), np.float64)


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
    design = np.column_stack([seen / (counts.shape[1] - 1), np.ones(len(seen))])
    images = counts[:, seen].T.astype(np.float64)
    logs = np.log(images.sum(axis=0))
    theta = np.vstack([np.zeros(len(logs)), logs - logs.mean()])  # rows: coefficients, intercepts
    loss, step = _newton_step(theta, design, images, C)
    for _ in range(200):
        if np.abs(step).max() <= 1e-10 * (1.0 + np.abs(theta).max()):
            break
        scale = 1.0
        new_loss, new_step = _newton_step(theta + step, design, images, C)
        while not new_loss <= loss * (1.0 + 1e-14) and scale > 1e-9:
            scale /= 2
            new_loss, new_step = _newton_step(theta + scale * step, design, images, C)
        theta = theta + scale * step
        loss, step = new_loss, new_step
    return theta[0], theta[1]


def _newton_step(
    theta: NDArray[np.float64], design: NDArray[np.float64], images: NDArray[np.float64], C: float
) -> tuple[float, NDArray[np.float64]]:
    """Loss at theta, and Newton's step from there: float64 array of shape (2, classes)."""
    classes = theta.shape[1]
    scores = design @ theta
    scores -= scores.max(axis=1, keepdims=True)
    normalizer = np.log(np.exp(scores).sum(axis=1, keepdims=True))
    p = np.exp(scores - normalizer)
    n = images.sum(axis=1, keepdims=True)
    loss = 0.5 * float(theta[0] @ theta[0]) + C * float((images * (normalizer - scores)).sum())
    gradient = C * design.T @ (n * p - images)
    gradient[0] += theta[0]
    hessian = np.zeros((2, classes, 2, classes))
    for i in range(2):
        for j in range(2):
            weight = C * n[:, 0] * design[:, i] * design[:, j]
            block = -(p * weight[:, np.newaxis]).T @ p
            block[np.diag_indices(classes)] += weight @ p
            hessian[i, :, j] = block
    hessian[0, np.arange(classes), 0, np.arange(classes)] += 1.0
    # All intercepts may move together without changing anything: tie their sum, which starts at zero, to zero.
    hessian[1, :, 1] += 1.0
    step = np.linalg.solve(hessian.reshape(2 * classes, 2 * classes), -gradient.ravel())
    return loss, step.reshape(2, classes)
