"""What an audit found, on a terminal: the gravest first, each with what to do about it."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tooeasy.giveaways import Audit, Finding
from tooeasy.giveaways.words import counted, low_rungs, verdict, where
from tooeasy.ladder import Ladder
from tooeasy.text import printable

STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold"}  # beside the word, never instead of it
NAMED = 3  # images of a finding
INDENT = 2


def show(audit: Audit, ladder: Ladder | None) -> None:
    """Print findings, what was not looked at, and the verdict."""
    console = Console(highlight=False)
    console.print(_head(audit))
    told: set[str] = set()
    for finding in audit.findings:
        console.print()
        console.print(Text.assemble((finding.severity, STYLES[finding.severity]), "  ", (finding.about.title, "bold")))
        console.print(Padding(Text(printable(finding.message)), (0, 0, 0, INDENT)))
        console.print(Padding(_rows(finding, reasons=finding.check not in told), (0, 0, 0, INDENT)))
        told.add(finding.check)
    _show_skipped(audit, console)
    console.print()
    for line in filter(None, (low_rungs(audit, ladder), f"verdict: {verdict(audit)}")):
        console.print(Text(printable(line)))


def _head(audit: Audit) -> Text:
    held_out = f"; {audit.n_test:,} held out ({audit.held_out})" if audit.n_test else ""
    size = f"{len(audit.classes):,} classes, {audit.n_train:,} training images{held_out}"
    return Text.assemble((printable(audit.dataset), "bold"), f"  {printable(size)}\n{counted(audit)}")


def _rows(finding: Finding, *, reasons: bool) -> Table:
    """What is told of a finding besides; why it matters and what to do only for the first of a check."""
    rows = _grid()
    if reasons:
        rows.add_row("why", finding.about.why)
        rows.add_row("do", finding.about.advice)
    if finding.places:
        rows.add_row("where", "; ".join(where(place) for place in finding.places))
    if finding.images:
        more = ", ..." if len(finding.images) > NAMED else ""
        rows.add_row("images", Text(", ".join(printable(str(one)) for one in finding.images[:NAMED]) + more))
    rows.add_row("id", Text(printable(finding.id), style="dim"))
    return rows


def _show_skipped(audit: Audit, console: Console) -> None:
    if audit.skipped:
        console.print("\nnot looked at", style="bold")
        rows = _grid()
        for name, why in audit.skipped.items():
            rows.add_row(Text(printable(name)), Text(printable(why)))
        console.print(Padding(rows, (0, 0, 0, INDENT)))
    for note in audit.notes:
        console.print(Text(f"note: {printable(note)}", style="dim"))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    return grid
