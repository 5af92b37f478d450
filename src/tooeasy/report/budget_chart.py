"""How many pixels a linear rule needs, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tooeasy.templates import BudgetCurve, BudgetStudy

LEFT, RIGHT, TOP, BOTTOM = 40, 328, 14, 190  # of the curves, in pixels
TICKS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True)
class BudgetChart:
    """What the template draws.

    Attributes
    ----------
    budget : BudgetStudy
    forward, lasso : str
        Curves, as points of an SVG polyline.
    full : float
        Height of the accuracy with all pixels.
    enough : tuple of (float, float, str)
        Places of what suffices, and what to say there.
    x_ticks, y_ticks : tuple of (float, str)
    text : str
        What the chart shows, for those who do not see it.
    """

    budget: BudgetStudy
    forward: str
    lasso: str
    full: float
    enough: tuple[tuple[float, float, str], ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    text: str

    @property
    def rows(self) -> list[tuple[int, float | None, float | None]]:
        """Number of pixels, and the accuracy with them chosen one by one and by the lasso, where the curves have it."""
        curves = [
            dict(zip(curve.pixels, curve.test_accuracy.tolist(), strict=True))
            for curve in (self.budget.forward, self.budget.lasso)
        ]
        return [(n, curves[0].get(n), curves[1].get(n)) for n in sorted(set(curves[0]) | set(curves[1]))]


def budget_chart(budget: BudgetStudy, most: int) -> BudgetChart:
    """Lay out the curves of one dataset; the scales go up to so many pixels."""
    enough = []
    for fraction, pixels in budget.enough.items():
        accuracy = float(np.interp(pixels, budget.forward.pixels, budget.forward.test_accuracy))
        enough.append((_x(pixels, most), _y(accuracy), f"{pixels} pixels for {fraction:.0%} of it"))
    return BudgetChart(
        budget,
        _points(budget.forward, most),
        _points(budget.lasso, most),
        _y(budget.full.test_accuracy),
        tuple(enough),
        tuple((_x(tick, most), f"{tick}") for tick in TICKS if tick <= most)[:: 2 if most > 64 else 1],
        tuple((_y(percent / 100), f"{percent}") for percent in (0, 25, 50, 75, 100)),
        _text(budget),
    )


def largest(budgets: Sequence[BudgetStudy]) -> int:
    """Most pixels on any curve."""
    return max(max((*budget.forward.pixels, *budget.lasso.pixels), default=1) for budget in budgets)


def _points(curve: BudgetCurve, most: int) -> str:
    places = zip(curve.pixels, curve.test_accuracy, strict=True)
    return " ".join(f"{_x(pixels, most)},{_y(float(accuracy))}" for pixels, accuracy in places if pixels)


def _x(pixels: int, most: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * float(np.log2(max(pixels, 1))) / max(float(np.log2(max(most, 1))), 1.0), 1)


def _y(accuracy: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * accuracy, 1)


def _text(budget: BudgetStudy) -> str:
    few = ", ".join(f"{pixels} pixels reach {fraction:.0%}" for fraction, pixels in budget.enough.items())
    return f"{budget.dataset}: test accuracy by number of pixels. Of {budget.full.test_accuracy:.1%} with all, {few}."
