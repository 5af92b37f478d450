"""Which pixels a linear rule wants first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments
from tooeasy.templates.solve import solve_symmetric

_LOST = 1e-10  # of a pixel's own variance: what is less is a combination of pixels chosen before


def forward_selection(moments: Moments, most: int | None = None) -> NDArray[np.intp]:
    """Order pixels by how much each adds to what those before it explain of the labels.

    The next pixel is always the one that, with all chosen so far, leaves the smallest sum of squares over all classes.

    Parameters
    ----------
    moments : Moments
    most : int, optional
        Stop after so many; by default when all are chosen, or the rest are combinations of those.

    Returns
    -------
    intp array of shape (k,)

    Notes
    -----
    Cholesky's factorisation of the scatter matrix with the pivot chosen by its gain, one column a step, so that k
    pixels of p take time in proportion to p k**2 and no matrix is inverted ("orthogonal least squares": S. Chen,
    S. Billings, W. Luo, International Journal of Control 50 (1989)).
    """
    scatter, left = moments.scatter(), moments.cross().copy()
    variance = np.diag(scatter).copy()
    floor = _LOST * variance
    p = len(variance)
    factor = np.empty((p if most is None else min(most, p), p))
    order: list[int] = []
    while len(order) < len(factor):
        free = variance > floor
        free[order] = False
        if not free.any():
            break
        gain = np.where(free, (left**2).sum(axis=1) / np.where(free, variance, 1.0), -1.0)
        pixel = int(gain.argmax())
        done = factor[: len(order)]
        column = (scatter[pixel] - done[:, pixel] @ done) / np.sqrt(variance[pixel])
        left -= np.outer(column, left[pixel] / np.sqrt(variance[pixel]))
        variance -= column**2
        factor[len(order)] = column
        order.append(pixel)
    return np.array(order, np.intp)


def refit(moments: Moments, pixels: Sequence[int] | NDArray[np.intp]) -> Linear:
    """Least squares on some pixels only; the weights of all others are zero."""
    chosen = np.asarray(pixels, np.intp)
    weights = np.zeros((len(moments.sums), len(moments.mean)))
    if len(chosen):
        scatter = moments.scatter()[np.ix_(chosen, chosen)]
        weights[:, chosen] = solve_symmetric(scatter, moments.cross()[chosen]).T
    return Linear(weights, moments.priors - weights @ moments.mean)
