"""Each fit in a process of its own, which can be stopped, and whose end harms no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tooeasy.baselines.results import Run
from tooeasy.baselines.settings import Setting
from tooeasy.baselines.worker import READY
from tooeasy.text import printable

GIGABYTE = 10**9
_THREADS = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB_MAXIMUM", "NUMEXPR", "NUMBA")


@dataclass
class Processes:
    """Runs fits on the data of a folder.

    Parameters
    ----------
    folder : Path
        Has the files of `prepare`.
    classes : int
    time_limit : float or None
        Seconds for fitting and scoring.
    memory_limit : float or None
        Gigabytes of a process's own data.
    """

    folder: Path
    classes: int
    time_limit: float | None = None
    memory_limit: float | None = None
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, setting: Setting, seed: int) -> Run:
        """Fit and score once. May be called from several threads."""
        with tempfile.TemporaryFile() as errors:
            process = self._start(setting, seed, errors)
            try:
                result = self._wait(process, errors)
            finally:
                process.kill()
                process.wait()
                with self._lock:
                    self._running.discard(process)
                for pipe in (process.stdin, process.stdout):
                    assert pipe is not None  # noqa: S101
                    pipe.close()
        if self._stopped:  # what was killed by us says nothing
            raise KeyboardInterrupt
        return Run(seed, **{**result, "warnings": tuple(result.get("warnings", ()))})

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                process.kill()

    def _start(self, setting: Setting, seed: int, errors: IO[bytes]) -> subprocess.Popen[str]:
        limit = None if self.memory_limit is None else int(self.memory_limit * GIGABYTE)
        job = {"setting": str(setting), "seed": seed, "classes": self.classes, "memory_limit": limit}
        # -P: what lies in the folder where a user works is not imported.
        command = [sys.executable, "-P", "-m", "tooeasy.baselines.worker", str(self.folder), json.dumps(job)]
        with self._lock:
            if self._stopped:
                raise KeyboardInterrupt
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                encoding="utf-8",
                # One level of parallelism: that of the processes.
                env={**os.environ, **{f"{name}_NUM_THREADS": "1" for name in _THREADS}},
                start_new_session=True,  # Ctrl-C comes to this process alone, which ends the others
            )
            self._running.add(process)
        return process

    def _wait(self, process: subprocess.Popen[str], errors: IO[bytes]) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101
        if process.stdout.readline().strip() == READY:
            try:
                process.wait(self.time_limit)
            except subprocess.TimeoutExpired:
                return {"status": "over time", "why": f"not done after {self.time_limit:g} s"} | {
                    "time_limit": self.time_limit
                }
        if process.wait() == 0 and (line := process.stdout.readline()):
            result: dict[str, Any] = json.loads(line)
            over = result["status"] == "over memory"
            return result | ({"memory_limit": self.memory_limit} if over else {})
        return self._ended(process.returncode, errors)

    def _ended(self, code: int, errors: IO[bytes]) -> dict[str, Any]:
        """What became of a process that gave no result."""
        name = _signal_name(code)
        if name == "SIGKILL":
            why = "its process was killed by the system, as it does when memory runs out"
            return {"status": "over memory", "why": why, "memory_limit": self.memory_limit}
        if name is not None and self.memory_limit is not None:
            why = f"its process ended with {name}, as libraries do that do not check whether they got memory"
            return {"status": "over memory", "why": why, "memory_limit": self.memory_limit}
        errors.seek(max(0, errors.seek(0, os.SEEK_END) - 2000))
        last = errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return {"status": "failed", "why": f"its process ended with {name or code}; {printable(last)}".rstrip("; ")}


def _signal_name(code: int) -> str | None:
    if code >= 0:
        return None
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
