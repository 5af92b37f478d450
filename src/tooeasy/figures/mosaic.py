"""Many small pictures as one: a grid on one pair of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike, NDArray

from tooeasy.figures.base import plain

GAP = 0.08  # between pictures, as a fraction of their larger side
NAME_ROOM = 0.22  # above a picture, as a fraction of its height, for a name of one line
LINE = 1.15  # from one line of a name to the next, in sizes of its letters
LEAST = 1.5  # inches of a side of a grid: less has no room for a title
LONGEST = 20  # letters of a name beside a row, or below a column
SHORT = 14  # letters of a name above a picture
NAME_SIZE = 7  # points


def grid_of(n: int) -> tuple[int, int]:
    """Rows and columns for n pictures: one row up to five, then nearly square and wider than high."""
    columns = n if n <= 5 else int(np.ceil(np.sqrt(1.6 * n)))
    if n == 10:
        columns = 5  # the most common number of classes fills its rows
    return -(-n // columns), columns


def name_room(tile: float, lines: int = 1, size: float = NAME_SIZE) -> float:
    """Room above a picture of so many inches for a name of some lines, as a fraction of the picture's height."""
    return size * (LINE * lines + 0.75) / 72 / tile


def mosaic_size(rows: int, columns: int, shape: Sequence[int], tile: float, room: float = 0) -> tuple[float, float]:
    """Width and height in inches of a grid of pictures (height, width, ...), the larger side of each as given."""
    height, width = (side * tile / max(shape[:2]) for side in shape[:2])
    gap = tile * GAP
    return max(LEAST, columns * (width + gap)), max(LEAST, rows * (height + max(gap, room * height)))


def tile_for(columns: int) -> float:
    """Larger side in inches of each of the pictures in a row: few are larger than many, so that titles have room."""
    return float(np.clip(6 / columns, 0.6, 1.4))


def beside(names: Sequence[str]) -> float:
    """Inches that the names of rows take beside them."""
    return 0.2 + 0.085 * min(max(map(len, names), default=0), LONGEST)


def draw_mosaic(
    ax: Axes,
    pictures: NDArray[Any],
    columns: int,
    *,
    places: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    name_size: float = NAME_SIZE,
    room: float = NAME_ROOM,
    **imshow: Any,
) -> AxesImage:
    """Draw pictures row by row.

    Parameters
    ----------
    ax : matplotlib Axes
    pictures : array of shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
        Values for the colour map, or, of three channels, colours: uint8, or floats in [0, 1].
    columns : int
        Pictures in a row.
    places : array-like of int of shape (n,), optional
        Place of each picture, counted row by row, where some stay empty.
    names : sequence of str, optional
        Above each picture, in one line or, with a line break, in two.
    row_names : sequence of str, optional
        Left of each row.
    column_names : sequence of str, optional
        Below each column.
    name_size : float
        Of the names above pictures, in points.
    room : float
        For them, as a fraction of a picture's height; see `name_room`.
    **imshow
        ``cmap``, ``vmin``, ``vmax`` and the like.
    """
    if pictures.ndim == 4 and pictures.shape[3] == 1:
        pictures = pictures[..., 0]
    places = np.arange(len(pictures)) if places is None else np.asarray(places)
    height, width = pictures.shape[1:3]
    gap = max(1, round(GAP * max(height, width)))
    above = max(gap, round(room * height)) if names else gap
    rows = max(int(places.max(initial=0)) // columns + 1, len(row_names or ()))
    first = above if names else 0  # the first row's names need room too
    canvas = _canvas(pictures, (first + rows * height + (rows - 1) * above, columns * (width + gap) - gap))
    for number, (picture, place) in enumerate(zip(pictures, places, strict=True)):
        row, column = divmod(int(place), columns)
        top, left = first + row * (height + above), column * (width + gap)
        canvas[top : top + height, left : left + width, ...] = _opaque(picture)
        if names and names[number]:
            _write_name(ax, left + (width - 1) / 2, top - 0.5, names[number], name_size)
    image = ax.imshow(canvas, interpolation="nearest", **imshow)
    _name_ends(ax, row_names or (), column_names or (), (first + (height - 1) / 2, height + above), (width, gap))
    return image


def _name_ends(
    ax: Axes, rows: Sequence[str], columns: Sequence[str], down: tuple[float, int], across: tuple[int, int]
) -> None:
    """Name rows at their left and columns at their foot."""
    first, step = down
    width, gap = across
    turned = any(len(name) > 3 for name in columns)
    ax.set_yticks([first + row * step for row in range(len(rows))], [plain(name, LONGEST) for name in rows])
    ax.set_xticks(
        [(width - 1) / 2 + column * (width + gap) for column in range(len(columns))],
        [plain(name, LONGEST) for name in columns],
        rotation=45 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
    )
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _write_name(ax: Axes, x: float, y: float, name: str, size: float) -> None:
    """Write a name above a picture, a little apart whatever the picture's size."""
    lines = [plain(line, SHORT) for line in name.split("\n")]
    for number, line in enumerate(reversed(lines)):  # on their baselines, so that letters that hang do not lift a line
        up = (0, size * (0.35 + LINE * number))
        ax.annotate(line, (x, y), xytext=up, textcoords="offset points", ha="center", va="baseline", fontsize=size)


def _canvas(pictures: NDArray[Any], whole: tuple[int, int]) -> NDArray[Any]:
    """Emptiness that the page shows through."""
    if pictures.ndim == 4:
        return np.zeros((*whole, 4), np.uint8)
    return np.full(whole, np.nan)


def _opaque(picture: NDArray[Any]) -> NDArray[Any]:
    if picture.ndim == 2:
        return picture
    if picture.dtype != np.uint8:
        picture = np.round(255 * picture).astype(np.uint8)
    return np.concatenate([picture, np.full((*picture.shape[:2], 1), 255, np.uint8)], axis=2)
