"""Arrays in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tooeasy.data.dataset import Dataset
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
    parts = {"train": train} if test is None else {"train": train, "test": test}
    images = {part: as_images(data[0], f"{name} {part}", levels) for part, data in parts.items()}
    labels = {part: np.asarray(data[1]) for part, data in parts.items()}
    return from_parts(name, images, labels, classes=classes, levels=levels)


def from_parts(
    name: str,
    images: dict[str, Any],
    labels: dict[str, NDArray[Any]],
    *,
    classes: Sequence[str] | None = None,
    levels: int = 256,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """Put together what a format read: the images and raw labels of ``"train"`` and, if there is one, ``"test"``."""
    for part in images:
        if len(images[part]) != len(labels[part]):
            raise SourceError(f"{name} {part} has {len(images[part])} images and {len(labels[part])} labels")
    names, indices = encode_labels(name, labels, classes)
    splits = {part: image_split(f"{name} {part}", images[part], indices[part], names, levels=levels) for part in images}
    return Dataset(name, splits["train"], splits.get("test"), notes=notes)


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


def encode_labels(
    name: str, labels: dict[str, NDArray[Any]], classes: Sequence[str] | None
) -> tuple[tuple[str, ...], dict[str, NDArray[np.intp]]]:
    """Turn raw labels of all parts into class names and positions.

    Raises
    ------
    SourceError
        If a part is empty, or labels are not whole numbers or have no name.
    """
    whole = {part: _whole_labels(f"{name} {part}", raw) for part, raw in labels.items()}
    values = np.unique(np.concatenate(list(whole.values())))
    if classes is None:
        names = tuple(str(value) for value in values)
        return names, {part: np.searchsorted(values, raw).astype(np.intp) for part, raw in whole.items()}
    if values[0] < 0 or values[-1] >= len(classes):
        raise SourceError(f"{name} has labels from {values[0]} to {values[-1]}, and {len(classes)} class names")
    return tuple(classes), {part: raw.astype(np.intp) for part, raw in whole.items()}


def _whole_labels(origin: str, raw: NDArray[Any]) -> NDArray[Any]:
    if raw.ndim != 1:
        raise SourceError(f"{origin}: labels have one dimension; found the shape {raw.shape}")
    if raw.size == 0:
        raise SourceError(f"{origin} is an empty split: no labels")
    if np.issubdtype(raw.dtype, np.integer) or raw.dtype == bool:
        return raw.astype(np.int64)
    if np.issubdtype(raw.dtype, np.floating) and np.array_equal(raw, np.floor(raw)):
        return raw.astype(np.int64)
    raise SourceError(f"{origin}: labels are whole numbers; found {raw.dtype}, such as {raw[0]!r}")
