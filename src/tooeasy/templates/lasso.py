"""The lasso and its path, from moments alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from threadpoolctl import threadpool_limits

from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats, Moments
from tooeasy.threads import share

SMALLEST = 1e-3  # of the path's penalties, as a fraction of the largest: scikit-learn's choice,
SMALLEST_OF_FEW = 1e-2  # and glmnet's for fewer images than pixels, where smaller penalties fit noise, and slowly
TOLERANCES = (1e-9, 1e-11, 1e-13, 1e-15)  # gain of a sweep, as a fraction of a target's variance, that ends the descent
MOST_SWEEPS = 1_000


@dataclass(frozen=True, eq=False)
class LassoPath:
    """Lasso templates for falling penalties.

    Attributes
    ----------
    alphas : float64 array of shape (penalties,)
        As scikit-learn's ``Lasso`` defines them, for pixels scaled to [0, 1] and targets 0 and 1.
    weights : float64 array of shape (penalties, classes, pixels)
    intercepts : float64 array of shape (penalties, classes)
    """

    alphas: Floats
    weights: Floats
    intercepts: Floats

    def linear(self, number: int) -> Linear:
        """Templates of one penalty."""
        return Linear(self.weights[number], self.intercepts[number])

    def used(self, number: int) -> NDArray[np.intp]:
        """Pixels that any class uses at one penalty."""
        return np.flatnonzero(self.weights[number].any(axis=0))


def lasso_alphas(moments: Moments, penalties: int = 50, *, intercept: bool = True) -> Floats:
    """Penalties from the smallest at which all weights are zero, down in equal ratios: shape (penalties,)."""
    highest = np.abs(moments.cross(centred=intercept)).max() / moments.n
    if highest == 0:  # images that are all the same: no penalty brings a pixel in
        return np.zeros(penalties)
    smallest = SMALLEST_OF_FEW if moments.n < len(moments.mean) else SMALLEST
    return np.asarray(np.geomspace(highest, highest * smallest, penalties), np.float64)


def lasso_path(
    moments: Moments, alphas: Floats | None = None, *, intercept: bool = True, threads: int | None = None
) -> LassoPath:
    """Fit lasso templates, each class against the rest, by coordinate descent on the Gram matrix.

    Minimised for each class is ``||y - Xw - b||**2 / (2 n) + alpha ||w||_1``. Each penalty starts where the last ended.

    Parameters
    ----------
    moments : Moments
    alphas : float64 array of shape (penalties,), optional
        Falling; by default 50 as `lasso_alphas` gives them.
    intercept : bool, default True
    threads : int, optional
        Classes are shared among them; by default one for each core.

    Returns
    -------
    LassoPath
        Exact to rounding where the pixels in use are not collinear. Where they are, or where there are far fewer images
        than pixels, the descent ends after 1,000 rounds at most.

    References
    ----------
    J. Friedman, T. Hastie, R. Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
    Journal of Statistical Software 33 (2010): covariance updates, active set, warm starts.
    """
    alphas = lasso_alphas(moments, intercept=intercept) if alphas is None else np.asarray(alphas, np.float64)
    scatter = moments.scatter(centred=intercept) / moments.n
    varies = np.flatnonzero(np.diag(scatter) > 0)
    gram = np.ascontiguousarray(scatter[np.ix_(varies, varies)])
    targets = moments.cross(centred=intercept).T[:, varies] / moments.n
    classes = len(targets)
    weights = np.zeros((len(alphas), classes, scatter.shape[0]))
    spread = moments.priors * (1 - moments.priors) if intercept else moments.priors

    def fit(start: int, stop: int) -> None:
        for label in range(start, stop):
            w = np.zeros(len(varies))
            for number, alpha in enumerate(alphas):
                w = _minimise(gram, targets[label], w, float(alpha), float(spread[label]))
                weights[number, label, varies] = w

    with threadpool_limits(1, "blas"):  # threads of ours, each with threads of BLAS, took six times as long
        share(fit, classes, threads)
    intercepts = moments.priors - weights @ moments.mean if intercept else np.zeros(weights.shape[:2])
    return LassoPath(alphas, weights, intercepts)


def _minimise(gram: Floats, target: Floats, w: Floats, alpha: float, spread: float) -> Floats:
    """Descend roughly, then solve exactly on the pixels in use; descend further if that was not the minimum.

    The descent alone takes three times as long to six digits: its last digits are its slowest.
    """
    from tooeasy.templates.kernels import descend

    residual = target - gram @ w
    for tolerance in TOLERANCES:
        descend(gram, residual, w, alpha, tolerance * spread, MOST_SWEEPS)
        exact = _solve_on_used(gram, target, w, alpha)
        if exact is not None:
            return exact
    return w


def _solve_on_used(gram: Floats, target: Floats, w: Floats, alpha: float) -> Floats | None:
    """Minimum for the pixels in use and their signs, if it is the minimum of all; None otherwise."""
    used = np.flatnonzero(w)
    signs = np.sign(w[used])
    exact = np.zeros_like(w)
    if len(used):  # SciPy before 1.14 cannot solve for nothing
        try:
            exact[used] = cho_solve(cho_factor(gram[np.ix_(used, used)], lower=True), target[used] - alpha * signs)
        except LinAlgError:  # collinear pixels: the minimum is not one point
            return None
    slope = np.abs(target - gram @ exact)
    is_minimum = (exact[used] * signs >= 0).all() and slope.max(initial=0.0) <= alpha * (1 + 1e-9)
    return exact if is_minimum else None
