"""From the files of a dataset of the catalog, as they are distributed, to ``.npy`` files that can be memory-mapped.

Nothing larger than a batch is in memory, and nothing is written under a name that comes from an archive.
"""

from __future__ import annotations

import bz2
import io
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from tooeasy.data.formats import cifar, idx, matlab
from tooeasy.data.images import Images
from tooeasy.data.known.catalog import CatalogEntry
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw
from tooeasy.errors import SourceError

MAX_MEMBER = 8 * 2**30  # bytes that a member of an archive may unpack to
MAX_TEXT = 2**28  # bytes of unpacked text; USPS has 2 x 10**7
KINDS = ("images", "labels")
_CHUNK = 2**20
_BATCH = 4096  # images

_IDX_KINDS = {"images": "images-idx3-ubyte", "labels": "labels-idx1-ubyte"}
_QMNIST_KINDS = {"images": "images-idx3-ubyte", "labels": "labels-idx2-int"}
_PAIR_KINDS = {"images": "imgs", "labels": "labels"}


def unpack(entry: CatalogEntry, folder: Path, target: Path, splits: tuple[str, ...]) -> None:
    """Write ``train-images.npy``, ``train-labels.npy`` and so on, as they lie in the files.

    Parameters
    ----------
    entry : CatalogEntry
        What is read.
    folder : Path
        Where its files are.
    target : Path
        An existing folder to write to.
    splits : tuple of str
        The splits to unpack.

    Raises
    ------
    SourceError
        If a file is damaged.
    """
    unpack_split = _FORMS[entry.form]
    for split in splits:
        unpack_split(entry, folder, target, split)


def array_file(folder: Path, split: str, kind: str) -> Path:
    """Name of an unpacked array."""
    return folder / f"{split}-{kind}.npy"


def _unpack_idx(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:  # noqa: ARG001
    found = idx.find_idx(folder)
    for kind in KINDS:
        _unpack_gzip(found[split, kind], array_file(target, split, kind))


def _unpack_qmnist(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:  # noqa: ARG001
    for kind in KINDS:
        _unpack_gzip(folder / f"qmnist-{split}-{_QMNIST_KINDS[kind]}.gz", array_file(target, split, kind))


def _unpack_gzip(path: Path, target: Path) -> None:
    with idx.damage_named(path), idx.open_unzipped(path) as stream:
        idx.unpack_idx(cast("BinaryIO", stream), str(path), target)


def _unpack_emnist(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    archive = folder / entry.files[0].name
    for kind in KINDS:
        member = entry.member.format(split=split, kind=_IDX_KINDS[kind])
        with (
            _member(archive, member) as packed,
            idx.damage_named(archive),
            GzipFile(fileobj=packed) as stream,
        ):
            idx.unpack_idx(cast("BinaryIO", stream), f"{archive}, {member}", array_file(target, split, kind))


def _unpack_npz(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    for kind in KINDS:
        _copy_array(folder / entry.files[0].name, f"{split}_{kind}.npy", array_file(target, split, kind))


def _unpack_npz_pairs(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    for kind in KINDS:
        (name,) = (file.name for file in entry.files if f"-{split}-{_PAIR_KINDS[kind]}" in file.name)
        _copy_array(folder / name, "arr_0.npy", array_file(target, split, kind))


def _copy_array(archive: Path, member: str, target: Path) -> None:
    """An array in an ``.npz`` archive is a ``.npy`` file."""
    with _member(archive, member) as source, target.open("wb") as file:
        left = MAX_MEMBER
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise SourceError(f"{archive}, {member} unpacks to more than {MAX_MEMBER:,} bytes")
            file.write(chunk)


@contextmanager
def _member(archive: Path, member: str) -> Iterator[BinaryIO]:
    """Open a member of a zip archive; what is damaged shows while it is read."""
    try:
        with zipfile.ZipFile(archive) as opened, opened.open(member) as stream:
            yield cast("BinaryIO", stream)
    except KeyError as error:
        raise SourceError(f"{archive} has no member {member}") from error
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise SourceError(
            f"{archive} is a damaged zip archive ({' '.join(str(error).split())}); get it again"
        ) from error


def _unpack_matlab(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    (name,) = (file.name for file in entry.files if file.name.startswith(split))
    _save(matlab.read(folder / name, LoadOptions()), split, target)


def _unpack_cifar(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    _save(cifar.read(folder / entry.files[0].name, LoadOptions()), split, target)


def _save(raw: Raw, split: str, target: Path) -> None:
    part = raw.parts[split]
    images = cast("Images", part.images)
    out = np.lib.format.open_memmap(array_file(target, split, "images"), "w+", np.uint8, images.shape)
    for start in range(0, len(out), _BATCH):
        rows = slice(start, start + _BATCH)
        out[rows] = images[rows]
    out.flush()
    np.save(array_file(target, split, "labels"), np.asarray(part.labels), allow_pickle=False)


def _unpack_libsvm(entry: CatalogEntry, folder: Path, target: Path, split: str) -> None:
    """USPS: a line for each image, ``label 1:value ...``, values from -1 to 1 that are rounded to 256 levels."""
    from sklearn.datasets import load_svmlight_file

    path = folder / entry.files[("train", "test").index(split)].name
    height, width, channels = entry.shape
    try:
        with bz2.open(path) as file:
            text = file.read(MAX_TEXT + 1)
        if len(text) > MAX_TEXT:
            raise SourceError(f"{path} unpacks to more than {MAX_TEXT:,} bytes")
        values, labels = load_svmlight_file(io.BytesIO(text), n_features=height * width, zero_based=False)
    except SourceError:
        raise
    except (OSError, EOFError, ValueError, IndexError, OverflowError) as error:
        raise SourceError(f"{path} is damaged ({' '.join(str(error).split())}); get it again") from error
    pixels = values.toarray()
    if not ((pixels >= -1) & (pixels <= 1)).all():
        raise SourceError(f"{path} has pixels outside of -1 to 1")
    images = np.rint((pixels + 1) * 127.5).astype(np.uint8).reshape(-1, height, width, channels)
    np.save(array_file(target, split, "images"), images, allow_pickle=False)
    np.save(array_file(target, split, "labels"), labels.astype(np.int64), allow_pickle=False)


_FORMS: dict[str, Callable[[CatalogEntry, Path, Path, str], None]] = {
    "idx": _unpack_idx,
    "qmnist": _unpack_qmnist,
    "emnist": _unpack_emnist,
    "npz": _unpack_npz,
    "npz-pairs": _unpack_npz_pairs,
    "matlab": _unpack_matlab,
    "cifar": _unpack_cifar,
    "libsvm": _unpack_libsvm,
}
