"""The published settings: families of classifiers, and the parameters of each."""

from __future__ import annotations

import difflib
import itertools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tooeasy.errors import OptionError
from tooeasy.text import printable

SOURCE = "https://github.com/zalandoresearch/fashion-mnist, benchmark/baselines.json"


@dataclass(frozen=True)
class Setting:
    """A classifier as it was published, in the words of scikit-learn 0.19.

    Attributes
    ----------
    family : str
        Name of the class in scikit-learn.
    pairs : tuple of (str, value)
        Names and values of its parameters, in the published order.

    Examples
    --------
    >>> str(Setting("SVC", (("C", 10.0), ("kernel", "rbf"))))
    'SVC(C=10, kernel=rbf)'
    """

    family: str
    pairs: tuple[tuple[str, Any], ...]

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters by name; a list stands for a tuple too, as in JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.pairs}

    def __str__(self) -> str:
        return f"{self.family}({', '.join(f'{name}={_plain(value)}' for name, value in self.pairs)})"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"setting": str(self), "family": self.family, "parameters": self.parameters}


@cache
def all_settings() -> tuple[Setting, ...]:
    """All settings in the published order, those too that cannot be run."""
    grids = tomllib.loads((files("tooeasy.baselines") / "settings.toml").read_text("utf-8"))
    return tuple(setting for family, grid in grids.items() for setting in _expanded(family, grid))


def all_families() -> list[str]:
    """Names of the families in the published order."""
    return list(dict.fromkeys(setting.family for setting in all_settings()))


def settings_of(families: Sequence[str] | None) -> list[Setting]:
    """Settings of some families, or of all; names may be in small letters.

    Raises
    ------
    OptionError
        If there is no such family.
    """
    if families is None:
        return list(all_settings())
    chosen = {_known(family) for family in families}
    if not chosen:
        raise OptionError("no family is chosen; leave families out for all of them")
    return [setting for setting in all_settings() if setting.family in chosen]


def _known(name: str) -> str:
    known = {family.lower(): family for family in all_families()}
    if found := known.get(name.strip().lower()):
        return found
    near = difflib.get_close_matches(name.strip().lower(), known, cutoff=0.5) or list(known)
    names = ", ".join(known[one] for one in near)
    raise OptionError(f"there is no family {printable(name)!r}; the families are, or the nearest: {names}")


def _expanded(family: str, grid: Mapping[str, Sequence[Any]]) -> list[Setting]:
    values = ([tuple(value) if isinstance(value, list) else value for value in some] for some in grid.values())
    return [Setting(family, tuple(zip(grid, chosen, strict=True))) for chosen in itertools.product(*values)]


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        equal = len(value) > 2 and len(set(value)) == 1
        return f"{len(value)} x {value[0]:g}" if equal else f"({', '.join(map(str, value))})"
    return f"{value:g}" if isinstance(value, float) else str(value)
