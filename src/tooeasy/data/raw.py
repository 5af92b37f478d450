"""What a format hands over, before anything is decided about size, colour, classes and splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from tooeasy.data.images import EncodedImages, Images


@dataclass(frozen=True, eq=False)
class RawPart:
    """One split as a format read it.

    Attributes
    ----------
    images : Images or EncodedImages
        Uint8 images of one size by rows, of shape (n, height, width, channels); or encoded ones.
    labels : sequence of str, or array of whole numbers of shape (n,), or one-hot array of shape (n, classes)
    """

    images: Images | EncodedImages
    labels: Sequence[str] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Raw:
    """A dataset as a format read it.

    Attributes
    ----------
    name : str
    parts : dict of RawPart
        By the name that the source gives the split: "train", "val", "test", ...; one that has none is "train".
    classes : sequence of str, optional
        Names of the classes 0, 1, ..., where the source has them.
    levels : int
        Values that a pixel can take.
    notes : tuple of str
        What a reader should know about how it was read.
    """

    name: str
    parts: dict[str, RawPart]
    classes: Sequence[str] | None = None
    levels: int = 256
    notes: tuple[str, ...] = ()
