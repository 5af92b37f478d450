"""Where the files of a tar archive lie in it, found in one pass; nothing is ever unpacked to disk.

Formats: POSIX.1-2017 "pax" (ustar header, extended headers) and GNU's manual of tar, "Basic Tar Format" (long names,
numbers in base 256). Not the standard library's module, which builds an object of many fields for each member, and in
Python 3.11 can be kept busy for hours by a hostile header (CVE-2024-6232).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tooeasy.data.formats.trees import UnreadableFileError, check_size, is_junk
from tooeasy.data.formats.zips import check_inside
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")
MAX_HEADER = 2**20  # bytes of an extended header: a name takes a few hundred
_BLOCK = 512
_HEADER = struct.Struct("100s 24x 12s 12x 8s c 100x 8s 80x 155s 12x")  # name, size, checksum, type, magic, prefix
_PLAIN = (b"0", b"\0", b"7")
_WITHOUT_DATA = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders: whatever their size says
_DIRECTORY, _GNU_NAME, _GNU_LINK, _PAX, _PAX_GLOBAL = b"5", b"L", b"K", b"x", b"g"
_PAX_RECORD = re.compile(rb"(\d{1,10}) ([^=\n]{1,100})=")


class Member(NamedTuple):
    """Where a file of an archive is. Not ``plain`` are links, devices and sparse files."""

    name: str
    offset: int
    size: int
    plain: bool


class TarTree:
    """Files of a tar archive. Where two have one name, the later one counts, as for programs that unpack.

    Parameters
    ----------
    path : Path
        The archive, not compressed.

    Raises
    ------
    SourceError
        If it is damaged, compressed, or has members that point outside of it.
    """

    def __init__(self, path: Path) -> None:
        self.origin = printable(str(path))
        self._path = path
        self._places: dict[str, tuple[int, int]] = {}
        links = []
        for member in members(path):
            if not member.plain:
                links.append(member.name)
            elif not any(map(is_junk, member.name.split("/"))):
                self._places[member.name] = member.offset, member.size
        self.notes: tuple[str, ...] = (links_note(self.origin, links),) if links else ()

    def paths(self) -> list[str]:
        """List all files: relative paths with ``/``."""
        return list(self._places)

    def heads(self, paths: Sequence[str], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes of some members, and how many each has."""
        with self._path.open("rb") as file:
            for path in paths:
                yield read_member(file, *self._places[path], most)


def links_note(origin: str, links: Sequence[str]) -> str:
    """Say which members were not followed."""
    return f"{origin}: links, devices and sparse files are not followed: {named(links)}"


def read_member(file: BinaryIO, offset: int, size: int, most: int) -> tuple[bytes, int]:
    """First bytes of a member, at most so many, and how many it has. Raises UnreadableFileError."""
    check_size(size)
    file.seek(offset)
    data = file.read(min(most, size))
    if len(data) < min(most, size):
        raise UnreadableFileError("the archive ends too early")
    return data, size


def members(path: Path) -> Iterator[Member]:
    """Go through a tar archive.

    Yields
    ------
    Member
        Of files, and of links and devices; folders are left out.

    Raises
    ------
    SourceError
        If the archive is damaged or compressed, or a name points outside of it.
    """
    origin = printable(str(path))
    if path.name.lower().endswith(COMPRESSED):
        raise SourceError(
            f"{origin} is compressed, and images are read out of the middle of tar archives: unpack it to .tar first"
        )
    ahead: dict[str, str] = {}  # what extended headers say of the next member
    with path.open("rb") as file:
        for name, start, size, kind in _headers(file, ahead, path.stat().st_size, origin):
            if kind in (_PAX, _GNU_NAME):
                ahead |= _extended(_at(file, start, size), kind)
            elif kind not in (_PAX_GLOBAL, _GNU_LINK):
                name = re.sub(r"^(\./)+", "", ahead.get("path", name))  # "tar c ." writes these
                plain = kind in _PLAIN and "sparse" not in ahead
                ahead.clear()
                check_inside(name, origin)
                if kind != _DIRECTORY and not name.endswith("/"):  # old archives mark folders so
                    yield Member(name, start, size, plain)


def _headers(file: BinaryIO, ahead: dict[str, str], end: int, origin: str) -> Iterator[tuple[str, int, int, bytes]]:
    """Name, first byte of data, bytes of data and type of each header."""
    position = 0
    while (block := _at(file, position, _BLOCK)) not in (b"", bytes(_BLOCK)):  # some writers leave the end mark out
        if len(block) < _BLOCK and any(block):
            raise SourceError(f"{origin} is no tar archive, or one that was cut off; get it again")
        if len(block) < _BLOCK:
            break
        name, size, kind = _parse(block, position, origin)
        if kind in _PLAIN and "size" in ahead:
            size = _decimal(ahead["size"], origin)
        if kind in _WITHOUT_DATA:
            size = 0
        start = position + _BLOCK
        position = start + -(-size // _BLOCK) * _BLOCK
        if start + size > end:
            raise SourceError(f"{origin} ends in the middle of {printable(name[:200])}; get it again")
        if kind in (_PAX, _GNU_NAME) and size > MAX_HEADER:
            raise SourceError(f"{origin} has a header of {size:,} bytes, more than {MAX_HEADER:,}: damaged or hostile")
        yield name, start, size, kind
    if position == 0:
        raise SourceError(f"{origin} is no tar archive, or an empty one")


def _at(file: BinaryIO, position: int, size: int) -> bytes:
    if file.tell() != position:
        file.seek(position)
    return file.read(size)


def _parse(block: bytes, position: int, origin: str) -> tuple[str, int, bytes]:
    """Name, size and type of a header, whose checksum takes its own eight bytes as spaces."""
    name, size, checksum, kind, magic, prefix = _HEADER.unpack(block)
    if sum(block) - sum(block[148:156]) + 8 * 32 != _number(checksum):
        what = "is no tar archive" if position == 0 else f"is a damaged tar archive: no header at byte {position:,}"
        raise SourceError(f"{origin} {what}; get it again")
    if (length := _number(size)) < 0:
        raise SourceError(f"{origin} is a damaged tar archive: no size at byte {position:,}; get it again")
    if magic.startswith(b"ustar\0") and prefix[0]:  # GNU's own format, "ustar ", keeps other things there
        name = prefix.rstrip(b"\0") + b"/" + name
    return _text(name), length, kind


def _number(field: bytes) -> int:
    """Octal digits, or base 256 where the first bit is set; -1 if it is neither."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else -1
    digits = field.partition(b"\0")[0].strip()
    if not digits:
        return 0
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else -1


def _decimal(text: str, origin: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise SourceError(f"{origin} is a damaged tar archive: a size of {printable(text[:50])!r}; get it again")
    return int(text)


def _extended(data: bytes, kind: bytes) -> dict[str, str]:
    """Name and size of the next member, and whether it is sparse."""
    if kind == _GNU_NAME:
        return {"path": _text(data)}
    found = {}
    position = 0
    while (match := _PAX_RECORD.match(data, position)) and int(match[1]) > match.end() - position:
        key, end = match[2].decode("latin-1"), position + int(match[1])
        if key.startswith("GNU.sparse"):
            found["sparse"] = key
        elif key in ("path", "size"):
            found[key] = _text(data[match.end() : end - 1])
        position = end
    return found


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "surrogateescape")
