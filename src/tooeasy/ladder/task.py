"""What the rungs of a ladder see: one fixed split, read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Batch, Dataset, Split
from tooeasy.data.images import FileProperties
from tooeasy.data.split import ImageSplit
from tooeasy.errors import NotAtHandError, SketchError
from tooeasy.explore.reading import Read, read_rows
from tooeasy.sketch import Shape, Sketch
from tooeasy.templates.moments import Floats, Moments
from tooeasy.text import size_in_words

Features = NDArray[np.float32]
MOST_PIXELS = 4_096  # whose Gram matrix is made, and copied some ten times: 128 MiB each, and seconds to solve
FOLD = 10_000  # images at most to calibrate on


@dataclass(frozen=True, eq=False)
class Part:
    """Some images in memory.

    Attributes
    ----------
    images : uint8 array of shape (n, height, width, channels)
    labels : intp array of shape (n,)
    levels : int
        Values that a pixel can take.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.intp]
    levels: int

    def __len__(self) -> int:
        return len(self.labels)

    def features(self) -> Features:
        """Pixels scaled to [0, 1], a row for each image: float32 array of shape (n, pixels)."""
        return self.images.reshape(len(self), -1).astype(np.float32) / np.float32(self.levels - 1)


Calibration = tuple[Part, Moments]


@dataclass(eq=False)
class Task:
    """A dataset with held-out images, and what several rungs need of it, made when first asked for.

    Parameters
    ----------
    data : Dataset
        With a test split.
    seed : int
        Of what is chosen at random.
    threads : int, optional
    sizes : sequence of int, optional
        Numbers of training images that will be asked for, so that no others are read; all are read by default.
    """

    data: Dataset
    seed: int = 0
    threads: int | None = None
    sizes: Sequence[int] | None = None

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.data.classes)

    @property
    def shape(self) -> Shape:
        """Height, width and channels of an image, in pixels."""
        return self.data.shape

    @property
    def n_train(self) -> int:
        """Number of training images."""
        return len(self.data.train)

    @property
    def pixels(self) -> int:
        """Pixels of an image; each channel counts."""
        return int(np.prod(self.shape))

    @cached_property
    def priors(self) -> Floats:
        """Fraction of the training images of each class: float64 array of shape (classes,)."""
        per_class = self.data.train.images_per_class
        return np.asarray(per_class / per_class.sum(), np.float64)

    @cached_property
    def sketch(self) -> Sketch:
        """Sketch of the training images, with moments.

        Raises
        ------
        SketchError
            If the matrix of pixels by pixels would take too much memory.
        """
        if self.pixels > MOST_PIXELS:
            matrix = size_in_words(8 * self.pixels**2)
            raise SketchError(
                f"images of {self.pixels:,} pixels: a linear rule takes a matrix of pixels by pixels, {matrix}; at "
                f"most {MOST_PIXELS:,} pixels, see --size and --gray"
            )
        return self.data.train.sketch(moments=True, threads=self.threads)

    @cached_property
    def counts(self) -> Sketch:
        """Sketch of the training images; its moments may be missing."""
        return self.__dict__.get("sketch") or self.data.train.sketch(threads=self.threads)

    @cached_property
    def moments(self) -> Moments:
        """Moments of the training images."""
        return Moments.of_sketch(self.sketch)

    @cached_property
    def sums(self) -> Moments:
        """The same without the matrix of pixels by pixels, where images are too large for it."""
        return self.moments if self.pixels <= MOST_PIXELS else Moments.of_sketch(self.counts)

    @cached_property
    def calibration(self) -> Calibration | None:
        """A fold of the training images, and the moments of the others, exactly: sketches are integers.

        None if the training images are not here, or the others would lack a class.
        """
        return self._calibration(self.sketch)

    @cached_property
    def calibration_of_sums(self) -> Calibration | None:
        """The same for `sums`."""
        return self.calibration if self.pixels <= MOST_PIXELS else self._calibration(self.counts)

    def _calibration(self, sketch: Sketch) -> Calibration | None:
        try:
            fold = self.train(self.fold)
        except NotAtHandError:
            return None
        own = Sketch(self.shape, self.data.classes, sketch.quantization, moments=sketch.gram is not None)
        own.update(fold.images, fold.labels, threads=self.threads)
        rest = sketch.copy()
        rest.counts -= own.counts
        if rest.gram is not None and own.gram is not None:
            rest.gram -= own.gram
        return None if (rest.images_per_class == 0).any() else (fold, Moments.of_sketch(rest))

    @cached_property
    def test(self) -> Part:
        """All held-out images."""
        if self.data.test is None:
            raise NotAtHandError(f"{self.data.name} has no held-out images to score on")
        return read(self.data.test)

    @property
    def fold(self) -> int:
        """Number of training images that probabilities are calibrated on."""
        return min(FOLD, max(self.classes, self.n_train // 5))

    def rows(self, images: int) -> NDArray[np.intp]:
        """Rows of so many training images, stratified by class and chosen by the seed: of the labels alone."""
        if images >= self.n_train:
            return np.arange(self.n_train)
        return stratified(self.data.train.labels, images, self.classes, self.seed)

    @cached_property
    def _train(self) -> Read:
        """The training images that will be asked for, and their rows; without those that cannot be read."""
        sizes = {self.n_train} if self.sizes is None else set(self.sizes)
        wanted = np.unique(np.concatenate([self.rows(size) for size in sizes]))
        found = list(read_rows(self.data.train, wanted))
        images, labels = (np.concatenate([part.batch[k] for part in found]) for k in (0, 1))
        return Read(np.concatenate([part.rows for part in found]), Batch(images, labels))

    def train(self, images: int) -> Part:
        """So many of the training images, stratified by class and chosen by the seed; fewer if some cannot be read."""
        levels, known = self.data.train.levels, self._train
        rows = self.rows(images)
        if np.array_equal(rows, known.rows):
            return Part(known.batch.images, known.batch.labels, levels)
        mine = np.isin(known.rows, rows)
        return Part(known.batch.images[mine], known.batch.labels[mine], levels)

    def test_labels(self, of_files: bool) -> NDArray[np.intp]:
        """Labels of the held-out images; of those whose file could be looked at, where properties are."""
        return self.properties(test=True)[1] if of_files else self.test.labels

    def properties(self, *, test: bool) -> tuple[list[FileProperties], NDArray[np.intp]]:
        """Properties of the files of a split's images, and their labels; of images whose file could be read."""
        split = self.data.test if test else self.data.train
        if not isinstance(split, ImageSplit) or split.properties is None:
            raise NotAtHandError(f"{self.data.name} has no image files, whose properties could be looked at")
        known = [row for row, found in enumerate(split.properties) if found is not None]
        return [found for found in split.properties if found is not None], split.labels[known]


def read(split: Split) -> Part:
    """All images of a split that can be read."""
    batches = list(split.batches())
    images = np.concatenate([batch.images for batch in batches])
    return Part(images, np.concatenate([batch.labels for batch in batches]), split.levels)


def stratified(labels: NDArray[np.intp], most: int, classes: int, seed: int) -> NDArray[np.intp]:
    """Rows of so many images, each class by its share and at least one of each, in order; chosen by the seed."""
    random = np.random.default_rng(seed)
    rows = [random.permutation(np.flatnonzero(labels == label)) for label in range(classes)]
    share = shares([len(own) for own in rows], most)
    return np.sort(np.concatenate([own[:n] for own, n in zip(rows, share, strict=True)]))


def shares(sizes: Sequence[int], most: int) -> list[int]:
    """Split a number in proportion to sizes, by largest remainders; nobody who has some gets none."""
    total = sum(sizes)
    exact = [most * size / total for size in sizes]
    given = [min(size, max(1 if size else 0, int(part))) for size, part in zip(sizes, exact, strict=True)]
    while sum(given) > max(most, sum(size > 0 for size in sizes)):
        given[given.index(max(given))] -= 1
    order = sorted(range(len(sizes)), key=lambda k: int(exact[k]) - exact[k])
    for k in order:
        if sum(given) >= most:
            break
        if given[k] < sizes[k]:
            given[k] += 1
    return given
