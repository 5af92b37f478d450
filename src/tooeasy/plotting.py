"""The one door from results up to figures: ``result.plot()``, as pandas and scikit-learn users expect."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Plottable:
    """A result that knows how to show itself; ``tooeasy.figures`` does the drawing."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; on a new figure by default.

        Returns
        -------
        matplotlib Axes
        """
        axes: Axes = import_module("tooeasy.figures").draw(self, ax=ax)
        return axes
