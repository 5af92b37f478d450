"""What linear templates follow from: images per class, sums and the Gram matrix, in pixels scaled to [0, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import NotAtHandError
from tooeasy.sketch import Sketch

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Moments:
    """First and second moments of images as rows of features.

    Attributes
    ----------
    images_per_class : float64 array of shape (classes,)
    sums : float64 array of shape (classes, pixels)
        Sum of each class's images.
    gram : float64 array of shape (pixels, pixels)
        Sum over all images of the outer product of an image with itself.
    centre : callable, optional
        Returns the Gram matrix of the images' differences from their mean, with fewer digits lost than by subtraction.
    """

    images_per_class: Floats
    sums: Floats
    gram: Floats
    centre: Callable[[], Floats] | None = None

    @classmethod
    def of_sketch(cls, sketch: Sketch) -> Moments:
        """Scale the integers of a sketch. Raises NotAtHandError if it has no Gram matrix."""
        if sketch.gram is None:
            raise NotAtHandError("this sketch has no Gram matrix; make it with moments")
        top = sketch.levels - 1
        n = int(sketch.images_per_class.sum())
        exact = partial(_centred_integers, sketch.gram, sketch.sums, n, top) if n**2 * top**2 < 2**62 else None
        return cls(sketch.images_per_class.astype(np.float64), sketch.sums / top, sketch.gram / float(top**2), exact)

    @classmethod
    def of_features(cls, features: NDArray[Any], labels: NDArray[np.intp], classes: int) -> Moments:
        """Add up rows of features, in double precision."""
        X = np.asarray(features, np.float64)
        member = (labels[:, np.newaxis] == np.arange(classes)).astype(np.float64)
        return cls(member.sum(axis=0), member.T @ X, X.T @ X, partial(_centred_rows, X))

    @property
    def n(self) -> float:
        """Number of images."""
        return float(self.images_per_class.sum())

    @property
    def means(self) -> Floats:
        """Mean image of each class: float64 array of shape (classes, pixels)."""
        return np.asarray(self.sums / self.images_per_class[:, np.newaxis], np.float64)

    @property
    def mean(self) -> Floats:
        """Mean of all images: float64 array of shape (pixels,)."""
        return np.asarray(self.sums.sum(axis=0) / self.n, np.float64)

    @property
    def priors(self) -> Floats:
        """Fraction of images of each class."""
        return np.asarray(self.images_per_class / self.n, np.float64)

    def scatter(self, *, centred: bool = True) -> Floats:
        """Gram matrix of the images, or of their differences from the mean of all: shape (pixels, pixels)."""
        return self._centred if centred else self.gram

    @cached_property
    def _centred(self) -> Floats:
        scatter = self.gram - self.n * np.outer(self.mean, self.mean) if self.centre is None else self.centre()
        constant = np.diag(scatter) <= 1e-12 * np.diag(self.gram)  # what rounding leaves of a pixel that never changes
        scatter[constant] = scatter[:, constant] = 0.0
        return scatter

    def cross(self, *, centred: bool = True) -> Floats:
        """Sums of images times one-hot labels, both centred if wanted: shape (pixels, classes)."""
        if not centred:
            return self.sums.T
        return np.asarray((self.sums - np.outer(self.images_per_class, self.mean)).T, np.float64)

    def within(self) -> Floats:
        """Scatter of the images around their class's mean: shape (pixels, pixels)."""
        scatter = self.scatter()
        away = np.sqrt(self.images_per_class)[:, np.newaxis] * (self.means - self.mean)
        return np.asarray(scatter - away.T @ away, np.float64)


def _centred_integers(gram: NDArray[np.int64], sums: NDArray[np.int64], n: int, top: int) -> Floats:
    """Subtract in whole numbers: of bright images with little contrast, rounding would be all that is left."""
    total = sums.sum(axis=0)
    return np.asarray((n * gram - np.outer(total, total)) / float(n * top**2), np.float64)


def _centred_rows(X: Floats) -> Floats:
    away = X - X.mean(axis=0)
    return np.asarray(away.T @ away, np.float64)
