"""The peers of templates.py: NumPy's and scikit-learn's ways to the same templates, from the images."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, lasso_path

Floats = NDArray[Any]
TINY = 1e-6  # a ridge penalty that changes nothing to six digits of the scores, and lets Cholesky through


def one_hot(labels: NDArray[np.intp]) -> Floats:
    """Labels as rows of zeros and a one."""
    return (labels[:, np.newaxis] == np.arange(labels.max() + 1)).astype(np.float64)


def numpy_lstsq(X: Floats, labels: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Least squares on centred images, without the pixels that never change: templates and intercepts."""
    Y = one_hot(labels)
    mean, priors = X.mean(axis=0), Y.mean(axis=0)
    varies = np.flatnonzero(X.max(axis=0) > X.min(axis=0))
    W = np.zeros((Y.shape[1], X.shape[1]))
    W[:, varies] = np.linalg.lstsq((X - mean)[:, varies], Y - priors, rcond=None)[0].T
    return W, priors - W @ mean


def sklearn_linear(X: Floats, labels: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """scikit-learn's least squares (SciPy's gelsd)."""
    model = LinearRegression().fit(X, one_hot(labels))
    return model.coef_, model.intercept_


def sklearn_ridge(X: Floats, labels: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """scikit-learn's ridge regression (Cholesky on the Gram matrix) with a tiny penalty."""
    model = Ridge(alpha=TINY, solver="cholesky").fit(X, one_hot(labels))
    return model.coef_, model.intercept_


def lasso_on_images(X: Floats, labels: NDArray[np.intp], label: int, alphas: Floats) -> Floats:
    """scikit-learn's path of one class on centred images, as it comes: shape (penalties, pixels)."""
    y = one_hot(labels)[:, label]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return lasso_path(np.asfortranarray(X - X.mean(axis=0)), y - y.mean(), alphas=alphas)[1].T


def lasso_on_gram(X: Floats, cross: Floats, gram: Floats, alphas: Floats, tol: float) -> Floats:
    """scikit-learn's path of all classes with its Gram matrix given: shape (penalties, classes, pixels).

    ``X`` are centred images: the function wants them too, reads only their shape here, but scales ``tol`` by y.
    """
    paths = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for y, Xy in zip(*cross, strict=True):
            found = lasso_path(
                X, y, alphas=alphas, precompute=gram, Xy=Xy, tol=tol, max_iter=100_000, check_input=False
            )
            paths.append(found[1].T)
    return np.stack(paths, axis=1)


@dataclass(frozen=True)
class Fit:
    """A softmax regression, as a solver left it."""

    weights: Floats
    intercepts: Floats
    iterations: int


def softmax(X: Floats, labels: NDArray[np.intp], solver: str, tol: float, centre: Floats | None = None) -> Fit:
    """scikit-learn's, C = 1; with ``centre`` on pixels less it."""
    model = LogisticRegression(C=1.0, solver=solver, tol=tol, max_iter=2_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X if centre is None else X - centre, labels)
    intercepts = model.intercept_ - (0 if centre is None else model.coef_ @ centre)
    return Fit(model.coef_, intercepts, int(np.max(model.n_iter_)))


def largest_slope(fit: Fit, X: Floats, labels: NDArray[np.intp]) -> float:
    """Largest slope of the mean penalised loss, in double precision: how far from its minimum a fit is."""
    scores = X @ fit.weights.T + fit.intercepts
    residual = np.exp(log_softmax(scores, axis=1)) - one_hot(labels)
    slope = (residual.T @ X + fit.weights) / len(X)
    return float(max(np.abs(slope).max(), np.abs(residual.mean(axis=0)).max()))
