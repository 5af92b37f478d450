"""What shows a finding: pictures with the place marked, and how a number is distributed in each class."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from tooeasy.explore import to_pictures
from tooeasy.figures.base import draw, new_axes, plain, size_of
from tooeasy.figures.explore_charts import BLUE
from tooeasy.giveaways import Histograms, Pictures, Place

WIDTH = 8.0  # inches of a row of pictures, and of a chart
MOST_PICTURES, ACROSS = 16, 8
TILE, GAP = 1.25, 0.12  # inches of the larger side of a picture at most, and between pictures
CAPTION, CAPTION_LINE, MOST_LINES = 7, 0.125, 3  # points; inches; lines
MARK, OUTLINE = "#ffd400", "black"  # seen on dark, light and grey
LEAST_MARK = 0.06  # of the picture's larger side: a smaller mark is hard to find
BARRED = 6  # classes that have rows of bars; more are rows of colours
MOST_CLASSES, MOST_BINS = 30, 24
BAR_ROW, COLOUR_ROW = 0.42, 0.19  # inches
LONGEST, LONGEST_BIN = 22, 18  # letters
LETTER, SMALL = 0.075, 0.056  # inches of a letter of a name, and of a bin's


@size_of.register
def _size_of_pictures(pictures: Pictures) -> tuple[float, float]:
    n = min(len(pictures.images), MOST_PICTURES)
    rows = -(-n // ACROSS)
    return WIDTH, rows * (_tile(pictures)[1] + _room(pictures) + GAP)


@draw.register
def draw_pictures(pictures: Pictures, ax: Axes | None = None) -> Axes:
    """Draw images with the places marked, and what each is below it.

    Parameters
    ----------
    pictures : Pictures
        The first 16 are drawn.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The host of others, its ``child_axes``: one a picture.
    """
    ax = ax or new_axes(*size_of(pictures))
    ax.set_axis_off()
    whole = size_of(pictures)
    width, height = _tile(pictures)
    shown = to_pictures(pictures.images[:MOST_PICTURES], 255)
    for number, (image, caption) in enumerate(zip(shown, pictures.captions, strict=False)):
        down, across = divmod(number, ACROSS)
        x, y = across * (width + GAP), down * (height + _room(pictures) + GAP) + GAP / 2
        own = ax.inset_axes((x / whole[0], 1 - (y + height) / whole[1], width / whole[0], height / whole[1]))
        _draw_picture(own, image, pictures.places)
        lines = "\n".join(_caption_lines(caption, width))
        own.annotate(
            lines, (0, 0), (0, -3), "axes fraction", "offset points", va="top", fontsize=CAPTION, in_layout=False
        )
    return ax


def _draw_picture(ax: Axes, image: NDArray[np.float64], places: Sequence[Place]) -> None:
    ax.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(visible=True, color="C7", linewidth=0.5)
    for place in places:
        ax.add_patch(_mark(place, max(image.shape[:2])))


def _mark(place: Place, side: int) -> Rectangle:
    """Frame a place without covering it; it may stand out over the edge of the picture."""
    height, width = (max(length + 1, LEAST_MARK * side) for length in (place.height, place.width))
    middle = place.column + (place.width - 1) / 2, place.row + (place.height - 1) / 2
    frame = Rectangle((middle[0] - width / 2, middle[1] - height / 2), width, height, fill=False, edgecolor=MARK)
    frame.set(linewidth=1.4, clip_on=False, zorder=5, path_effects=[withStroke(linewidth=3.2, foreground=OUTLINE)])
    return frame


def _tile(pictures: Pictures) -> tuple[float, float]:
    """Width and height of each picture in inches."""
    height, width = pictures.images.shape[1:3]
    scale = min(TILE / max(height, width), (WIDTH - (ACROSS - 1) * GAP) / ACROSS / width)
    return width * scale, height * scale


def _room(pictures: Pictures) -> float:
    lines = [_caption_lines(caption, _tile(pictures)[0]) for caption in pictures.captions[:MOST_PICTURES]]
    return 0.06 + CAPTION_LINE * max(map(len, lines), default=0)


def _caption_lines(caption: str, width: float) -> list[str]:
    """Break a caption into a few lines of so many inches."""
    letters = max(6, int(width * 72 / (0.56 * CAPTION)))
    text = " ".join(caption.split())
    return [plain(line) for line in textwrap.wrap(text, letters, max_lines=MOST_LINES, placeholder="…")]


@size_of.register
def _size_of_histograms(histograms: Histograms) -> tuple[float, float]:
    shown = histograms.reduced(MOST_CLASSES, MOST_BINS)
    row = BAR_ROW if len(shown.classes) <= BARRED else COLOUR_ROW
    return WIDTH, row * len(shown.classes) + _foot(shown)


@draw.register
def draw_histograms(histograms: Histograms, ax: Axes | None = None) -> Axes:
    """Draw how a number or a word is distributed in each class: rows of bars, or of colours where classes are many.

    Parameters
    ----------
    histograms : Histograms
        Of more than 30 classes, those least like the rest are drawn; of more than 24 bins, the most frequent.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The host of another, which has the chart.
    """
    ax = ax or new_axes(*size_of(histograms))
    ax.set_axis_off()
    shown = histograms.reduced(MOST_CLASSES, MOST_BINS)
    width, height = size_of(histograms)
    left, foot = 0.15 + LETTER * min(max(map(len, shown.classes)), LONGEST), _foot(shown)
    right = 0.75 if len(shown.classes) <= BARRED else 0.15
    chart = ax.inset_axes((left / width, foot / height, 1 - (left + right) / width, 1 - foot / height))
    (_draw_bars if len(shown.classes) <= BARRED else _draw_colours)(chart, shown)
    turned = _turned(shown)
    chart.set_xticks(
        range(len(shown.bins)),
        [plain(name, LONGEST_BIN) for name in shown.bins],
        rotation=40 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
        fontsize=CAPTION,
    )
    chart.tick_params(length=0, labelsize=CAPTION)
    chart.spines[:].set_visible(False)
    some = "" if len(shown.classes) == len(histograms.classes) else _some(shown, histograms)
    most = f"; brightest: {shown.shares.max():.0%} of a class" if len(shown.classes) > BARRED else ""
    label = f"{plain(histograms.label)}{some}{most}"
    ax.text(left / width, 0, label, transform=ax.transAxes, fontsize=8, va="bottom", in_layout=False)
    return ax


def _some(shown: Histograms, histograms: Histograms) -> str:
    return f"; the {len(shown.classes)} of {len(histograms.classes)} classes least like the rest"


def _draw_bars(ax: Axes, shown: Histograms) -> None:
    """Bars of each class, as high as its most frequent bin of all allows, with the share beside the highest."""
    shares, n = shown.shares, len(shown.classes)
    top = shares.max() or 1.0
    for row, own in enumerate(shares):
        base = n - 1 - row
        ax.bar(np.arange(len(own)), 0.7 * own / top, 0.86, bottom=base, color=BLUE)
        ax.axhline(base, color="C7", linewidth=0.6)
        peak = int(own.argmax())
        ax.annotate(
            f"{own[peak]:.0%}", (peak, base + 0.7 * own[peak] / top + 0.02), ha="center", fontsize=6, va="bottom"
        )
    ax.set_yticks([n - 1 - row + 0.2 for row in range(n)], [plain(name, LONGEST) for name in shown.classes])
    ax.set_ylim(-0.03, n)
    ax.set_xlim(-0.6, len(shown.bins) - 0.4)


def _draw_colours(ax: Axes, shown: Histograms) -> None:
    ax.imshow(shown.shares, aspect="auto", interpolation="nearest", cmap="viridis", vmin=0)
    ax.set_yticks(range(len(shown.classes)), [plain(name, LONGEST) for name in shown.classes])


def _turned(shown: Histograms) -> bool:
    room = (WIDTH - 2) / len(shown.bins) / SMALL  # letters that stand beside one another
    return max(map(len, shown.bins)) > room


def _foot(shown: Histograms) -> float:
    longest = min(max(map(len, shown.bins)), LONGEST_BIN)
    return 0.35 + (0.64 * SMALL * longest if _turned(shown) else 0.1)
