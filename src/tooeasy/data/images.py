"""What images must offer to those who read them, and what is known of their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Rows = slice | NDArray[np.intp]


class Images(Protocol):
    """What a format must offer: images by rows. An array or a memory map does."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, height, width, channels)``."""
        ...

    def __getitem__(self, rows: Rows, /) -> NDArray[np.uint8]: ...


@runtime_checkable
class BreakableImages(Protocol):
    """Images of which some may turn out to be unreadable when they are looked at; they come as zeros."""

    broken: dict[int, str]
    """Rows that were found to be broken so far, and why."""

    def name(self, row: int) -> str:
        """Name of an image, for messages."""
        ...


class EncodedImages(Protocol):
    """Images as files: bytes that are decoded when they are looked at."""

    def __len__(self) -> int: ...

    def name(self, row: int) -> str:
        """Name of an image, for messages: a path, or a row of a table."""
        ...

    def read(self, rows: NDArray[np.intp]) -> Iterable[bytes]:
        """Bytes of the images of some rows. Called from several threads. An OSError means that all are unreadable."""
        ...


@runtime_checkable
class HeadedImages(EncodedImages, Protocol):
    """Encoded images of which the beginning can be read alone: most headers lie there."""

    def heads(self, rows: NDArray[np.intp], most: int) -> Iterable[tuple[bytes, int]]:
        """First bytes, at most so many, of the images of some rows, and how many each has. Otherwise as `read`."""
        ...


@runtime_checkable
class LocatedRows(Protocol):
    """Rows of which it is known which files they are in."""

    starts: Sequence[int]
    """Rows at which a reader had best begin, in ascending order; empty where it does not matter."""

    def stamps(self, rows: NDArray[np.intp]) -> Iterable[str] | None:
        """What tells versions of the files apart that have some rows; None where it is not known."""
        ...


@dataclass(frozen=True, slots=True)
class FileProperties:
    """What is known of an image file besides its pixels.

    Attributes
    ----------
    bytes : int
        Size of the file.
    width, height : int
        In pixels, upright: after the EXIF orientation.
    mode, format : str
        As Pillow names them: "RGB", "JPEG", ...
    camera : str
        EXIF make and model; empty where there is none.
    jpeg_quality : int
        Estimated from the luminance quantisation table, 1 to 100; 0 for other formats.
    grey : bool
        Whether the image can have no colour.
    """

    bytes: int
    width: int
    height: int
    mode: str
    format: str
    camera: str
    jpeg_quality: int
    grey: bool
