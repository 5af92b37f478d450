"""Cards from elsewhere: the schema, its documentation, and what becomes of cards that do not follow it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from audits import a_finding, an_audit

import tooeasy
from tooeasy.cli import compare_screen
from tooeasy.ladder import Card, card_or_dataset
from tooeasy.ladder.badge import to_badge, to_markdown
from tooeasy.ladder.card_schema import fault_of
from tooeasy.schemas import schema

VALUES = [None, True, -1, 0, 7, 0.5, 1e300, float("inf"), 10**400, "x", "\ud800", [], {}, [1]]


@pytest.fixture(scope="module")
def card():
    """A card with four rungs, one of which has no score, and an audit."""
    audit = an_audit(
        [a_finding(), a_finding("imbalance", "", "note")], {"duplicates": 12.0}, {"corners-only": "a sketch"}
    )
    return card_or_dataset("digits", up_to="border").with_audit(audit.to_dict())


def rules_of(rule: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    yield rule
    inner = [*rule.get("properties", {}).values(), *rule.get("$defs", {}).values(), *rule.get("anyOf", [])]
    inner += [rule[word] for word in ("items", "additionalProperties") if isinstance(rule.get(word), dict)]
    for one in inner:
        yield from rules_of(one)


def test_every_key_of_a_card_is_documented():
    """The page of the ladder names all keys that the schema has."""
    page = (Path(__file__).parents[2] / "docs" / "ladder.md").read_text("utf-8")
    keys = {key for rule in rules_of(schema("card")) for key in rule.get("properties", {})}
    assert {"made_by", "n_train", "confusion"} <= keys
    assert not [key for key in keys if not re.search(rf"[`.]{key}(\[\])?[`.]", page)]


def places_in(node: Any) -> Iterator[tuple[Any, Any]]:
    """All containers of a value, each with all its keys."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield node, key
        yield from places_in(value)


def card_or_message(path: Path) -> Card | str:
    """The card of a file, or why it is none."""
    try:
        return Card.load(path)
    except tooeasy.SourceError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(200))
def test_a_damaged_card_is_one_line_or_can_be_used(card, seed, tmp_path):
    """Whatever one value of a card becomes: it is refused in a line, or shown and compared without an error."""
    random, content = Random(seed), json.loads(card.to_json())
    few = [place for place in places_in(content) if isinstance(place[0], dict) or random.random() < 0.01]
    container, key = random.choice(few)
    container[key] = random.choice(VALUES)
    path = tmp_path / "card.json"
    path.write_text(json.dumps(content), "utf-8")
    read = card_or_message(path)
    if isinstance(read, str):
        assert read.isprintable()
        return
    result = tooeasy.compare(read, card)
    json.dumps(result.to_dict(), allow_nan=False)
    compare_screen.show(result)
    assert to_badge(read).startswith("<svg")
    assert to_markdown(read).startswith("## How easy")
    read.save(path)
    assert Card.load(path).content == read.content


def test_faults_are_what_the_standard_calls_faults(card):
    """Our check of a card agrees with jsonschema's, on a card that is whole and on cards with a wrong value."""
    jsonschema = pytest.importorskip("jsonschema", reason="cards are checked with it: pip install jsonschema")
    judge = jsonschema.Draft202012Validator(schema("card"))
    content = json.loads(card.to_json())
    assert fault_of(content) is None
    random, found = Random(0), set()
    places = [*random.sample(list(places_in(content)), 150), *places_in(content["audit"])]
    for container, key in places:
        value, container[key] = container[key], random.choice([None, -1, 0.5, "x", [], {}, True])
        found.add(judge.is_valid(content))
        assert (fault_of(content) is None) == judge.is_valid(content), (key, container[key])
        container[key] = value
    assert found == {True, False}


def test_the_schema_uses_no_word_that_our_check_does_not_know():
    """A word of JSON Schema that is added to the schema is added to the check, too."""
    checked = {"type", "required", "properties", "additionalProperties", "items", "minItems", "maxItems"}
    checked |= {"minimum", "maximum", "exclusiveMinimum", "const", "anyOf", "pattern", "$ref", "$defs"}
    assert {word for rule in rules_of(schema("card")) for word in rule} - {"$schema", "title", "description"} == checked
