"""The gate: what it lets through, and what it does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from audits import a_finding, an_audit, audits, limits
from hypothesis import given
from hypothesis import strategies as st
from samples import random_images

import tooeasy
from tooeasy.errors import SourceError, SourceNotFoundError
from tooeasy.giveaways import MEASURES
from tooeasy.giveaways import audit as make_audit
from tooeasy.giveaways.baseline import Baseline, read_baseline
from tooeasy.giveaways.checks import SEVERITIES
from tooeasy.giveaways.config import Acceptance, GateConfig
from tooeasy.giveaways.finding import Finding
from tooeasy.giveaways.gate import _SAID_UNDER, check
from tooeasy.ladder import make_card
from tooeasy.ladder.badge import to_markdown
from tooeasy.schemas import schema

TODAY = date(2026, 6, 1)


def baseline_of(audit):
    """An audit as it comes back from a card."""
    return Baseline.of(json.loads(json.dumps(audit.to_dict())))


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("fail_on", ["error", "warning", "never"])
def test_findings_fail_from_a_severity_on(severity, fail_on):
    """Those as grave as asked for and graver; none with never."""
    verdict = check(an_audit([a_finding(severity=severity)]), GateConfig(fail_on=fail_on))
    fails = severity == "error" if fail_on == "error" else severity != "note" if fail_on == "warning" else False
    assert verdict.passed is not fails
    assert [one.status for one in verdict.findings] == ["fails" if fails else "below"]
    assert [one.line for one in verdict.violations] == [f"{severity}: duplicates/train: 12 of them"] * fails


def test_a_limit_is_the_largest_value_that_is_allowed():
    """At the limit it holds, above it does not, and the line has both numbers."""
    audit = an_audit(measures={"one_pixel": 0.997, "duplicates": 12.0, "imbalance": 1.5})
    verdict = check(audit, GateConfig({"one_pixel": 0.99, "duplicates": 12, "imbalance": 1.25}))
    lines = [one.line for one in verdict.violations]
    assert lines == ["one_pixel 0.997 is above its limit 0.99", "imbalance 1.5 is above its limit 1.25"]
    assert verdict.held == ("duplicates 12 is within its limit 12",)
    assert verdict.summary == "does not hold: 2 violations"


def test_numbers_are_told_apart():
    """A value that is only just above its limit is not written as the limit."""
    verdict = check(an_audit(measures={"border": 0.90000004}), GateConfig({"border": 0.9}))
    assert verdict.violations[0].line == "border 0.90000004 is above its limit 0.9"
    verdict = check(an_audit(measures={"duplicates": 123456789.0}), GateConfig({"duplicates": 2}))
    assert verdict.violations[0].line == "duplicates 123456789 is above its limit 2"


@pytest.mark.parametrize("name", MEASURES)
def test_what_was_not_measured_does_not_pass(name):
    """A limit on it fails and says why, with a baseline too; also if the number is none."""
    audit = an_audit(skipped={_SAID_UNDER.get(name, name): "only a sketch is here"})
    for before in (None, baseline_of(audit), baseline_of(an_audit(measures={name: 3.0}))):
        verdict = check(audit, GateConfig({name: 5}), before)
        why = "was not measured: only a sketch is here; its limit is 5"
        assert [one.line for one in verdict.violations] == [f"{name} {why}"]
    assert "was not measured: the audit did not take it" in check(an_audit(), GateConfig({name: 5})).violations[0].line
    for value in (float("nan"), float("inf")):
        lines = [one.line for one in check(an_audit(measures={name: value}), GateConfig({name: 5})).violations]
        assert lines == [f"{name} was not measured: it came out as {value}; its limit is 5"]


def test_why_a_real_audit_took_no_measure(tmp_path):
    """Of a sketch there are no images to look at: every measure that is not taken has its reason."""
    images, labels = random_images(3, n=60)
    tooeasy.Sketch((3, 4, 1), ("0", "1", "2")).update(images, labels).save(tmp_path / "a.sketch")
    verdict = check(make_audit(tmp_path / "a.sketch"), GateConfig(dict.fromkeys(MEASURES, 1)))
    lines = [one.line for one in verdict.limits if one.status == "not measured"]
    assert "border was not measured: " in " ".join(lines)
    unsaid = {line.split()[0] for line in lines if "the audit did not take it" in line}
    assert unsaid <= {"duplicates", "leaks", "conflicts"}


def test_what_was_not_looked_at_is_said():
    """Checks that could not be made are notes."""
    assert check(an_audit(skipped={"border-only": "a sketch"})).notes == ("border-only was not looked at: a sketch",)


def test_an_acceptance_lets_through_with_its_reason():
    """Whatever it covers, and nothing else."""
    audit = an_audit([a_finding(), a_finding(subject="test")])
    accept = (Acceptance("duplicates/train", "augmented", date(2027, 1, 31)),)
    verdict = check(audit, GateConfig(accept=accept), today=TODAY)
    assert [one.name for one in verdict.violations] == ["duplicates/test"]
    assert [one.line for one in verdict.accepted] == [
        "error: duplicates/train: 12 of them (augmented, until 2027-01-31)"
    ]


def test_an_acceptance_ends():
    """It holds on its last day; after it, the finding fails, and that it was accepted is said."""
    audit, last = an_audit([a_finding()]), date(2026, 6, 1)
    config = GateConfig(accept=(Acceptance("duplicates", "for now", last),))
    assert check(audit, config, today=last).passed
    verdict = check(audit, config, today=date(2026, 6, 2))
    assert not verdict.passed
    assert verdict.notes == ("duplicates was accepted until 2026-06-01, which is past (for now)",)


def test_an_acceptance_that_is_not_needed_is_said():
    """So that it is taken out, and does not hide what comes later."""
    verdict = check(an_audit(), GateConfig(accept=(Acceptance("duplicates/*", "x"),)))
    assert verdict.passed
    assert verdict.notes == ("duplicates/* is accepted, and was not found: take the acceptance out",)


@pytest.mark.parametrize("before", SEVERITIES)
@pytest.mark.parametrize("now", SEVERITIES)
def test_with_a_baseline_only_graver_findings_fail(before, now):
    """As grave as before or milder is known."""
    baseline = baseline_of(an_audit([a_finding(severity=before)]))
    verdict = check(an_audit([a_finding(severity=now)]), GateConfig(fail_on="warning"), baseline)
    worse = SEVERITIES.index(now) > SEVERITIES.index(before)
    assert verdict.passed is not (worse and now != "note")


@pytest.mark.parametrize("order", [("error", "note"), ("note", "error")])
def test_of_findings_with_one_identifier_the_gravest_counts(order):
    """In whatever order the baseline has them."""
    baseline = baseline_of(an_audit([a_finding(severity=severity) for severity in order]))
    assert baseline.severities == {"duplicates/train": "error"}


@pytest.mark.parametrize(
    ("strength", "low", "fails"), [(0.2, None, True), (0.045, None, False), (0.2, 0.04, False), (0.2, 0.1, True)]
)
def test_with_a_baseline_a_stronger_finding_fails(strength, low, fails):
    """Of facts any more; of estimates where the interval is above the baseline."""
    before = an_audit([replace(a_finding(), strength=0.045)])
    now = an_audit([replace(a_finding(), strength=strength, low_strength=low)])
    assert check(now, baseline=baseline_of(before)).passed is not fails


@given(st.text(min_size=1, max_size=6), st.text(min_size=1, max_size=6))
def test_identifiers_of_classes_are_different(one, other):
    """No two names of classes have the same identifier."""
    ids = {Finding("constant-marker", name, "error", "").id for name in (one, other)}
    assert len(ids) == len({one, other})


def test_with_a_baseline_only_worse_measures_fail():
    """Above the limit and above what was; an improvement is a note."""
    baseline = baseline_of(an_audit(measures={"duplicates": 12.0}))
    config = GateConfig({"duplicates": 0})
    for value, passed in [(12.0, True), (13.0, False), (3.0, True)]:
        verdict = check(an_audit(measures={"duplicates": value}), config, baseline)
        assert verdict.passed is passed
        improved = ("duplicates went from 12 to 3: renew the baseline",)
        assert verdict.notes == (improved if value == 3 else ())
    assert not check(an_audit(measures={"duplicates": 1.0}), config, baseline_of(an_audit())).passed


def test_rounding_on_another_machine_is_no_change():
    """A last digit that differs makes nothing worse."""
    value = 0.9000000000000001
    before = baseline_of(an_audit(measures={"border": 0.9}))
    verdict = check(an_audit(measures={"border": value}), GateConfig({"border": 0.5}), before)
    assert verdict.passed
    assert verdict.notes == ()


def test_a_baseline_of_something_else_is_said():
    """Another dataset, another seed, findings that are gone."""
    before = baseline_of(an_audit([a_finding()], dataset="yours", seed=5))
    assert check(an_audit(), None, before).notes == (
        "the baseline is of yours, not of mine",
        "the baseline was made with seed 5, not 0",
        "duplicates/train is gone: renew the baseline",
    )


@given(audits, limits, st.sampled_from(["error", "warning", "never"]))
def test_nothing_fails_against_itself(audit, limits, fail_on):
    """With an audit as its own baseline, what was measured passes, and there is nothing to renew."""
    config = GateConfig({name: limit for name, limit in limits.items() if name in audit.measures}, fail_on)
    verdict = check(audit, config, baseline_of(audit))
    assert verdict.passed
    assert not [note for note in verdict.notes if "baseline" in note]


@given(audits)
def test_accepting_all_passes(audit):
    """Whatever is found: accepted by name, it is let through."""
    accept = tuple(Acceptance(one.check, "known") for one in audit.findings)
    assert check(audit, GateConfig(fail_on="warning", accept=accept)).passed


@given(audits, limits, limits, st.sampled_from(["error", "warning", "never"]))
def test_a_stricter_gate_never_lets_more_through(audit, limits, more, fail_on):
    """More limits, and failing on warnings, only add violations."""
    mild = {one.name for one in check(audit, GateConfig(limits, fail_on)).violations}
    strict = {one.name for one in check(audit, GateConfig({**more, **limits}, "warning")).violations}
    assert mild <= strict


@given(audits, audits, limits)
def test_a_baseline_never_adds_a_violation(audit, other, limits):
    """Whatever the baseline is, it only lets more through."""
    alone = {one.line.partition(";")[0] for one in check(audit, GateConfig(limits)).violations}
    beside = {one.line.partition(";")[0] for one in check(audit, GateConfig(limits), baseline_of(other)).violations}
    assert beside <= alone


@given(audits, limits, audits)
def test_dicts_follow_their_schemas(audit, limits, other):
    """An audit and a verdict, as JSON reads them back; the audit on a card, too, and by our own reader."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")
    accept = (Acceptance("duplicates*", "x", date(2027, 1, 1)), Acceptance("*", "old", date(2020, 1, 1)))
    verdict = check(audit, GateConfig(limits, accept=accept), baseline_of(other), today=TODAY)
    content = json.loads(json.dumps(verdict.to_dict(), allow_nan=False))
    jsonschema.validate(content, schema("check"))
    jsonschema.validate(content["audit"], schema("audit"))


def test_schemas_refuse_what_is_something_else():
    """A key too many, a severity that there is not, a status that there is not."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")
    content = check(an_audit([a_finding()])).to_dict()
    for change in ({"more": 1}, {"passed": "yes"}, {"fail_on": "note"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**content, **change}, schema("check"))
    bad = an_audit([replace(a_finding(), severity="fatal")]).to_dict()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, schema("audit"))


def test_the_schema_of_audits_is_that_of_cards():
    """A card has an audit as it is: one definition in two files."""
    ours, cards = schema("audit"), schema("card")["$defs"]
    body = {key: value for key, value in ours.items() if key not in ("$schema", "title", "$defs")}
    assert body == cards["audit"]
    assert ours["$defs"] == {name: cards[name] for name in ("finding", "place", "image")}


@pytest.fixture(scope="module")
def card():
    """A card without an audit."""
    return make_card("digits", up_to="nothing")


def test_a_card_keeps_an_audit(card, tmp_path):
    """It comes back as it was, is a baseline, and leaves the card that it was put on as it is."""
    audit = an_audit([a_finding()], {"duplicates": 12.0}, {"border-only": "a sketch"})
    with_audit = card.with_audit(audit.to_dict())
    with_audit.save(tmp_path / "card.json")
    assert card.audit is None
    assert "audit" not in card.content
    read = type(card).load(tmp_path / "card.json")
    assert read.audit == json.loads(json.dumps(audit.to_dict()))
    assert check(audit, GateConfig({"duplicates": 0}), read_baseline(tmp_path / "card.json")).passed


def test_a_card_takes_no_other_thing_for_an_audit(card, tmp_path):
    """What does not follow the schema is refused in a line, when it is put there and when it is read."""
    whole = an_audit([a_finding()]).to_dict()
    finding = whole["findings"][0]
    for wrong in (
        {},
        {**whole, "schema": "tooeasy/audit/2"},
        {**whole, "findings": [{**finding, "severity": "error\n"}]},
        {**whole, "findings": [{**finding, "evidence": {"x": []}}]},
        {**whole, "measures": {"duplicates": True}},
        {**whole, "measures": {"duplicates": "12"}},
    ):
        with pytest.raises(SourceError, match="a damaged card") as caught:
            card.with_audit(wrong)
        assert str(caught.value).isprintable()
        (tmp_path / "card.json").write_text(json.dumps({**card.content, "audit": wrong}))
        with pytest.raises(SourceError, match="a damaged card"):
            read_baseline(tmp_path / "card.json")


def test_markdown_lists_findings(card):
    """Severity and message, the first ten, nothing that Markdown would take for its own."""
    assert "gives the classes away" not in to_markdown(card)
    many = [a_finding(subject=str(number), message=f"<b>{number}*\n- x") for number in range(12)]
    text = to_markdown(card.with_audit(an_audit(many).to_dict()))
    assert "- error: \\<b\\>0\\* - x\n" in text
    assert "9\\* - x\n- and 2 more\n" in text
    assert "- nothing was found\n" in to_markdown(card.with_audit(an_audit().to_dict()))


def test_a_card_without_an_audit_is_no_baseline(card, tmp_path):
    """The line says how to make one; a null is as none."""
    for content in (card.content, {**card.content, "audit": None}):
        (tmp_path / "card.json").write_text(json.dumps(content))
        with pytest.raises(SourceError, match=r"no baseline; make one: tooeasy card SOURCE -o card\.json"):
            read_baseline(tmp_path / "card.json")
    with pytest.raises(SourceNotFoundError):
        read_baseline(tmp_path / "none.json")
