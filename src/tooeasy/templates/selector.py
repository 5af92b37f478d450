"""Forward selection of pixels as a scikit-learn transformer."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tooeasy.templates.moments import Moments
from tooeasy.templates.selection import forward_selection


class PixelSelector(SelectorMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Keep the few pixels (features) that a linear rule wants most.

    Pixels are taken one by one: always the one that, with all chosen so far, leaves the smallest sum of squares over
    all classes, as `study_budget` takes them.

    Parameters
    ----------
    k : int, default 16
        How many pixels to keep; fewer are kept where there are fewer, or the others are combinations of those.

    Attributes
    ----------
    pixels_ : intp array of shape (n_kept,)
        Indices of the kept features, the first wanted first.
    classes_ : array of shape (n_classes,)
        Labels of the classes.
    n_features_in_ : int
        Features when fitted.
    feature_names_in_ : array of shape (n_features,)
        Where ``X`` had names when fitted.

    See Also
    --------
    tooeasy.study_budget : How many pixels are enough.

    References
    ----------
    S. Chen, S. Billings, W. Luo, "Orthogonal least squares methods and their application to non-linear system
    identification", International Journal of Control 50 (1989).

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> selector = PixelSelector(k=3).fit(X, y)
    >>> selector.transform(X).shape, selector.get_feature_names_out().tolist()
    ((1797, 3), ['x21', 'x33', 'x60'])
    """

    def __init__(self, k: int = 16) -> None:
        self.k = k

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Choose the pixels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A row of pixels for each image.
        y : array-like of shape (n_samples,)
            Class of each image.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If k is less than 1, X and y do not fit together, or there is only one class.
        """
        if not isinstance(self.k, (int, np.integer)) or self.k < 1:
            raise ValueError(f"k is a whole number of at least 1; found {self.k!r}")
        features, targets = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(targets)
        self.classes_, labels = np.unique(targets, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"{type(self).__name__} needs two classes or more; found one class: {self.classes_[0]}")
        centred = features - features.mean(axis=0, dtype=np.float64)  # a large mean would drown what differs
        moments = Moments.of_features(centred, labels, len(self.classes_))
        self.pixels_: NDArray[np.intp] = forward_selection(moments, int(self.k))
        if not len(self.pixels_):
            raise ValueError("no pixel varies: there is nothing to choose from")
        return self

    def _get_support_mask(self) -> NDArray[np.bool_]:
        check_is_fitted(self)
        mask = np.zeros(self.n_features_in_, bool)
        mask[self.pixels_] = True
        return mask

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
