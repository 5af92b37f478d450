"""The JSON Schemas of audits and verdicts."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Literal


def schema(name: Literal["audit", "check"]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an audit or of a verdict, as a dict.

    Examples
    --------
    >>> schema("check")["title"]
    'tooeasy/check/1'
    """
    found: dict[str, Any] = json.loads((files("tooeasy.giveaways") / f"{name}.schema.json").read_text("utf-8"))
    return found
