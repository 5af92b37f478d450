"""IDX files, the form in which MNIST and its relatives are distributed: raw or gzip, any number of dimensions.

Format: http://yann.lecun.com/exdb/mnist/ ("THE IDX FILE FORMAT").
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.arrays import as_images
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError, SourceNotFoundError

MAX_UNZIPPED = 8 * 2**30  # bytes: a gzip file that claims more is refused; unzip it, and it is memory-mapped
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMENSIONS = 8
MAX_VALUES = 2**48  # that the sides of an empty array may multiply to, the empty ones left out, for NumPy's sake
_CHUNK = 2**20

# Both spellings in use: train-images-idx3-ubyte, as distributed, and train-images.idx3-ubyte, as unpackers leave it.
_NAME = re.compile(r"(?P<stem>.*?)-?(?P<kind>images|labels)[-.]idx\d-\w+?(?P<gzip>\.gz)?")
_PARTS = {"train": "train", "t10k": "test", "test": "test"}


def read_idx(path: str | Path) -> NDArray[Any]:
    """Read an IDX file.

    Parameters
    ----------
    path : str or Path
        A raw file, which is memory-mapped, or a gzip file, which is read in one pass.

    Returns
    -------
    array
        Of the type and shape that the file's header gives, read-only if it is memory-mapped.

    Raises
    ------
    SourceNotFoundError
        If there is no such file.
    SourceError
        If the magic number is wrong, or there are fewer or more bytes than the header says.
    """
    path = Path(path)
    if not path.is_file():
        raise SourceNotFoundError(f"no such file: {path}")
    with damage_named(path):
        return _read_gzip(path) if _is_gzip(path) else _map_raw(path)


def parse_idx(data: bytes, name: str) -> NDArray[Any]:
    """Read an IDX file that is in memory; ``name`` is for errors."""
    dtype, shape, start = _header(data[: 4 + 4 * 255], name)
    _check_size(len(data) - start, dtype, shape, name)
    return np.frombuffer(data, dtype, offset=start).reshape(shape)


def sha256_of_idx(path: Path) -> str:
    """SHA-256 of a file's decompressed bytes: who compressed it, and how, does not matter.

    Raises
    ------
    SourceError
        If it is a damaged gzip file.
    """
    with damage_named(path), open_unzipped(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack_idx(stream: BinaryIO, name: str, target: Path) -> None:
    """Write an IDX file as ``.npy``, which can be memory-mapped, holding no more than a chunk of it in memory.

    Parameters
    ----------
    stream : binary file
        The IDX file, already decompressed.
    name : str
        For errors.
    target : Path
        The file to write.

    Raises
    ------
    SourceError
        If it is no IDX file, has fewer or more bytes than its header says, or more than ``MAX_UNZIPPED``.
    """
    head = stream.read(4 + 4 * 255)
    dtype, shape, start = _header(head, name)
    left = size = math.prod(shape) * dtype.itemsize
    if size > MAX_UNZIPPED:
        raise SourceError(f"{name} unzips to {size:,} bytes, more than {MAX_UNZIPPED:,}: unzip it first")
    with target.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        )
        chunk = head[start:]
        while chunk and left >= 0:
            left -= len(chunk)
            file.write(chunk)
            chunk = stream.read(_CHUNK)
    _check_size(size - left, dtype, shape, name)


def read_raw(path: Path) -> bytes:
    """Read a file's decompressed bytes."""
    with damage_named(path), open_unzipped(path) as file:
        return file.read()


def claims(path: Path) -> bool:
    """Whether a path is an IDX file or a folder of some."""
    if path.is_file():
        return _parse_name(path) is not None
    return path.is_dir() and any(map(_parse_name, path.iterdir()))


def read(path: Path, options: LoadOptions) -> Raw:  # noqa: ARG001
    """Read IDX files: images and labels of ``train``, of ``t10k`` or ``test``, or of one unnamed part.

    Parameters
    ----------
    path : Path
        Their folder, or one of the files: then the part that it belongs to.

    Raises
    ------
    SourceError
        If images or labels of a part are missing, the folder has more than one dataset, or a file is damaged.
    """
    files = find_idx(path)
    folder = path if path.is_dir() else path.parent
    parts = sorted({part for part, _ in files})
    read = {
        part: RawPart(_read_images(files, part, folder), np.atleast_1d(read_idx(_file(files, part, "labels", folder))))
        for part in parts
    }
    return Raw(folder.resolve().name, read)


def find_idx(path: Path) -> dict[tuple[str, str], Path]:
    """Find IDX files by part ("train", "test") and kind ("images", "labels"); raw ones go before gzipped ones.

    Parameters
    ----------
    path : Path
        A folder with the files of one dataset, or one file, for the files of its part.

    Raises
    ------
    SourceError
        If there is none, or the folder has those of more than one dataset.
    """
    folder = path if path.is_dir() else path.parent
    named = {file: name for file in sorted(folder.iterdir(), reverse=True) if (name := _parse_name(file))}
    if path.is_file():
        if path not in named:
            raise SourceError(f"{path} is not named as IDX files are, such as train-images-idx3-ubyte.gz")
        named = {file: name for file, name in named.items() if name[:2] == named[path][:2]}
    if not named:
        raise SourceError(f"{folder} has no IDX files; looked for names such as train-images-idx3-ubyte.gz")
    datasets = sorted({dataset for dataset, _, _ in named.values()})
    if len(datasets) > 1:
        raise SourceError(f"{folder} has IDX files of more than one dataset ({', '.join(datasets)}): give one file")
    found = {(part, kind): file for file, (_, part, kind) in named.items()}
    if path.is_file():
        found[named[path][1:]] = path  # this one, though its raw twin may stand beside it
    return found


def _parse_name(path: Path) -> tuple[str, str, str] | None:
    """Dataset, part and kind that a file's name tells: emnist-digits-train-images-idx3-ubyte.gz."""
    match = _NAME.fullmatch(path.name)
    dataset, _, part = match["stem"].rpartition("-") if match else ("", "", "?")
    known = _PARTS.get(part or "train")
    return (dataset, known, match["kind"]) if match and known and path.is_file() else None


def _file(files: dict[tuple[str, str], Path], part: str, kind: str, folder: Path) -> Path:
    if (part, kind) not in files:
        raise SourceError(f"{folder} has no IDX file with the {kind} of its {part} split")
    return files[part, kind]


def _read_images(files: dict[tuple[str, str], Path], part: str, folder: Path) -> NDArray[np.uint8]:
    path = _file(files, part, "images", folder)
    array = read_idx(path)
    if array.dtype != np.uint8:
        raise SourceError(f"{path} has pixels of type {array.dtype}; tooeasy reads unsigned bytes")
    return as_images(array, str(path))


def open_unzipped(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """Open a raw or gzip file for reading what it holds."""
    return gzip.GzipFile(path) if _is_gzip(path) else path.open("rb")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn what a damaged gzip file raises while it is read into a SourceError that names it."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{path} is a damaged gzip file ({error}); get it again") from error


def _map_raw(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        dtype, shape, start = _header(file.read(4 + 4 * 255), str(path))
    _check_size(path.stat().st_size - start, dtype, shape, str(path))
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", start, shape or (1,))


def _read_gzip(path: Path) -> NDArray[Any]:
    with gzip.open(path, "rb") as file:
        data = bytearray(file.read(4 + 4 * 255))
        dtype, shape, start = _header(bytes(data), str(path))
        size = start + math.prod(shape) * dtype.itemsize
        if size > MAX_UNZIPPED:
            raise SourceError(f"{path} unzips to {size:,} bytes, more than {MAX_UNZIPPED:,}: unzip it first")
        while len(data) <= size and (chunk := file.read(min(_CHUNK, size + 1 - len(data)))):
            data += chunk  # grows with what is really there, not with what the header claims
    _check_size(len(data) - start, dtype, shape, str(path))
    return np.frombuffer(data, dtype, offset=start).reshape(shape)


def _header(data: bytes, name: str) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Type, shape and where the values start."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        raise SourceError(f"{name} is not an IDX file: it starts with {data[:4].hex(' ') or 'nothing'}")
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise SourceError(f"{name} is cut off within its header")
    shape = struct.unpack(f">{data[3]}I", data[4:start])
    values = math.prod(max(side, 1) for side in shape)
    if len(shape) > MAX_DIMENSIONS or (0 in shape and values > MAX_VALUES):
        raise SourceError(f"{name} has a header that no image file has: {len(shape)} dimensions, {shape[:4]} ...")
    return np.dtype(_TYPES[data[2]]), shape, start


def _check_size(found: int, dtype: np.dtype[Any], shape: tuple[int, ...], name: str) -> None:
    expected = math.prod(shape) * dtype.itemsize
    if found != expected:
        relation = "fewer" if found < expected else "more"
        dimensions = " x ".join(map(str, shape))
        raise SourceError(
            f"{name} has {relation} bytes than its header says: {dimensions} values take {expected:,}; "
            f"found {'at least ' if found > expected else ''}{found:,}"
        )
