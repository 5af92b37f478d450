"""What predicts the class and should not: findings, their statistics, and the gate."""

from tooeasy.giveaways.audit import Audit, AuditOptions, audit
from tooeasy.giveaways.checks import CHECKS, Check, Severity
from tooeasy.giveaways.finding import Finding, Histograms, ImageName, Pictures, Place
from tooeasy.giveaways.measures import MEASURES

__all__ = [
    "CHECKS",
    "MEASURES",
    "Audit",
    "AuditOptions",
    "Check",
    "Finding",
    "Histograms",
    "ImageName",
    "Pictures",
    "Place",
    "Severity",
    "audit",
]
