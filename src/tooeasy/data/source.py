"""The one guesser: from whatever a user gives to a dataset."""

from __future__ import annotations

from pathlib import Path

from tooeasy.data.arrays import Labelled, from_arrays
from tooeasy.data.catalog import known_datasets, load_from_catalog, nearest_names
from tooeasy.data.dataset import Dataset
from tooeasy.data.idx import load_idx
from tooeasy.data.sketches import from_sketch, load_sketch
from tooeasy.errors import SourceError, SourceNotFoundError
from tooeasy.sketch import Sketch

Source = str | Path | Dataset | Sketch | Labelled | tuple[Labelled, Labelled]


def load(source: Source) -> Dataset:
    """Load a dataset.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or tuple of arrays
        A name of the catalog (``"mnist"``, ``"fashion-mnist"``, ``"digits"``); a folder of IDX files or one of them; a
        ``.sketch`` file; a `Sketch`; arrays ``(images, labels)`` or ``((images, labels), (test_images, test_labels))``
        as `from_arrays` takes them; a `Dataset` is returned as it is. A name of the catalog goes before a path of the
        same name: write ``./mnist`` for the path.

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
    if isinstance(source, Dataset):
        return source
    if isinstance(source, Sketch):
        return from_sketch(source)
    if isinstance(source, (str, Path)):
        return _load_named(source)
    if isinstance(source, tuple) and len(source) == 2:
        first, second = source
        if isinstance(first, tuple) and isinstance(second, tuple):
            return from_arrays(first, second)
        return from_arrays((first, second))  # type: ignore[arg-type]
    raise SourceError(
        f"a source is a name, a path, a Dataset, a Sketch or (images, labels); found {type(source).__name__}"
    )


def _load_named(source: str | Path) -> Dataset:
    if str(source) in known_datasets():
        return load_from_catalog(str(source))
    path = Path(source)
    if path.suffix == ".sketch":
        return load_sketch(path)
    if path.exists():
        return load_idx(path)
    if isinstance(source, str) and path.name == source and not path.suffix:
        raise SourceNotFoundError(
            f"no dataset or file is called {source!r}; known are {', '.join(nearest_names(source))}"
        )
    raise SourceNotFoundError(f"no such file or folder: {source}")
