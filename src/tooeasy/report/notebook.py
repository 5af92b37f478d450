"""Results show themselves in notebooks, by the same components that a report is made of."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from markupsafe import Markup

from tooeasy.explore import AtypicalImages, ClassDifferences, ClassImages, Samples
from tooeasy.giveaways import Audit
from tooeasy.ladder import Comparison, Ladder
from tooeasy.pixels import PixelMap, PixelStudy
from tooeasy.report.budget_chart import budget_chart, largest
from tooeasy.report.giveaways import giveaways
from tooeasy.report.ladder_chart import ladder_chart
from tooeasy.report.matrix import matrix
from tooeasy.report.page import environment, style
from tooeasy.report.strips import atypical_strips, sample_strips
from tooeasy.report.tiles import map_tiles, mean_tiles, own_difference_tiles, template_tiles
from tooeasy.templates import BudgetStudy, TemplateStudy


@singledispatch
def to_notebook(result: Any) -> str | None:  # noqa: ARG001
    """Return a result as HTML for a notebook; None where there is no such form of it.

    Parameters
    ----------
    result : any result

    Returns
    -------
    str or None

    Examples
    --------
    >>> import tooeasy
    >>> html = to_notebook(tooeasy.mean_images("digits"))
    >>> html.count("<img")
    10
    """
    return None


@to_notebook.register
def _(ladder: Ladder) -> str:
    return _fragment("notebook/ladder.html.j2", ladder, chart=ladder_chart([ladder]), ladder=ladder)


@to_notebook.register
def _(comparison: Comparison) -> str:
    return _fragment("notebook/comparison.html.j2", comparison, comparison=comparison)


@to_notebook.register
def _(study: PixelStudy) -> str:
    return _fragment("matrix.html.j2", study, matrix=matrix(study, ()))


@to_notebook.register
def _(found: PixelMap) -> str:
    return _fragment("tiles.html.j2", found, tiles=map_tiles(found))


@to_notebook.register
def _(study: TemplateStudy) -> str:
    return _fragment("tiles.html.j2", study, tiles=template_tiles(study))


@to_notebook.register
def _(means: ClassImages) -> str:
    return _fragment("tiles.html.j2", means, tiles=mean_tiles(means))


@to_notebook.register
def _(differences: ClassDifferences) -> str:
    return _fragment("tiles.html.j2", differences, tiles=own_difference_tiles(differences))


@to_notebook.register
def _(budget: BudgetStudy) -> str:
    return _fragment("budget_chart.html.j2", budget, chart=budget_chart(budget, largest([budget])))


@to_notebook.register
def _(samples: Samples) -> str:
    return _fragment("strips.html.j2", samples, strips=sample_strips(samples))


@to_notebook.register
def _(atypical: AtypicalImages) -> str:
    return _fragment("strips.html.j2", atypical, strips=atypical_strips(atypical))


@to_notebook.register
def _(audit: Audit) -> str:
    return _fragment("giveaways.html.j2", audit, giveaways=giveaways(audit))


def _fragment(template: str, result: Any, **context: Any) -> str:
    """Put a component, below what the result calls itself, into a piece of HTML that brings its own style."""
    inner = environment().get_template(template).render(**context)
    head = Markup("<p class='small'>{}</p>").format(repr(result))
    return f"<div class='tooeasy part'><style>{style()}</style>{head}{inner}</div>"
