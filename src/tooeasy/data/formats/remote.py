"""Datasets by URL, of any protocol that fsspec knows: a file is copied to the cache, a folder is read in place.

Typing a URL is what asks for the network; where TOOEASY_OFFLINE forbids it, no request is made.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from tooeasy.data.formats.trees import UnreadableFileError, check_size, is_junk
from tooeasy.data.places import cache_folder, is_offline
from tooeasy.errors import DownloadError, MissingExtraError, SourceError, SourceNotFoundError
from tooeasy.files import TEMPORARY, write_whole
from tooeasy.logs import timed
from tooeasy.optional import require
from tooeasy.text import printable

_LOGGER = logging.getLogger(__name__)
MAX_BYTES = 2**36  # of a file
MAX_DEPTH = 8  # of folders on a web server, whose links may lead in circles
_AT_ONCE = 8  # images of a chunk asked for at once: the wait is for the network, not for the processor
_CONNECT, _READ = 20, 60  # seconds until a web server has to answer, and may be silent
_CHUNK = 2**20
_BLOCK = 2**22  # bytes asked for at once of a file that is read here and there
_ABANDONED = 24 * 3600  # seconds after which nobody writes to a temporary file any more
_NO_NETWORK = {"memory", "file", "local"}
_WEB_PAGE = (b"<!doctype html", b"<html")
# What servers say to tell versions of a file apart, under the names that fsspec's file systems give it.
_VERSION = ("size", "ETag", "etag", "Content-MD5", "md5Hash", "crc32c", "generation", "VersionId", "version_id")
_DATES = ("Last-Modified", "LastModified", "last_modified", "mtime", "modified", "created", "updated")
_PAIRS = (("images-idx3", "labels-idx1"), ("images.idx3", "labels.idx1"), ("images", "labels"), ("imgs", "labels"))


def is_url(source: object) -> bool:
    """Whether a source is a URL, and not a path."""
    return isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", source) is not None


def is_folder(source: object) -> bool:
    """Whether a source is the URL of a folder that is not on this machine's disk: one that ends in ``/``."""
    return is_url(source) and str(source).endswith("/") and _protocol(str(source)) not in ("file", "local")


def fetch(url: str) -> Path:
    """Copy a file to the cache, if it is not there already as it is now.

    A file of images that is known to need one of labels beside it, or the other way round, brings that along.

    Parameters
    ----------
    url : str
        Of a file. One that is on this machine (``file://``) is not copied.

    Returns
    -------
    Path
        The copy.

    Raises
    ------
    SourceNotFoundError
        If there is nothing at the URL.
    DownloadError
        If there is no network or it is forbidden, the file is too large or cut off, or is a web page.
    SourceError
        If the protocol is not known.
    MissingExtraError
        If a package that the protocol needs is not installed.
    """
    folder = cache_folder() / "remote" / hashlib.sha256(url.encode()).hexdigest()[:16] / _folder_name(url)
    target = folder / _file_name(url)
    if _is_forbidden(url):  # before anything else: some protocols connect as soon as they are named
        if _is_whole(target, _read_stamp(target)):
            return target
        raise DownloadError(_forbidden(url))
    files, path = _connect(url)
    if _protocol(url) in ("file", "local"):
        return Path(path)
    with timed(_LOGGER, "%s is brought up to date in the cache, %s", shown(url), target):
        _update(files, path, target, url)
    for name in _companions(target.name):
        try:
            _update(files, _sibling(path, target.name, name), folder / name, _sibling(url, target.name, name))
        except (DownloadError, SourceNotFoundError):
            continue  # whoever reads the file says what it misses
    return target


class RemoteFiles:
    """Files of a folder at a URL, read in place.

    Parameters
    ----------
    url : str
        Ends in ``/``. A folder on a web server is one whose page links to what is in it.

    Raises
    ------
    SourceNotFoundError, DownloadError, SourceError, MissingExtraError
        As `fetch` does.
    """

    def __init__(self, url: str) -> None:
        self.origin = shown(url)
        self.notes: tuple[str, ...] = ()
        if _is_forbidden(url):
            raise DownloadError(_forbidden(url))
        self._files, root = _connect(url)
        self._root = root.rstrip("/") + "/"
        self._web = _protocol(url) in ("http", "https")
        self._versions: dict[str, str] = {}
        self._found = self._list()

    @property
    def name(self) -> str:
        """Name of the folder."""
        return _clean(unquote(self._root.rstrip("/").rpartition("/")[2])) or "remote"

    def paths(self) -> list[str]:
        """List all files: relative paths with ``/``."""
        return list(self._found)

    def shards(self, suffix: str) -> list[RemoteShard]:
        """Files of a table, by the end of their names."""
        return [RemoteShard(self, path) for path in self._found if path.lower().endswith(suffix)]

    def stamp(self, path: str) -> str:
        """What the server tells versions of a file apart by, when the folder was listed."""
        return self._versions.get(path, "missing")

    def open(self, path: str) -> BinaryIO:
        """Open a file to be read anywhere."""
        try:
            return self._files.open(self._found[path][0], "rb", block_size=_BLOCK)  # type: ignore[no-any-return]
        except Exception as error:
            raise _named_error(error, f"{self.origin}{path}") from error

    def heads(self, paths: Sequence[str], most: int) -> Iterator[tuple[bytes, int]]:
        """First bytes of some files, and how many each has."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(lambda path: self._head(path, most), paths)

    def _list(self) -> dict[str, tuple[str, int | None]]:
        """Full paths, and sizes where they are known, by relative paths."""
        try:
            self._files.invalidate_cache()  # of listings: it outlives us, and the folder may have changed
            self._files.info(self._root if self._web else self._root.rstrip("/"))
            limits = {"maxdepth": MAX_DEPTH} if self._web else {}
            listed = self._files.find(self._root, detail=True, **limits)
        except Exception as error:
            raise _named_error(error, self.origin) from error
        found = {}
        for full, info in sorted(listed.items()):
            path = full.removeprefix(self._root).removeprefix("/")
            path = unquote(path) if self._web else path
            if not any(map(is_junk, path.split("/"))):
                found[path] = full, info.get("size")
                self._versions[path] = ":".join(str(info[key]) for key in (*_VERSION, *_DATES) if key in info)
        return found

    def _head(self, path: str, most: int) -> tuple[bytes, int]:
        full, size = self._found[path]
        try:
            if size is None:  # a web server's: it is not to be trusted to send no more than an image
                data = _read_some(self._files, full)
                return data[:most], len(data)
            check_size(size)
            data = (
                self._files.cat_file(full, start=0, end=min(most, size)) if size > most else self._files.cat_file(full)
            )
        except UnreadableFileError:
            raise
        except Exception as error:
            raise UnreadableFileError(_why(error)) from error
        return data, size


@dataclass(frozen=True)
class RemoteShard:
    """A file of a folder at a URL, read in place."""

    files: RemoteFiles
    path: str

    @property
    def name(self) -> str:
        """Its name."""
        return self.path.rpartition("/")[2]

    @property
    def stamp(self) -> str:
        """What tells its versions apart."""
        return self.files.stamp(self.path)

    def open(self) -> BinaryIO:
        """Open it to be read anywhere."""
        return self.files.open(self.path)

    def __str__(self) -> str:
        return f"{self.files.origin}{self.path}"


def shown(url: str) -> str:
    """URL without what may be secret in it: a password, a signature."""
    parts = urlsplit(url)
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}")


def _protocol(url: str) -> str:
    return url.partition("://")[0].lower()


def _is_forbidden(url: str) -> bool:
    return is_offline() and _protocol(url) not in _NO_NETWORK


def _forbidden(url: str) -> str:
    return f"{shown(url)} is not on this machine, and TOOEASY_OFFLINE forbids the network: no request was made"


def _connect(url: str) -> tuple[Any, str]:
    """File system and path of a URL. Makes no request."""
    fsspec = require("fsspec", extra="remote", why="reading URLs")
    options: dict[str, Any] = {}
    if _protocol(url) in ("http", "https"):
        aiohttp = require("aiohttp", extra="remote", why="reading from the web")
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT, sock_read=_READ)
        options = {"client_kwargs": {"timeout": timeout, "trust_env": True}, "simple_links": False}
    try:
        files, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        raise MissingExtraError(f"reading {_protocol(url)}:// needs another package: {error}") from error
    except ValueError as error:
        known = "https, s3, gs and the others that fsspec has"
        raise SourceError(f"{shown(url)} cannot be opened: {_why(error)}; protocols are {known}") from error
    except Exception as error:  # some protocols connect here already
        raise _named_error(error, shown(url)) from error
    return files, str(path)


def _update(files: Any, path: str, target: Path, url: str) -> None:
    """Copy a file to the cache, unless the copy there is of the same version."""
    stamp = _read_stamp(target)
    try:
        info = files.info(path)
    except Exception as error:
        raise _named_error(error, shown(url)) from error
    version = {key: str(info[key]) for key in (*_VERSION, *_DATES) if info.get(key) is not None}
    if version and stamp == {**version, "bytes": stamp.get("bytes")} and _is_whole(target, stamp):
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        with write_whole(target) as temporary:
            size = _copy(files, path, temporary, info.get("size"), url)
        with write_whole(_stamp_file(target)) as temporary:
            temporary.write_text(json.dumps({**version, "bytes": str(size)}), "utf-8")
    except (DownloadError, SourceNotFoundError):
        raise
    except OSError as error:
        raise DownloadError(
            f"cannot write to {target.parent}: {_why(error)}; choose another folder in TOOEASY_CACHE"
        ) from error


def _copy(files: Any, path: str, to: Path, expected: int | None, url: str) -> int:
    """Copy a file, and say how many bytes it has."""
    size = 0
    _check_bytes(expected or 0, url)
    with to.open("wb") as out:
        for chunk in _chunks(files, path, expected, url):
            if size == 0 and chunk[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
                raise DownloadError(f"{shown(url)} is a web page, not a file: copy the link of the download itself")
            size += len(chunk)
            _check_bytes(size, url)
            out.write(chunk)
    if expected is not None and size != expected:
        raise DownloadError(f"{shown(url)} was cut off: {size:,} of {expected:,} bytes came; try again")
    return size


def _chunks(files: Any, path: str, size: int | None, url: str) -> Iterator[bytes]:
    try:
        with _open(files, path, size) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except Exception as error:
        raise _named_error(error, shown(url)) from error


def _open(files: Any, path: str, size: int | None) -> BinaryIO:
    """Open a file to be read from start to end. A web server's comes as one stream, not by ranges."""
    if "http" in files.protocol:
        return files.open(path, "rb", block_size=0, size=size or -1)  # type: ignore[no-any-return]
    return files.open(path, "rb")  # type: ignore[no-any-return]


def _read_some(files: Any, path: str) -> bytes:
    """Read an image of unknown size, within bounds."""
    pieces, size = [], 0
    with _open(files, path, None) as file:
        while chunk := file.read(_CHUNK):
            pieces.append(chunk)
            size += len(chunk)
            check_size(size)
    return b"".join(pieces)


def _check_bytes(size: int, url: str) -> None:
    if size > MAX_BYTES:
        raise DownloadError(f"{shown(url)} has more than {MAX_BYTES:,} bytes: download it yourself and give its path")


def _stamp_file(target: Path) -> Path:
    """Where it is kept which version of a file the copy is, and how many bytes it has."""
    return target.with_name(f".{target.name}.json")


def _is_whole(target: Path, stamp: dict[str, str]) -> bool:
    return target.is_file() and stamp.get("bytes") == str(target.stat().st_size)


def _read_stamp(target: Path) -> dict[str, str]:
    try:
        stamp = json.loads(_stamp_file(target).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _remove_abandoned(target: Path) -> None:
    """Remove what runs that were killed have left."""
    for path in target.parent.glob(f"{TEMPORARY}*"):
        if time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)


def _companions(name: str) -> Iterator[str]:
    """Name of the file of labels that belongs to one of images, or the other way round."""
    if not re.search(r"idx\d|\.np[yz]$", name):
        return
    for images, labels in _PAIRS:
        for have, other in ((images, labels), (labels, images)):
            if have in name:
                yield name.replace(have, other)
                return


def _sibling(path: str, name: str, other: str) -> str:
    """Path or URL with another name of the file."""
    before, found, after = path.rpartition(name)
    if not found:
        raise SourceNotFoundError(f"no {other} beside {name}")
    return before + other + after


def _file_name(url: str) -> str:
    """Name of the file, by which the form is guessed, fit to be one on this machine."""
    return _clean(unquote(urlsplit(url).path.rpartition("/")[2])) or "file"


def _folder_name(url: str) -> str:
    parts = urlsplit(url)
    return _clean(unquote(parts.path.rpartition("/")[0].rpartition("/")[2]) or (parts.hostname or "")) or "remote"


def _clean(name: str) -> str:
    return re.sub(r"[^\w.() +=,@-]", "_", name).lstrip(". ")[-100:]


def _named_error(error: Exception, origin: str) -> DownloadError | SourceNotFoundError:
    """Error of a file system as one of ours."""
    if isinstance(error, (DownloadError, SourceNotFoundError)):
        return error
    if any(type(one).__name__ == "ClientPayloadError" for one in _causes(error)):  # aiohttp's, which may not be there
        return DownloadError(f"{origin} was cut off while it came; try again")
    status = next((status for one in _causes(error) if isinstance(status := getattr(one, "status", None), int)), None)
    if status in (404, 410) or (isinstance(error, FileNotFoundError) and error.__cause__ is None):
        return SourceNotFoundError(f"there is nothing at {origin}{f' (HTTP {status})' if status else ''}")
    return DownloadError(f"{origin} cannot be read: {f'HTTP {status}' if status else _why(error)}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _why(error: BaseException) -> str:
    """Reason of an error, in a line, without the URL: that may have a secret in it."""
    last = list(_causes(error))[-1]
    text = getattr(last, "strerror", None) or str(last) or type(last).__name__
    return re.sub(r"\?\S+", "", printable(" ".join(str(text).split())))[:300]
