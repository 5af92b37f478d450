"""Templates on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.templates import TemplateGrowth, TemplateStudy
from tooeasy.text import printable

MOST_CLASSES = 12  # that a confusion matrix has room for
LONGEST = 24  # letters of a name
CONFUSED = 3  # pairs named in the table
NARROW, NARROWEST = 64, 48  # columns of a terminal below which the table leaves out confused pairs, and intervals


def show(studies: Sequence[Sequence[TemplateStudy]], growths: Sequence[TemplateGrowth]) -> None:
    """Print a table for each dataset, the confusion matrix if there is one kind, and the comparison of several."""
    console = Console(highlight=False)
    for of_one in studies:
        _show_dataset(of_one, console)
    for growth in growths:
        _show_growth(growth, console)
    if len(studies) > 1:
        _show_comparison(studies, console)


def _show_dataset(studies: Sequence[TemplateStudy], console: Console) -> None:
    first = studies[0]
    size = "x".join(map(str, first.shape))
    console.print(f"[bold]{_name(first.dataset)}[/]  one template of {size} for each of {len(first.classes)} classes")
    if first.score is None:
        console.print(f"[dim]fitted to {first.n_train:,} images, and not scored: there are no held-out images[/]")
    else:
        tested = f"tested on {first.score.images:,}: {first.held_out}; largest class {first.score.largest_class:.1%}"
        console.print(f"[dim]fitted to {first.n_train:,} images, {_name(tested)}[/]")
    for note in dict.fromkeys(note for study in studies for note in study.notes):
        console.print(f"[dim]note: {_name(note)}[/]")
    console.print(_table(studies, console.width))
    if len(studies) == 1 and first.score is not None:
        if console.width < NARROW and _confused(first):
            console.print(Text(f"most confused: {_confused(first)}"))
        matrix = _matrix(first) if len(first.classes) <= MOST_CLASSES else None
        if matrix and console.measure(matrix, options=console.options.update(width=1000)).maximum <= console.width:
            console.print("[dim italic]answers in % of each class[/]")
            console.print(matrix)
    console.print()


def _table(studies: Sequence[TemplateStudy], width: int) -> Table:
    cells = [[_kind(study), *_accuracy(study), _confused(study)] for study in studies]
    columns = ["template", "test accuracy", "95% interval", "most confused: class → answer"]
    columns = columns[: 2 if width < NARROWEST else 3 if width < NARROW else 4]
    table = Table(box=None)
    for number, column in enumerate(columns):
        if number == 0:
            least = min(width // 3, max(len(word) for row in cells for word in row[0].split()))
        else:
            least = max(len(row[number]) for row in cells) if number < 3 else 0
        table.add_column(column, justify="right" if number in (1, 2) else "left", min_width=least)
    for row in cells:
        table.add_row(*(Text(cell) for cell in row[: len(columns)]))
    return table


def _kind(study: TemplateStudy) -> str:
    """Kind of the templates, and what was asked for besides."""
    asked = study.settings.to_dict()
    words: list[str] = [study.settings.kind]
    if study.settings.kind == "centred-means":
        words.append(f"({asked['centre']})")
    if asked["intercept"] is False:
        words.append("without intercept")
    if study.settings.alpha is not None:
        words.append(f"alpha {study.settings.alpha:.3g}")
    if study.settings.penalty == "l1":
        words.append("with L1 penalty")
    if study.settings.binarize is not None:
        words.append(f"binarized at {study.settings.binarize:g}")
    return " ".join(words)


def _accuracy(study: TemplateStudy) -> tuple[str, str]:
    if study.score is None:
        return "–", ""  # noqa: RUF001
    low, high = study.score.test_interval
    return f"{study.test_accuracy:.1%}", f"{100 * low:.1f} to {100 * high:.1f}"


def _confused(study: TemplateStudy) -> str:
    if study.score is None:
        return ""
    return ", ".join(
        f"{_short(study.classes[a])} → {_short(study.classes[b])} ({n})"
        for a, b, n in study.score.most_confused(CONFUSED)
    )


def _matrix(study: TemplateStudy) -> Table:
    """Confusion matrix in percent of each class."""
    score = study.score
    assert score is not None  # noqa: S101
    rates = 100 * score.confusion / np.maximum(score.confusion.sum(axis=1, keepdims=True), 1)
    table = Table(box=None)
    table.add_column("", justify="right")
    for name in study.classes:
        table.add_column(Text(_short(name, 6)), justify="right", no_wrap=True)
    for a, name in enumerate(study.classes):
        cells = [
            Text("·" if rate < 0.5 else f"{rate:.0f}", style="bold" if a == b else "")
            for b, rate in enumerate(rates[a])
        ]
        table.add_row(Text(_short(name)), *cells)
    return table


def _show_growth(growth: TemplateGrowth, console: Console) -> None:
    inside, outside = growth.inside.sum(axis=1), growth.outside.sum(axis=1)
    middles = (growth.edges[:-1] + growth.edges[1:]) / 2
    positive = middles > 0
    title = f"weights of training images in least-squares templates, ridge penalty {growth.alpha:g}"
    console.print(f"[bold]{_name(growth.dataset)}: {title}[/]")
    table = Table(box=None)
    table.add_column("template")
    for column in ("its class: positive", "other classes: positive"):
        table.add_column(column, justify="right")
    for label, name in enumerate(growth.classes[: 2 * MOST_CLASSES]):
        own = growth.inside[label][positive].sum() / max(inside[label], 1)
        other = growth.outside[label][positive].sum() / max(outside[label], 1)
        table.add_row(Text(_short(name)), f"{own:.0%}", f"{other:.0%}")
    console.print(table)
    console.print()


def _show_comparison(studies: Sequence[Sequence[TemplateStudy]], console: Console) -> None:
    console.print("[bold]side by side, test accuracy in %[/]")
    table = Table(box=None)
    table.add_column("template")
    for of_one in studies:
        table.add_column(Text(printable(of_one[0].dataset)), justify="right")
    for row in zip(*studies, strict=True):
        table.add_row(_kind(row[0]), *(_accuracy(study)[0].rstrip("%") for study in row))
    console.print(table)


def _name(text: str) -> str:
    return escape(printable(text))


def _short(name: str, most: int = LONGEST) -> str:
    line = printable(name)
    return line if len(line) <= most else line[: most - 1] + "…"
