"""``tooeasy check``: exit codes, what is printed and written, and that the command line goes before the file."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from tooeasy.limits import MEASURES
from tooeasy.schemas import schema

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture
def photos(here):
    """Folder ``photos`` of image files, in which a mark gives one class away."""
    random = np.random.default_rng(0)
    for split, n in (("train", 60), ("test", 30)):
        for name in ("cat", "dog"):
            folder = here / "photos" / split / name
            folder.mkdir(parents=True)
            for number in range(n):
                pixels = random.integers(0, 200, (24, 24), dtype=np.uint8)
                if name == "dog":
                    pixels[2:5, 3:6] = 255
                Image.fromarray(pixels).save(folder / f"{random.integers(10**9)}-{number}.png")
    return "photos"


def test_a_gate_that_holds(command, photos):
    """Exit code 0, and the last line says so."""
    result = command("check", photos, "--fail-on", "never", "--max-imbalance", "1")
    assert result.code == 0
    assert result.err == ""
    lines = result.out.splitlines()
    assert "imbalance 1 is within its limit 1" in lines
    assert lines[-1] == "holds"


def test_a_gate_that_does_not_hold(command, photos):
    """Exit code 1: the mark is an error, the pixel in it above its limit; a line for each, with number and limit."""
    result = command("check", photos, "--max-one-pixel", "0.9")
    assert result.code == 1
    assert result.err == ""
    lines = result.out.splitlines()
    assert any(line.startswith("error: ") for line in lines)
    assert "one_pixel 1 is above its limit 0.9" in lines
    assert re.fullmatch(r"does not hold: \d+ violations", lines[-1])
    failed = [line for line in lines if line.startswith("error: ") or " above its limit" in line]
    assert lines[-1] == f"does not hold: {len(failed)} violations"


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_has_an_option(command, folder, name):
    """A limit of the command line arrives under the measure's name."""
    result = command("check", "small", "--fail-on", "never", f"--max-{name.replace('_', '-')}", "1e6", "--json")
    assert [(one["name"], one["limit"]) for one in json.loads(result.out)["limits"]] == [(name, 1e6)]


def test_the_command_line_goes_before_the_file(command, photos, here):
    """Settings of the folder hold where nothing is given."""
    (here / "tooeasy.toml").write_text(
        'source = "photos"\nfail_on = "never"\nseed = 3\n[limits]\none_pixel = 0.9\nimbalance = 5'
    )
    found = json.loads(command("check", "--json").out)
    assert found["dataset"] == "photos"
    assert found["fail_on"] == "never"
    assert found["audit"]["seed"] == 3
    assert {one["name"]: one["status"] for one in found["limits"]} == {"one_pixel": "exceeded", "imbalance": "holds"}
    given = ["photos", "--fail-on", "warning", "--seed", "0", "--max-one-pixel", "1"]
    found = json.loads(command("check", *given, "--json").out)
    assert found["fail_on"] == "warning"
    assert found["audit"]["seed"] == 0
    assert {one["name"]: one["limit"] for one in found["limits"]} == {"one_pixel": 1.0, "imbalance": 5.0}


def test_nothing_fails_against_its_own_card(command, photos, here):
    """`tooeasy card` makes the baseline; what is in it is let through, and accepting all does so, too."""
    assert command("check", photos).code == 1
    assert command("card", photos, "--up-to", "nothing", "-o", "card.json").code == 0
    result = command("check", photos, "--fail-on", "warning", "--max-one-pixel", "0.5", "--baseline", "card.json")
    assert result.code == 0
    assert "in the baseline: error: " in result.out
    (here / "accept.toml").write_text('[[accept]]\nfinding = "*"\nreason = "marks are part of it"')
    result = command("check", photos, "--config", "accept.toml")
    assert result.code == 0
    assert "(marks are part of it)" in result.out


def test_a_card_without_an_audit(command, refused, here, photos):
    """It can be made, shows no findings, and is no baseline."""
    assert command("card", "digits", "--up-to", "nothing", "--no-audit", "-o", "card.json").code == 0
    assert "audit" not in json.loads((here / "card.json").read_text())
    assert "make one: tooeasy card SOURCE -o card.json" in refused("check", photos, "--baseline", "card.json")


def test_files_are_in_the_form_of_their_ending(command, photos, here):
    """Several at once; any other name gets the form that is asked for, and text is printed."""
    files = ["-o", "a.sarif", "-o", "b.sarif.json", "-o", "c.json", "-o", "d.xml", "-o", "e.txt"]
    printed = command("check", photos, *files, "--format", "github")
    assert printed.code == 1
    assert printed.out.startswith("::error title=")
    assert json.loads((here / "a.sarif").read_text())["version"] == "2.1.0"
    assert (here / "a.sarif").read_text() == (here / "b.sarif.json").read_text()
    assert json.loads((here / "c.json").read_text())["schema"] == "tooeasy/check/1"
    assert ET.parse(here / "d.xml").getroot().tag == "testsuites"  # noqa: S314  # our own
    text = (here / "e.txt").read_text()
    assert text.endswith(printed.out.splitlines()[-1].removeprefix("tooeasy check: ") + "\n")
    result = command("check", photos, "--format", "junit", "-o", "report")
    assert (here / "report").read_text() == (here / "d.xml").read_text()
    assert result.out == text


def test_what_is_written_follows_the_standards(command, photos, here):
    """Files of a real audit: SARIF, JUnit, and our own JSON with the audit in it."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")
    etree = pytest.importorskip("lxml.etree", reason="XML is checked with it: pip install lxml")
    command("check", photos, "--max-border", "0.5", "-o", "a.sarif", "-o", "a.json", "-o", "a.xml")
    rules = json.loads((REFERENCE / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
    jsonschema.Draft4Validator(rules).validate(json.loads((here / "a.sarif").read_text("utf-8")))
    found = json.loads((here / "a.json").read_text("utf-8"))
    jsonschema.validate(found, schema("check"))
    jsonschema.validate(found["audit"], schema("audit"))
    assert found["audit"]["findings"]
    etree.XMLSchema(etree.parse(REFERENCE / "junit-10.xsd")).assertValid(etree.parse(here / "a.xml"))


def test_findings_name_files_as_uris(command, photos, here):
    """Those that are there, below the current folder, as a scanner looks for them."""
    found = json.loads(command("check", here / photos, "--format", "sarif").out)
    result = next(one for one in found["runs"][0]["results"] if one["ruleId"] == "constant-marker")
    uris = [one["physicalLocation"]["artifactLocation"]["uri"] for one in result["locations"]]
    assert uris
    assert all((here / uri).is_file() for uri in uris)
    assert str(here) not in json.dumps(found)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "nothing to check: give a SOURCE, or set source in tooeasy.toml"),
        (["nowhere"], "nowhere"),
        (["small", "--config", "none.toml"], "none.toml: no such configuration"),
        (["small", "--config", "wrong.toml"], "wrong.toml: sede is not known; did you mean seed?"),
        (["small", "--baseline", "none.json"], "none.json: no such card"),
        (["small", "--baseline", "wrong.toml"], "wrong.toml: not a card"),
        (["small", "--json", "--format", "sarif"], "--json is short for --format json; found --format sarif too"),
        (["small", "--format", "html"], "html"),
        (["small", "--fail-on", "note"], "note"),
        (["small", "--max-one-pixel", "high"], "--max-one-pixel"),
        (["small", "--max-one-pixel", "-1"], "--max-one-pixel"),
        (["small", "--max-one-pixel", "inf"], "limits.one_pixel is inf; it must be a number from 0 on"),
        (["small", "--max-one-pixel", "nan"], "one"),
        (["small", "--max-no-such", "1"], "--max-no-such"),
        (["small", "-o", "none/a.sarif"], "cannot write none/a.sarif"),
        (["small", "-o", "a.json", "-o", "small"], "cannot write small: it is a folder"),
    ],
)
def test_bad_input_is_one_line(refused, folder, here, arguments, expected):
    """Exit code 2, a line on standard error, nothing written."""
    (here / "wrong.toml").write_text("sede = 1")
    assert expected in refused("check", *arguments)


def test_a_broken_card_is_one_line(refused, command, folder, here):
    """A baseline whose audit is none is refused as any card is."""
    command("card", "digits", "--up-to", "nothing", "-o", "card.json")
    content = json.loads((here / "card.json").read_text())
    content["audit"]["measures"]["one_pixel"] = "high"
    (here / "card.json").write_text(json.dumps(content))
    assert "card.json: a damaged card: one_pixel is no number" in refused("check", "small", "--baseline", "card.json")


def test_names_cannot_pretend(command, here, photos):
    """A class whose name is a workflow command, or holds control characters, is shown as text."""
    folder = here / "photos" / "train" / "x\n::error::forged\x1b[31m"
    folder.mkdir()
    for number in range(2):
        Image.fromarray(np.full((24, 24), number, np.uint8)).save(folder / f"{number}.png")
    for form in ("text", "github"):
        out = command("check", photos, "--format", form).out
        assert "\x1b" not in out
        assert not any(line.startswith("::error::") for line in out.splitlines())


def test_the_exit_code_of_a_process(process, folder):
    """As the shell sees it: 1 with nothing on standard error, when the gate does not hold."""
    result = process("-m", "tooeasy", "check", "small", "--max-imbalance", "0", "--fail-on", "never")
    assert result.returncode == 1
    assert result.stdout.endswith("does not hold: 1 violation\n")
    assert "Traceback" not in result.stderr


def test_help_is_light(process):
    """The options of the limits are known without loading what measures them."""
    code = "from tooeasy.cli.main import main; assert main(['check', '--help']) == 0; import sys; print(*sys.modules)"
    loaded = process("-c", code).stdout.split()
    assert "tooeasy.limits" in loaded
    assert "numpy" not in loaded
