"""Audits made by hand, for the tests of what is made of them; and arbitrary ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from tooeasy.giveaways import CHECKS, MEASURES, Audit, Finding, ImageName, Place

NASTY = '<a href="x">&amp;\n\r\t\x00\x1b[31m\x85\u2028::error::%0A,]]>\ud800\ufffe🙂'


def an_audit(
    findings: Iterable[Finding] = (),
    measures: Mapping[str, float] | None = None,
    skipped: Mapping[str, str] | None = None,
    dataset: str = "mine",
    seed: int = 0,
) -> Audit:
    """An audit of a dataset with two classes."""
    held_out = "the test split"
    return Audit(
        dataset, ("cat", "dog"), 90, 10, held_out, tuple(findings), measures or {}, skipped or {}, seed, "0" * 32
    )


def a_finding(check: str = "duplicates", subject: str = "train", severity: str = "error", message: str = "12 of them"):
    """A finding with evidence, a place and two images."""
    images = (ImageName("train", 3, "cat/50% #1.jpg"), ImageName("train", 7))
    evidence = {"images": 12, "share": 0.5, "near": False, "where": None, "like": "a"}
    return Finding(check, subject, severity, message, evidence, 0.5, places=(Place(0, 1, 2, 3),), images=images)


texts = st.text(max_size=30) | st.sampled_from([NASTY, "train", "-", ""])
findings = st.builds(
    a_finding, st.sampled_from(sorted(CHECKS)), texts, st.sampled_from(["note", "warning", "error"]), texts
)
measures = st.dictionaries(st.sampled_from(sorted(MEASURES)), st.floats(0, 1e6) | st.integers(0, 10**6).map(float))
audits = st.builds(
    an_audit,
    st.lists(findings, max_size=5),
    measures,
    st.dictionaries(st.sampled_from(sorted(CHECKS)), texts, max_size=3),
)
limits = st.dictionaries(st.sampled_from(sorted(MEASURES)), st.floats(0, 1e6), max_size=5)
