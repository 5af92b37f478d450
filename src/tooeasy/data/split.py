"""Train or test part of a dataset, whatever it is stored in."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.images import BreakableImages, FileProperties, Images, Rows
from tooeasy.data.recipe import Recipe
from tooeasy.errors import NotAtHandError, SourceError
from tooeasy.logs import timed
from tooeasy.sketch import ALL_LEVELS, Normalize, Quantization, Shape, Sketch
from tooeasy.text import printable
from tooeasy.threads import ahead

_LOGGER = logging.getLogger(__name__)
NAMED_IN_NOTES = 3  # broken images; the rest are counted
BATCH_BYTES = 2**24  # of pixels: large enough to share among threads, small against any memory

Progress = Callable[[int], object]


class Batch(NamedTuple):
    """Some images and their labels, which travel together.

    Attributes
    ----------
    images : uint8 array of shape (n, height, width, channels)
    labels : intp array of shape (n,)
        Position of each image's class in the dataset's ``classes``.

    Examples
    --------
    >>> import tooeasy
    >>> batch = next(tooeasy.load("digits").train.batches(100))
    >>> batch.images.shape, batch.labels[:4]
    ((100, 8, 8, 1), array([0, 1, 2, 3]))
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.intp]


@dataclass(frozen=True, eq=False, kw_only=True)
class Split(ABC):
    """One part of a dataset.

    Attributes
    ----------
    origin : str
        What and where from, for people: ``"mnist train"``.
    shape : tuple of int
        Height, width and channels of every image, in pixels.
    classes : tuple of str
        Names of the classes.
    levels : int
        Values that a pixel can take: 0 to ``levels - 1``.
    recipe : Recipe or None
        How another process can load it; None where only this one has the images, or they are a part of a split.

    Examples
    --------
    >>> import tooeasy
    >>> split = tooeasy.load("digits").train
    >>> len(split), split.shape, split.has_images
    (1797, (8, 8, 1), True)
    """

    origin: str
    shape: Shape
    classes: tuple[str, ...]
    levels: int = 256
    recipe: Recipe | None = None

    @property
    @abstractmethod
    def images_per_class(self) -> NDArray[np.int64]:
        """Images of each class: int64 array of shape (classes,)."""

    @property
    @abstractmethod
    def labels(self) -> NDArray[np.intp]:
        """Label of each image: intp array of shape (n,). Raises NotAtHandError where there is only a sketch."""

    @property
    @abstractmethod
    def has_images(self) -> bool:
        """Whether the images themselves are here, not only their sketch."""

    @abstractmethod
    def part(self, rows: Rows) -> Split:
        """Return some of the images, as a split.

        Parameters
        ----------
        rows : array of int or slice
            Positions of the images in the split.

        Returns
        -------
        Split

        Raises
        ------
        NotAtHandError
            If only a sketch is here.
        """

    @abstractmethod
    def batches(self, size: int | None = None) -> Iterator[Batch]:
        """Go through all images in their order.

        Parameters
        ----------
        size : int, optional
            Images at a time; by default about 16 MiB of them.

        Yields
        ------
        Batch
            Broken images are left out.

        Raises
        ------
        NotAtHandError
            If only a sketch is here.
        """

    @abstractmethod
    def sketch(
        self,
        *,
        normalize: Normalize = "none",
        levels: int | None = None,
        moments: bool = False,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Sketch:
        """Sketch the split.

        Parameters
        ----------
        normalize : {"none", "l2"}, default "none"
            ``"l2"`` divides each image by its Euclidean norm first.
        levels : int, optional
            Count fewer levels than the images have: see `Quantization`.
        moments : bool, default False
            Also add up the Gram matrix, from which templates follow.
        threads : int, optional
            Threads to count with; by default one for each core.
        progress : callable, optional
            Called with the number of images of each batch that was counted.

        Returns
        -------
        Sketch

        Raises
        ------
        NotAtHandError
            If only a sketch is here, from which what is wanted does not follow.
        SourceError
            If no image of a class can be read.
        """

    def __len__(self) -> int:
        return int(self.images_per_class.sum())

    def remarks(self) -> list[str]:
        """Tell what turned out while reading: broken images that were left out.

        Returns
        -------
        list of str
            A line for each kind of remark.
        """
        return []

    def name(self, row: int) -> str | None:  # noqa: ARG002
        """Name the file that an image comes from, for people.

        Parameters
        ----------
        row : int
            Position of the image in the split.

        Returns
        -------
        str or None
            None where images are not files.
        """
        return None

    def images(self) -> NDArray[np.uint8]:
        """Read all images at once.

        Returns
        -------
        uint8 array of shape (n, height, width, channels)

        Raises
        ------
        NotAtHandError
            If only a sketch is here.
        SourceError
            If some are broken, so that the rest would not stand beside ``labels``; `batches` leaves them out of both.
        """
        images = np.concatenate([np.empty((0, *self.shape), np.uint8), *(batch.images for batch in self.batches())])
        if broken := self.remarks():
            raise SourceError(f"images and labels would come apart: take them by batches(); {'; '.join(broken)}")
        return images

    def quantization(self, normalize: Normalize, levels: int | None) -> Quantization:
        """Check and complete what a caller asks for.

        Parameters
        ----------
        normalize : {"none", "l2"}
            As `sketch` takes it.
        levels : int or None
            As `sketch` takes it.

        Returns
        -------
        Quantization
        """
        return Quantization(self.levels, ALL_LEVELS if levels is None else levels, normalize)


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSplit(Split):
    """A split whose images can be read.

    Parameters
    ----------
    pixels : Images
        Anything that gives uint8 images of shape (n, height, width, channels) by rows.
    index : intp array of shape (n,)
        Label of each image.
    rows : intp array, optional
        Which rows of ``pixels`` belong to the split; all by default.
    properties : sequence of FileProperties, optional
        Of each image's file, where the source has files.
    skipped : int, default 0
        Images of the source that are not in the split, because not even their header could be read.
    unread : dict of int to str, optional
        Rows of ``pixels`` that another reader could not read, and why; `remarks` names them with its own.

    Notes
    -----
    Images that turn out to be broken are left out of the batches, and `remarks` names them afterwards; ``index`` and
    ``len`` still count them.
    """

    pixels: Images
    index: NDArray[np.intp]
    rows: NDArray[np.intp] | None = None
    properties: Sequence[FileProperties | None] | None = None
    skipped: int = 0
    unread: dict[int, str] = field(default_factory=dict)

    @property
    def images_per_class(self) -> NDArray[np.int64]:
        return np.bincount(self.index, minlength=len(self.classes)).astype(np.int64)

    @property
    def labels(self) -> NDArray[np.intp]:
        return self.index

    @property
    def has_images(self) -> bool:
        return True

    def remarks(self) -> list[str]:
        own = self.pixels.broken if isinstance(self.pixels, BreakableImages) else {}
        mine = range(len(self.index)) if self.rows is None else set(self.rows.tolist())
        broken = {row: why for row, why in {**self.unread, **own}.items() if row in mine}
        name = self.pixels.name if isinstance(self.pixels, BreakableImages) else lambda row: f"image {row}"
        return broken_notes(self.origin, broken, name)

    def name(self, row: int) -> str | None:
        number = int(row if self.rows is None else self.rows[row])
        return self.pixels.name(number) if isinstance(self.pixels, BreakableImages) else None

    def part(self, rows: Rows) -> ImageSplit:
        # Not all numbers to take some of: of millions of images, that would take longer than counting a part.
        mine = (
            np.arange(*rows.indices(len(self.index))) if isinstance(rows, slice) else np.arange(len(self.index))[rows]
        )
        return ImageSplit(
            origin=self.origin,
            shape=self.shape,
            classes=self.classes,
            levels=self.levels,
            pixels=self.pixels,
            index=self.index[rows],
            rows=mine if self.rows is None else self.rows[mine],
            properties=self.properties and [self.properties[row] for row in mine],
        )

    def batches(self, size: int | None = None) -> Iterator[Batch]:
        size = size or max(1, BATCH_BYTES // int(np.prod(self.shape)))
        for start in range(0, len(self.index), size):
            part = slice(start, start + size)
            rows = part if self.rows is None else self.rows[part]
            images, labels = self.pixels[rows], self.index[part]
            if isinstance(self.pixels, BreakableImages) and self.pixels.broken:
                numbers = np.arange(start, start + len(labels)) if self.rows is None else self.rows[part]
                whole = ~np.isin(numbers, list(self.pixels.broken))
                images, labels = images[whole], labels[whole]
            yield Batch(images, labels)

    def sketch(
        self,
        *,
        normalize: Normalize = "none",
        levels: int | None = None,
        moments: bool = False,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Sketch:
        quantization = self.quantization(normalize, levels)
        sketch = Sketch(self.shape, self.classes, quantization, moments=moments, provenance=[self.origin])
        with timed(_LOGGER, "%s is sketched: %d images of %s", self.origin, len(self), "x".join(map(str, self.shape))):
            for batch in ahead(self.batches()):
                sketch.update(batch.images, batch.labels, threads=threads)
                if progress is not None:
                    progress(len(batch.labels))
        self.check_read(sketch)
        return sketch

    def check_read(self, sketch: Sketch) -> None:
        """Raise SourceError if a class of the split has no image in its sketch, because all were broken."""
        unread = np.flatnonzero((self.images_per_class > 0) & (sketch.images_per_class == 0))
        if len(unread):
            names = ", ".join(printable(self.classes[label]) for label in unread[:3])
            raise SourceError(f"no image of class {names} can be read: {'; '.join(self.remarks())}")


@dataclass(frozen=True, eq=False, kw_only=True)
class SketchSplit(Split):
    """A split of which only a sketch is here: every answer that needs images says so.

    Parameters
    ----------
    known : Sketch
        Its sketch.
    """

    known: Sketch

    @property
    def images_per_class(self) -> NDArray[np.int64]:
        return self.known.images_per_class

    @property
    def labels(self) -> NDArray[np.intp]:
        raise self._no_images()

    @property
    def has_images(self) -> bool:
        return False

    def part(self, rows: Rows) -> Split:  # noqa: ARG002
        raise self._no_images()

    def batches(self, size: int | None = None) -> Iterator[Batch]:  # noqa: ARG002
        raise self._no_images()

    def sketch(
        self,
        *,
        normalize: Normalize = "none",
        levels: int | None = None,
        moments: bool = False,
        threads: int | None = None,  # noqa: ARG002
        progress: Progress | None = None,  # noqa: ARG002
    ) -> Sketch:
        if levels is None and normalize == self.known.quantization.normalize:
            levels = self.known.levels  # as many as there are in the sketch
        return from_known(self.known, self.quantization(normalize, levels), moments=moments, origin=self.origin)

    def _no_images(self) -> NotAtHandError:
        return NotAtHandError(f"{self.origin} is a sketch, without images; use the dataset that it was made from")


def from_known(known: Sketch, wanted: Quantization, *, moments: bool, origin: str) -> Sketch:
    """Derive what is wanted from a sketch that is there.

    Raises
    ------
    NotAtHandError
        If it does not follow from the sketch and would need the images.
    """
    have = known.quantization
    if (wanted.normalize, wanted.source_levels) != (have.normalize, have.source_levels):
        raise NotAtHandError(
            f"{origin} is a sketch with normalize={have.normalize}; the images are needed for {wanted.normalize}"
        )
    if moments and (known.gram is None or wanted != have):
        raise NotAtHandError(f"{origin} is a sketch without moments for {wanted.levels} levels; the images are needed")
    if have.levels not in (wanted.levels, have.base_levels):
        raise NotAtHandError(f"{origin} is a sketch of {have.levels} levels; the images are needed for {wanted.levels}")
    return known.copy() if moments else known.requantize(wanted.levels)


def broken_notes(origin: str, broken: Mapping[int, str], name: Callable[[int], str]) -> list[str]:
    """Say in a line how many images were skipped, and name the first."""
    if not broken:
        return []
    named = "; ".join(f"{name(row)}: {broken[row]}" for row in sorted(broken)[:NAMED_IN_NOTES])
    more = f"; and {len(broken) - NAMED_IN_NOTES} more" if len(broken) > NAMED_IN_NOTES else ""
    return [f"{origin}: {len(broken)} broken image{'s' if len(broken) > 1 else ''} skipped ({named}{more})"]
