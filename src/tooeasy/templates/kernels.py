"""Coordinate descent for the lasso, on the Gram matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.compiled import compiled


@compiled
def sweep(gram: NDArray[np.float64], residual: NDArray[np.float64], w: NDArray[np.float64], alpha: float) -> float:
    """Minimise over each coefficient in turn; returns the largest gain of the objective, roughly.

    ``residual`` is the covariance of each pixel with what is not yet explained, and is kept up to date.
    """
    most = 0.0
    for j in range(len(w)):
        own = gram[j, j]
        at = residual[j] + own * w[j]
        new = 0.0
        if at > alpha:
            new = (at - alpha) / own
        elif at < -alpha:
            new = (at + alpha) / own
        step = new - w[j]
        if step != 0.0:
            w[j] = new
            row = gram[j]
            for i in range(len(row)):
                residual[i] -= step * row[i]
            most = max(most, own * step * step)
    return most


@compiled
def settle(
    gram: NDArray[np.float64],
    residual: NDArray[np.float64],
    w: NDArray[np.float64],
    alpha: float,
    tolerance: float,
    most_sweeps: int,
) -> None:
    """Sweep over the pixels in use, apart from all others, until nothing is gained any more."""
    used = np.flatnonzero(w)
    k = len(used)
    inner, left, values = np.empty((k, k)), np.empty(k), np.empty(k)
    for a in range(k):
        left[a], values[a] = residual[used[a]], w[used[a]]
        for b in range(k):
            inner[a, b] = gram[used[a], used[b]]
    for _ in range(most_sweeps):
        if sweep(inner, left, values, alpha) <= tolerance:
            break
    for a in range(k):
        step = values[a] - w[used[a]]
        w[used[a]] = values[a]
        row = gram[used[a]]
        for i in range(len(row)):
            residual[i] -= step * row[i]


@compiled
def descend(
    gram: NDArray[np.float64],
    residual: NDArray[np.float64],
    w: NDArray[np.float64],
    alpha: float,
    tolerance: float,
    most_sweeps: int,
) -> None:
    """Sweep over all pixels, then settle those in use, until a sweep over all gains nothing."""
    for _ in range(most_sweeps):
        if sweep(gram, residual, w, alpha) <= tolerance:
            return
        settle(gram, residual, w, alpha, tolerance, most_sweeps)
