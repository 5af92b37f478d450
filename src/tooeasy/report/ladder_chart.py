"""The ladder as a chart: a row for each rung, accuracy with its interval, and bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tooeasy.ladder import Ladder, RungScore
from tooeasy.ladder.published import KINDS
from tooeasy.ladder.rungs import in_order
from tooeasy.text import in_hundredths

LINE, ROW = 17, 24  # height of a row for the first dataset, and with what is around it
HEAD, FOOT = 30, 10


@dataclass(frozen=True)
class Width:
    """A chart's places from left to right, in pixels."""

    name: str
    whole: int
    left: int
    right: int
    bits: int | None  # where the bars of bits begin; None without
    bar: int = 90


WIDTHS = (Width("wide", 900, 150, 640, 720, 120), Width("narrow", 328, 124, 276, None))


@dataclass(frozen=True)
class Mark:
    """One dataset's accuracy on one rung.

    Attributes
    ----------
    series : int
        From 1.
    y, x, low, high : float
        Places in pixels.
    sampled : bool
        Whether it was trained on a part of the training images.
    bits : float or None
        Length of its bar, in pixels.
    label, bits_label, tip : str
    """

    series: int
    y: float
    x: float
    low: float
    high: float
    sampled: bool
    published: bool
    bits: float | None
    label: str
    bits_label: str
    tip: str


@dataclass(frozen=True)
class Row:
    """A rung: its name and place, and the datasets' marks."""

    name: str
    y: float
    published: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Drawing:
    """A chart at one width."""

    width: Width
    height: float
    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class LadderChart:
    """What the template draws.

    Attributes
    ----------
    names : tuple of str
        Of the datasets, in the order of the series.
    drawings : tuple of Drawing
        The same chart, for wide and for narrow pages.
    ladders : tuple of Ladder
    text : str
        What the chart shows, for those who do not see it.
    """

    names: tuple[str, ...]
    drawings: tuple[Drawing, ...]
    ladders: tuple[Ladder, ...]
    text: str

    @property
    def marks(self) -> list[Mark]:
        """All marks of one drawing."""
        return [mark for row in self.drawings[0].rows for mark in row.marks]

    @property
    def sampled(self) -> bool:
        """Whether a rung was trained on a part of the training images."""
        return any(mark.sampled for mark in self.marks)

    @property
    def published(self) -> bool:
        """Whether there are published figures."""
        return any(mark.published for mark in self.marks)


def ladder_chart(ladders: Sequence[Ladder]) -> LadderChart:
    """Lay out the ladders of one or several datasets on one chart."""
    names = tuple(ladder.dataset for ladder in ladders)
    return LadderChart(names, tuple(_drawing(ladders, width) for width in WIDTHS), tuple(ladders), _text(ladders))


def _drawing(ladders: Sequence[Ladder], width: Width) -> Drawing:
    most_bits = max(ladder.entropy_bits for ladder in ladders)
    row_height = ROW + (len(ladders) - 1) * LINE * 0.6
    rungs = in_order(rung.rung for ladder in ladders for rung in ladder.rungs if rung.score is not None)
    known = {figure.kind for ladder in ladders for figure in ladder.published}
    kinds = [kind for kind in KINDS if kind in known]
    rows = []
    for number, name in enumerate([*rungs, *kinds]):
        y = HEAD + (number + 0.5) * row_height
        places = [(series, ladder, y + (series - (len(ladders) + 1) / 2) * 10) for series, ladder in _numbered(ladders)]
        marks = (
            [mark for place in places for mark in _rung_marks(name, *place, width, most_bits, alone=len(ladders) == 1)]
            if name in rungs
            else [mark for place in places for mark in _published_marks(name, *place, width, alone=len(ladders) == 1)]
        )
        rows.append(Row(name, y, name not in rungs, tuple(marks)))
    ticks = tuple((_x(percent / 100, width), f"{percent}") for percent in (0, 25, 50, 75, 100))
    return Drawing(width, HEAD + len(rows) * row_height + FOOT, tuple(rows), ticks)


def _numbered(ladders: Sequence[Ladder]) -> list[tuple[int, Ladder]]:
    return list(enumerate(ladders, start=1))


def _rung_marks(
    name: str, series: int, ladder: Ladder, y: float, width: Width, most_bits: float, *, alone: bool
) -> list[Mark]:
    return [
        Mark(
            series=series,
            y=y,
            x=_x(rung.test_accuracy, width),
            low=_x(rung.score.test_interval[0], width),
            high=_x(rung.score.test_interval[1], width),
            sampled=rung.images < rung.of,
            published=False,
            bits=_bar(rung, most_bits, width),
            label=f"{100 * rung.test_accuracy:.1f}" if alone else "",
            bits_label="" if rung.bits is None or not alone else in_hundredths(rung.bits),
            tip=_tip(ladder, rung),
        )
        for rung in ladder.rungs
        if rung.rung == name and rung.score is not None
    ]


def _published_marks(kind: str, series: int, ladder: Ladder, y: float, width: Width, *, alone: bool) -> list[Mark]:
    found = []
    for known in ladder.published:
        if known.kind == kind:
            x = _x(known.accuracy, width)
            tip = f"{ladder.dataset}, published {kind}: {known.accuracy:.1%}, {known.what}"
            label = f"{100 * known.accuracy:.1f}" if alone else ""
            found.append(Mark(series, y, x, x, x, False, True, None, label, "", tip))
    return found


def _x(fraction: float, width: Width) -> float:
    return round(width.left + fraction * (width.right - width.left), 1)


def _bar(rung: RungScore, most_bits: float, width: Width) -> float | None:
    if rung.bits is None or width.bits is None or not most_bits:
        return None
    return round(max(rung.bits, 0.0) / most_bits * width.bar, 1)


def _tip(ladder: Ladder, rung: RungScore) -> str:
    low, high = (0.0, 0.0) if rung.score is None else rung.score.test_interval
    trained = f"{rung.images:,}" if rung.images == rung.of else f"{rung.images:,} of {rung.of:,}"
    return (
        f"{ladder.dataset}, {rung.rung}: {rung.test_accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f}), "
        f"trained on {trained} images; it looks at {rung.looks_at}"
    )


def _text(ladders: Sequence[Ladder]) -> str:
    told = []
    for ladder in ladders:
        scored = [f"{rung.rung} {rung.test_accuracy:.1%}" for rung in ladder.rungs if rung.score is not None]
        told.append(f"{ladder.dataset}: {', '.join(scored)}")
    return "Test accuracy of each rung. " + ". ".join(told)
