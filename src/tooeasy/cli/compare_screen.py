"""Datasets side by side on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.ladder import Card, Comparison
from tooeasy.text import in_hundredths, printable

HARDEST = 3  # pairs named of each dataset


def show(result: Comparison) -> None:
    """Print the rungs side by side, the hardest pairs of each, and the verdict."""
    console = Console(highlight=False)
    console.print(_table(result))
    for card in result.cards:
        console.print(f"hardest pairs of {_name(card.name)}: {_name(_hardest(card))}")
    for line in _origins(result.cards):
        console.print(f"[dim]{_name(line)}[/]")
    console.print()
    for line in result.verdict():
        console.print(_name(line))


def _table(result: Comparison) -> Table:
    cards = result.cards
    table = Table(title="test accuracy in %, and bits", title_justify="left", title_style="bold", box=None)
    table.add_column("", no_wrap=True)
    for card in cards:
        table.add_column(Text(printable(card.name)), justify="right")
    pixels = [card.content["pixels"]["summary"]["mean_test_accuracy"] for card in cards]
    table.add_row("one pixel per pair", *("–" if mean is None else f"{100 * mean:.1f}" for mean in pixels))  # noqa: RUF001
    for name in result.rungs:
        table.add_row(Text(printable(name)), *(_cell(card, name) for card in cards))
    return table


def _cell(card: Card, name: str) -> str:
    rung = card.rungs.get(name)
    if rung is None:
        return "–"  # noqa: RUF001
    bits = "" if rung["usable_bits"] is None else f"  {in_hundredths(rung['usable_bits'])}"
    return f"{100 * rung['test_accuracy']:.1f}{bits:>6}"


def _hardest(card: Card) -> str:
    pairs = card.content["pixels"]["pairs"][:HARDEST]
    found = []
    for pair in pairs:
        rate = pair["test_accuracy"] if pair["test_accuracy"] is not None else pair["train_accuracy"]
        found.append(f"{card.classes[pair['a']]} – {card.classes[pair['b']]} ({rate:.1%})")  # noqa: RUF001
    return ", ".join(found)


def _origins(cards: tuple[Card, ...]) -> list[str]:
    """Say which cards came with the package, and what they were made with; a line for those made alike."""
    names: dict[str, list[str]] = {}
    for card in cards:
        if card.shipped:
            made, options = card.content["made_by"], card.content["options"]
            versions = ", ".join(f"{package} {version}" for package, version in sorted(made.items()))
            how = f"seed {options['seed']}, a budget of {options['budget_seconds']:.0f} s for all rungs; {versions}"
            names.setdefault(how, []).append(card.name)
    return [f"from the cards that come with tooeasy: {', '.join(same)} ({how})" for how, same in names.items()]


def _name(text: str) -> str:
    return escape(printable(text))
