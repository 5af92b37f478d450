"""How well a classifier does on images that it was not fitted to: one table says it all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tooeasy.measures import balanced_accuracy, wilson_interval
from tooeasy.plotting import Plottable


@dataclass(frozen=True, eq=False)
class Score:
    """Held-out images by their class and by what was answered.

    Attributes
    ----------
    confusion : int64 array of shape (classes, classes)
        Images of the class of the row that were answered with the class of the column.

    Examples
    --------
    >>> score = Score.of(labels=[0, 0, 1, 1], answers=[0, 1, 1, 1], classes=2)
    >>> score.test_accuracy, score.balanced_test_accuracy
    (0.75, 0.75)
    >>> score.most_confused()
    [(0, 1, 1)]
    """

    confusion: NDArray[np.int64]

    @classmethod
    def of(cls, labels: ArrayLike, answers: ArrayLike, classes: int) -> Score:
        """Count answers: both are whole numbers below ``classes``, of shape (n,)."""
        flat = np.asarray(labels, np.intp) * classes + np.asarray(answers, np.intp)
        return cls(np.bincount(flat, minlength=classes**2).reshape(classes, classes).astype(np.int64))

    @cached_property
    def images(self) -> int:
        """Number of images."""
        return int(self.confusion.sum())

    @property
    def test_accuracy(self) -> float:
        """Fraction of the images right; NaN without images."""
        return float(np.trace(self.confusion) / self.images) if self.images else np.nan

    @property
    def test_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy; NaN without images."""
        low, high = wilson_interval(np.trace(self.confusion), self.images)
        return float(low), float(high)

    @property
    def balanced_test_accuracy(self) -> float:
        """Mean over the classes of the fraction of each one's images that are right; NaN if a class has none."""
        return float(balanced_accuracy(np.diag(self.confusion), self.confusion.sum(axis=1)))

    @property
    def largest_class(self) -> float:
        """Fraction of the images that are of their most frequent class; NaN without images."""
        return float(self.confusion.sum(axis=1).max() / self.images) if self.images else np.nan

    def most_confused(self, most: int = 5) -> list[tuple[int, int, int]]:
        """Return (class, answer, images) of the most frequent mistakes; equals in the order of the table."""
        mistakes = self.confusion - np.diag(np.diag(self.confusion))
        order = np.argsort(-mistakes, axis=None, kind="stable")[:most]
        rows, columns = np.unravel_index(order, mistakes.shape)
        return [(int(a), int(b), int(mistakes[a, b])) for a, b in zip(rows, columns, strict=True) if mistakes[a, b]]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not known is None."""
        known = self.images > 0
        balanced = self.balanced_test_accuracy
        return {
            "n_test": self.images,
            "test_accuracy": self.test_accuracy if known else None,
            "test_interval": list(self.test_interval) if known else None,
            "balanced_test_accuracy": None if np.isnan(balanced) else balanced,
            "confusion": self.confusion.tolist(),
        }


@dataclass(frozen=True, eq=False)
class Confusion(Plottable):
    """A confusion matrix with the names that a figure of it needs.

    Attributes
    ----------
    title : str
        What was scored.
    classes : tuple of str
    score : Score
    """

    title: str
    classes: tuple[str, ...]
    score: Score
