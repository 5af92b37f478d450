"""The gate's settings: what files may say, and what becomes of those that say something else."""

from __future__ import annotations

from datetime import date

import pytest
from audits import a_finding
from hypothesis import given
from hypothesis import strategies as st

from tooeasy.errors import OptionError, SourceNotFoundError, TooeasyError
from tooeasy.giveaways.config import MOST_BYTES, Acceptance, GateConfig, read_config

WHOLE = """
source = "photos"
baseline = "card.json"
fail_on = "warning"
seed = 3

[limits]
one_pixel = 0.99
duplicates = 0

[[accept]]
finding = "duplicates/train"
reason = "augmented on purpose"
until = 2027-01-31

[[accept]]
finding = "border-*"
reason = "scanner"
"""


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_key_is_read(here):
    """All that a file can say arrives."""
    (here / "tooeasy.toml").write_text(WHOLE)
    assert read_config() == GateConfig(
        limits={"one_pixel": 0.99, "duplicates": 0},
        fail_on="warning",
        accept=(
            Acceptance("duplicates/train", "augmented on purpose", date(2027, 1, 31)),
            Acceptance("border-*", "scanner"),
        ),
        seed=3,
        baseline="card.json",
        source="photos",
    )


def test_without_a_file_all_is_as_by_default():
    """No file, no settings: errors fail."""
    assert read_config() == GateConfig()
    assert GateConfig().fail_on == "error"


def test_tooeasy_toml_goes_before_pyproject(here):
    """Where both are, only the first is read; a pyproject.toml without our table is passed over."""
    (here / "pyproject.toml").write_text("[tool.black]\nline = 1")
    assert read_config() == GateConfig()
    (here / "pyproject.toml").write_text("[tool.tooeasy]\nseed = 1\n[tool.tooeasy.limits]\nleaks = 0")
    assert read_config() == GateConfig({"leaks": 0}, seed=1)
    (here / "tooeasy.toml").write_text("seed = 2")
    assert read_config() == GateConfig(seed=2)
    assert read_config("pyproject.toml") == GateConfig({"leaks": 0}, seed=1)


def test_a_file_may_have_any_name(here):
    """Settings of several datasets stand in several files."""
    (here / "birds.toml").write_text("seed = 4")
    assert read_config(here / "birds.toml").seed == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sede = 1",
            "tooeasy.toml: sede is not known; did you mean seed? allowed are source, fail_on, seed,",
        ),
        ("x = 1", "tooeasy.toml: x is not known; allowed are source"),
        ("[limits]\none_pixle = 1", "limits.one_pixle is not known; did you mean one_pixel? allowed are one_pixel, "),
        ("[limits]\none-pixel = 1", "limits.one-pixel is not known; did you mean one_pixel?"),
        ("limits = 1", "tooeasy.toml: limits is 1; it must be a table [limits]"),
        ("[limits]\nleaks = '0'", "limits.leaks is '0'; it must be a number from 0 on"),
        ("[limits]\nleaks = true", "limits.leaks is True; it must be a number from 0 on"),
        ("[limits]\nleaks = -1", "limits.leaks is -1; it must be a number from 0 on"),
        ("[limits]\nleaks = nan", "limits.leaks is nan; it must be a number from 0 on"),
        ("[limits]\nleaks = inf", "limits.leaks is inf; it must be a number from 0 on"),
        (f"[limits]\nleaks = 0x{'f' * 9000}", "limits.leaks is a number that is too large; it must"),
        ("fail_on = 'errors'", "fail_on is 'errors'; it must be one of error, warning, never"),
        ("fail_on = []", "fail_on is a list; it must be one of error, warning, never"),
        ("fail_on = {}", "fail_on is a table; it must be"),
        ("seed = -1", "seed is -1; it must be a whole number from 0 to 4294967295"),
        ("seed = 4294967296", "seed is 4294967296; it must be a whole number"),
        ("seed = true", "seed is True; it must be a whole number"),
        ("seed = 1.0", "seed is 1.0; it must be a whole number"),
        ("source = ''", "source is ''; it must be a name of the catalog or a path"),
        ("baseline = 3", "baseline is 3; it must be the path of a card"),
        ("accept = {}", "accept is a table; it must be tables [[accept]]"),
        ("accept = ['duplicates']", "accept is a list; it must be tables [[accept]]"),
        ("[[accept]]\nfinding = 'x'", "accept[0].reason is missing; every acceptance says which finding, and why"),
        ("[[accept]]\nreason = 'x'", "accept[0].finding is missing"),
        ("[[accept]]\nfinding = 'x'\nreason = ' '", "accept[0].reason is ' '; it must be a text that is not empty"),
        ("[[accept]]\nfinding = 'x'\nreason = 'y'\nuntill = 1", "accept[0].untill is not known; did you mean until?"),
        (
            "[[accept]]\nfinding = 'x'\nreason = 'y'\nuntil = '2027-01-31'",
            "accept[0].until is '2027-01-31'; it must be a date such as 2027-01-31, without quotes",
        ),
        (
            "[[accept]]\nfinding = 'x'\nreason = 'y'\nuntil = 2027-01-31T10:00:00",
            "accept[0].until is 2027-01-31 10:00:00; it must be a date",
        ),
        ("seed = ", "tooeasy.toml: not TOML: Invalid value"),
        ("x = " + "[" * 5000, "tooeasy.toml: not TOML:"),
        ("x = 2027-02-31", "tooeasy.toml: "),
        (f"x = {'9' * 5000}", "tooeasy.toml: "),
        ("\x00", "tooeasy.toml: not TOML:"),
        (f"{'k' * 500} = 1", f"{'k' * 60}... is not known"),
        (f"fail_on = '{'v' * 500}'", f"'{'v' * 59}...; it must be"),
        ("'a\\u001b[31m\\u0007' = 1\n", "is not known"),
        ('"\\u0007\\n" = 1\n', r"\x07\n is not known"),
    ],
)
def test_what_is_not_allowed_is_one_line(here, text, expected):
    """The line names file and key, what was found, and what is allowed."""
    (here / "tooeasy.toml").write_text(text)
    with pytest.raises(OptionError) as caught:
        read_config()
    assert expected in str(caught.value)
    assert str(caught.value).startswith("tooeasy.toml: ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_file_that_cannot_be_one(here):
    """Missing, too large, no UTF-8, a folder, a pyproject.toml that says nothing of us: a line for each."""
    (here / "large.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    (here / "latin.toml").write_bytes(b"source = '\xe9'")
    (here / "folder.toml").mkdir()
    (here / "pyproject.toml").write_text("[tool]\ntooeasy = 1")
    (here / "sub").mkdir()
    (here / "sub" / "pyproject.toml").write_text("tool = 1")
    for name, kind, expected in [
        ("none.toml", SourceNotFoundError, "none.toml: no such configuration"),
        ("folder.toml", SourceNotFoundError, "folder.toml: no such configuration"),
        ("large.toml", OptionError, "large.toml: more than 1,048,576 bytes are too many for a configuration"),
        ("latin.toml", OptionError, "latin.toml: not TOML: "),
        ("pyproject.toml", OptionError, "pyproject.toml: tool.tooeasy is 1; it must be a table"),
        ("sub/pyproject.toml", OptionError, "it has no table [tool.tooeasy]; add one, or give another file"),
    ]:
        with pytest.raises(kind) as caught:
            read_config(name)
        assert expected in str(caught.value)


def said(path):
    """Why a file cannot be used, or its settings."""
    try:
        return repr(read_config(path))
    except TooeasyError as error:
        return str(error)


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_one_line(tmp_path_factory, content):
    """Whatever stands in a file, nothing but an error of ours comes out."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    assert "\n" not in said(path)


def test_the_command_line_goes_before_the_file():
    """What is given replaces what is there, limit by limit; what is not given stays."""
    config = GateConfig({"leaks": 0, "duplicates": 5}, fail_on="warning", seed=1, source="a")
    changed = config.but({"duplicates": 7}, fail_on="never", seed=None, source="b")
    assert changed == GateConfig({"leaks": 0, "duplicates": 7}, fail_on="never", seed=1, source="b")
    assert config.limits == {"leaks": 0, "duplicates": 5}


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -0.1, True, "1", None])
def test_a_limit_in_python_is_a_number_too(limit):
    """Limits that could never be exceeded by anything, or by everything, are refused wherever they come from."""
    with pytest.raises(OptionError, match=r"limits\.leaks is .*; it must be a number from 0 on"):
        GateConfig({"leaks": limit})


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("duplicates/train", True),
        ("duplicates", True),
        ("duplicates/*", True),
        ("*", True),
        ("dup?icates/train", True),
        ("duplicates/test", False),
        ("train", False),
        ("Duplicates", False),
        ("", False),
    ],
)
def test_an_acceptance_names_findings(pattern, covered):
    """By identifier, by check, or by a pattern for either."""
    assert Acceptance(pattern, "why").covers(a_finding()) is covered
