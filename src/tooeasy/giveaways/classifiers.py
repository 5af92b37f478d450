"""The two small classifiers of an audit. Both give every class the same weight, however many images it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from threadpoolctl import threadpool_limits

BINS = 16  # of a number with many values
RIDGE = 0.1  # of the mean variance of the features: 341 photographs need as much, and 60,000 digits lose nothing
FEW_FEATURES = 1_024  # up to so many, BLAS takes one thread: on a busy machine, two took five times as long


class Ridge:
    """Ridge regression on which class an image is, each class weighted by one over its share.

    Parameters
    ----------
    X : float array of shape (n, features)
    labels : intp array of shape (n,)
    classes : int
    """

    def __init__(self, X: NDArray[np.floating], labels: NDArray[np.intp], classes: int) -> None:
        with threadpool_limits(1 if X.shape[1] <= FEW_FEATURES else None, "blas"):
            self._fit(X, labels, classes)

    def _fit(self, X: NDArray[np.floating], labels: NDArray[np.intp], classes: int) -> None:
        self._mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        centred = X.astype(np.float32) - self._mean
        weights = _class_weights(labels, classes)
        targets = np.zeros((len(X), classes), np.float32)
        targets[np.arange(len(X)), labels] = weights[labels]
        gram = centred.T @ centred / np.float32(len(X))
        gram[np.diag_indices_from(gram)] += RIDGE * max(float(np.trace(gram)) / len(gram), 1e-6)
        self._weights = cho_solve(cho_factor(gram), centred.T @ (targets - targets.mean(axis=0)) / np.float32(len(X)))

    def answer(self, X: NDArray[np.floating]) -> NDArray[np.intp]:
        """Class of each image: intp array of shape (n,)."""
        return np.asarray(((X.astype(np.float32) - self._mean) @ self._weights).argmax(axis=1), np.intp)


class Lookup:
    """The class that is most frequent for a value, or for a bin of values where there are many.

    Parameters
    ----------
    values : array of shape (n,)
        Numbers or words.
    labels : intp array of shape (n,)
    classes : int

    Attributes
    ----------
    bins : tuple of str
        What each bin holds, for people.
    """

    def __init__(self, values: NDArray[np.generic], labels: NDArray[np.intp], classes: int) -> None:
        known = np.unique(values)
        self._numbers = np.issubdtype(values.dtype, np.number)
        if self._numbers and len(known) > BINS:
            inner = np.unique(np.quantile(values.astype(np.float64), np.arange(1, BINS) / BINS))
            self._edges: NDArray[np.generic] | None = inner
            self._known = None
            shown = [_number(edge) for edge in inner]
            self.bins = (f"up to {shown[0]}", *(f"to {edge}" for edge in shown[1:]), "more")
        else:
            self._edges, self._known = None, known
            self.bins = tuple(_number(value) if self._numbers else str(value) or "none" for value in known)
        counts = self.counts(values, labels, classes)
        shares = (counts + 0.5 / len(self.bins)) / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self._answers = shares.argmax(axis=0)

    def place(self, values: NDArray[np.generic]) -> NDArray[np.intp]:
        """Bin of each value; -1 for a value that training images do not have."""
        if self._edges is not None:
            return np.asarray(np.searchsorted(self._edges, values, side="left"), np.intp)
        assert self._known is not None  # noqa: S101  # one of the two is there
        found = np.searchsorted(self._known, values).clip(0, len(self._known) - 1)
        return np.where(self._known[found] == values, found, -1).astype(np.intp)

    def counts(self, values: NDArray[np.generic], labels: NDArray[np.intp], classes: int) -> NDArray[np.int64]:
        """Images of each class in each bin: int64 array of shape (classes, bins)."""
        placed = self.place(values)
        flat = labels[placed >= 0] * len(self.bins) + placed[placed >= 0]
        counts = np.bincount(flat, minlength=classes * len(self.bins))
        return counts.reshape(classes, len(self.bins)).astype(np.int64)

    def answer(self, values: NDArray[np.generic]) -> NDArray[np.intp]:
        """Class of each image: intp array of shape (n,); the first class for a value never seen."""
        placed = self.place(values)
        return np.where(placed >= 0, self._answers[placed], 0).astype(np.intp)


def _number(value: np.generic | float) -> str:
    """Write a number for people: four digits, and all of those before the point."""
    number = float(value)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _class_weights(labels: NDArray[np.intp], classes: int) -> NDArray[np.float32]:
    counts = np.bincount(labels, minlength=classes)
    return np.asarray(len(labels) / np.maximum(counts, 1) / classes, np.float32)
