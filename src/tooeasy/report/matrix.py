"""All pairs of classes at a glance: how well the best pixel tells each apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np

from tooeasy.pixels import PixelScore, PixelStudy
from tooeasy.report.explorer import COLOURS, viridis

MOST_CLASSES = 25  # that a matrix has room for
NOISE = 0.05  # by which the training accuracy may be above the held-out one
LISTED = 10  # of the hardest pairs, and of the easiest, where it has none


@dataclass(frozen=True)
class Cell:
    """One pair of classes.

    Attributes
    ----------
    a, b : str
    accuracy : str
        In percent.
    colour, ink : str
        Of the cell, and of what is written on it; as ``#rrggbb``.
    link : str
        To the pair in the explorer, ``#pair=a-b``; empty if it is not in the page.
    """

    a: str
    b: str
    accuracy: str
    colour: str
    ink: str
    link: str


@dataclass(frozen=True)
class Matrix:
    """What the template shows.

    Attributes
    ----------
    name : str
        Of the dataset.
    classes : tuple of str
    rows : tuple of tuple of Cell
        For each class but the first, its pairs with those before it; empty where there are too many classes.
    hardest, easiest : tuple of Cell
        Where there are too many classes for a matrix.
    scored_on : str
    rule : str
        By which the best pixels are the best.
    ends : tuple of Cell
        The hardest and the easiest pair.
    remark : str
        What a reader should know about the accuracies; may be empty.
    """

    name: str
    classes: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hardest: tuple[Cell, ...]
    easiest: tuple[Cell, ...]
    scored_on: str
    rule: str
    ends: tuple[Cell, ...]
    remark: str

    @property
    def linked(self) -> bool:
        """Whether pairs lead to an explorer."""
        return any(cell.link for row in self.rows for cell in row)


def matrix(study: PixelStudy, embedded: Sequence[PixelScore], *, of: str = "") -> Matrix:
    """Lay out all pairs, or the hardest and the easiest.

    Parameters
    ----------
    study : PixelStudy
    embedded : sequence of PixelScore
        Pairs that the page's explorer has.
    of : str
        Name of the dataset in links, where the page has several.
    """
    inside = {pair.classes for pair in embedded}
    classes = study.classes
    rows: tuple[tuple[Cell, ...], ...] = ()
    hardest: tuple[Cell, ...] = ()
    easiest: tuple[Cell, ...] = ()
    if len(classes) <= MOST_CLASSES:
        rows = tuple(
            tuple(_cell(study, study.pair(a, b), inside, of) for a in range(b)) for b in range(1, len(classes))
        )
    else:
        listed = [_cell(study, pair, inside, of) for pair in study.hardest_and_easiest(2 * LISTED)]
        hardest, easiest = tuple(listed[:LISTED]), tuple(reversed(listed[LISTED:]))
    ends = tuple(_cell(study, pair, inside, of) for pair in (study.hardest, study.easiest))
    return Matrix(study.dataset, classes, rows, hardest, easiest, study.scored_on, study.rule, ends, _remark(study))


def pair_link(a: str, b: str, of: str = "") -> str:
    """Return the address of a pair in a page; ``-`` within names is escaped, for it stands between them."""
    names = "-".join(quote(name, safe="").replace("-", "%2D") for name in (a, b))
    dataset = f"set={quote(of, safe='')}&" if of else ""
    return f"#{dataset}pair={names}"


def _cell(study: PixelStudy, pair: PixelScore, inside: set[tuple[int, ...]], of: str) -> Cell:
    a, b = (study.classes[member] for member in pair.classes)
    link = pair_link(a, b, of) if pair.classes in inside else ""
    if np.isnan(pair.accuracy):
        return Cell(a, b, "–", "transparent", "inherit", link)  # noqa: RUF001
    shade = min(max(2 * pair.accuracy - 1, 0.0), 1.0)  # a guess is dark, and certainty bright
    colour = viridis(COLOURS)[round(shade * (COLOURS - 1))]
    return Cell(a, b, f"{100 * pair.accuracy:.1f}", colour, _ink_on(colour), link)


def _remark(study: PixelStudy) -> str:
    """Warn where the rule learned noise, and of pairs that it does not tell apart."""
    train = float(study.pairs.train_accuracy.mean())
    said = []
    if study.scored_on == "test" and train - study.mean_accuracy > NOISE:
        said.append(
            f"On the training images the same rules are right {train:.1%} of the time, on held-out ones "
            f"{study.mean_accuracy:.1%}: the images are too few for {study.rule}; the other rules learn less noise."
        )
    idle = int((study.accuracies <= study.pairs.majority).sum())
    if idle:
        said.append(
            f"{idle:,} of {len(study.pairs):,} pairs are told apart no better than by always answering one class."
        )
    return " ".join(said)


def _ink_on(colour: str) -> str:
    """White where it has a contrast of 4.5 (WCAG's level AA), else black, which then has it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (luminance + 0.05) >= 4.5 else "#000000"
