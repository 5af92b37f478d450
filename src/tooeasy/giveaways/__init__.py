"""What predicts the class and should not: findings, their statistics, and the gate."""

from tooeasy.giveaways.audit import Audit
from tooeasy.giveaways.checks import CHECKS, Check, Severity
from tooeasy.giveaways.duplicate_findings import duplicate_findings
from tooeasy.giveaways.duplicates import Duplicates, find_duplicates
from tooeasy.giveaways.finding import Finding, Histograms, ImageName, Pictures, Place
from tooeasy.giveaways.measures import MEASURES

__all__ = [
    "CHECKS",
    "MEASURES",
    "Audit",
    "Check",
    "Duplicates",
    "Finding",
    "Histograms",
    "ImageName",
    "Pictures",
    "Place",
    "Severity",
    "duplicate_findings",
    "find_duplicates",
]
