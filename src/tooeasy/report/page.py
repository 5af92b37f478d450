"""Chapters to one HTML page: each component makes its part, and this puts them in order."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tooeasy.ladder import Comparison
from tooeasy.report.budget_chart import budget_chart, largest
from tooeasy.report.chapter import Chapter
from tooeasy.report.explorer import MOST_CELLS, explorer
from tooeasy.report.facts import facts, how_made, made_line
from tooeasy.report.giveaways import giveaways
from tooeasy.report.headline import headline
from tooeasy.report.ladder_chart import ladder_chart
from tooeasy.report.matrix import matrix
from tooeasy.report.strips import atypical_strips, sample_strips
from tooeasy.report.tiles import difference_limit, difference_tiles, mean_tiles, template_tiles
from tooeasy.text import in_hundredths

STYLES = ("report.css", "explorer.css")
SCRIPTS = ("explorer.js", "report.js")


@dataclass(frozen=True)
class Section:
    """A part of the page: where links go, its heading, and its template in ``templates/sections``."""

    id: str
    title: str


SECTIONS = (
    Section("ladder", "How far up must one climb?"),
    Section("pixels", "What one pixel tells"),
    Section("giveaways", "What gives the class away"),
    Section("means", "What the classes look like"),
    Section("templates", "One picture for each class"),
    Section("budget", "How many pixels suffice?"),
    Section("samples", "Images, picked by chance"),
    Section("atypical", "Images least like their class"),
    Section("facts", "The data"),
    Section("made", "How this was made"),
    Section("measures", "What the measures mean"),
)


@dataclass(frozen=True)
class Page:
    """What the page's template needs beside the chapters.

    Attributes
    ----------
    title : str
    style, scripts : Markup
        Our own files; they hold nothing of the data.
    policy : str
        Content-Security-Policy: no request leaves the page, and no script runs but ours.
    """

    title: str
    style: Markup
    scripts: tuple[Markup, ...]
    policy: str


def render_page(chapters: Sequence[Chapter], command: str) -> str:
    """Put chapters into one HTML page.

    Parameters
    ----------
    chapters : sequence of Chapter
        One dataset, or several side by side.
    command : str
        What the page was made by, for those who want to make it again.

    Returns
    -------
    str
        HTML that needs nothing else.
    """
    names = [chapters[0].title] if len(chapters) == 1 else [chapter.name for chapter in chapters]
    scripts = tuple(Markup(_static(name)) for name in SCRIPTS)  # noqa: S704  # ours
    page = Page(
        f"How easy {'is' if len(names) == 1 else 'are'} {_listed(names)}?",
        style(),
        scripts,
        _policy(scripts),
    )
    return (
        environment().get_template("page.html.j2").render(page=page, sections=SECTIONS, **_contents(chapters, command))
    )


def _contents(chapters: Sequence[Chapter], command: str) -> dict[str, Any]:
    """What each component makes of the chapters; None where no chapter has it."""
    cards = tuple(chapter.card for chapter in chapters if chapter.card is not None)
    ladders = [chapter.ladder for chapter in chapters if chapter.ladder is not None]
    budgets = [chapter.budget for chapter in chapters if chapter.budget is not None]
    most = largest(budgets) if budgets else 1
    limit = max(difference_limit(chapter.differences, chapter.pixels) for chapter in chapters)
    explorers = [
        explorer(chapter.pixels, number=number, title=chapter.title, most_cells=MOST_CELLS // len(chapters))
        for number, chapter in enumerate(chapters, start=1)
    ]
    return {
        "chapters": chapters,
        "explorers": explorers,
        "matrices": [
            matrix(chapter.pixels, one.pairs, of=chapter.name if len(chapters) > 1 else "")
            for chapter, one in zip(chapters, explorers, strict=True)
        ],
        "headlines": [headline(chapter) for chapter in chapters],
        "comparison": Comparison(cards).verdict() if len(cards) > 1 else (),
        "ladder": ladder_chart(ladders) if ladders else None,
        "giveaways_of": [giveaways(chapter.audit) if chapter.audit else None for chapter in chapters],
        "means": [mean_tiles(chapter.means) for chapter in chapters],
        "differences": [difference_tiles(chapter.differences, chapter.pixels, limit) for chapter in chapters],
        "templates": [template_tiles(chapter.templates[0]) if chapter.templates else None for chapter in chapters],
        "budgets": [budget_chart(chapter.budget, most) if chapter.budget else None for chapter in chapters],
        "samples": [sample_strips(chapter.samples) if chapter.samples else None for chapter in chapters],
        "atypical": [atypical_strips(chapter.atypical) if chapter.atypical else None for chapter in chapters],
        "facts": facts(chapters),
        "made": how_made(chapters, command),
        "made_line": made_line(chapters),
    }


@cache
def environment() -> Environment:
    """Templates; whatever they are given is escaped."""
    made = Environment(
        loader=PackageLoader("tooeasy.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["json_for_script"] = _json_for_script
    made.filters["in_hundredths"] = in_hundredths
    return made


def style() -> Markup:
    """Our style sheets, which hold nothing of the data."""
    return Markup("".join(_static(name) for name in STYLES))  # noqa: S704


def _json_for_script(value: Any) -> Markup:
    """JSON that cannot end the script element that it stands in."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  # nothing in it can be a tag


def _policy(scripts: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    forbidden = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{forbidden}; img-src data:; style-src 'unsafe-inline'; script-src {hashes}"


def _static(name: str) -> str:
    return (files("tooeasy.report") / "static" / name).read_text("utf-8")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
