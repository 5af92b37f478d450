"""A verdict of the gate in the forms that people, programs and continuous integration read."""

from __future__ import annotations

from collections.abc import Callable

from tooeasy.giveaways.formats.annotations import to_github
from tooeasy.giveaways.formats.junit import to_junit
from tooeasy.giveaways.formats.plain import to_json, to_text
from tooeasy.giveaways.formats.sarif import to_sarif
from tooeasy.giveaways.gate import Verdict

FORMATS: dict[str, Callable[[Verdict, str], str]] = {
    "text": lambda verdict, _: to_text(verdict),
    "json": lambda verdict, _: to_json(verdict),
    "junit": lambda verdict, _: to_junit(verdict),
    "sarif": to_sarif,
    "github": lambda verdict, _: to_github(verdict),
}
"""By name: from a verdict and the source, as it was given, to text that ends with a line break."""

ENDINGS = {".sarif": "sarif", ".sarif.json": "sarif", ".json": "json", ".xml": "junit", ".txt": "text"}
"""The form of a file, by the end of its name."""

__all__ = ["ENDINGS", "FORMATS", "to_github", "to_json", "to_junit", "to_sarif", "to_text"]
