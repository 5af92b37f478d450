"""Google's Quick, Draw! in its two forms: a folder of bitmaps (``.npy``) or of strokes (``.ndjson``), a file a class.

https://github.com/googlecreativelab/quickdraw-dataset ("The data"). There is no test split.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tooeasy.data.formats.npy import map_npy
from tooeasy.data.formats.stack import StackedImages
from tooeasy.data.images import Rows
from tooeasy.data.labels import natural_key
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_LINE = 2**20  # bytes of a drawing: the longest simplified ones have a few thousand
MAX_POINTS = 10_000  # of a drawing
SIDE = 28  # pixels of a bitmap
# Google's bitmaps are drawn on a square of 256 with a round pen of 16 and 16 of padding, centred, so that the whole is
# 304 wide (https://github.com/googlecreativelab/quickdraw-dataset/issues/19).
_CANVAS, _PEN, _WIDTH = 256, 16, 304
_FINER = 8  # times: drawn so much larger, and averaged, which is the antialiasing
_SCALE = SIDE * _FINER / _WIDTH
_CHUNK = 2**22
_PEEKED = 8  # files whose header is looked at before the folder is claimed
_PREFIXES = ("full_numpy_bitmap_", "full_simplified_")  # of the files as a browser saves them


def claims(path: Path) -> bool:
    """Whether a path is a folder of bitmaps or of strokes, or a file of strokes."""
    if path.is_file():
        return path.suffix.lower() == ".ndjson"
    return bool(_find(path, ".ndjson")) or _has_bitmaps(_find(path, ".npy"))


def read(path: Path, options: LoadOptions) -> Raw:
    """Read a folder with one file for each class, or a file of one class.

    Parameters
    ----------
    path : Path
        The folder, or one ``.ndjson`` file.
    options : LoadOptions
        ``strict`` stops at the first drawing that cannot be read.

    Raises
    ------
    SourceError
        If a file is damaged or of another form.
    """
    drawings = [path] if path.is_file() else _find(path, ".ndjson")
    files = drawings or _find(path, ".npy")
    by_class = {_class_of(file): file for file in files}
    if len(by_class) < len(files):
        raise SourceError(f"{_shown(path)} has two files of one class; keep one of each")
    classes = sorted(by_class, key=natural_key)
    try:
        parts = [_open(by_class[name], options) for name in classes]
    except OSError as error:
        raise SourceError(f"{_shown(error.filename or path)} cannot be read: {error.strerror or error}") from error
    labels = np.repeat(np.arange(len(parts)), [part.shape[0] for part in parts])
    images = _StackedDrawings(parts) if drawings else StackedImages(parts)
    return Raw(printable(path.resolve().name), {"train": RawPart(images, labels)}, classes)


def _shown(path: Path | str) -> str:
    return printable(str(path))


def _open(file: Path, options: LoadOptions) -> Any:
    return _Drawings(file, strict=options.strict) if file.suffix.lower() == ".ndjson" else _Bitmaps(file)


def _find(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.lower() == suffix and path.is_file())
    except OSError:
        return []


def _class_of(file: Path) -> str:
    name = file.stem
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _has_bitmaps(files: list[Path]) -> bool:
    """Whether the first files can be bitmaps: some are, and none is another array, as labels would be."""
    shapes = []
    for file in files[:_PEEKED]:
        try:
            shapes.append(map_npy(file).shape[1:])
        except SourceError:
            continue
    return len(files) > 1 and set(shapes) == {(SIDE * SIDE,)}


@dataclass(frozen=True, eq=False)
class _Bitmaps:
    """One class's bitmaps; mapped when looked at, so that hundreds of classes do not hold hundreds of files open."""

    file: Path
    shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        array = map_npy(self.file)
        if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != SIDE * SIDE:
            raise SourceError(
                f"{_shown(self.file)} is not a file of bitmaps, uint8 of n x {SIDE * SIDE}; "
                f"found {array.dtype} {array.shape}"
            )
        object.__setattr__(self, "shape", (len(array), SIDE, SIDE, 1))

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        array = map_npy(self.file)
        if array.shape != (self.shape[0], SIDE * SIDE):
            raise SourceError(f"{_shown(self.file)} changed while it was read")
        return np.array(array[rows], np.uint8).reshape(-1, *self.shape[1:])


@dataclass(eq=False)
class _Drawings:
    """One class's drawings: a line each, drawn when looked at."""

    file: Path
    strict: bool = False
    broken: dict[int, str] = field(default_factory=dict)
    starts: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.starts, self.stops = _lines(self.file)

    @property
    def shape(self) -> tuple[int, ...]:
        return len(self.starts), SIDE, SIDE, 1

    def name(self, row: int) -> str:
        number, left = 1, int(self.starts[row])
        with self.file.open("rb") as file:  # counted anew, as only broken drawings are named
            while chunk := file.read(min(left, _CHUNK)):
                number += chunk.count(b"\n")
                left -= len(chunk)
        return f"{printable(self.file.name)} line {number}"

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        chosen = np.arange(len(self.starts))[rows]
        out = np.zeros((len(chosen), *self.shape[1:]), np.uint8)
        with self.file.open("rb") as file:
            for position, row in enumerate(chosen.tolist()):
                try:
                    out[position, :, :, 0] = draw(_strokes(file, int(self.starts[row]), int(self.stops[row])))
                except (ValueError, RecursionError) as error:
                    self._note(row, str(error))
        return out

    def _note(self, row: int, reason: str) -> None:
        if self.strict:
            raise SourceError(f"{self.name(row)} cannot be read: {reason}")
        self.broken[row] = reason


def _lines(path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the lines that are not empty start and stop."""
    breaks = [np.array([-1], np.int64)]
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            breaks.append(np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n")) + size)
            size += len(chunk)
    ends = np.append(np.concatenate(breaks), size)
    starts, stops = ends[:-1] + 1, ends[1:]
    whole = stops > starts
    return starts[whole], stops[whole]


def _strokes(file: Any, start: int, stop: int) -> list[NDArray[np.float64]]:
    """Strokes of a line: float64 arrays of shape (points, 2), x and y from 0 to 255."""
    if stop - start > MAX_LINE:
        raise ValueError(f"it has more than {MAX_LINE:,} bytes")
    file.seek(start)
    try:
        found = json.loads(file.read(stop - start))
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from error
    drawing = found.get("drawing") if isinstance(found, dict) else None
    if not isinstance(drawing, list) or not drawing:
        raise ValueError("it has no drawing")
    strokes = [_stroke(stroke) for stroke in drawing]
    if sum(map(len, strokes)) > MAX_POINTS:
        raise ValueError(f"it has more than {MAX_POINTS:,} points")
    return strokes


def _stroke(stroke: Any) -> NDArray[np.float64]:
    if not isinstance(stroke, list) or len(stroke) != 2:
        raise ValueError("a stroke is [[x, ...], [y, ...]], as in the simplified files")
    axes = [axis if isinstance(axis, list) and set(map(type, axis)) <= {int, float} else [] for axis in stroke]
    if not len(axes[0]) == len(axes[1]) > 0:
        raise ValueError("a stroke has as many numbers x as y, at least one")
    if not all(0 <= value < _CANVAS for axis in axes for value in axis):
        raise ValueError(
            f"a coordinate is outside of 0 to {_CANVAS - 1}: the raw files are not read, the simplified are"
        )
    return np.array(axes, np.float64).T


def draw(strokes: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """Draw strokes as Google's bitmaps are drawn, nearly: white on black, centred, antialiased.

    Parameters
    ----------
    strokes : sequence of float64 arrays of shape (points, 2)
        x and y from 0 to 255.

    Returns
    -------
    uint8 array of shape (28, 28)
    """
    furthest = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    shift = (_CANVAS - furthest) / 2 + (_WIDTH - _CANVAS) / 2
    radius = _PEN * _SCALE / 2
    canvas = Image.new("L", (SIDE * _FINER, SIDE * _FINER))
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        points = np.rint((stroke + shift) * _SCALE).astype(int).tolist()
        if len(points) > 1:
            pen.line([tuple(point) for point in points], fill=255, width=round(2 * radius))
        for x, y in points:  # round ends and joints
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(canvas.reduce(_FINER), np.uint8)


class _StackedDrawings(StackedImages):
    """Drawings of all classes, of which some may turn out to be unreadable."""

    parts: Sequence[_Drawings]

    @property
    def broken(self) -> dict[int, str]:
        """Rows that were found to be broken so far, and why."""
        return {
            int(start) + row: why
            for start, part in zip(self._starts, self.parts, strict=False)
            for row, why in part.broken.items()
        }

    def name(self, row: int) -> str:
        """File and line of a drawing."""
        owner = int(np.searchsorted(self._starts, row, side="right")) - 1
        return self.parts[owner].name(row - int(self._starts[owner]))
