"""What the package brings of full MNIST and Fashion-MNIST: sketches of the training images, and the test images.

``scripts/make_bundle.py`` makes the files from the IDX files.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.arrays import as_images, image_split
from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.formats.idx import parse_idx
from tooeasy.data.images import Rows
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.data.split import Batch, Progress, Split, from_known
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.sketch import Normalize, Shape, Sketch
from tooeasy.sketch.file import from_bytes

SHAPE: Shape = (28, 28, 1)
IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
SKETCHES: dict[Normalize, str] = {"none": "train.sketch", "l2": "train-l2.sketch"}


def load_bundled(name: str, classes: tuple[str, ...], find_training_images: Callable[[], Split]) -> Dataset:
    """Make the dataset of what the package brings; the training images are looked for only when asked for."""
    folder = bundle_folder(name)
    labels = parse_idx(_unpack(folder / f"{LABELS}.xz"), LABELS).astype(np.intp)
    test = image_split(f"{name} test", PackedImages(folder / f"{IMAGES}.xz", (len(labels), *SHAPE)), labels, classes)
    train = BundledSplit(
        origin=f"{name} train", shape=SHAPE, classes=classes, folder=folder, find_images=find_training_images
    )
    return Dataset(name, train, test)


def reload(bundled: Dataset, options: LoadOptions) -> Dataset:
    """Load anew with options that change which images are taken, or how; then the training images are needed."""
    wanted = None if options.split is None else options.split.lower()
    if wanted not in (None, "train", "test"):
        raise OptionError(f"{bundled.name} has no split {options.split!r}; it has train, test")
    if wanted and replace(options, split=None).keeps_images:
        split = bundled.train if wanted == "train" else bundled.test
        return Dataset(bundled.name, split or bundled.train)
    parts = {
        name: RawPart(split.images(), split.labels)
        for name, split in (("train", bundled.train), ("test", bundled.test))
        if split is not None and wanted in (None, name)
    }
    return assemble(Raw(bundled.name, parts, bundled.classes), options)


def bundle_folder(name: str) -> Traversable:
    """Folder of a dataset's bundled files."""
    return files("tooeasy.data.known") / "bundled" / name


@dataclass(eq=False)
class PackedImages:
    """Images in an xz-compressed IDX file, unpacked when first looked at."""

    path: Traversable
    shape: tuple[int, ...]

    @cached_property
    def array(self) -> NDArray[np.uint8]:
        """All of them: uint8 array of shape (n, height, width, channels)."""
        return as_images(parse_idx(_unpack(self.path), self.path.name), self.path.name)

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        return self.array[rows]


@dataclass(frozen=True, eq=False, kw_only=True)
class BundledSplit(Split):
    """Training images of which the package brings the sketches, and the machine may have the images.

    Parameters
    ----------
    folder : Traversable
        Where the sketches are.
    find_images : callable
        Returns the split with images, or raises NotAtHandError.
    """

    folder: Traversable
    find_images: Callable[[], Split]

    @cached_property
    def _known(self) -> Sketch:
        return self._bundled_sketch("none")

    @cached_property
    def _images(self) -> Split:
        return self.find_images()

    @property
    def images_per_class(self) -> NDArray[np.int64]:
        return self._known.images_per_class

    @property
    def labels(self) -> NDArray[np.intp]:
        return self._images.labels

    @property
    def has_images(self) -> bool:
        try:
            return self._images.has_images
        except NotAtHandError:
            return False

    def part(self, rows: Rows) -> Split:
        return self._images.part(rows)

    def batches(self, size: int | None = None) -> Iterator[Batch]:
        return self._images.batches(size)

    def sketch(
        self,
        *,
        normalize: Normalize = "none",
        levels: int | None = None,
        moments: bool = False,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Sketch:
        wanted = self.quantization(normalize, levels)
        known = self._known if normalize == "none" else self._bundled_sketch(normalize)
        try:
            return from_known(known, wanted, moments=moments, origin=self.origin)
        except NotAtHandError:
            return self._images.sketch(
                normalize=normalize, levels=levels, moments=moments, threads=threads, progress=progress
            )

    def _bundled_sketch(self, normalize: Normalize) -> Sketch:
        path = self.folder / SKETCHES[normalize]
        return from_bytes(path.read_bytes(), path.name)


def pack(data: bytes) -> bytes:
    """Compress an IDX file for the bundle."""
    return lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)


def _unpack(path: Traversable) -> bytes:
    return lzma.decompress(path.read_bytes())  # the package's own file, of known size
