"""Hugging Face ``datasets``: an object in Python, a folder that ``save_to_disk`` wrote, ``hf:owner/name[:config]``.

Images are read as the files they are, and decoded like those of any other source.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.arrow_files import ArrowTable
from tooeasy.data.formats.blocks import EXTRA, pyarrow
from tooeasy.data.formats.tables import Table, is_encoded, read_tables
from tooeasy.data.formats.trees import MAX_IMAGE_BYTES, LocalFiles
from tooeasy.data.options import LoadOptions
from tooeasy.data.places import is_offline
from tooeasy.data.raw import Raw
from tooeasy.errors import DownloadError, SourceError, SourceNotFoundError
from tooeasy.optional import require
from tooeasy.text import printable

PREFIX = "hf:"
_HUB_NAME = re.compile(r"(?P<name>\w[\w.-]*/\w[\w.-]*)(?::(?P<config>[\w.+-]+))?", re.ASCII)
_MAX_JSON = 2**24  # bytes of a description


# -- objects -----------------------------------------------------------------------------------------------------------


def is_dataset(source: object) -> bool:
    """Whether an object is one of the library's datasets, or several by split; does not import the library."""
    return any(kind.__module__.partition(".")[0] == "datasets" for kind in type(source).__mro__)


def read_object(source: Any, options: LoadOptions, name: str | None = None) -> Raw:
    """Read a ``Dataset`` or ``DatasetDict``.

    Parameters
    ----------
    source : datasets.Dataset or datasets.DatasetDict
    options : LoadOptions
        ``image_column`` and ``label_column`` name columns.
    name : str, optional
        Of the dataset; by default as its description has it.

    Raises
    ------
    SourceError
        If it is a stream, which cannot be read twice, or has no column of images or of labels.
    """
    splits = dict(source) if isinstance(source, Mapping) else {str(getattr(source, "split", None) or "train"): source}
    if not splits:
        raise SourceError("the DatasetDict has no splits")
    for split in splits.values():
        if not hasattr(split, "with_format") or not hasattr(split, "__len__"):
            raise SourceError(
                f"a {type(split).__name__} of the datasets library cannot be read twice; give a Dataset or DatasetDict"
            )
    name = name or getattr(next(iter(splits.values())).info, "dataset_name", None) or "huggingface"
    tables: dict[str, Table] = {split: _DatasetTable(dataset, f"{name} {split}") for split, dataset in splits.items()}
    return read_tables(tables, printable(name), options)


class _DatasetTable:
    """A ``datasets.Dataset`` as an Arrow table: its selections and orders count, its decoding and formats do not."""

    def __init__(self, dataset: Any, origin: str) -> None:
        self._dataset, self.origin = dataset.with_format("arrow"), printable(origin)
        self.schema = dataset.features.arrow_schema

    def __len__(self) -> int:
        return len(self._dataset)

    def column(self, name: str) -> Any:
        """All of a column."""
        return self._dataset.select_columns([name])[:].column(name)

    def rows(self, name: str) -> _DatasetRows:
        """Get a column some rows at a time."""
        return _DatasetRows(self._dataset.select_columns([name]), name, self.origin)


@dataclass(frozen=True, eq=False)
class _DatasetRows:
    """A column of a ``datasets.Dataset``."""

    dataset: Any
    column: str
    origin: str

    def __len__(self) -> int:
        return len(self.dataset)

    def name(self, row: int) -> str:
        """Name of a row, for messages."""
        return f"{self.origin} row {row}"

    def take(self, rows: NDArray[np.intp]) -> Any:
        """Values of some rows."""
        ends = slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0)
        range_ = len(rows) == 0 or np.array_equal(rows, np.arange(ends.start, ends.stop))
        values = self.dataset[ends if range_ else rows.tolist()].column(self.column)
        return _with_files(values) if is_encoded(values.type) else values


def _with_files(values: Any) -> Any:
    """Put the bytes of files where a table has only their paths, as the library does for folders of images."""
    pa = pyarrow()
    if not pa.types.is_struct(values.type):
        return values
    data = pa.compute.struct_field(values, "bytes")
    if not data.null_count:
        return data
    found = [
        item["bytes"] if item is None or item["bytes"] is not None or not item.get("path") else _file(item["path"])
        for item in values.to_pylist()
    ]
    return pa.chunked_array([pa.array(found, pa.large_binary())])


def _file(path: str) -> bytes:
    """Read the file that a table names. A regular file of an image's size: a table may come from a stranger."""
    folder, name = os.path.split(path)
    ((data, _),) = LocalFiles(Path(folder or ".")).heads([name], MAX_IMAGE_BYTES)
    return data


# -- folders that save_to_disk wrote -----------------------------------------------------------------------------------


def claims(path: Path) -> bool:
    """Whether a path is a folder that ``save_to_disk`` wrote."""
    return (path / "dataset_dict.json").is_file() or (path / "state.json").is_file()


def read(path: Path, options: LoadOptions) -> Raw:
    """Read a folder that ``save_to_disk`` wrote, of a ``Dataset`` or a ``DatasetDict``.

    Parameters
    ----------
    path : Path
    options : LoadOptions
        ``image_column`` and ``label_column`` name columns.

    Raises
    ------
    SourceError
        If a file is missing or damaged, or there is no column of images or of labels.
    MissingExtraError
        If pyarrow is not installed.
    """
    pyarrow()  # before all else: say so where it is not installed
    if (path / "dataset_dict.json").is_file():
        names = _json(path / "dataset_dict.json").get("splits")
        folders = {name: path / name for name in _plain_names(names, path / "dataset_dict.json")}
    else:
        folders = {"train": path}
    tables: dict[str, Table] = {split: ArrowTable(_shards(folder)) for split, folder in folders.items()}
    return read_tables(tables, printable(path.resolve().name), options)


def _shards(folder: Path) -> list[Path]:
    state = folder / "state.json"
    files = _json(state).get("_data_files")
    if not isinstance(files, list):
        raise SourceError(f"{printable(str(state))} names no data files")
    names = [file.get("filename") if isinstance(file, dict) else None for file in files]
    return [folder / name for name in _plain_names(names, state)]


def _plain_names(names: Any, origin: Path) -> list[str]:
    """Check that names are of files right there, and there is one at least."""
    if not isinstance(names, list) or not names:
        raise SourceError(f"{printable(str(origin))} names no files")
    for name in names:
        if not isinstance(name, str) or name in ("", ".", "..") or re.search(r"[/\\:\0]", name):
            raise SourceError(f"{printable(str(origin))} names {printable(repr(name))}, which leads out of its folder")
    return names


def _json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = json.loads(file.read(_MAX_JSON))
    except (OSError, ValueError, RecursionError) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise SourceError(f"{printable(str(path))} cannot be read: {reason}") from error
    if not isinstance(found, dict):
        raise SourceError(f"{printable(str(path))} is no JSON object")
    return found


# -- the hub -----------------------------------------------------------------------------------------------------------


def read_hub(source: str, options: LoadOptions) -> Raw:
    """Read ``hf:owner/name`` or ``hf:owner/name:config`` from the hub, or from the library's cache.

    Code that a dataset brings is never run: the library has ceased to. Where ``TOOEASY_OFFLINE`` or the library's own
    ``HF_HUB_OFFLINE`` forbids the network, only the cache is looked at.

    Parameters
    ----------
    source : str
    options : LoadOptions
        ``image_column`` and ``label_column`` name columns.

    Raises
    ------
    SourceNotFoundError
        If there is no such dataset.
    DownloadError
        If it is not in the cache, and the hub cannot be reached or may not be asked.
    SourceError
        If the name is of another form, or the dataset cannot be used.
    MissingExtraError
        If the library is not installed.
    """
    match = _HUB_NAME.fullmatch(source.removeprefix(PREFIX))
    if match is None:
        raise SourceError(f"{printable(source)} is not of the form hf:owner/name or hf:owner/name:config")
    datasets = require("datasets", extra=EXTRA, why="reading from Hugging Face's hub")
    with _settings(datasets):
        found = _load(datasets, source, match["name"], match["config"])
    return read_object(found, options, match["name"])


def _load(datasets: Any, source: str, name: str, config: str | None) -> Any:
    try:
        # Written so, a folder of that name in the working directory is not mistaken for it.
        return datasets.load_dataset(f"hf://datasets/{name}", config)
    except datasets.exceptions.DatasetNotFoundError as error:
        raise SourceNotFoundError(f"{source}: {_line(error)}") from error
    except (ConnectionError, TimeoutError) as error:
        reason = "TOOEASY_OFFLINE forbids the network" if is_offline() else _line(error)
        raise DownloadError(f"{source} is not in the cache, and the hub was not reached: {reason}") from error
    except Exception as error:  # what the library raises of files that it cannot read
        raise SourceError(f"{source} cannot be read: {_line(error)}") from error


@contextmanager
def _settings(datasets: Any) -> Iterator[None]:
    """Forbid the library telemetry and counts, and the network where tooeasy's variable does.

    It reads its own environment variables only when it is imported, so its settings are changed, and changed back.
    """
    hub = require("huggingface_hub.constants", extra=EXTRA, why="reading from Hugging Face's hub")
    wanted: list[tuple[Any, str, bool]] = [
        (hub, "HF_HUB_DISABLE_TELEMETRY", True),
        (datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False),
    ]
    if is_offline():
        wanted += [(hub, "HF_HUB_OFFLINE", True), (datasets.config, "HF_HUB_OFFLINE", True)]
    before = [(module, name, getattr(module, name, None)) for module, name, _ in wanted]
    for module, name, value in wanted:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, old in before:
            setattr(module, name, old)


def _line(error: Exception) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__
