"""Templates that follow exactly from moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tooeasy.templates.lasso import lasso_alphas, lasso_path
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.settings import CENTRE, Kind, Settings
from tooeasy.templates.solve import solve_symmetric


def fit_moments(moments: Moments, settings: Settings, threads: int | None = None) -> tuple[Linear, Settings]:
    """Fit the kinds that need nothing but moments; returns the settings with what the data decided filled in."""
    if settings.kind == "lasso":
        return _fit_lasso(moments, settings, threads)
    return _FITS[settings.kind](moments, settings), settings


def least_squares(moments: Moments, *, intercept: bool = True, alpha: float = 0.0) -> Linear:
    """Solve the normal equations for 0/1 labels; of all solutions the one of minimum norm.

    Parameters
    ----------
    moments : Moments
    intercept : bool, default True
    alpha : float, default 0.0
        Of the ridge penalty ``alpha ||w||**2``; none on the intercept.
    """
    weights = solve_symmetric(moments.scatter(centred=intercept), moments.cross(centred=intercept), alpha).T
    return Linear(weights, _through_means(moments, weights, intercept))


def _through_means(moments: Moments, weights: Floats, intercept: bool) -> Floats:
    """Intercepts for which the mean image scores each class's fraction of the images."""
    return moments.priors - weights @ moments.mean if intercept else np.zeros(len(weights))


def _fit_means(moments: Moments, settings: Settings) -> Linear:  # noqa: ARG001
    return Linear(moments.means, np.zeros(len(moments.means)))


def _fit_centred_means(moments: Moments, settings: Settings) -> Linear:
    value = CENTRE if settings.centre is None else settings.centre
    centre = moments.mean if value == "global" else np.full(len(moments.mean), float(value))
    weights = moments.means - centre
    return Linear(weights, -weights @ centre)


def _fit_nearest_mean(moments: Moments, settings: Settings) -> Linear:  # noqa: ARG001
    return Linear(moments.means, -0.5 * (moments.means**2).sum(axis=1))


def _fit_difference(moments: Moments, settings: Settings) -> Linear:  # noqa: ARG001
    others = (moments.sums.sum(axis=0) - moments.sums) / (moments.n - moments.images_per_class)[:, np.newaxis]
    return Linear(moments.means - others, np.zeros(len(others)))


def _fit_least_squares(moments: Moments, settings: Settings) -> Linear:
    return least_squares(moments, intercept=settings.intercept, alpha=settings.alpha or 0.0)


def _fit_lda(moments: Moments, settings: Settings) -> Linear:  # noqa: ARG001
    away = moments.means - moments.mean  # from the mean of all: only differences between classes count
    weights = solve_symmetric(moments.within() / moments.n, away.T).T
    offset = -weights @ moments.mean - 0.5 * (weights * away).sum(axis=1)
    return Linear(weights, offset + np.log(moments.priors))


def _fit_lasso(moments: Moments, settings: Settings, threads: int | None) -> tuple[Linear, Settings]:
    alphas = lasso_alphas(moments, intercept=settings.intercept)
    last = alphas[-1] if settings.alpha is None else settings.alpha
    alphas = np.append(alphas[alphas > last * (1 + 1e-9)], last)
    path = lasso_path(moments, alphas, intercept=settings.intercept, threads=threads)
    return path.linear(-1), replace(settings, alpha=float(last) or None)


_FITS: dict[Kind, Callable[[Moments, Settings], Linear]] = {
    "means": _fit_means,
    "centred-means": _fit_centred_means,
    "nearest-mean": _fit_nearest_mean,
    "difference": _fit_difference,
    "least-squares": _fit_least_squares,
    "lda": _fit_lda,
}
