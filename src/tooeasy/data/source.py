"""The one guesser: from whatever a user gives to a dataset."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol

from tooeasy.data.arrays import Labelled, from_arrays
from tooeasy.data.assemble import assemble
from tooeasy.data.dataset import Dataset
from tooeasy.data.formats import (
    arrow_files,
    cifar,
    croissant,
    csv_files,
    folder,
    huggingface,
    idx,
    mapped,
    matlab,
    numpy_files,
    openml,
    parquet,
    quickdraw,
    remote,
    webdataset,
)
from tooeasy.data.known.at_hand import load_from_catalog
from tooeasy.data.known.catalog import known_datasets, nearest_names
from tooeasy.data.known.own import own_source
from tooeasy.data.options import LoadOptions
from tooeasy.data.raw import Raw
from tooeasy.data.recipe import Recipe
from tooeasy.data.sketches import from_sketch, load_sketch
from tooeasy.data.split import ImageSplit, Split
from tooeasy.errors import OptionError, SourceError, SourceNotFoundError
from tooeasy.sketch import Sketch

_LOGGER = logging.getLogger(__name__)
MapDataset = mapped.MapDataset
Source = (
    str
    | Path
    | Dataset
    | Sketch
    | Labelled
    | tuple[Labelled, Labelled]
    | MapDataset
    | tuple[MapDataset, MapDataset]
    | dict[str, MapDataset]
)


class Format(Protocol):
    """What a module of a file format has."""

    def claims(self, path: Path) -> bool:
        """Whether an existing path looks like this format; cheap, and never raises for what is on disk."""
        ...

    def read(self, path: Path, options: LoadOptions) -> Raw:
        """Read it. Raises SourceError if it is damaged."""
        ...


# The first that claims a path reads it.
FORMATS: tuple[Format, ...] = (
    idx,
    cifar,
    matlab,
    numpy_files,
    quickdraw,
    huggingface,
    parquet,
    arrow_files,
    csv_files,
    webdataset,
    folder,
)


def load(
    source: Source,
    *,
    size: tuple[int, int] | None = None,
    color: bool | None = None,
    image_column: str | None = None,
    label_column: str | None = None,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    strict: bool = False,
) -> Dataset:
    """Load a dataset.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or tuple of arrays
        A name of the catalog (``"mnist"``, ``"fashion-mnist"``, ``"digits"``); a path or URL of images in one of the
        forms that docs/sources.md lists, or of a ``.sketch`` file; a `Sketch`; arrays ``(images, labels)`` or
        ``((images, labels), (test_images, test_labels))`` as `from_arrays` takes them; a `Dataset` is returned as it
        is. A name of the catalog goes before a path of the same name: write ``./mnist`` or a `Path` for the path.
    size : (int, int), optional
        Height and width to bring images to, in pixels: resized with antialiasing until they cover it, then cropped at
        the centre. By default images of one size up to 64x64 stay as they are, and others are brought to 32x32.
    color : bool, optional
        True for three channels, False for one; by default three if any image has colour.
    image_column : str, optional
        Name of the column (of an array in a file, of a feature) that has the images.
    label_column : str, optional
        Name of the one that has the labels.
    split : str, optional
        Use only this split, as the whole dataset.
    limit : int, optional
        Take at most so many images of each split, stratified by class.
    seed : int, default 0
        Of the choice that ``limit`` makes.
    strict : bool, default False
        Stop at the first broken image instead of counting, naming and skipping it.

    Returns
    -------
    Dataset
        Nothing larger than a label has been read yet where that can be avoided.

    Raises
    ------
    SourceNotFoundError
        If there is no such dataset, file or folder.
    SourceError
        If it is there, and cannot be used.

    Examples
    --------
    >>> load("fashion-mnist")
    Dataset(fashion-mnist: 60000 train, 10000 test, 28x28x1, 10 classes)
    """
    start = time.perf_counter()
    options = LoadOptions(
        size=size,
        color=color,
        image_column=image_column,
        label_column=label_column,
        split=split,
        limit=limit,
        seed=seed,
        strict=strict,
    )
    if isinstance(source, (Dataset, Sketch)):
        _check_no_options(options, type(source).__name__)
        return source if isinstance(source, Dataset) else from_sketch(source)
    if isinstance(source, (str, Path)):
        data = _load_named(source, options)
        _LOGGER.info(
            "%s is %r, opened in %.2f s",
            remote.shown(str(source)) if remote.is_url(str(source)) else source,
            data,
            time.perf_counter() - start,
        )
        return data
    parts = _by_split(source)
    if huggingface.is_dataset(source) or (parts and all(map(huggingface.is_dataset, parts.values()))):
        one = huggingface.is_dataset(source)
        return assemble(huggingface.read_object(source if one else parts, options), options)
    if parts and all(map(mapped.is_map_dataset, parts.values())):
        return assemble(mapped.read(parts, options), options)
    if isinstance(source, tuple) and len(source) == 2:
        first, second = source
        if isinstance(first, tuple) and isinstance(second, tuple):
            return from_arrays(first, second, options=options)
        return from_arrays((first, second), options=options)  # type: ignore[arg-type]
    raise SourceError(
        f"a source is a name, a path, a Dataset, a Sketch or (images, labels); found {type(source).__name__}"
    )


def _by_split(source: object) -> dict[str, Any]:
    """Datasets by split: one alone, a pair (train, test), or several by name."""
    if isinstance(source, dict):
        return source
    if isinstance(source, tuple) and len(source) == 2 and not any(isinstance(item, list) for item in source):
        return dict(zip(("train", "test"), source, strict=True))
    return {"train": source}


def _load_named(source: str | Path, options: LoadOptions) -> Dataset:
    if source == "":
        raise SourceNotFoundError("a source is a name, a path or a URL; found nothing")
    if isinstance(source, str) and source in known_datasets():
        return _remember(load_from_catalog(str(source), options), source, options)
    if isinstance(source, str) and (given := own_source(source)):
        return replace(_remember(_load_at(given, options), given, options), name=source)
    return _remember(_load_at(source, options), source, options)


def _remember(data: Dataset, source: str | Path, options: LoadOptions) -> Dataset:
    """Let the splits know how they were loaded."""
    if not (is_name_only(source) or remote.is_url(source)):
        source = Path(source).absolute()
    roles: tuple[tuple[Literal["train", "test"], Split | None], ...] = (("train", data.train), ("test", data.test))
    splits = {
        role: replace(split, recipe=Recipe(source, options, role))
        for role, split in roles
        if isinstance(split, ImageSplit)
    }
    return replace(data, **splits)  # type: ignore[arg-type]


def is_name_only(source: str | Path) -> bool:
    """Whether a source is called by a name that is no path: of the catalog, of a hub."""
    return isinstance(source, str) and (
        source in known_datasets() or source.startswith((huggingface.PREFIX, openml.PREFIX))
    )


def _load_at(source: str | Path, options: LoadOptions) -> Dataset:
    if str(source).startswith(huggingface.PREFIX):
        return assemble(huggingface.read_hub(str(source), options), options)
    if str(source).startswith(openml.PREFIX):
        return assemble(openml.read(str(source), options), options)
    if remote.is_folder(source):
        files = remote.RemoteFiles(str(source))
        if shards := files.shards(".parquet"):
            return assemble(parquet.read_shards(shards, files.name, options), options)
        return assemble(folder.read_files(files, files.name), options)
    path = remote.fetch(str(source)) if remote.is_url(source) else Path(source)
    if path.suffix == ".sketch":
        _check_no_options(options, "sketch")
        return load_sketch(path)
    if _exists(path):
        return assemble(read_path(path, options), options)
    if isinstance(source, str) and path.name == source and not path.suffix:
        raise SourceNotFoundError(
            f"no dataset or file is called {source!r}; known are {', '.join(nearest_names(source))} "
            "(`tooeasy datasets` lists all)"
        )
    raise SourceNotFoundError(f"no such file or folder: {source}")


def read_path(path: Path, options: LoadOptions) -> Raw:
    """Read a file or folder in whichever format claims it."""
    if not (path.is_file() or path.is_dir()):
        raise SourceError(f"{path} is neither a file nor a folder")
    found = croissant.find(path)
    return _read_form(path, options) if found is None else _read_described(path, found, options)


def _read_described(path: Path, found: croissant.Croissant, options: LoadOptions) -> Raw:
    """Read what Croissant metadata describes: by its rules, else as files of their form, with its columns."""
    if path == found.path and (missing := croissant.elsewhere(found)):
        raise missing
    try:
        raw = croissant.read(found) or _read_form(croissant.target_of(found), croissant.options_of(found, options))
    except SourceError as error:
        missing = croissant.elsewhere(found)
        if missing is None:
            raise
        raise missing from error
    return replace(raw, name=found.name, notes=(found.note(), *raw.notes))


def _read_form(path: Path, options: LoadOptions) -> Raw:
    for form in FORMATS:
        if form.claims(path):
            _LOGGER.debug("%s is read by %s", path, form.read.__module__)
            return form.read(path, options)
    raise SourceError(f"{path} is of no form that tooeasy reads: see docs/sources.md for those that it does")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that no file system takes
        return False


def _check_no_options(options: LoadOptions, what: str) -> None:
    if not options.keeps_images:
        raise OptionError(f"size, color, columns, split and limit do not apply to a {what}, which is already made")
