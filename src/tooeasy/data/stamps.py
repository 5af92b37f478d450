"""What tells versions of files apart, without reading them: sizes and times of change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tooeasy.data.images import LocatedRows

_INNER = ("encoded", "column", "images", "numbers")  # what keeps the rows of images that are made when looked at


def stamp(path: str | Path) -> str:
    """Size and time of change of a file; where it is not there, that."""
    try:
        status = Path(path).stat()
    except OSError:
        return "missing"
    return f"{status.st_size}:{status.st_mtime_ns}"


def stamps_below(path: Path) -> Iterator[str]:
    """Names and stamps of a file, or of all files in a folder."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return (f"{file.relative_to(path.parent)}:{stamp(file)}" for file in files)


def located(images: Any) -> LocatedRows | None:
    """Find what knows in which files the rows of images are: the images, or what they are made of."""
    while images is not None:
        if isinstance(images, LocatedRows):
            return images
        images = next((inner for name in _INNER if (inner := getattr(images, name, None)) is not None), None)
    return None
