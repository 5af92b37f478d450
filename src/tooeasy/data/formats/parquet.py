"""Parquet files: of Hugging Face's form, with a struct of bytes and path, or with any binary or list column.

::

    train-00000-of-00002.parquet, train-00001-of-00002.parquet, test-00000-of-00001.parquet
    train/0000.parquet, test/0000.parquet

A part of a row group is read at a time, and a few are kept. Format: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.blocks import BlockRows, pyarrow
from tooeasy.data.formats.columns import split_of
from tooeasy.data.formats.tables import Table, is_encoded, read_tables
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw
from tooeasy.data.stamps import stamp
from tooeasy.errors import SourceError
from tooeasy.text import printable

BLOCK_BYTES = 2**23  # of a column: what is read at once of a row group
_MOST_ROWS = 2**14  # in a block, whatever their size is said to be
_FILES_OPEN = 8
_BUFFER = 2**20  # bytes
_LEVELS = ("*", "*/*", "*/*/*")  # data/train-00000-of-00001.parquet, default/train/0000.parquet


class RemoteShard(Protocol):
    """A file that is not on this machine, and is read in place.

    Attributes
    ----------
    path : str
        In its folder, with ``/``.
    name : str
        Its last part.
    stamp : str
        What tells its versions apart.
    """

    @property
    def path(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def stamp(self) -> str: ...

    def open(self) -> BinaryIO:
        """Open it to be read anywhere."""
        ...


ShardFile = Path | RemoteShard


def claims(path: Path) -> bool:
    """Whether a path is a Parquet file, or a folder with some, at most two folders down."""
    try:
        return bool(find_shards(path, ".parquet"))
    except OSError:
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read a Parquet file, or a folder of shards, which are of the splits that they or their folders are named after.

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
    name = printable(path.resolve().name if path.is_dir() else path.stem)
    tables: dict[str, Table] = {split: ParquetTable(files) for split, files in find_shards(path, ".parquet").items()}
    return read_tables(tables, name, options)


def read_shards(files: Sequence[RemoteShard], name: str, options: LoadOptions) -> Raw:
    """Read shards that are not on this machine, in place; otherwise as `read` does a folder."""
    pyarrow()
    by_split: dict[str, list[RemoteShard]] = {}
    for file in sorted(files, key=lambda file: (file.path.count("/"), file.path)):
        *folders, last = file.path.split("/")
        names = [last.rpartition(".")[0], *reversed(folders)]
        by_split.setdefault(next((split for part in names if (split := split_of(part))), "train"), []).append(file)
    return read_tables({split: ParquetTable(shards) for split, shards in by_split.items()}, printable(name), options)


def find_shards(path: Path, *suffixes: str) -> dict[str, list[Path]]:
    """Files of a table by split; of a file, itself as "train"."""
    if path.is_file():
        return {"train": [path]} if path.suffix.lower() in suffixes else {}
    found: dict[str, list[Path]] = {}
    for level in _LEVELS:
        for file in sorted(path.glob(level)):
            if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file():
                names = [file.stem, *(folder.name for folder in file.relative_to(path).parents if folder.name)]
                split = next((split for name in names if (split := split_of(name))), "train")
                found.setdefault(split, []).append(file)
    return found


@dataclass(frozen=True)
class _Block:
    """Some rows of a row group."""

    file: int
    group: int
    start: int
    rows: int


class ParquetTable:
    """Parquet files, one after the other.

    Parameters
    ----------
    files : list of Path
        At least one.

    Raises
    ------
    SourceError
        If one is damaged, or has other columns than the first.
    """

    def __init__(self, files: Sequence[ShardFile]) -> None:
        self._files, self._metadata, schemas = files, [], []
        for file in files:
            with damage_named(file), _open(file) as opened:
                self._metadata.append(opened.metadata)
                schemas.append(check_names(opened.schema_arrow))
        self.origin = origin_of(files)
        self.schema = schemas[0]
        check_same(schemas, files)

    def __len__(self) -> int:
        return sum(metadata.num_rows for metadata in self._metadata)

    def column(self, name: str) -> Any:
        """All of a column."""
        chunks: list[Any] = []
        for file in self._files:
            with damage_named(file), _open(file) as opened:
                chunks += opened.read(columns=[name]).column(name).chunks
        return pyarrow().chunked_array(chunks, self.schema.field(name).type)

    def rows(self, name: str) -> BlockRows:
        """Get a column some rows at a time."""
        pa = pyarrow()
        kind = self.schema.field(name).type
        path = f"{name}.bytes" if pa.types.is_struct(kind) and is_encoded(kind) else name
        blocks = [
            block
            for file, metadata in enumerate(self._metadata)
            for group in range(metadata.num_row_groups)
            for block in _blocks(metadata.row_group(group), path, file, group)
        ]
        starts = [0]
        for metadata in self._metadata:
            starts.append(starts[-1] + metadata.num_rows)
        reader = _Reader(self._files, self._metadata, path, blocks)
        if path != name:
            kind = pa.struct([kind.field(kind.get_field_index("bytes"))])
        groups = np.cumsum([0, *(block.rows for block in blocks)])[:-1][[block.start == 0 for block in blocks]]
        namer = RowNamer(self._files, starts)
        return BlockRows([block.rows for block in blocks], reader.load, namer, kind, groups.tolist())


def _blocks(group: Any, path: str, file: int, number: int) -> Iterator[_Block]:
    """Divide a row group into blocks."""
    columns = [group.column(column) for column in range(group.num_columns)]
    mine = (
        column for column in columns if column.path_in_schema == path or column.path_in_schema.startswith(f"{path}.")
    )
    size = sum(column.total_uncompressed_size for column in mine)
    step = max(1, min(_MOST_ROWS, BLOCK_BYTES * group.num_rows // max(1, size)))
    for start in range(0, group.num_rows, step):
        yield _Block(file, number, start, min(step, group.num_rows - start))


class _Reader:
    """Reads blocks. One after the other of a row group, it goes on where it was; else it begins the group again."""

    def __init__(self, files: Sequence[ShardFile], metadata: list[Any], path: str, blocks: list[_Block]) -> None:
        self._files, self._metadata, self._path, self._all = files, metadata, path, blocks
        self._open: OrderedDict[int, Any] = OrderedDict()
        self._group: tuple[int, int] = (-1, -1)
        self._at = 0
        self._batches: Iterator[Any] = iter(())
        self._left: list[Any] = []

    def load(self, number: int) -> Any:
        """Read a block, as a pyarrow.Array."""
        block = self._all[number]
        if self._group != (block.file, block.group) or block.start < self._at:
            self._begin(block)
        if block.start > self._at:
            self._next(block.start - self._at)
        return self._next(block.rows)

    def _begin(self, block: _Block) -> None:
        self._group, self._at, self._left = (block.file, block.group), 0, []
        self._batches = self._file(block.file).iter_batches(
            batch_size=block.rows, row_groups=[block.group], columns=[self._path], use_threads=False
        )

    def _next(self, rows: int) -> Any:
        pieces, missing = [], rows
        while missing:
            piece = self._left.pop() if self._left else next(self._batches, None)
            if piece is None:
                self._group = (-1, -1)
                raise ValueError("the row group has fewer rows than the file says")
            if len(piece) > missing:
                self._left.append(piece.slice(missing))
                piece = piece.slice(0, missing)
            pieces.append(piece)
            missing -= len(piece)
        self._at += rows
        columns = [piece.column(0) for piece in pieces]
        return columns[0] if len(columns) == 1 else pyarrow().concat_arrays(columns)

    def _file(self, number: int) -> Any:
        if number not in self._open:
            self._open[number] = _open(self._files[number], metadata=self._metadata[number])
            if len(self._open) > _FILES_OPEN:
                self._open.popitem(last=False)
        return self._open[number]


def _open(path: ShardFile, **how: Any) -> Any:
    # Without pre_buffer, and with a buffer: else a column of a row group is read whole, however large. As fast as a
    # memory map (314 MB in 0.13 s either way), and its pages do not count as ours.
    source = path if isinstance(path, Path) else path.open()
    return pyarrow().parquet.ParquetFile(source, pre_buffer=False, buffer_size=_BUFFER, **how)


# -- shared with Arrow files -------------------------------------------------------------------------------------------


def origin_of(files: Sequence[ShardFile]) -> str:
    """Name of some files, for messages."""
    return printable(str(files[0])) + (f" and {len(files) - 1} more" if len(files) > 1 else "")


@dataclass(frozen=True)
class RowNamer:
    """From the number of a row to its file and its number in it.

    Parameters
    ----------
    files : list of Path
    starts : list of int
        First row of each file.
    """

    files: Sequence[ShardFile]
    starts: Sequence[int]

    def __call__(self, row: int) -> str:
        file = self._file(row)
        return f"{printable(self.files[file].name)} row {row - self.starts[file]}"

    def stamps(self, rows: NDArray[np.intp]) -> Iterator[str]:
        """Names of the files of some rows, and what tells their versions apart."""
        for file in sorted({self._file(row) for row in rows.tolist()}):
            path = self.files[file]
            yield f"{path.name}:{stamp(path) if isinstance(path, Path) else path.stamp}"

    def _file(self, row: int) -> int:
        return min(max(bisect_right(self.starts, row) - 1, 0), len(self.files) - 1)


def check_same(schemas: list[Any], files: Sequence[ShardFile]) -> None:
    """Check that all files have the same columns."""
    for schema, file in zip(schemas, files, strict=True):
        if not schema.equals(schemas[0]):
            raise SourceError(
                f"{printable(str(file))} has other columns than {printable(files[0].name)}: "
                "give one of them, or the folder of one configuration"
            )


def check_names(schema: Any) -> Any:
    """Return a schema after a look at the names of its columns: pyarrow decodes them only then, and may fail to."""
    fields = list(schema)
    while fields:
        field = fields.pop()
        _ = field.name
        if pyarrow().types.is_struct(field.type):
            fields += [field.type.field(number) for number in range(field.type.num_fields)]
        elif hasattr(field.type, "value_field"):
            fields.append(field.type.value_field)
    return schema


@contextmanager
def damage_named(path: ShardFile) -> Iterator[None]:
    """Name the file that pyarrow cannot read."""
    try:
        yield
    except SourceError:
        raise
    except Exception as error:  # pyarrow raises its own exceptions, OSError, and what Thrift and UTF-8 raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(f"{printable(str(path))} cannot be read: {printable(reason)}") from error
