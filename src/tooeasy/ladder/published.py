"""What people and records are said to reach, from the catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tooeasy.data import Dataset, catalog_entry

KINDS = ("human", "record")


@dataclass(frozen=True)
class PublishedScore:
    """A published accuracy; it was not computed here.

    Attributes
    ----------
    kind : {"human", "record"}
    accuracy : float
        Fraction, on the test split of the published dataset.
    what, source : str
        What reached it, and who says so.

    Examples
    --------
    >>> import tooeasy
    >>> card = tooeasy.compare("mnist", "digits").cards[0]
    >>> [score.label for score in card.published]
    ['record (published)']
    """

    kind: str
    accuracy: float
    what: str
    source: str

    @property
    def label(self) -> str:
        """What it is called among rungs, so that nobody takes it for one: "human (published)"."""
        return f"{self.kind} (published)"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {"kind": self.kind, "accuracy": self.accuracy, "what": self.what, "source": self.source}


def published_scores(data: Dataset) -> tuple[PublishedScore, ...]:
    """Return the figures of a dataset that goes by a name of the catalog and has its size; people first."""
    entry = catalog_entry(data)
    if entry is None or data.test is None or entry.images.get("test") != len(data.test):
        return ()
    figures = sorted(
        (figure for figure in entry.figures if figure.kind in KINDS), key=lambda one: KINDS.index(one.kind)
    )
    return tuple(PublishedScore(figure.kind, figure.accuracy, figure.what, figure.source) for figure in figures)
