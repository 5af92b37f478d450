"""Scores of rungs kept on disk, by the content of the data and by what the rung is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tooeasy.data import Dataset, Split
from tooeasy.data.places import cache_folder
from tooeasy.errors import NotAtHandError
from tooeasy.files import write_whole
from tooeasy.ladder.result import RungScore
from tooeasy.scores import Score

_FORMAT = "1"


def data_checksum(data: Dataset) -> str:
    """BLAKE2 of the images and labels of both splits, in order; of the sketch of a split that has no images here."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(repr((data.shape, data.classes, data.train.levels)).encode())
    for split in (data.train, data.test):
        if split is not None:
            _add(digest, split)
    return digest.hexdigest()


def _add(digest: Any, split: Split) -> None:
    try:
        for images, labels in split.batches():
            digest.update(np.ascontiguousarray(images))
            digest.update(labels.astype("<i4").tobytes())
    except NotAtHandError:
        digest.update(np.ascontiguousarray(split.sketch().counts))


class Cache:
    """Scores of one dataset's rungs.

    Parameters
    ----------
    checksum : str
        Of the data.
    rungs : collection of str
        Names of the rungs whose scores are kept: those whose code the version of tooeasy tells.
    enabled : bool, default True
        Without, nothing is found and nothing is kept.
    """

    def __init__(self, checksum: str, rungs: Collection[str], *, enabled: bool = True) -> None:
        self.folder = cache_folder() / "ladder" / checksum
        self.rungs = frozenset(rungs if enabled else ())

    def get(self, key: tuple[Any, ...]) -> RungScore | None:
        """Return the score that is kept under a key; None where there is none, or it cannot be read."""
        if key[0] not in self.rungs:
            return None
        try:
            kept = json.loads(self._path(key).read_text("utf-8"))
            confusion = np.array(kept.pop("confusion"), np.int64)
            return RungScore(**{**kept, "score": Score(confusion), "cached": True})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, key: tuple[Any, ...], score: RungScore) -> None:
        """Keep a score. One without a result is not kept, and a folder that cannot be written is no reason to fail."""
        if key[0] not in self.rungs or score.score is None:
            return
        kept = {**vars(score), "confusion": score.score.confusion.tolist()}
        del kept["score"], kept["cached"]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with write_whole(self._path(key)) as temporary:
                temporary.write_text(json.dumps(kept), "utf-8")
        except OSError:
            return

    def _path(self, key: tuple[Any, ...]) -> Path:
        versions = [version(package) for package in ("tooeasy", "scikit-learn", "numpy")]
        name = hashlib.blake2b(repr((_FORMAT, *versions, *key)).encode(), digest_size=16).hexdigest()
        return self.folder / f"{key[0]}-{name}.json"
