"""Arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.data.split import Images, ImageSplit
from tooeasy.errors import SourceError

Labelled = tuple[ArrayLike, ArrayLike]


def from_arrays(
    train: Labelled,
    test: Labelled | None = None,
    *,
    classes: Sequence[str] | None = None,
    name: str = "arrays",
    levels: int = 256,
    options: LoadOptions | None = None,
) -> Dataset:
    """Make a dataset of arrays in memory.

    Parameters
    ----------
    train, test : tuple of (images, labels)
        Images: array of shape (n, height, width, channels), (n, height, width) or (n, pixels), of whole numbers from 0
        to ``levels - 1``. Labels: whole numbers of shape (n,).
    classes : sequence of str, optional
        Names of the classes 0, 1, ...; by default the labels that occur name themselves.
    name : str, default "arrays"
        Name of the dataset.
    levels : int, default 256
        Values that a pixel can take.
    options : LoadOptions, optional
        Size, colour, limit.

    Returns
    -------
    Dataset

    Raises
    ------
    SourceError
        If images and labels differ in number, images are not whole numbers in range, labels are not whole numbers, or
        there is no or only one class.

    Examples
    --------
    >>> import numpy as np
    >>> from_arrays((np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 1]))
    Dataset(arrays: 4 train, no test split, 2x2x1, 2 classes)
    """
    given = {"train": train} if test is None else {"train": train, "test": test}
    parts = {
        part: RawPart(as_images(images, f"{name} {part}", levels), np.asarray(labels))
        for part, (images, labels) in given.items()
    }
    return assemble(Raw(name, parts, classes, levels), options or LoadOptions())


def image_split(
    origin: str, images: Images, index: NDArray[np.intp], classes: tuple[str, ...], *, levels: int = 256
) -> ImageSplit:
    """Make a split of images that give themselves by rows."""
    height, width, channels = images.shape[1:]
    return ImageSplit(
        origin=origin, shape=(height, width, channels), classes=classes, levels=levels, pixels=images, index=index
    )


def as_images(array: ArrayLike, origin: str, levels: int = 256) -> NDArray[np.uint8]:
    """Check an array and give it four dimensions; copies only if it must change the type."""
    images = np.asarray(array)
    if not 2 <= images.ndim <= 4:
        raise SourceError(f"{origin}: images have 2 to 4 dimensions (n, height, width, channels); found {images.ndim}")
    if 0 in images.shape[1:]:
        raise SourceError(f"{origin}: images have no pixels; found the shape {images.shape}")
    if images.dtype != np.uint8 or levels < 256:
        images = _whole_numbers(images, origin, levels)
    if images.ndim == 2:  # rows of pixels, as scikit-learn takes them
        images = images[:, np.newaxis, :]
    return images if images.ndim == 4 else images[..., np.newaxis]


def _whole_numbers(images: NDArray[Any], origin: str, levels: int) -> NDArray[np.uint8]:
    if not np.issubdtype(images.dtype, np.number) or np.issubdtype(images.dtype, np.complexfloating):
        raise SourceError(f"{origin}: images are numbers; found {images.dtype}")
    if images.size == 0:
        return images.astype(np.uint8)
    low, high = images.min(), images.max()
    if not (low >= 0 and high < levels):  # written so that NaN fails too
        raise SourceError(f"{origin}: pixels are whole numbers from 0 to {levels - 1}; found {low} to {high}")
    if not np.array_equal(images, np.floor(images)):
        raise SourceError(
            f"{origin}: pixels are whole numbers from 0 to {levels - 1}; found fractions: scale and round them first"
        )
    return images.astype(np.uint8)
