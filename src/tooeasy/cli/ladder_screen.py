"""A ladder on a terminal: a table that fills as rungs finish, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.cli.streams import shows_progress
from tooeasy.data import Dataset, catalog_entry
from tooeasy.ladder import Ladder, Perturbation, PublishedScore, RungScore
from tooeasy.ladder.published import published_scores
from tooeasy.ladder.shipped import shipped_cards
from tooeasy.text import in_hundredths, printable

NARROW = 76  # columns below which only accuracy and bits are shown


class Screen:
    """The rungs so far, and what the next one is doing.

    Parameters
    ----------
    head, title : str
        Above the table, and its title.
    console : Console
        Where it is not a terminal, the table is printed once, at the end.
    published : sequence of PublishedScore
        Rows below the rungs.
    """

    def __init__(self, head: str, title: str, console: Console, published: Sequence[PublishedScore] = ()) -> None:
        self.head = head
        self.title = title
        self.console = console
        self.published = published
        self.rungs: list[RungScore] = []
        self.doing = ""
        self.live: Live | None = None

    def add(self, rung: RungScore) -> None:
        """Show a rung that is done."""
        self.rungs.append(rung)
        self.doing = ""
        self._update()

    def tell(self, name: str, words: str) -> None:
        """Show what a rung is doing."""
        if not self.rungs and not self.doing:  # nothing is printed before it is known that there is a climb
            self.console.print(self.head)
        self.doing = f"{name}: {words} ..."
        self._update()

    def _update(self) -> None:
        if self.live is not None:
            self.live.update(Group(self.table(), Text(self.doing, style="dim")))

    def table(self) -> Table:
        """Return the rungs so far, and below them what is published."""
        wide = self.console.width >= NARROW
        table = Table(title=self.title, title_justify="left", title_style="bold", box=None)
        table.add_column("rung", no_wrap=True)
        for column in ("test accuracy", "95% interval", "bits", *(("pixels", "images", "seconds") if wide else ())):
            table.add_column(column, justify="right", no_wrap=True)
        for rung in self.rungs:
            table.add_row(rung.rung, *_cells(rung, wide=wide))
        for known in self.published:
            table.add_row(known.label, f"{known.accuracy:.1%}", style="dim")
        return table


@contextmanager
def live(data: Dataset, perturbation: Perturbation | None) -> Iterator[Screen]:
    """Show rungs while they are climbed."""
    console = Console(highlight=False)
    tested = f"; tested on {len(data.test):,}" if data.test is not None else ""
    size = f"{len(data.classes)} classes, {len(data.train):,} training images"
    head = f"[bold]{escape(printable(data.name))}[/]  {size}{tested}"
    if perturbation:
        screen = Screen(head, f"all images {perturbation}", console)
    else:
        screen = Screen(head, "", console, published_scores(data))
    if not (console.is_terminal and shows_progress()):
        yield screen
        console.print(screen.table())
    else:
        with Live(console=console, refresh_per_second=4) as shown:
            screen.live = shown
            yield screen
            shown.update(screen.table())
    missing: dict[str, list[str]] = {}
    for rung in screen.rungs:
        if rung.score is None:
            missing.setdefault(rung.why, []).append(rung.rung)
    for why, names in missing.items():
        console.print(f"[dim]{', '.join(names)}: {escape(printable(why))}[/]")
    if missing and not data.train.has_images and catalog_entry(data) and data.name in shipped_cards():
        console.print(f"[dim]all rungs are on the card that comes with tooeasy: tooeasy card {data.name} --shipped[/]")
    if kept := [rung.rung for rung in screen.rungs if rung.cached]:
        console.print(f"[dim]kept from an earlier climb, with its seconds: {', '.join(kept)} (--no-cache: anew)[/]")


def show_verdicts(ladders: Sequence[Ladder]) -> None:
    """Print what the ladder says, and what perturbing the images takes away."""
    console = Console(highlight=False)
    console.print()
    for line in ladders[0].verdict():
        console.print(escape(printable(line)))
    for note in ladders[0].notes:
        console.print(f"[dim]note: {escape(printable(note))}[/]")
    if len(ladders) > 1:
        _show_losses(ladders[0], ladders[1], console)


def _show_losses(plain: Ladder, perturbed: Ladder, console: Console) -> None:
    table = Table(title=f"all images {perturbed.perturbation}", title_justify="left", title_style="bold", box=None)
    table.add_column("rung", no_wrap=True)
    for column in ("as they are", "perturbed", "lost"):
        table.add_column(column, justify="right", no_wrap=True)
    after = {rung.rung: rung for rung in perturbed.rungs if rung.score is not None}
    for rung in plain.rungs:
        if rung.score is not None and rung.rung in after:
            other = after[rung.rung].test_accuracy
            lost = 100 * (rung.test_accuracy - other)
            table.add_row(rung.rung, f"{rung.test_accuracy:.1%}", f"{other:.1%}", f"{lost:.1f}")
    console.print()
    console.print(table)


def _cells(rung: RungScore, *, wide: bool) -> list[str]:
    if rung.score is None:
        return ["–"]  # noqa: RUF001
    low, high = rung.score.test_interval
    bits = "–" if rung.bits is None else in_hundredths(rung.bits)  # noqa: RUF001
    cells = [f"{rung.test_accuracy:.1%}", f"{100 * low:.1f} to {100 * high:.1f}", bits]
    if wide:
        images = f"{rung.images:,}" if rung.images == rung.of else f"{rung.images:,} of {rung.of:,}"
        cells += [f"{rung.pixels:,}", images, f"{rung.fit_seconds + rung.predict_seconds:.1f}"]
    return cells
