"""The JSON Schemas of everything that is printed or written as JSON: NAME.json describes ``tooeasy/NAME/...``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from tooeasy.errors import OptionError


def names() -> list[str]:
    """Names of all schemas, in alphabetical order.

    Examples
    --------
    >>> "ladder" in names()
    True
    """
    found = (file.name for file in files(__name__).iterdir())
    return sorted(name.removesuffix(".json") for name in found if name.endswith(".json"))


def schema(name: str) -> dict[str, Any]:
    """Return a JSON Schema (draft 2020-12), as a dict that may be changed.

    Parameters
    ----------
    name : str
        What stands between the slashes of an object's key ``schema``: ``"ladder"`` for ``tooeasy/ladder/1``.

    Raises
    ------
    OptionError
        If there is none of that name.

    Examples
    --------
    >>> schema("card")["title"]
    'tooeasy/card/1'
    """
    if name not in names():
        raise OptionError(f"there is no JSON Schema {name!r}; there are {', '.join(names())}")
    found: dict[str, Any] = json.loads((files(__name__) / f"{name}.json").read_text("utf-8"))
    return found
