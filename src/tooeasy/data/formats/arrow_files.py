"""Arrow's own files: the file form, the stream form (as Hugging Face's ``datasets`` writes), Feather version 2.

They are memory-mapped; record batches are the blocks. Format: https://arrow.apache.org/docs/format/Columnar.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tooeasy.data.formats.blocks import BlockRows, pyarrow
from tooeasy.data.formats.parquet import RowNamer, check_names, check_same, damage_named, find_shards, origin_of
from tooeasy.data.formats.tables import Table, read_tables
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw
from tooeasy.errors import SourceError
from tooeasy.text import printable

SUFFIXES = (".arrow", ".feather", ".ipc", ".arrows")
MAX_UNPACKED_STREAM = 2**31  # bytes: a compressed stream can be read only whole
_FILE_MAGIC = b"ARROW1"


def claims(path: Path) -> bool:
    """Whether a path is an Arrow file, or a folder with some, at most two folders down."""
    try:
        return bool(find_shards(path, *SUFFIXES))
    except OSError:
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read an Arrow file, or a folder of shards, which are of the splits that they or their folders are named after.

    Parameters
    ----------
    path : Path
    options : LoadOptions
        ``image_column`` and ``label_column`` name columns.

    Raises
    ------
    SourceError
        If a file is damaged, has no column of images or of labels, or shards differ in their columns.
    MissingExtraError
        If pyarrow is not installed.
    """
    pyarrow()  # before all else: say so where it is not installed
    tables: dict[str, Table] = {split: ArrowTable(files) for split, files in find_shards(path, *SUFFIXES).items()}
    return read_tables(tables, printable(path.resolve().name if path.is_dir() else path.stem), options)


class ArrowTable:
    """Arrow files, one after the other.

    Parameters
    ----------
    files : list of Path
        At least one.

    Raises
    ------
    SourceError
        If one is damaged, or has other columns than the first.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files, self.origin = files, origin_of(files)
        self._loaders: list[Callable[[], Any]] = []
        self._lengths: list[int] = []
        self._starts, schemas = [0], []
        for file in files:
            with damage_named(file):
                schema, loaders, lengths = _open(file)
                schemas.append(check_names(schema))
            self._loaders += loaders
            self._lengths += lengths
            self._starts.append(self._starts[-1] + sum(lengths))
        check_same(schemas, files)
        self.schema = schemas[0]

    def __len__(self) -> int:
        return self._starts[-1]

    def column(self, name: str) -> Any:
        """All of a column."""
        with damage_named(self._files[0]):
            chunks = [_checked(load(), name) for load in self._loaders]
            return pyarrow().chunked_array(chunks, self.schema.field(name).type)

    def rows(self, name: str) -> BlockRows:
        """Get a column some rows at a time."""
        return BlockRows(
            self._lengths,
            lambda block: _checked(self._loaders[block](), name),
            RowNamer(self._files, self._starts),
            self.schema.field(name).type,
        )


def _checked(batch: Any, name: str) -> Any:
    """A column of a batch; offsets that lead out of the buffers would be followed otherwise."""
    column = batch.column(batch.schema.get_field_index(name))
    column.validate(full=True)
    return column


def _open(path: Path) -> tuple[Any, list[Callable[[], Any]], list[int]]:
    """Schema, a function that gets each record batch, and how many rows each has."""
    pa = pyarrow()
    mapped = pa.memory_map(str(path))
    if mapped.read(len(_FILE_MAGIC)) == _FILE_MAGIC:
        reader = pa.ipc.open_file(mapped)
        numbers = range(reader.num_record_batches)
        lengths = [reader.get_batch(number).num_rows for number in numbers]
        return reader.schema, [partial(reader.get_batch, number) for number in numbers], lengths
    mapped.seek(0)
    stream = pa.ipc.open_stream(mapped)
    batches: list[Any] = []
    unpacked = 0
    for batch in stream:
        batches.append(batch)
        unpacked += batch.nbytes
        if unpacked > max(MAX_UNPACKED_STREAM, mapped.size()):  # more than is in the file: it was compressed
            raise SourceError(
                f"{printable(str(path))} is a compressed stream of more than {MAX_UNPACKED_STREAM:,} bytes: "
                "write it as an Arrow file, or as Parquet"
            )
    return stream.schema, [partial(_same, batch) for batch in batches], [batch.num_rows for batch in batches]


def _same(batch: Any) -> Any:
    return batch
