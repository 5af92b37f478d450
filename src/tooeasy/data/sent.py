"""How parts of a split get to another process.

It loads the split by itself; or it is told the names of the files; or it is sent the images as arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.decode import DecodedImages
from tooeasy.data.formats.trees import FileImages
from tooeasy.data.images import Images
from tooeasy.data.parts import Part, Range, identify
from tooeasy.data.split import ImageSplit
from tooeasy.errors import ClusterError

_NAMED_AT_ONCE = 256  # parts
_SENT_AT_ONCE = 64


@dataclass(frozen=True)
class Handing:
    """How parts are handed to others.

    Parameters
    ----------
    of : callable
        Makes of a range of rows what is sent.
    most : int, optional
        Parts to send at once, where sending takes room.
    large : bool
        Each is as large as the images.
    """

    of: Callable[[Range], Part | Sent]
    most: int | None = None
    large: bool = False


def handing_of(split: ImageSplit, run: str) -> Handing:
    """Choose how parts of a split are handed to others: what they can read, they read by themselves."""
    if name_part(split, (0, 1)) is not None:
        return Handing(lambda part: name_part(split, part) or send_part(split, part), _NAMED_AT_ONCE)
    if split.recipe is None:
        return Handing(partial(send_part, split), _SENT_AT_ONCE, large=True)
    recipe, identity = split.recipe, identify(split)
    return Handing(lambda part: Part(recipe, *part, identity, run))


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
