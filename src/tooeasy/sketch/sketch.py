"""The mergeable summary of one split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tooeasy.errors import SketchError
from tooeasy.sketch.quantize import Quantization
from tooeasy.threads import share

Shape = tuple[int, int, int]
Counts = NDArray[np.unsignedinteger[Any]]
MAX_BYTES = 8 * 2**30  # of one sketch in memory: a larger one is a mistake in the shape more often than a wish
WIDE_BYTES = 2**28  # of counts, up to which they are 32 bits wide from the start
_MAX_IMAGES = 2**32 - 1  # of a class
_GRAM_BLOCK = 256  # images: 256 * 255**2 < 2**24, so that a float32 product of a block is exact


class Sketch:
    """Integers that say what every pixel of every class looks like, and add up.

    Parameters
    ----------
    shape : tuple of int
        Height, width and channels of one image, in pixels.
    classes : sequence of str
        Names of the classes; labels are positions in it.
    quantization : Quantization, optional
        How pixel values become levels; by default 256 levels, as they are.
    moments : bool, default False
        Also add up the Gram matrix, from which linear templates follow. It has pixels x pixels entries.
    provenance : iterable of str
        Where the images came from, for people. It takes no part in equality.

    Attributes
    ----------
    counts : unsigned integer array of shape (classes, pixels, levels)
        How often a pixel of a class has a level. Pixels are in C order of ``shape``. It is uint32; where that would
        take more than 256 MiB, as narrow as the largest class allows: uint8 up to 255 images, uint16 up to 65,535.
    gram : int64 array of shape (pixels, pixels) or None
        Sum over all images of the outer product of an image's levels with itself.

    Raises
    ------
    SketchError
        If there is no pixel or no class, or the sketch would not fit into 8 GiB.

    Notes
    -----
    Nothing here is rounded, so the same images give the same bits in any order, batch size, number of threads or
    machines. A class can have at most 4,294,967,295 images.

    Examples
    --------
    >>> import numpy as np
    >>> black, white = np.zeros((3, 2, 2, 1), np.uint8), np.full((1, 2, 2, 1), 255, np.uint8)
    >>> one = Sketch((2, 2, 1), ["night", "day"]).update(black, [0, 0, 0])
    >>> two = Sketch((2, 2, 1), ["night", "day"]).update(white, [1])
    >>> both = sum([one, two])
    >>> both.images_per_class
    array([3, 1])
    >>> both == two + one
    True
    """

    def __init__(
        self,
        shape: Shape,
        classes: Sequence[str],
        quantization: Quantization | None = None,
        *,
        moments: bool = False,
        provenance: Iterable[str] = (),
    ) -> None:
        self.shape: Shape = tuple(int(side) for side in shape)  # type: ignore[assignment]
        self.classes = tuple(classes)
        self.quantization = quantization or Quantization()
        self.provenance = tuple(sorted(set(provenance)))
        if len(self.shape) != 3 or min(self.shape) < 1 or not self.classes:
            raise SketchError(
                f"a sketch needs (height, width, channels) and classes; found {shape}, {len(classes)} classes"
            )
        if len(set(self.classes)) < len(self.classes) or not all(map(_is_text, self.classes)):
            raise SketchError(f"classes have different names, each a text; found {_short(self.classes)}")
        size = (len(self.classes), self.pixels, self.levels)
        width = np.uint32 if 4 * size[0] * size[1] * size[2] <= WIDE_BYTES else np.uint8
        self._check_bytes(np.dtype(width), 8 * self.pixels**2 * moments)
        self.counts: Counts = np.zeros(size, width)
        self.gram: NDArray[np.int64] | None = np.zeros((self.pixels, self.pixels), np.int64) if moments else None

    def _check_bytes(self, width: np.dtype[Any], others: int) -> None:
        classes, pixels, levels = len(self.classes), self.pixels, self.levels
        needed = width.itemsize * classes * pixels * levels + others
        if needed > MAX_BYTES:
            raise SketchError(
                f"a sketch of {classes} classes, {pixels} pixels and {levels} levels takes {needed / 2**30:.1f} GiB, "
                f"more than {MAX_BYTES / 2**30:.0f}: use smaller images or fewer levels"
            )

    @property
    def pixels(self) -> int:
        """Number of pixels; each channel counts."""
        height, width, channels = self.shape
        return height * width * channels

    @property
    def levels(self) -> int:
        """Number of levels of a pixel."""
        return self.quantization.levels

    @property
    def images_per_class(self) -> NDArray[np.int64]:
        """Images of each class: int64 array of shape (classes,)."""
        return np.asarray(self.counts[:, 0, :].sum(axis=1, dtype=np.int64), np.int64)

    @property
    def sums(self) -> NDArray[np.int64]:
        """Sum of the levels of each class's images: int64 array of shape (classes, pixels)."""
        return np.asarray(self.counts @ np.arange(self.levels), np.int64)

    def update(self, images: NDArray[np.uint8], labels: ArrayLike, *, threads: int | None = None) -> Self:
        """Add images.

        Parameters
        ----------
        images : uint8 array of shape (n, height, width, channels)
            Of the sketch's shape.
        labels : array-like of int of shape (n,)
            Position of each image's class in ``classes``.
        threads : int, optional
            Threads to count with; by default one for each core.

        Returns
        -------
        Sketch
            This sketch, changed.

        Raises
        ------
        SketchError
            If images or labels do not fit; nothing has been added then.
        """
        labels = np.asarray(labels)
        if len(images) == 0 and len(labels) == 0:
            return self
        labels = self._checked(images, labels)
        flat = self.quantization.apply(images)

        _count(flat, labels, self.counts, threads)
        if self.gram is not None:
            _add_gram(flat, self.gram)
        return self

    def merge(self, other: Sketch) -> Self:
        """Add another sketch to this one.

        Parameters
        ----------
        other : Sketch
            It stays as it is.

        Returns
        -------
        Sketch
            This sketch, changed.

        Raises
        ------
        SketchError
            If the two differ in shape, classes, quantization, or in having moments.
        """
        for what, ours, theirs in (
            ("shapes", self.shape, other.shape),
            ("classes", self.classes, other.classes),
            (
                "levels",
                (self.levels, self.quantization.source_levels),
                (other.levels, other.quantization.source_levels),
            ),
            ("normalisation", self.quantization.normalize, other.quantization.normalize),
            ("kinds", _kind(self), _kind(other)),
        ):
            if ours != theirs:
                raise SketchError(f"sketches of different {what} do not add up: {_short(ours)} and {_short(theirs)}")
        self._make_room(other.images_per_class)
        self.counts += other.counts
        if self.gram is not None and other.gram is not None:
            self.gram += other.gram
        self.provenance = tuple(sorted({*self.provenance, *other.provenance}))
        return self

    def copy(self) -> Sketch:
        """Make an independent copy.

        Returns
        -------
        Sketch
        """
        return self._like(self.quantization, moments=self.gram is not None).merge(self)

    def requantize(self, levels: int) -> Sketch:
        """Make the sketch with fewer levels, as if the images had been counted so.

        Parameters
        ----------
        levels : int
            How many.

        Returns
        -------
        Sketch
            A new one, without moments.

        Raises
        ------
        SketchError
            If levels have been put together already, which cannot be undone.
        OptionError
            If there are not so many levels to begin with.
        """
        ours = self.quantization
        if levels == ours.levels:
            result = self._like(ours, moments=False)
            result.counts = self.counts.copy()
            return result
        if ours.levels != ours.base_levels:
            raise SketchError(
                f"this sketch has {ours.levels} levels of {ours.base_levels}; make it anew to get {levels}"
            )
        coarse = Quantization(ours.source_levels, levels, ours.normalize)
        starts = np.searchsorted(coarse.bins(), np.arange(levels))
        result = self._like(coarse, moments=False)
        result._make_room(self.images_per_class)  # noqa: SLF001  # one of us
        np.add.reduceat(self.counts, starts, axis=2, out=result.counts, dtype=result.counts.dtype)
        return result

    def save(self, path: str | Path) -> None:
        """Write a ``.sketch`` file, whole or not at all.

        Parameters
        ----------
        path : str or Path
            The file; a file of this name is replaced.

        Raises
        ------
        OutputError
            If the folder does not exist or cannot be written to.
        """
        from tooeasy.sketch.file import write_sketch

        write_sketch(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Sketch:
        """Read a ``.sketch`` file.

        Parameters
        ----------
        path : str or Path
            The file.

        Returns
        -------
        Sketch

        Raises
        ------
        SourceNotFoundError
            If there is no such file.
        SourceError
            If it is damaged, not a sketch, or of a newer format.
        """
        from tooeasy.sketch.file import read_sketch

        return read_sketch(path)

    def __add__(self, other: object) -> Sketch:
        if isinstance(other, Sketch):
            return self.copy().merge(other)
        return NotImplemented

    def __radd__(self, other: object) -> Sketch:
        return self.copy() if other == 0 else NotImplemented  # so that sum(sketches) works

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sketch):
            return NotImplemented
        return (
            (self.shape, self.classes, self.quantization) == (other.shape, other.classes, other.quantization)
            and np.array_equal(self.counts, other.counts)
            and (self.gram is None) == (other.gram is None)
            and (self.gram is None or other.gram is None or np.array_equal(self.gram, other.gram))
        )

    __hash__ = None  # type: ignore[assignment]  # a sketch changes

    def __repr__(self) -> str:
        height, width, channels = self.shape
        return (
            f"Sketch({int(self.images_per_class.sum())} images, {len(self.classes)} classes, "
            f"{height}x{width}x{channels}, {self.levels} levels"
            f"{', l2' if self.quantization.normalize == 'l2' else ''}{', moments' if self.gram is not None else ''})"
        )

    def _like(self, quantization: Quantization, *, moments: bool) -> Sketch:
        return Sketch(self.shape, self.classes, quantization, moments=moments, provenance=self.provenance)

    def _checked(self, images: NDArray[np.uint8], labels: NDArray[np.generic]) -> NDArray[np.intp]:
        if images.dtype != np.uint8 or images.shape[1:] != self.shape:
            raise SketchError(
                f"this sketch takes uint8 images of shape {self.shape}; found {images.dtype}, {images.shape[1:]}"
            )
        if labels.shape != (len(images),):
            raise SketchError(f"{len(images)} images need as many labels; found labels of shape {labels.shape}")
        if not np.issubdtype(labels.dtype, np.integer):
            raise SketchError(f"labels are positions in the classes, whole numbers; found {labels.dtype}")
        indices = labels.astype(np.intp)
        if indices.min() < 0 or indices.max() >= len(self.classes):
            raise SketchError(f"labels are from 0 to {len(self.classes) - 1}; found {indices.min()} to {indices.max()}")
        self._make_room(np.bincount(indices, minlength=len(self.classes)))
        return indices

    def _make_room(self, more: NDArray[np.int64]) -> None:
        """Make counts as wide as so many more images of each class need."""
        largest = int((self.images_per_class + more).max())
        if largest > _MAX_IMAGES:
            raise SketchError(f"a sketch holds at most {_MAX_IMAGES:,} images of a class")
        if largest > np.iinfo(self.counts.dtype).max:
            wider = np.dtype(np.uint16 if largest < 2**16 else np.uint32)
            self._check_bytes(wider, 0 if self.gram is None else self.gram.nbytes)
            self.counts = self.counts.astype(wider)


def _count(flat: NDArray[np.uint8], labels: NDArray[np.intp], counts: Counts, threads: int | None) -> None:
    """Add levels of shape (n, pixels) to counts; threads share the pixels."""
    from tooeasy.sketch import kernels

    pixels = flat.shape[1]
    if pixels % 8 == 0:
        words = flat.view(np.uint64)
        share(lambda first, last: kernels.count_words(words, flat, labels, first, last, counts), pixels // 8, threads)
    else:
        share(lambda first, last: kernels.count(flat, labels, first, last, counts), pixels, threads)


def _add_gram(flat: NDArray[np.uint8], gram: NDArray[np.int64]) -> None:
    """Add the Gram matrix of levels. BLAS multiplies floats; within a block, every partial sum is an exact integer."""
    for start in range(0, len(flat), _GRAM_BLOCK):
        block = flat[start : start + _GRAM_BLOCK].astype(np.float32)
        gram += (block.T @ block).astype(np.int64)


def _kind(sketch: Sketch) -> str:
    return "without moments" if sketch.gram is None else "with moments"


def _is_text(name: object) -> bool:
    """Whether a name can be written: a string may hold halves of characters that no file can."""
    return isinstance(name, str) and name.encode("utf-8", "replace").decode() == name


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
