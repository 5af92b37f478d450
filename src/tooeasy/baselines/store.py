"""Finished runs as small files, so that a benchmark can go on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tooeasy.baselines.results import Run
from tooeasy.baselines.settings import Setting
from tooeasy.errors import OutputError
from tooeasy.files import write_whole

SCHEMA = "tooeasy/benchmark-run/1"
LARGEST = 2**20  # bytes of a file


@dataclass
class Store:
    """A folder of finished runs; without a folder nothing is kept.

    Parameters
    ----------
    folder : Path or None
    checksum, scikit_learn : str
        Of the data, and its version: with the setting and the seed they say what a run is.

    Attributes
    ----------
    notes : list of str
        A line for each file that could not be used.
    """

    folder: Path | None
    checksum: str
    scikit_learn: str
    notes: list[str] = field(default_factory=list)

    def find(self, setting: Setting, seed: int) -> Run | None:
        """Return the run that is there; None if there is none, or its file is damaged."""
        if self.folder is None:
            return None
        path = self._path(setting, seed)
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.notes.append(f"{path.name} cannot be read ({error.strerror}); it was run again")
            return None
        try:
            return _parse(content, self._what(setting, seed))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self.notes.append(f"{path.name} is damaged; it was run again")
            return None

    def keep(self, setting: Setting, run: Run) -> None:
        """Write a finished run, whole."""
        if self.folder is None:
            return
        content = {**self._what(setting, run.seed), "run": run.to_dict()}
        with write_whole(self._path(setting, run.seed)) as temporary:
            temporary.write_text(json.dumps(content, allow_nan=False, indent=1) + "\n", "utf-8")

    def _what(self, setting: Setting, seed: int) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "data": self.checksum,
            "setting": str(setting),
            "seed": seed,
            "scikit_learn": self.scikit_learn,
        }

    def _path(self, setting: Setting, seed: int) -> Path:
        assert self.folder is not None  # noqa: S101
        key = json.dumps(self._what(setting, seed), sort_keys=True)
        return self.folder / f"{setting.family}-{hashlib.sha256(key.encode()).hexdigest()[:24]}.json"


def make_folder(folder: str | Path) -> Path:
    """Make a folder for runs if it is not there.

    Raises
    ------
    OutputError
        If it cannot be, or is a file.
    """
    path = Path(folder)
    if path.exists() and not path.is_dir():
        raise OutputError(f"cannot write runs to {path}: it is a file; give a folder")
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {path}: {error.strerror}; create it first") from error
    return path


def _parse(content: bytes, what: Mapping[str, Any]) -> Run:
    """Read a file of one run. Raises ValueError or the like if it is not one, or is of another."""
    found = json.loads(content)
    told = found.pop("run")
    if found != what or set(told) != {field.name for field in fields(Run)}:
        raise ValueError("another run")
    run = Run(**{**told, "warnings": tuple(told["warnings"])})
    numbers = [run.right, run.fit_seconds, run.score_seconds]
    if run.seed != what["seed"] or not _fits(run.status, numbers):
        raise ValueError("no run")
    return run


def _fits(status: str, numbers: list[Any]) -> bool:
    """Whether a run has its numbers if it is fine, and none if not."""
    if status == "ok":
        return all(type(number) in (int, float) and number >= 0 for number in numbers)
    return status in ("over time", "over memory", "failed") and numbers == [None] * len(numbers)
