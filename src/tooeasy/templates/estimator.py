"""Templates as a scikit-learn classifier."""

from __future__ import annotations

import numbers
import warnings
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tooeasy.templates.fit import fit_moments
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.settings import WITH_GRAM, Kind, Settings
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
    fit_intercept : bool, default True
        For least-squares, lasso, softmax and sgd.
    alpha : float, optional
        Strength of the penalty, for least-squares (ridge), lasso and softmax.
    penalty : {"l2", "l1"}, default "l2"
        For softmax.
    binarize : float, optional
        1 from this value on, 0 below.
    random_state : int, RandomState or None, default 0
        For sgd: the order of the images.

    Attributes
    ----------
    coef_ : float64 array of shape (n_classes, n_features)
        The templates, a row for each class also where there are two.
    intercept_ : float64 array of shape (n_classes,)
    classes_ : array of shape (n_classes,)
    n_features_in_ : int

    Notes
    -----
    Features are taken as they are. `fit_templates` scales the levels of images to [0, 1], the unit of ``centre``,
    ``alpha`` and ``binarize`` there; do the same here, by ``X / 255`` or a scaler in a pipeline, and sgd, whose steps
    have a fixed length, learns.

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
        fit_intercept: bool = True,
        alpha: float | None = None,
        penalty: Literal["l2", "l1"] = "l2",
        binarize: float | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.kind = kind
        self.centre = centre
        self.fit_intercept = fit_intercept
        self.alpha = alpha
        self.penalty = penalty
        self.binarize = binarize
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit the templates.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Images as rows.
        y : array-like of shape (n_samples,)
            Their classes.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If an option is out of range, X and y do not fit together, or there is only one class.
        """
        settings = self._settings()
        features, targets = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; found one class: {self.classes_[0]}")
        linear = self._fitted(self._seen(features), labels, settings)
        self.coef_, self.intercept_ = linear.weights, linear.intercepts
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Score each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Images as rows.

        Returns
        -------
        float64 array of shape (n_samples, n_classes)
            In the order of ``classes_``; of two classes, the second's less the first's, of shape (n_samples,).
        """
        scores = self._scores(X)
        return np.asarray(scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores, np.float64)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Images as rows.

        Returns
        -------
        array of shape (n_samples,)
        """
        best = self._scores(X).argmax(axis=1)
        return np.asarray(self.classes_[best])

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Floats:
        """Estimate the probability of each class; only lda, softmax and sgd have this method.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Images as rows.

        Returns
        -------
        float64 array of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        scores = self._scores(X)
        tails = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(tails / tails.sum(axis=1, keepdims=True), np.float64)

    def _scores(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        features = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return np.asarray(self._seen(features) @ self.coef_.T + self.intercept_, np.float64)

    def _settings(self) -> Settings:
        """Our words for scikit-learn's."""
        options = self.get_params()
        options["intercept"], state = options.pop("fit_intercept"), options.pop("random_state")
        drawn = state if isinstance(state, numbers.Integral) else check_random_state(state).randint(2**31 - 1)
        return Settings(**options, seed=int(drawn))

    def _seen(self, features: NDArray[Any]) -> Floats:
        """Features as the templates see them."""
        seen = features if self.binarize is None else features >= self.binarize
        return seen.astype(np.float64)

    def _fitted(self, features: Floats, labels: NDArray[np.intp], settings: Settings) -> Linear:
        n = len(self.classes_)
        if settings.from_sketch:
            moments = Moments.of_features(features, labels, n, gram=settings.kind in WITH_GRAM)
            return fit_moments(moments, settings)[0]
        if settings.kind == "softmax":
            linear, converged = fit_softmax(features.astype(np.float32), labels, n, settings)
            if not converged:
                warnings.warn("softmax stopped before it had converged; a larger alpha helps", ConvergenceWarning, 2)
            return linear
        return fit_sgd(features.astype(np.float32), labels, n, settings)[0][-1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # some kinds are as simple as a classifier can be
        return tags
