"""Trees of files, wherever they are: on disk, in an archive, at a URL."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.decode import SUFFIXES
from tooeasy.data.labels import natural_key
from tooeasy.data.stamps import stamp
from tooeasy.errors import SourceError
from tooeasy.text import named, printable

MAX_IMAGE_BYTES = 2**28  # of one image file: larger ones are broken images, wherever they come from
_JUNK = {"__MACOSX", "@eaDir"}  # what macOS and Synology leave beside the files


class UnreadableFileError(OSError):
    """A file of a tree cannot be read, and why."""


class Files(Protocol):
    """What folders of images need of the place where they are.

    Attributes
    ----------
    origin : str
        What and where it is, for messages.
    notes : tuple of str
        What a reader should know about what was left out while listing.
    """

    origin: str
    notes: tuple[str, ...]

    def paths(self) -> list[str]:
        """List all files: relative paths with ``/``.

        Raises
        ------
        SourceError
            If the files cannot be listed.
        """
        ...

    def heads(self, paths: Sequence[str], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes, at most so many, of some files, and how many each has. Called from several threads.

        Raises
        ------
        OSError
            If one of them cannot be read.
        """
        ...


@runtime_checkable
class StampedFiles(Protocol):
    """A tree of which each file can change by itself."""

    def stamp(self, path: str) -> str:
        """What tells versions of a file apart."""
        ...


class FileImages:
    """Image files of a tree, decoded when they are looked at.

    Parameters
    ----------
    files : Files
        The tree.
    paths : sequence of str
        Paths in it, one for each row.
    """

    def __init__(self, files: Files, paths: Sequence[str]) -> None:
        self._files, self._paths = files, paths
        self.starts = ()  # any row is as good as another

    def stamps(self, rows: NDArray[np.intp]) -> Iterator[str] | None:
        """Paths of the images of some rows, and what tells their versions apart; None in archives."""
        if not isinstance(self._files, StampedFiles):
            return None
        return (f"{self._paths[row]}:{self._files.stamp(self._paths[row])}" for row in rows)

    def some(self, rows: NDArray[np.intp]) -> FileImages | None:
        """The images of some rows, for another process to read; None where they are no files of a folder."""
        if not isinstance(self._files, LocalFiles):
            return None
        return FileImages(self._files.from_anywhere(), [self._paths[row] for row in rows])

    @property
    def origin(self) -> str:
        """What tree it is, for messages."""
        return self._files.origin

    def sizes(self) -> list[int]:
        """Bytes of each image's file in a folder; -1 where it is not there."""
        return [self._files.size(path) if isinstance(self._files, LocalFiles) else -1 for path in self._paths]

    def __len__(self) -> int:
        return len(self._paths)

    def name(self, row: int) -> str:
        """Path of an image in its tree."""
        return printable(self._paths[row])

    def read(self, rows: NDArray[np.intp]) -> Iterator[bytes]:
        """Bytes of the images of some rows."""
        return (data for data, _ in self.heads(rows, MAX_IMAGE_BYTES))

    def heads(self, rows: NDArray[np.intp], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes, at most so many, of the images of some rows, and how many each has."""
        return self._files.heads([self._paths[row] for row in rows], most)


class LocalFiles:
    """Files of a folder on disk.

    Links to folders are not followed: they may lead round in a circle, or out of the folder. Links to files are.
    """

    def __init__(self, folder: Path) -> None:
        self.origin = printable(str(folder))
        self.notes: tuple[str, ...] = ()
        self._root = str(folder)

    def paths(self) -> list[str]:
        """List all files: relative paths with ``/``."""
        found: list[str] = []
        links: list[str] = []
        folders = [""]
        while folders:  # not recursive: folders may be nested deeper than Python's stack
            folder = folders.pop()
            try:
                with os.scandir(os.path.join(self._root, folder)) as entries:  # noqa: PTH118  a Path per file is slow
                    for entry in entries:
                        self._sort_in(entry, folder + entry.name, found, folders, links)
            except OSError as error:
                where = printable(os.path.join(self._root, folder))  # noqa: PTH118
                raise SourceError(f"{where} cannot be listed: {error.strerror or error}") from error
        if links:
            self.notes = (f"links to folders are not followed: {named(links)}",)
        return found

    def heads(self, paths: Sequence[str], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes of some files, and how many each has."""
        return (self._head(path, most) for path in paths)

    def stamp(self, path: str) -> str:
        """Size and time of change of a file."""
        return stamp(f"{self._root}/{path}")

    def size(self, path: str) -> int:
        """Bytes of a file; -1 where it is not there."""
        try:
            return os.stat(f"{self._root}/{path}").st_size  # noqa: PTH116  a Path per file is slow
        except OSError:
            return -1

    def from_anywhere(self) -> LocalFiles:
        """The same files, for a process that works in another folder."""
        return LocalFiles(Path(self._root).absolute())

    @staticmethod
    def _sort_in(entry: os.DirEntry[str], path: str, found: list[str], folders: list[str], links: list[str]) -> None:
        if is_junk(entry.name):
            return
        if entry.is_dir(follow_symlinks=False):
            folders.append(f"{path}/")
        elif entry.is_symlink() and Path(entry.path).is_dir():
            links.append(path)
        elif entry.is_file(follow_symlinks=False) or entry.is_symlink():  # reading a pipe or a device would wait
            found.append(path)

    def _head(self, path: str, most: int) -> tuple[bytes, int]:
        # O_NONBLOCK: a link may lead to a pipe, and opening one would wait for its writer.
        handle = os.open(
            f"{self._root}/{path}", os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with open(handle, "rb", buffering=0) as file:  # noqa: PTH123  it is open already
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableFileError("it is no regular file")
            check_size(status.st_size)
            return file.read(min(most, status.st_size)), status.st_size


def check_size(size: int) -> None:
    """Refuse a file that no image should need: raises UnreadableFileError."""
    if size > MAX_IMAGE_BYTES:
        raise UnreadableFileError(f"it has {size:,} bytes, more than the {MAX_IMAGE_BYTES:,} that an image may have")


def is_junk(name: str) -> bool:
    """Whether a file or folder is hidden, or is what operating systems leave beside files."""
    return name.startswith(".") or name in _JUNK


def image_paths(files: Files) -> list[str]:
    """Files of a tree that are named as images are, in natural order."""
    found = [path for path in files.paths() if f".{path.rpartition('.')[2].lower()}" in SUFFIXES]
    return sorted(found, key=lambda path: [natural_key(piece) for piece in path.split("/")])
