"""Multinomial logistic regression: templates that need the images."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.plotting import Plottable
from tooeasy.templates.features import Features
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats
from tooeasy.templates.settings import SOFTMAX_ALPHA, Settings

STEPS, BATCH, RATE = 1_000, 64, 0.5  # the recipe of the published answer
TOLERANCE = 1e-4  # of the largest slope of the mean loss: scikit-learn's default
MOST_ITERATIONS = 2_000
EVERY = 50  # steps between two points of the curve


@dataclass(frozen=True, eq=False)
class TrainingCurve(Plottable):
    """How gradient descent went.

    Attributes
    ----------
    steps : int64 array of shape (points,)
    loss : float64 array of shape (points,)
        Mean cross-entropy of the mini-batches since the last point, in bits.
    test_accuracy : float64 array of shape (points,)
        Fraction of held-out images right after so many steps; NaN where nothing is held out.
    """

    steps: NDArray[np.int64]
    loss: Floats
    test_accuracy: Floats

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        unknown = np.isnan(self.test_accuracy).any()
        return {
            "steps": self.steps.tolist(),
            "loss_bits": self.loss.tolist(),
            "test_accuracy": None if unknown else self.test_accuracy.tolist(),
        }


def fit_softmax(
    features: Features, labels: NDArray[np.intp], classes: int, settings: Settings, *, most: int | None = None
) -> tuple[Linear, bool]:
    """Minimise the cross-entropy to convergence, by scikit-learn.

    Parameters
    ----------
    features : float32 array of shape (n, pixels)
    labels : intp array of shape (n,)
    classes : int
    settings : Settings
    most : int, optional
        Steps at most, if it has not converged before: 2,000 by default.

    Returns
    -------
    Linear
    bool
        Whether it converged.

    Notes
    -----
    Pixels that never change take no part (without an intercept, which a bright one stands in for: those that are always
    black), single precision is enough for pictures of weights, and pixels less their mean, which changes nothing but
    the intercept, take a quarter of the steps (benchmarks/templates.py).
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    most = MOST_ITERATIONS if most is None else most
    varies = np.flatnonzero(np.ptp(features, axis=0) if settings.intercept else features.any(axis=0))
    if not len(varies):  # all images are the same; scikit-learn wants a pixel all the same
        varies = np.array([0])
    centre = features[:, varies].mean(axis=0) if settings.intercept else np.zeros(len(varies), np.float32)
    alpha = SOFTMAX_ALPHA if settings.alpha is None else settings.alpha
    l1 = settings.penalty == "l1" and alpha > 0
    model = LogisticRegression(
        C=1 / alpha if alpha else np.inf,
        l1_ratio=1.0 if l1 else 0.0,
        solver="saga" if l1 else "lbfgs",
        fit_intercept=settings.intercept,
        tol=TOLERANCE,
        max_iter=most,
        random_state=settings.seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said by what is returned
        warnings.filterwarnings("ignore", "Setting penalty=None")  # scikit-learn 1.8, at an infinite C
        model.fit(features[:, varies] - centre, labels)
    converged = bool(np.max(model.n_iter_) < most)
    coefficients, intercepts = _for_each_class(model.coef_, np.atleast_1d(model.intercept_))
    weights = np.zeros((classes, features.shape[1]))
    weights[:, varies] = coefficients
    return Linear(weights, intercepts - weights[:, varies] @ centre), converged


def _for_each_class(coefficients: NDArray[Any], intercepts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of two classes, scikit-learn gives the second's score alone: share it between the two."""
    if len(coefficients) > 1:
        return coefficients, np.broadcast_to(intercepts, (len(coefficients),))
    half = np.array([[-0.5], [0.5]])
    return half * coefficients, half[:, 0] * intercepts[0]


def fit_sgd(
    features: Features,
    labels: NDArray[np.intp],
    classes: int,
    settings: Settings,
) -> tuple[list[Linear], Floats]:
    """Take 1,000 steps of gradient descent, learning rate 0.5, on mini-batches of 64 images.

    Parameters
    ----------
    features : float32 array of shape (n, pixels)
    labels : intp array of shape (n,)
    classes : int
    settings : Settings

    Returns
    -------
    list of Linear
        After every 50 steps.
    float64 array of shape (points,)
        Mean cross-entropy of the mini-batches of these steps, in bits.

    References
    ----------
    The recipe of TensorFlow's first tutorial, as in https://stats.stackexchange.com/q/426873.
    """
    random = np.random.default_rng(settings.seed)
    W = np.zeros((classes, features.shape[1]), np.float32)
    b = np.zeros(classes, np.float32)
    points: list[Linear] = []
    losses = []
    since = 0.0
    for step in range(1, STEPS + 1):
        rows = random.integers(0, len(features), BATCH)
        X, y = features[rows], labels[rows]
        scores = X @ W.T + b
        tails = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = tails / tails.sum(axis=1, keepdims=True)
        since -= float(np.log2(np.maximum(p[np.arange(BATCH), y], 1e-30)).mean())
        p[np.arange(BATCH), y] -= 1.0
        W -= RATE / BATCH * (p.T @ X)
        if settings.intercept:
            b -= RATE * p.mean(axis=0)
        if step % EVERY == 0:
            losses.append(since / EVERY)
            since = 0.0
            points.append(Linear(W.astype(np.float64), b.astype(np.float64)))
    return points, np.array(losses)
