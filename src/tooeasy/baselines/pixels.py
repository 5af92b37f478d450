"""A dataset as the benchmark wants it: standardised pixels in files that all processes map, and a checksum."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tooeasy.baselines.published import idx_digest, recognise
from tooeasy.data import Dataset, Split
from tooeasy.errors import SourceError

PARTS = ("train", "train_labels", "test", "test_labels")  # names of the files


@dataclass(frozen=True)
class Prepared:
    """What is known of a dataset whose pixels lie in a folder.

    Attributes
    ----------
    n_train, n_test, classes : int
    checksum : str
        SHA-256 of all pixels and labels, in their order.
    published : str or None
        Which of the datasets that were published on it is, in full; None if it is another.
    """

    n_train: int
    n_test: int
    classes: int
    checksum: str
    published: str | None


def prepare(data: Dataset, folder: Path) -> Prepared:
    """Write standardised pixels and labels as ``.npy`` files, which are not pickles and can be mapped.

    Mean and deviation are of the training images, as published.

    Raises
    ------
    SourceError
        If there is nothing to score on.
    NotAtHandError
        If there is only a sketch.
    """
    from sklearn.preprocessing import StandardScaler

    train = _read(data.train)
    if data.test is None:
        raise SourceError(f"{data.name} has no test images, and too few to hold some out; give a dataset with both")
    test = _read(data.test)
    scaler = StandardScaler().fit(_rows(train[0]))
    for name, (images, labels) in (("train", train), ("test", test)):
        np.save(folder / f"{name}.npy", scaler.transform(_rows(images)), allow_pickle=False)
        np.save(folder / f"{name}_labels.npy", labels, allow_pickle=False)
    digests = [idx_digest(array) for array in (*train, *test)]
    checksum = hashlib.sha256(" ".join([*digests, str(len(data.classes))]).encode()).hexdigest()
    return Prepared(len(train[1]), len(test[1]), len(data.classes), checksum, recognise(digests))


def open_prepared(folder: Path) -> list[NDArray[np.float64]]:
    """Map the files of a folder: training pixels, their labels, test pixels, their labels."""
    return [np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in PARTS]


def _read(split: Split) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """All images that can be read, and their labels."""
    batches = list(split.batches())
    return np.concatenate([batch.images for batch in batches]), np.concatenate([batch.labels for batch in batches])


def _rows(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    return images.reshape(len(images), -1).astype(np.float64)
