"""How many levels of a pixel can be counted in the memory that there is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tooeasy.errors import SketchError
from tooeasy.sketch.sketch import WIDE_BYTES, Shape
from tooeasy.text import size_in_words

FRACTION = 0.5  # of the memory that is free
UNKNOWN = 4 * 2**30  # bytes, where the system does not say


def available_memory() -> int:
    """Memory that is free or can be freed, in bytes."""
    if (known := Path("/proc/meminfo")).exists():
        lines = known.read_text().splitlines()
        return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), UNKNOWN)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # what is free is not said everywhere
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def counts_bytes(shape: Shape, largest: list[int], classes: int, levels: int) -> int:
    """Bytes of the counts of sketches of these images.

    Parameters
    ----------
    shape : tuple of int
        Height, width and channels, in pixels.
    largest : list of int
        Images of the largest class, for each sketch.
    classes, levels : int

    Examples
    --------
    >>> counts_bytes((28, 28, 1), [6742, 1135], 10, 256)
    16056320
    >>> counts_bytes((64, 64, 1), [36], 3832, 256) == 3832 * 64 * 64 * 256
    True
    """
    cells = classes * int(np.prod(shape)) * levels
    widths = (4 if 4 * cells <= WIDE_BYTES else 1 if most < 2**8 else 2 if most < 2**16 else 4 for most in largest)
    return sum(cells * width for width in widths)


def levels_that_fit(shape: Shape, largest: list[int], classes: int, levels: int, memory: int) -> int:
    """Find how many levels can be counted within so many bytes: all, or a half, a quarter, ... of them.

    Raises
    ------
    SketchError
        If not even two levels fit.

    Examples
    --------
    >>> levels_that_fit((64, 64, 1), [36], 3832, 256, memory=2**30)
    64
    """
    fitting = levels
    while counts_bytes(shape, largest, classes, fitting) > memory:
        if fitting <= 2:
            needed = size_in_words(counts_bytes(shape, largest, classes, 2))
            raise SketchError(
                f"counts of {classes:,} classes and {int(np.prod(shape)):,} pixels take {needed} with 2 levels, more "
                f"than the {size_in_words(memory)} that may be used: use smaller images or give more memory"
            )
        fitting = max(2, fitting // 2)
    return fitting
