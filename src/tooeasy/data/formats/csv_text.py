"""CSV text, opened within limits: plain or gzip, its first rows, and then all rows some at a time."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from tooeasy.data.decode import SUFFIXES
from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_LINE = 2**24  # bytes: a line that never ends would be read into memory whole
MAX_TEXT = 2**36  # bytes after unpacking, 64 GiB
_SAMPLE_ROWS, _SAMPLE_BYTES = 100, 2**22
_VALUES_AT_ONCE = 2**21


@dataclass(frozen=True)
class Head:
    """The beginning of a CSV file.

    Attributes
    ----------
    names : list of str or None
        The header, where there is one.
    rows : list of list of str
        The first rows below it; at least one.
    separator : str
    """

    names: list[str] | None
    rows: list[list[str]]
    separator: str

    @property
    def columns(self) -> int:
        """Fields of a row."""
        return len(self.rows[0])


def read_head(path: Path) -> Head:
    """Read the first rows of a CSV file, and decide whether the very first is a header.

    Raises
    ------
    SourceError
        If it is empty or damaged, or header and first row differ in length.
    """
    origin = printable(str(path))
    with _damage_named(origin), _open(path, origin) as file:
        text = _as_text(file)
        first = text.readline(MAX_LINE)
        separator = max(",;\t", key=first.count)  # the comma if none occurs
        lines = itertools.chain([first], _some(text))
        rows = list(itertools.islice((row for row in csv.reader(lines, delimiter=separator) if row), _SAMPLE_ROWS))
    if not rows:
        raise SourceError(f"{origin} is empty")
    names = rows[0] if _is_header(rows) else None
    if names is not None and len(rows) == 1:
        raise SourceError(f"{origin} has a header and no rows")
    rows = rows[1:] if names is not None else rows
    if names is not None and len(names) != len(rows[0]):
        raise SourceError(f"{origin} has {len(names)} columns in its header, and {len(rows[0])} in row 1")
    return Head(names and [name.strip() for name in names], rows, separator)


def read_blocks(path: Path, head: Head, text_columns: list[int], only: list[int] | None = None) -> Iterator[Any]:
    """Read the rows below the header some at a time, as data frames whose columns are numbered.

    Parameters
    ----------
    path : Path
    head : Head
        As `read_head` found it.
    text_columns : list of int
        Columns that are not to be parsed as numbers.
    only : list of int, optional
        Read just these columns.

    Raises
    ------
    SourceError
        If a row has more fields than the first, or the file is damaged.
    """
    import pandas as pd

    origin = printable(str(path))
    with _damage_named(origin), _open(path, origin) as file:
        text = _as_text(file)
        if head.names is not None:
            next(row for row in csv.reader(iter(text.readline, ""), delimiter=head.separator) if row)
        frames = pd.read_csv(
            text,
            sep=head.separator,
            header=None,
            usecols=only,
            dtype=dict.fromkeys(text_columns, str),
            keep_default_na=False,  # "NA" may be a class
            na_values=[""],
            chunksize=max(1, _VALUES_AT_ONCE // head.columns),
            low_memory=False,
        )
        yield from frames


def is_number(text: str) -> bool:
    """Whether a field is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def is_image_path(text: str) -> bool:
    """Whether a field is the path of an image."""
    return PurePath(text.strip()).suffix.lower() in SUFFIXES


def _is_header(rows: list[list[str]]) -> bool:
    """Whether the first row names columns: it has no numbers where the second has some, or names where none has any."""
    first = [is_number(field) for field in rows[0]]
    if len(rows) > 1 and len(rows[1]) == len(first):
        below = [is_number(field) for field in rows[1]]
        if any(below):
            return sum(a and b for a, b in zip(first, below, strict=True)) * 2 < sum(below) or _counts_up(rows[0])
    return not any(first) and not any(is_image_path(field) for field in rows[0])


def _counts_up(row: list[str]) -> bool:
    """Whether a row is what pandas writes as names of columns that have none: 0, 1, 2, ..., and perhaps some names."""
    numbers = [field for field in row if field.isdecimal()]
    return len(numbers) > 2 and any(
        numbers == [str(first + column) for column in range(len(numbers))] for first in (0, 1)
    )


def _as_text(file: io.BufferedReader) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, "utf-8-sig", "replace", newline="")


def _some(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines, until they are enough to look at."""
    total = 0
    while total < _SAMPLE_BYTES and (line := text.readline(MAX_LINE)):
        total += len(line)
        yield line


class _LineGuard(io.RawIOBase):
    """A binary file that refuses to hand out a line without end, or text without end."""

    def __init__(self, file: Any, origin: str) -> None:
        self._file, self._origin = file, origin
        self._since_line = self._total = 0
        self._quoted = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._total += len(data)
        self._quoted ^= bool(data.count(b'"') % 2)  # within quotes, a line break ends no line
        last = -1 if self._quoted else data.rfind(b"\n")
        self._since_line = self._since_line + len(data) if last < 0 else len(data) - last
        if self._since_line > MAX_LINE:
            raise SourceError(f"{self._origin} has a line of more than {MAX_LINE:,} bytes, or a quote that never ends")
        if self._total > MAX_TEXT:
            raise SourceError(f"{self._origin} has more than {MAX_TEXT:,} bytes of text")
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


def _open(path: Path, origin: str) -> io.BufferedReader:
    with path.open("rb") as start:
        zipped = start.read(2) == b"\x1f\x8b"
    file = gzip.GzipFile(path) if zipped else path.open("rb")
    return io.BufferedReader(_LineGuard(file, origin), 2**18)


@contextmanager
def _damage_named(origin: str) -> Iterator[None]:
    import pandas as pd

    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{origin} is a damaged gzip file ({error}); get it again") from error
    except pd.errors.EmptyDataError as error:
        raise SourceError(f"{origin} has no rows") from error
    except pd.errors.ParserError as error:
        reason = " ".join(str(error).removeprefix("Error tokenizing data. C error:").split()).replace(" line ", " row ")
        raise SourceError(f"{origin} has rows of unequal length, or is no CSV: {reason}") from error
    except csv.Error as error:
        raise SourceError(f"{origin} is no CSV: {error}") from error
    except OSError as error:
        raise SourceError(f"{origin} cannot be read: {error.strerror or error}") from error
