"""The ``.sketch`` file, described in docs/sketch-format.md.

No pickle, a checksum over everything, and sizes that are known before anything is decompressed.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import SourceError, SourceNotFoundError, TooeasyError
from tooeasy.files import write_whole
from tooeasy.sketch.quantize import Quantization
from tooeasy.sketch.sketch import Sketch

MAGIC = b"\x93TOOEASY"
VERSION = 2  # 1 where counts are 32 bits wide, which it can do
_START = struct.Struct("<8sHI")  # magic, version, length of the header
_CHUNK = 2**20
WIDEST = 4  # bytes of a count
_DIGEST = hashlib.sha256().digest_size


def write_sketch(sketch: Sketch, path: str | Path) -> None:
    """Write a sketch to a file, whole or not at all. The same sketch gives the same bytes."""
    data = to_bytes(sketch)
    with write_whole(path) as temporary:
        temporary.write_bytes(data)


def read_sketch(path: str | Path) -> Sketch:
    """Read a sketch from a file."""
    path = Path(path)
    if not path.is_file():
        raise SourceNotFoundError(f"no such file: {path}")
    return from_bytes(path.read_bytes(), str(path))


def to_bytes(sketch: Sketch) -> bytes:
    """Serialise a sketch."""
    width = sketch.counts.dtype.itemsize
    arrays = [_compress(sketch.counts.astype(f"<u{width}", copy=False))]
    if sketch.gram is not None:
        arrays.append(_compress(sketch.gram[np.triu_indices(sketch.pixels)].astype("<i8", copy=False)))
    header = {
        "shape": sketch.shape,
        "classes": sketch.classes,
        "source_levels": sketch.quantization.source_levels,
        "levels": sketch.levels,
        "normalize": sketch.quantization.normalize,
        "moments": sketch.gram is not None,
        "provenance": sketch.provenance,
        "compressed_bytes": [len(array) for array in arrays],
        **({} if width == WIDEST else {"count_bytes": width}),
    }
    head = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    body = b"".join([_START.pack(MAGIC, 1 if width == WIDEST else VERSION, len(head)), head, *arrays])
    return body + hashlib.sha256(body).digest()


def from_bytes(data: bytes, name: str) -> Sketch:
    """Read a sketch from bytes; ``name`` says in errors where they came from.

    Raises
    ------
    SourceError
        If the bytes are not a whole, undamaged sketch of a format that this version reads.
    """
    if len(data) < _START.size + _DIGEST or not data.startswith(MAGIC):
        raise SourceError(f"{name} is not a sketch file: it does not start as one; make one with `tooeasy sketch`")
    _, version, length = _START.unpack_from(data)
    if version < 1:
        raise SourceError(f"{name} has sketch format {version}, which there never was: it is damaged")
    if version > VERSION:
        raise SourceError(f"{name} has sketch format {version}, this tooeasy reads {VERSION}: upgrade tooeasy")
    body = memoryview(data)[:-_DIGEST]
    if hashlib.sha256(body).digest() != data[-_DIGEST:]:
        raise SourceError(f"{name} is damaged: its checksum does not fit its content; copy or make it again")
    try:
        header = json.loads(bytes(body[_START.size : _START.size + length]))
        return _sketch(header, body[_START.size + length :])
    except (TooeasyError, LookupError, ValueError, TypeError, OverflowError, RecursionError, lzma.LZMAError) as error:
        # The checksum fits, so whoever wrote this file wrote a wrong one.
        raise SourceError(f"{name} is not a valid sketch: {error}") from error


def _sketch(header: dict[str, Any], payload: memoryview) -> Sketch:
    classes, shape = header["classes"], header["shape"]
    numbers = [header["source_levels"], header["levels"], *shape, *header["compressed_bytes"]]
    if (
        not isinstance(classes, list)
        or not isinstance(shape, list)
        or any(type(number) is not int for number in numbers)
    ):
        raise SourceError("its classes are not a list, or its numbers are not whole")
    quantization = Quantization(header["source_levels"], header["levels"], header["normalize"])
    provenance = [str(line) for line in header["provenance"]]
    moments = bool(header["moments"])
    sketch = Sketch((shape[0], shape[1], shape[2]), classes, quantization, moments=moments, provenance=provenance)
    width = header.get("count_bytes", WIDEST)
    if width not in (1, 2, WIDEST):
        raise SourceError("its counts are of no known width")
    sketch.counts = sketch.counts.astype(f"u{width}", copy=False)
    sizes = header["compressed_bytes"]
    if len(sizes) != 1 + moments or min(sizes) < 0 or sum(sizes) != len(payload):
        raise SourceError("its parts are not as long as its header says")
    _decompress(payload[: sizes[0]], sketch.counts)
    totals = sketch.counts.sum(axis=2, dtype=np.int64)
    if not (totals == totals[:, :1]).all():
        raise SourceError("its pixels were not counted equally often")
    if sketch.gram is not None:
        rows, columns = np.triu_indices(sketch.pixels)
        triangle = np.empty(len(rows), np.int64)
        _decompress(payload[sizes[0] :], triangle)
        sketch.gram[rows, columns] = triangle
        sketch.gram[columns, rows] = sketch.gram[rows, columns]
        squares = (sketch.counts @ np.arange(sketch.levels) ** 2).sum(axis=0)
        if not np.array_equal(np.diag(sketch.gram), squares):
            raise SourceError("its moments do not fit its counts")
    return sketch


def _compress(array: NDArray[Any]) -> bytes:
    """Bytes of equal significance together, then xz: most high bytes are zero."""
    planes = array.reshape(-1, 1).view(np.uint8).T
    return lzma.compress(planes.tobytes(), preset=6)


def _decompress(data: memoryview, out: NDArray[Any]) -> None:
    """Undo `_compress` into an array, byte plane by byte plane, and never hold more whatever the bytes claim."""
    planes = out.reshape(-1, 1).view(np.uint8)
    decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**28)
    for plane in range(planes.shape[1]):
        filled = 0
        while filled < len(planes) and not decompressor.eof:
            raw = decompressor.decompress(data, max_length=min(_CHUNK, len(planes) - filled))
            if not raw and decompressor.needs_input:
                break
            data = memoryview(b"")
            planes[filled : filled + len(raw), plane] = np.frombuffer(raw, np.uint8)
            filled += len(raw)
        if filled < len(planes):
            raise SourceError("an array is shorter than its header says")
    # The stream's end may stand behind its last byte.
    more = b"" if decompressor.eof or decompressor.needs_input else decompressor.decompress(b"", max_length=1)
    if more or not decompressor.eof or decompressor.unused_data:
        raise SourceError("an array is longer than its header says")
    if sys.byteorder == "big":
        out.byteswap(inplace=True)
