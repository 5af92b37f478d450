"""The gate's settings: ``tooeasy.toml``, or ``[tool.tooeasy]`` of ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

from tooeasy.errors import OptionError, SourceNotFoundError
from tooeasy.giveaways.finding import Finding
from tooeasy.limits import MEASURES
from tooeasy.text import printable

FailOn = Literal["error", "warning", "never"]
FILES = ("tooeasy.toml", "pyproject.toml")  # in the order in which they are looked for
MOST_BYTES = 2**20  # of a file: a larger one is no configuration
_LARGEST_LIMIT = 2**53  # up to here floats count every whole number
_LARGEST_SEED = 2**32 - 1  # what NumPy and scikit-learn take
_SHOWN = 60  # letters of a wrong value


@dataclass(frozen=True)
class Acceptance:
    """Findings that are known and let through.

    Attributes
    ----------
    finding : str
        Identifier of a finding, name of a check, or a pattern with ``*`` and ``?`` for either.
    reason : str
    until : date, optional
        The last day on which it holds.

    Examples
    --------
    >>> known = Acceptance("duplicates/*", "augmented on purpose")
    >>> known.covers(Finding("duplicates", "train", "error", "12 images occur twice"))
    True
    """

    finding: str
    reason: str
    until: date | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether it is about this finding."""
        return any(name == self.finding or fnmatchcase(name, self.finding) for name in (finding.id, finding.check))

    def holds(self, today: date) -> bool:
        """Whether it still holds."""
        return self.until is None or today <= self.until


@dataclass(frozen=True)
class GateConfig:
    """What a gate lets through.

    Attributes
    ----------
    limits : mapping of str to float
        Largest allowed values of measures, by name: keys of `MEASURES`.
    fail_on : {"error", "warning", "never"}
        Findings of this severity or a graver one fail.
    accept : tuple of Acceptance
    seed : int
    baseline : str, optional
        Path of a card; only what is worse than there fails.
    source : str, optional
        What to look at when nothing is given.

    Raises
    ------
    OptionError
        If a limit is for no measure, or is no number of at least 0.

    Examples
    --------
    >>> GateConfig({"duplicates": 0}).but(fail_on="warning", limits={"one_pixel": 0.99})
    GateConfig(limits={'duplicates': 0, 'one_pixel': 0.99}, fail_on='warning', ...)
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    fail_on: FailOn = "error"
    accept: tuple[Acceptance, ...] = ()
    seed: int = 0
    baseline: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        _refuse_unknown(self.limits, MEASURES, "limits.")
        for name in self.limits:
            _take(self.limits, name, "limits.", _is_limit, "a number from 0 on")

    def but(self, limits: Mapping[str, float] | None = None, **given: Any) -> GateConfig:
        """Return the same with other settings: those that are not None; limits are added to those that are there."""
        changed = {name: value for name, value in given.items() if value is not None}
        return replace(self, limits={**self.limits, **(limits or {})}, **changed)


def read_config(path: str | Path | None = None) -> GateConfig:
    """Read the settings of a file.

    Parameters
    ----------
    path : str or Path, optional
        A file as ``tooeasy.toml``, or a ``pyproject.toml``. By default the one of the current folder, ``tooeasy.toml``
        before ``pyproject.toml``; where there is neither, all settings are as they are by default.

    Returns
    -------
    GateConfig

    Raises
    ------
    SourceNotFoundError
        If there is no such file.
    OptionError
        If it cannot be read, or has a key or a value that is not allowed.
    """
    name, content = _find() if path is None else (str(path), _read(Path(path)))
    if content is None:
        raise OptionError(f"{printable(name)}: it has no table [tool.tooeasy]; add one, or give another file")
    try:
        return _parse(content)
    except OptionError as error:
        raise OptionError(f"{printable(name)}: {error}") from None


def _find() -> tuple[str, dict[str, Any]]:
    for name in FILES:
        content = _read(Path(name)) if Path(name).is_file() else None
        if content is not None:
            return name, content
    return "", {}


def _read(path: Path) -> dict[str, Any] | None:
    """Content of a file; None if it is a ``pyproject.toml`` that has nothing of ours."""
    name = printable(str(path))
    if not path.is_file():
        raise SourceNotFoundError(f"{name}: no such configuration")
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise OptionError(f"{name}: more than {MOST_BYTES:,} bytes are too many for a configuration")
        content = tomllib.loads(text.decode("utf-8"))
    except OSError as error:
        raise OptionError(f"{name}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OptionError(f"{name}: not TOML: {printable(str(error))[:200]}") from error
    except OptionError:
        raise
    except ValueError as error:  # a date or a number that TOML allows and Python does not
        raise OptionError(f"{name}: a value cannot be used: {printable(str(error))[:200]}") from error
    if path.name != "pyproject.toml":
        return content
    tools = content.get("tool", {})
    if not isinstance(tools, dict) or "tooeasy" not in tools:
        return None
    if not isinstance(tools["tooeasy"], dict):
        raise OptionError(f"{name}: tool.tooeasy is {_shown(tools['tooeasy'])}; it must be a table")
    return dict(tools["tooeasy"])


def _parse(content: Mapping[str, Any]) -> GateConfig:
    _refuse_unknown(content, ("limits", "fail_on", "accept", "seed", "baseline", "source"), "")
    levels = get_args(FailOn)
    accept = _take(content, "accept", "", _is_list_of_tables, "tables [[accept]]") or []
    return GateConfig().but(
        limits=_take(content, "limits", "", lambda value: isinstance(value, dict), "a table [limits]"),
        fail_on=_take(content, "fail_on", "", lambda value: value in levels, f"one of {', '.join(levels)}"),
        accept=tuple(_acceptance(entry, f"accept[{number}].") for number, entry in enumerate(accept)),
        seed=_take(content, "seed", "", _is_seed, f"a whole number from 0 to {_LARGEST_SEED}"),
        baseline=_take(content, "baseline", "", _is_text, "the path of a card"),
        source=_take(content, "source", "", _is_text, "a name of the catalog or a path"),
    )


def _acceptance(entry: Mapping[str, Any], where: str) -> Acceptance:
    _refuse_unknown(entry, ("finding", "reason", "until"), where)
    for key in ("finding", "reason"):
        if key not in entry:
            raise OptionError(f"{where}{key} is missing; every acceptance says which finding, and why")
    return Acceptance(
        _take(entry, "finding", where, _is_text, "the identifier of a finding, a check, or a pattern"),
        _take(entry, "reason", where, _is_text, "a text that is not empty"),
        _take(entry, "until", where, _is_date, "a date such as 2027-01-31, without quotes"),
    )


def _refuse_unknown(table: Mapping[str, Any], allowed: Iterable[str], where: str) -> None:
    allowed = list(allowed)
    for key in table:
        if key not in allowed:
            close = get_close_matches(key, allowed, 1)
            meant = f"did you mean {close[0]}? " if close else ""
            raise OptionError(f"{where}{_cut(printable(key))} is not known; {meant}allowed are {', '.join(allowed)}")


def _take(table: Mapping[str, Any], key: str, where: str, fits: Callable[[Any], bool], allowed: str) -> Any:
    """Return a value that must be of the allowed form; None if it is not there."""
    value = table.get(key)
    if key in table and not fits(value):
        raise OptionError(f"{where}{key} is {_shown(value)}; it must be {allowed}")
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and abs(value) > _LARGEST_LIMIT:
        return "a number that is too large"  # it may have too many digits to be written
    return _cut(printable(str(value) if isinstance(value, date) else repr(value)))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _is_limit(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST_LIMIT


def _is_seed(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_SEED


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_date(value: Any) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
