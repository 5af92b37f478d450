"""What a report says first, in words for those who have never heard of tooeasy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tooeasy.giveaways import Audit
from tooeasy.giveaways.words import verdict
from tooeasy.ladder import Ladder, RungScore
from tooeasy.pixels import PixelStudy
from tooeasy.report.chapter import Chapter

ENOUGH = 0.95  # of the best rung's accuracy


@dataclass(frozen=True)
class Headline:
    """One dataset's verdict.

    Attributes
    ----------
    name : str
    sentence : str
        How far up one must climb.
    points : tuple of (str, str)
        Numbers, and what they are.
    severity, caution : str
        The gravest that the audit found, and its verdict; empty where it found neither an error nor a warning.
    """

    name: str
    sentence: str
    points: tuple[tuple[str, str], ...]
    severity: str = ""
    caution: str = ""


def headline(chapter: Chapter) -> Headline:
    """Say what was found of a dataset."""
    points = [_pairs(chapter.pixels)]
    if chapter.ladder is not None:
        points += [
            (f"{rung.test_accuracy:.1%}", words)
            for name, words in (
                (
                    "metadata",
                    "of held-out images are right by the properties of their files, without looking at a pixel",
                ),
                ("border", "of held-out images are right by a glance at the border alone"),
                ("mean-template", "of held-out images are right by comparing with the mean image of each class"),
            )
            for rung in _scored(chapter.ladder)
            if rung.rung == name
        ]
        best = chapter.ladder.best
        if best is not None and best.score is not None:
            low, high = (100 * end for end in best.score.test_interval)
            by = f"the best rung climbed, {best.rung} (95% interval {low:.1f} to {high:.1f})"
            words = f"of held-out images are right by {by}"
            points.append((f"{best.test_accuracy:.1%}", words))
    return Headline(chapter.title, _sentence(chapter), tuple(points), *_caution(chapter.audit))


def _caution(audit: Audit | None) -> tuple[str, str]:
    gravest = audit.findings[0].severity if audit is not None and audit.findings else "note"
    if audit is None or gravest == "note":
        return "", ""
    words = verdict(audit)
    return gravest, f"{words[0].upper()}{words[1:]}."


def _scored(ladder: Ladder) -> list[RungScore]:
    return [rung for rung in ladder.rungs if rung.score is not None]


def _sentence(chapter: Chapter) -> str:
    best = chapter.ladder.best if chapter.ladder is not None else None
    if chapter.ladder is None or best is None or best.test_accuracy == 0:
        return "This tells what one pixel knows; nothing more could be climbed."
    enough = chapter.ladder.first_reaching(ENOUGH * best.test_accuracy) or best
    share = f"{ENOUGH:.0%} of what the best rung climbed, {best.rung}, reaches"
    if enough.rung == "nothing":
        return f"Always answering the most frequent class is right {enough.test_accuracy:.1%} of the time: {share}."
    if enough is best:
        return (
            f"The best rung climbed, {best.rung}, looks at {best.looks_at}, and is right {best.test_accuracy:.1%} of "
            f"the time; none below it reaches {ENOUGH:.0%} of that."
        )
    return f"To reach {share}, it is enough to look at {enough.looks_at} ({enough.rung})."


def _pairs(study: PixelStudy) -> tuple[str, str]:
    mean = study.mean_accuracy
    if np.isnan(mean):
        return "–", "no pair could be scored"  # noqa: RUF001
    scored = "" if study.scored_on == "test" else " (on the training images, for none are held out)"
    guess = float(np.nanmean(study.pairs.majority))
    words = (
        f"is how often one well-chosen pixel tells two classes apart, on average{scored}; guessing would be {guess:.1%}"
    )
    return f"{mean:.1%}", words
