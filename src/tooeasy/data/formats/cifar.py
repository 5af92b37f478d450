"""CIFAR-10 and CIFAR-100 in the forms of their home page: the binary version and the Python version.

Both store images plane by plane: red, green, blue. https://www.cs.toronto.edu/~kriz/cifar.html
"""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.plain_pickle import read_plain_pickle
from tooeasy.data.formats.stack import RearrangedImages, StackedImages
from tooeasy.data.images import Images, Rows
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import SourceError
from tooeasy.text import printable

MAX_ARCHIVE = 2**30  # bytes of all batches in an archive; CIFAR's take 186 million
_PLANES = (3, 32, 32)
_PIXELS = 3072
_BLOCK = 512  # bytes of a tar header, and what members are padded to
_ARCHIVE = re.compile(r"cifar-100?-(python|binary)\.(tar\.gz|tgz|tar)", re.IGNORECASE)
_TEN = re.compile(r"(?P<split>data|test)_batch(_\d{1,3})?(?P<binary>\.bin)?")
_HUNDRED = re.compile(r"(?P<split>train|test)(?P<binary>\.bin)?")
_META = {"batches.meta", "meta", "batches.meta.txt", "fine_label_names.txt", "coarse_label_names.txt"}


@dataclass(frozen=True)
class _Layout:
    """What a folder or file is."""

    hundred: bool
    binary: bool
    splits: dict[str, list[Path]]
    folder: Path


def claims(path: Path) -> bool:
    """Whether a path is a folder of CIFAR's batches, one of them, or an archive as it is distributed."""
    try:
        return bool(path.is_file() and _ARCHIVE.fullmatch(path.name)) or _layout(path) is not None
    except OSError:
        return False


def read(path: Path, options: LoadOptions) -> Raw:
    """Read CIFAR-10 or CIFAR-100: binary or Python version, a folder, one batch, or the archive in place.

    Parameters
    ----------
    path : Path
        Folder, batch or archive. Of an archive, the batches are unpacked to a temporary folder.
    options : LoadOptions
        ``label_column`` is "fine" (as it is by default) or "coarse" for CIFAR-100.

    Raises
    ------
    SourceError
        If a file is damaged, or a Python batch holds anything but arrays and plain containers.
    """
    try:
        if path.is_file() and _ARCHIVE.fullmatch(path.name):
            return _read_archive(path, options)
        return _read_layout(path.resolve().name if path.is_dir() else path.stem, path, options)
    except OSError as error:
        raise SourceError(f"{_shown(error.filename or path)} cannot be read: {error.strerror or error}") from error


def _shown(path: Path | str) -> str:
    return printable(str(path))


def _layout(path: Path) -> _Layout | None:
    """Find out what lies there; CIFAR-10's names are its own, CIFAR-100's need a second sign."""
    folder = path if path.is_dir() else path.parent
    files = sorted(folder.iterdir()) if path.is_dir() else [path]
    named = any((folder / name).is_file() for name in ("meta", "fine_label_names.txt"))
    for pattern in (_TEN, _HUNDRED):
        matches = [(file, match) for file in files if (match := pattern.fullmatch(file.name)) and file.is_file()]
        if not matches or not (pattern is _TEN or named or all(_is_hundred_binary(file) for file, _ in matches)):
            continue
        binary = bool(matches[0][1]["binary"])  # both versions in one folder: one is enough
        splits: dict[str, list[Path]] = {}
        for file, match in matches:
            if bool(match["binary"]) == binary:
                splits.setdefault("test" if match["split"] == "test" else "train", []).append(file)
        return _Layout(pattern is _HUNDRED, binary, splits, folder)
    return None


def _is_hundred_binary(file: Path) -> bool:
    return file.suffix == ".bin" and file.stat().st_size > 0 and file.stat().st_size % (_PIXELS + 2) == 0


def _read_layout(name: str, path: Path, options: LoadOptions) -> Raw:
    layout = _layout(path)
    if layout is None:
        raise SourceError(
            f"{_shown(path)} has no batches of CIFAR; looked for data_batch_1, data_batch_1.bin, train.bin, ..."
        )
    kind = _label_kind(layout, options)
    read_file = _read_binary if layout.binary else _read_python
    parts = {}
    for split, files in layout.splits.items():
        read = [read_file(file, layout.hundred, kind) for file in files]
        parts[split] = RawPart(
            StackedImages([images for images, _ in read]), np.concatenate([labels for _, labels in read])
        )
    return Raw(printable(name), parts, _class_names(layout, kind))


def _label_kind(layout: _Layout, options: LoadOptions) -> str:
    if not layout.hundred:
        return ""
    kind = (options.label_column or "fine").removesuffix("_labels")
    if kind not in ("fine", "coarse"):
        raise SourceError(
            f"{_shown(layout.folder)} is CIFAR-100, whose labels are fine or coarse; found label column {kind!r}"
        )
    return kind


def _planes(stored: NDArray[np.uint8]) -> Images:
    def set_upright(rows: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return rows[:, -_PIXELS:].reshape(-1, *_PLANES).transpose(0, 2, 3, 1)

    return RearrangedImages(stored, (len(stored), 32, 32, 3), set_upright)


def _read_binary(file: Path, hundred: bool, kind: str) -> tuple[Images, NDArray[Any]]:
    """Records of one label (CIFAR-100: the coarse, then the fine one) and 3,072 pixels."""
    length = _PIXELS + 1 + hundred
    size = file.stat().st_size
    if size == 0 or size % length:
        raise SourceError(
            f"{_shown(file)} is damaged: its {size:,} bytes are not a whole number of records of {length:,}"
        )
    records = np.memmap(file, np.uint8, "r", shape=(size // length, length))
    return _planes(records), np.array(records[:, 0 if kind == "coarse" else length - _PIXELS - 1])


def _read_python(file: Path, hundred: bool, kind: str) -> tuple[Images, NDArray[Any]]:  # noqa: ARG001
    batch = _read_dict(file)
    data, labels = batch.get("data"), batch.get(f"{kind}_labels" if kind else "labels")
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != _PIXELS:
        raise SourceError(
            f"{_shown(file)} has no data of n x {_PIXELS:,} bytes; found {', '.join(map(repr, batch)) or 'none'}"
        )
    if isinstance(labels, list) and all(type(label) is int and 0 <= label < 2**31 for label in labels):
        labels = np.array(labels, np.int64)
    if not isinstance(labels, np.ndarray) or labels.shape != (len(data),):
        raise SourceError(f"{_shown(file)} does not have one whole number as label for each of {len(data):,} images")
    return _planes(data), labels


def _read_dict(file: Path) -> dict[str, Any]:
    found = read_plain_pickle(file)
    if not isinstance(found, dict):
        raise SourceError(f"{_shown(file)} is not a batch of CIFAR: it holds a {type(found).__name__}")
    return {key.decode("latin-1") if isinstance(key, bytes) else str(key): value for key, value in found.items()}


def _class_names(layout: _Layout, kind: str) -> Sequence[str] | None:
    """Names from the file that lies beside the batches, where one does."""
    if layout.binary:
        file = layout.folder / (f"{kind}_label_names.txt" if kind else "batches.meta.txt")
        if not file.is_file():
            return None
        lines = file.read_bytes()[: 2**20].decode("utf-8", "replace").splitlines()
        return tuple(line.strip() for line in lines if line.strip()) or None
    file = layout.folder / ("meta" if layout.hundred else "batches.meta")
    if not file.is_file():
        return None
    names = _read_dict(file).get(f"{kind}_label_names" if kind else "label_names")
    if not isinstance(names, list) or not names or not all(isinstance(name, (str, bytes)) for name in names):
        raise SourceError(f"{_shown(file)} has no list of class names")
    return tuple(name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in names)


def _read_archive(path: Path, options: LoadOptions) -> Raw:
    """Unpack the batches under their plain names to a temporary folder, which lives as long as the images."""
    folder = _TemporaryFolder()
    try:
        _unpack(path, folder.path)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(
            f"{_shown(path)} is a damaged archive ({' '.join(str(error).split())}); get it again"
        ) from error
    try:
        raw = _read_layout(path.name.partition(".")[0], folder.path, options)
    except SourceError as error:  # the user knows the archive, not the folder
        raise SourceError(str(error).replace(str(folder.path), _shown(path))) from error
    kept = {split: RawPart(_Kept(part.images, folder), part.labels) for split, part in raw.parts.items()}  # type: ignore[arg-type]
    return replace(raw, parts=kept)


class _TemporaryFolder:
    """Removed when nothing refers to it any more, or when Python ends."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="tooeasy-cifar-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> None:
    """Copy the members whose plain names are known, and nothing but plain files: no path of the archive is used.

    The archives are of the plainest kind of tar. Python's tarfile would take a long name or a header of any size into
    memory; here nothing is larger than a chunk.
    """
    left = MAX_ARCHIVE
    with gzip.open(path) if path.suffix.lower() in (".gz", ".tgz") else path.open("rb") as archive:
        while (header := archive.read(_BLOCK)).strip(b"\0"):
            name, size, plain = _tar_header(header, path)
            left -= size
            if left < 0:
                raise SourceError(f"{_shown(path)} unpacks to more than {MAX_ARCHIVE:,} bytes: it is not CIFAR")
            known = name in _META or _TEN.fullmatch(name) or _HUNDRED.fullmatch(name)
            with (folder / name).open("wb") if known and plain else nullcontext() as target:
                _copy(archive, target, size, path)
            archive.read(-size % _BLOCK)


def _tar_header(header: bytes, path: Path) -> tuple[str, int, bool]:
    """Plain name, size, and whether a member is a plain file."""
    try:
        size, checksum = (int(header[part].strip(b" \0") or b"0", 8) for part in (slice(124, 136), slice(148, 156)))
    except ValueError:
        size = checksum = -1
    # The checksum is over the header with spaces in its own place (POSIX, "ustar Interchange Format").
    if size < 0 or len(header) != _BLOCK or checksum != sum(header[:148]) + 8 * 32 + sum(header[156:]):
        raise SourceError(f"{_shown(path)} is a damaged archive (a wrong header); get it again")
    name = header[:100].partition(b"\0")[0].decode("latin-1")
    return name.rpartition("/")[2], size, header[156:157] in (b"0", b"\0")


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes] | None, size: int, path: Path) -> None:
    while size:
        chunk = source.read(min(size, 2**20))
        if not chunk:
            raise SourceError(f"{_shown(path)} is cut off; get it again")
        size -= len(chunk)
        if target is not None:
            target.write(chunk)


@dataclass(frozen=True, eq=False)
class _Kept:
    """Images, and the temporary folder that they are in."""

    images: Images
    folder: _TemporaryFolder

    @property
    def shape(self) -> tuple[int, ...]:
        return self.images.shape

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        return self.images[rows]
