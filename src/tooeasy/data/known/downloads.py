"""Download the files of a dataset of the catalog; nothing else in the package does.

A file is downloaded to ``NAME.part``, which the next run continues, and gets its name when its checksum is right.
Whatever kills a run, what it leaves is a whole file, a part to continue, or nothing. pooch checks and names the files;
the way of getting bytes that it is given here resumes, retries and moves on to the next mirror.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tooeasy.data.known.catalog import CatalogEntry, RemoteFile, known_datasets, nearest_names
from tooeasy.data.known.published import download_folder, has_checksum
from tooeasy.data.places import is_offline
from tooeasy.errors import DownloadError, SourceNotFoundError
from tooeasy.logs import timed

_LOGGER = logging.getLogger(__name__)
LARGEST = 4 * 2**30  # bytes of a file whose size is not published
ATTEMPTS = 4  # at one mirror, as long as it seems worth it
BACK_OFF = 1.0  # seconds before the second attempt, doubled before each further one
TIMEOUT = (10.0, 30.0)  # seconds to connect, and without a byte
SPARE = 2**26  # bytes to be left on the disk
_CHUNK = 2**16
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})  # statuses that another attempt may change


class Progress(Protocol):
    """What `download` tells while it works."""

    def __call__(self, name: str, done: int, total: int | None) -> object:
        """Of the file ``name``, ``done`` of ``total`` bytes are here; None where the total is not known yet."""
        ...


class _PassingError(Exception):
    """An attempt failed, and another may succeed."""


class _MirrorError(Exception):
    """A mirror does not have the file."""


def download(name: str, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """Download a dataset of the catalog to the cache, or check what is there; nothing is downloaded twice.

    Parameters
    ----------
    name : str
        Name of the dataset.
    offline : bool, default False
        Do not touch the network, as with the environment variable ``TOOEASY_OFFLINE=1``.
    progress : callable, optional
        Called with a file's name, the bytes of it that are here, and its size or None.

    Returns
    -------
    Path
        Folder of the files, in the cache.

    Raises
    ------
    SourceNotFoundError
        If the catalog has no such dataset.
    DownloadError
        If a file is at no mirror, is not the published one, does not fit on the disk, or the network is forbidden.

    Examples
    --------
    >>> import tooeasy
    >>> try:
    ...     tooeasy.download("no-such-dataset")
    ... except tooeasy.SourceNotFoundError as error:
    ...     print("not found")
    not found
    """
    if name not in known_datasets():
        raise SourceNotFoundError(
            f"the catalog has no dataset {name!r}; it has {', '.join(nearest_names(name))} "
            "(`tooeasy datasets` lists all)"
        )
    entry = known_datasets()[name]
    if not entry.files:
        raise DownloadError(f"{name} needs no download: {entry.one_source}")
    return fetch(entry, offline=offline, progress=progress)


def fetch(entry: CatalogEntry, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """Download the files of an entry; see `download`."""
    folder = download_folder(entry)
    tell = progress or _say_nothing
    if offline or is_offline():
        missing = [file.name for file in entry.files if not _is_whole(folder / file.name, file)]
        if missing:
            raise DownloadError(
                f"{missing[0]} of {entry.name} is not in {folder}, and the network is forbidden (offline)"
            )
        return folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"cannot make the folder {folder}: {error.strerror}; choose another in TOOEASY_CACHE"
        ) from error
    with _alone(folder / ".lock"):
        for file in entry.files:
            if not _is_whole(folder / file.name, file):
                _check_space(folder, file)
                with timed(_LOGGER, "%s is downloaded to %s", file.name, folder):
                    _fetch_file(file, folder, tell)
            size = (folder / file.name).stat().st_size
            tell(file.name, size, size)
    return folder


def _say_nothing(name: str, done: int, total: int | None) -> None:
    pass


def _is_whole(path: Path, file: RemoteFile) -> bool:
    return path.is_file() and has_checksum(path, file)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a folder's lock: of two processes that want its files, the second waits, and finds them. Death frees it."""
    from filelock import FileLock

    with FileLock(path):
        yield


def _check_space(folder: Path, file: RemoteFile) -> None:
    free = shutil.disk_usage(folder).free
    wanted = (file.bytes or 0) - _size(_part(folder / file.name)) + SPARE
    if wanted > free:
        raise DownloadError(
            f"{file.name} needs {wanted:,} bytes in {folder}, which has {free:,} free: choose another in TOOEASY_CACHE"
        )


def _fetch_file(file: RemoteFile, folder: Path, tell: Progress) -> None:
    """Try the mirrors in turn."""
    reasons = []
    for url in file.urls:
        try:
            _fetch_from(url, file, folder, tell)
        except (_MirrorError, _PassingError) as error:
            reasons.append(f"{url}: {error}")
        else:
            return
    raise DownloadError(f"{file.name} cannot be downloaded ({'; '.join(reasons)}); what came is kept: try again later")


def _fetch_from(url: str, file: RemoteFile, folder: Path, tell: Progress) -> None:
    """Try one mirror, again where that may help. What came in parts and is wrong is tried once from the start."""
    part, attempt = _part(folder / file.name), 0
    while True:
        resumed, before = _size(part) > 0, _size(part)
        try:
            _retrieve(url, file, folder, tell)
        except ValueError:  # pooch's word for a wrong checksum, and ours for a wrong archive
            part.unlink(missing_ok=True)
            if not resumed:
                reason = "its checksum is wrong" if file.checksum else "it is no whole tar archive"
                raise _MirrorError(f"it has another file than the published one ({reason})") from None
        except _PassingError:
            attempt = 0 if _size(part) > before else attempt + 1  # bytes that came are worth going on for
            if attempt >= ATTEMPTS:
                raise
            time.sleep(BACK_OFF * 2 ** max(attempt - 1, 0))
        else:
            part.unlink(missing_ok=True)
            return


def _retrieve(url: str, file: RemoteFile, folder: Path, tell: Progress) -> None:
    import pooch  # type: ignore[import-untyped]

    def downloader(url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:  # noqa: ARG001
        part = _part(folder / file.name)
        _fill(url, part, file, tell)
        if file.checksum is None:
            _check_archive(part, file)
        _hand_over(part, Path(output_file))

    if (folder / file.name).exists():  # it was looked at, and is wrong
        (folder / file.name).unlink()
    for left in folder.glob("tmp*"):  # by a run that was killed while pooch checked a file
        left.unlink(missing_ok=True)
    with _quiet(pooch.get_logger()):
        pooch.retrieve(url, known_hash=file.checksum, fname=file.name, path=folder, downloader=downloader)


def _check_archive(part: Path, file: RemoteFile) -> None:
    """Where there is no checksum, at least tell an archive from a page that says why there is none."""
    from tooeasy.data.formats.tar_members import TarTree

    if file.name.endswith(".tar"):
        TarTree(part)  # its SourceError is a ValueError


def _hand_over(part: Path, target: Path) -> None:
    """Give pooch the bytes under the name that it wants, and keep the part until the file has its own."""
    target.unlink(missing_ok=True)
    try:
        os.link(part, target)
    except OSError:  # not every file system has links
        part.replace(target)


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """Keep pooch from writing to the terminal."""
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _fill(url: str, part: Path, file: RemoteFile, tell: Progress) -> None:
    """Get the bytes that the part does not have yet."""
    import requests
    import urllib3

    have = _size(part)
    if file.bytes is not None and have == file.bytes:
        return
    headers = {"Accept-Encoding": "identity", "User-Agent": "tooeasy"}
    if have:
        headers["Range"] = f"bytes={have}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            start = _start(response.status_code, response.headers, part)
            _write(response, part, start, file, tell)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise _PassingError(_reason(error)) from error


def _start(status: int, headers: Any, part: Path) -> int | None:
    """Where the bytes that come belong; None where the server says that there are no more."""
    have = _size(part)
    if status == 200:
        return 0
    if status == 206 and headers.get("Content-Range", "").startswith(f"bytes {have}-"):
        return have
    if status == 416 and headers.get("Content-Range", "") == f"bytes */{have}":
        return None
    if status in (206, 416):
        part.unlink(missing_ok=True)
        raise _PassingError("it does not continue where the part ends")
    if status in _PASSING:
        raise _PassingError(f"it answers {status}")
    raise _MirrorError(f"it answers {status}")


def _write(response: Any, part: Path, start: int | None, file: RemoteFile, tell: Progress) -> None:
    if start is None:
        return
    length = response.headers.get("Content-Length", "")
    total = start + int(length) if length.isdecimal() and len(length) < 20 else file.bytes
    most = file.bytes if file.bytes is not None else LARGEST
    if total is not None and total > most:
        raise _MirrorError(f"it has {total:,} bytes, more than the {most:,} that are to be expected")
    done = start
    with part.open("r+b" if start else "wb") as out:
        out.seek(start)
        for chunk in _as_they_come(response.raw):
            done += len(chunk)
            if done > most:
                out.truncate(0)
                raise _MirrorError(f"it sends more than the {most:,} bytes that are to be expected")
            out.write(chunk)
            tell(file.name, done, total)
        out.flush()
        os.fsync(out.fileno())
    if total is not None and done < total:
        raise _PassingError(f"it stopped after {done:,} of {total:,} bytes")


def _as_they_come(raw: Any) -> Iterator[bytes]:
    """Bytes as soon as they are here, so that few are lost when the connection breaks; and not decompressed."""
    read = getattr(raw, "read1", raw.read)  # urllib3 1 has no read1
    while chunk := read(_CHUNK, decode_content=False):
        yield chunk


def _reason(error: Exception) -> str:
    """Say in a few words what requests says in many."""
    names: dict[str, str] = {
        "ConnectTimeout": "no connection in time",
        "ReadTimeout": "no bytes in time",
        "ReadTimeoutError": "no bytes in time",
        "SSLError": "its certificate is not trusted",
        "ProxyError": "the proxy does not answer",
        "ConnectionError": "no connection",
        "ChunkedEncodingError": "the connection broke",
        "ProtocolError": "the connection broke",
    }
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return next((names[kind] for kind in kinds if kind in names), f"{type(error).__name__}")


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
