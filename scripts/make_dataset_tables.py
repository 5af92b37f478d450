"""Print the tables of docs/which-dataset.md, or write them there: our cards, and published figures of the catalog.

python scripts/make_dataset_tables.py [--write]

Both are made of what the package has: nothing is climbed or downloaded. A test fails where the page has other tables.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from tooeasy import Card, known_datasets
from tooeasy.data import CatalogEntry
from tooeasy.ladder import shipped_card

PAGE = Path(__file__).resolve().parents[1] / "docs" / "which-dataset.md"
HEADS = {
    "| our cards |": ("one pixel a pair", "mean template", "softmax", "CNN", "90% from", "95% from", "99% from"),
    "| catalog |": ("classes", "images", "pixels", "licence", "people", "simple classifiers", "best", "ceiling"),
}
REACHED = (0.90, 0.95, 0.99)


def tables() -> dict[str, str]:
    """Return each table in Markdown, by the first cell of its head."""
    cards = (card for card in map(shipped_card, known_datasets()) if card is not None)
    rows = (map(card_row, cards), map(entry_row, known_datasets().values()))
    return {head: table(head, names, body) for (head, names), body in zip(HEADS.items(), rows, strict=True)}


def table(head: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table whose head starts with a cell that is in it already."""
    lines = [f"{head} {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def card_row(card: Card) -> list[str]:
    """Say of a dataset how far some rungs get, and which are the first to be right so often."""
    pair = card.content["pixels"]["summary"]["mean_test_accuracy"]
    rungs = {name: rung["test_accuracy"] for name, rung in card.rungs.items()}
    accuracies = [pair, *(rungs[name] for name in ("mean-template", "softmax", "cnn"))]
    first = [next((name for name, found in rungs.items() if found >= goal), "none") for goal in REACHED]
    return [card.name, *map(percent, accuracies), *first]


def entry_row(entry: CatalogEntry) -> list[str]:
    """Say of a dataset what the catalog knows of it."""
    return [
        entry.name,
        f"{entry.class_count:,}",
        f"{sum(entry.images.values()):,}",
        "x".join(map(str, entry.shape)),
        entry.licence,
        *(figures(entry, kind) for kind in ("human", "baseline", "record", "ceiling")),
    ]


def figures(entry: CatalogEntry, kind: str) -> str:
    """Published accuracies of a kind, from the lowest to the highest."""
    found = sorted(figure.accuracy for figure in entry.figures if figure.kind == kind)
    return " to ".join(percent(accuracy, 2) for accuracy in dict.fromkeys((found[0], found[-1]))) if found else ""


def percent(accuracy: float, digits: int = 1) -> str:
    """Write a fraction in percent."""
    return f"{100 * accuracy:.{digits}f}%"


def written(page: str) -> str:
    """Return the page with its tables made anew."""
    for head, made in tables().items():
        before, _, rest = page.partition(head)
        if not rest:
            raise SystemExit(f"the page has no table that starts with {head}")
        page = before + made + rest[rest.index("\n\n") + 1 :]
    return page


def main() -> None:
    """Print the tables; replace those in the page where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the tables in docs/which-dataset.md")
    if parser.parse_args().write:
        PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    else:
        print("\n".join(tables().values()), end="")


if __name__ == "__main__":
    main()
