"""A verdict as lines of text, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tooeasy.giveaways.gate import Verdict
from tooeasy.text import printable

_BEFORE = {"accepted": "accepted: ", "known": "in the baseline: ", "below": "let through: "}


def lines(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield each line with what it is: "error", "warning", "note", "limit", "passed", "remark" or "verdict"."""
    for one in verdict.of("fails"):
        yield one.finding.severity, printable(one.line)
    for limit in verdict.limits:
        if limit.status in ("exceeded", "not measured"):
            yield "limit", printable(limit.line)
    for one in verdict.findings:
        if one.status != "fails":
            yield "passed", _BEFORE[one.status] + printable(one.line)
    for limit in verdict.limits:
        if limit.status in ("holds", "known"):
            yield "passed", printable(limit.line)
    for note in verdict.notes:
        yield "remark", f"remark: {printable(note)}"
    yield "verdict", verdict.summary


def to_text(verdict: Verdict) -> str:
    """Write one line for each violation, then what is let through, remarks, and whether the gate holds."""
    return "".join(f"{line}\n" for _, line in lines(verdict))


def to_json(verdict: Verdict) -> str:
    """Write one object, under the schema ``tooeasy/check/1``."""
    return json.dumps(verdict.to_dict(), allow_nan=False) + "\n"
