"""Figure of an audit: its gravest findings, each with what shows it."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes

from tooeasy.figures.base import draw, new_axes, plain, size_of
from tooeasy.figures.exhibits import WIDTH
from tooeasy.giveaways import Audit, Finding
from tooeasy.giveaways.words import counted, verdict

MOST = 6  # findings of an audit
LETTERS = 114  # of a line of text
LINE, TITLE, GAP, FOOT = 0.165, 0.3, 0.26, 0.12  # inches
BADGES = {"error": "#b3261e", "warning": "#8a5200", "note": "#565b64"}  # white letters are read on each
BADGE_LETTER = 0.068  # inches


@size_of.register
def _size_of_finding(finding: Finding) -> tuple[float, float]:
    return WIDTH, _words_height(finding) + (size_of(finding.exhibit)[1] if finding.exhibit is not None else 0)


@draw.register
def draw_finding(finding: Finding, ax: Axes | None = None) -> Axes:
    """Draw a finding: how grave it is, what was found, and what shows it.

    Parameters
    ----------
    finding : Finding
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The host of another, which has the exhibit, where there is one.
    """
    ax = ax or new_axes(*size_of(finding))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    height = size_of(finding)[1]
    badge = {"boxstyle": "round,pad=0.28", "facecolor": BADGES[finding.severity], "edgecolor": "none"}
    line = 1 - TITLE / 2 / height
    ax.text(0.045 / WIDTH, line, finding.severity, color="white", va="center", fontsize=8, bbox=badge)
    left = (0.2 + BADGE_LETTER * len(finding.severity)) / WIDTH
    ax.text(left, line, plain(finding.about.title), va="center", fontsize=10, fontweight="bold", in_layout=False)
    for number, words in enumerate(_message(finding)):
        ax.text(0, 1 - (TITLE + LINE * (number + 0.5)) / height, words, va="center", fontsize=8.5, in_layout=False)
    if finding.exhibit is not None:
        draw(finding.exhibit, ax.inset_axes((0, 0, 1, 1 - _words_height(finding) / height)))
    return ax


@size_of.register
def _size_of_audit(audit: Audit) -> tuple[float, float]:
    findings = audit.findings[:MOST]
    inner = sum(size_of(finding)[1] + GAP for finding in findings)
    return WIDTH, max(inner, 3 * GAP) + LINE * len(_left(audit)) + FOOT


@draw.register
def draw_audit(audit: Audit, ax: Axes | None = None) -> Axes:
    """Draw the gravest findings of an audit, one below the other.

    Parameters
    ----------
    audit : Audit
        The first six findings are drawn.
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
        The host of others, its ``child_axes``: one a finding.
    """
    ax = ax or new_axes(*size_of(audit))
    ax.set_axis_off()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    whole = size_of(audit)[1]
    y = GAP / 2
    for finding in audit.findings[:MOST]:
        height = size_of(finding)[1]
        draw(finding, ax.inset_axes((0, 1 - (y + height) / whole, 1, height / whole)))
        y += height + GAP
    for number, words in enumerate(reversed(_left(audit))):
        ax.text(0, (FOOT + LINE * number) / whole, words, fontsize=8, va="bottom", alpha=0.75)
    lines = textwrap.wrap(f"{counted(audit)}; {verdict(audit)}" if audit.findings else verdict(audit), 100)
    title = "\n".join([f"{plain(audit.dataset, 60)}: what gives the class away", *map(plain, lines)])
    ax.set_title(title, loc="left", fontsize=10)
    return ax


def _message(finding: Finding) -> list[str]:
    return [plain(line) for line in textwrap.wrap(finding.message, LETTERS, max_lines=4, placeholder=" …")]


def _words_height(finding: Finding) -> float:
    return TITLE + LINE * len(_message(finding)) + 0.06


def _left(audit: Audit) -> list[str]:
    """What is not drawn: further findings, and checks that could not be made."""
    more = len(audit.findings) - MOST
    told = [f"{more} more finding{'s' if more > 1 else ''}"] if more > 0 else []
    told += [f"not looked at: {', '.join(audit.skipped)}"] if audit.skipped else []
    return [plain(line) for text in told for line in textwrap.wrap(text, LETTERS)]
