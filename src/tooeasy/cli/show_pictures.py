"""Small pictures on a terminal: two rows of pixels in a line of half blocks, or letters from thin to dense."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tooeasy.text import printable

WIDEST = 20  # letters a picture takes; larger ones are shrunk by a whole number
DENSITIES = " .:-=+*#%@"


def print_pictures(console: Console, pictures: NDArray[np.float64], names: Sequence[str] | None = None) -> None:
    """Print pictures side by side, as many as there is room for in a line, each below its name.

    Parameters
    ----------
    console : rich Console
    pictures : float64 array of shape (n, height, width) or (n, height, width, 3)
        In [0, 1].
    names : sequence of str, optional
    """
    small = shrink(pictures)
    width = small.shape[2]
    across = max(1, (console.width + 1) // (width + 1))
    for start in range(0, len(small), across):
        if names is not None:
            row = [_fit(printable(name), width) for name in names[start : start + across]]
            console.print(Text(" ".join(row)), no_wrap=True, crop=True)
        print_row(console, small[start : start + across])


def print_row(console: Console, small: NDArray[np.float64]) -> None:
    """Print pictures in one row, without those that have no room."""
    shown = small[: max(1, (console.width + 1) // (small.shape[2] + 1))]
    for top in range(0, small.shape[1], 2):
        line = Text()
        for picture in shown:
            line.append_text(_line(picture[top : top + 2], colour=console.color_system is not None))
            line.append(" ")
        console.print(line, no_wrap=True, crop=True)


def shrink(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shrink pictures to at most `WIDEST` columns, each pixel the mean of a square of pixels."""
    height, width = pictures.shape[1:3]
    times = -(-width // WIDEST)
    padded = np.pad(
        pictures, [(0, 0), (0, -height % times), (0, -width % times)] + [(0, 0)] * (pictures.ndim - 3), "edge"
    )
    n, high, wide = padded.shape[:3]
    blocks = padded.reshape(n, high // times, times, wide // times, times, *padded.shape[3:])
    small: NDArray[np.float64] = blocks.mean(axis=(2, 4))
    return small


def _line(pair: NDArray[np.float64], *, colour: bool) -> Text:
    """One or two rows of pixels as a line of text."""
    if not colour:
        grey = pair.mean(axis=(0, *range(2, pair.ndim)))
        steps = np.clip((grey * len(DENSITIES)).astype(int), 0, len(DENSITIES) - 1)
        return Text("".join(DENSITIES[step] for step in steps))
    line = Text()
    for column in range(pair.shape[1]):
        upper = _colour(pair[0, column])
        below = _colour(pair[1, column]) if len(pair) > 1 else None
        line.append("▀", Style(color=upper, bgcolor=below))
    return line


def _colour(value: NDArray[np.float64]) -> str:
    red, green, blue = np.broadcast_to(np.round(255 * np.clip(value, 0, 1)).astype(int), 3).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _fit(name: str, width: int) -> str:
    return (name if len(name) <= width else name[: max(0, width - 1)] + "…").ljust(width)
