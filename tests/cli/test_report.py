"""``tooeasy report``."""

from __future__ import annotations

import json
import webbrowser

import pytest

from tooeasy.cli.report import _shown as shown
from tooeasy.report import chapter


def test_a_page_and_its_numbers(command, here):
    """One study, two files; what is printed says how large they are."""
    result = command("report", "digits", "--up-to", "one-pixel", "-o", "a.html", "-o", "a.json")
    assert result.code == 0
    assert result.out.splitlines()[0].startswith("a.html: ")
    page = (here / "a.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "tooeasy" in page
    found = json.loads((here / "a.json").read_text("utf-8"))
    assert found["schema"] == "tooeasy/report/1"
    assert found["cards"][0]["dataset"]["name"] == "digits"
    assert found["audits"][0]["schema"] == "tooeasy/audit/1"


def test_what_a_url_holds_for_nobody_else_is_left_out():
    """Of the command that the page shows: passwords and signatures."""
    assert shown("https://me:secret@host/a.zip?signature=x#y") == "https://host/a.zip"
    assert shown("my folder/a?b") == "my folder/a?b"


def test_json_is_what_the_file_holds(command, here):
    """--json prints it."""
    printed = command("report", "digits", "--up-to", "one-pixel", "-o", "a.json", "--json")
    assert json.loads(printed.out) == json.loads((here / "a.json").read_text("utf-8"))
    assert json.loads(command("report", "digits", "--up-to", "one-pixel", "--json").out) == json.loads(printed.out)


def test_held_out_images_can_be_given(command, make_sketch):
    """A sketch alone has no ladder; with test images it has."""
    make_sketch("train.sketch", ["a", "b"])
    make_sketch("test.sketch", ["a", "b"], each=3)
    alone = json.loads(command("report", "train.sketch", "-o", "a.json", "--json").out)
    assert alone["cards"] == []
    assert "ladder" in alone["left_out"]["train"]
    scored = command("report", "train.sketch", "--test", "test.sketch", "-o", "a.json", "--json")
    assert json.loads(scored.out)["cards"][0]["dataset"]["n_test"] == 6


def test_the_browser_is_opened(command, here, monkeypatch):
    """On the page that was written."""
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert command("report", "digits", "--up-to", "nothing", "-o", "a.html", "--open").code == 0
    assert opened == [(here / "a.html").as_uri()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["digits", "-o", "a.pdf"], "reports are written as .html or .json; found 'a.pdf'"),
        (["digits", "-o", "no/a.html"], "the folder no does not exist"),
        (["digits"], "give a file with -o"),
        (["digits", "-o", "a.html", "-o", "no/a.json"], "the folder no does not exist"),
        (["digits", "-o", "a.json", "--open"], "--open is for a page"),
        (["digits"] * 5 + ["-o", "a.html"], "one to 4 datasets; found 5"),
        (["digits", "digits", "--test", "digits", "-o", "a.html"], "--test is for one dataset"),
        (["digits", "-o", "a.html", "--up-to", "moon"], "there is no rung 'moon'"),
        (["nowhere", "-o", "a.html"], "nowhere"),
    ],
)
def test_bad_input_is_one_line_and_no_file(refused, arguments, words):
    """And nothing is half-written."""
    assert words in refused("report", *arguments)


def test_an_interrupt_leaves_no_half_page(command, here, monkeypatch):
    """Ctrl-C while a part is made: exit code 130, no file."""

    def interrupt(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(chapter, "find_atypical", interrupt)
    assert command("report", "digits", "--up-to", "nothing", "-o", "a.html").code == 130
    assert list(here.iterdir()) == []
