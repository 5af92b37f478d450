"""From numbers, as files and users have them, to images: shape, range, channels; one place for all sources."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.images import Images, Rows
from tooeasy.data.split import BATCH_BYTES
from tooeasy.errors import SourceError

MOST_CHANNELS = 4  # an axis that is longer is no axis of channels
_COMPARED = 64  # images that decide how flat rows of colour are arranged


class Numbers(Protocol):
    """Rows of numbers, in memory or not: an array or a memory map is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        ...

    def __getitem__(self, rows: Rows, /) -> NDArray[Any]: ...


@dataclass(frozen=True)
class _Layout:
    """How a row of numbers becomes an image: first reshaped, then its axes put in the order height, width, channels."""

    shape: tuple[int, ...]
    axes: tuple[int, int, int] = (0, 1, 2)

    @property
    def image(self) -> tuple[int, ...]:
        return tuple(self.shape[axis] for axis in self.axes)

    def apply(self, rows: NDArray[Any]) -> NDArray[Any]:
        return rows.reshape(len(rows), *self.shape).transpose(0, *(axis + 1 for axis in self.axes))


@dataclass(frozen=True)
class _Range:
    """What the pixels of one array are, after a look at all of them."""

    low: float
    high: float
    whole: bool

    def __or__(self, other: _Range) -> _Range:
        return _Range(min(self.low, other.low), max(self.high, other.high), self.whole and other.whole)


@dataclass(frozen=True, eq=False)
class QuantizedImages:
    """Numbers that become uint8 images when they are looked at.

    Parameters
    ----------
    numbers : Numbers
        Of shape (n, ...).
    layout : _Layout
        How a row becomes an image.
    scale : int
        What pixels are multiplied by, before they are rounded.
    """

    numbers: Numbers
    layout: _Layout
    scale: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, height, width, channels)``."""
        return self.numbers.shape[0], *self.layout.image

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self.layout.apply(_quantize(self.numbers[rows], self.scale)))


def to_images(
    arrays: Mapping[str, Numbers],
    name: str,
    *,
    levels: int = 256,
    size: tuple[int, int] | None = None,
    unflatten: bool = True,
) -> tuple[dict[str, Images], tuple[str, ...]]:
    """Make images of the numbers of all parts of a dataset.

    Whole numbers stay as they are. Fractions are rounded; where no part has a value above 1, fractions and truth
    values are scaled first, so that 1 becomes ``levels - 1``. What is in memory is converted at once; what is not
    (memory maps, and all that is no array) when it is looked at, after one pass by blocks that finds the range.

    Parameters
    ----------
    arrays : mapping of part to Numbers
        Images of shape (n, height, width, channels), (n, channels, height, width) where that is beyond doubt,
        (n, height, width), or (n, pixels).
    name : str
        Of the dataset, for messages.
    levels : int, default 256
        Values that a pixel can take.
    size : tuple of int, optional
        Height and width of flat rows, where they have as many numbers; else they are taken as squares.
    unflatten : bool, default True
        False takes flat rows as images of one row, as scikit-learn's estimators see them.

    Returns
    -------
    images : dict of part to Images
    notes : tuple of str
        What was done that is not plain.

    Raises
    ------
    SourceError
        If these are no images: wrong dimensions, no numbers, out of range, NaN or infinite.
    """
    layouts: dict[str, _Layout] = {}
    by_shape: dict[tuple[int, ...], _Layout] = {}  # parts of one dataset are arranged alike
    notes = []
    for part, array in arrays.items():
        layout, note = _find_layout(array, f"{name} {part}".strip(), size, unflatten=unflatten)
        layouts[part] = by_shape.setdefault(array.shape[1:], layout)
        notes.append(note if layouts[part] is layout else None)
    ranges = [
        _find_range(array, f"{name} {part}".strip(), levels)
        for part, array in arrays.items()
        if array.dtype != np.uint8 or levels < 256
    ]
    scale, note = _choose_scale(list(arrays.values()), ranges, levels)
    images = {part: _images(array, layouts[part], scale) for part, array in arrays.items()}
    return images, tuple(dict.fromkeys(filter(None, (*notes, note))))


def blocks(array: Numbers, block_bytes: int = BATCH_BYTES) -> Iterator[tuple[int, NDArray[Any]]]:
    """Rows some at a time, with the number of the first."""
    step = max(1, block_bytes // max(1, math.prod(array.shape[1:]) * array.dtype.itemsize))
    for start in range(0, array.shape[0], step):
        yield start, array[start : start + step]


def _images(array: Numbers, layout: _Layout, scale: int) -> Images:
    if (
        isinstance(array, np.ndarray)
        and array.dtype == np.uint8
        and layout.axes == (0, 1, 2)
        and array.flags.c_contiguous
    ):
        return layout.apply(array)
    images = QuantizedImages(array, layout, scale)
    if not isinstance(array, np.ndarray) or _is_mapped(array):
        return images
    out = np.empty(images.shape, np.uint8)
    for start, block in blocks(array):
        out[start : start + len(block)] = layout.apply(_quantize(block, scale))
    return out


def _is_mapped(array: NDArray[Any]) -> bool:
    """Whether an array, or what it is a view of, is a memory map."""
    base: Any = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap):
            return True
        base = base.base
    return False


def _quantize(values: NDArray[Any], scale: int) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind != "f":
        return values.astype(np.uint8) * np.uint8(scale)
    wide = values.astype(np.float64 if values.dtype.itemsize > 4 else np.float32)  # float16 cannot count to 255 * 8
    return np.asarray(np.rint(wide * scale), np.uint8)


def _find_layout(
    array: Numbers, origin: str, size: tuple[int, int] | None, *, unflatten: bool
) -> tuple[_Layout, str | None]:
    """How a row becomes an image, and what to say about it."""
    shape = array.shape
    if not 2 <= len(shape) <= 4:
        raise SourceError(f"{origin}: images have 2 to 4 dimensions (n, height, width, channels); found {len(shape)}")
    if 0 in shape[1:]:
        raise SourceError(f"{origin}: images have no pixels; found the shape {shape}")
    if array.dtype.kind not in "biuf":
        raise SourceError(f"{origin}: images are numbers; found {array.dtype}")
    if len(shape) == 2:
        return _find_flat_layout(array, origin, size) if unflatten else (_Layout((1, shape[1], 1)), None)
    if len(shape) == 3:
        return _Layout((*shape[1:], 1)), None
    if shape[1] in (1, 3, 4) and shape[3] > MOST_CHANNELS:
        return _Layout(shape[1:], (1, 2, 0)), "the channels are the first axis of each image: they are put last"
    return _Layout(shape[1:]), None


def _find_flat_layout(array: Numbers, origin: str, size: tuple[int, int] | None) -> tuple[_Layout, str | None]:
    height, width, channels = flat_shape(array.shape[1], origin, size)
    if channels == 1:
        return _Layout((height, width, 1)), None
    mixed, planes = _Layout((height, width, 3)), _Layout((3, height, width), (1, 2, 0))
    sample = array[:_COMPARED].astype(np.float64)
    # Neighbouring pixels are alike; in the wrong arrangement they are not neighbours.
    if _roughness(planes.apply(sample)) < _roughness(mixed.apply(sample)):
        return (
            planes,
            f"rows of {array.shape[1]} numbers are taken as {height}x{width} pixels, one colour after another",
        )
    return mixed, f"rows of {array.shape[1]} numbers are taken as {height}x{width} pixels of red, green and blue"


def _roughness(images: NDArray[np.float64]) -> float:
    return float(np.abs(np.diff(images, axis=1)).sum() + np.abs(np.diff(images, axis=2)).sum())


def flat_shape(count: int, origin: str, size: tuple[int, int] | None = None) -> tuple[int, int, int]:
    """Height, width and channels of an image that comes as so many numbers in a row.

    Raises
    ------
    SourceError
        If it is no square, grey or of three channels, and not of the size given.
    """
    found = _flat_shape(count, size)
    if found is None:
        given = f", or {size[0]}x{size[1]} as given" if size else ": give its size (height x width)"
        raise SourceError(f"{origin}: {count} numbers are no square image, grey or of three channels{given}")
    return found


def is_flat_image(count: int, size: tuple[int, int] | None = None) -> bool:
    """Whether so many numbers in a row are an image."""
    return _flat_shape(count, size) is not None


def _flat_shape(count: int, size: tuple[int, int] | None) -> tuple[int, int, int] | None:
    for channels in (1, 3):
        if size is not None and size[0] * size[1] * channels == count:
            return *size, channels
    for channels in (1, 3):
        side = math.isqrt(count // channels)
        if side > 0 and side * side * channels == count:
            return side, side, channels
    return None


def _find_range(array: Numbers, origin: str, levels: int) -> _Range:
    """Look at all pixels once, by blocks."""
    found = _Range(math.inf, -math.inf, whole=True)
    for start, block in blocks(array):
        if block.dtype.kind == "f":
            _check_finite(block, start, origin)
        whole = block.dtype.kind != "f" or bool((block == np.rint(block)).all())
        found |= _Range(float(block.min()), float(block.max()), whole)
    if array.shape[0] and not (found.low >= 0 and found.high <= levels - 1):
        raise SourceError(
            f"{origin}: pixels are whole numbers from 0 to {levels - 1}; "
            f"found {found.low:g} to {found.high:g}: scale them to that, or to fractions from 0 to 1"
        )
    return found


def _check_finite(block: NDArray[Any], start: int, origin: str) -> None:
    finite = np.isfinite(block.reshape(len(block), -1)).all(axis=1)
    if not finite.all():
        raise SourceError(f"{origin}: image {start + int(finite.argmin())} has pixels that are NaN or infinite")


def _choose_scale(arrays: list[Numbers], ranges: list[_Range], levels: int) -> tuple[int, str | None]:
    """What to multiply pixels by, the same for all parts, and what to say about it."""
    kinds = {array.dtype.kind for array in arrays}
    if not ranges or not kinds & {"f", "b"}:
        return 1, None
    beyond = kinds & {"u", "i"} or max(found.high for found in ranges) > 1
    if beyond and any(not found.whole and found.high <= 1 for found in ranges):
        limits = ", ".join(f"{found.low:g} to {found.high:g}" for found in ranges)
        raise SourceError(f"one split has fractions up to 1 ({limits}), another goes beyond: give all the same scale")
    high, whole = max(found.high for found in ranges), all(found.whole for found in ranges)
    if 0 < high <= 1 and kinds <= {"f", "b"} and levels > 2:
        return levels - 1, f"pixels from 0 to 1 are scaled to 0 to {levels - 1} and rounded to whole numbers"
    return 1, None if whole else "pixels with fractions are rounded to whole numbers"
