"""One picture of weights for each class, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.templates.moments import Floats


@dataclass(frozen=True, eq=False)
class Linear:
    """A linear classifier: the class of the highest score.

    Attributes
    ----------
    weights : float64 array of shape (classes, pixels)
        For pixels scaled to [0, 1].
    intercepts : float64 array of shape (classes,)
    """

    weights: Floats
    intercepts: Floats

    def scores(self, features: NDArray[Any]) -> NDArray[Any]:
        """Score of each class: array of shape (n, classes), of the features' precision."""
        dtype = features.dtype if features.dtype.kind == "f" else np.float64
        scores: NDArray[Any] = features @ self.weights.T.astype(dtype) + self.intercepts.astype(dtype)
        return scores

    def answers(self, features: NDArray[Any]) -> NDArray[np.intp]:
        """Class of the highest score of each row; of equals the first."""
        return np.asarray(self.scores(features).argmax(axis=1), np.intp)
