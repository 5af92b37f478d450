"""A verdict as workflow commands, which GitHub shows beside a change.

The escapes are those of "Workflow commands for GitHub Actions": of ``%`` and line breaks in a message, and of ``:`` and
``,`` too in a property.
"""

from __future__ import annotations

from collections.abc import Iterator

from tooeasy.giveaways.checks import Severity
from tooeasy.giveaways.gate import JudgedFinding, Verdict
from tooeasy.text import printable

_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
_IN_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = {**_IN_MESSAGE, **str.maketrans({":": "%3A", ",": "%2C"})}


def escape_message(text: str) -> str:
    """Escape what would end a message, or be taken for an escape."""
    return text.translate(_IN_MESSAGE)


def escape_property(text: str) -> str:
    """Escape what would end the value of a property, or be taken for an escape."""
    return text.translate(_IN_PROPERTY)


def to_github(verdict: Verdict) -> str:
    """Write an annotation a finding and limit: what fails is an error, what is let through as mild as it is."""
    return "".join(f"{line}\n" for line in _lines(verdict))


def _lines(verdict: Verdict) -> Iterator[str]:
    for one in verdict.findings:
        told = one.line.removeprefix(f"{one.finding.severity}: ") if one.status == "fails" else one.line
        yield _command(_level(one), one.finding.about.title, told)
    for limit in verdict.limits:
        if limit.status != "holds":
            level = "notice" if limit.status == "known" else "error"
            yield _command(level, f"limit of {limit.name}", limit.line)
    for note in verdict.notes:
        yield _command("notice", "tooeasy", note)
    yield f"tooeasy check: {verdict.summary}"


def _level(one: JudgedFinding) -> str:
    if one.status == "fails":
        return "error"
    return _COMMANDS[one.finding.severity] if one.status == "below" else "notice"


def _command(name: str, title: str, message: str) -> str:
    return f"::{name} title={escape_property(printable(title))}::{escape_message(printable(message))}"
