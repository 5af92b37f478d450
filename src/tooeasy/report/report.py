"""``write_report``: what a dataset is, on one page."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import escape

from tooeasy.data import Dataset, Source, load
from tooeasy.errors import OptionError
from tooeasy.files import check_writable, write_whole
from tooeasy.ladder import ClimbOptions, Comparison
from tooeasy.ladder.rungs import all_rungs, choose
from tooeasy.report.chapter import Chapter, study_dataset
from tooeasy.report.page import render_page

SCHEMA = "tooeasy/report/1"
FORMS = (".html", ".json")
MOST_DATASETS = 4  # that one page tells apart by colour


def check_form(path: str | Path) -> str:
    """Return the ending that says what is written. Raises OptionError if it is neither .html nor .json."""
    form = Path(path).suffix.lower()
    if form not in FORMS:
        raise OptionError(f"reports are written as {' or '.join(FORMS)}; found {Path(path).name!r}")
    return form


@dataclass(frozen=True, eq=False)
class Report:
    """One dataset, or several side by side, explained on one page.

    Attributes
    ----------
    chapters : tuple of Chapter
    command : str
        What made it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import tooeasy
    >>> path = Path(tempfile.mkdtemp()) / "report.html"
    >>> report = tooeasy.write_report("digits", path, up_to="nothing")
    >>> report.html == path.read_text("utf-8")
    False
    """

    chapters: tuple[Chapter, ...]
    command: str = ""

    def __repr__(self) -> str:
        return f"Report({', '.join(chapter.name for chapter in self.chapters)})"

    def _repr_html_(self) -> str:
        """How notebooks show the page: in a frame of its own, where its scripts run."""
        page = escape(self.html)
        return (
            f'<iframe srcdoc="{page}" title="{escape(repr(self))}" style="width:100%;height:48rem;border:0"></iframe>'
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            The cards, and what comparing them says.
        """
        cards = tuple(chapter.card for chapter in self.chapters if chapter.card is not None)
        return {
            "schema": SCHEMA,
            "cards": [card.content for card in cards],
            "audits": [chapter.audit.to_dict() for chapter in self.chapters if chapter.audit is not None],
            "verdict": Comparison(cards).verdict(),
            "left_out": {chapter.name: dict(chapter.missing) for chapter in self.chapters},
        }

    @cached_property
    def html(self) -> str:
        """The page: HTML that needs nothing else."""
        return render_page(self.chapters, self.command)

    def save(self, path: str | Path) -> None:
        """Write the page, or the numbers, whole or not at all.

        Parameters
        ----------
        path : str or Path
            ``.html`` for the page, ``.json`` for the numbers.

        Raises
        ------
        OptionError
            If the name ends in neither .html nor .json.
        OutputError
            If it cannot be written.
        """
        text = json.dumps(self.to_dict(), allow_nan=False, indent=1) if check_form(path) == ".json" else self.html
        with write_whole(path) as temporary:
            temporary.write_text(text + "\n", "utf-8")


def write_report(
    sources: Source | list[Source],
    path: str | Path,
    *,
    up_to: str | None = None,
    options: ClimbOptions | None = None,
    on_part: Callable[[str], object] = lambda _: None,
) -> Report:
    """Explain a dataset, or several side by side, on one HTML page that needs nothing else.

    Parameters
    ----------
    sources : source, or list of sources
        Whatever `load` takes; a list of up to four stands side by side.
    path : str or Path
        The HTML file to write.
    up_to : str, optional
        The highest rung to climb.
    options : ClimbOptions, optional
        Time, seed, border, cache.
    on_part : callable
        Called with what is being made, such as ``"mnist: templates"``.

    Returns
    -------
    Report
        What the page shows; the file is written whole or not at all.

    Raises
    ------
    TooeasyError
        If a source cannot be used, there are none or too many, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "report.html"
    >>> write_report("digits", path, up_to="one-pixel")
    Report(digits)
    >>> path.read_text("utf-8").startswith("<!DOCTYPE html>")
    True
    """
    check_writable(path)
    check_form(path)
    report = make_report(sources if isinstance(sources, list) else [sources], up_to, options, on_part=on_part)
    report.save(path)
    return report


def make_report(
    sources: Sequence[Source],
    up_to: str | None,
    options: ClimbOptions | None,
    *,
    on_part: Callable[[str], object] = lambda _: None,
    command: str = "",
) -> Report:
    """Compute everything that a report of some sources shows; ``command`` says what it was asked by."""
    if not 0 < len(sources) <= MOST_DATASETS:
        raise OptionError(f"a report is of one to {MOST_DATASETS} datasets; found {len(sources)}")
    choose(all_rungs(), up_to, None)  # a rung that there is not is refused before the work
    data = _named_apart([load(source) for source in sources])
    return Report(tuple(_study(one, up_to, options, on_part) for one in data), command)


def _named_apart(data: Sequence[Dataset]) -> list[Dataset]:
    """Number datasets that have the same name: links and tables go by names."""
    names: list[str] = []
    for one in data:
        alike = sum(name == one.name or name.startswith(f"{one.name} (") for name in names)
        names.append(f"{one.name} ({alike + 1})" if alike else one.name)
    return [replace(one, name=name) for one, name in zip(data, names, strict=True)]


def _study(data: Dataset, up_to: str | None, options: ClimbOptions | None, on_part: Callable[[str], object]) -> Chapter:
    return study_dataset(data, up_to=up_to, options=options, on_part=lambda part: on_part(f"{data.name}: {part}"))
