"""The datasets that are known by name, and what is known of each without looking at it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tooeasy.sketch import Shape

if TYPE_CHECKING:
    from tooeasy.data.dataset import Dataset

_FILES = ("mnist.toml", "kuzushiji.toml", "emnist.toml", "others.toml", "photographs.toml", "medmnist.toml")


@dataclass(frozen=True)
class RemoteFile:
    """A file that is downloaded.

    Attributes
    ----------
    name : str
        Name of the file.
    urls : tuple of str
        Where it is, the first tried first.
    checksum : str or None
        ``"sha256:..."`` or ``"md5:..."`` of the file as distributed; None where nobody publishes one.
    bytes : int or None
        Its size, where that is published.
    """

    name: str
    urls: tuple[str, ...]
    checksum: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Figure:
    """A published accuracy to compare with.

    Attributes
    ----------
    kind : str
        "human", "baseline", "record", or "ceiling": what wrong labels leave to be reached.
    accuracy : float
        As a fraction.
    what, source : str
        What reached it, and who says so.
    """

    kind: str
    accuracy: float
    what: str
    source: str


@dataclass(frozen=True)
class CatalogEntry:
    """What is known of a dataset without looking at it.

    Attributes
    ----------
    name, title, licence, homepage, citation : str
    classes : tuple of str
        Names of the classes 0, 1, ...; empty where they are read from the files.
    class_count : int
        How many classes there are.
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    images : dict
        How many images each split has.
    form : str
        How the files are read.
    files : tuple of RemoteFile
        What is downloaded; empty where the dataset comes with a package.
    one_source : str or None
        Why there are no two independent sources, where there are not.
    figures : tuple of Figure
        Published accuracies of people, baselines and records.
    sha256 : dict
        SHA-256 of each IDX file's decompressed bytes, by its plain name.
    folders : tuple of str
        Where a package manager puts the files.
    cache : str
        Name of the folder of the files in the cache; entries that share files share it.
    first_label : int
        Label of the first class in the files.
    member : str
        Names of the files within an archive, with ``{split}`` and ``{kind}``.

    Examples
    --------
    >>> import tooeasy
    >>> entry = tooeasy.known_datasets()["fashion-mnist"]
    >>> entry.title, entry.images, entry.licence
    ("Fashion-MNIST: Zalando's article images", {'train': 60000, 'test': 10000}, 'MIT')
    """

    name: str
    title: str
    classes: tuple[str, ...]
    licence: str
    homepage: str
    citation: str
    class_count: int
    shape: Shape
    images: dict[str, int]
    form: str
    files: tuple[RemoteFile, ...] = ()
    one_source: str | None = None
    figures: tuple[Figure, ...] = ()
    sha256: dict[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    cache: str = ""
    first_label: int = 0
    member: str = ""

    @property
    def bundled(self) -> bool:
        """Whether the package, or one that it needs, brings enough for most commands."""
        return self.form == "scikit-learn" or (_folder() / "bundled" / self.name).is_dir()

    @property
    def download_bytes(self) -> int | None:
        """Bytes to download; None where not all sizes are published."""
        sizes = [file.bytes for file in self.files]
        return None if None in sizes else sum(filter(None, sizes))


@cache
def known_datasets() -> Mapping[str, CatalogEntry]:
    """Return what is known of the datasets of the catalog, without looking at them.

    Returns
    -------
    mapping of str to CatalogEntry
        By name; it cannot be changed.

    Examples
    --------
    >>> import tooeasy
    >>> "mnist" in tooeasy.known_datasets()
    True
    """
    entries: dict[str, CatalogEntry] = {}
    for file in _FILES:
        table = tomllib.loads((_folder() / "entries" / file).read_text("utf-8"))
        defaults = table.pop("defaults", {})
        entries |= {name: _entry(name, defaults | given) for name, given in table.items()}
    return MappingProxyType(entries)


def catalog_entry(data: Dataset) -> CatalogEntry | None:
    """Return the entry that a dataset goes by the name of, if it has its shape, classes and number of images.

    Parameters
    ----------
    data : Dataset
        Somebody's own folder may be called ``mnist``.
    """
    entry = known_datasets().get(data.name)
    if entry is None or data.shape != entry.shape or len(data.classes) != entry.class_count:
        return None
    images = len(data.train) + (0 if data.test is None else len(data.test))
    return entry if images in (sum(entry.images.values()), entry.images.get("train")) else None


def nearest_names(name: str) -> list[str]:
    """Names of the catalog that a user may have meant; the first few where none is near."""
    return difflib.get_close_matches(name.lower(), known_datasets(), cutoff=0.5) or [*list(known_datasets())[:3], "..."]


def _folder() -> Traversable:
    return files("tooeasy.data.known")


def _entry(name: str, given: dict[str, Any]) -> CatalogEntry:
    """Make an entry of a table of the catalog, in which mirrors stand once for all files."""
    mirrors = given.pop("mirrors", [])
    listed = given.pop("files", {})
    if source := given.pop("files_from", None):
        listed = _listed_in(_folder() / "entries" / source)
        given["class_count"] = len(listed)
        given["classes"] = sorted(file.removesuffix(".npy") for file in listed)  # "baseball" before "baseball bat"
    remote = tuple(
        RemoteFile(file, tuple(mirror.replace("{name}", quote(file)) for mirror in mirrors), **facts)
        for file, facts in listed.items()
    )
    classes = tuple(given.pop("classes", ()))
    return CatalogEntry(
        name,
        classes=classes,
        class_count=given.pop("class_count", len(classes)),
        shape=tuple(given.pop("shape")),
        files=remote,
        figures=tuple(Figure(**figure) for figure in given.pop("figures", ())),
        folders=tuple(given.pop("folders", ())),
        cache=given.pop("cache", name),
        **given,
    )


def _listed_in(path: Traversable) -> dict[str, dict[str, Any]]:
    """Files of a list: name, bytes and SHA-256, a line each."""
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    return {name: {"bytes": int(size), "checksum": f"sha256:{digest}"} for name, size, digest in rows}
