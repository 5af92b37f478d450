"""Linear equations whose matrix may be singular: constant and collinear pixels are the rule in images."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve

from tooeasy.templates.moments import Floats


def solve_symmetric(matrix: Floats, right: Floats, ridge: float = 0.0) -> Floats:
    """Solve ``(matrix + ridge I) x = right`` for a positive semidefinite matrix; the solution of minimum norm.

    Parameters
    ----------
    matrix : float64 array of shape (p, p)
    right : float64 array of shape (p, k)
        In the matrix's range, as the right side of normal equations is.
    ridge : float, default 0.0

    Notes
    -----
    With a ridge that no direction is lost beside, all directions count. Else directions whose eigenvalue is lost in
    rounding, below p times the machine precision of the largest, are left out, and of a right side that has parts in
    them, those parts too. Eigenvalues are squares of the images' singular values, so that this is at about 4e-7 of the
    largest of these for 784 pixels; ``numpy.linalg.lstsq`` on the images themselves keeps directions down to 1e-11.
    """
    if ridge > np.trace(matrix) * np.sqrt(np.finfo(np.float64).eps):  # no direction is lost beside it
        whole = matrix.copy()
        whole.flat[:: len(whole) + 1] += ridge
        # 0.05 s for 784 pixels, where eigh takes a second.
        return np.asarray(solve(whole, right, assume_a="pos", overwrite_a=True), np.float64)
    values, vectors = np.linalg.eigh(matrix)
    kept = values > values[-1] * len(matrix) * np.finfo(np.float64).eps
    vectors = vectors[:, kept]
    solution: Floats = vectors @ ((vectors.T @ right) / (values[kept] + ridge)[:, np.newaxis])
    return solution
