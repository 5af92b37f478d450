"""Many small pictures as one: a grid on one pair of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from tooeasy.figures.base import plain

GAP = 0.08  # between pictures, as a fraction of their larger side
NAME_ROOM = 0.22  # above a picture, as a fraction of its height, for a name
SHORT = 14  # letters of a name above a picture


def grid_of(n: int) -> tuple[int, int]:
    """Rows and columns for n pictures: one row up to five, then nearly square and wider than high."""
    columns = n if n <= 5 else int(np.ceil(np.sqrt(1.6 * n)))
    if n == 10:
        columns = 5  # the most common number of classes fills its rows
    return -(-n // columns), columns


def draw_mosaic(
    ax: Axes,
    pictures: NDArray[Any],
    columns: int,
    *,
    names: Sequence[str] | None = None,
    row_names: Sequence[str] | None = None,
    **imshow: Any,
) -> AxesImage:
    """Draw pictures row by row.

    Parameters
    ----------
    ax : matplotlib Axes
    pictures : array of shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
        Values for the colour map, or, of three channels, uint8 colours.
    columns : int
        Pictures in a row.
    names : sequence of str, optional
        Above each picture.
    row_names : sequence of str, optional
        Left of each row.
    **imshow
        ``cmap``, ``vmin``, ``vmax`` and the like.
    """
    if pictures.ndim == 4 and pictures.shape[3] == 1:
        pictures = pictures[..., 0]
    n, height, width = pictures.shape[:3]
    gap = max(1, round(GAP * max(height, width)))
    above = max(gap, round(NAME_ROOM * height)) if names else gap
    rows = -(-n // columns)
    whole = (rows * (height + above) - gap * (not names), columns * (width + gap) - gap)
    canvas = _canvas(pictures, whole)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top, left = row * (height + above) + above * bool(names), column * (width + gap)
        canvas[top : top + height, left : left + width, ...] = _opaque(picture)
        if names and names[number]:
            ax.text(left + width / 2, top - 1.2, plain(names[number], SHORT), ha="center", va="bottom", fontsize=7)
    image = ax.imshow(canvas, interpolation="nearest", **imshow)
    middles = [row * (height + above) + above * bool(names) + (height - 1) / 2 for row in range(rows)]
    ax.set_xticks([])
    ax.set_yticks(middles if row_names else [], [plain(name, 20) for name in row_names or ()])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return image


def _canvas(pictures: NDArray[Any], whole: tuple[int, int]) -> NDArray[Any]:
    """Emptiness that the page shows through."""
    if pictures.ndim == 4:
        return np.zeros((*whole, 4), np.uint8)
    return np.full(whole, np.nan)


def _opaque(picture: NDArray[Any]) -> NDArray[Any]:
    if picture.ndim == 2:
        return picture
    return np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], axis=2)
