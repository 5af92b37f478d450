"""A command run in this process, in an empty folder, and small sources to run it on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from processes import PYTHON
from samples import random_images, write_idx

import tooeasy
from tooeasy.cli.main import main

ANNOUNCED = "compiling what this needs"


@dataclass(frozen=True)
class Result:
    """What a command did; ``err`` without the announcement of compilation, which a fresh machine prints once."""

    code: int
    out: str
    raw_err: str

    @property
    def err(self) -> str:
        return "".join(line for line in self.raw_err.splitlines(keepends=True) if ANNOUNCED not in line)

    @property
    def words(self) -> str:
        """Its output with all white space the same, so that it does not matter where lines were wrapped."""
        return " ".join(self.out.split())


Command = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_machine: Path) -> Path:
    """Work in an empty folder, on a machine without training images, before a terminal of 100 columns in no colour."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "PY_COLORS", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


@pytest.fixture
def command(here: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in this process."""

    def run(*arguments: str | Path) -> Result:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run


@pytest.fixture
def refused(command: Command, here: Path) -> Callable[..., str]:
    """Run a command that must fail as bad input does, and return its one line."""

    def run(*arguments: str | Path) -> str:
        before = _content(here)
        result = command(*arguments)
        assert result.code == 2
        assert result.out == ""
        assert result.err.endswith("\n")
        lines = result.err.splitlines()
        assert len(lines) == 1, lines
        assert lines[0].startswith("tooeasy: ")
        assert len(lines[0]) > len("tooeasy: ")
        assert "Traceback" not in lines[0]
        assert lines[0].isprintable()
        assert _content(here) == before
        return lines[0]

    return run


@pytest.fixture
def process(here: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python with warnings as errors, in a process of its own."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        settings: dict[str, Any] = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": 120}
        environment = {**os.environ, "PYTHONUTF8": "1", **options.pop("env", {})}
        return subprocess.run([*PYTHON, *arguments], check=False, env=environment, **{**settings, **options})

    return run


@pytest.fixture
def folder(here: Path) -> Path:
    """Folder ``small`` of raw IDX files: three classes, 60 training and 30 test images of 3x4 pixels."""
    images, labels = random_images(1, n=90, levels=6)
    write_idx(here / "small", "train", images[:60, ..., 0], labels[:60])
    write_idx(here / "small", "t10k", images[60:, ..., 0], labels[60:])
    return here / "small"


@pytest.fixture
def unsplit(here: Path) -> Path:
    """Folder ``unsplit`` of zipped IDX files without a test split."""
    images, labels = random_images(2, n=80, levels=6)
    write_idx(here / "unsplit", "train", images[..., 0], labels, zipped=True)
    return here / "unsplit"


@pytest.fixture
def make_sketch(here: Path) -> Callable[..., Path]:
    """Write a sketch file in which one pixel gives the class away, under any names of classes."""

    def make(
        name: str,
        classes: Sequence[str],
        *,
        shape: tuple[int, int, int] = (3, 4, 1),
        telling: tuple[int, int, int] = (1, 2, 0),
        each: int = 4,
    ) -> Path:
        images, labels = telling_images(len(classes), shape, telling, each)
        sketch = tooeasy.Sketch(shape, classes, moments=True).update(images, labels)
        sketch.save(here / name)
        return here / name

    return make


def telling_images(
    classes: int, shape: tuple[int, int, int], telling: tuple[int, int, int], each: int
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Images that are all the same but for one pixel, which is the class."""
    labels = np.repeat(np.arange(classes), each)
    images = np.full((len(labels), *shape), 7, np.uint8)
    images[:, *telling] = labels
    return images, labels


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
