"""Files that are damaged in every way end in data or in a tooeasy error: soon, within memory, and never in a crash.

``TOOEASY_FUZZ`` is the number of mutated files (300 by default), ``TOOEASY_FUZZ_SEED`` another set of them.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests import fuzzing
from tests.fuzzing import digest

import tooeasy
from tooeasy.errors import SourceError

ROOT = Path(__file__).parents[1]
MAX_CRASHES = 50  # after which the worker is not started again


def run_worker(folder: Path, count: int, seed: int) -> list[dict[str, Any]]:
    """Run all mutations in another process, which is started again after each that ends it; return the findings."""
    findings: list[dict[str, Any]] = []
    start = crashes = 0
    while start < count and crashes < MAX_CRASHES:
        done = subprocess.run(
            [sys.executable, "-m", "tests.fuzzing", str(folder), str(start), str(count), "--seed", str(seed)],
            cwd=ROOT,
            env=os.environ | {"MALLOC_ARENA_MAX": "2", "TOOEASY_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        findings += [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        current = (folder / "current").read_text()
        assert current != "preparing", f"the whole files cannot be used:\n{done.stderr[-3000:]}"
        reached = int(current)
        if reached < count:
            why = f"{done.stderr[-3000:]}\nthe process ended with {done.returncode}"
            findings.append({"number": reached, "form": "worker", "what": "crash or hang", "finding": why})
            crashes += 1
        start = reached + 1
    return findings


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is measured in /proc")
def test_mutated_files_end_in_data_or_in_one_line(tmp_path: Path) -> None:
    """Whatever is done to a file of any form, loading and sketching it gives data or a TooeasyError of one line.

    Within 5 s and 1 GB more than the whole files take; each mutation has a number and can be repeated.
    """
    count = int(os.environ.get("TOOEASY_FUZZ", "300"))
    findings = run_worker(tmp_path, count, int(os.environ.get("TOOEASY_FUZZ_SEED", "0")))
    record = os.environ.get("TOOEASY_FUZZ_RECORD")
    if record:
        Path(record).write_text(json.dumps(findings, indent=1))
    assert not findings, f"{len(findings)} findings in {count} mutations:\n{digest(findings)}"


def test_mutations_are_repeatable_and_change_something(tmp_path: Path) -> None:
    """The same seed gives the same bytes, and most mutations differ from the whole file."""
    examples = fuzzing.prepare(tmp_path)
    form = "npz-grey"
    whole = examples[form].read_bytes()
    made = []
    for number in range(40):
        first, again = (
            fuzzing.mutated(examples, form, tmp_path / folder, random.Random(number))[0].read_bytes()
            for folder in ("one", "two")
        )
        assert first == again
        made.append(first)
    assert sum(data != whole for data in made) > 30
    assert len(set(made)) > 30


@pytest.mark.parametrize("name", ["top", "nested"])
def test_a_column_name_that_is_no_text_is_told(tmp_path: Path, name: str) -> None:
    """A name in an Arrow schema that is not UTF-8, which fuzzing found, ends in one line."""
    pyarrow = pytest.importorskip("pyarrow")
    path = tmp_path / "train.arrow"
    images = [{"bytes": b"a", "\u20ac": "a"}, {"bytes": b"b", "\u20ac": "b"}] if name == "nested" else [b"a", b"b"]
    table = pyarrow.table({"image" if name == "nested" else "\u20ac": images, "label": [0, 1]})
    with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    path.write_bytes(path.read_bytes().replace("\u20ac".encode(), b"\x80\x81\x82"))
    with pytest.raises(SourceError, match=r"train\.arrow cannot be read"):
        tooeasy.load(path)
