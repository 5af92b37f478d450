"""How well each single pixel tells two classes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.pixels.rules import RuleName
from tooeasy.plotting import Plottable


@dataclass(frozen=True, eq=False)
class PixelMap(Plottable):
    """How well each single pixel tells two classes apart.

    Attributes
    ----------
    dataset : str
    a, b : str
        Names of the two classes.
    rule : str
    train_accuracy : float64 array of shape (height, width, channels)
        Fraction of training images right.
    test_accuracy : float64 array of shape (height, width, channels)
        Fraction of held-out images right; NaN where none is held out. Not to choose a pixel by.
    mutual_information_bits : float64 array of shape (height, width, channels)
        What the pixel's level says about the class, in bits.
    means : float64 array of shape (2, height, width, channels)
        Mean image of each class, in levels scaled to [0, 1].

    Examples
    --------
    >>> import tooeasy
    >>> where = tooeasy.study_pixels("mnist").map("0", "1")
    >>> where.train_accuracy.shape, round(float(where.train_accuracy.max()), 3)
    ((28, 28, 1), 0.988)
    """

    dataset: str
    a: str
    b: str
    rule: RuleName
    train_accuracy: NDArray[np.float64]
    test_accuracy: NDArray[np.float64]
    mutual_information_bits: NDArray[np.float64]
    means: NDArray[np.float64]

    def __repr__(self) -> str:
        best = self.train_accuracy.max()
        return f"PixelMap({self.dataset}, {self.rule} rule: {self.a} and {self.b}, best train accuracy {best:.3f})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {
            "a": self.a,
            "b": self.b,
            "train_accuracy": self.train_accuracy.tolist(),
            "test_accuracy": None if np.isnan(self.test_accuracy).any() else self.test_accuracy.tolist(),
            "mutual_information_bits": self.mutual_information_bits.tolist(),
        }
