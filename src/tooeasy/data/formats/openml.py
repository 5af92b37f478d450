"""OpenML: ``openml:NAME_OR_ID``, by scikit-learn's own fetcher, which keeps what it downloads.

The fetcher returns all pixels at once: they are in memory, eight bytes each until they are made images.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.numbers import to_images
from tooeasy.data.options import COLUMN_OPTION, LoadOptions
from tooeasy.data.places import cache_folder, is_offline
from tooeasy.data.raw import Raw, RawPart
from tooeasy.errors import DownloadError, SourceError, SourceNotFoundError
from tooeasy.text import printable

PREFIX = "openml:"
_NAME = re.compile(r"\w[\w.-]*", re.ASCII)  # it becomes part of a URL, and of a path in the cache


def read(source: str, options: LoadOptions) -> Raw:
    """Read a dataset of OpenML, from the cache if it is there.

    Parameters
    ----------
    source : str
        ``openml:mnist_784``, by name (the oldest active version), or ``openml:554``, by number.
    options : LoadOptions
        ``label_column`` names the target; ``size`` is that of images that are not square.

    Raises
    ------
    SourceNotFoundError
        If there is no such dataset.
    DownloadError
        If it is not in the cache, and OpenML cannot be reached or may not be asked.
    SourceError
        If it is none of images: rows of pixels that are square, grey or of three channels.
    """
    name = source.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise SourceError(f"{printable(source)} is not of the form openml:NAME or openml:NUMBER")
    target = options.label_column or "default-target"
    found, notes = _fetch(source, name, target)
    if found.target is None:
        raise SourceError(
            f"{source} has no target; name one with {COLUMN_OPTION['label']}: it has {', '.join(found.feature_names)}"
        )
    pixels = _dense(source, found.data)
    labels = _labels(source, found.target)
    title = str(found.details.get("name", name)) if isinstance(found.details, dict) else name
    images, more = to_images({"train": pixels}, printable(title), size=options.size)
    return Raw(printable(title), {"train": RawPart(images["train"], labels)}, notes=(*notes, *more))


def _fetch(source: str, name: str, target: str) -> tuple[Any, tuple[str, ...]]:
    import http.client

    from sklearn.datasets import fetch_openml

    folder = cache_folder() / "openml"
    complete = folder / f"{hashlib.sha256(f'{name} {target}'.encode()).hexdigest()[:16]}.complete"
    if is_offline() and not complete.exists():
        raise DownloadError(f"{source} is not in {folder}, and TOOEASY_OFFLINE forbids the network")
    which = {"data_id": int(name)} if name.isdecimal() else {"name": name, "version": "active"}
    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = fetch_openml(
                **which, target_column=target, data_home=str(folder), as_frame=False, parser="auto", n_retries=2
            )
    except HTTPError as error:
        raise SourceNotFoundError(f"{source} is not to be had: OpenML answered {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"{source} is not in {folder}, and OpenML was not reached: {_line(error)}") from error
    except AttributeError as error:  # what scikit-learn 1.9 makes of a dataset that has no target of its own
        raise SourceError(f"{source} has no target; name one with {COLUMN_OPTION['label']}") from error
    except Exception as error:
        if type(error).__name__ == "OpenMLError":  # scikit-learn's own, which it does not export
            raise SourceNotFoundError(f"{source}: {_line(error)}") from error
        raise SourceError(f"{source} cannot be read: {_line(error)}") from error
    _mark(complete)
    notes = tuple(_line(entry.message) for entry in said if "version" in str(entry.message).lower())
    return found, notes


def _mark(path: Path) -> None:
    """Remember that all of a dataset's files are there; where the cache cannot be written, nothing is."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return


def _dense(source: str, data: Any) -> NDArray[Any]:
    pixels = data.toarray() if hasattr(data, "toarray") else np.asarray(data)
    if pixels.dtype.kind not in "biuf":
        raise SourceError(f"{source} is no dataset of images: it has columns of text")
    return np.asarray(pixels)


def _labels(source: str, target: Any) -> NDArray[Any]:
    labels = np.asarray(target)
    if labels.dtype != object:
        return labels
    if any(not isinstance(label, str) for label in labels.ravel().tolist()):
        raise SourceError(f"{source} has rows without a label")
    return labels.astype(str)


def _line(error: object) -> str:
    return printable(" ".join(str(error).split())) or type(error).__name__
