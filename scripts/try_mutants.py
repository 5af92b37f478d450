"""Do the tests notice when the code of the pixel search and the sketch is changed? A sample of mutants says how often.

    python scripts/try_mutants.py --each 6 --seed 1 -o mutants.json

needs cosmic-ray and what the tests need. A mutant is the code with one operator, number or word changed. Of each file
of ROOMS, as many are drawn at random as ``--each`` says. A mutant counts as noticed if a test of its room fails, or
takes too long. Kernels run as plain Python, as compiling each mutant would take longer. What only changes annotations
or docstrings is no mutant. The project is copied first; nothing in it is changed.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("sketch", "pixels")
LEFT_OUT = {"__init__.py", "cluster.py"}  # names only; and what needs a cluster
SECONDS = 600  # then its tests hang, and it is noticed
TESTS = ("-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not (slow or compiled or data)")


class Mutant(NamedTuple):
    """A file in src/tooeasy, and the change of it."""

    file: str
    operator: str
    occurrence: int
    code: str


def main() -> None:
    """Draw mutants, try each, print and write what became of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", type=int, default=6, help="mutants of each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file to write after each mutant")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_of_project(Path(folder) / "project")
        for room in ROOMS:
            assert run_tests(copy, room), f"the tests of {room} fail before anything is changed"
        for file in files(options.only):
            for mutant in draw(file, options.each, random.Random(f"{options.seed} {file}")):
                results.append(try_one(copy, mutant))
                print(
                    json.dumps({key: results[-1][key] for key in ("file", "operator", "noticed", "seconds")}),
                    flush=True,
                )
                options.output.write_text(json.dumps(results, indent=1))
    noticed = sum(result["noticed"] for result in results)
    print(f"{noticed} of {len(results)} noticed")
    for result in results:
        if not result["noticed"]:
            print(f"\n{result['diff']}")


def copy_of_project(folder: Path) -> Path:
    """Copy what the tests need."""
    for name in ("src", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def files(only: str) -> list[str]:
    """Paths in src/tooeasy of the files to mutate."""
    package = ROOT / "src" / "tooeasy"
    found = [path.relative_to(package).as_posix() for room in ROOMS for path in sorted((package / room).glob("*.py"))]
    return [file for file in found if Path(file).name not in LEFT_OUT and only in file]


def draw(file: str, n: int, chance: random.Random) -> Iterator[Mutant]:
    """Yield n mutants of a file, each with a change that is not only for readers."""
    source = (ROOT / "src" / "tooeasy" / file).read_text("utf-8")
    places = list(all_places(source))
    chance.shuffle(places)
    for name, occurrence in places:
        if n == 0:
            return
        code = mutated(source, name, occurrence)
        if code is not None and meaning(code) not in (None, meaning(source)):
            yield Mutant(file, name, occurrence, code)
            n -= 1


def all_places(source: str) -> Iterator[tuple[str, int]]:
    """All operators of cosmic-ray that need no settings, as often as each can be applied."""
    nodes = list(ast_nodes(get_ast(source)))
    for name in operator_names():
        kind = get_operator(name)
        if not kind.arguments():
            positions = [place for node in nodes for place in kind().mutation_positions(node)]
            yield from ((name, occurrence) for occurrence in range(len(positions)))


def mutated(source: str, name: str, occurrence: int) -> str | None:
    """Change one place; None where cosmic-ray cannot, as 8.7 fails at ``except`` with a name that has a dot."""
    try:
        return mutate_code(source, get_operator(name)(), occurrence)
    except AttributeError:
        return None


def meaning(code: str) -> str | None:
    """What Python does: the code without annotations and docstrings, which it passes over; None if it is no code."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Pass()
    return ast.dump(tree)


def try_one(copy: Path, mutant: Mutant) -> dict[str, Any]:
    """Put a mutant into the copy, run the tests of its room, take it out again."""
    path = copy / "src" / "tooeasy" / mutant.file
    whole = path.read_text("utf-8")
    diff = difflib.unified_diff(whole.splitlines(), mutant.code.splitlines(), mutant.file, "mutant", n=1, lineterm="")
    path.write_text(mutant.code, "utf-8")
    start = time.perf_counter()
    try:
        noticed = not run_tests(copy, mutant.file.partition("/")[0])
    finally:
        path.write_text(whole, "utf-8")
    told = {"file": mutant.file, "operator": mutant.operator.removeprefix("core/"), "noticed": noticed}
    return told | {"seconds": round(time.perf_counter() - start, 1), "diff": "\n".join(diff)}


def run_tests(copy: Path, room: str) -> bool:
    """Whether the tests of a room pass in the copy, in time."""
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(copy / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-m", "pytest", *TESTS, f"tests/{room}"]
    try:
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    main()
