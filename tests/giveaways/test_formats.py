"""The forms of a verdict: each follows its own standard, whatever the names and messages are."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from audits import NASTY, a_finding, an_audit, audits, limits, texts
from hypothesis import given

from tooeasy.giveaways import CHECKS
from tooeasy.giveaways.baseline import Baseline
from tooeasy.giveaways.config import Acceptance, GateConfig
from tooeasy.giveaways.finding import Finding, ImageName
from tooeasy.giveaways.formats import FORMATS, to_github, to_json, to_junit, to_sarif, to_text
from tooeasy.giveaways.formats.annotations import escape_message, escape_property
from tooeasy.giveaways.formats.sarif import uri_of
from tooeasy.giveaways.gate import check

REFERENCE = Path(__file__).parents[1] / "reference"
TODAY = date(2026, 6, 1)
ALL_STATUSES = check(
    an_audit(
        [
            a_finding(),
            a_finding("leaked-images", "", "error", NASTY),
            a_finding("border-only", "", "error", "the border tells"),
            a_finding("imbalance", "", "note", "9 to 1"),
        ],
        {"one_pixel": 0.997, "duplicates": 12.0, "leaks": 1.0},
        {"corners-only": "only a sketch is here"},
    ),
    GateConfig(
        {"one_pixel": 0.99, "duplicates": 0, "leaks": 2, "corners": 0.5},
        accept=(Acceptance("duplicates/*", "augmented | on purpose", date(2027, 1, 31)), Acceptance("x", "gone")),
    ),
    Baseline("mine", 0, {"border-only": "error"}, {"duplicates": 12.0}, {"border-only": 1.0}),
    today=TODAY,
)


def verdict_of(audit, limits):
    """A verdict in which some things are accepted and some known."""
    accept = (Acceptance("d*", NASTY),)
    return check(
        audit,
        GateConfig(limits, accept=accept),
        Baseline("b", 0, {"border-only": "error"}, {}, {"border-only": 1.0}),
        today=TODAY,
    )


def test_text_has_a_line_for_each():
    """Violations first, then what is let through, remarks, and the verdict."""
    text = to_text(ALL_STATUSES)
    lines = text.splitlines()
    assert lines[0].startswith("error: leaked-images: <a href")
    assert lines[1:3] == [
        "one_pixel 0.997 is above its limit 0.99",
        "corners was not measured: only a sketch is here; its limit is 0.5",
    ]
    assert lines[3:] == [
        "accepted: error: duplicates/train: 12 of them (augmented | on purpose, until 2027-01-31)",
        "in the baseline: error: border-only: the border tells",
        "let through: note: imbalance: 9 to 1",
        "duplicates 12 is above its limit 0; the baseline has 12",
        "leaks 1 is within its limit 2",
        "remark: corners-only was not looked at: only a sketch is here",
        "remark: x is accepted, and was not found: take the acceptance out",
        "does not hold: 3 violations",
    ]
    assert to_text(check(an_audit())) == "holds\n"


def test_json_is_the_verdict():
    """One object, with the audit in it."""
    found = json.loads(to_json(ALL_STATUSES))
    assert found == json.loads(json.dumps(ALL_STATUSES.to_dict()))
    assert found["schema"] == "tooeasy/check/1"
    assert [one["status"] for one in found["findings"]] == ["accepted", "fails", "known", "below"]
    assert found["audit"]["findings"][0]["id"] == "duplicates/train"


def junit_schema():
    """The XML Schema that Jenkins' xUnit plugin holds results to."""
    etree = pytest.importorskip("lxml.etree", reason="XML is checked with it: pip install lxml")
    return etree, etree.XMLSchema(etree.parse(REFERENCE / "junit-10.xsd"))


@given(audits, limits)
def test_junit_follows_its_schema(audit, limits):
    """Whatever is found; and the counts are those of the cases."""
    etree, rules = junit_schema()
    text = to_junit(verdict_of(audit, limits))
    root = etree.fromstring(text.encode())
    rules.assertValid(root)
    for suite in root:
        assert int(suite.get("tests")) == len(suite.findall("testcase"))
        assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert len(root.findall("testsuite/testcase/failure")) == len(verdict_of(audit, limits).violations)


def test_junit_says_what_each_case_is():
    """Fails, is accepted with a reason, could not be looked at, or passes."""
    text = to_junit(ALL_STATUSES)
    root = ET.fromstring(text)  # noqa: S314  # our own
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert cases["duplicates/train"].find("skipped").get("message").startswith("accepted: error: duplicates/train")
    assert cases["corners-only"].find("skipped").get("message") == "only a sketch is here"
    assert cases["one_pixel"].find("failure").get("message") == "one_pixel 0.997 is above its limit 0.99"
    message = cases["leaked-images"].find("failure").get("message")
    kept = re.sub("[\x00\x1b\ud800\ufffe]", "", NASTY)
    assert message == f"error: leaked-images: {kept}"
    assert [part.tag for name in ("leaks", "border-only") for part in cases[name]] == ["system-out"] * 2
    assert list(cases["few-images"]) == []
    assert set(CHECKS) <= {name.partition("/")[0] for name in cases}


def sarif_judge():
    """The JSON Schema of SARIF 2.1.0."""
    jsonschema = pytest.importorskip("jsonschema", reason="SARIF is checked with it: pip install jsonschema")
    rules = json.loads((REFERENCE / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    return jsonschema.Draft4Validator(rules, format_checker=jsonschema.FormatChecker())


@given(audits, limits, texts)
def test_sarif_follows_its_schema(audit, limits, source):
    """Whatever is found, under whatever name."""
    verdict = verdict_of(audit, limits)
    content = json.loads(to_sarif(verdict, source))
    sarif_judge().validate(content)
    run = content["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert len(run["results"]) >= len(verdict.findings)
    for result in run["results"]:
        assert result["message"]["text"]
        for location in result["locations"]:
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[A-Za-z0-9_.~:/%\[\]-]*", uri), uri


def test_sarif_says_what_each_result_is(tmp_path, monkeypatch):
    """Level, rule with help, files, a stable fingerprint, and why it is let through."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos & more" / "cat").mkdir(parents=True)
    (tmp_path / "photos & more" / "cat" / "50% #1.jpg").touch()
    run = json.loads(to_sarif(ALL_STATUSES, "photos & more"))["runs"][0]
    results = {one["partialFingerprints"]["tooeasyFinding/v1"]: one for one in run["results"]}
    assert list(results) == [
        "duplicates/train",
        "leaked-images",
        "border-only",
        "imbalance",
        "limit-one_pixel",
        "limit-duplicates",
        "limit-corners",
    ]
    first = results["duplicates/train"]
    assert first["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "augmented | on purpose"}
    ]
    places = [one["physicalLocation"]["artifactLocation"]["uri"] for one in first["locations"]]
    assert places == ["photos%20%26%20more/cat/50%25%20%231.jpg"]
    assert first["properties"]["images"] == ["cat/50% #1.jpg", "train 7"]
    place = results["limit-one_pixel"]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "photos%20%26%20more"}, "region": {"startLine": 1}}
    assert [one["level"] for one in results.values()] == ["error", "error", "error", "note", "error", "note", "error"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(CHECKS) <= set(rules)
    assert CHECKS["duplicates"].advice in rules["duplicates"]["help"]["text"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a b/ü.png", "a%20b/%C3%BC.png"),
        ("../x", "../x"),
        ("hf:user/set", "hf%3Auser/set"),
        ("/else where/a.png", "file:///else%20where/a.png"),
        ("https://user:secret@example.org:80/a b%20c.zip?token=1#x", "https://example.org:80/a%20b%20c.zip"),
        ("https://user:secret@[::1/a?token=1", "%5B%3A%3A1/a"),
        ("\udcff.png", "%FF.png"),
        ("\ud800.png", "%3F.png"),
    ],
)
def test_names_become_uris(name, expected):
    """Percent-encoded, and without what an address holds for nobody else."""
    assert uri_of(name) == expected


def test_files_below_the_folder_are_relative(tmp_path, monkeypatch):
    """Scanners look for them in the repository, not on the machine."""
    monkeypatch.chdir(tmp_path)
    assert uri_of(str(tmp_path / "a b" / "c.png")) == "a%20b/c.png"
    (tmp_path / "c.png").touch()
    images = tuple(
        ImageName("train", row, name) for row, name in enumerate(["c.png", str(tmp_path / "c.png"), "c.png"])
    )
    verdict = check(an_audit([Finding("duplicates", "", "error", "x", images=images)]))
    assert [place["uri"] for place in places_of(to_sarif(verdict, "."))] == ["c.png"]
    assert [place["uri"] for place in places_of(to_sarif(verdict, str(tmp_path)))] == ["c.png"]


def test_what_is_no_file_is_found_in_the_source(tmp_path, monkeypatch):
    """Members of archives, rows of tables, and names that no file can have: the source itself is shown."""
    monkeypatch.chdir(tmp_path)
    images = tuple(ImageName("train", row, name) for row, name in enumerate(["a.png", "x" * 5000, NASTY, "\x00"]))
    verdict = check(an_audit([Finding("duplicates", "", "error", "x", images=images)]))
    assert [place["uri"] for place in places_of(to_sarif(verdict, "a b.zip"))] == ["a%20b.zip"]


def places_of(text):
    """Where the first result is."""
    locations = json.loads(text)["runs"][0]["results"][0]["locations"]
    return [location["physicalLocation"]["artifactLocation"] for location in locations]


def unescape(text):
    """What GitHub makes of an escaped text."""
    for code, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, char)
    return text


@given(texts)
def test_escapes_of_workflow_commands_round_trip(text):
    """What is escaped holds nothing that ends it, and is read back as it was."""
    assert not set(escape_message(text)) & set("\r\n")
    assert not set(escape_property(text)) & set("\r\n:,")
    assert unescape(escape_message(text)) == text
    assert unescape(escape_property(text)) == text


@given(audits, limits)
def test_workflow_commands_cannot_be_forged(audit, limits):
    """Each line is a command of ours or the verdict; no name or message starts a line of its own."""
    verdict = verdict_of(audit, limits)
    text = to_github(verdict)
    lines = re.split("[\r\n]", text.removesuffix("\n"))
    for line in lines[:-1]:
        assert re.fullmatch(r"::(error|warning|notice) title=[^:,]*::.*", line), line
    assert lines[-1] == f"tooeasy check: {verdict.summary}"
    assert sum(line.startswith("::error") for line in lines) == len(verdict.violations)


def test_workflow_commands_are_these():
    """One for each finding and limit that is not as it should be, and each note."""
    lines = to_github(ALL_STATUSES).splitlines()
    assert lines[0] == (
        "::notice title=Images occur more than once in a split::error: duplicates/train: 12 of them "
        "(augmented | on purpose, until 2027-01-31)"
    )
    assert [line.split()[0] for line in lines[1:4]] == ["::error", "::notice", "::notice"]
    assert "::error title=limit of one_pixel::one_pixel 0.997 is above its limit 0.99" in lines
    assert lines[-1] == "tooeasy check: does not hold: 3 violations"
    expected = "::warning title=Classes differ much in size::warning: imbalance: 5%25"
    assert to_github(check(an_audit([Finding("imbalance", "", "warning", "5%")]))).splitlines()[0] == expected


@pytest.mark.parametrize("name", FORMATS)
def test_every_form_is_text_that_can_be_written(name):
    """It ends with a line break, and can be encoded, whatever the names were."""
    text = FORMATS[name](ALL_STATUSES, NASTY)
    assert text.endswith("\n")
    assert text.encode()
    assert "secret" not in FORMATS[name](ALL_STATUSES, "https://me:secret@example.org/?secret")
