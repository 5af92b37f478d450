"""What a user may ask of any loader."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tooeasy.errors import OptionError

# What messages call these options: by their name in Python, and by that on the command line.
COLUMN_OPTION = {"image": "image_column (--image-column)", "label": "label_column (--label-column)"}


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """How to read a source.

    Parameters
    ----------
    size : tuple of int, optional
        Height and width to bring images to, in pixels: resized with antialiasing until they cover it, then cropped at
        the centre. By default images of one size up to 64x64 stay as they are, and others are brought to 32x32.
    color : bool, optional
        True for three channels, False for one; by default three if any image has colour.
    image_column, label_column : str, optional
        Names of the columns (of arrays in a file, of features) that have the images and the labels.
    split : str, optional
        Use only this split, as the whole dataset.
    limit : int, optional
        Take at most so many images of each split, stratified by class.
    seed : int, default 0
        Of the choice that ``limit`` makes.
    strict : bool, default False
        Stop at the first broken image instead of counting, naming and skipping it.

    Raises
    ------
    OptionError
        If a size or limit is not positive.
    """

    size: tuple[int, int] | None = None
    color: bool | None = None
    image_column: str | None = None
    label_column: str | None = None
    split: str | None = None
    limit: int | None = None
    seed: int = 0
    strict: bool = False

    def __post_init__(self) -> None:
        if self.size is not None and not isinstance(self.size, (tuple, list)):
            raise OptionError(f"size is (height, width) in pixels; found {self.size!r}")
        numbers = (*(self.size or ()), self.seed, *((self.limit,) if self.limit is not None else ()))
        if not all(isinstance(number, (int, np.integer)) for number in numbers):
            raise OptionError(f"size, limit and seed are whole numbers; found {self.size}, {self.limit}, {self.seed}")
        if self.size is not None and not (len(self.size) == 2 and min(self.size) >= 1):
            raise OptionError(f"size is (height, width) in pixels, each at least 1; found {self.size}")
        if self.seed < 0:
            raise OptionError(f"seed is a whole number of at least 0; found {self.seed}")
        if self.limit is not None and self.limit < 1:
            raise OptionError(f"limit is a number of images, at least 1; found {self.limit}")

    @property
    def keeps_images(self) -> bool:
        """Whether all images of all splits are wanted as they are."""
        return self == LoadOptions(seed=self.seed, strict=self.strict)
