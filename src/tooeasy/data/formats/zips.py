"""Files of a zip archive, read in place: nothing is ever unpacked to disk.

Format: PKWARE's APPNOTE.TXT, sections 4.3.7 (local file header) and 4.4.4 (flags). The list of members is read by the
standard library; the members here, as a `zipfile.ZipFile` is not promised to be safe among threads, and does not bound
what a member unpacks to.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tooeasy.data.formats.trees import UnreadableFileError, check_size, is_junk
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

MAX_RATIO = 500  # unpacked bytes by packed ones; ordinary images have 1 to 50, and deflate can do no more than 1032
_RATIO_FROM = 2**24  # bytes unpacked: below, no ratio does harm
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
_LONGEST_NAME = 4096  # as paths may be on disk


class Member(NamedTuple):
    """Where a file of an archive is."""

    offset: int
    packed: int
    size: int
    method: int
    crc: int
    flags: int


class ZipFiles:
    """Files of a zip archive. Where two have one name, the later one counts, as for programs that unpack.

    Parameters
    ----------
    path : Path
        The archive.

    Raises
    ------
    SourceError
        If it is damaged, has members that point outside of it, or members that overlap as in bombs.
    """

    def __init__(self, path: Path) -> None:
        self.origin = printable(str(path))
        self._path = path
        self._members, twice = _index(path, self.origin)
        self.notes: tuple[str, ...] = (
            (f"of several members of one name the last is used: {named(twice)}",) if twice else ()
        )

    def paths(self) -> list[str]:
        """List all files: relative paths with ``/``."""
        return list(self._members)

    def heads(self, paths: Sequence[str], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes of some members, unpacked, and how many each has."""
        with self._path.open("rb") as file:
            for path in paths:
                member = self._members[path]
                yield _read(file, member, min(most, member.size)), member.size


def _index(path: Path, origin: str) -> tuple[dict[str, Member], list[str]]:
    """Members by name, and names that occur twice."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except Exception as error:  # the standard library's parser raises a dozen kinds for damaged ones
        raise SourceError(f"{origin} is a damaged zip archive ({printable(str(error))}); get it again") from error
    _check_overlap(infos, origin)
    members: dict[str, Member] = {}
    twice = []
    for info in infos:
        name = info.filename.replace("\\", "/")  # some programs on Windows write these
        check_inside(name, origin)
        if name.endswith("/") or any(map(is_junk, name.split("/"))):
            continue
        if name in members:
            twice.append(name)
        members[name] = Member(
            info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC, info.flag_bits
        )
    return members, twice


def check_inside(name: str, origin: str) -> None:
    """Refuse an archive with a member that would lie outside of the folder that it is unpacked to."""
    if _ABSOLUTE.match(name) or ".." in name.split("/"):
        raise SourceError(
            f"{origin} has a member that points outside of it: {printable(name[:200])}; such archives are not read"
        )
    if len(name) > _LONGEST_NAME:
        raise SourceError(f"{origin} has a member with a name of {len(name):,} characters: it is damaged or hostile")


def _check_overlap(infos: list[zipfile.ZipInfo], origin: str) -> None:
    """Refuse members that share bytes: a small archive could unpack to any size (Fifield, WOOT 2019)."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise SourceError(
                f"{origin} has members that overlap, as in a zip bomb; tooeasy does not read such archives"
            )
        end = info.header_offset + _LOCAL_HEADER.size + info.compress_size


def _read(file: BinaryIO, member: Member, most: int) -> bytes:
    """First bytes of a member; the checksum is compared if these are all."""
    check_size(member.size)
    if member.flags & _ENCRYPTED:
        raise UnreadableFileError("it is encrypted: unpack the archive with its password")
    if member.size > max(_RATIO_FROM, MAX_RATIO * member.packed):
        raise UnreadableFileError(f"it unpacks to more than {MAX_RATIO} times its size, as in a zip bomb")
    file.seek(member.offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise UnreadableFileError("the archive is damaged here: no header")
    name_length, extra_length = _LOCAL_HEADER.unpack(header)[-2:]
    file.seek(name_length + extra_length, 1)
    data = _unpack(file, member, most)
    if len(data) < most:
        raise UnreadableFileError("the archive is damaged here: it ends too early")
    if most == member.size and zlib.crc32(data) != member.crc:
        raise UnreadableFileError("the archive is damaged here: the checksum is wrong")
    return data


def _unpack(file: BinaryIO, member: Member, most: int) -> bytes:
    if member.method == zipfile.ZIP_STORED:
        return file.read(most)
    if member.method != zipfile.ZIP_DEFLATED:
        raise UnreadableFileError(f"it is packed by method {member.method}; tooeasy reads stored and deflated members")
    try:
        # Deflate at its worst makes 5 bytes more of a block of 16 KiB: for a head, no need to read all that is packed.
        packed = file.read(min(member.packed, most + most // 1024 + 1024))
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most) if most else b""
    except zlib.error as error:
        raise UnreadableFileError(f"the archive is damaged here: {error}") from error
