"""Images that an audit's classifiers look at: some of each split, in memory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tooeasy.data import Split
from tooeasy.data.images import FileProperties
from tooeasy.data.split import ImageSplit
from tooeasy.explore.reading import read_rows
from tooeasy.giveaways.finding import ImageName
from tooeasy.ladder.task import stratified

MOST = 10_000  # images of a split: enough to tell 1 % from chance
MOST_BYTES = 2**28  # of their pixels
SIDE = 32  # of thumbnails, in pixels

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sample:
    """Some images of a split, each class by its share.

    Attributes
    ----------
    part : {"train", "test"}
    split : Split
    rows : intp array of shape (n,)
        Where they stand in the split.
    numbers : intp array of shape (n,)
        Where they stand in the split as it was loaded, of which this one may be a part.
    labels : intp array of shape (n,)
    images : uint8 array of shape (n, height, width, channels)
    places_of_split : intp array
        As ``numbers``, of all images of the split.
    """

    part: str
    split: Split
    rows: NDArray[np.intp]
    numbers: NDArray[np.intp]
    labels: NDArray[np.intp]
    images: NDArray[np.uint8]
    places_of_split: NDArray[np.intp]

    def without(self, gone: NDArray[np.bool_]) -> Sample:
        """The same without some images: bool array of shape (n,)."""
        if not gone.any():
            return self
        kept = {name: getattr(self, name)[~gone] for name in ("rows", "numbers", "labels", "images")}
        return replace(self, **kept)

    def halves(self, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Two halves of the images, and of each class, drawn by the seed: whatever order the images stand in."""
        order = np.random.default_rng(seed).permutation(len(self))
        order = order[np.argsort(self.labels[order], kind="stable")]
        return np.sort(order[::2]), np.sort(order[1::2])

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def thumbnails(self) -> Floats:
        """Images no larger than 32x32, in [0, 1]: float32 array of shape (n, height, width, channels)."""
        height, width, _ = self.images.shape[1:]
        if max(height, width) > SIDE:
            size = max(1, round(height * SIDE / max(height, width))), max(1, round(width * SIDE / max(height, width)))
            small = np.stack([_shrunk(image, size) for image in self.images])
        else:
            small = self.images
        return small.astype(np.float32) / np.float32(self.split.levels - 1)

    @property
    def properties(self) -> list[FileProperties | None] | None:
        """Of each image's file; None where images are not files."""
        known = self.split.properties if isinstance(self.split, ImageSplit) else None
        return None if known is None else [known[row] for row in self.rows]

    def name(self, number: int) -> ImageName:
        """Name of an image of the sample."""
        return ImageName(self.part, int(self.numbers[number]), self.split.name(int(self.rows[number])))


def take_sample(split: Split, part: str, seed: int, *, of: Split | None = None) -> Sample:
    """Read some images of a split, at most 10,000 and 256 MiB, stratified by class and chosen by the seed.

    ``of`` is the split that it was held out of, where its images are to be named by their places there. Raises
    NotAtHandError where there is only a sketch.
    """
    most = min(MOST, max(1, MOST_BYTES // int(np.prod(split.shape))))
    rows = stratified(split.labels, most, len(split.classes), seed) if len(split) > most else np.arange(len(split))
    found, labels = np.empty(len(rows), np.intp), np.empty(len(rows), np.intp)
    images, n = np.empty((len(rows), *split.shape), np.uint8), 0
    for some in read_rows(split, rows):
        part_of = slice(n, n := n + len(some.rows))
        found[part_of], labels[part_of], images[part_of] = some.rows, some.batch.labels, some.batch.images
    places = np.arange(len(split)) if of is None else _places(split, of)
    return Sample(part, split, found[:n], places[found[:n]], labels[:n], images[:n], places)


def _places(split: Split, of: Split) -> NDArray[np.intp]:
    """Where the images of a part stand in the split that it is a part of."""
    rows = [np.arange(len(one)) if one.rows is None else one.rows for one in (split, of) if isinstance(one, ImageSplit)]
    order = np.argsort(rows[1], kind="stable")
    return np.asarray(order[np.searchsorted(rows[1], rows[0], sorter=order)], np.intp)


def _shrunk(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    planes = [
        np.asarray(Image.fromarray(plane).resize(size[::-1], Image.Resampling.BOX))
        for plane in np.moveaxis(image, 2, 0)
    ]
    return np.stack(planes, axis=2)
