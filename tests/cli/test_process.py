"""The command as a process: its streams, signals and exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from tooeasy.cli import main

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX's streams and signals")
TOOEASY = ("-m", "tooeasy")
COMPILING = "compiling what this needs: some seconds, the first time"


def said(result):
    """What stands on stderr but for the announcement of compilation."""
    return [line for line in result.stderr.splitlines() if line != COMPILING]


def test_module_is_the_command(process, folder):
    """``python -m tooeasy`` is the command: results on stdout, nothing on stderr, exit code 0."""
    result = process(*TOOEASY, "pixels", "small", "--json")
    assert (result.returncode, said(result)) == (0, [])
    assert json.loads(result.stdout)["schema"] == "tooeasy/pixels/1"


def test_installed_command_is_the_same():
    """The installed command ``tooeasy`` calls the same function."""
    (point,) = entry_points(group="console_scripts", name="tooeasy")
    assert point.load() is main


def test_bad_input_ends_with_two(process):
    """A process that refuses its input ends with 2 and one line on stderr."""
    result = process(*TOOEASY, "pixels", "mnits")
    assert (result.returncode, result.stdout) == (2, "")
    assert len(said(result)) == 1


def test_version(command):
    """``--version`` prints the installed version."""
    result = command("--version")
    assert (result.code, result.out, result.err) == (0, f"tooeasy {version('tooeasy')}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(command, option):
    """The help names every command, and each command's help its options."""
    result = command(option)
    assert (result.code, result.err) == (0, "")
    for name in ("pixels", "sketch", "merge"):
        assert re.search(rf"\b{name}\b", result.out)
        assert command(name, option).code == 0
    assert "--rule" in command("pixels", option).out


def test_no_arguments_show_the_help(command):
    """Without arguments the help is shown, and no empty complaint."""
    result = command()
    assert "Usage" in result.out + result.err
    assert not re.search(r"^tooeasy:\s*$", result.err, re.MULTILINE)


def test_interrupt_in_process(command, folder, monkeypatch):
    """A KeyboardInterrupt anywhere in the work becomes exit code 130."""

    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("tooeasy.pixels.study_pixels", interrupt)
    result = command("pixels", folder)
    assert (result.code, result.out) == (130, "")
    assert "Traceback" not in result.err


@posix
def test_interrupt_of_a_process(here, folder):
    """Ctrl-C while a command works ends it with 130, without a traceback, and without a file half written."""
    script = (
        "import sys, time, tooeasy.pixels\n"
        "def wait(*a, **o): print('working', flush=True); time.sleep(60)\n"
        "tooeasy.pixels.study_pixels = wait\n"
        "from tooeasy.cli import main\n"
        "sys.exit(main(['pixels', 'small', '--csv', 'a.csv']))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout.readline() == "working\n"
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert [path.name for path in Path().iterdir()] == ["small"]


def without_reader(arguments):
    """Run a command whose stdout nobody reads any more, as after ``| head -1``."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, *TOOEASY, *arguments],
            check=False,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(writing)


@posix
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_reader_that_goes_away(folder, form):
    """A reader that has seen enough ends the command without a complaint."""
    assert said(without_reader(["pixels", "small", *form])) == []


@posix
@pytest.mark.parametrize("arguments", [["pixels", "small"], ["--version"]])
def test_reader_that_goes_away_is_no_failure(folder, arguments):
    """A reader that has seen enough is no failure: the exit code is 0."""
    assert without_reader(arguments).returncode == 0


@posix
@pytest.mark.parametrize("arguments", [["--version"], ["pixels", "small"]])
def test_full_disk_behind_stdout(process, folder, arguments):
    """Where stdout cannot be written, one line says so, and the exit code is 2."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        result = process(*TOOEASY, *arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 2
    assert len(said(result)) == 1
    assert "Traceback" not in result.stderr


@posix
def test_closed_stdout(process, folder):
    """A closed stdout is no reason for a traceback."""
    code = "import os, sys; os.close(1); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    result = process("-c", code, *TOOEASY, "sketch", "small", "-o", "a.sketch")
    assert "Traceback" not in result.stderr


def test_terminal_without_unicode(process, folder):
    """On a terminal that knows only ASCII the study is still printed."""
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    result = process(*TOOEASY, "pixels", "small", "small", "--map", "0", "1", env=environment)
    assert (result.returncode, said(result)) == (0, [])
    assert "of 3 pairs at 90% or more" in " ".join(result.stdout.split())


@posix
def test_file_name_that_is_no_text(here, folder, process):
    """A folder whose name is not valid UTF-8 can be studied."""
    name = os.fsdecode(b"b\xffd")
    try:
        folder.rename(here / name)
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    result = process(*TOOEASY, "pixels", name, "--csv", "a.csv", errors="replace")
    assert (result.returncode, said(result)) == (0, [])


def test_compilation_is_announced_once(process, folder, tmp_path):
    """The first run on a machine says on stderr that it compiles; stdout is JSON alone; the next is silent."""
    environment = {"NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
    first, second = (process(*TOOEASY, "pixels", "small", "--json", env=environment) for _ in range(2))
    assert first.returncode == second.returncode == 0
    assert first.stderr.splitlines() == [COMPILING]
    assert second.stderr == ""
    assert json.loads(first.stdout) == json.loads(second.stdout)
