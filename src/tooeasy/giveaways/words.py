"""What an audit says in words: the verdict, where a place is, whether low rungs suffice."""

from __future__ import annotations

from collections.abc import Sequence

from tooeasy.giveaways.checks import SEVERITIES, Severity
from tooeasy.giveaways.easy import LOW
from tooeasy.giveaways.finding import Finding, Place
from tooeasy.giveaways.result import Audit
from tooeasy.ladder import Ladder

PLURALS: dict[Severity, str] = {"error": "errors", "warning": "warnings", "note": "notes"}


def counted(audit: Audit) -> str:
    """Count the findings of each severity, the gravest first.

    Examples
    --------
    >>> counted(Audit("x", ("a", "b"), 0, 0, "", (), {}))
    'nothing found'
    """
    numbers = [(severity, len(audit.of(severity))) for severity in reversed(SEVERITIES)]
    told = [f"{n} {severity if n == 1 else PLURALS[severity]}" for severity, n in numbers if n]
    return ", ".join(told) or "nothing found"


def verdict(audit: Audit) -> str:
    """Say in one sentence what the findings come to."""
    errors, warnings = audit.of("error"), audit.of("warning")
    if errors:
        return f"{_titles(errors)}: scores on this data may say more about that than about a model"
    if warnings:
        return f"{_titles(warnings)}: look there before scores on this data are trusted"
    if audit.findings:
        return "nothing grave was found: the notes are worth knowing"
    if not audit.n_test:
        return "without held-out images nothing can be said: audit the dataset itself, not its sketch"
    return "nothing was found that gives the classes away"


def _titles(findings: Sequence[Finding]) -> str:
    titles = list(dict.fromkeys(finding.about.title for finding in findings))
    first = titles[0][0].lower() + titles[0][1:]
    more = len(titles) - 1
    return first if not more else f"{first}, and {more} more kind{'s' if more > 1 else ''} of finding"


def low_rungs(audit: Audit, ladder: Ladder | None) -> str:
    """Say whether low rungs of a ladder suffice; empty where none was climbed."""
    if ladder is None or ladder.best is None:
        return ""
    easy = next((finding for finding in audit.findings if finding.check == "too-easy"), None)
    if easy is not None:
        return f"a low rung suffices: {easy.message}"
    if ladder.best.rung in LOW:
        return f"the best rung climbed, {ladder.best.rung}, is a low one: climb higher to see whether low rungs suffice"
    return f"no low rung comes near the best, {ladder.best.rung}, which is right for {ladder.best.test_accuracy:.1%}"


def where(place: Place) -> str:
    """Say where a place is.

    Examples
    --------
    >>> where(Place(0, 26, 2, 2))
    'rows 0 to 1, columns 26 to 27'
    >>> where(Place(7, 1, 1, 1))
    'row 7, column 1'
    """
    return f"{_along('row', place.row, place.height)}, {_along('column', place.column, place.width)}"


def _along(what: str, first: int, n: int) -> str:
    return f"{what} {first}" if n <= 1 else f"{what}s {first} to {first + n - 1}"
