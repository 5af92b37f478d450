"""What gives the class away: the findings of an audit as cards."""

from __future__ import annotations

from dataclasses import dataclass

from tooeasy.explore import to_pictures
from tooeasy.giveaways import Audit, Finding, Pictures
from tooeasy.giveaways.words import counted, verdict, where
from tooeasy.report.class_histogram import ClassHistogram, class_histogram
from tooeasy.report.pictures import picture
from tooeasy.text import printable

MOST_CARDS = 12  # findings that are told in full; of the rest a line each
MOST_PICTURES = 8
NAMED = 5  # images of a finding


@dataclass(frozen=True)
class Mark:
    """A place in a picture, in percent of its sides."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Shown:
    """A picture: its source is a data URI, and its text is for those who do not see it."""

    label: str
    source: str
    text: str


@dataclass(frozen=True)
class Card:
    """A finding, told in full.

    Attributes
    ----------
    finding : Finding
    name : str
        Of what it shows, as a file name.
    reasons : bool
        Whether why and what to do are told here: at the first finding of a check.
    pictures : tuple of Shown
    marks : tuple of Mark
        What is marked in each picture.
    chart : ClassHistogram or None
    places : str
        Where in an image it is.
    images : tuple of str
        The first images concerned.
    more : bool
        Whether there are others.
    """

    finding: Finding
    name: str
    reasons: bool
    pictures: tuple[Shown, ...]
    marks: tuple[Mark, ...]
    chart: ClassHistogram | None
    places: str
    images: tuple[str, ...]
    more: bool


@dataclass(frozen=True)
class Giveaways:
    """What the template shows of an audit.

    Attributes
    ----------
    counted, verdict : str
    cards : tuple of Card
        The gravest findings.
    lines : tuple of Finding
        The others.
    skipped : tuple of (str, str)
        Checks that could not be made, and why.
    """

    counted: str
    verdict: str
    cards: tuple[Card, ...]
    lines: tuple[Finding, ...]
    skipped: tuple[tuple[str, str], ...]


def giveaways(audit: Audit) -> Giveaways:
    """Lay out the findings of an audit."""
    cards, told = [], set[str]()
    for finding in audit.findings[:MOST_CARDS]:
        cards.append(_card(finding, f"{audit.dataset}-{finding.id}", reasons=finding.check not in told))
        told.add(finding.check)
    return Giveaways(
        counted(audit), verdict(audit), tuple(cards), audit.findings[MOST_CARDS:], tuple(audit.skipped.items())
    )


def _card(finding: Finding, name: str, *, reasons: bool) -> Card:
    exhibit = finding.exhibit
    pictures = exhibit if isinstance(exhibit, Pictures) else None
    return Card(
        finding,
        name,
        reasons,
        () if pictures is None else _pictures(pictures),
        () if pictures is None else _marks(pictures),
        None if pictures is not None or exhibit is None else class_histogram(exhibit),  # type: ignore[arg-type]
        "; ".join(where(place) for place in finding.places),
        tuple(printable(str(image)) for image in finding.images[:NAMED]),
        len(finding.images) > NAMED,
    )


def _pictures(pictures: Pictures) -> tuple[Shown, ...]:
    images = to_pictures(pictures.images[:MOST_PICTURES], 255)
    marked = "; ".join(f"marked: {where(place)}" for place in pictures.places)
    return tuple(
        Shown(caption, picture(image), f"{caption}; {marked}" if marked else caption or "an image")
        for image, caption in zip(images, pictures.captions, strict=False)
    )


def _marks(pictures: Pictures) -> tuple[Mark, ...]:
    height, width = pictures.images.shape[1:3]
    return tuple(
        Mark(
            round(100 * place.column / width, 2),
            round(100 * place.row / height, 2),
            round(100 * place.width / width, 2),
            round(100 * place.height / height, 2),
        )
        for place in pictures.places
    )
