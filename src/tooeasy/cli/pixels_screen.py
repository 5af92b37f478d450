"""A one-pixel study on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.style import Style
from rich.table import Table
from rich.text import Text

from tooeasy.pixels import PixelMap, PixelScore, PixelStudy
from tooeasy.text import printable

MOST_CLASSES = 12  # that a triangle of pairs has room for
LONGEST = 24  # letters of a name
LISTED = 10  # pairs at either end, where it has not

# Viridis at equal steps, as in the figures; and the same from thin to dense where there is no colour.
_COLOURS = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"]
_DENSITIES = " .:-=+*#"


def show(studies: Sequence[PixelStudy], maps: Sequence[PixelMap]) -> None:
    """Print studies, maps if there are any, and the comparison of several."""
    console = Console(highlight=False)
    for study in studies:
        _show_study(study, console)
    for found in maps:
        _show_map(found, console)
    if len(studies) > 1:
        _show_comparison(studies, console)


def _show_study(study: PixelStudy, console: Console) -> None:
    console.print(f"[bold]{_name(study.dataset)}[/]  one pixel for each pair of classes, {study.rule} rule")
    console.print(f"[dim]{_name(_data_line(study))}[/]")
    for note in study.notes:
        console.print(f"[dim]note: {_name(note)}[/]")
    if len(study.classes) == 2:
        console.print(_only_pair_line(study), end="\n\n")
        return
    triangle = len(study.classes) <= MOST_CLASSES and _triangle_width(study) <= console.width
    console.print(_triangle(study) if triangle else _extremes(study))
    if triangle:
        positions = "row,column" if study.shape[2] == 1 else "row,column,channel"
        console.print(f"[dim italic]{_accuracy_word(study)} in %, over the pixel's {positions}[/]")
    console.print(_summary_line(study))
    console.print(_all_classes_line(study))
    console.print()


def _data_line(study: PixelStudy) -> str:
    size = "x".join(map(str, study.shape))
    trained = f"{int(study.train.images_per_class.sum()):,} training images of {size}, {study.train.levels} levels"
    normalized = ", l2-normalised" if study.train.quantization.normalize == "l2" else ""
    if study.test is None:
        return f"{trained}{normalized}; no held-out images: all accuracies are of the training images"
    return f"{trained}{normalized}; tested on {int(study.test.images_per_class.sum()):,}: {study.held_out}"


def _triangle(study: PixelStudy) -> Table:
    """Pairs as the upper triangle of a matrix: accuracy in percent over the pixel's position."""
    width = _cell_width(study)
    table = Table(box=None, padding=0)
    table.add_column("", justify="right")
    for name in study.classes[1:]:
        table.add_column(Text(_short(printable(name), width - 1)), justify="center", min_width=width, no_wrap=True)
    for a, name in enumerate(study.classes[:-1]):
        cells = [_cell(study.pair(a, b), study.shape[2], width) if b > a else "" for b in range(1, len(study.classes))]
        table.add_row(Text(f"{_short(printable(name), LONGEST)} "), *cells)
    return table


def _cell_width(study: PixelStudy) -> int:
    """Room for the longest position and a space, and for an accuracy."""
    return max(7, 1 + max(len(_position(pair, study.shape[2])) for pair in study.pairs))


def _triangle_width(study: PixelStudy) -> int:
    return min(max(map(len, study.classes)), LONGEST) + 1 + _cell_width(study) * (len(study.classes) - 1)


def _cell(pair: PixelScore, channels: int, width: int) -> Text:
    text = _percent(pair.accuracy).rstrip("%").center(width) + "\n" + _position(pair, channels).center(width)
    return Text(text, style=_style(pair.accuracy, 0.5))


def _extremes(study: PixelStudy) -> Table:
    """The hardest and the easiest pairs, for more classes than a triangle has room for."""
    listed = study.hardest_and_easiest(2 * LISTED)
    half = (len(listed) + 1) // 2
    table = Table(box=None, title="hardest and easiest pairs", title_justify="left", title_style="")
    for column in ("", "", "pixel", f"{_accuracy_word(study)} in %", "95% interval"):
        table.add_column(column)
    for pair in [*listed[:half], None, *listed[half:]]:
        if pair is None:
            table.add_row("...")
            continue
        a, b = (Text(_short(printable(study.classes[member]), LONGEST)) for member in pair.classes)
        accuracy = Text(_percent(pair.accuracy).rstrip("%"), style=_style(pair.accuracy, 0.5))
        table.add_row(a, b, _position(pair, study.shape[2]), accuracy, _interval(pair))
    return table


def _only_pair_line(study: PixelStudy) -> str:
    pair = study.easiest
    a, b = map(_name, study.classes)
    position, interval = _position(pair, study.shape[2]), _interval(pair)
    scored = f"{_accuracy_word(study)}, 95% interval {interval}" if interval else _accuracy_word(study)
    return (
        f"pixel [bold]{position}[/] tells {a} from {b} [bold]{_percent(pair.accuracy)}[/] of the time ({scored}), "
        f"always answering one class {_percent(pair.majority)}"
    )


def _summary_line(study: PixelStudy) -> str:
    summary = study.summary()
    return (
        f"[bold]{summary['at_least_0.90']}[/] of {summary['pairs']} pairs at 90% or more, "
        f"[bold]{summary['at_least_0.95']}[/] at 95%; "
        f"easiest {_named(study, study.easiest)}, hardest {_named(study, study.hardest)}; "
        f"mean [bold]{_percent(study.mean_accuracy)}[/] ({_accuracy_word(study)})"
    )


def _all_classes_line(study: PixelStudy) -> str:
    found = study.all_classes
    return (
        f"all {len(study.classes)} classes at once: pixel {_position(found, study.shape[2])} is right "
        f"{_percent(found.accuracy)} of the time ({_accuracy_word(study)}), always answering one class "
        f"{_percent(found.majority)}"
    )


def _show_comparison(studies: Sequence[PixelStudy], console: Console) -> None:
    table = Table(title="side by side", title_justify="left", title_style="bold", box=None)
    table.add_column("dataset", no_wrap=True)
    for column in ("pairs ≥ 90%", "≥ 95%", "mean", "all classes"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("hardest pair")
    for study in studies:
        summary = study.summary()
        table.add_row(
            Text(printable(study.dataset) + ("" if study.scored_on == "test" else " (train)")),
            f"{summary['at_least_0.90']} of {summary['pairs']}",
            str(summary["at_least_0.95"]),
            f"{_percent(study.mean_accuracy)}",
            f"{_percent(study.all_classes.accuracy)}",
            _named(study, study.hardest),
        )
    console.print(table)
    if len({study.scored_on for study in studies}) > 1:
        return  # test and train accuracies have no common order
    ordered = sorted(studies, key=lambda study: -np.nan_to_num(study.mean_accuracy, nan=-1.0))
    console.print(f"by one pixel, the easiest first: {_name(', '.join(study.dataset for study in ordered))}")


def _show_map(found: PixelMap, console: Console) -> None:
    """Draw a map with half blocks: two rows of pixels in a line of text."""
    accuracy = found.train_accuracy.max(axis=2)
    console.print(
        f"[bold]{_name(found.dataset)}[/]  {_name(found.a)} or {_name(found.b)}: training accuracy of each pixel, "
        f"{accuracy.min():.1%} (dark, or blank) to {accuracy.max():.1%}"
    )
    low, high = accuracy.min(), accuracy.max()
    steps = [[_step(value, low, high) for value in row] for row in accuracy]
    across = 2 if 2 * accuracy.shape[1] <= console.width else 1  # a letter is about twice as high as wide
    if console.color_system is None:
        for row in steps:
            console.print(Text("".join(across * _DENSITIES[step] for step in row)))
        return
    for upper, below in zip_longest(steps[::2], steps[1::2], fillvalue=None):
        line = Text()
        for column, step in enumerate(upper or []):
            line.append("▀", Style(color=_COLOURS[step], bgcolor=_COLOURS[below[column]] if below else None))
        console.print(line)
    console.print()


def _named(study: PixelStudy, pair: PixelScore) -> str:
    a, b = (_name(study.classes[member]) for member in pair.classes)
    return f"{a} – {b} ({_percent(pair.accuracy)})"  # noqa: RUF001


def _interval(pair: PixelScore) -> str:
    if np.isnan(pair.test_accuracy):
        return ""
    return "{:.1f} to {:.1f}".format(*(100 * end for end in pair.test_interval))


def _accuracy_word(study: PixelStudy) -> str:
    return "held-out accuracy" if study.scored_on == "test" else "train accuracy"


def _position(pair: PixelScore, channels: int) -> str:
    return f"{pair.row},{pair.column}" + (f",{pair.channel}" if channels > 1 else "")


def _name(text: str) -> str:
    return escape(printable(text))


def _percent(fraction: float) -> str:
    return "–" if np.isnan(fraction) else f"{fraction:.1%}"  # noqa: RUF001


def _style(accuracy: float, low: float) -> Style:
    step = _step(accuracy, low, 1.0)
    return Style(color="#000000" if step > len(_COLOURS) // 2 else "#ffffff", bgcolor=_COLOURS[step])


def _step(value: float, low: float, high: float) -> int:
    scaled = (value - low) / (high - low) if high > low and not np.isnan(value) else 0.0
    return min(max(int(scaled * len(_COLOURS)), 0), len(_COLOURS) - 1)


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
