"""NumPy's own files, opened without trust: ``.npy``, and the arrays of an ``.npz``.

Arrays of Python objects are pickles and are never loaded. A header is compared with what is there before memory is
taken. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_UNZIPPED = 8 * 2**30  # bytes of one compressed array: more is refused; stored uncompressed, it is memory-mapped
MAX_ARRAYS = 10_000  # in one .npz
_MAX_HEADER = 2**14  # bytes; NumPy itself refuses headers of more than 10,000, but not before it has read them
_LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a zip member: signature, lengths of its name and of what else it has


@dataclass(frozen=True)
class Header:
    """What the header of a ``.npy`` file says.

    Attributes
    ----------
    shape : tuple of int
    fortran : bool
        Whether the first index varies fastest.
    dtype : numpy.dtype
    length : int
        Bytes of the header: where the values start.
    """

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int

    @property
    def values_bytes(self) -> int:
        """Bytes that the values take."""
        return math.prod(self.shape) * self.dtype.itemsize


def map_npy(path: Path) -> NDArray[Any]:
    """Memory-map a ``.npy`` file, read-only.

    Raises
    ------
    SourceError
        If it is damaged, or holds Python objects.
    """
    origin = printable(str(path))
    try:
        with path.open("rb") as file:
            header = read_header(file, origin)
        _check_size(path.stat().st_size - header.length, header, origin, exact=False)
        return _map(path, header, header.length)
    except OSError as error:
        raise SourceError(f"{origin} cannot be read: {error.strerror or error}") from error


class NpzFile:
    """The arrays of an ``.npz`` file: those that are stored are memory-mapped, compressed ones are unpacked.

    Parameters
    ----------
    path : Path

    Raises
    ------
    SourceError
        If it is no zip archive, or has no arrays.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.origin = path, printable(str(path))
        try:
            with zipfile.ZipFile(path) as archive:
                found = archive.infolist()
        except Exception as error:  # of a damaged directory, zipfile raises much besides BadZipFile
            raise SourceError(f"{self.origin} is no .npz file, or a damaged one: {_reason(error)}") from error
        self._members = {info.filename.removesuffix(".npy"): info for info in found if info.filename.endswith(".npy")}
        if not self._members:
            raise SourceError(f"{self.origin} has no arrays")
        if len(self._members) > MAX_ARRAYS:
            raise SourceError(f"{self.origin} has {len(self._members):,} arrays, more than {MAX_ARRAYS:,}")

    @property
    def names(self) -> list[str]:
        """Names of the arrays."""
        return list(self._members)

    def header(self, name: str) -> Header:
        """Read type and shape of an array.

        Raises
        ------
        SourceError
            If it is damaged, or holds Python objects.
        """
        with self._opened(name) as file:
            return read_header(file, self._origin(name))

    def array(self, name: str) -> NDArray[Any]:
        """Get an array: memory-mapped where it is stored uncompressed, else in memory.

        Raises
        ------
        SourceError
            If it is damaged, holds Python objects, or unpacks to more than ``MAX_UNZIPPED`` bytes.
        """
        info, header = self._members[name], self.header(name)
        _check_size(info.file_size - header.length, header, self._origin(name), exact=True)
        try:
            if info.compress_type == zipfile.ZIP_STORED:
                return _map(self.path, header, self._start(info) + header.length)
            if info.file_size > MAX_UNZIPPED:
                raise SourceError(
                    f"{self._origin(name)} unpacks to {info.file_size:,} bytes, more than {MAX_UNZIPPED:,}: "
                    "save it with numpy.savez, uncompressed"
                )
            return self._unpack(name, header)
        except OSError as error:
            raise SourceError(f"{self._origin(name)} cannot be read: {error.strerror or error}") from error

    def _unpack(self, name: str, header: Header) -> NDArray[Any]:
        """Unpack into memory that is taken as the values really come, whatever the header claims."""
        data = bytearray()
        with self._opened(name) as file:
            try:
                file.read(header.length)
                while chunk := file.read(2**20):
                    data += chunk
            except Exception as error:  # of damaged data, each kind of compression raises what it likes
                raise SourceError(f"{self._origin(name)} is damaged: {_reason(error)}") from error
        _check_size(len(data), header, self._origin(name), exact=True)
        return _shaped(np.frombuffer(data, header.dtype), header, self._origin(name))

    def _origin(self, name: str) -> str:
        return f"{self.origin} {printable(name)}"

    def _opened(self, name: str) -> IO[bytes]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                return archive.open(self._members[name])
        except Exception as error:  # encrypted, of unknown compression, or lying about where it starts
            raise SourceError(f"{self._origin(name)} cannot be read: {_reason(error)}") from error

    def _start(self, info: zipfile.ZipInfo) -> int:
        """Where a member's bytes start in the file."""
        with self.path.open("rb") as file:
            file.seek(info.header_offset)
            _, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
        return info.header_offset + _LOCAL_HEADER.size + int(name) + int(extra)


def read_header(file: IO[bytes], origin: str) -> Header:
    """Read the header of a ``.npy`` file.

    Raises
    ------
    SourceError
        If it is none, or the values are Python objects or structures.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 2's spelling of numbers
            start = io.BytesIO(file.read(_MAX_HEADER))
            version = np.lib.format.read_magic(start)
            if version == (1, 0):
                shape, fortran, dtype = np.lib.format.read_array_header_1_0(start)
            elif version == (2, 0):
                shape, fortran, dtype = np.lib.format.read_array_header_2_0(start)
            else:
                raise ValueError(f"version {version[0]}.{version[1]} is for structures, which are no images or labels")
        header = Header(shape, fortran, dtype, start.tell())
    except Exception as error:  # a header is a Python literal: parsing a damaged one raises much besides ValueError
        raise SourceError(f"{origin} is no NumPy array, or a damaged one: {_reason(error)}") from error
    if dtype.hasobject:
        raise SourceError(f"{origin} holds Python objects, which are never loaded: save it as numbers or as text")
    if dtype.kind not in "biufUS":
        raise SourceError(f"{origin} has values of type {dtype}; images are numbers, and labels numbers or names")
    if any(length < 0 for length in shape) or dtype.itemsize == 0 or len(shape) > 32:
        raise SourceError(f"{origin} is a damaged array: its header says {dtype} of shape {shape}")
    return header


def _check_size(found: int, header: Header, origin: str, *, exact: bool) -> None:
    expected = header.values_bytes
    if found < expected or (exact and found > expected):
        shape = " x ".join(map(str, header.shape)) or "1"
        raise SourceError(
            f"{origin} has {'fewer' if found < expected else 'more'} bytes than its header says: "
            f"{shape} values of {header.dtype} take {expected:,}; found {found:,}"
        )


def _map(path: Path, header: Header, start: int) -> NDArray[Any]:
    origin = printable(str(path))
    if header.values_bytes == 0:
        return _shaped(np.empty(0, header.dtype), header, origin)
    try:
        return _shaped(np.memmap(path, header.dtype, "r", start, math.prod(header.shape)), header, origin)
    except ValueError as error:  # the file ends too early
        raise SourceError(f"{origin} is damaged: {_reason(error)}") from error


def _shaped(values: NDArray[Any], header: Header, origin: str) -> NDArray[Any]:
    try:
        return values.reshape(header.shape, order="F" if header.fortran else "C")
    except ValueError as error:  # a shape that no array can have
        raise SourceError(f"{origin} is damaged: its header says the shape {header.shape}") from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
