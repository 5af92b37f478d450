"""What all figures share: which drawing fits a result, files, and the style."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure

from tooeasy.errors import OptionError
from tooeasy.files import write_whole

FORMATS = (".png", ".svg", ".pdf")
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "image.cmap": "viridis",  # perceptually uniform, and readable with every common colour blindness
    "savefig.dpi": 150,
    "svg.hashsalt": "tooeasy",  # the same figure, the same file
}
_INK, _PAPER = "#e6e6e6", "#16181d"
DARK: dict[Any, Any] = {
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), _INK),
    **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), _PAPER),
}


# Blue and red as in RdBu, with the middle of the page's colour instead of white.
DARK_DIVERGING = LinearSegmentedColormap.from_list(
    "dark_diverging", ["#b5dcff", "#4aa3f0", "#1b5e9e", "#22252c", "#a83a32", "#f0745c", "#ffd3c4"]
)


@singledispatch
def draw(result: Any, ax: Axes | None = None) -> Axes:  # noqa: ARG001
    """Draw a result.

    Parameters
    ----------
    result : PixelStudy or PixelMap
    ax : matplotlib Axes, optional
        Where to draw; on a new figure by default.

    Returns
    -------
    matplotlib Axes
    """
    raise OptionError(f"there is no figure of a {type(result).__name__}")


def new_axes(width: float, height: float) -> Axes:
    """Make axes on a new figure of a size in inches, shown by pyplot where there is a window or a notebook."""
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def diverging_map() -> Colormap:
    """Blue for less and red for more; zero is the page's colour: on a dark page a light middle would outshine both."""
    dark = sum(to_rgb(mpl.rcParams["axes.facecolor"])) < 1.5
    return DARK_DIVERGING if dark else mpl.colormaps["RdBu_r"]


def plain(name: str, most: int | None = None) -> str:
    """Keep matplotlib from reading a name as mathematics, on one line, and short where there is little room."""
    line = " ".join(name.split())
    if most is not None and len(line) > most:
        line = line[: most - 1] + "…"
    return line.replace("$", r"\$")


def percents(ax: Axes) -> None:
    """Write accuracies on the vertical axis in percent, and none above 100."""
    ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g}%")
    ax.set_ylim(top=min(ax.get_ylim()[1], 1.005))


def check_format(path: str | Path) -> None:
    """Raise OptionError if the file's ending is not one of PNG, SVG or PDF."""
    if Path(path).suffix.lower() not in FORMATS:
        raise OptionError(f"figures are written as {', '.join(FORMATS)}; found {Path(path).name!r}")


@singledispatch
def size_of(result: Any) -> tuple[float, float]:  # noqa: ARG001
    """Width and height in inches that suit a result's figure."""
    return 6.4, 6.4


def save(results: Sequence[Any], path: str | Path, *, dark: bool = False, columns: int | None = None) -> None:
    """Draw results beside or below one another into a file, whole or not at all.

    Parameters
    ----------
    results : sequence
        Whatever `draw` takes.
    path : str or Path
        PNG, SVG or PDF, by its ending.
    dark : bool, default False
        Light on dark, for dark pages and slides.
    columns : int, optional
        Results in a row; by default all are side by side.

    Raises
    ------
    OptionError
        If the ending is another.
    OutputError
        If the file cannot be written.
    """
    check_format(path)
    columns = min(columns or len(results), len(results))
    rows = [results[start : start + columns] for start in range(0, len(results), columns)]
    widths = [max(size_of(row[column])[0] for row in rows if column < len(row)) for column in range(columns)]
    heights = [max(size_of(result)[1] for result in row) for row in rows]
    with mpl.rc_context({**STYLE, **(DARK if dark else {})}):
        figure = Figure(figsize=(sum(widths), sum(heights)), layout="compressed" if len(rows) == 1 else "constrained")
        grid = {"width_ratios": widths, "height_ratios": heights}
        axes = figure.subplots(len(rows), columns, squeeze=False, gridspec_kw=grid).ravel()
        for result, ax in zip(results, axes, strict=False):
            draw(result, ax)
        for ax in axes[len(results) :]:
            ax.set_axis_off()
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(Path(path).suffix.lower(), {})
        with write_whole(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it; class names are in any script
            figure.savefig(temporary, metadata=undated, bbox_inches="tight", pad_inches=0.15)
