"""CSV files with a row for each image: its pixels, as Kaggle has them, or the path of its file; and its label.

::

    label,pixel0,pixel1,...          image,label
    5,0,0,...                        images/1.png,cat

Pixels are parsed once, by blocks, into a temporary file of one byte each that is memory-mapped.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.columns import LABEL_WORDS, listed, pick, split_of
from tooeasy.data.formats.csv_text import Head, is_image_path, is_number, read_blocks, read_head
from tooeasy.data.formats.trees import FileImages, LocalFiles
from tooeasy.data.numbers import flat_shape, is_flat_image, to_images
from tooeasy.data.options import COLUMN_OPTION, LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_PIXELS = 2**33  # of all images of a file, 8 GiB as bytes
_ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_LABELS = (*LABEL_WORDS, "digit", "letter", "character", "emotion")
_ROW_NUMBERS = ("", "id", "index", "unnamed: 0")


@dataclass(frozen=True)
class _Plan:
    """Which columns are what."""

    columns: int
    label: int
    pixels: tuple[int, ...] = ()
    path: int | None = None
    split: int | None = None
    note: str | None = None


def claims(path: Path) -> bool:
    """Whether a path is a CSV file, or a folder with ones that are named after splits."""
    try:
        if path.is_dir():
            return bool(_splits(path)) and not _has_class_folders(path)
        return _ending(path) is not None and path.is_file()
    except OSError:
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read a CSV file, or a folder with one for each split (``train.csv``, ``mnist_test.csv.gz``).

    Parameters
    ----------
    path : Path
    options : LoadOptions
        ``image_column`` and ``label_column`` are names in the header, or numbers of columns (``0``, ``-1``);
        ``size`` is that of images that are not square.

    Raises
    ------
    SourceError
        If a file is damaged, a row is of another length, a pixel is no number from 0 to 255, or there is no label.
    """
    files = _splits(path) if path.is_dir() else {"train": path}
    heads = {split: read_head(file) for split, file in files.items()}
    first = next((split for split in heads if split.startswith("train")), next(iter(heads)))
    plan = _plan(heads[first], options, printable(str(files[first])))
    name = printable(path.resolve().name if path.is_dir() else path.name[: -len(_ending(path) or "")])
    notes = [plan.note] if plan.note else []
    for split, head in list(heads.items()):
        if head.columns == plan.columns - 1:
            notes.append(f"not used, as it has no labels: {printable(files[split].name)}")
            del files[split]
        elif head.columns != plan.columns:
            raise SourceError(
                f"{printable(str(files[split]))} has {head.columns} columns, {printable(files[first].name)} has "
                f"{plan.columns}"
            )
    if plan.path is not None:
        return Raw(name, _read_paths(files, heads, plan), notes=tuple(notes))
    tables = {split: _read_pixels(file, heads[split], plan) for split, file in files.items()}
    images, more = to_images({split: pixels for split, (pixels, _) in tables.items()}, name, size=options.size)
    parts = {split: RawPart(images[split], labels) for split, (_, labels) in tables.items()}
    return Raw(name, parts, notes=(*notes, *more))


def _ending(path: Path) -> str | None:
    return next((ending for ending in _ENDINGS if path.name.lower().endswith(ending)), None)


def _splits(folder: Path) -> dict[str, Path]:
    """CSV files of a folder that are named after splits, if one is for training."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        ending = _ending(path)
        split = ending and split_of(path.name[: -len(ending)])
        if split and path.is_file():
            found.setdefault(split, path)
    return found if any(split.startswith("train") for split in found) else {}


def _has_class_folders(folder: Path) -> bool:
    """Whether a split's folder has folders: then the CSV files only say more of the images there."""
    return any(
        inner.is_dir()
        for split in folder.iterdir()
        if split.is_dir() and split_of(split.name)
        for inner in split.iterdir()
    )


# -- which columns are what --------------------------------------------------------------------------------------------


def _plan(head: Head, options: LoadOptions, origin: str) -> _Plan:
    names = head.names or [str(column) for column in range(head.columns)]
    label = _asked(names, options.label_column, _LABELS if head.names else (), origin, "label")
    path = _path_column(names, head, options, origin)
    if path is None:
        return _pixel_plan(head, names, label, options, origin)
    split = pick(names, None, ("split", "subset"), origin=origin, kind="split")
    others = [column for column in range(head.columns) if column != path and names[column] != split]
    if label is None and len(others) != 1:
        raise SourceError(
            f"{origin} has no column called label; name one with {COLUMN_OPTION['label']}: {listed(names)}"
        )
    return _Plan(
        head.columns,
        others[0] if label is None else label,
        path=path,
        split=None if split is None else names.index(split),
    )


def _asked(names: list[str], chosen: str | None, words: Sequence[str], origin: str, kind: str) -> int | None:
    """Position of the column that is asked for by name or number, or whose name is one of the words."""
    if chosen is not None and chosen not in names and chosen.removeprefix("-").isdecimal():
        column = int(chosen)
        if not -len(names) <= column < len(names):
            raise SourceError(f"{origin} has no column {chosen}: it has {len(names)}")
        return column % len(names)
    found = pick(names, chosen, words, origin=origin, kind=kind)
    return None if found is None else names.index(found)


def _path_column(names: list[str], head: Head, options: LoadOptions, origin: str) -> int | None:
    """The column that has paths of images, if any."""
    if options.image_column is not None:
        return _asked(names, options.image_column, (), origin, "image")
    return next((column for column, field in enumerate(head.rows[0]) if is_image_path(field)), None)


def _pixel_plan(head: Head, names: list[str], label: int | None, options: LoadOptions, origin: str) -> _Plan:
    every = list(range(head.columns))
    no_numbers = [column for column in every if head.names is None or names[column].lower() not in _ROW_NUMBERS]
    for columns in (every, no_numbers):
        others = len(columns) - (label is None or label in columns)
        if is_flat_image(others, options.size):
            chosen, note = (label, None) if label is not None else _guess_label(head, columns[0], columns[-1])
            return _Plan(head.columns, chosen, tuple(column for column in columns if column != chosen), note=note)
    shown = f" (columns {listed(names)})" if head.names else ""
    if label is None and is_flat_image(len(no_numbers), options.size):
        raise SourceError(f"{origin} has {len(no_numbers)} columns of pixels and none of labels{shown}")
    flat_shape(others, f"{origin}{shown}", options.size)
    raise AssertionError("flat_shape raises for what is no flat image")


def _guess_label(head: Head, first: int, last: int) -> tuple[int, str]:
    """First or last, where no name says it: what is no number, or what is not always the same; else the first."""
    values = [{row[column] for row in head.rows if len(row) == head.columns} for column in (first, last)]
    names = [any(not is_number(field) for field in fields) for fields in values]
    is_last = names[1] > names[0] if any(names) else len(values[0]) == 1 < len(values[1])
    which, column = ("last", last) if is_last else ("first", first)
    return column, f"no column is called label: the {which} is taken; another is chosen with {COLUMN_OPTION['label']}"


# -- pixels ------------------------------------------------------------------------------------------------------------


class _FractionsError(Exception):
    """Pixels with fractions, where whole numbers were before."""


def _read_pixels(path: Path, head: Head, plan: _Plan) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pixels of shape (n, pixels), memory-mapped; labels of shape (n,)."""
    try:
        return _parse_pixels(path, head, plan, np.dtype(np.uint8))
    except _FractionsError:
        return _parse_pixels(path, head, plan, np.dtype(np.float32))


def _parse_pixels(path: Path, head: Head, plan: _Plan, dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    origin, labels, count = printable(str(path)), [], 0
    try:
        with tempfile.TemporaryFile(prefix="tooeasy-") as file:
            for frame in read_blocks(path, head, [plan.label]):
                pixels = _checked(frame.iloc[:, list(plan.pixels)], origin, count)
                if dtype == np.uint8 and pixels.dtype.kind == "f" and (pixels != np.rint(pixels)).any():
                    raise _FractionsError
                labels.append(_label_block(frame.iloc[:, plan.label], origin, count))
                count += len(pixels)
                if count * len(plan.pixels) > MAX_PIXELS:
                    raise SourceError(f"{origin} has more than {MAX_PIXELS:,} pixels: save it as .npy files")
                file.write(pixels.astype(dtype).tobytes())
            file.flush()
            mapped = np.memmap(file, dtype, "r", shape=(count, len(plan.pixels)))
    except OSError as error:
        raise SourceError(f"{origin} could not be unpacked to {tempfile.gettempdir()}: {error.strerror}") from error
    return mapped, _labels(np.concatenate(labels))


def _checked(frame: Any, origin: str, before: int) -> NDArray[Any]:
    """Pixels of some rows as numbers from 0 to 255. Rows are counted from 1, without the header."""
    import pandas as pd

    values = frame.to_numpy()
    if values.dtype.kind not in "iuf":
        numbers = frame.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
        bad = np.argwhere(np.isnan(numbers) & ~frame.isna().to_numpy())
        if len(bad):
            row, column = bad[0]
            raise SourceError(
                f"{origin}: row {before + row + 1} has {str(values[row, column])[:40]!r} where a pixel should be"
            )
        values = numbers
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int((~np.isfinite(values)).any(axis=1).argmax())
        what = "fewer fields than the first, or an empty one" if np.isnan(values[row]).any() else "an infinite pixel"
        raise SourceError(f"{origin}: row {before + row + 1} has {what}")
    if values.min() < 0 or values.max() > 255:
        row, column = np.argwhere((values < 0) | (values > 255))[0]
        raise SourceError(f"{origin}: row {before + row + 1} has the pixel {values[row, column]:g}; they are 0 to 255")
    return np.asarray(values)


def _label_block(column: Any, origin: str, before: int) -> NDArray[Any]:
    missing = column.isna().to_numpy()
    if missing.any():
        raise SourceError(f"{origin}: row {before + int(missing.argmax()) + 1} has no label")
    return np.array([label.strip() for label in column.tolist()], object)


def _labels(texts: NDArray[Any]) -> NDArray[Any]:
    """Labels as whole numbers if all are, however they are written, else as they are."""
    names, inverse = np.unique(texts.astype(str), return_inverse=True)
    try:
        numbers = np.array([float(name) for name in names])
    except ValueError:
        return np.asarray(names[inverse])
    if (np.abs(numbers) < 2**53).all() and (numbers == np.rint(numbers)).all():
        return np.asarray(numbers.astype(np.int64)[inverse])
    return np.asarray(numbers[inverse])


# -- paths -------------------------------------------------------------------------------------------------------------


def _read_paths(files: dict[str, Path], heads: dict[str, Head], plan: _Plan) -> dict[str, RawPart]:
    """Images that are files beside the CSV file, or below it."""
    parts: dict[str, RawPart] = {}
    for split, file in files.items():
        rows = _rows_of_paths(file, heads[split], plan)
        splits = np.array([row[2] or split for row in rows])
        tree = LocalFiles(file.parent)
        _check_parents(file, {str(PurePosixPath(path).parent) for path, _, _ in rows})
        for name in dict.fromkeys(splits.tolist()):
            mine = [rows[row] for row in np.flatnonzero(splits == name)]
            labels = _labels(np.array([label for _, label, _ in mine], object))
            parts[name] = RawPart(FileImages(tree, [path for path, _, _ in mine]), labels)
    return parts


def _rows_of_paths(path: Path, head: Head, plan: _Plan) -> list[tuple[str, str, str]]:
    """Path, label and split ("" if the file has no such column) of each row."""
    origin = printable(str(path))
    columns = [column for column in (plan.path, plan.label, plan.split) if column is not None]
    rows: list[tuple[str, str, str]] = []
    for frame in read_blocks(path, head, columns, columns):
        before = len(rows)
        labels = _label_block(frame[plan.label], origin, before)
        splits = [""] * len(frame) if plan.split is None else frame[plan.split].fillna("").str.strip().tolist()
        for number, (text, label, split) in enumerate(zip(frame[plan.path], labels, splits, strict=True), before + 1):
            rows.append((_inner_path(text, origin, number), label, split))
    return rows


def _inner_path(text: Any, origin: str, number: int) -> str:
    """Check that a path stays in its folder, by its letters."""
    if not isinstance(text, str) or not text.strip():
        raise SourceError(f"{origin}: row {number} has no path")
    path = text.strip().replace("\\", "/")
    if path.startswith("/") or ":" in path.split("/")[0] or ".." in path.split("/") or "\0" in path:
        raise SourceError(f"{origin}: row {number} has the path {printable(path)!r}, which leads out of its folder")
    return path


def _check_parents(file: Path, folders: set[str]) -> None:
    """Check that folders stay in theirs when links are followed."""
    root = file.parent.resolve()
    for folder in sorted(folders):
        try:
            inside = (root / folder).resolve().is_relative_to(root)
        except (OSError, RuntimeError):  # a circle of links
            inside = False
        if not inside:
            raise SourceError(f"{printable(str(file))} has paths in {printable(folder)}, which leads out of its folder")
