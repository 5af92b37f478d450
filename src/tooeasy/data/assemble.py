"""From what a format read to a dataset: splits, classes, size and colour are decided here, the same for all formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tooeasy.data.dataset import Dataset
from tooeasy.data.decode import DecodedImages, inspect
from tooeasy.data.images import BreakableImages, EncodedImages, FileProperties, Images, Rows
from tooeasy.data.labels import encode_labels
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw
from tooeasy.data.split import ImageSplit, broken_notes
from tooeasy.errors import OptionError, SourceError

LARGEST_AS_IS = 64  # pixels of height and width: larger images are resized unless a size is given
DEFAULT_SIZE = (32, 32)
TRAIN_NAMES, TEST_NAMES = ("train", "training"), ("test", "testing", "t10k", "val", "valid", "validation", "dev")

TRANSPARENT = ("RGBA", "RGBa", "LA", "La", "PA")  # modes of Pillow
BENEATH = "what lies beneath it is seen, as by models whose loader converts to RGB"


def assemble(raw: Raw, options: LoadOptions) -> Dataset:
    """Make a dataset of what a format read.

    Raises
    ------
    SourceError
        If images and labels do not fit each other, a split is empty, or all images are broken.
    OptionError
        If there is no such split.
    """
    for name, part in raw.parts.items():
        if len(part.labels) != _count(part.images):
            raise SourceError(f"{raw.name} {name} has {_count(part.images)} images and {len(part.labels)} labels")
    chosen, notes = _choose_parts(raw, options)
    classes, labels = encode_labels(
        raw.name, {part: raw.parts[name].labels for part, name in chosen.items()}, raw.classes
    )
    wanted = {part: _limited(index, options) for part, index in labels.items()}
    images = {part: raw.parts[name].images for part, name in chosen.items()}
    shaped, rows, shape_notes = _shape_all(raw, images, dict(wanted), options)
    splits = {
        part: ImageSplit(
            origin=f"{raw.name} {name}",
            shape=shaped[part].images.shape[1:],  # type: ignore[arg-type]
            classes=classes,
            levels=raw.levels,
            pixels=shaped[part].images,
            index=labels[part][rows[part]],
            rows=None if len(rows[part]) == _count(images[part]) else rows[part],
            properties=shaped[part].properties,
            skipped=len(wanted[part]) - len(rows[part]),
        )
        for part, name in chosen.items()
    }
    held_out = f"{chosen['test']} split" if "test" in chosen else None
    return Dataset(raw.name, splits["train"], splits.get("test"), held_out, (*raw.notes, *notes, *shape_notes))


def _choose_parts(raw: Raw, options: LoadOptions) -> tuple[dict[str, str], tuple[str, ...]]:
    """Which of the source's splits are "train" and "test"."""
    names = {name.lower(): name for name in raw.parts}
    if options.split is not None:
        if options.split.lower() not in names:
            raise OptionError(f"{raw.name} has no split {options.split!r}; it has {', '.join(raw.parts)}")
        return {"train": names[options.split.lower()]}, ()
    if len(names) == 1:
        (only,) = raw.parts
        notes = (
            () if only.lower() in TRAIN_NAMES else (f"only a {only} split is here: it is taken as the whole dataset",)
        )
        return {"train": only}, notes
    chosen = {
        role: names[next(name for name in wanted if name in names)]
        for role, wanted in (("train", TRAIN_NAMES), ("test", TEST_NAMES))
        if any(name in names for name in wanted)
    }
    if "train" not in chosen:
        raise SourceError(
            f"{raw.name} has the splits {', '.join(raw.parts)}, and none is called train: choose one split"
        )
    unused = [name for name in raw.parts if name not in chosen.values()]
    return chosen, (f"not used: split {', '.join(unused)}",) if unused else ()


def _limited(index: NDArray[np.intp], options: LoadOptions) -> NDArray[np.intp]:
    """Rows of at most ``limit`` images, each class in proportion, and with one at least while there is room."""
    if options.limit is None or options.limit >= len(index):
        return np.arange(len(index))
    per_class = np.bincount(index)
    exact = per_class * options.limit / len(index)
    share = np.maximum(np.floor(exact).astype(np.intp), np.minimum(per_class, 1))
    by_remainder = np.argsort(np.floor(exact) - exact, kind="stable")
    for label in by_remainder[: max(options.limit - share.sum(), 0)]:
        share[label] += share[label] < per_class[label]
    while share.sum() > options.limit:  # more classes than images, or the guaranteed ones were too many
        share[share.argmax()] -= 1
    random = np.random.default_rng(options.seed)
    picked = [random.permutation(np.flatnonzero(index == label))[:n] for label, n in enumerate(share)]
    return np.sort(np.concatenate(picked))


@dataclass(frozen=True, eq=False)
class _Shaped:
    images: Images
    properties: Sequence[FileProperties | None] | None = None


def _shape_all(
    raw: Raw, images: dict[str, Any], rows: dict[str, NDArray[np.intp]], options: LoadOptions
) -> tuple[dict[str, _Shaped], dict[str, NDArray[np.intp]], tuple[str, ...]]:
    """Bring the images of all parts to one size and number of channels."""
    encoded = {part: source for part, source in images.items() if not hasattr(source, "shape")}
    if not encoded:
        return _shape_arrays(images, options, raw.levels), rows, _array_notes(images, options)
    if len(encoded) != len(images):
        raise SourceError(f"{raw.name} has files in one split and arrays in another")
    properties, notes = {}, []
    for part, source in encoded.items():
        known, broken = inspect(source, rows[part], strict=options.strict)
        properties[part] = dict(zip(rows[part].tolist(), known, strict=True))
        notes += broken_notes(f"{raw.name} {part}", broken, source.name)
        rows[part] = rows[part][~np.isin(rows[part], list(broken))]
        if len(rows[part]) == 0:
            raise SourceError(f"{raw.name} {part} has no readable image: {next(iter(broken.values()))}")
    good = [found for known in properties.values() for found in known.values() if found is not None]
    height, width, size_notes = choose_size({(found.height, found.width) for found in good}, options)
    grey = all(found.grey for found in good) if options.color is None else not options.color
    shaped = {
        part: _Shaped(
            DecodedImages(source, height, width, 1 if grey else 3, options.strict),
            [properties[part][row] for row in rows[part].tolist()],
        )
        for part, source in encoded.items()
    }
    if any(found.mode.startswith("I") for found in good):
        size_notes = (*size_notes, "16-bit pixels are scaled to 8 bit")
    if transparent := sum(found.mode in TRANSPARENT for found in good):
        size_notes = (*size_notes, f"transparency of {transparent:,} of {len(good):,} images is dropped: {BENEATH}")
    return shaped, rows, (*notes, *size_notes)


def choose_size(sizes: set[tuple[int, int]], options: LoadOptions) -> tuple[int, int, tuple[str, ...]]:
    """Height and width to bring images to, and what to say about it."""
    smallest, largest = (tuple(edge(size[axis] for size in sizes) for axis in (0, 1)) for edge in (min, max))
    found = (
        f"{largest[0]}x{largest[1]}"
        if smallest == largest
        else f"{smallest[0]}x{smallest[1]} to {largest[0]}x{largest[1]}"
    )
    # One row is a row of a table: squeezed and cropped to a square it would be another thing.
    if options.size is None and len(sizes) == 1 and (max(largest) <= LARGEST_AS_IS or largest[0] == 1):
        return *largest, ()  # type: ignore[return-value]
    height, width = options.size or DEFAULT_SIZE
    if sizes == {(height, width)}:
        return height, width, ()
    return height, width, (f"images of {found} are resized and centre-cropped to {height}x{width}",)


def _shape_arrays(images: dict[str, Any], options: LoadOptions, levels: int) -> dict[str, _Shaped]:
    sizes = {source.shape[1:3] for source in images.values()}
    if len(sizes) > 1 and options.size is None:
        found = " and ".join(f"{height}x{width}" for height, width in sorted(sizes))
        raise SourceError(f"the splits have images of {found}: choose a size to bring them to, or use one split")
    height, width, notes = choose_size(sizes, options)
    if notes and levels != 256:
        raise OptionError(f"images of {levels} levels cannot be resized: leave out the size")
    channels = {source.shape[3] for source in images.values()}
    wanted = max(channels) if options.color is None else (3 if options.color else 1)
    return {
        part: _Shaped(
            source if source.shape[1:] == (height, width, wanted) else _reshaped(source, height, width, wanted)
        )
        for part, source in images.items()
    }


def _array_notes(images: dict[str, Any], options: LoadOptions) -> tuple[str, ...]:
    return choose_size({source.shape[1:3] for source in images.values()}, options)[2]


@dataclass(frozen=True, eq=False)
class ShapedImages:
    """Images of an array brought to another size or number of channels when looked at, as `decode` does with files."""

    images: Images
    height: int
    width: int
    channels: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """``(n, height, width, channels)``."""
        return self.images.shape[0], self.height, self.width, self.channels

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        found = self.images[rows]
        if self.channels == 1 and found.shape[3] == 3:
            found = grey(found)  # first, as `decode` does: the two roundings do not commute
        if found.shape[3] not in (self.channels, 1, 3):
            raise SourceError(f"images of {found.shape[3]} channels cannot be made {self.channels}")
        if found.shape[1:3] != (self.height, self.width):
            found = np.stack([self._resize(image) for image in found]) if len(found) else found
        if self.channels == 1 and found.shape[3] == 3:
            return grey(found)
        return np.repeat(found, 3, axis=3) if self.channels == 3 and found.shape[3] == 1 else found

    def _resize(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        planes = [
            np.asarray(ImageOps.fit(Image.fromarray(plane), (self.width, self.height), Image.Resampling.BILINEAR))
            for plane in np.moveaxis(image, 2, 0)
        ]
        return np.stack(planes, axis=2)


class _BreakableShapedImages(ShapedImages):
    """The same, of images of which some may be broken."""

    @property
    def broken(self) -> dict[int, str]:
        return self.images.broken  # type: ignore[attr-defined,no-any-return]

    def name(self, row: int) -> str:
        return self.images.name(row)  # type: ignore[attr-defined,no-any-return]


def _reshaped(images: Images, height: int, width: int, channels: int) -> ShapedImages:
    kind = _BreakableShapedImages if isinstance(images, BreakableImages) else ShapedImages
    return kind(images, height, width, channels)


def grey(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luma of RGB images (ITU-R 601-2) in the integers that Pillow uses: uint8 array of shape (n, height, width, 1)."""
    red, green, blue = np.moveaxis(images.astype(np.uint32), 3, 0)
    luma = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return np.asarray(luma[..., np.newaxis], np.uint8)


def _count(images: Images | EncodedImages) -> int:
    return int(images.shape[0]) if hasattr(images, "shape") else len(images)
