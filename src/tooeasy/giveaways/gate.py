"""The gate: whether what an audit found is let through."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tooeasy.giveaways.baseline import Baseline
from tooeasy.giveaways.checks import SEVERITIES, Severity
from tooeasy.giveaways.config import Acceptance, FailOn, GateConfig
from tooeasy.giveaways.finding import Finding
from tooeasy.giveaways.result import Audit

SCHEMA = "tooeasy/check/1"
COUNTED = {"duplicates", "leaks", "conflicts", "constant_images", "unreadable", "imbalance"}
NOTICED = 0.02  # by which an accuracy must be lower than in the baseline to be worth a remark
FindingStatus = Literal["fails", "accepted", "known", "below"]
LimitStatus = Literal["holds", "exceeded", "known", "not measured"]

# The check that says why a measure was not taken, where it is not of the measure's own name.
_SAID_UNDER = {
    "file_properties": "file-properties",
    "border": "border-only",
    "corners": "corners-only",
    "background": "background-only",
    "leaks": "leaked-images",
    "conflicts": "conflicting-labels",
    "constant_images": "constant-images",
    "unreadable": "unreadable-images",
}


@dataclass(frozen=True, eq=False)
class JudgedFinding:
    """A finding, and what the gate makes of it.

    Attributes
    ----------
    finding : Finding
    status : {"fails", "accepted", "known", "below"}
        Known: in the baseline, as grave as now or graver, and no weaker there. Below: milder than what fails.
    acceptance : Acceptance or None
        What lets it through.
    """

    finding: Finding
    status: FindingStatus
    acceptance: Acceptance | None = None

    @property
    def name(self) -> str:
        """Identifier of the finding."""
        return self.finding.id

    @property
    def line(self) -> str:
        """What it is, in one line."""
        told = f"{self.finding.severity}: {self.name}: {self.finding.message}"
        if self.acceptance is None:
            return told
        until = f", until {self.acceptance.until}" if self.acceptance.until else ""
        return f"{told} ({self.acceptance.reason}{until})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        until = self.acceptance.until if self.acceptance else None
        return {
            "id": self.name,
            "severity": self.finding.severity,
            "message": self.finding.message,
            "status": self.status,
            "reason": self.acceptance.reason if self.acceptance else None,
            "until": until.isoformat() if until else None,
        }


@dataclass(frozen=True)
class JudgedLimit:
    """A limit, and how the measure stands to it.

    Attributes
    ----------
    name : str
        Of the measure.
    value : float or None
        None if it was not measured.
    limit : float
    status : {"holds", "exceeded", "known", "not measured"}
        Known: above the limit, and no worse than in the baseline.
    before : float or None
        The value in the baseline.
    why : str or None
        Why it was not measured.
    """

    name: str
    value: float | None
    limit: float
    status: LimitStatus
    before: float | None = None
    why: str | None = None

    @property
    def line(self) -> str:
        """How the measure stands to its limit, in one line."""
        if self.value is None:
            return f"{self.name} was not measured: {self.why}; its limit is {_told(self.limit)}"
        stands = "within" if self.status == "holds" else "above"
        line = f"{self.name} {_told(self.value, self.limit)} is {stands} its limit {_told(self.limit)}"
        if self.before is None or self.status == "holds":
            return line
        return f"{line}; the baseline has {_told(self.before, self.value)}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "limit": self.limit,
            "status": self.status,
            "baseline": self.before,
            "why": self.why,
        }


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a gate says of an audit.

    Attributes
    ----------
    audit : Audit
    fail_on : {"error", "warning", "never"}
    findings : tuple of JudgedFinding
        All findings of the audit, in its order.
    limits : tuple of JudgedLimit
    notes : tuple of str
        Checks that were not made, acceptances that are unused or past, what is better than in the baseline.
    """

    audit: Audit
    fail_on: FailOn
    findings: tuple[JudgedFinding, ...]
    limits: tuple[JudgedLimit, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Verdict({self.audit.dataset}: {self.summary})"

    @property
    def violations(self) -> tuple[JudgedFinding | JudgedLimit, ...]:
        """Why it does not hold: findings, then limits."""
        return (*self.of("fails"), *(one for one in self.limits if one.status in ("exceeded", "not measured")))

    @property
    def accepted(self) -> tuple[JudgedFinding, ...]:
        """Findings that are let through, with the reasons."""
        return self.of("accepted")

    @property
    def held(self) -> tuple[str, ...]:
        """Lines of the limits that hold."""
        return tuple(one.line for one in self.limits if one.status == "holds")

    @property
    def passed(self) -> bool:
        """Whether the gate holds."""
        return not self.violations

    @property
    def summary(self) -> str:
        """Whether the gate holds, in words."""
        n = len(self.violations)
        return f"does not hold: {n} violation{'s' if n != 1 else ''}" if n else "holds"

    def of(self, status: FindingStatus) -> tuple[JudgedFinding, ...]:
        """Findings of which the gate makes the same."""
        return tuple(one for one in self.findings if one.status == status)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, under the schema ``tooeasy/check/1``."""
        return {
            "schema": SCHEMA,
            "dataset": self.audit.dataset,
            "passed": self.passed,
            "fail_on": self.fail_on,
            "violations": [{"name": one.name, "line": one.line} for one in self.violations],
            "findings": [one.to_dict() for one in self.findings],
            "limits": [one.to_dict() for one in self.limits],
            "held": list(self.held),
            "notes": list(self.notes),
            "audit": self.audit.to_dict(),
        }


def check(
    audit: Audit, config: GateConfig | None = None, baseline: Baseline | None = None, *, today: date | None = None
) -> Verdict:
    """Say whether what an audit found is let through.

    Parameters
    ----------
    audit : Audit
    config : GateConfig, optional
        By default errors fail, and there are no limits.
    baseline : Baseline, optional
        What was found before: only what is worse fails. A limit on what was not measured fails all the same.
    today : date, optional
        By which acceptances are past; by default that of the machine.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> found = Finding("duplicates", "train", "error", "12 images occur twice in train")
    >>> audit = Audit("mine", ("cat", "dog"), 90, 10, "the test split", (found,), {"one_pixel": 0.997})
    >>> for violation in check(audit, GateConfig({"one_pixel": 0.99})).violations:
    ...     print(violation.line)
    error: duplicates/train: 12 images occur twice in train
    one_pixel 0.997 is above its limit 0.99
    >>> check(audit, baseline=Baseline.of(audit.to_dict())).passed
    True
    """
    config = config or GateConfig()
    today = today or date.today()
    return Verdict(
        audit,
        config.fail_on,
        tuple(_judge(finding, config, baseline, today) for finding in audit.findings),
        tuple(_measure(audit, name, limit, baseline) for name, limit in config.limits.items()),
        (*_unseen(audit), *_about_acceptances(audit, config, today), *_about_baseline(audit, baseline)),
    )


def _judge(finding: Finding, config: GateConfig, baseline: Baseline | None, today: date) -> JudgedFinding:
    for acceptance in config.accept:
        if acceptance.covers(finding) and acceptance.holds(today):
            return JudgedFinding(finding, "accepted", acceptance)
    if config.fail_on == "never" or _rank(finding.severity) < _rank(config.fail_on):
        return JudgedFinding(finding, "below")
    before = baseline.severities.get(finding.id) if baseline else None
    if baseline is None or before is None or _rank(finding.severity) > _rank(before):
        return JudgedFinding(finding, "fails")
    return JudgedFinding(finding, "fails" if _is_worse(finding, baseline.strengths.get(finding.id, 0.0)) else "known")


def _is_worse(finding: Finding, before: float) -> bool:
    """Whether a finding is stronger than before: beyond chance, where it is an estimate with an interval."""
    return _differs(finding.strength if finding.low_strength is None else finding.low_strength, before) > 0


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)


def _measure(audit: Audit, name: str, limit: float, baseline: Baseline | None) -> JudgedLimit:
    value = audit.measures.get(name)
    before = baseline.measures.get(name) if baseline else None
    if value is None or not math.isfinite(value):  # NaN is above no limit, and a gate does not pass on it
        why = _why_not(audit, name) if value is None else f"it came out as {value}"
        return JudgedLimit(name, None, limit, "not measured", before, why)
    if value <= limit:
        return JudgedLimit(name, value, limit, "holds", before)
    worse = before is None or _differs(value, before) > 0
    return JudgedLimit(name, value, limit, "exceeded" if worse else "known", before)


def _why_not(audit: Audit, name: str) -> str:
    return audit.skipped.get(_SAID_UNDER.get(name, name), "the audit did not take it")


def _differs(value: float, before: float) -> float:
    """By how much a value is larger; 0 where only rounding on another machine can have changed it."""
    return 0.0 if math.isclose(value, before, rel_tol=1e-9) else value - before


def _unseen(audit: Audit) -> Iterator[str]:
    for name, why in audit.skipped.items():
        if name != "too-easy":  # a gate climbs no ladder
            yield f"{name} was not looked at: {why}"


def _about_acceptances(audit: Audit, config: GateConfig, today: date) -> Iterator[str]:
    for one in config.accept:
        used = any(one.covers(finding) for finding in audit.findings)
        if not used:
            yield f"{one.finding} is accepted, and was not found: take the acceptance out"
        elif not one.holds(today):
            yield f"{one.finding} was accepted until {one.until}, which is past ({one.reason})"


def _about_baseline(audit: Audit, baseline: Baseline | None) -> Iterator[str]:
    if baseline is None:
        return
    if baseline.dataset != audit.dataset:
        yield f"the baseline is of {baseline.dataset}, not of {audit.dataset}"
    if baseline.seed != audit.seed:
        yield f"the baseline was made with seed {baseline.seed}, not {audit.seed}"
    for name, before in baseline.measures.items():
        value = audit.measures.get(name)
        if value is not None and _differs(value, before) < -(0 if name in COUNTED else NOTICED):
            yield f"{name} went from {_told(before, value)} to {_told(value, before)}: renew the baseline"
    now = {finding.id for finding in audit.findings}
    for name in baseline.severities:
        if name not in now:
            yield f"{name} is gone: renew the baseline"


def _told(value: float, beside: float | None = None) -> str:
    """Write a number with as few digits as tell it from the one that it stands beside."""
    if float(value).is_integer():
        return str(int(value))
    texts = (f"{value:.{digits}g}" for digits in range(3, 17))
    return next((text for text in texts if beside is None or float(text) != beside), repr(float(value)))
