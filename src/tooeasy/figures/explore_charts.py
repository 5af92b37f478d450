"""Figures that show numbers: grey levels, and images of each class."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from tooeasy.explore import ClassCounts, LevelDistribution
from tooeasy.figures.base import draw, new_axes, plain, size_of

MOST = 30  # classes that have room
LONGEST = 20  # letters of a name
RAREST = 1e-5  # fraction of pixels that still has a colour, and the foot of the scale
BLUE, ORANGE = "#3d8fd1", "#e0862f"  # told apart with every common colour blindness, on light and on dark


@draw.register
def draw_distribution(found: LevelDistribution, ax: Axes | None = None) -> Axes:
    """Draw how often each level occurs, overall and by class, and how bright the classes are.

    Parameters
    ----------
    found : LevelDistribution
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The host of others, its ``child_axes``: all classes, each class, brightness, the scale of colours.
    """
    ax = ax or new_axes(*size_of(found))
    ax.set_axis_off()
    inch = 1 / (size_of(found)[1] - 0.9)  # of the height of the panels
    overall = ax.inset_axes((0, 1 - inch, 0.58, inch))
    by_class = ax.inset_axes((0, 0, 0.58, 1 - 1.12 * inch), sharex=overall)
    brightness = ax.inset_axes((0.62, 0, 0.38, 1 - 1.12 * inch), sharey=by_class)
    scale = ax.inset_axes((0.62, 1 - 0.6 * inch, 0.38, 0.12 * inch))
    members = found.extremes(MOST)
    _draw_overall(found, overall)
    _draw_by_class(found, members, by_class, scale)
    _draw_brightness(found, members, brightness)
    means, stds = found.of_channels
    numbers = "; ".join(f"{mean:.3f} \N{PLUS-MINUS SIGN} {std:.3f}" for mean, std in zip(means, stds, strict=True))
    by_channel = " by channel" if len(means) > 1 else ""
    some = f"the {len(members)} brightest and darkest of {len(found.classes)} classes; "
    ax.set_title(
        f"{plain(found.origin)}: how often each grey level occurs\n"
        f"{some if len(members) < len(found.classes) else ''}brightness {numbers}{by_channel}"
    )
    return ax


def _draw_overall(found: LevelDistribution, ax: Axes) -> None:
    ax.stairs(found.overall, np.arange(found.levels + 1) - 0.5, fill=True, color=BLUE, baseline=RAREST)
    ax.set_yscale("log")
    ax.set_ylim(RAREST, 1)
    ax.set_yticks([1e-4, 1e-2, 1], ["0.01%", "1%", "100%"])
    ax.set_ylabel("all")
    ax.tick_params(labelbottom=False)
    ax.minorticks_off()


def _draw_by_class(found: LevelDistribution, members: NDArray[np.intp], ax: Axes, scale: Axes) -> None:
    fractions = np.ma.masked_equal(found.by_class[members], 0)
    image = ax.imshow(fractions, aspect="auto", interpolation="nearest", norm=LogNorm(RAREST, 1), cmap="viridis")
    ax.set_xlim(-0.5, found.levels - 0.5)
    ax.set_yticks(range(len(members)), [plain(found.classes[member], LONGEST) for member in members])
    ax.set_xlabel("grey level")
    ax.tick_params(axis="y", length=0)
    ax.spines[:].set_visible(False)
    bar = ax.figure.colorbar(image, cax=scale, orientation="horizontal")
    bar.outline.set_visible(False)
    bar.set_ticks([1e-4, 1e-2, 1], labels=["0.01%", "1%", "100%"])
    bar.minorticks_off()
    scale.set_title("share of the class's pixels", fontsize=9)


def _draw_brightness(found: LevelDistribution, members: NDArray[np.intp], ax: Axes) -> None:
    means, stds = (values[members] for values in found.brightness)
    ax.errorbar(means, np.arange(len(members)), xerr=stds, fmt="o", color=ORANGE, markersize=4, elinewidth=1)
    ax.set_xlim(0, 1)
    ax.set_xlabel("brightness, mean \N{PLUS-MINUS SIGN} standard deviation")
    ax.tick_params(axis="y", length=0, labelleft=False)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", alpha=0.25)


@size_of.register
def _size_of_distribution(found: LevelDistribution) -> tuple[float, float]:
    return 8.0, 2.4 + 0.24 * min(len(found.classes), MOST)


@draw.register
def draw_classes(found: ClassCounts, ax: Axes | None = None) -> Axes:
    """Draw the images of each class as bars.

    Parameters
    ----------
    found : ClassCounts
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(found))
    members = found.extremes(MOST)
    at = np.arange(len(members))
    thick, up = (0.72, 0.0) if found.test is None else (0.48, 0.13)
    bars = ax.barh(at - up, found.train[members], thick, color=BLUE, label="training")
    ax.bar_label(bars, [f"{n:,}" for n in found.train[members]], padding=3, fontsize=7)
    if found.test is not None:
        ax.barh(at + 0.25, found.test[members], 0.24, color=ORANGE, label="test")
        ax.legend(frameon=False, ncols=2, loc="upper right", bbox_to_anchor=(1, 0), borderaxespad=1.8)
    ax.set_yticks(at, [plain(found.classes[member], LONGEST) for member in members])
    ax.set_ylim(len(members) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.set_xlabel("images", loc="left")
    some = f"; the {len(members)} largest and smallest of {len(found.classes)} classes"
    ax.set_title(
        f"{plain(found.dataset)}: images of each class"
        f"{some if len(members) < len(found.classes) else ''}\n"
        f"largest over smallest {found.imbalance:.2f}; effective number of classes {found.effective_classes:.2f}"
    )
    return ax


@size_of.register
def _size_of_classes(found: ClassCounts) -> tuple[float, float]:
    return 6.4, 1.3 + 0.24 * min(len(found.classes), MOST)
