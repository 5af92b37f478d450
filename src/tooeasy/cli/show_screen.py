"""What ``tooeasy show`` prints on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tooeasy.cli.show_pictures import print_pictures, print_row, shrink
from tooeasy.explore import (
    AtypicalImages,
    ClassCounts,
    ClassDifferences,
    ClassImages,
    LevelDistribution,
    Samples,
    grey_pictures,
    to_pictures,
)
from tooeasy.text import printable

MOST = 30  # lines of a table
NAMED, NUMBERED = 3, 5  # images of a class
MOST_PICTURED = 12  # classes whose pictures are printed
LONGEST = 24  # letters of a name
BARS = " ▁▂▃▄▅▆▇█"
BINS = 32  # of levels, in a line
FULL_BAR = 40  # letters of the largest class's bar
RAREST = -5.0  # power of ten of the share that is shown as nothing
WORDS = {"mean": "mean image", "median": "median image", "std": "standard deviation (white is 0.5)"}


def show(results: Sequence[Any]) -> None:
    """Print results one below the other."""
    console = Console(highlight=False)
    for result in results:
        _show(result, console)
        _notes(result, console)
        console.print()


def show_written(output: Path, results: Sequence[Any]) -> None:
    """Say what has been drawn into a file."""
    console = Console(highlight=False, soft_wrap=True)
    for result in results:
        console.print(Text(f"{printable(str(output))}: {printable(repr(result))}"))
        _notes(result, console)


def _notes(result: Any, console: Console) -> None:
    for note in result.notes:
        console.print(Text(f"note: {printable(note)}", style="dim"))


@singledispatch
def _show(result: Any, console: Console) -> None:
    raise NotImplementedError(type(result).__name__)


@_show.register
def _show_samples(samples: Samples, console: Console) -> None:
    pictures = to_pictures(samples.images, samples.levels - 1)
    if samples.per_class is None:
        _title(console, samples.origin, f"{len(pictures):,} images picked at random (seed {samples.seed})")
        print_pictures(console, pictures)
        return
    members = samples.members[:MOST_PICTURED]
    some = "" if len(members) == len(samples.classes) else f", {len(members)} of {len(samples.classes)} classes"
    _title(console, samples.origin, f"images of each class{some}, picked at random (seed {samples.seed})")
    for member in members:
        console.print(_name(samples.classes[member]))
        own = pictures[samples.labels == member]
        if len(own):
            print_row(console, shrink(own))


@_show.register
def _show_class_images(found: ClassImages, console: Console) -> None:
    members = found.extremes(MOST_PICTURED)
    spread = found.statistic == "std"
    pictures = grey_pictures(found.images[members]) / 0.5 if spread else to_pictures(found.images[members])
    _title(
        console,
        found.origin,
        f"{WORDS[found.statistic]} {_which(members, found.classes, 'most and least unlike the rest')}",
    )
    print_pictures(console, pictures, [found.classes[member] for member in members])


@_show.register
def _show_differences(found: ClassDifferences, console: Console) -> None:
    order = np.argsort(-found.rms, kind="stable")
    table = Table(box=None)
    for column in ("", "", "RMS difference of the means"):
        table.add_column(column, justify="right" if column else "left")
    half = MOST // 2
    for at in order if len(order) <= MOST else [*order[:half], None, *order[-half:]]:
        if at is None:
            table.add_row("...")
            continue
        a, b = (_name(found.classes[member]) for member in found.pairs[at])
        table.add_row(a, b, f"{found.rms[at]:.1f}")
    _title(console, found.origin, "pairs by the difference of their mean images, in levels of 8-bit images")
    console.print(table)


@_show.register
def _show_distribution(found: LevelDistribution, console: Console) -> None:
    members = found.extremes(MOST)
    means, stds = found.brightness
    table = Table(box=None)
    table.add_column("")
    table.add_column("brightness", justify="right")
    table.add_column("std", justify="right")
    table.add_column(f"levels 0 to {found.levels - 1}, logarithmic", no_wrap=True)
    for member in members:
        line = _levels_line(found.by_class[member])
        table.add_row(_name(found.classes[member]), f"{means[member]:.3f}", f"{stds[member]:.3f}", line)
    overall = zip(*found.of_channels, strict=True)
    for channel, (mean, std) in enumerate(overall):
        name = "all" if found.counts.shape[1] == 1 else f"all, channel {channel}"
        table.add_row(
            name, f"{mean:.3f}", f"{std:.3f}", _levels_line(found.overall) if channel == 0 else "", style="bold"
        )
    _title(console, found.origin, f"grey levels {_which(members, found.classes, 'that are brightest and darkest')}")
    console.print(table)


@_show.register
def _show_atypical(found: AtypicalImages, console: Console) -> None:
    members = found.extremes(MOST)
    table = Table(box=None)
    table.add_column("")
    for column in ("images", "median", "95%", "farthest"):
        table.add_column(column, justify="right")
    named = any(found.files)
    table.add_column(f"{'files' if named else 'rows'} of the farthest", overflow="fold")
    for member in members:
        positions = found.farthest(member)
        at = found.chosen[positions]
        if not len(at):
            table.add_row(_name(found.classes[member]), "0")
            continue
        _, _, median, _, high = found.quantiles[member]
        numbers = (f"{value:.3f}" for value in (median, high, found.rms[at[0]]))
        images = f"{int((found.labels == member).sum()):,}"
        told = [printable(str(found.files[position])) for position in positions[:NAMED]]
        rows = found.rows[at[:NUMBERED]].tolist()
        table.add_row(
            _name(found.classes[member]), images, *numbers, Text(", ".join(told if named else map(str, rows)))
        )
    _title(console, found.origin, "root mean square difference of images from their class's mean image")
    console.print(table)


@_show.register
def _show_classes(found: ClassCounts, console: Console) -> None:
    members = found.extremes(MOST)
    table = Table(box=None)
    table.add_column("")
    table.add_column("training", justify="right")
    if found.test is not None:
        table.add_column("test", justify="right")
    table.add_column("", no_wrap=True)
    for member in members:
        tests = [] if found.test is None else [f"{found.test[member]:,}"]
        bar = "█" * max(1, round(FULL_BAR * float(found.train[member] / found.train.max())))
        table.add_row(_name(found.classes[member]), f"{found.train[member]:,}", *tests, bar)
    _title(console, found.dataset, f"images {_which(members, found.classes, 'that are largest and smallest')}")
    console.print(table)
    console.print(
        f"largest over smallest {found.imbalance:.2f}; effective number of classes {found.effective_classes:.2f} "
        f"of {len(found.classes)}"
    )


def _which(members: NDArray[np.intp], classes: Sequence[str], ends: str) -> str:
    if len(members) == len(classes):
        return "of each class"
    return f"of the {len(members)} of {len(classes)} classes {ends}"


def _levels_line(fractions: NDArray[np.float64]) -> str:
    """Shares of bins of levels as letters of different heights, each step the same factor."""
    edges = np.arange(min(BINS, len(fractions))) * len(fractions) // min(BINS, len(fractions))
    shares = np.add.reduceat(fractions, edges)
    logs = np.log10(shares, out=np.full(len(shares), RAREST), where=shares > 0)
    steps = np.clip(np.ceil((1 - logs / RAREST) * (len(BARS) - 1)), 0, len(BARS) - 1).astype(int)
    return "".join(BARS[step] for step in steps)


def _title(console: Console, origin: str, words: str) -> None:
    console.print(Text.assemble((printable(origin), "bold"), f"  {words}"))


def _name(name: str) -> Text:
    text = printable(name)
    return Text(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…")
