"""``tooeasy audit``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.cli import audit_screen
from tooeasy.giveaways import Audit, Finding, ImageName, Place
from tooeasy.giveaways.checks import CHECKS
from tooeasy.ladder import ClimbOptions


@pytest.fixture
def marked(here) -> Path:
    """Folder ``marked`` of photographs whose second class has a white corner."""
    random = np.random.default_rng(0)
    for number in range(120):
        image = random.integers(0, 200, (24, 24), np.uint8)
        if number % 2:
            image[22:, 22:] = 255
        folder = here / "marked" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{number:03}.png")
    return here / "marked"


MADE = Audit(
    "zoo [bold]",
    ("cat", "eel"),
    1_234,
    100,
    "test split",
    (
        Finding(
            "constant-marker",
            "eel",
            "error",
            "4 pixels\x1b[31m in eel",
            places=(Place(0, 26, 2, 2),),
            images=tuple(ImageName("test", row, f"a[red]/{row}.png") for row in range(4)),
        ),
        Finding("file-properties", "file size", "warning", "file size alone"),
        Finding("file-properties", "width", "note", "width alone"),
    ),
    {},
    {"too-easy": "no ladder was climbed"},
    notes=("images are resized",),
)


def test_a_marker_is_found(command, marked):
    """The gravest first: in words, with the place, the reason, what to do, and the first images; then the verdict."""
    result = command("audit", "marked")
    assert result.code == 0
    assert result.words.index("error Pixels have a fixed value in one class only") < result.words.index("verdict: ")
    assert "where rows 22 to 23, columns 22 to 23" in result.words
    for words in (CHECKS["constant-marker"].why, CHECKS["constant-marker"].advice):
        assert words in result.words
    assert "images b/" in result.words.replace("marked/", "")
    assert "too-easy no ladder was climbed" in result.words


def test_json_is_the_library(command):
    """The audit's to_dict, and nothing else."""
    found = json.loads(command("audit", "digits", "--json").out)
    assert found == json.loads(json.dumps(tooeasy.audit("digits").to_dict()))
    assert found["schema"] == "tooeasy/audit/1"


def test_options_reach_the_library(command, monkeypatch):
    """Each option is the library's option of the same name."""
    asked = []

    def look(data, *, ladder, options, on_part):
        asked.append((ladder, options))
        return MADE

    monkeypatch.setattr("tooeasy.giveaways.audit", look)
    command("audit", "digits", "--symmetries", "--no-near", "--rate", "0.05", "--seed", "3", "--json")
    assert asked == [(None, tooeasy.AuditOptions(seed=3, rate=0.05, near=False, symmetries=True))]


def test_a_ladder_says_whether_low_rungs_suffice(command):
    """With --up-to it is climbed, and the check is made."""
    words = command("audit", "digits", "--up-to", "one-pixel").words
    assert "no ladder was climbed" not in words
    assert "the best rung climbed, border, is a low one: climb higher to see whether low rungs suffice" in words


def test_what_a_ladder_comes_to(capsys, monkeypatch):
    """A finding where a low rung suffices; where the best is far above, that."""
    monkeypatch.setenv("COLUMNS", "200")
    ladder = tooeasy.climb("digits", only=["nothing", "one-pixel", "knn"], options=ClimbOptions(cache=False))
    audit_screen.show(MADE, ladder)
    assert "no low rung comes near the best, knn, which is right for 9" in capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_keep_within_the_terminal(capsys, monkeypatch, width):
    """Names from outside are shown as they are and do nothing; why is told once a check."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("NO_COLOR", "1")
    audit_screen.show(MADE, None)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= width
    words = " ".join(out.split())
    assert "zoo [bold] 2 classes, 1,234 training images; 100 held out (test split) 1 error, 1 warning, 1 note" in words
    assert r"4 pixels\x1b[31m in eel" in words
    assert "images a[red]/0.png, a[red]/1.png, a[red]/2.png, ..." in words
    assert words.count(CHECKS["file-properties"].why) == 1
    assert "note: images are resized" in words
    assert "verdict: pixels have a fixed value in one class only: scores on this data" in words


def test_nothing_found(capsys):
    """One friendly line."""
    audit_screen.show(Audit("zoo", ("a", "b"), 10, 10, "test split", (), {}), None)
    assert "verdict: nothing was found that gives the classes away" in capsys.readouterr().out


def test_a_figure(command, here):
    """Light and dark, in a file."""
    assert command("audit", "digits", "--figure", "a.png", "--dark").code == 0
    assert command("audit", "digits", "--figure", "b.svg").code == 0
    assert (here / "a.png").stat().st_size > 5000
    assert "what gives the class away" in (here / "b.svg").read_text()


def test_a_sketch_says_what_it_lacks(command, make_sketch):
    """Nothing fails: what needs images is named."""
    make_sketch("small.sketch", ["a", "b"])
    result = command("audit", "small.sketch")
    assert result.code == 0
    assert "not looked at" in result.words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "digits", "--rate", "0"], "rate is a fraction between 0 and 1; found 0.0"),
        (["audit", "digits", "--dark"], "--dark is for a figure"),
        (["audit", "digits", "--up-to", "moon"], "there is no rung 'moon'"),
        (["audit", "nowhere"], "nowhere"),
    ],
)
def test_wrong_usage_is_one_line(refused, arguments, words):
    """What is wrong, and nothing written."""
    assert words in refused(*arguments)
