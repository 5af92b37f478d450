"""A benchmark goes on where it stopped: nothing finished is run again, nothing is half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tooeasy.baselines import run_benchmark, store
from tooeasy.baselines.processes import Processes
from tooeasy.baselines.results import Run
from tooeasy.files import TEMPORARY

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX's signals")
FAMILIES = ["Perceptron", "GaussianNB"]
SCRIPT = """
import sys
from tooeasy.baselines import run_benchmark
run_benchmark("digits", families=["Perceptron", "GaussianNB"], folder=sys.argv[1])
"""


def content(folder):
    """Finished files by name, as they are."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(TEMPORARY)}


def rights(found):
    """What was right in each run of each setting."""
    return {str(result.setting): [(run.seed, run.right) for run in result.runs] for result in found.results}


@pytest.fixture
def counted(monkeypatch):
    """Fits that were started."""
    started = []
    run = Processes.run

    def count(self, setting, seed):
        started.append((str(setting), seed))
        return run(self, setting, seed)

    monkeypatch.setattr(Processes, "run", count)
    return started


def stopped(folder, sign):
    """Start a benchmark as a process, and send it a signal when two runs are finished."""
    environment = {**os.environ, "TOOEASY_TEST_RUN": str(folder)}  # by which its processes are known
    command = [sys.executable, "-c", SCRIPT, str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:
        until = time.monotonic() + 120
        while len(list(folder.glob("[!.]*.json"))) < 2 and process.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(sign)
        process.communicate(timeout=60)
    return process.returncode


@posix
@pytest.mark.parametrize("sign", ["SIGKILL", "SIGINT"])
def test_what_was_finished_before_the_end_is_not_run_again(tmp_path, counted, sign):
    """A benchmark that is killed, or interrupted, leaves whole files; the next runs the rest, and finds the same."""
    folder = tmp_path / "runs"
    folder.mkdir()
    assert stopped(folder, getattr(signal, sign)) != 0
    left = content(folder)
    assert 2 <= len(left) < 4
    assert all(json.loads(text)["run"]["status"] == "ok" for text in left.values())
    again = run_benchmark("digits", families=FAMILIES, folder=folder)
    assert len(counted) == 4 - len(left)
    assert {name: text for name, text in content(folder).items() if name in left} == left
    assert again.notes == ()
    counted.clear()
    assert rights(run_benchmark("digits", families=FAMILIES, folder=folder)) == rights(again)
    assert counted == []


@posix
def test_processes_end_with_the_one_that_started_them(tmp_path):
    """After a kill -9 no fit goes on by itself."""
    if not Path("/proc").exists():
        pytest.skip("needs /proc")
    folder = tmp_path / "runs"
    folder.mkdir()
    stopped(folder, signal.SIGKILL)
    until = time.monotonic() + 30
    while mine(folder) and time.monotonic() < until:
        time.sleep(0.05)
    assert not mine(folder)


def mine(folder):
    """Processes of a benchmark that was started for a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TOOEASY_TEST_RUN={folder}".encode() in path.read_bytes():
                found.append(path)
        except OSError:
            continue
    return found


def test_repeats_go_on_from_fewer(small, tmp_path, counted):
    """Two repeats after one run only the second; without a folder all are run."""
    run_benchmark(small, families=["GaussianNB"], folder=tmp_path)
    run_benchmark(small, families=["GaussianNB"], folder=tmp_path, repeats=2)
    assert [seed for _, seed in counted] == [0, 1]
    run_benchmark(small, families=["GaussianNB"], repeats=2)
    assert len(counted) == 4


def test_other_data_is_another_run(small, tmp_path, counted):
    """A run on one dataset is not taken for one on another, nor one of another version of scikit-learn."""
    run_benchmark(small, families=["GaussianNB"], folder=tmp_path)
    run_benchmark("digits", families=["GaussianNB"], folder=tmp_path)
    assert len(counted) == len(content(tmp_path)) == 2


def test_a_larger_limit_tries_again(small, tmp_path, counted):
    """What was over time is not tried again with the same limit or a smaller one, and is with none."""
    for limit in (1e-9, 1e-9, 1e-10):
        run_benchmark(small, families=["GaussianNB"], folder=tmp_path, time_limit=limit)
    assert len(counted) == 1
    (result,) = run_benchmark(small, families=["GaussianNB"], folder=tmp_path).results
    assert (result.status, len(counted)) == ("ok", 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: b"",
        lambda text: b"\xff\x00" + text,
        lambda text: b"[1, 2]",
        lambda text: b"[" * 100_000,
        lambda text: text.replace(b'"seed": 0', b'"seed": 7'),
        lambda text: text.replace(b'"ok"', b'"fine"'),
        lambda text: text.replace(b'"right": ', b'"right": -'),
    ],
)
def test_a_damaged_file_is_run_again(small, tmp_path, counted, damage):
    """A file that is damaged, or says what it cannot, is named in one line, and its fit run again."""
    first = run_benchmark(small, families=["GaussianNB"], folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    again = run_benchmark(small, families=["GaussianNB"], folder=tmp_path)
    assert again.notes == (f"{path.name} is damaged; it was run again",)
    assert rights(again) == rights(first)
    assert len(counted) == 2
    assert run_benchmark(small, families=["GaussianNB"], folder=tmp_path).notes == ()


def test_files_are_written_whole(small, tmp_path, monkeypatch):
    """Where a file cannot be finished there is none, and no part of one."""

    def fail(*arguments, **options):
        raise RuntimeError("full")

    monkeypatch.setattr(Processes, "run", lambda self, setting, seed: Run(seed, "failed", why="x"))
    monkeypatch.setattr(store.json, "dumps", fail)
    with pytest.raises(RuntimeError):
        run_benchmark(small, families=["GaussianNB"], folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
