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
    return bool(_NAME.fullmatch(path.name)) if path.is_file() else bool(find_idx(path))


def read(path: Path, options: LoadOptions) -> Raw:  # noqa: ARG001
    """Read IDX files: images and labels of ``train``, of ``t10k`` or ``test``, or of one unnamed part.

    Parameters
    ----------
    path : Path
        Their folder, or one of the files: then the part that it belongs to.

    Raises
    ------
    SourceError
        If images or labels of a part are missing, two files claim to be the same, or a file is damaged.
    """
    folder = path if path.is_dir() else path.parent
    files = find_idx(folder)
    if path.is_file():
        part = next((part for (part, _), found in files.items() if found == path), None)
        if part is None:
            raise SourceError(f"{path} is not named as IDX files are, such as train-images-idx3-ubyte.gz")
        files = {key: found for key, found in files.items() if key[0] == part}
    if not files:
        raise SourceError(f"{folder} has no IDX files; looked for names such as train-images-idx3-ubyte.gz")
    parts = sorted({part for part, _ in files})
    read = {
        part: RawPart(_read_images(files, part, folder), np.atleast_1d(read_idx(_file(files, part, "labels", folder))))
        for part in parts
    }
    return Raw(folder.resolve().name, read)


def find_idx(folder: Path) -> dict[tuple[str, str], Path]:
    """IDX files of a folder by part ("train", "test") and kind ("images", "labels"); raw ones before gzipped ones."""
    found: dict[tuple[str, str], Path] = {}
    stems: dict[str, str] = {}
    for path in sorted(folder.iterdir(), reverse=True):
        match = _NAME.fullmatch(path.name)
        part = match and _PARTS.get(match["stem"].rpartition("-")[2] or "train")
        if not match or not part or not path.is_file():
            continue
        if stems.setdefault(part, match["stem"]) != match["stem"]:
            raise SourceError(
                f"{folder} has the {part} files of more than one dataset: {stems[part]}, {match['stem']}; give one file"
            )
        found[part, match["kind"]] = path
    return found


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
    return np.dtype(_TYPES[data[2]]), struct.unpack(f">{data[3]}I", data[4:start]), start


def _check_size(found: int, dtype: np.dtype[Any], shape: tuple[int, ...], name: str) -> None:
    expected = math.prod(shape) * dtype.itemsize
    if found != expected:
        relation = "fewer" if found < expected else "more"
        dimensions = " x ".join(map(str, shape))
        raise SourceError(
            f"{name} has {relation} bytes than its header says: {dimensions} values take {expected:,}; "
            f"found {'at least ' if found > expected else ''}{found:,}"
        )
