"""From pixel values to levels: the one step between an image and its sketch that may round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import OptionError, SketchError

Normalize = Literal["none", "l2"]
ALL_LEVELS = -1


@dataclass(frozen=True)
class Quantization:
    """How pixel values become levels.

    Parameters
    ----------
    source_levels : int
        Values that a pixel of the images can take: they are the whole numbers 0 to ``source_levels - 1``; 256 for
        ordinary 8-bit images, 17 for scikit-learn's digits.
    levels : int, default -1
        Levels to count, at most as many as there are to begin with (``base_levels``); -1 for these. Fewer levels
        are bins of equal width: ``value * levels // base_levels``.
    normalize : {"none", "l2"}
        ``"l2"`` first divides each image by its Euclidean norm and rounds to 256 levels of [0, 1]: the protocol of
        lucafrance's study of MNIST and Fashion-MNIST (2021). An image of zeros stays as it is.

    Raises
    ------
    OptionError
        If ``levels`` or ``normalize`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[[[0], [100], [200]]]], dtype=np.uint8)
    >>> Quantization(levels=4).apply(image).ravel()
    array([0, 1, 3], dtype=uint8)
    """

    source_levels: int = 256
    levels: int = ALL_LEVELS
    normalize: Normalize = "none"

    def __post_init__(self) -> None:
        if self.normalize not in get_args(Normalize):
            raise OptionError(f"normalize is one of {', '.join(get_args(Normalize))}; found {self.normalize!r}")
        if not 2 <= self.source_levels <= 256:
            raise OptionError(f"source_levels is a whole number from 2 to 256; found {self.source_levels}")
        if self.levels == ALL_LEVELS:
            object.__setattr__(self, "levels", self.base_levels)
        if not 2 <= self.levels <= self.base_levels:
            raise OptionError(f"levels is a whole number from 2 to {self.base_levels}; found {self.levels}")

    @property
    def base_levels(self) -> int:
        """Levels before any are put together."""
        return 256 if self.normalize == "l2" else self.source_levels

    def apply(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Compute the levels of images.

        Parameters
        ----------
        images : uint8 array of shape (n, height, width, channels)
            Values below ``source_levels``.

        Returns
        -------
        uint8 array of shape (n, height * width * channels)

        Raises
        ------
        SketchError
            If a pixel is above ``source_levels - 1``.
        """
        flat = np.ascontiguousarray(images).reshape(len(images), -1)
        if self.source_levels < 256 and flat.size and int(flat.max()) >= self.source_levels:
            raise SketchError(
                f"a pixel has the value {flat.max()}; these images have values below {self.source_levels}"
            )
        if self.normalize == "l2":
            flat = _l2_levels(flat)
        if self.levels < self.base_levels:
            flat = self.bins()[flat]
        return flat

    def bins(self) -> NDArray[np.uint8]:
        """Return the level that each base level becomes.

        Returns
        -------
        uint8 array of shape (base_levels,)
        """
        return (np.arange(self.base_levels) * self.levels // self.base_levels).astype(np.uint8)


def _l2_levels(flat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    from tooeasy.sketch.kernels import l2_levels

    out = np.empty_like(flat)
    l2_levels(flat, out)
    return out
