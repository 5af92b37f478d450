"""Coordinate descent for the lasso, on the Gram matrix."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

_jit = numba.njit(nogil=True, cache=True)


@_jit
def sweep(
    gram: NDArray[np.float64],
    residual: NDArray[np.float64],
    w: NDArray[np.float64],
    alpha: float,
    members: NDArray[np.intp],
) -> float:
    """Minimise over each member's coefficient in turn; returns the largest gain of the objective, roughly.

    ``residual`` is the covariance of each pixel with what is not yet explained, and is kept up to date for all.
    """
    most = 0.0
    for j in members:
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


@_jit
def descend(
    gram: NDArray[np.float64],
    residual: NDArray[np.float64],
    w: NDArray[np.float64],
    alpha: float,
    tolerance: float,
    most_sweeps: int,
) -> bool:
    """Sweep over the pixels in use until they settle, then over all, until nothing new comes in."""
    everything = np.arange(len(w))
    for _ in range(most_sweeps):
        if sweep(gram, residual, w, alpha, everything) <= tolerance:
            return True
        used = np.flatnonzero(w)
        for _ in range(most_sweeps):
            if sweep(gram, residual, w, alpha, used) <= tolerance:
                break
    return False
