"""From scores to findings: what is a discovery, and how grave it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tooeasy.giveaways.checks import Severity
from tooeasy.giveaways.finding import Finding, Histograms, ImageName, Pictures, Value
from tooeasy.giveaways.probe import Probe, discoveries
from tooeasy.giveaways.sample import Sample
from tooeasy.giveaways.spots import Spot
from tooeasy.measures import wilson_interval

TOGETHER = "all together"  # the subject of a probe that looks at all that a check looks at
NEVER = 2.0  # a skill that nothing has


@dataclass(frozen=True)
class Grades:
    """From which skill on a probe is worth a note, a warning, an error.

    ``share``: of the skill of the same rule on whole images, that a warning takes besides; content may show anywhere.
    ``single``: the same for the skill on one class alone; what gives one class of many away hardly shows in the mean.
    """

    note: float
    warning: float
    error: float
    share: float = 0.0
    single: tuple[float, float] = (NEVER, NEVER)


# One class may be told by what it shows: on the same real datasets as in spots.py, brightness tells one class at most
# with a skill of 0.89, the border with 0.90, corners with 0.57.
NEARLY_ALL = 0.92
GRADES: dict[str, Grades] = {
    "file-properties": Grades(0.02, 0.1, 0.5, single=(0.3, 0.8)),
    "file-names": Grades(0.02, 0.5, NEVER, single=(0.5, NEVER)),
    "brightness": Grades(0.1, 0.3, 0.9, share=0.6, single=(NEARLY_ALL, NEVER)),
    "border-only": Grades(0.1, 0.2, 0.9, share=0.6, single=(NEARLY_ALL, NEVER)),
    "corners-only": Grades(0.1, 0.2, 0.9, share=0.6, single=(NEARLY_ALL, NEVER)),
    "background-only": Grades(0.1, 0.3, NEVER, share=0.9),
    "label-order": Grades(0.1, 0.5, NEVER),
    "split-shift": Grades(0.05, 0.2, NEVER),
}
SPOT_WARNING = 0.02  # skill of a spot
SPOT_ERROR = 0.5  # of a spot at the lower end of its interval

Exhibit = Pictures | Histograms | None


@dataclass(frozen=True, eq=False)
class Probed:
    """A probe, what shows it, and what else is known of it."""

    probe: Probe
    exhibit: Exhibit = None
    evidence: Mapping[str, Value] = field(default_factory=dict)


def judge_probes(
    probed: Sequence[Probed], whole: Probe | None, rate: float, classes: Sequence[str] = ()
) -> list[Finding]:
    """Make findings of the probes that are discoveries and tell enough.

    Parameters
    ----------
    probed : sequence of Probed
        Everything that was looked at, so that it is corrected for all.
    whole : Probe or None
        The linear rule on whole images.
    rate : float
        Of false discoveries, a fraction.
    classes : sequence of str
        Names of the classes; their numbers by default.
    """
    found = discoveries([one.probe.p_value for one in probed], rate)
    graded = [(one.probe, _grade(one.probe, whole), one) for one, real in zip(probed, found, strict=True) if real]
    findings = [_finding(one, severity, whole, classes) for _, severity, one in graded if severity is not None]
    return [finding for finding in findings if not _told_better(finding, findings)]


def _told_better(finding: Finding, findings: Sequence[Finding]) -> bool:
    """Whether another finding of the check says the same, and more of it.

    Properties of files are mended one by one, and each is told; of names and brightness the most telling is enough.
    All together is worth telling where it tells more than each alone.
    """
    if finding.check == "file-properties" and finding.subject != TOGETHER:
        return False
    return any(
        other.check == finding.check and (other.strength, other.subject) > (finding.strength, finding.subject)
        for other in findings
    )


def _grade(probe: Probe, whole: Probe | None) -> Severity | None:
    """Grade by the lower end of the interval, so that few held-out images make no errors."""
    grades, skill = GRADES[probe.check], probe.low_skill
    enough = grades.share == 0 or whole is None or probe.skill >= grades.share * whole.skill
    single = probe.single.low_skill if probe.single else 0.0
    if (skill >= grades.error and enough) or single >= grades.single[1]:
        return "error"
    if (skill >= grades.warning and enough) or single >= grades.single[0]:
        return "warning"
    return "note" if probe.skill >= grades.note else None


def _told_single(probe: Probe) -> bool:
    """Whether one class is told so well that it is worth saying which."""
    return probe.single is not None and probe.single.low_skill >= GRADES[probe.check].single[0]


def _finding(one: Probed, severity: Severity, whole: Probe | None, classes: Sequence[str]) -> Finding:
    probe, single = one.probe, one.probe.single
    evidence = {**probe.evidence(), **one.evidence}
    compared = ""
    if GRADES[probe.check].share and whole is not None:
        evidence["whole_image_balanced_test_accuracy"] = whole.accuracy
        compared = f"; the same rule on whole images {whole.accuracy:.1%}"
    strength, of_class = probe.skill, ""
    if single is not None and _told_single(probe):
        name = classes[single.label] if classes else str(single.label)
        strength = max(strength, single.skill)
        evidence |= {
            "class": name,
            "class_share": single.share,
            "class_share_of_others": single.share_of_others,
            "class_skill": single.skill,
            "class_skill_low": single.low_skill,
        }
        of_class = f"; says {name} of {single.share:.1%} of its images and {single.share_of_others:.1%} of the others"
    low, high = probe.interval
    told = f"right for {probe.accuracy:.1%} of held-out images"
    between = f"{low:.1%} to {high:.1%}, balanced; chance {probe.chance:.1%}{compared}"
    return Finding(
        probe.check,
        probe.subject,
        severity,
        f"{_subject(probe)}: {told} ({between}){of_class}",
        evidence,
        strength=strength,
        exhibit=one.exhibit,
    )


def _subject(probe: Probe) -> str:
    """What the class, or the split, was told by."""
    together = probe.subject == TOGETHER
    told = {
        "file-properties": "all file properties together" if together else f"{probe.subject} alone",
        "file-names": f"the {probe.subject} of the file name alone",
        "brightness": "brightness and colour together" if together else f"the {probe.subject} of the levels alone",
        "label-order": "the position in the file alone",
        "split-shift": "a linear rule that tells training from test images",
    }
    return told.get(probe.check, f"the {probe.check.replace('-only', '')} alone, {probe.looks_at}")


def judge_spots(spots: Sequence[Spot], test: Sample, rate: float) -> list[Finding]:
    """Make findings of the spots that are discoveries; of two at one place, only the fixed value."""
    found = discoveries([spot.p_value for spot in spots], rate)
    real = [spot for spot, is_real in zip(spots, found, strict=True) if is_real and spot.skill >= SPOT_WARNING]
    fixed = [spot for spot in real if spot.kind == "constant-marker"]
    real = [spot for spot in real if spot in fixed or not any((spot.region & other.region).any() for other in fixed)]
    return [_spot_finding(spot, test) for spot in real]


def _spot_finding(spot: Spot, test: Sample) -> Finding:
    name = test.split.classes[spot.label]
    place, pixels = spot.place, int(spot.region.sum())
    low, high = (int(level) for level in np.flatnonzero(spot.levels)[[0, -1]])
    low_share, high_share = (float(end) for end in wilson_interval(spot.with_it, spot.of_class))
    values = f"{low}" if low == high else f"{low} to {high}"
    what = "a fixed value" if spot.kind == "constant-marker" else "a telling value"
    where = f"{pixels} pixel{'s' if pixels > 1 else ''} around row {spot.pixel[0]}, column {spot.pixel[1]}"
    shares = f"{spot.share:.1%} of the held-out images of {name} and {spot.share_of_others:.1%} of the others"
    return Finding(
        spot.kind,
        name,
        "error" if low_share - spot.share_of_others >= SPOT_ERROR else "warning",
        f"{where}: {what} in {shares}",
        {
            "class": name,
            "row": spot.pixel[0],
            "column": spot.pixel[1],
            "channel": spot.pixel[2],
            "pixels": pixels,
            "levels": values,
            "share_of_class": spot.share,
            "share_low": low_share,
            "share_high": high_share,
            "share_of_others": spot.share_of_others,
            "skill": spot.skill,
            "surroundings": spot.surroundings,
            "n_class": spot.of_class,
            "n_others": spot.of_others,
            "p_value": spot.p_value,
        },
        strength=spot.skill,
        exhibit=_spot_pictures(spot, test),
        places=(place,),
        images=_with_it(spot, test),
    )


def _has(spot: Spot, sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    has = spot.levels[sample.images[(slice(None), *spot.pixel)]]
    return has, sample.labels == spot.label


def _with_it(spot: Spot, test: Sample) -> tuple[ImageName, ...]:
    has, ours = _has(spot, test)
    return tuple(test.name(int(number)) for number in np.flatnonzero(has & ours)[:20])


def _spot_pictures(spot: Spot, test: Sample) -> Pictures:
    """Images of the class that have it, and images of others."""
    has, ours = _has(spot, test)
    numbers = [*np.flatnonzero(has & ours)[:4], *np.flatnonzero(~has & ~ours)[:4]]
    classes = test.split.classes
    captions = [classes[test.labels[number]] for number in numbers]
    return Pictures.of(test.images[numbers], test.split.levels, captions, (spot.place,))
