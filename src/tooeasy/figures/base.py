"""What all figures share: which drawing fits a result, files, and the style."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
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


def check_format(path: str | Path) -> None:
    """Raise OptionError if the file's ending is not one of PNG, SVG or PDF."""
    if Path(path).suffix.lower() not in FORMATS:
        raise OptionError(f"figures are written as {', '.join(FORMATS)}; found {Path(path).name!r}")


def save(results: Sequence[Any], path: str | Path, *, size: float = 6.4) -> None:
    """Draw results side by side into a file, whole or not at all.

    Parameters
    ----------
    results : sequence
        Whatever `draw` takes.
    path : str or Path
        PNG, SVG or PDF, by its ending.
    size : float, default 6.4
        Width and height of each result, in inches.

    Raises
    ------
    OptionError
        If the ending is another.
    OutputError
        If the file cannot be written.
    """
    check_format(path)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(size * len(results), size), layout="compressed")
        axes = figure.subplots(1, len(results), squeeze=False)[0]
        for result, ax in zip(results, axes, strict=True):
            draw(result, ax)
        undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(Path(path).suffix.lower(), {})
        with write_whole(path) as temporary, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a box stands for it; class names are in any script
            figure.savefig(temporary, metadata=undated, bbox_inches="tight", pad_inches=0.15)
