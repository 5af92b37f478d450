"""What predicts the class and should not: findings, their statistics, and the gate."""

from tooeasy.giveaways.audit import AuditOptions, audit
from tooeasy.giveaways.baseline import Baseline, read_baseline
from tooeasy.giveaways.checks import CHECKS, Check, Severity
from tooeasy.giveaways.config import Acceptance, GateConfig, read_config
from tooeasy.giveaways.duplicate_findings import duplicate_findings
from tooeasy.giveaways.duplicates import Duplicates, find_duplicates
from tooeasy.giveaways.finding import Finding, Histograms, ImageName, Pictures, Place
from tooeasy.giveaways.gate import Verdict, check
from tooeasy.giveaways.result import Audit
from tooeasy.limits import MEASURES

__all__ = [
    "CHECKS",
    "MEASURES",
    "Acceptance",
    "Audit",
    "AuditOptions",
    "Baseline",
    "Check",
    "Duplicates",
    "Finding",
    "GateConfig",
    "Histograms",
    "ImageName",
    "Pictures",
    "Place",
    "Severity",
    "Verdict",
    "audit",
    "check",
    "read_baseline",
    "read_config",
    "duplicate_findings",
    "find_duplicates",
]
