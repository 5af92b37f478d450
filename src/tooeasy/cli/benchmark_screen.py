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

REASONS = 10  # that are printed why settings have no accuracy


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
    for setting in settings:
        published = published_of(setting)
        cells = ["" if published[name] is None else f"{published[name]:.1%}" for name in ("fashion-mnist", "mnist")]
        table.add_row(Text(str(setting)), *cells)
    console.print(table)
    refused = [(setting.family, "not run", why) for setting in settings if (why := refusal(setting))]
    console.print(f"{len(settings)} settings, {len(settings) - len(refused)} of which can be run; published accuracies")
    _show_reasons(refused, console)


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
    """Say what has no accuracy, and why."""
    unscored = [result for result in found.results if result.status != "ok"]
    _show_reasons([(result.setting.family, result.status, result.why or "") for result in unscored], console)


def _show_reasons(unscored: Sequence[tuple[str, str, str]], console: Console) -> None:
    """Print each reason once, with how many settings of which family it is of."""
    counts = Counter(unscored)
    for (family, status, why), count in list(counts.items())[:REASONS]:
        console.print(f"[dim]{count} of {family} {status}: {_name(why)}[/]")
    if len(counts) > REASONS:
        console.print(f"[dim]and {len(counts) - REASONS} more reasons; --csv and --json have all[/]")


def _name(text: str) -> str:
    return escape(printable(text))
