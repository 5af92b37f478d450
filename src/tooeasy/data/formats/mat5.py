"""MATLAB's ``.mat`` files of versions 5 to 7: numbers and structs as views of the file, nothing else.

Format: "MAT-File Format", The MathWorks (https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf).

A reader of our own instead of SciPy's: it maps the pixels instead of loading them, inflates no more than a header
says, and has no native code that a damaged file could lead astray. The tests hold it against SciPy's.
"""

from __future__ import annotations

import io
import math
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_UNZIPPED = 8 * 2**30  # bytes of all compressed variables of a file
MAX_ELEMENTS = 10_000  # variables and fields of a file
MAX_DEPTH = 8  # of structs in structs
_IN_MEMORY = 2**24  # bytes: what inflates to more goes to a temporary file, so that memory stays bounded
_CHUNK = 2**20
_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_STRUCT, _FIRST_NUMBER, _LAST_NUMBER = 2, 6, 15
_COMPLEX = 0x0800
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_KINDS = {1: "cell", 2: "struct array", 3: "object", 4: "char", 5: "sparse", 16: "function", 17: "opaque", 18: "object"}


@dataclass(frozen=True)
class Unread:
    """A value of a kind that holds no images.

    Attributes
    ----------
    kind : str
        For messages: ``"cell"``, ``"char"``, ...
    """

    kind: str


MatValue = NDArray[Any] | dict[str, Any] | Unread


def read_mat(path: Path) -> dict[str, MatValue]:
    """Read the variables of a file.

    Parameters
    ----------
    path : Path
        A ``.mat`` file of version 5, 6 or 7.

    Returns
    -------
    dict of str to value
        Numbers as arrays, which are memory maps in column-major order and of the type that they are stored in; structs
        as dicts; `Unread` for what is neither.

    Raises
    ------
    SourceError
        If it is of another version, damaged, or larger than the limits.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        order = _byte_order(file.read(_HEADER + 512), path)
        if size <= _HEADER:
            return {}
        data = np.memmap(file, np.uint8, "r", shape=(size,))
    parser = _Parser(printable(str(path)), order)
    return dict(parser.variables(data))


def _byte_order(start: bytes, path: Path) -> str:
    if start.startswith(b"MATLAB 7.3") or b"\x89HDF\r\n\x1a\n" in (start[:8], start[512:520]):
        raise SourceError(
            f"{printable(str(path))} is a MATLAB 7.3 file (HDF5), which tooeasy does not read; "
            "save it in MATLAB as version 7: save(file, '-v7', 'X', 'y')"
        )
    order = {b"IM": "<", b"MI": ">"}.get(start[126:128])
    if order is None:
        raise SourceError(
            f"{printable(str(path))} is not a MATLAB file of version 5 to 7: it starts with {start[:10]!r}"
        )
    return order


@dataclass
class _Cursor:
    """A position in bytes."""

    data: NDArray[np.uint8]
    at: int
    end: int


class _Parser:
    def __init__(self, name: str, order: str) -> None:
        self.name = name
        self.order = order
        self.elements = 0
        self.unzipped = 0

    def variables(self, data: NDArray[np.uint8]) -> Iterator[tuple[str, MatValue]]:
        cursor = _Cursor(data, _HEADER, len(data))
        while cursor.at < cursor.end:
            kind, body = self._element(cursor)
            if kind == _COMPRESSED:
                inflated = self._inflate(body)
                kind, body = self._element(_Cursor(inflated, 0, len(inflated)))
            if kind != _MATRIX:
                raise self._damaged(f"a variable is of the unknown type {kind}")
            yield self._matrix(body, 0)

    def _damaged(self, why: str) -> SourceError:
        return SourceError(f"{self.name} is a damaged MATLAB file: {why}")

    def _take(self, cursor: _Cursor, size: int) -> NDArray[np.uint8]:
        if size > cursor.end - cursor.at:
            raise self._damaged(f"it is cut off: {size:,} bytes should follow at {cursor.at:,}, and fewer do")
        found = cursor.data[cursor.at : cursor.at + size]
        cursor.at += size
        return found

    def _element(self, cursor: _Cursor) -> tuple[int, _Cursor]:
        """Type and body of the next element."""
        tag = self._take(cursor, 8)
        first, size = (int(word) for word in tag.view(f"{self.order}u4"))
        if first >> 16:  # a small element: its size, its type and up to four bytes in the place of a tag
            size = first >> 16
            if size > 4:
                raise self._damaged(f"a small element of {size:,} bytes")
            return first & 0xFFFF, _Cursor(cursor.data, cursor.at - 4, cursor.at - 4 + size)
        self._take(cursor, size)
        body = _Cursor(cursor.data, cursor.at - size, cursor.at)
        if first != _COMPRESSED:  # which alone is not padded to eight bytes
            cursor.at = min(cursor.at + -size % 8, cursor.end)
        return first, body

    def _inflate(self, body: _Cursor) -> NDArray[np.uint8]:
        """Inflate one element: to the size that it gives itself, and not a byte more."""
        pieces = self._inflated_pieces(body)
        first = bytearray()
        while len(first) < 8:
            piece = next(pieces, b"")
            if not piece:
                raise self._damaged("a compressed variable is cut off")
            first += piece
        size = 8 + int(np.frombuffer(first, f"{self.order}u4", 2)[1])
        self.unzipped += size
        if self.unzipped > MAX_UNZIPPED:
            raise SourceError(f"{self.name} unzips to more than {MAX_UNZIPPED:,} bytes: save it uncompressed ('-v6')")
        with io.BytesIO() if size <= _IN_MEMORY else tempfile.TemporaryFile() as file:
            written = file.write(bytes(first))
            while written <= size and (piece := next(pieces, b"")):
                written += file.write(piece)
            if written != size:
                relation = "more" if written > size else "fewer"
                raise self._damaged(f"a variable inflates to {relation} bytes than the {size:,} that it should have")
            if isinstance(file, io.BytesIO):
                return np.frombuffer(file.getvalue(), np.uint8)
            file.flush()
            return np.memmap(file, np.uint8, "r", shape=(size,))

    def _inflated_pieces(self, body: _Cursor) -> Iterator[bytes]:
        unzip = zlib.decompressobj()
        try:
            for start in range(body.at, body.end, _CHUNK):
                packed = bytes(body.data[start : min(start + _CHUNK, body.end)])
                while packed and not unzip.eof:
                    yield unzip.decompress(packed, _CHUNK)
                    packed = unzip.unconsumed_tail
            yield unzip.flush()
        except zlib.error as error:
            raise self._damaged(str(error)) from error

    def _matrix(self, cursor: _Cursor, depth: int) -> tuple[str, MatValue]:
        """Name and value of a variable or field."""
        self.elements += 1
        if self.elements > MAX_ELEMENTS or depth > MAX_DEPTH:
            raise SourceError(
                f"{self.name} has more than {MAX_ELEMENTS:,} variables and fields, or structs {MAX_DEPTH} deep: "
                "save the images and labels alone"
            )
        if cursor.at == cursor.end:
            return "", Unread("empty")
        flags = self._numbers(cursor, "u4")
        shape = tuple(int(side) for side in self._numbers(cursor, "i4"))
        name = bytes(self._numbers(cursor, "i1")).decode("latin-1")
        if len(flags) != 2 or not 2 <= len(shape) <= 32 or min(shape) < 0:
            raise self._damaged(f"the variable {name!r} has a wrong header")
        kind = int(flags[0]) & 0xFF
        if kind == _STRUCT and math.prod(shape) == 1:
            return name, self._struct(cursor, depth)
        if not _FIRST_NUMBER <= kind <= _LAST_NUMBER or flags[0] & _COMPLEX:
            return name, Unread("complex" if _FIRST_NUMBER <= kind <= _LAST_NUMBER else _KINDS.get(kind, str(kind)))
        values = self._numbers(cursor)
        if len(values) != math.prod(shape):
            sides = " x ".join(map(str, shape))
            raise self._damaged(f"the variable {name!r} is {sides} and has {len(values):,} values")
        return name, values.reshape(shape, order="F")

    def _struct(self, cursor: _Cursor, depth: int) -> dict[str, MatValue]:
        (length,) = self._numbers(cursor, "i4").tolist() or (0,)
        names = bytes(self._numbers(cursor, "i1"))
        if length < 1 or len(names) % length or len(names) // length > MAX_ELEMENTS:
            raise self._damaged("a struct has wrong field names")
        fields: dict[str, MatValue] = {}
        for start in range(0, len(names), length):
            kind, body = self._element(cursor)
            if kind != _MATRIX:
                raise self._damaged(f"a field is of the unknown type {kind}")
            field = names[start : start + length].partition(b"\0")[0].decode("latin-1")
            fields[field] = self._matrix(body, depth + 1)[1]
        return fields

    def _numbers(self, cursor: _Cursor, wanted: str | None = None) -> NDArray[Any]:
        """Values of the next element, of the type that it has or else that it must have."""
        kind, body = self._element(cursor)
        stored = _STORED.get(kind)
        if stored is None or (wanted is not None and stored[1] != wanted[1]):
            raise self._damaged(f"numbers are of the unknown type {kind}")
        dtype = np.dtype(f"{self.order}{stored if wanted is None else wanted}")
        if (body.end - body.at) % dtype.itemsize:
            raise self._damaged(f"{body.end - body.at:,} bytes are not a whole number of values")
        return body.data[body.at : body.end].view(dtype)
