"""What an audit found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tooeasy.giveaways.checks import SEVERITIES, Severity
from tooeasy.giveaways.finding import Finding
from tooeasy.plotting import Plottable

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/audit/1"


@dataclass(frozen=True, eq=False)
class Audit(Plottable):
    """What an audit of a dataset found.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    n_train, n_test : int
        Images of the splits that could be read.
    held_out : str
        What the held-out images are.
    findings : tuple of Finding
        The gravest first.
    measures : mapping of str to float
        Numbers that a gate may set limits to; see `MEASURES`. One that could not be taken is not there.
    skipped : mapping of str to str
        Checks that could not be made, and why.
    seed : int
    checksum : str
        Of the data: images and labels of both splits.
    notes : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> import tooeasy
    >>> random = np.random.default_rng(0)
    >>> images, labels = random.integers(0, 200, (400, 12, 12)).astype("uint8"), random.integers(0, 2, 400)
    >>> images[labels == 1, 1:3, 1:3] = 255
    >>> found = tooeasy.audit((images, labels), options=tooeasy.AuditOptions(near=False))
    >>> [finding.id for finding in found.of("error")]
    ['constant-marker/1']
    """

    dataset: str
    classes: tuple[str, ...]
    n_train: int
    n_test: int
    held_out: str
    findings: tuple[Finding, ...]
    measures: Mapping[str, float]
    skipped: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    checksum: str = ""
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        counts = {severity: len(self.of(severity)) for severity in reversed(SEVERITIES)}
        told = ", ".join(f"{n} {severity}{'s' if n != 1 else ''}" for severity, n in counts.items() if n)
        return f"Audit({self.dataset}: {told or 'no findings'})"

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity, in order.

        Parameters
        ----------
        severity : {"note", "warning", "error"}
            Which.

        Returns
        -------
        tuple of Finding
        """
        return tuple(finding for finding in self.findings if finding.severity == severity)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            What ``tooeasy audit --json`` prints.
        """
        return {
            "schema": SCHEMA,
            "dataset": self.dataset,
            "classes": list(self.classes),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "held_out": self.held_out,
            "seed": self.seed,
            "checksum": self.checksum,
            "findings": [finding.to_dict() for finding in self.findings],
            "measures": dict(self.measures),
            "skipped": dict(self.skipped),
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a finding as a pandas DataFrame.

        Returns
        -------
        DataFrame
            The gravest first.
        """
        import pandas as pd

        columns = ["id", "check", "subject", "severity", "message", "strength"]
        return pd.DataFrame([finding.to_dict() for finding in self.findings], columns=columns)
