"""What may be asked of every reader, and what is refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

import tooeasy
from tooeasy.errors import OptionError


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ({"size": 8}, r"size is \(height, width\) in pixels; found 8"),
        ({"size": (8, 8.5)}, r"are whole numbers; found \(8, 8.5\), None, 0"),
        ({"size": (8,)}, r"size is \(height, width\) in pixels, each at least 1; found \(8,\)"),
        ({"size": (0, 8)}, r"each at least 1; found \(0, 8\)"),
        ({"seed": -1}, "seed is a whole number of at least 0; found -1"),
        ({"seed": 0.5}, "are whole numbers; found None, None, 0.5"),
        ({"limit": 0}, "limit is a number of images, at least 1; found 0"),
        ({"limit": "9"}, "are whole numbers; found None, 9, 0"),
    ],
)
def test_a_wrong_option_is_refused(option: dict[str, Any], line: str) -> None:
    """One line says what it may be, and what was found; the source does not matter."""
    with pytest.raises(OptionError, match=line):
        tooeasy.load("no such source", **option)
