"""Figure of a ladder."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from tooeasy.figures.base import draw, new_axes, plain, size_of
from tooeasy.ladder import Comparison, Ladder
from tooeasy.text import in_hundredths


@size_of.register
def _size_of_ladder(ladder: Ladder) -> tuple[float, float]:
    return 7.2, 1.2 + 0.26 * (len(ladder.rungs) + len(ladder.published))


@draw.register
def draw_ladder(ladder: Ladder, ax: Axes | None = None) -> Axes:
    """Draw the held-out accuracy of each rung with its interval, from the lowest to the highest.

    Parameters
    ----------
    ladder : Ladder
        Rungs that could not be climbed are left out; published figures are lines.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(ladder))
    scored = [rung for rung in ladder.rungs if rung.score is not None]
    heights = np.arange(len(scored))
    accuracies = np.array([rung.test_accuracy for rung in scored])
    ends = np.array([rung.score.test_interval for rung in scored if rung.score is not None]).reshape(-1, 2)
    ax.barh(heights, accuracies, color="C0", alpha=0.75, height=0.7)
    errors = np.maximum(np.abs(ends.T - accuracies), 0)
    ax.errorbar(accuracies, heights, xerr=errors, fmt="none", ecolor="C7", elinewidth=1.2, capsize=2)
    for height, rung in zip(heights, scored, strict=True):
        bits = "" if rung.bits is None else f"   {in_hundredths(rung.bits)} bits"
        ax.annotate(f"{rung.test_accuracy:.1%}{bits}", (1.01, height), va="center", fontsize=8, annotation_clip=False)
    for known, style in zip(ladder.published, ("--", ":", "-.", "--"), strict=False):
        ax.axvline(known.accuracy, color="C3", linestyle=style, linewidth=1, label=f"{known.kind} {known.accuracy:.1%}")
    if ladder.published:
        ax.legend(title="published", frameon=False, loc="lower right", fontsize=8, title_fontsize=8)
    ax.set_yticks(heights, [plain(rung.rung) for rung in scored])
    ax.set_ylim(-0.6, len(scored) - 0.4)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("test accuracy, with its 95% interval")
    ax.tick_params(axis="y", length=0)
    perturbed = f", images {ladder.perturbation}" if ladder.perturbation else ""
    ax.set_title(f"{plain(ladder.dataset)}{perturbed}: {ladder.entropy_bits:.2f} bits tell the class")
    return ax


@size_of.register
def _size_of_comparison(result: Comparison) -> tuple[float, float]:
    return 7.2, 1.4 + 0.3 * len({name for card in result.cards for name in card.rungs})


@draw.register
def draw_comparison(result: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the held-out accuracy of each rung, a line for each dataset, with intervals.

    Parameters
    ----------
    result : Comparison
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = ax or new_axes(*size_of(result))
    names = result.rungs
    for number, card in enumerate(result.cards):
        own = [name for name in names if name in card.rungs]
        heights = [names.index(name) + 0.12 * (number - (len(result.cards) - 1) / 2) for name in own]
        rates = np.array([card.rungs[name]["test_accuracy"] for name in own])
        ends = np.array([card.rungs[name]["test_interval"] for name in own]).reshape(-1, 2)
        errors = np.maximum(np.abs(ends.T - rates), 0)
        ax.errorbar(rates, heights, xerr=errors, fmt="o", markersize=5, capsize=2, label=plain(card.name, 30))
    ax.set_yticks(range(len(names)), [plain(name) for name in names])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlim(0, 1.02)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    ax.set_xlabel("test accuracy, with its 95% interval")
    ax.grid(axis="x", alpha=0.3)
    ax.tick_params(axis="y", length=0)
    ax.legend(frameon=False, loc="lower right")
    ax.set_title("how far up must one climb?")
    return ax
