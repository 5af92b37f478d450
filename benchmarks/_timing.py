"""What the benchmarks share: timing in rounds, fresh processes, tables, and a description of the machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Event, Thread
from typing import Any

MEGABYTE = 10**6


@dataclass(frozen=True)
class Timing:
    """Seconds that something took, once a round."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median over the rounds."""
        return statistics.median(self.seconds)

    def __mul__(self, factor: float) -> Timing:
        return Timing(tuple(factor * second for second in self.seconds))

    def __add__(self, other: Timing) -> Timing:
        """Add what was timed in the same rounds."""
        return Timing(tuple(a + b for a, b in zip(self.seconds, other.seconds, strict=True)))

    def cells(self) -> tuple[str, str]:
        """Median, and the range over the rounds, as a table shows them."""
        spread = f"{_short(min(self.seconds))} to {_short(max(self.seconds))}" if len(self.seconds) > 1 else "one round"
        return f"{_short(self.median)} s", spread


def _short(number: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:#.3g}"


def seconds_of(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def time_in_turn(calls: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Timing]:
    """Time calls, each once a round, so that a slow moment of the machine meets all of them alike.

    Each is called once before, untimed, so that nothing is compiled, loaded or first touched while the clock runs.
    """
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            times[name].append(seconds_of(call))
    return {name: Timing(tuple(seconds)) for name, seconds in times.items()}


def run_command(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run a command in a fresh process and return its output; raise CalledProcessError if it fails."""
    full = {**os.environ, **(environment or {})}
    return subprocess.run(command, check=True, capture_output=True, text=True, env=full).stdout


def run_json(script: Path, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run a Python script in a fresh process and return the JSON object that it prints."""
    result: dict[str, Any] = json.loads(run_command([sys.executable, str(script), *arguments], environment))
    return result


def memory_in_use() -> int:
    """Resident memory of this process, in bytes; 0 where the system does not say."""
    return _proc_status("VmRSS")


def peak_memory() -> int:
    """Most memory that was ever resident in this process, in bytes.

    From ``VmHWM`` where there is one: on Linux, ``getrusage`` hands a new process the peak of the one that started it.
    """
    if peak := _proc_status("VmHWM"):
        return peak
    import resource

    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else 1024 * usage


def own_memory() -> int:
    """Resident memory of this process without pages of files, in bytes; 0 where the system does not say.

    Pages of a memory-mapped file are resident as long as nobody needs the place, which says nothing of the process.
    """
    return _proc_status("RssAnon")


@contextmanager
def watched_memory(every: float = 0.005) -> Iterator[Callable[[], int]]:
    """Watch `own_memory`; the call gives the most that was seen, in bytes."""
    most, stop = [own_memory()], Event()

    def watch() -> None:
        while not stop.wait(every):
            most[0] = max(most[0], own_memory())

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        stop.set()
        thread.join()


def _proc_status(field: str) -> int:
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def describe_machine(packages: Sequence[str]) -> str:
    """Cores, processor, system, and the versions of Python and of packages, in one line."""
    versions = [f"Python {platform.python_version()}", *(f"{package} {_version(package)}" for package in packages)]
    return f"{usable_cores()} cores, {_processor()}, {platform.system()} {platform.machine()}; {', '.join(versions)}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or "unknown processor")


def print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    """Print rows in aligned columns; the first row is the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    print(f"\n{title}\n{rule}")
    for number, row in enumerate(rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if number == 0:
            print(rule)


def verdict(holds: bool) -> str:
    """Say whether a target holds."""
    return "met" if holds else "MISSED"
