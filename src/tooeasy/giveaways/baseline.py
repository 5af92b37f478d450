"""The baseline of a gate: what an earlier audit found, as a card keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tooeasy.errors import SourceError
from tooeasy.giveaways.checks import SEVERITIES, Severity
from tooeasy.ladder import Card
from tooeasy.text import printable


@dataclass(frozen=True)
class Baseline:
    """What was found before.

    Attributes
    ----------
    dataset : str
    seed : int
    severities : mapping of str to str
        Of each finding, by its identifier; the gravest where several share one.
    measures : mapping of str to float
    strengths : mapping of str to float
        Of each finding, by its identifier: the largest where several share one.
    """

    dataset: str
    seed: int
    severities: Mapping[str, Severity]
    measures: Mapping[str, float]
    strengths: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, audit: Mapping[str, Any]) -> Baseline:
        """Take an audit as ``Audit.to_dict`` returns it.

        Examples
        --------
        >>> found = [{"id": "duplicates/train", "severity": "error", "strength": 0.2}]
        >>> Baseline.of({"dataset": "mine", "seed": 0, "findings": found, "measures": {}}).severities
        {'duplicates/train': 'error'}
        """
        severities: dict[str, Severity] = {}
        for finding in sorted(audit["findings"], key=lambda finding: SEVERITIES.index(finding["severity"])):
            severities[finding["id"]] = finding["severity"]  # the graver comes later
        strengths: dict[str, float] = {}
        for finding in audit["findings"]:
            strengths[finding["id"]] = max(float(finding["strength"]), strengths.get(finding["id"], 0.0))
        return cls(str(audit["dataset"]), int(audit["seed"]), severities, dict(audit["measures"]), strengths)


def read_baseline(path: str | Path) -> Baseline:
    """Read the audit of a card.

    Raises
    ------
    SourceNotFoundError
        If there is no such file.
    SourceError
        If it is not a card, or has no audit.
    """
    audit = Card.load(path).audit
    if audit is None:
        name = printable(str(path))
        raise SourceError(f"{name}: a card without an audit is no baseline; make one: tooeasy card SOURCE -o card.json")
    return Baseline.of(audit)
