"""Figures of the one-pixel study."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tooeasy.figures.base import draw, new_axes, plain
from tooeasy.pixels import PixelMap, PixelStudy

ANNOTATED = 12  # classes whose cells have room for numbers
CHANCE = 0.5
LONGEST = 20  # letters of a name beside the matrix
LIGHT = 0.82  # accuracy from which the colour is too light for white text


@draw.register
def draw_pairs(study: PixelStudy, ax: Axes | None = None) -> Axes:
    """Draw the matrix of pairs: accuracy of the best pixel of each, with its position.

    Parameters
    ----------
    study : PixelStudy
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(6.4, 6.4)
    n = len(study.classes)
    matrix = np.full((n, n), np.nan)
    matrix[study.pairs.second, study.pairs.first] = study.accuracies
    image = ax.imshow(matrix[1:, :-1], vmin=CHANCE, vmax=1.0, cmap="viridis")
    if n <= ANNOTATED:
        _annotate(study, ax)
    _label_classes(study, ax)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.6, label=f"{study.scored_on} accuracy (0.5 is chance)")
    bar.outline.set_visible(False)
    summary = study.summary()
    ax.set_title(
        f"{plain(study.dataset)}: one pixel for each pair, {study.rule} rule\n"
        f"{summary['at_least_0.90']} of {summary['pairs']} pairs at 90% or more, "
        f"{summary['at_least_0.95']} at 95%, mean {study.scored_on} accuracy {study.mean_accuracy:.1%}"
    )
    return ax


def ink(accuracy: float) -> str:
    """Colour of text on the colour of an accuracy."""
    return "black" if accuracy > LIGHT else "white"


def _annotate(study: PixelStudy, ax: Axes) -> None:
    for pair in study.pairs:
        a, b = pair.classes
        position = f"{pair.row},{pair.column}" + (f",{pair.channel}" if study.shape[2] > 1 else "")
        colour = ink(pair.accuracy)
        ax.text(
            a,
            b - 1.12,
            "" if np.isnan(pair.accuracy) else f"{100 * pair.accuracy:.1f}",
            ha="center",
            va="center",
            color=colour,
            fontsize=8,
        )
        ax.text(a, b - 0.78, position, ha="center", va="center", color=colour, fontsize=6)


def _label_classes(study: PixelStudy, ax: Axes) -> None:
    n = len(study.classes)
    step = max(1, n // 40)  # more labels than that would run into each other
    size = 8 if n <= 20 else 6
    names = [plain(name, LONGEST) for name in study.classes]
    turned = max(map(len, names)) > 3
    ax.set_xticks(
        range(0, n - 1, step),
        names[:-1:step],
        rotation=45 if turned else 0,
        ha="right" if turned else "center",
        rotation_mode="anchor",
        fontsize=size,
    )
    ax.set_yticks(range(0, n - 1, step), names[1::step], fontsize=size)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


@draw.register
def draw_map(found: PixelMap, ax: Axes | None = None) -> Axes:
    """Draw how well each pixel tells two classes apart, with the best pixel framed.

    Parameters
    ----------
    found : PixelMap
        Of several channels, the best at each position is shown.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(6.4, 5.2)
    accuracy = found.train_accuracy.max(axis=2)
    image = ax.imshow(accuracy, vmin=CHANCE, vmax=1.0, cmap="viridis")
    row, column = np.unravel_index(int(accuracy.argmax()), accuracy.shape)
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="white", linewidth=1.5))
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, label="train accuracy (0.5 is chance)")
    bar.outline.set_visible(False)
    ax.set_title(f"{plain(found.dataset)}: {plain(found.a)} or {plain(found.b)}, {found.rule} rule")
    ax.set_xlabel(f"column; best pixel {row},{column} at {accuracy.max():.1%} (train)")
    ax.set_ylabel("row")
    ax.locator_params(integer=True)
    ax.spines[:].set_visible(False)
    return ax
