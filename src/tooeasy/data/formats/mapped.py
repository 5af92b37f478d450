"""Map datasets, as PyTorch has them: anything with a length that gives pairs of an image and a label by number.

Images are Pillow's, arrays, or tensors (which are arrays, as far as NumPy is concerned: PyTorch is not imported).
All items are looked at once, for labels and sizes, and again whenever images are wanted; one at a time, as nobody
promises that a dataset may be read from several threads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tooeasy.data.assemble import choose_size
from tooeasy.data.decode import is_grey, picture_to_array
from tooeasy.data.images import Rows
from tooeasy.data.numbers import to_images
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.data.split import broken_notes
from tooeasy.errors import SourceError
from tooeasy.text import printable


@runtime_checkable
class MapDataset(Protocol):
    """What a map dataset has."""

    def __len__(self) -> int: ...

    def __getitem__(self, item: int, /) -> Any: ...


def is_map_dataset(source: object) -> bool:
    """Whether an object may be a map dataset: it has items, and is no array, text or table."""
    if isinstance(source, (str, bytes, tuple, Mapping)) or hasattr(source, "dtype") or hasattr(source, "columns"):
        return False
    return hasattr(source, "__len__") and hasattr(source, "__getitem__")


def read(parts: Mapping[str, MapDataset], options: LoadOptions) -> Raw:
    """Read map datasets.

    Parameters
    ----------
    parts : mapping of MapDataset
        By split.
    options : LoadOptions
        ``size`` and ``color`` of pictures, ``strict`` to stop at the first item that cannot be read.

    Raises
    ------
    SourceError
        If items are no pairs of an image and a label, or their images are of several kinds or, as arrays, sizes.
    """
    name = printable(type(next(iter(parts.values()))).__name__)
    looked = {split: _look(dataset, f"{name} {split}", options) for split, dataset in parts.items()}
    notes = [note for items in looked.values() for note in items.notes]
    kinds = {type(shape) for items in looked.values() for shape in items.shapes}
    images: dict[str, Any]
    if kinds == {_PictureShape}:
        images, more = _pictures(looked, options)
    elif kinds == {_ArrayShape}:
        images, more = _arrays(looked, name, options)
    else:
        raise SourceError(f"{name} has items of which some are pictures and some arrays")
    raw = {split: RawPart(images[split], items.labels) for split, items in looked.items()}
    return Raw(name, raw, _classes(parts, looked), notes=(*notes, *more))


@dataclass(frozen=True)
class _PictureShape:
    height: int
    width: int
    grey: bool


@dataclass(frozen=True)
class _ArrayShape:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True, eq=False)
class _Items:
    """What a look at all items of a dataset found."""

    dataset: MapDataset
    rows: list[int]
    labels: NDArray[Any]
    shapes: set[_PictureShape | _ArrayShape]
    notes: list[str]


def _look(dataset: MapDataset, origin: str, options: LoadOptions) -> _Items:
    """Look at all items once."""
    rows, labels, broken = [], [], {}
    shapes: set[_PictureShape | _ArrayShape] = set()
    for row in range(len(dataset)):
        try:
            item = dataset[row]
        except Exception as error:  # the user's code: a file that it cannot read is a broken image
            broken[row] = " ".join(str(error).split()) or type(error).__name__
            if options.strict:
                raise SourceError(f"{origin} item {row} cannot be read: {broken[row]}") from error
            continue
        image, label = _pair(item, f"{origin} item {row}")
        shapes.add(_shape(image, f"{origin} item {row}"))
        labels.append(label)
        rows.append(row)
    if not rows:
        raise SourceError(f"{origin} has no readable item: {next(iter(broken.values()), 'it is empty')}")
    notes = broken_notes(origin, broken, lambda row: f"item {row}")
    try:
        return _Items(dataset, rows, np.asarray(labels), shapes, notes)
    except ValueError as error:
        raise SourceError(f"{origin}: labels are all whole numbers, all names, or all one-hot") from error


def _pair(item: Any, origin: str) -> tuple[Any, Any]:
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        found = f"{len(item)} values" if isinstance(item, (tuple, list)) else type(item).__name__
        raise SourceError(f"{origin}: items are pairs (image, label); found {found}")
    image, label = item
    return image, label if isinstance(label, str) else _array(label).tolist()


def _array(value: Any) -> NDArray[Any]:
    for step in ("detach", "cpu"):  # of a tensor
        value = getattr(value, step)() if hasattr(value, step) else value
    return np.asarray(value)


def _shape(image: Any, origin: str) -> _PictureShape | _ArrayShape:
    if isinstance(image, Image.Image):
        return _PictureShape(image.height, image.width, is_grey(image))
    array = _array(image)
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise SourceError(f"{origin}: images are Pillow's, arrays or tensors; found {type(image).__name__}")
    return _ArrayShape(array.shape, array.dtype)


def _classes(parts: Mapping[str, MapDataset], looked: Mapping[str, _Items]) -> Sequence[str] | None:
    """Names of the classes, as torchvision's datasets have them, and subsets of those."""
    dataset: Any = next(iter(parts.values()))
    while not hasattr(dataset, "classes") and hasattr(dataset, "dataset"):
        dataset = dataset.dataset
    names = getattr(dataset, "classes", None)
    numbers = all(items.labels.dtype.kind in "iu" for items in looked.values())
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names) or not numbers:
        return None
    return names if max(int(items.labels.max()) for items in looked.values()) < len(names) else None


# -- pictures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class PictureImages:
    """Pictures of a map dataset, brought to one size when they are looked at."""

    items: _Items
    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, height, width, channels)``."""
        return len(self.items.rows), self.height, self.width, self.channels

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        chosen = np.arange(self.shape[0])[rows]
        out = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        for position, row in enumerate(chosen.tolist()):
            number = self.items.rows[row]
            try:
                picture = ImageOps.exif_transpose(self.items.dataset[number][0])  # a copy, turned or not
                out[position] = picture_to_array(picture, self.height, self.width, self.channels)
            except Exception as error:  # the user's code, or pixels that are no whole numbers
                reason = " ".join(str(error).split()) or type(error).__name__
                raise SourceError(
                    f"{type(self.items.dataset).__name__} item {number} cannot be read: {reason}"
                ) from error
        return out


def _pictures(looked: Mapping[str, _Items], options: LoadOptions) -> tuple[dict[str, PictureImages], tuple[str, ...]]:
    shapes = [shape for items in looked.values() for shape in items.shapes if isinstance(shape, _PictureShape)]
    height, width, notes = choose_size({(shape.height, shape.width) for shape in shapes}, options)
    grey = all(shape.grey for shape in shapes) if options.color is None else not options.color
    channels = 1 if grey else 3
    return {split: PictureImages(items, height, width, channels) for split, items in looked.items()}, notes


# -- arrays ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class ItemNumbers:
    """Arrays or tensors of a map dataset."""

    items: _Items
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, rows: Rows) -> NDArray[Any]:
        chosen = np.arange(self.shape[0])[rows].tolist()
        found = [_array(self.items.dataset[self.items.rows[row]][0]) for row in chosen]
        return np.stack(found) if found else np.empty((0, *self.shape[1:]), self.dtype)


def _arrays(looked: Mapping[str, _Items], name: str, options: LoadOptions) -> tuple[dict[str, Any], tuple[str, ...]]:
    shapes = {shape for items in looked.values() for shape in items.shapes if isinstance(shape, _ArrayShape)}
    if len({shape.shape for shape in shapes}) > 1:
        found = ", ".join(sorted("x".join(map(str, shape.shape)) for shape in shapes)[:3])
        raise SourceError(f"{name} has arrays of several shapes ({found}): bring them to one, or give pictures")
    dtype = np.result_type(*(shape.dtype for shape in shapes))
    (shape,) = {shape.shape for shape in shapes}
    numbers = {split: ItemNumbers(items, (len(items.rows), *shape), dtype) for split, items in looked.items()}
    return to_images(numbers, name, size=options.size)
