"""What stands on stderr: progress and notes, nothing with --quiet, the log with --verbose; and NO_COLOR."""

from __future__ import annotations

import json
import logging
import os
import re

import numpy as np
import pytest
import typer
from PIL import Image

import tooeasy
from tooeasy.cli.main import app

COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")  # not bold, dim and italic
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO) (tooeasy(\.\w+)*): .+")


@pytest.fixture
def broken(here):
    """A folder of class folders with one file that is no image, so that there is something to remark."""
    random = np.random.default_rng(0)
    for label in ("cat", "dog"):
        (here / "photos" / label).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(here / "photos" / label / f"{number}.png")
    damaged = here / "photos" / "cat" / "6.png"
    damaged.write_bytes((here / "photos" / "cat" / "5.png").read_bytes()[:60])
    return here / "photos"


@pytest.fixture
def commands():
    """All commands by name, those of ``tooeasy datasets`` among them."""
    group = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return {**group, **{f"datasets {name}": one for name, one in group["datasets"].commands.items()}}


def test_every_command_can_be_quiet_and_can_tell(commands):
    """No command is without ``--quiet`` and ``--verbose``, in their short forms too."""
    wanted = {"--quiet", "-q", "--verbose", "-v"}
    assert len(commands) > 15
    assert not [name for name, one in commands.items() if not wanted <= {opt for p in one.params for opt in p.opts}]


def test_quiet_leaves_out_notes_and_nothing_else(command, broken):
    """What is remarked on stderr is left out; stdout is the same; the sketch too."""
    loud, quiet = (command("sketch", "photos", "-o", "a.sketch", *more) for more in ([], ["-q"]))
    assert "6.png" in loud.err
    assert quiet.raw_err == ""
    assert (quiet.code, quiet.out) == (loud.code, loud.out) == (0, loud.out)


def test_quiet_leaves_out_the_announcement_of_compilation(process, folder, tmp_path):
    """Also on the first run on a machine, and also warnings of other packages."""
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
    result = process("-m", "tooeasy", "pixels", "small", "--json", "--quiet", env=environment)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["schema"] == "tooeasy/pixels/1"


def test_quiet_does_not_hide_errors(refused):
    """The one line of an error is printed all the same."""
    assert "mnits" in refused("pixels", "mnits", "-q")


def test_verbose_tells_what_is_done(command, folder):
    """Lines on stderr, each a record of the library: what is read, and how long it takes; stdout is the same."""
    loud, plain = command("pixels", "small", "--json", "--verbose"), command("pixels", "small", "--json")
    lines = loud.err.splitlines()
    assert lines
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert any("tooeasy.data.source: small is Dataset(small: 60 train, 30 test" in line for line in lines)
    assert any(re.search(r"small train is sketched: 60 images of 3x4x1 in \d+\.\d\d s", line) for line in lines)
    assert loud.out == plain.out
    assert plain.err == ""


def test_the_environment_asks_for_more(command, folder, monkeypatch):
    """TOOEASY_LOG=debug shows what --verbose leaves out; --quiet goes before it."""
    monkeypatch.setenv("TOOEASY_LOG", "debug")
    told = command("pixels", "small").err
    assert "DEBUG tooeasy.data.source: small is read by tooeasy.data.formats.idx" in told
    assert "DEBUG" in command("pixels", "small", "--verbose").err
    assert command("pixels", "small", "-q").raw_err == ""
    monkeypatch.delenv("TOOEASY_LOG")
    assert "DEBUG" not in command("pixels", "small", "--verbose").err


def test_a_level_that_there_is_not_is_one_line(refused, folder, monkeypatch):
    """Not passed over."""
    monkeypatch.setenv("TOOEASY_LOG", "loud")
    assert "TOOEASY_LOG is one of debug, info, warning, error; found 'loud'" in refused("pixels", "small")


def test_quiet_and_verbose_exclude_each_other(refused, folder):
    """One line says so."""
    assert "--quiet and --verbose exclude each other" in refused("pixels", "small", "-q", "-v")


def test_options_before_a_subcommand_are_refused(refused):
    """``tooeasy datasets --quiet info`` would pass over the option."""
    assert "give options after the word info" in refused("datasets", "-q", "info", "mnist")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no line breaks in names of files")
def test_the_log_is_one_line_a_record(command, here, make_sketch):
    """Names of files hold whatever they hold."""
    make_sketch("a\nb.sketch", ["x", "y"])
    lines = command("pixels", "a\nb.sketch", "-v").err.splitlines()
    assert any(r"a\nb" in line for line in lines)
    assert all(LINE.fullmatch(line) for line in lines)


def test_a_command_leaves_no_handler_behind(command, folder):
    """A program that calls the command in its own process gets its logging back."""
    logger = logging.getLogger("tooeasy")
    before = logger.level, list(logger.handlers)
    command("pixels", "small", "-v")
    command("pixels", "nowhere", "-v")
    assert (logger.level, logger.handlers) == before


def test_the_ladder_tells_of_samples_and_of_the_cache(command, folder):
    """How many images each rung trains on; a second climb says where its results come from."""
    first, second = (command("ladder", "small", "--only", "nothing,border", "-v").err for _ in range(2))
    assert "border: trains on 60 of 60 images" in first
    assert "border: taken from the cache" in second


def test_the_library_is_silent(process, folder):
    """A program that does not ask for the log sees none of it, whatever the level; one that asks, does."""
    code = "import tooeasy; tooeasy.study_pixels('small')"
    assert process("-c", code).stderr == ""
    asking = "import logging; logging.basicConfig(level='INFO', format='%(name)s')"
    assert "tooeasy.data.source" in process("-c", f"{asking}; {code}").stderr


def test_the_root_of_the_package_has_a_null_handler():
    """So that nothing of the library reaches Python's handler of last resort."""
    assert tooeasy.__name__ == "tooeasy"
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("tooeasy").handlers)


@pytest.mark.parametrize(
    "arguments",
    [
        ("pixels", "small", "--map", "0", "1"),
        ("templates", "small", "--kind", "means"),
        ("ladder", "small", "--only", "nothing"),
        ("audit", "small", "--no-near"),
        ("check", "small", "--no-near", "--fail-on", "warning"),
        ("complexity", "small", "--only", "F1"),
        ("show", "means", "small"),
        ("show", "classes", "small"),
        ("compare", "digits", "mnist", "--up-to", "nothing"),
        ("datasets",),
    ],
    ids=" ".join,
)
def test_no_color_is_honoured(command, folder, monkeypatch, arguments):
    """With NO_COLOR nothing is coloured, also where colour is forced, as it would be on a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    result = command(*arguments)
    assert not COLOUR.search(result.out + result.raw_err)


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {}], ids=["without", "with"])
def test_the_help_honours_no_color(process, monkeypatch, environment):
    """It is coloured otherwise."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    forced = {"FORCE_COLOR": "1", "TERM": "xterm-256color", **environment}
    result = process("-m", "tooeasy", "pixels", "--help", env=forced)
    assert bool(COLOUR.search(result.stdout)) == (not environment)


def test_without_no_color_there_is_colour(command, folder, monkeypatch):
    """The test above would see it."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR")
    result = command("audit", "small", "--no-near")
    assert COLOUR.search(result.out)
    assert COLOUR.search(result.raw_err)
