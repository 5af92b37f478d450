"""Imports point one way, so that each room can be read, tested and changed without those above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tooeasy

ROOT = Path(tooeasy.__file__).parent
# From the ground up: a file may import its own room and those before it. The files of the ground know one another.
ORDER = [
    "ground",
    "schemas",
    "sketch",
    "data",
    "pixels",
    "explore",
    "templates",
    "complexity",
    "baselines",
    "ladder",
    "giveaways",
    "figures",
    "report",
    "cli",
]
GROUND = {
    "compiled",
    "errors",
    "files",
    "limits",
    "logs",
    "measures",
    "optional",
    "plotting",
    "scores",
    "text",
    "threads",
}
FACADE = {"__init__.py", "__main__.py"}  # they stand outside of the house
FILES = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).as_posix() not in FACADE)


def room(name: str) -> str:
    """Room of a file or module, by the first part of its name below tooeasy."""
    return "ground" if name in GROUND else name


def imports(source: str) -> list[str]:
    """All modules that a source imports, at its top, within functions, and for types."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found += [f"tooeasy.{alias.name}" for alias in node.names] if node.module == "tooeasy" else [node.module]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in (
            "import_module",
            "__import__",
        ):
            found += [f"dynamic:{argument.value}" for argument in node.args[:1] if isinstance(argument, ast.Constant)]
    return found


def test_imports_are_found_wherever_they_stand():
    """The finder itself sees plain, aliased, local, typing-only, facade and dynamic imports."""
    source = """
import numpy as np, tooeasy.data
from tooeasy import figures
from tooeasy.pixels.rules import Rule
if TYPE_CHECKING:
    from tooeasy.cli import main
def f():
    from tooeasy.sketch import Sketch
    importlib.import_module("tooeasy.figures")
"""
    assert sorted(imports(source)) == [
        "dynamic:tooeasy.figures",
        "numpy",
        "tooeasy.cli",
        "tooeasy.data",
        "tooeasy.figures",
        "tooeasy.pixels.rules",
        "tooeasy.sketch",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_imports_only_itself_and_those_below(path):
    """Every file is in a room that has its place, and imports nothing from above."""
    here = room(path.relative_to(ROOT).parts[0].removesuffix(".py"))
    assert here in ORDER, f"give {here} its place in ORDER, and in docs/architecture.md"
    for module in imports(path.read_text("utf-8")):
        if module.split(".")[0] != "tooeasy":
            continue
        parts = module.split(".")
        assert len(parts) > 1, "rooms import from rooms, not from the facade"
        there = room(parts[1])
        assert there in ORDER, module
        assert ORDER.index(there) <= ORDER.index(here), f"{module} is above {here}"


def test_there_is_one_door_up():
    """Only plotting.py reaches up, to figures and reports, when a result is asked to show itself."""
    dynamic = {
        (path.relative_to(ROOT).as_posix(), module)
        for path in FILES
        for module in imports(path.read_text("utf-8"))
        if module.startswith("dynamic:")
    }
    assert dynamic == {("plotting.py", "dynamic:tooeasy.figures"), ("plotting.py", "dynamic:tooeasy.report")}


def test_every_room_of_the_order_is_there():
    """No name in the order, or among the ground's files, that does not exist."""
    rooms = {room(path.relative_to(ROOT).parts[0].removesuffix(".py")) for path in FILES}
    assert rooms == set(ORDER)
    assert all((ROOT / f"{name}.py").is_file() for name in GROUND)
