"""Measures of complexity on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.complexity import MEASURES, Complexity
from tooeasy.text import printable


def show(results: Sequence[Complexity]) -> None:
    """Print one table with a column for each dataset, and what is to be said about them."""
    console = Console(highlight=False)
    console.print("[bold]complexity[/]  of the training images; higher is harder, from 0 to 1, CSG from 0")
    for result in results:
        _show_dataset(result, console)
    console.print(_table(results))


def _show_dataset(result: Complexity, console: Console) -> None:
    name = escape(printable(result.dataset))
    console.print(f"[dim]{name}: {result.images:,} images of {len(result.classes)} classes[/]")
    for note in result.notes:
        console.print(f"[dim]note: {escape(printable(note))}[/]")
    for reason in dict.fromkeys(result.missing.values()):
        names = ", ".join(name for name, why in result.missing.items() if why == reason)
        console.print(f"[dim]without {names}: {escape(printable(reason))}[/]")


def _table(results: Sequence[Complexity]) -> Table:
    table = Table(box=None)
    table.add_column("measure", no_wrap=True)
    for result in results:
        table.add_column(Text(printable(result.dataset)), justify="right")
    table.add_column("what it is")
    for name, measure in MEASURES.items():
        if any(name in result.values for result in results):
            table.add_row(name, *(_value(result, name) for result in results), measure.title)
    return table


def _value(result: Complexity, name: str) -> str:
    if name not in result.values:
        return "–"  # noqa: RUF001
    value = result.values[name]
    return f"{value:.4f}" if value == 0 or value >= 0.0005 else f"{value:.1e}"
