"""What may be asked of a climb."""

from __future__ import annotations

from typing import Any

import pytest

from tooeasy import ClimbOptions, OptionError


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ({"budget": 0}, "budget is a number of seconds above 0; found 0"),
        ({"budget": float("nan")}, "found nan"),
        ({"border": 0}, "border is a width of at least 1 pixel; found 0"),
        ({"seed": -1}, "seed is a whole number of at least 0; found -1"),
    ],
)
def test_a_wrong_option_is_refused(option: dict[str, Any], line: str) -> None:
    """When it is given, not when it is used."""
    with pytest.raises(OptionError, match=line):
        ClimbOptions(**option)


def test_no_budget_is_an_option() -> None:
    """None is all images, as ``--full`` says."""
    assert ClimbOptions(budget=None).budget is None
