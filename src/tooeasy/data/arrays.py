"""Arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.images import Images
from tooeasy.data.numbers import to_images
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.data.split import ImageSplit

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
        Images: array of shape (n, height, width, channels), (n, channels, height, width), (n, height, width) or
        (n, pixels), of whole numbers from 0 to ``levels - 1``, or of fractions from 0 to 1 or to ``levels - 1``, which
        are rounded. Labels: whole numbers or names of shape (n,), or one-hot rows.
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
        If images and labels differ in number, images are not numbers in range, labels are of no such form, or there is
        no or only one class.

    Examples
    --------
    >>> import numpy as np
    >>> from_arrays((np.zeros((4, 2, 2), np.uint8), [0, 1, 0, 1]))
    Dataset(arrays: 4 train, no test split, 2x2x1, 2 classes)
    """
    given = {"train": train} if test is None else {"train": train, "test": test}
    arrays = {part: np.asarray(images) for part, (images, _) in given.items()}
    images, notes = to_images(arrays, name, levels=levels, unflatten=False)
    parts = {part: RawPart(images[part], np.asarray(labels)) for part, (_, labels) in given.items()}
    return assemble(Raw(name, parts, classes, levels, notes), options or LoadOptions())


def image_split(
    origin: str, images: Images, index: NDArray[np.intp], classes: tuple[str, ...], *, levels: int = 256
) -> ImageSplit:
    """Make a split of images that give themselves by rows."""
    height, width, channels = images.shape[1:]
    return ImageSplit(
        origin=origin, shape=(height, width, channels), classes=classes, levels=levels, pixels=images, index=index
    )


def as_images(array: ArrayLike, origin: str, levels: int = 256) -> NDArray[np.uint8]:
    """Check an array and give it four dimensions, as `to_images` does; copies only if it must change the type."""
    images, _ = to_images({origin: np.asarray(array)}, "", levels=levels, unflatten=False)
    return np.asarray(images[origin][:])
