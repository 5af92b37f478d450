"""The benchmark on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from tooeasy.baselines import Benchmark, Setting, SettingResult, published_of, refusal
from tooeasy.text import printable

UNSCORED = 10  # settings without an accuracy that are named


def show(found: Benchmark) -> None:
    """Print the best setting of each family, and what has no accuracy."""
    console = Console(highlight=False)
    size = "x".join(map(str, found.shape))
    console.print(
        f"[bold]{_name(found.dataset)}[/]  {len(found.results)} settings of scikit-learn {found.scikit_learn} on "
        f"{found.n_train:,} images of {size}"
    )
    console.print(f"[dim]tested on {found.n_test:,}: {_name(found.held_out or '')}; {_repeats(found)}[/]")
    for note in found.notes:
        console.print(f"[dim]note: {_name(note)}[/]")
    if found.best:
        console.print(_table(found))
    _show_unscored(found, console)


def show_settings(settings: Sequence[Setting]) -> None:
    """Print all settings, with what was published and why some cannot be run."""
    console = Console(highlight=False)
    table = Table(box=None)
    table.add_column("setting")
    for name in ("fashion-mnist", "mnist"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for setting in settings:
        published = published_of(setting)
        cells = ["" if published[name] is None else f"{published[name]:.1%}" for name in ("fashion-mnist", "mnist")]
        table.add_row(Text(str(setting)), *cells, Text(refusal(setting) or "", style="dim"))
    console.print(table)
    can = sum(refusal(setting) is None for setting in settings)
    console.print(f"{len(settings)} settings, {can} of which can be run; accuracies as published")


def _table(found: Benchmark) -> Table:
    table = Table(box=None)
    table.add_column("best setting of each family")
    for column in ("test accuracy", "seconds"):
        table.add_column(column, justify="right", no_wrap=True)
    if found.published is not None:
        table.add_column("published", justify="right", no_wrap=True)
    for result in found.best.values():
        cells = [_accuracy(result), f"{result.fit_seconds:.3g}"]
        if found.published is not None:
            cells.append("" if result.published_accuracy is None else f"{result.published_accuracy:.1%}")
        table.add_row(Text(str(result.setting)), *cells)
    return table


def _accuracy(result: SettingResult) -> str:
    spread = "" if np.isnan(result.spread) else f" ± {100 * result.spread:.1f}"
    return f"{result.test_accuracy:.1%}{spread}"


def _repeats(found: Benchmark) -> str:
    last = found.seed + found.repeats - 1
    if found.repeats == 1:
        return f"1 repeat, seed {found.seed}"
    return f"{found.repeats} repeats, seeds {found.seed} to {last}, ± one standard deviation"


def _show_unscored(found: Benchmark, console: Console) -> None:
    """Name what has no accuracy, and why."""
    unscored = [result for result in found.results if result.status != "ok"]
    if not unscored:
        return
    counts = Counter(result.status for result in unscored)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    console.print(f"without accuracy: {told}")
    for result in unscored[:UNSCORED]:
        console.print(f"[dim]  {_name(str(result.setting))}: {result.status}; {_name(result.why or '')}[/]")
    if len(unscored) > UNSCORED:
        console.print(f"[dim]  and {len(unscored) - UNSCORED} more; --csv and --json have all[/]")


def _name(text: str) -> str:
    return escape(printable(text))
