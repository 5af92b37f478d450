"""The best pixel of every pair of classes: scores as arrays, and as objects where one is looked at.

A dataset of 3,832 classes has 7.3 million pairs: an object for each would take many times the memory of what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tooeasy.measures import mutual_information, wilson_interval
from tooeasy.pixels.rules import RuleName, fit_rule
from tooeasy.pixels.score import PixelScore, score_pixel
from tooeasy.pixels.search import answers_at
from tooeasy.sketch import Sketch
from tooeasy.threads import share

Numbers = NDArray[np.float64]
KEPT = 10_000  # pairs whose objects are kept once they were asked for
_CELLS = 2**20  # counts of pairs that are looked at at once


class Pairs(Sequence[PixelScore]):
    """The best pixel of each pair of classes, in the order (0, 1), (0, 2), ...

    Parameters
    ----------
    train, test : Sketch
        ``test`` is None where nothing is held out.
    rule : {"lookup", "threshold", "logistic"}
    C : float
    pixels : intp array of shape (pairs,)
        The best pixel of each pair, in C order of the image's shape.
    threads : int, optional
    """

    def __init__(
        self,
        train: Sketch,
        test: Sketch | None,
        rule: RuleName,
        C: float,
        pixels: NDArray[np.intp],
        threads: int | None = None,
    ) -> None:
        self._train, self._test, self._rule, self._C, self._threads = train, test, rule, C, threads
        self.pixels = pixels
        self._made: dict[int, PixelScore] = {}

    def __len__(self) -> int:
        return len(self.pixels)

    @overload
    def __getitem__(self, number: int, /) -> PixelScore: ...

    @overload
    def __getitem__(self, number: slice, /) -> Sequence[PixelScore]: ...

    def __getitem__(self, number: int | slice, /) -> PixelScore | Sequence[PixelScore]:
        if isinstance(number, slice):
            return tuple(self[position] for position in range(*number.indices(len(self))))
        position = range(len(self))[number]  # counts from the end, or raises IndexError
        if position in self._made:
            return self._made[position]
        members = int(self.first[position]), int(self.second[position])
        pixel = int(self.pixels[position])
        rule = fit_rule(self._rule, self._train.counts[list(members), pixel], self._C)
        found = score_pixel(self._train, self._test, members, pixel, rule)
        if len(self) <= KEPT:
            self._made[position] = found
        return found

    def position(self, first: int, second: int) -> int:
        """Where a pair stands; ``first`` is less than ``second``."""
        return first * len(self._train.classes) - first * (first + 1) // 2 + second - first - 1

    @cached_property
    def _members(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        return np.triu_indices(len(self._train.classes), 1)

    @property
    def first(self) -> NDArray[np.intp]:
        """The first class of each pair: intp array of shape (pairs,)."""
        return self._members[0]

    @property
    def second(self) -> NDArray[np.intp]:
        """The second class of each pair: intp array of shape (pairs,)."""
        return self._members[1]

    @cached_property
    def _right(self) -> tuple[NDArray[np.int64], NDArray[np.int64] | None]:
        """Training and held-out images of both classes that are right: int64 arrays of shape (pairs, 2)."""
        train = np.empty((len(self), 2), np.int64)
        test = None if self._test is None else np.empty_like(train)

        def count(start: int, stop: int) -> None:
            for some in _parts(start, stop, self._train.levels):
                a, b = self._at(self._train, some)
                answers = answers_at(a, b, self._rule, self._C)
                train[some] = _answered(a, b, answers)
                if test is not None and self._test is not None:
                    test[some] = _answered(*self._at(self._test, some), answers)

        share(count, len(self), self._threads)
        return train, test

    def _at(self, sketch: Sketch, some: slice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Counts of both classes at the pixels of some pairs: int64 arrays of shape (n, levels)."""
        pixels = self.pixels[some]
        first, second = sketch.counts[self.first[some], pixels], sketch.counts[self.second[some], pixels]
        return first.astype(np.int64), second.astype(np.int64)

    def _n(self, sketch: Sketch) -> NDArray[np.int64]:
        per_class = sketch.images_per_class
        return np.stack([per_class[self.first], per_class[self.second]], axis=1)

    @cached_property
    def train_accuracy(self) -> Numbers:
        """Fraction of training images right: float64 array of shape (pairs,)."""
        return np.asarray(self._right[0].sum(axis=1) / self._n(self._train).sum(axis=1))

    @property
    def balanced_train_accuracy(self) -> Numbers:
        """Mean of both classes' fraction of training images right: float64 array of shape (pairs,)."""
        return np.asarray((self._right[0] / self._n(self._train)).mean(axis=1))

    @cached_property
    def test_accuracy(self) -> Numbers:
        """Fraction of held-out images right: float64 array of shape (pairs,); NaN where a class has none."""
        right = self._right[1]
        if right is None or self._test is None:
            return np.full(len(self), np.nan)
        n = self._n(self._test)
        return np.where((n > 0).all(axis=1), right.sum(axis=1) / np.maximum(n.sum(axis=1), 1), np.nan)

    @property
    def accuracy(self) -> Numbers:
        """As `PixelScore.accuracy`: float64 array of shape (pairs,)."""
        return self.train_accuracy if self._test is None else self.test_accuracy

    @cached_property
    def majority(self) -> Numbers:
        """Fraction right when always answering the class that is more frequent in training; as of `PixelScore`."""
        per_class = self._train.images_per_class
        most_frequent = (per_class[self.second] > per_class[self.first]).astype(np.intp)
        n = self._n(self._train if self._test is None else self._test)
        total = n.sum(axis=1)
        share_of_it = n[np.arange(len(n)), most_frequent] / np.maximum(total, 1)
        return np.where(total > 0, share_of_it, np.nan)

    @cached_property
    def balanced_test_accuracy(self) -> Numbers:
        """Mean of both classes' fraction right; NaN where a class has no held-out image."""
        right = self._right[1]
        if right is None or self._test is None:
            return np.full(len(self), np.nan)
        n = self._n(self._test)
        return np.where((n > 0).all(axis=1), (right / np.maximum(n, 1)).mean(axis=1), np.nan)

    @cached_property
    def mutual_information_bits(self) -> Numbers:
        """What the level of the pixel says about the class, in training: float64 array of shape (pairs,)."""
        bits = np.empty(len(self))

        def measure(start: int, stop: int) -> None:
            for some in _parts(start, stop, self._train.levels):
                bits[some] = mutual_information(np.stack(self._at(self._train, some)))

        share(measure, len(self), self._threads)
        return bits

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return what there is of each pair, by name; positions of classes as ``a`` and ``b``."""
        row, column, channel = np.unravel_index(self.pixels, self._train.shape)
        low = high = np.full(len(self), np.nan)
        if self._test is not None and self._right[1] is not None:
            n = self._n(self._test)
            low, high = wilson_interval(self._right[1].sum(axis=1), n.sum(axis=1))
            known = ~np.isnan(self.test_accuracy)
            low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
        return {
            "a": self.first,
            "b": self.second,
            "row": row,
            "column": column,
            "channel": channel,
            "train_accuracy": self.train_accuracy,
            "test_accuracy": self.test_accuracy,
            "majority": self.majority,
            "balanced_test_accuracy": self.balanced_test_accuracy,
            "mutual_information_bits": self.mutual_information_bits,
            "test_low": low,
            "test_high": high,
        }


def _answered(a: NDArray[np.int64], b: NDArray[np.int64], answers: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Images of both classes that answers get right: int64 array of shape (n, 2)."""
    return np.stack([np.where(answers, 0, a).sum(axis=1), np.where(answers, b, 0).sum(axis=1)], axis=1)


def _parts(start: int, stop: int, levels: int) -> list[slice]:
    size = max(1, _CELLS // levels)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]
