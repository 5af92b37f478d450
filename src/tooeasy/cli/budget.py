"""``tooeasy pixels --budget``: how many pixels a linear rule needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.cli.console import print_json, progress
from tooeasy.data import load
from tooeasy.templates import BudgetStudy, study_budget
from tooeasy.text import printable

LISTED = 10  # pixels named on screen


def run(
    sources: list[str],
    pair: tuple[str, str] | None,
    test: str | None,
    *,
    figure: Path | None,
    dark: bool,
    json: bool,
    reading: dict[str, Any],
) -> None:
    """Study, draw, print."""
    studies = []
    for source in sources:
        with progress(f"choosing pixels of {source}"):
            held_out = None if test is None else load(test, **{**reading, "split": None})
            studies.append(study_budget(load(source, **reading), pair=pair, test=held_out, seed=reading["seed"]))
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            shown = [part for study in studies for part in (study, study.forward_order, study.lasso_order)]
            save(shown, figure, dark=dark, columns=3)
    if json:
        from tooeasy.templates.budget import to_json_object

        print_json(to_json_object(studies))
    else:
        show(studies)


def show(studies: list[BudgetStudy]) -> None:
    """Print how many pixels suffice, and the first ones."""
    console = Console(highlight=False)
    for study in studies:
        what = " or ".join(study.classes) if len(study.classes) == 2 else f"all {len(study.classes)} classes"
        console.print(f"[bold]{_name(study.dataset)}[/]  how many pixels a linear rule needs for {_name(what)}")
        low, high = study.full.test_interval
        console.print(
            f"least squares on all pixels: {study.full.test_accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f}) "
            f"of {study.full.images:,} held-out images; largest class {study.full.largest_class:.1%}"
        )
        for note in study.notes:
            console.print(f"[dim]note: {_name(note)}[/]")
        console.print(_table(study))
        first = ", ".join(_position(pixel, study.shape[2]) for pixel in study.forward_order.pixels[:LISTED])
        console.print(f"the first {min(LISTED, len(study.forward_order.pixels))} chosen: {first}\n")


def _table(study: BudgetStudy) -> Table:
    table = Table(box=None)
    for column, least in (("of the full accuracy", 4), ("pixels", 5), ("test accuracy", 5)):
        table.add_column(column, justify="right", min_width=least)
    found = dict(zip(study.forward.pixels, study.forward.test_accuracy, strict=True))
    for fraction, k in study.enough.items():
        table.add_row(f"{fraction:.0%}", Text(str(k), style="bold"), f"{found[k]:.1%}")
    return table


def _position(pixel: tuple[int, int, int], channels: int) -> str:
    return f"({pixel[0]},{pixel[1]}" + (f",{pixel[2]})" if channels > 1 else ")")


def _name(text: str) -> str:
    return escape(printable(text))
