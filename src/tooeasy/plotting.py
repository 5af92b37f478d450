"""The one door from results up to figures and reports: ``result.plot()``, and how a notebook shows a result."""

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

    def _repr_html_(self) -> str | None:
        """How notebooks show the result; None leaves it to ``repr``."""
        html: str | None = import_module("tooeasy.report").to_notebook(self)
        return html
