"""Where the files of a catalogued dataset may be, and whether they are the published ones."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tooeasy.data.known.catalog import CatalogEntry, RemoteFile
from tooeasy.data.places import cache_folder


def download_folder(entry: CatalogEntry) -> Path:
    """Where the files of a dataset are downloaded to."""
    return cache_folder() / entry.cache


def folders_of(entry: CatalogEntry) -> list[Path]:
    """Where files are looked for: the cache, ``$TOOEASY_DATA``, and where package managers put them."""
    named = [Path(os.environ["TOOEASY_DATA"])] if os.environ.get("TOOEASY_DATA") else []
    names = dict.fromkeys((entry.cache, entry.name))
    roots = (cache_folder(), *named)
    return [*(root / name for root in roots for name in names), *named, *map(Path, entry.folders)]


def has_checksum(path: Path, file: RemoteFile) -> bool:
    """Whether a file is the published one. Where nobody publishes a checksum, its size and presence have to do."""
    if file.bytes is not None and path.stat().st_size != file.bytes:
        return False
    if file.checksum is None:
        return True
    algorithm, _, expected = file.checksum.partition(":")
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, algorithm).hexdigest() == expected
