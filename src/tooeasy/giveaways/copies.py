"""What follows from knowing which images are copies of which: repeats, leaks, conflicts, and what a memory is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Marks = NDArray[np.int8]

NEAR, EXACT = 1, 2  # how an image is marked that has a near, or an exact, copy; 0 where it has none
TRAIN, TEST = 0, 1
_NONE = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Copies:
    """Images, training images first, of which some have the same content, and some contents are near others.

    Parameters
    ----------
    split : int64 array of shape (n,)
        0 for training images, 1 for test images.
    labels : intp array of shape (n,)
    content : int64 array of shape (n,)
        Number of each image's content: the same number, the same pixels.
    edges : int64 array of shape (m, 2)
        Pairs of contents that are near copies.
    similarity : float64 array of shape (m,)
        Of these pairs.
    """

    split: NDArray[np.int64]
    labels: NDArray[np.intp]
    content: NDArray[np.int64]
    edges: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def repeated(self) -> Marks:
        """Mark images that have a copy earlier in their split."""
        marks = np.zeros(len(self.split), np.int8)
        for split in (TRAIN, TEST):
            mine = np.flatnonzero(self.split == split)
            first = self._least(np.where(self.split == split, np.arange(len(self.split)), _NONE))
            marks[mine] = _mark(first[self.content[mine]] < mine, self._of_neighbours(first)[self.content[mine]] < mine)
        return marks

    def leaked(self) -> Marks:
        """Mark test images that have a copy in training."""
        out = self._least(np.where(self.split == TRAIN, 0, 1))
        marks = _mark(out[self.content] == 0, self._of_neighbours(out)[self.content] == 0)
        return np.where(self.split == TEST, marks, 0).astype(np.int8)

    def conflicting(self) -> Marks:
        """Mark images that have a copy, anywhere, with another label."""
        labels = self.labels.astype(np.int64)
        low, high = self._least(labels), -self._least(-labels)
        near_low, near_high = self._of_neighbours(low), -self._of_neighbours(-high)
        own = self.content
        different = (near_low[own] != labels) | (near_high[own] != labels)
        return _mark(low[own] != high[own], (near_low[own] != _NONE) & different)

    def twins(self) -> NDArray[np.int64]:
        """Label that the training copy of each leaked image has; -1 of other images.

        Of several exact copies the most frequent label, of several near ones that of the most similar.
        """
        known = np.full(len(self._counts()), -1)
        train = self.split == TRAIN
        pairs, n = np.unique(np.column_stack([self.content, self.labels])[train], axis=0, return_counts=True)
        order = np.lexsort((-pairs[:, 1], n))  # the most frequent last, of these the first class
        known[pairs[order, 0]] = pairs[order, 1]
        answers = known.copy()
        for at in np.argsort(self.similarity, kind="stable"):  # the most similar last
            for own, other in (self.edges[at], self.edges[at][::-1]):
                if known[own] < 0 <= known[other]:
                    answers[own] = known[other]
        return np.where(self.split == TEST, answers[self.content], -1)

    def _counts(self) -> NDArray[np.int64]:
        return np.bincount(self.content)

    def _least(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Smallest value of the images of each content."""
        least = np.full(len(self._counts()), _NONE)
        np.minimum.at(least, self.content, values)
        return least

    def _of_neighbours(self, values: NDArray[np.int64]) -> NDArray[np.int64]:
        """Smallest value of the contents near each."""
        least = np.full(len(values), _NONE)
        np.minimum.at(least, self.edges[:, 0], values[self.edges[:, 1]])
        np.minimum.at(least, self.edges[:, 1], values[self.edges[:, 0]])
        return least


def _mark(exact: NDArray[np.bool_], near: NDArray[np.bool_]) -> Marks:
    return np.where(exact, EXACT, np.where(near, NEAR, 0)).astype(np.int8)
