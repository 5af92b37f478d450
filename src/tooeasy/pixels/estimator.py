"""The one-pixel rules as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tooeasy.pixels.rules import RuleName, check_rule
from tooeasy.pixels.search import best_pixel_of_all
from tooeasy.sketch import Quantization, Sketch

_DTYPES = [np.float64, np.float32, np.uint8]


class OnePixelClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Classify by the one pixel (feature) that does it best on the training images.

    Parameters
    ----------
    rule : {"lookup", "threshold", "logistic"}, default "lookup"
        *lookup*: the most frequent class at each level. *threshold*: one class up to a level, one above. *logistic*:
        logistic regression on the level scaled to [0, 1], multinomial for more than two classes.
    C : float, default 1.0
        Inverse strength of the logistic rule's L2 penalty.
    levels : int, default 256
        Levels to which features are rounded, 2 to 256. They span the range of the values in ``X`` when fitted, so
        that 8-bit images which use the whole range are taken as they are.

    Attributes
    ----------
    pixel_ : int
        Index of the chosen feature.
    rule_ : Rule
        What was learned there.
    classes_ : array of shape (n_classes,)
    range_ : tuple of float
        Lowest and highest value seen when fitted; values beyond are taken as these.
    n_features_in_ : int

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(n_class=2, return_X_y=True)
    >>> classifier = OnePixelClassifier(rule="threshold").fit(X[:300], y[:300])
    >>> classifier.pixel_, float(classifier.score(X[300:], y[300:])) > 0.9
    (28, True)
    """

    def __init__(self, rule: RuleName = "lookup", C: float = 1.0, levels: int = 256) -> None:
        self.rule = rule
        self.C = C
        self.levels = levels

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Choose the pixel and learn its rule.

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
        check_rule(self.rule, self.C)
        quantization = Quantization(256, self.levels)
        features, targets = validate_data(self, X, y, dtype=_DTYPES)
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; found one class: {self.classes_[0]}")
        self.range_ = (float(features.min()), float(features.max()))
        sketch = Sketch((1, features.shape[1], 1), [str(name) for name in self.classes_], quantization)
        sketch.update(self._values(features)[:, np.newaxis, :, np.newaxis], labels)
        self.pixel_, self.rule_ = best_pixel_of_all(sketch.counts, self.rule, self.C)
        return self

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
        level = self._level(X)
        return np.asarray(self.classes_[self.rule_.answers[level]])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Estimate the probability of each class.

        For lookup and threshold: the frequencies in training at the level or side, with one image added that is spread
        over the classes as the training images are.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Images as rows.

        Returns
        -------
        float64 array of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        level = self._level(X)
        return self.rule_.probabilities[level]

    def _level(self, X: ArrayLike) -> NDArray[np.uint8]:
        check_is_fitted(self)
        features = validate_data(self, X, reset=False, dtype=_DTYPES)
        at_pixel = self._values(features[:, self.pixel_])
        bins: NDArray[np.uint8] = Quantization(256, self.levels).bins()[at_pixel]
        return bins

    def _values(self, X: NDArray[Any]) -> NDArray[np.uint8]:
        """Scale to whole numbers from 0 to 255."""
        low, high = self.range_
        if low == high:
            return np.zeros(X.shape, np.uint8)
        scaled = (np.clip(X, low, high).astype(np.float64) - low) / (high - low)
        levels: NDArray[np.uint8] = np.rint(scaled * 255).astype(np.uint8)
        return levels

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # one pixel is all that it looks at
        return tags
