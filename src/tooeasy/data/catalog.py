"""The datasets that are known by name."""

from __future__ import annotations

import difflib
import os
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache, partial
from importlib.resources import files
from pathlib import Path

import platformdirs

from tooeasy.data import bundle, digits, idx
from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.idx import find_idx, sha256_of_idx
from tooeasy.data.options import LoadOptions
from tooeasy.data.split import Split
from tooeasy.errors import NotAtHandError, SourceError


@dataclass(frozen=True)
class CatalogEntry:
    """What is known of a dataset without looking at it.

    Attributes
    ----------
    name, title, licence, homepage, citation : str
    classes : tuple of str
        Names of the classes 0, 1, ...
    sha256 : dict
        SHA-256 of each IDX file's decompressed bytes, by its plain name.
    folders : tuple of str
        Where a package manager puts the files.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    licence: str
    homepage: str
    citation: str
    sha256: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()


@cache
def known_datasets() -> dict[str, CatalogEntry]:
    """All entries by name."""
    table = tomllib.loads((files("tooeasy.data") / "catalog.toml").read_text("utf-8"))
    return {
        name: CatalogEntry(name, **entry | {key: tuple(entry.get(key, ())) for key in ("classes", "folders")})
        for name, entry in table.items()
    }


def nearest_names(name: str) -> list[str]:
    """Names of the catalog that a user may have meant; all of them where none is near."""
    return difflib.get_close_matches(name.lower(), known_datasets(), cutoff=0.5) or list(known_datasets())


def load_from_catalog(name: str, options: LoadOptions) -> Dataset:
    """Load a dataset by its name, from what the package brings and what is on this machine; never from the network."""
    entry = known_datasets()[name]
    if name == "digits":
        return digits.load_digits(entry.classes, options)
    bundled = bundle.load_bundled(name, entry.classes, partial(find_training_images, entry))
    return bundled if options.keeps_images else bundle.reload(bundled, options)


def find_training_images(entry: CatalogEntry) -> Split:
    """Load the full training images from where they may be on this machine.

    Raises
    ------
    NotAtHandError
        If they are nowhere, saying where they may be put.
    """
    places = training_folders(entry)
    for folder in places:
        if folder.is_dir() and (images := _the_real_file(folder, entry)):
            raw = idx.read(images, LoadOptions())
            return assemble(replace(raw, name=entry.name, classes=entry.classes), LoadOptions()).train
    raise NotAtHandError(
        f"the training images of {entry.name} are not on this machine: put train-images-idx3-ubyte.gz and "
        f"train-labels-idx1-ubyte.gz ({entry.homepage}) into {places[0]}, or name their folder in TOOEASY_DATA"
    )


def training_folders(entry: CatalogEntry) -> list[Path]:
    """Where training images are looked for: the cache, ``$TOOEASY_DATA``, and where package managers put them."""
    named = [Path(os.environ["TOOEASY_DATA"])] if os.environ.get("TOOEASY_DATA") else []
    return [*(root / entry.name for root in (cache_folder(), *named)), *named, *map(Path, entry.folders)]


def cache_folder() -> Path:
    """``$TOOEASY_CACHE``, or the platform's folder for caches."""
    return Path(os.environ.get("TOOEASY_CACHE") or platformdirs.user_cache_path("tooeasy"))


def _the_real_file(folder: Path, entry: CatalogEntry) -> Path | None:
    """The training images in a folder, if they and their labels are the very ones; relatives share the file names."""
    try:
        found = find_idx(folder)
        for kind, plain in (("images", "train-images-idx3-ubyte"), ("labels", "train-labels-idx1-ubyte")):
            if sha256_of_idx(found["train", kind]) != entry.sha256[plain]:
                return None
    except (KeyError, SourceError, OSError):
        return None
    return found["train", "images"]
