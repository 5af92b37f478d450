"""Without an extra everything else works, and what needs it says so in one line, whatever is installed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from processes import PYTHON
from samples import random_images, write_idx

import tooeasy
from tooeasy.errors import MissingExtraError
from tooeasy.optional import require

ROOT = Path(__file__).parents[1]
FOR_PEOPLE_WHO_BUILD = {"dev", "docs", "test"}
COMMANDS = {
    "cnn": [["ladder", "digits", "--only", "cnn", "--no-cache"]],
    "dask": [["sketch", "small", "--scheduler", "local", "-o", "a.sketch"]],
    "hf": [
        ["pixels", "hf:owner/name"],
        ["pixels", "table.parquet"],
        ["pixels", "table.arrow"],
        ["pixels", "digits", "--csv", "pairs.parquet"],
    ],
    "remote": [["pixels", "http://127.0.0.1:9/a.zip"], ["pixels", "s3://bucket/a.zip"]],
}
COMPILING = "compiling what this needs: some seconds, the first time"
WITHOUT = """
import sys
blocked = set(sys.argv.pop(1).split(","))
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def extras() -> dict[str, set[str]]:
    """What each extra for users brings: names of packages, which here are also those that are imported."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    return {
        extra: {re.match(r"[\w-]+", line)[0] for line in lines}
        for extra, lines in named.items()
        if extra not in FOR_PEOPLE_WHO_BUILD
    }


def without(modules: Sequence[str], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process in which these modules cannot be imported."""
    return subprocess.run(
        [*PYTHON, "-c", WITHOUT + code, ",".join(modules), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"},
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with IDX files, and a file that has the magic bytes, and nothing else, of each kind of table."""
    monkeypatch.chdir(tmp_path)
    images, labels = random_images(1, n=30, levels=6)
    write_idx(Path("small"), "train", images[..., 0], labels)
    Path("table.parquet").write_bytes(b"PAR1" + bytes(8) + b"PAR1")
    Path("table.arrow").write_bytes(b"ARROW1\0\0" + bytes(8) + b"ARROW1")
    return tmp_path


def test_each_extra_is_tried():
    """No extra for users without a command here that needs it."""
    assert set(extras()) == set(COMMANDS)
    assert all(extras().values())


@pytest.mark.parametrize("extra", COMMANDS)
def test_a_missing_extra_is_one_line(here, extra):
    """Each command ends with 2 and one line, which names the extra as it is to be typed; no file is left."""
    before = sorted(here.iterdir())
    code = (
        "import json; from tooeasy.cli import main\n"
        "for arguments in json.loads(sys.argv[1]): print(main(arguments), file=sys.stderr)"
    )
    result = without(sorted(extras()[extra]), code, json.dumps(COMMANDS[extra]))
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    said = [line for line in result.stderr.splitlines() if line != COMPILING]
    assert len(said) == 2 * len(COMMANDS[extra]), said
    for line, code in zip(said[::2], said[1::2], strict=True):
        assert code == "2"
        assert line.startswith("tooeasy: ")
        assert f'pip install "tooeasy[{extra}]"' in line
    assert sorted(here.iterdir()) == before


def test_all_public_names_are_there_without_any_extra(here):
    """Every public name can be imported, and a study made, where none of the extras' packages is."""
    blocked = sorted(set.union(*extras().values()))
    code = (
        "import tooeasy; all_ = [getattr(tooeasy, name) for name in tooeasy.__all__]\n"
        "print(len(all_), tooeasy.study_pixels('digits').summary()['pairs'])\n"
        "print(*blocked & {name.partition('.')[0] for name in sys.modules})"
    )
    result = without(blocked, code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [str(len(tooeasy.__all__)), "45"]


def test_blocking_works():
    """The processes of these tests really have no such module."""
    assert "No module named 'json'" in without(["json"], "sys.modules.pop('json', None); import json").stderr


def test_require_gives_the_module_or_names_the_extra():
    """The module itself where it is; else the package, though a module in it was asked for, why, and what to type."""
    assert require("json.decoder", extra="none", why="nothing") is sys.modules["json.decoder"]
    with pytest.raises(MissingExtraError, match=r'^flying needs no_such: pip install "tooeasy\[wings\]"$'):
        require("no_such.thing", extra="wings", why="flying")
