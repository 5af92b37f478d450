"""Figures of how many pixels a linear rule needs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogFormatter, MaxNLocator, NullFormatter

from tooeasy.figures.base import draw, new_axes, percents, plain
from tooeasy.templates import BudgetStudy, PixelOrder

NUMBERED = 30  # pixels whose place in the order is written on them
COLOURED = 200  # pixels shown by colour
LONGEST, SHORT = 36, 18  # letters of the name of a dataset, and of a class: panels stand side by side
MARKERS = "osD^"
DOT = 0.8  # side of a pixel's square, in pixels


@draw.register
def draw_budget(study: BudgetStudy, ax: Axes | None = None) -> Axes:
    """Draw held-out accuracy over the number of pixels, chosen one by one and by the lasso.

    Parameters
    ----------
    study : BudgetStudy
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(6.4, 5.0)
    low, high = study.full.test_interval
    ax.axhspan(low, high, color="C7", alpha=0.25, linewidth=0)
    ax.axhline(study.full.test_accuracy, color="C7", linewidth=1)
    for curve, name, colour in ((study.lasso, "by the lasso path", "C1"), (study.forward, "forward selection", "C0")):
        ends = np.array([score.test_interval for score in curve.scores])
        ax.fill_between(curve.pixels, ends[:, 0], ends[:, 1], color=colour, alpha=0.2, linewidth=0)
        ax.plot(curve.pixels, curve.test_accuracy, color=colour, marker=".", markersize=3, label=name)
    reached: dict[int, list[str]] = {}
    for fraction, k in study.enough.items():
        reached.setdefault(k, []).append(f"{fraction:.0%}")
    for marker, (k, fractions) in zip(MARKERS, reached.items(), strict=False):
        accuracy = study.forward.test_accuracy[study.forward.pixels.index(k)]
        label = f"{k:,} pixel{'s' if k > 1 else ''} for {', '.join(fractions)} of all pixels' accuracy"
        ax.plot(k, accuracy, marker, color="C0", markersize=5, label=label)
    ax.set_xscale("log")
    ax.set_xlim(0.93, 1.1 * max(study.forward.pixels[-1], *study.lasso.pixels, 2))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.5)))
    ax.set_xlabel("pixels")
    ax.set_ylabel("test accuracy")
    percents(ax)
    ax.grid(alpha=0.3)
    ax.legend(edgecolor="none", fontsize=8)
    pair = len(study.classes) == 2
    what = " or ".join(plain(name, SHORT) for name in study.classes) if pair else "all classes"
    ax.set_title(
        f"{plain(study.dataset, LONGEST)}: least squares on few pixels\n"
        f"{what}; all pixels: {study.full.test_accuracy:.1%}"
    )
    return ax


@draw.register
def draw_order(order: PixelOrder, ax: Axes | None = None) -> Axes:
    """Draw the chosen pixels, numbered and coloured in their order, over the mean image.

    Parameters
    ----------
    order : PixelOrder
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(6.4, 5.6)
    mean = order.mean if order.mean.shape[2] == 3 else order.mean.mean(axis=2)
    ax.imshow(mean, cmap="gray", vmin=0, vmax=max(float(mean.max()), 1e-9))
    places: dict[tuple[int, int], int] = {}
    for number, (row, column, _) in enumerate(order.pixels[:COLOURED], start=1):
        places.setdefault((row, column), number)
    side = max(order.mean.shape[:2])
    dot = DOT * 72 * 4.4 / side  # points
    n = min(len(order.pixels), COLOURED)
    squares = [Rectangle((column - DOT / 2, row - DOT / 2), DOT, DOT) for row, column in places]
    dots = PatchCollection(squares, cmap="viridis_r", norm=LogNorm(1, max(n, 2)), edgecolors="none")
    dots.set_array(np.array(list(places.values())))
    ax.add_collection(dots)
    for (row, column), number in places.items():
        if number <= NUMBERED and side <= 40:
            text = ax.text(
                column, row, str(number), ha="center", va="center", fontsize=np.clip(dot / 2, 6, 12), color="white"
            )
            text.set_path_effects([withStroke(linewidth=1.2, foreground="black")])
    bar = ax.figure.colorbar(dots, ax=ax, shrink=0.8, label="place in the order", format=lambda value, _: f"{value:g}")
    bar.set_ticks([place for place in (1, 2, 5, 10, 20, 50, 100, 200) if place <= n])
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    bar.outline.set_visible(False)
    road = "chosen one by one" if order.road == "forward" else "as the lasso takes them in"
    ax.set_title(f"{plain(order.dataset, LONGEST)}: the first {f'{n} pixels' if n != 1 else 'pixel'},\n{road}")
    # A square as large as for a square image, whatever the image's shape: the panels beside it are not squeezed.
    height, width = mean.shape[:2]
    ax.set_xlim((width - 1 - side) / 2, (width - 1 + side) / 2)
    ax.set_ylim((height - 1 + side) / 2, (height - 1 - side) / 2)
    for axis, length in ((ax.yaxis, height), (ax.xaxis, width)):
        ticks = MaxNLocator(6, integer=True).tick_values(0, max(length - 1, 1))
        axis.set_ticks([tick for tick in ticks if 0 <= tick < length])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax
