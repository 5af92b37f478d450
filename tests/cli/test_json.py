"""``--json`` everywhere: one object with a schema, which what is printed follows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tooeasy.cli.main import main
from tooeasy.schemas import names, schema

ROOT = Path(__file__).parents[2]
SOURCE = ("--up-to", "one-pixel")
# Commands that are cheap on the small folder, by the schema of what they print.
COMMANDS = {
    "pixels": [
        ("pixels", "small"),
        ("pixels", "small", "--rule", "logistic", "--map", "0", "1"),
        ("pixels", "a.sketch"),
    ],
    "pixels-budget": [("pixels", "small", "--budget"), ("pixels", "small", "--budget", "--pair", "0", "1")],
    "templates": [
        ("templates", "small", "--why", "--weights"),
        ("templates", "small", "--kind", "softmax", "--kind", "sgd", "--binarize", "0.5"),
        ("templates", "a.sketch", "--kind", "means"),
    ],
    "ladder": [("ladder", "small", *SOURCE), ("ladder", "small", "--only", "nothing,metadata", "--jitter", "1")],
    "compare": [("compare", "digits", "mnist", *SOURCE)],
    "card": [("card", "small", *SOURCE), ("card", "small", *SOURCE, "--no-audit")],
    "check": [("check", "small", "--max-imbalance", "1"), ("check", "small", "--fail-on", "never")],
    "audit": [("audit", "small")],
    "complexity": [("complexity", "small"), ("complexity", "a.sketch")],
    "benchmark": [("benchmark", "small", "--family", "GaussianNB")],
    "benchmark-settings": [("benchmark", "--list")],
    "report": [("report", "small", "--up-to", "nothing")],
    "show": [
        ("show", what, "small") for what in ("samples", "means", "differences", "distribution", "atypical", "classes")
    ],
    "sketch": [("sketch", "small", "-o", "b.sketch")],
    "merge": [("merge", "a.sketch", "a.sketch", "-o", "c.sketch")],
    "datasets": [("datasets",)],
    "datasets-info": [("datasets", "info", "mnist"), ("datasets", "info", "digits")],
    "datasets-add": [("datasets", "add", "mine", "small")],
    "datasets-remove": [("datasets", "remove", "mine")],
}
INNER = {"audit", "card"}  # objects in others, which have schemas of their own
ELSEWHERE = {"datasets-get"}  # tested where there is something to download


@pytest.fixture
def checked():
    """Check an object and all objects in it that say which schema they follow; return the name of its own."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")

    def check(value: Any) -> str:
        for one in _with_schema(value):
            name = one["schema"].split("/")[1]
            jsonschema.Draft202012Validator(schema(name)).validate(one)
        return str(value["schema"].split("/")[1])

    return check


def _with_schema(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and str(value.get("schema", "")).startswith("tooeasy/"):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _with_schema(inner)


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_printed_follows_its_schema(name, command, folder, monkeypatch, tmp_path, checked):
    """One object on stdout, nothing else, under the schema that it names; objects within it under theirs."""
    monkeypatch.setenv("TOOEASY_CONFIG", str(tmp_path / "config"))
    if any("a.sketch" in arguments for arguments in COMMANDS[name]):
        command("sketch", "small", "-o", "a.sketch", "--no-moments")
    if name == "datasets-remove":
        command("datasets", "add", "mine", "small")
    for arguments in COMMANDS[name]:
        result = command(*arguments, "--json")
        assert (result.code, result.err) in ((0, ""), (1, "")), arguments
        assert checked(json.loads(result.out)) == name, arguments


def test_all_schemas_are_tested():
    """A schema that is added is one that some command is shown to follow."""
    assert set(names()) == set(COMMANDS) | ELSEWHERE


def test_every_command_takes_json():
    """All commands, and all of ``tooeasy datasets``."""
    import typer

    from tooeasy.cli.main import app

    group = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    every = {**group, **group["datasets"].commands}
    without = [name for name, one in every.items() if "--json" not in [opt for p in one.params for opt in p.opts]]
    assert len(every) > 15
    assert not without


@pytest.mark.parametrize("name", names())
def test_a_schema_is_one(name):
    """It is valid itself, is called what it describes, and lets no unknown key pass where it lists keys."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")
    found = schema(name)
    jsonschema.Draft202012Validator.check_schema(found)
    assert re.fullmatch(rf"tooeasy/{name}/\d+", found["title"])
    assert found["properties"]["schema"] == {"const": found["title"]}
    assert found["additionalProperties"] is False
    assert "schema" in found["required"]


def test_a_schema_refuses_what_is_something_else(command, folder):
    """A key too many, one too few, and a fraction above one are refused."""
    jsonschema = pytest.importorskip("jsonschema", reason="schemas are checked with it: pip install jsonschema")
    judge = jsonschema.Draft202012Validator(schema("ladder"))
    good = json.loads(command("ladder", "small", "--only", "nothing", "--json").out)
    assert judge.is_valid(good)
    for change in (
        {"more": 1},
        {"entropy_bits": None},
        {"rungs": [{**good["results"][0]["rungs"][0], "test_accuracy": 2}]},
    ):
        assert not judge.is_valid({**good, "results": [{**good["results"][0], **change}]})


def test_the_same_word_means_the_same():
    """A definition that schemas share is the same in all of them."""
    seen: dict[str, Any] = {}
    for name in names():
        for word, rule in schema(name).get("$defs", {}).items():
            assert seen.setdefault((word, word == "curve" and name), rule) == rule, (name, word)
    assert len(seen) > 5


@pytest.mark.parametrize("name", ["ladder", "card"])
def test_a_schema_can_be_printed(name, capsys):
    """``--json-schema NAME`` prints what `tooeasy.schemas.schema` returns."""
    assert main(["--json-schema", name]) == 0
    assert json.loads(capsys.readouterr().out) == schema(name)


def test_a_schema_that_there_is_not_is_one_line(refused):
    """The line names those that there are."""
    assert "there is no JSON Schema 'nope'; there are audit, " in refused("--json-schema", "nope")


def test_the_page_for_scripts_lists_all_schemas():
    """docs/scripts.md has a row for each schema, with the command that prints it."""
    page = (ROOT / "docs" / "scripts.md").read_text("utf-8")
    assert re.findall(r"^\| `([\w-]+)` \|", page.partition("## JSON")[2].partition("\n## ")[0], re.MULTILINE) == names()
