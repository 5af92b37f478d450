"""Figures of templates: the pictures themselves, what they confuse, and how they come about."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from tooeasy.figures.base import diverging_map, draw, new_axes, percents, plain, size_of
from tooeasy.figures.mosaic import draw_mosaic, grid_of, mosaic_size, name_room
from tooeasy.scores import Confusion
from tooeasy.templates import TemplateGrowth, TemplateStudy, WeightHistogram
from tooeasy.templates.softmax import TrainingCurve

TILE, GROWN_TILE = 1.15, 0.8  # inches of the larger side of a picture
TITLE_ROOM, BAR_ROOM = 0.6, 1.1  # inches beside the pictures
MOST = 30  # classes that all have room; of more, the best and worst told apart
SHOWN, ACROSS = 10, 5  # of either, and in a row
GROWN = 10  # classes in the strip of a growing template
LEVEL = 0.5  # inches of a picture above which the number of images below it has room in one line
NUMBERED = 14  # classes whose confusion matrix has room for numbers
GROWN_CLIPPED = 98  # the same for sums on their way, where a few images make the picture
CLIPPED = 90  # percentile of the weights that has two thirds of the colours: rare pixels have huge weights
WORDS = {
    "means": "class means",
    "centred-means": "centred class means",
    "nearest-mean": "nearest mean",
    "difference": "class less the others",
    "least-squares": "least squares",
    "lda": "linear discriminants",
    "lasso": "lasso",
    "softmax": "softmax regression",
    "sgd": "softmax, 1,000 steps of gradient descent",
}


@size_of.register
def _size_of_templates(study: TemplateStudy) -> tuple[float, float]:
    width, height = mosaic_size(*_grid(study), study.shape, _tile(study.shape, TILE), _room(study))
    return width + BAR_ROOM, height + TITLE_ROOM


@draw.register
def draw_templates(study: TemplateStudy, ax: Axes | None = None) -> Axes:
    """Draw one picture of weights for each class: red speaks for the class, blue against it.

    Parameters
    ----------
    study : TemplateStudy
        Of several channels, the mean of their weights is shown.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(study))
    shown = _shown(study)
    pictures = study.weights[shown].mean(axis=3)
    names = [study.classes[label] for label in shown]
    scale = _diverging(pictures)
    image = draw_mosaic(ax, pictures, _grid(study)[1], names=names, room=_room(study), **scale)
    beyond = "both" if np.abs(pictures).max() > scale["vmax"] else "neither"
    place = ax.inset_axes((1.03, 0.05, 0.025, 0.9))  # as high as the pictures are, whatever room is left
    bar = ax.figure.colorbar(image, cax=place, label="weight", extend=beyond)
    bar.outline.set_visible(False)
    ax.set_title(f"{plain(study.dataset)}: {WORDS[study.settings.kind]}{_score_words(study)}{_some_words(study)}")
    return ax


def _tile(shape: tuple[int, int, int], side: float) -> float:
    """Larger side of a picture in inches: of narrow ones it is larger, so that names above or below have room."""
    larger = max(shape[:2])
    return max(side, min(0.7 * side * larger / shape[1], 2.6 * side))


def _room(study: TemplateStudy) -> float:
    """For a name above a picture, as a fraction of the picture's height."""
    return name_room(_tile(study.shape, TILE) * study.shape[0] / max(study.shape[:2]))


def _grid(study: TemplateStudy) -> tuple[int, int]:
    """Rows and columns; the best and the worst have rows of their own."""
    n = len(study.classes)
    return grid_of(n) if n <= MOST else (2 * SHOWN // ACROSS, ACROSS)


def _some_words(study: TemplateStudy) -> str:
    n = len(study.classes)
    if n <= MOST:
        return ""
    if study.score is None:
        return f"\nthe first {2 * SHOWN} of {n} classes"
    return f"; the {SHOWN} classes told apart best, and the {SHOWN} worst, of {n}"


def _shown(study: TemplateStudy) -> NDArray[np.intp]:
    """All classes, or those that are told apart best and worst."""
    n = len(study.classes)
    if n <= MOST:
        return np.arange(n)
    if study.score is None:
        return np.arange(2 * SHOWN)
    recall = np.diag(study.score.confusion) / np.maximum(study.score.confusion.sum(axis=1), 1)
    order = np.argsort(-recall, kind="stable")
    return np.concatenate([order[:SHOWN], order[-SHOWN:]])


def _diverging(pictures: NDArray[np.float64]) -> dict[str, Any]:
    """Colours symmetric about zero."""
    size = np.abs(pictures)
    largest = float(size.max()) or 1.0
    top = min(1.5 * float(np.percentile(size, CLIPPED)), largest) or largest
    return {"cmap": diverging_map(), "vmin": -top, "vmax": top}


def _score_words(study: TemplateStudy) -> str:
    if study.score is None:
        return ""
    low, high = study.score.test_interval
    return f"\ntest accuracy {study.test_accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f})"


@size_of.register
def _size_of_confusion(confusion: Confusion) -> tuple[float, float]:
    side = 4.6 if len(confusion.classes) <= NUMBERED else 6.4
    return side + 1.4, side + 0.4


@draw.register
def draw_confusion(confusion: Confusion, ax: Axes | None = None) -> Axes:
    """Draw the confusion matrix, in percent of each class's held-out images.

    Parameters
    ----------
    confusion : Confusion
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(confusion))
    counts = confusion.score.confusion
    rates = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = ax.imshow(rates, vmin=0, vmax=100, cmap="viridis")
    n = len(confusion.classes)
    if n <= NUMBERED:
        for (a, b), rate in np.ndenumerate(rates):
            if rate >= 0.5:
                colour = "black" if rate > 60 else "white"
                ax.text(b, a, f"{rate:.0f}", ha="center", va="center", color=colour, fontsize=7)
    step = max(1, n // 40)
    names = [plain(name, 20) for name in confusion.classes][::step]
    turned = max(map(len, names)) > 3
    ax.set_xticks(range(0, n, step), names, rotation=45 if turned else 0, ha="right" if turned else "center")
    ax.set_yticks(range(0, n, step), names)
    ax.tick_params(length=0, labelsize=8 if n <= 20 else 6)
    ax.spines[:].set_visible(False)
    ax.set_xlabel("answer")
    ax.set_ylabel("class")
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, label="% of the class's held-out images")
    bar.outline.set_visible(False)
    ax.set_title(f"{plain(confusion.title)}, test accuracy {confusion.score.test_accuracy:.1%}")
    return ax


@size_of.register
def _size_of_curve(curve: TrainingCurve) -> tuple[float, float]:  # noqa: ARG001
    return 6.4, 3.2


@draw.register
def draw_curve(curve: TrainingCurve, ax: Axes | None = None) -> Axes:
    """Draw loss and held-out accuracy over the steps of gradient descent.

    Parameters
    ----------
    curve : TrainingCurve
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(curve))
    known = not np.isnan(curve.test_accuracy).any()
    values = curve.test_accuracy if known else curve.loss
    ax.plot(curve.steps, values, color="C0", marker="o", markersize=3)
    if known:
        percents(ax)
    ax.annotate(
        f"{values[-1]:.1%}" if known else f"{values[-1]:.2f}",
        (curve.steps[-1], values[-1]),
        (4, 4),
        textcoords="offset points",
    )
    ax.set_xlabel("steps of 64 images each")
    ax.set_ylabel("test accuracy" if known else "training loss in bits")
    ax.set_title(f"gradient descent: training loss {curve.loss[0]:.2f} to {curve.loss[-1]:.2f} bits")
    ax.grid(alpha=0.3)
    return ax


@size_of.register
def _size_of_growth(growth: TemplateGrowth) -> tuple[float, float]:
    columns, rows = len(growth.images), min(len(growth.classes), GROWN)
    width, height = mosaic_size(rows, columns, growth.shape, _tile(growth.shape, GROWN_TILE))
    return width + BAR_ROOM, height + TITLE_ROOM


@draw.register
def draw_growth(growth: TemplateGrowth, ax: Axes | None = None) -> Axes:
    """Draw the weighted sums of ever more training images, which grow into the least-squares templates.

    Parameters
    ----------
    growth : TemplateGrowth
        Of many classes, the first ten are shown; each picture has its own scale of colours.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(growth))
    shown = min(len(growth.classes), GROWN)
    pictures = growth.sums[:, :shown].mean(axis=4)
    scales = np.percentile(np.abs(pictures), GROWN_CLIPPED, axis=(2, 3), keepdims=True)
    pictures = np.clip(pictures / np.where(scales > 0, scales, 1.0), -1, 1)
    across = pictures.swapaxes(0, 1).reshape(-1, *pictures.shape[2:])
    draw_mosaic(
        ax,
        across,
        len(growth.images),
        row_names=growth.classes[:shown],
        column_names=[f"{n:,}" for n in growth.images],
        cmap=diverging_map(),
        vmin=-1,
        vmax=1,
    )
    wide = _tile(growth.shape, GROWN_TILE) * growth.shape[1] / max(growth.shape[:2]) >= LEVEL
    for label in ax.get_xticklabels():
        label.set(rotation=0 if wide else 45, horizontalalignment="center" if wide else "right", fontsize=8)
    ax.set_xlabel("training images in the sum")
    some = "" if shown == len(growth.classes) else f"\nfor the first {shown} of {len(growth.classes)} classes"
    ax.set_title(f"{plain(growth.dataset)}: weighted sums of training images{some}")
    return ax


@size_of.register
def _size_of_histogram(histogram: WeightHistogram) -> tuple[float, float]:  # noqa: ARG001
    return 6.4, 3.2


@draw.register
def draw_histogram(histogram: WeightHistogram, ax: Axes | None = None) -> Axes:
    """Draw how the weights of training images are distributed, in and out of a template's class.

    Parameters
    ----------
    histogram : WeightHistogram
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(histogram))
    for counts, name, colour in ((histogram.outside, "other classes", "C7"), (histogram.inside, "its class", "C3")):
        ax.stairs(counts / max(counts.sum(), 1), histogram.edges, fill=True, alpha=0.55, color=colour, label=name)
    ax.axvline(0, color="C7", linewidth=0.8)
    ax.set_xlabel("weight of a training image in a template (the ends hold what lies beyond)")
    ax.set_ylabel("fraction of images")
    ax.legend(frameon=False)
    ax.set_title(f"{plain(histogram.dataset)}: which images add to a template, and which take away")
    return ax
