"""A named, labelled set of images: what every loader returns and every study takes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tooeasy.data.split import ImageSplit, Split
from tooeasy.errors import OptionError, SourceError
from tooeasy.sketch import Shape
from tooeasy.text import printable

HOLD_OUT = 0.2  # fraction of the images, where a dataset brings no test split


@dataclass(frozen=True, eq=False)
class Dataset:
    """Named labelled images.

    Attributes
    ----------
    name : str
    train : Split
    test : Split or None
        The split to score on; None where there is none.
    held_out : str or None
        What ``test`` is, for people: ``"test split"``, or how it was held out of the training images.
    notes : tuple of str
        What a reader should know about how it was loaded.

    Raises
    ------
    SourceError
        If there are fewer than two classes, a split is empty, a class has no training image, or the splits differ in
        shape or classes.

    Examples
    --------
    >>> import tooeasy
    >>> data = tooeasy.load("digits")
    >>> data.shape, len(data.train), data.test
    ((8, 8, 1), 1797, None)
    """

    name: str
    train: Split
    test: Split | None = None
    held_out: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A folder's name may be bytes that are no text; it is shown, and written into files.
        object.__setattr__(self, "name", self.name.encode("utf-8", "replace").decode())
        if len(self.train) == 0:
            raise SourceError(f"{self.name} has no training images: the split is empty")
        if len(self.classes) < 2:
            only = printable(self.classes[0])
            raise SourceError(f"{self.name} has one class ({only}); telling classes apart takes two")
        missing = [self.classes[index] for index in np.flatnonzero(self.train.images_per_class == 0)]
        if missing:
            raise SourceError(f"{self.name} has no training image of class {printable(', '.join(missing[:5]))}")
        if self.test is None:
            return
        if len(self.test) == 0:
            raise SourceError(f"{self.name} has no test images: the split is empty")
        if self.test.shape != self.train.shape:
            raise SourceError(
                f"{self.name} has training images of shape {self.train.shape}, test images of {self.test.shape}"
            )
        if self.test.classes != self.train.classes:
            raise SourceError(f"{self.name} has other classes in its test split: {_difference(self.train, self.test)}")
        if self.test.levels != self.train.levels:
            raise SourceError(
                f"{self.name} has {self.train.levels} levels in training images, {self.test.levels} in others"
            )
        if self.held_out is None:
            object.__setattr__(self, "held_out", "test split")

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.train.classes

    @property
    def shape(self) -> Shape:
        """Height, width and channels of an image, in pixels."""
        return self.train.shape

    def remarks(self) -> tuple[str, ...]:
        """Return the notes, and what turned out since while reading: broken images that were left out.

        Returns
        -------
        tuple of str
        """
        splits = (self.train, self.test)
        return (*self.notes, *(remark for split in splits if split is not None for remark in split.remarks()))

    def __repr__(self) -> str:
        test = "no test split" if self.test is None else f"{len(self.test)} test"
        size = "x".join(map(str, self.shape))
        return f"Dataset({self.name}: {len(self.train)} train, {test}, {size}, {len(self.classes)} classes)"

    def with_test(self, other: Dataset) -> Dataset:
        """Score on another dataset: on its test split, or on all of it where it has none.

        Parameters
        ----------
        other : Dataset
            Of the same shape and classes.

        Returns
        -------
        Dataset
            With the training split of this one.

        Raises
        ------
        SourceError
            If the other dataset has another shape or other classes.
        """
        split = other.test or other.train
        held_out = f"{other.name} ({'test split' if other.test else 'all'})"
        return replace(self, test=split, held_out=held_out)

    def with_hold_out(self, fraction: float = HOLD_OUT, *, seed: int = 0) -> Dataset:
        """Hold out a part of the training images as the test split, stratified by class.

        Parameters
        ----------
        fraction : float, default 0.2
            Fraction of each class's images, rounded; between 0 and 1.
        seed : int, default 0
            The same seed holds out the same images.

        Returns
        -------
        Dataset
            With both splits; the same dataset if it has a test split or only a sketch of its training images.
        """
        if seed < 0:
            raise OptionError(f"seed is a whole number of at least 0; found {seed}")
        if not 0 < fraction < 1:
            raise OptionError(f"fraction is between 0 and 1; found {fraction}")
        if self.test is not None or not isinstance(self.train, ImageSplit):
            return self
        random = np.random.default_rng(seed)
        labels = self.train.labels
        held = np.zeros(len(labels), bool)
        for label in range(len(self.classes)):
            rows = random.permutation(np.flatnonzero(labels == label))
            held[rows[: round(fraction * len(rows))]] = True
        if not held.any():
            return self
        return replace(
            self,
            train=self.train.part(np.flatnonzero(~held)),
            test=self.train.part(np.flatnonzero(held)),
            held_out=f"{fraction:.0%} of the images, stratified, seed {seed}",
        )


def _difference(train: Split, test: Split) -> str:
    only = sorted(set(test.classes) ^ set(train.classes))
    return printable(", ".join(only[:5])) or "another order"
