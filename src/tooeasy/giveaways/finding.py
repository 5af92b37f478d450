"""What an audit found: one finding, its evidence, and the pictures that show it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from tooeasy.giveaways.checks import CHECKS, Check, Severity
from tooeasy.plotting import Plottable

Value = bool | int | float | str | None
OF_CLASSES = ("giveaway-pixels", "constant-marker")  # checks whose subjects are classes
NAMED = 20  # images that a finding names at most


class Place(NamedTuple):
    """A rectangle of pixels of an image, zero-based: from a row and column, so many down and to the right."""

    row: int
    column: int
    height: int
    width: int


class ImageName(NamedTuple):
    """An image of the dataset: its split ("train" or "test"), its zero-based row there, its file where it has one."""

    split: str
    row: int
    file: str | None = None

    def __str__(self) -> str:
        return self.file or f"{self.split} {self.row}"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images that show a finding.

    Attributes
    ----------
    images : uint8 array of shape (n, height, width, channels)
        From 0 to 255, however many levels the dataset has.
    captions : tuple of str
        One for each image.
    places : tuple of Place
        What to mark in each image; empty for nothing.
    """

    images: NDArray[np.uint8]
    captions: tuple[str, ...]
    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, images: NDArray[Any], levels: int, captions: Sequence[str], places: Sequence[Place] = ()) -> Pictures:
        """Make pictures of images that have so many levels."""
        full = np.asarray(images, np.float64) * 255 / max(levels - 1, 1)
        return cls(np.rint(full).clip(0, 255).astype(np.uint8), tuple(captions), tuple(places))


@dataclass(frozen=True, eq=False)
class Histograms:
    """How a number, or a word, is distributed in each class.

    Attributes
    ----------
    label : str
        What it is, with its unit.
    bins : tuple of str
        What each bin holds, for people.
    counts : int64 array of shape (classes, bins)
        Images of each class in each bin.
    classes : tuple of str
    """

    label: str
    bins: tuple[str, ...]
    counts: NDArray[np.int64]
    classes: tuple[str, ...]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Fraction of each class's images in each bin: float64 array of shape (classes, bins)."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(axis=1, keepdims=True), 1), np.float64)

    def reduced(self, classes: int, bins: int) -> Histograms:
        """Keep what there is room for: the classes least like the rest, and the most frequent bins, in their order.

        Images of other bins are in a last one, "others".
        """
        shares = self.shares
        apart = np.abs(shares - shares.mean(axis=0)).sum(axis=1)
        members = np.sort(np.argsort(-apart, kind="stable")[:classes])
        counts, names = self.counts[members], self.bins
        if len(names) > bins:
            common = np.sort(np.argsort(-shares.sum(axis=0), kind="stable")[: bins - 1])
            rest = np.delete(counts, common, axis=1).sum(axis=1, keepdims=True)
            counts = np.concatenate([counts[:, common], rest], axis=1)
            names = (*(names[number] for number in common), "others")
        return Histograms(self.label, names, counts, tuple(self.classes[member] for member in members))


@dataclass(frozen=True, eq=False)
class Finding(Plottable):
    """Something that gives the class away and should not, or that makes scores mean less than they seem to.

    Attributes
    ----------
    check : str
        Name of the check that found it, a key of `CHECKS`.
    subject : str
        What it was found of: a property, a class, a split; empty where there is only one.
    severity : {"note", "warning", "error"}
    message : str
        One line: what, where, and how much.
    evidence : mapping of str to plain values
        The numbers; fractions for accuracies and rates, counts for images.
    strength : float
        By which findings of one severity are ranked: about the fraction of the label, or of the images, concerned.
    exhibit : Pictures, Histograms or None
        What shows it.
    places : tuple of Place
        Where in an image it is.
    images : tuple of ImageName
        Images concerned, at most 20 of them.
    low_strength : float or None
        The lower end of the strength's 95 % interval, where it is an estimate; None where it is a fact.

    Examples
    --------
    >>> Finding("duplicates", "train", "note", "2 images occur twice in train").id
    'duplicates/train'
    """

    check: str
    subject: str
    severity: Severity
    message: str
    evidence: Mapping[str, Value] = field(default_factory=dict)
    strength: float = 0.0
    exhibit: Pictures | Histograms | None = None
    places: tuple[Place, ...] = ()
    images: tuple[ImageName, ...] = ()
    low_strength: float | None = None

    def __repr__(self) -> str:
        return f"Finding({self.severity}, {self.id}: {self.message})"

    @property
    def id(self) -> str:
        """Stable identifier: the check, and what it was found of; the same again for the same fault.

        Names of classes stand in it as in a URL, so that no two are the same; words of ours with hyphens.
        """
        subject = self.subject if self.check in OF_CLASSES else self.subject.replace(" ", "-").lower()
        subject = re.sub(r"[^\w.~-]", lambda found: quote(found[0], safe="", errors="backslashreplace"), subject)
        return f"{self.check}/{subject}" if subject else self.check

    @property
    def about(self) -> Check:
        """The check that found it: its title, why it matters, what to do."""
        return CHECKS[self.check]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {
            "id": self.id,
            "check": self.check,
            "subject": self.subject or None,
            "severity": self.severity,
            "title": self.about.title,
            "message": self.message,
            "evidence": dict(self.evidence),
            "strength": self.strength,
            "low_strength": self.low_strength,
            "places": [place._asdict() for place in self.places],
            "images": [image._asdict() for image in self.images],
            "why": self.about.why,
            "advice": self.about.advice,
        }
