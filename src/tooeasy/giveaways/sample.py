"""Images that an audit's classifiers look at: some of each split, in memory."""

from __future__ import annotations

from dataclasses import dataclass
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
MOST_BYTES = 2**29  # of their pixels
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
    labels : intp array of shape (n,)
    images : uint8 array of shape (n, height, width, channels)
    """

    part: str
    split: Split
    rows: NDArray[np.intp]
    labels: NDArray[np.intp]
    images: NDArray[np.uint8]

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
        row = int(self.rows[number])
        return ImageName(self.part, row, self.split.name(row))


def take_sample(split: Split, part: str, seed: int) -> Sample:
    """Read some images of a split, at most 10,000 and half a GiB, stratified by class and chosen by the seed.

    Raises NotAtHandError where there is only a sketch.
    """
    most = min(MOST, max(1, MOST_BYTES // int(np.prod(split.shape))))
    rows = stratified(split.labels, most, len(split.classes), seed) if len(split) > most else np.arange(len(split))
    read = list(read_rows(split, rows))
    return Sample(
        part,
        split,
        np.concatenate([some.rows for some in read]),
        np.concatenate([some.batch.labels for some in read]),
        np.concatenate([some.batch.images for some in read]),
    )


def _shrunk(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    planes = [
        np.asarray(Image.fromarray(plane).resize(size[::-1], Image.Resampling.BOX))
        for plane in np.moveaxis(image, 2, 0)
    ]
    return np.stack(planes, axis=2)
