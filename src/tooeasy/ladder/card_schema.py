"""What a card from elsewhere has that its JSON Schema does not allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tooeasy.schemas import schema

_LARGEST = 2**63  # of a number: what is larger cannot be reckoned with
_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def fault_of(content: Any) -> str | None:
    """Return the first thing in which a card does not follow its schema, in words; None if it does in all.

    jsonschema would do, and is one more dependency; this knows as much of JSON Schema as the schema of cards uses.
    """
    rules = schema("card")
    return next(_faults(content, rules, rules["$defs"], "it"), None)


def _faults(value: Any, rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    if "$ref" in rule:
        yield from _faults(value, named[rule["$ref"].rpartition("/")[2]], named, where)
    elif "anyOf" in rule:
        found = [next(_faults(value, one, named, where), None) for one in rule["anyOf"]]
        if all(found):  # it is of none of the forms
            yield str(found[0])
    else:
        yield from _plain_faults(value, rule, named, where)


def _plain_faults(value: Any, rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    types = [rule["type"]] if isinstance(rule.get("type"), str) else rule.get("type", [])
    if types and not any(_is(value, kind) for kind in types):
        yield f"{where} is no {' or '.join(types)}"
    elif "const" in rule and value != rule["const"]:
        yield f"{where} is not {rule['const']}"
    elif isinstance(value, dict):
        yield from _faults_of_object(value, rule, named, where)
    elif isinstance(value, list):
        yield from _faults_of_array(value, rule, named, where)
    elif isinstance(value, str):
        if not re.search(rule.get("pattern", ""), value):
            yield f"{where} is not of the form {rule['pattern']}"
    elif value is not None and not _in_range(value, rule):
        yield f"{where} is out of range"


def _in_range(value: float, rule: dict[str, Any]) -> bool:
    low, high = rule.get("minimum", -_LARGEST), rule.get("maximum", _LARGEST)
    return bool(low <= value <= high and value > rule.get("exclusiveMinimum", -_LARGEST - 1))


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def _faults_of_object(value: dict[str, Any], rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where} has no {key}" for key in rule.get("required", ()) if key not in value)
    known, others = rule.get("properties", {}), rule.get("additionalProperties", {})
    for key, inner in value.items():
        if key not in known and others is False:
            yield f"{where} has a key that is not known: {key}"
        else:
            yield from _faults(inner, known.get(key, others), named, key)


def _faults_of_array(value: list[Any], rule: dict[str, Any], named: dict[str, Any], where: str) -> Iterator[str]:
    if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        yield f"{where} has {len(value)} items"
    for number, inner in enumerate(value):
        yield from _faults(inner, rule.get("items", {}), named, f"{where}[{number}]")
