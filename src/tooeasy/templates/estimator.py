"""Templates as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tooeasy.templates.fit import fit_moments
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.settings import Kind, Settings
from tooeasy.templates.softmax import fit_sgd, fit_softmax

PROBABILISTIC = ("lda", "softmax", "sgd")


def _has_probabilities(classifier: TemplateClassifier) -> bool:
    return classifier.kind in PROBABILISTIC


class TemplateClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Classify by one template for each class: the highest dot product, plus an intercept.

    Parameters
    ----------
    kind : str, default "least-squares"
        means, centred-means, nearest-mean, difference, least-squares, lda, lasso, softmax or sgd.
    centre : float or "global", optional
        For centred-means; 0.2 by default.
    intercept : bool, default True
        For least-squares, lasso, softmax and sgd.
    alpha : float, optional
        Strength of the penalty, for least-squares (ridge), lasso and softmax.
    penalty : {"l2", "l1"}, default "l2"
        For softmax.
    binarize : float, optional
        1 from this fraction of the range of the values in ``X`` on, 0 below.
    seed : int, default 0
        For sgd.

    Attributes
    ----------
    coef_ : float64 array of shape (n_classes, n_features)
        The templates, for features as they are in ``X``; for black and white ones where ``binarize`` is given.
    intercept_ : float64 array of shape (n_classes,)
    classes_ : array of shape (n_classes,)
    range_ : tuple of float
        Lowest and highest value of ``X`` when fitted. Templates are fitted on features scaled by it to [0, 1], as
        `fit_templates` does with images; ``centre`` and ``alpha`` are in that unit.
    n_features_in_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> classifier = TemplateClassifier("nearest-mean").fit(X[:1500], y[:1500])
    >>> classifier.coef_.shape, float(classifier.score(X[1500:], y[1500:])) > 0.8
    ((10, 64), True)
    """

    def __init__(
        self,
        kind: Kind = "least-squares",
        *,
        centre: float | Literal["global"] | None = None,
        intercept: bool = True,
        alpha: float | None = None,
        penalty: Literal["l2", "l1"] = "l2",
        binarize: float | None = None,
        seed: int = 0,
    ) -> None:
        self.kind = kind
        self.centre = centre
        self.intercept = intercept
        self.alpha = alpha
        self.penalty = penalty
        self.binarize = binarize
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the templates.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : array-like of shape (n_samples,)

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option is out of range, X and y do not fit together, or there is only one class.
        """
        settings = Settings(**self.get_params())
        features, targets = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; found one class: {self.classes_[0]}")
        self.range_ = (float(features.min()), float(features.max()))
        self._linear = self._fitted(self._scaled(features), labels, settings)
        low, high = self.range_
        unit = 1.0 if self.binarize is not None or low == high else high - low
        self.coef_: Floats = self._linear.weights / unit
        start = 0.0 if self.binarize is not None else low
        self.intercept_: Floats = self._linear.intercepts - start * self.coef_.sum(axis=1)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Score each class: float64 array of shape (n_samples, n_classes); of two, the second's less the first's."""
        scores = self._scores(X)
        return np.asarray(scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores, np.float64)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the class of each row: array of shape (n_samples,)."""
        best = self._scores(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Floats:
        """Estimate the probability of each class, for lda, softmax and sgd: shape (n_samples, n_classes)."""
        scores = self._scores(X)
        tails = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(tails / tails.sum(axis=1, keepdims=True), np.float64)

    def _scores(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        features = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return np.asarray(self._linear.scores(self._scaled(features)), np.float64)

    def _scaled(self, features: NDArray[Any]) -> Floats:
        low, high = self.range_
        scaled = (features.astype(np.float64) - low) / (high - low if high > low else 1.0)
        return (scaled >= self.binarize).astype(np.float64) if self.binarize is not None else scaled

    def _fitted(self, features: Floats, labels: NDArray[np.intp], settings: Settings) -> Linear:
        n = len(self.classes_)
        if settings.from_sketch:
            return fit_moments(Moments.of_features(features, labels, n), settings)
        if settings.kind == "softmax":
            return fit_softmax(features.astype(np.float32), labels, n, settings)[0]
        return fit_sgd(features.astype(np.float32), labels, n, settings, lambda _: np.nan)[0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # some kinds are as simple as a classifier can be
        return tags
