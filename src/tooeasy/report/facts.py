"""What the dataset is, and how the report was made."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from tooeasy.report.chapter import Chapter

PACKAGES = ("tooeasy", "numpy", "scipy", "numba", "scikit-learn")


@dataclass(frozen=True)
class Facts:
    """Rows of a table, a column for each dataset: names of the datasets, then (what, values)."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def facts(chapters: Sequence[Chapter]) -> Facts:
    """Tabulate what the datasets are."""
    rows = [_facts(chapter) for chapter in chapters]
    return _table(chapters, rows)


def how_made(chapters: Sequence[Chapter], command: str) -> Facts:
    """Tabulate how the report was made."""
    rows = [_made(chapter) | {"command": command} for chapter in chapters]
    return _table(chapters, rows)


def made_line(chapters: Sequence[Chapter]) -> str:
    """Say what the report was made with, and when."""
    climbed = {rung.rung for one in chapters if one.ladder for rung in one.ladder.rungs if rung.score is not None}
    used = (*PACKAGES, "torch") if "cnn" in climbed else PACKAGES
    packages = ", ".join(f"{package} {version(package)}" for package in used)
    return f"{packages}, Python {platform.python_version()}; {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _table(chapters: Sequence[Chapter], rows: Sequence[dict[str, str]]) -> Facts:
    keys = [key for key in rows[0] if any(row[key] for row in rows)]
    return Facts(
        tuple(chapter.name for chapter in chapters), tuple((key, tuple(row[key] for row in rows)) for key in keys)
    )


def _facts(chapter: Chapter) -> dict[str, str]:
    data, counts, entry = chapter.data, chapter.counts, chapter.entry
    height, width, channels = data.shape
    few, many = int(counts.train.min()), int(counts.train.max())
    return {
        "classes": f"{len(data.classes):,}",
        "images": f"{height} × {width}, {'grey' if channels == 1 else f'{channels} channels'}",  # noqa: RUF001
        "training images": f"{len(data.train):,}",
        "training images of a class": f"{few:,}" if few == many else f"{few:,} to {many:,}",
        "held out": "nothing" if data.test is None else f"{len(data.test):,} ({data.held_out})",
        "licence": entry.licence if entry else "",
        "home": entry.homepage if entry else "",
        "citation": entry.citation if entry else "",
        "remarks": "; ".join(dict.fromkeys((*data.remarks(), *chapter.pixels.notes))),
    }


def _made(chapter: Chapter) -> dict[str, str]:
    ladder, options = chapter.ladder, chapter.options
    sampled = [
        f"{rung.rung} on {rung.images:,} of {rung.of:,}"
        for rung in (ladder.rungs if ladder else ())
        if rung.score is not None and rung.images < rung.of
    ]
    return {
        "seed": f"{options.seed}",
        "budget": "none: all rungs on all images" if options.budget is None else f"{options.budget:g} s",
        "checksum of the data": ladder.checksum if ladder else "",
        "trained on a sample": ", ".join(sampled),
        "time": f"{chapter.seconds:.0f} s",
        "left out": "; ".join(f"{part}: {why}" for part, why in chapter.missing.items()),
    }
