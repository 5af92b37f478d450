"""A card's numbers in Croissant metadata: what stands there is kept, and the whole is valid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tooeasy.cli.main import main
from tooeasy.ladder import Card, card_or_dataset
from tooeasy.ladder.croissant import read_croissant, to_croissant

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # of rdflib
CONTEXT = {"@vocab": "https://schema.org/", "sc": "https://schema.org/", "é": "https://example.org/"}
OTHER = {"@type": "sc:PropertyValue", "propertyID": "https://example.org/rating", "value": 5}
BEFORE: dict[str, Any] = {
    "@context": CONTEXT,
    "@type": "sc:Dataset",
    "name": "mine",
    "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
    "é": [1, {"x": None}],
    "distribution": [{"@type": "cr:FileObject", "@id": "a"}],
    "additionalProperty": OTHER,
    "recordSet": [],
}


@pytest.fixture(scope="module")
def card() -> Card:
    """A card with five rungs."""
    made = card_or_dataset("digits", up_to="border")
    assert isinstance(made, Card)
    return made


def ours(content: dict[str, Any]) -> dict[str, Any]:
    """Properties of ours by what they are called."""
    prefix = "tooeasy/card/1/"
    listed = content["additionalProperty"]
    return {one["propertyID"][len(prefix) :]: one for one in listed if one["propertyID"].startswith(prefix)}


DATASET = '{"@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0", "number": %s}'


def test_numbers_of_the_card_are_properties(card):
    """Each rung that has a score, with the bounds of its interval, its bits; the mean over pairs; how it was made."""
    found = ours(json.loads(to_croissant(card)))
    assert [name for name in found if name.endswith("/test_accuracy")] == [
        f"ladder/{name}/test_accuracy" for name in card.rungs
    ]
    border, written = card.rungs["border"], found["ladder/border/test_accuracy"]
    assert [written["value"], written["minValue"], written["maxValue"]] == [
        border["test_accuracy"],
        *border["test_interval"],
    ]
    assert found["ladder/border/usable_bits"]["value"] == border["usable_bits"]
    assert found["checksum"]["value"] == card.content["dataset"]["checksum"]
    assert found["pixels/mean_test_accuracy"]["value"] == card.content["pixels"]["summary"]["mean_test_accuracy"]


def test_what_stands_there_is_kept(card):
    """All else, in its order, letters and all; numbers of an earlier card are replaced, others' properties stay."""
    once = json.loads(to_croissant(card, BEFORE))
    assert list(once) == list(BEFORE)
    assert {key: value for key, value in once.items() if key != "additionalProperty"} == {
        key: value for key, value in BEFORE.items() if key != "additionalProperty"
    }
    assert once["additionalProperty"][0] == OTHER
    assert json.loads(to_croissant(card, once)) == once
    assert BEFORE["additionalProperty"] == OTHER  # what was given is not changed
    assert '"é"' in to_croissant(card, BEFORE)


def test_findings_are_properties(card, tmp_path, monkeypatch, empty_machine):
    """By their identifiers, with severity and message."""
    monkeypatch.chdir(tmp_path)
    assert main(["card", "digits", "--up-to", "nothing", "--croissant", "c.json", "-o", "card.json"]) == 0
    findings = Card.load("card.json").audit["findings"]
    found = ours(json.loads(Path("c.json").read_text("utf-8")))
    assert findings
    for finding in findings:
        assert found[f"audit/{finding['id']}"]["value"] == finding["severity"]
        assert found[f"audit/{finding['id']}"]["description"] == finding["message"]


def test_the_command_adds_to_a_file_that_is_there(card, tmp_path, monkeypatch, capsys):
    """From a card, too; the file is said, and nothing else printed."""
    monkeypatch.chdir(tmp_path)
    card.save("card.json")
    Path("mine.croissant.json").write_text(json.dumps(BEFORE), "utf-8")
    assert main(["card", "card.json", "--croissant", "mine.croissant.json"]) == 0
    assert capsys.readouterr().out == "mine.croissant.json: Card(digits: 3 rungs)\n"
    assert read_croissant(Path("mine.croissant.json"))["name"] == "mine"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("c.json", '{"name": "else"}', "c.json is no Croissant metadata: it is left as it is"),
        ("c.json", "{", "c.json is no Croissant metadata: it is left as it is"),
        (
            "c.json",
            DATASET % "NaN",
            "c.json has what JSON cannot hold: NaN, infinity, or half a character",
        ),
        ("c.txt", None, "Croissant metadata is in a file that ends in .json or .jsonld; found 'c.txt'"),
        ("card.json", None, "-o and --croissant would write the same file: card.json"),
    ],
)
def test_other_files_are_left_as_they_are(tmp_path, monkeypatch, capsys, name, content, line):
    """Before anything is computed, in one line."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path(name).write_text(content)
    assert main(["card", "digits", "-o", "card.json", "--croissant", name]) == 2
    assert capsys.readouterr().err == f"tooeasy: {line}\n"
    assert [path.name for path in Path().iterdir()] == ([name] if content else [])
    assert content is None or Path(name).read_text() == content


def test_it_is_valid(card, tmp_path):
    """MLCommons' own reader finds no fault, and reads our numbers."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="metadata is checked with it: pip install mlcroissant")
    path = tmp_path / "croissant.json"
    path.write_text(to_croissant(card), "utf-8")
    metadata = mlcroissant.Dataset(jsonld=path).metadata
    assert not metadata.ctx.issues.errors
    assert metadata.name == "digits"
    read = ours(metadata.to_json())
    assert read["ladder/border/test_accuracy"]["value"] == card.rungs["border"]["test_accuracy"]


def test_what_stands_there_is_valid_as_before(card, tmp_path):
    """The sets that mlcroissant reads from a file are the same after a card was written into it."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="metadata is checked with it: pip install mlcroissant")
    metadata = mlcroissant.Metadata(
        name="pets",
        description="Cats and dogs.",
        url="https://example.org",
        license="https://creativecommons.org/licenses/by/4.0/",
        distribution=[
            mlcroissant.FileSet(id="images", name="images", encoding_formats=["image/png"], includes=["*.png"])
        ],
        record_sets=[],
    )
    before = json.loads(json.dumps(metadata.to_json(), default=str))
    path = tmp_path / "croissant.json"
    path.write_text(to_croissant(card, before), "utf-8")
    after = mlcroissant.Dataset(jsonld=path).metadata
    assert not after.ctx.issues.errors
    kept = {key: value for key, value in after.to_json().items() if key != "additionalProperty"}
    assert json.loads(json.dumps(kept, default=str)) == before
