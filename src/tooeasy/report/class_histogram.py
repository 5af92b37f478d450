"""How a number or a word is distributed in each class, as rows of bars, or of shades where classes are many."""

from __future__ import annotations

from dataclasses import dataclass

from tooeasy.giveaways import Histograms

WIDTH = 340  # pixels
LEFT, RIGHT, TOP = 100, 334, 4  # of the bars
BAR_ROW, SHADE_ROW = 30, 15  # heights
BARRED = 6  # classes that have bars
MOST_CLASSES, MOST_BINS = 20, 16
LONGEST = 12  # letters of a class beside its row
FOOT = 22


@dataclass(frozen=True)
class Bar:
    """A class's share of images in a bin: a bar, or a cell whose opacity says it."""

    x: float
    y: float
    width: float
    height: float
    opacity: float
    tip: str


@dataclass(frozen=True)
class Row:
    """A class: its name as there is room, the line below it, its bars."""

    name: str
    y: float
    base: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class ClassHistogram:
    """What the template draws.

    Attributes
    ----------
    shown : Histograms
        The classes and bins that there is room for.
    rows : tuple of Row
    shades : bool
        Whether shares are shades.
    width, height : float
    first, last : str
        Below the first and the last bin.
    text : str
        What the chart shows, for those who do not see it.
    remark : str
        Empty, or which classes these are.
    """

    shown: Histograms
    rows: tuple[Row, ...]
    shades: bool
    width: float
    height: float
    first: str
    last: str
    text: str
    remark: str


def class_histogram(histograms: Histograms) -> ClassHistogram:
    """Lay out the distributions of classes; of many classes those least like the rest."""
    shown = histograms.reduced(MOST_CLASSES, MOST_BINS)
    shades = len(shown.classes) > BARRED
    height = SHADE_ROW if shades else BAR_ROW
    some = f"the {len(shown.classes)} of {len(histograms.classes):,} classes that are least like the rest"
    return ClassHistogram(
        shown,
        tuple(_row(shown, number, TOP + number * height, shades=shades) for number in range(len(shown.classes))),
        shades,
        WIDTH,
        TOP + height * len(shown.classes) + FOOT,
        _short(shown.bins[0], 20),
        _short(shown.bins[-1], 20),
        _text(shown),
        some if len(shown.classes) < len(histograms.classes) else "",
    )


def _row(shown: Histograms, number: int, top: float, *, shades: bool) -> Row:
    shares = shown.shares
    most, own = float(shares.max()) or 1.0, shares[number]
    across = (RIGHT - LEFT) / len(shown.bins)
    high = SHADE_ROW - 1 if shades else BAR_ROW - 6
    base = top + (SHADE_ROW - 1 if shades else BAR_ROW - 3)
    bars = []
    for place, share in enumerate(own):
        height = high if shades else high * float(share) / most
        opacity = float(share) / most if shades else 0.75
        tip = f"{shown.classes[number]}, {shown.bins[place]}: {share:.1%}"
        x = LEFT + place * across + 0.5
        if share > 0:
            bars.append(
                Bar(
                    round(x, 1), round(base - height, 1), round(across - 1, 1), round(height, 1), round(opacity, 2), tip
                )
            )
    return Row(_short(shown.classes[number], LONGEST), round(base - high / 2 + 4, 1), base, tuple(bars))


def _short(name: str, most: int) -> str:
    line = " ".join(name.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _text(shown: Histograms) -> str:
    told = []
    for name, own in zip(shown.classes, shown.shares, strict=True):
        peak = int(own.argmax())
        told.append(f"{name} most often {shown.bins[peak]} ({own[peak]:.0%})")
    return f"{shown.label} in each class: {', '.join(told)}"
