"""Parts of a split that are sent to another process: as arrays, or as the names of files that it reads by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.decode import DecodedImages
from tooeasy.data.formats.trees import FileImages
from tooeasy.data.images import Images
from tooeasy.data.parts import Range
from tooeasy.data.split import ImageSplit
from tooeasy.errors import ClusterError


@dataclass(frozen=True)
class Sent:
    """A range of rows as a split of their own.

    Parameters
    ----------
    start, stop : int
    split : ImageSplit
        It has these images alone.
    rows : intp array of shape (stop - start,)
        Which of the images they are that the whole split is made of.
    sizes : tuple of int, optional
        Bytes of each file.
    """

    start: int
    stop: int
    split: ImageSplit
    rows: NDArray[np.intp]
    sizes: tuple[int, ...] | None = None

    def open(self) -> ImageSplit:
        """Return the images.

        Raises
        ------
        ClusterError
            If their files are not here as they were where they were named.
        """
        if self.sizes is not None:
            files: FileImages = self.split.pixels.encoded  # type: ignore[attr-defined]
            if files.sizes() != list(self.sizes):
                raise ClusterError(
                    f"{files.origin} has other images where it is to be sketched, or none: every worker must see the "
                    "same, unchanged"
                )
        return self.split

    def row(self, number: int) -> int:
        """Which of the whole split's images one of these is."""
        return int(self.rows[number])


def name_part(split: ImageSplit, part: Range) -> Sent | None:
    """Name the files of a part, so that nobody else need list the folder and look at all headers.

    None where images are no files of a folder.
    """
    pixels, properties = split.pixels, split.properties
    if not isinstance(pixels, DecodedImages) or not isinstance(pixels.encoded, FileImages) or properties is None:
        return None
    rows = _rows(split, part)
    files, known = pixels.encoded.some(rows), properties[slice(*part)]
    if files is None:
        return None
    decoded = DecodedImages(files, pixels.height, pixels.width, pixels.channels, pixels.strict)
    sizes = tuple(-1 if found is None else found.bytes for found in known)
    return Sent(*part, _alone(split, decoded, split.index[slice(*part)]), rows, sizes)


def send_part(split: ImageSplit, part: Range) -> Sent:
    """Take the images of a part as arrays."""
    batches = list(split.part(slice(*part)).batches())
    images = np.concatenate([batch.images for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])  # of those that could be read
    return Sent(*part, _alone(split, images, labels), _rows(split, part))


def _rows(split: ImageSplit, part: Range) -> NDArray[np.intp]:
    return np.arange(*part) if split.rows is None else split.rows[slice(*part)]


def _alone(split: ImageSplit, pixels: Images, labels: NDArray[np.intp]) -> ImageSplit:
    """Some images of a split, as one that knows of no others."""
    return ImageSplit(
        origin=split.origin,
        shape=split.shape,
        classes=split.classes,
        levels=split.levels,
        pixels=pixels,
        index=labels,
    )
