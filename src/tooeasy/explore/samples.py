"""Images of a dataset, picked by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, Split, load
from tooeasy.errors import OptionError
from tooeasy.explore.reading import check_number, read_rows, split_with_images
from tooeasy.plotting import Plottable

MOST_CLASSES = 30  # that get a row of images
PER_CLASS = 10


@dataclass(frozen=True, eq=False)
class Samples(Plottable):
    """Images of a dataset, picked by chance.

    Attributes
    ----------
    dataset, origin : str
        The dataset, and the split that the images are of.
    classes : tuple of str
        Names of all classes.
    members : tuple of int
        The classes that images were picked of, as positions in ``classes``.
    images : uint8 array of shape (n, height, width, channels)
        Of each class together, in the order of ``members``, where they were picked by class.
    labels : intp array of shape (n,)
    rows : intp array of shape (n,)
        Position of each image in its split.
    levels : int
        Values that a pixel can take: 0 to ``levels - 1``.
    per_class : int or None
        Images wanted of each class; None where they were picked from all.
    seed : int
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> picked = tooeasy.pick_samples("digits", per_class=3)
    >>> picked.images.shape, picked.labels[:6]
    ((30, 8, 8, 1), array([0, 0, 0, 1, 1, 1]))
    """

    dataset: str
    origin: str
    classes: tuple[str, ...]
    members: tuple[int, ...]
    images: NDArray[np.uint8]
    labels: NDArray[np.intp]
    rows: NDArray[np.intp]
    levels: int
    per_class: int | None
    seed: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Samples({self.origin}: {len(self.images)} images of {len(self.members)} classes, seed {self.seed})"

    @property
    def columns(self) -> int:
        """Images in a row: those of a class, or so many that all make a square."""
        if self.per_class is None:
            return int(np.ceil(np.sqrt(len(self.images))))
        return max((int((self.labels == member).sum()) for member in self.members), default=1)

    @property
    def places(self) -> NDArray[np.intp]:
        """Place of each image, counted row by row: intp array of shape (n,). A class with fewer images has a gap."""
        if self.per_class is None:
            return np.arange(len(self.images))
        places = [
            row * self.columns + np.arange(int((self.labels == member).sum()))
            for row, member in enumerate(self.members)
        ]
        return np.concatenate(places)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON: which images these are, without their pixels.

        Returns
        -------
        dict
        """
        return {
            "dataset": self.dataset,
            "origin": self.origin,
            "classes": list(self.classes),
            "image_shape": list(self.images.shape[1:]),
            "levels": self.levels,
            "seed": self.seed,
            "per_class": self.per_class,
            "members": list(self.members),
            "images": [
                {"row": int(row), "label": int(label)} for row, label in zip(self.rows, self.labels, strict=True)
            ],
            "notes": list(self.notes),
        }


def pick_samples(source: Source, *, per_class: int | None = None, random: int | None = None, seed: int = 0) -> Samples:
    """Pick images by chance: some of each class, or some of all.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes. Of the training images; of the test images where only these are here.
    per_class : int, optional
        Images of each class, 10 by default; fewer where a class has not so many. Of more than 30 classes, 30 are
        picked.
    random : int, optional
        Pick so many images of all instead, whatever their class.
    seed : int, default 0
        The same seed picks the same images.

    Returns
    -------
    Samples

    Raises
    ------
    OptionError
        If a number is out of range, or both are given.
    NotAtHandError
        If only sketches are here.

    Examples
    --------
    >>> pick_samples("digits", per_class=3)
    Samples(digits train: 30 images of 10 classes, seed 0)
    >>> pick_samples("digits", random=400).images.shape
    (400, 8, 8, 1)
    """
    check_number("seed", seed, least=0)
    if random is not None:
        check_number("random", random)
    if per_class is not None:
        check_number("per_class", per_class)
    if random is not None and per_class is not None:
        raise OptionError("images are picked of each class (per_class) or of all (random); give one of the two")
    data = load(source)
    split, notes = split_with_images(data)
    chance = np.random.default_rng(seed)
    members = np.arange(len(data.classes))
    if random is not None:
        queues = [chance.permutation(len(split))]
    else:
        per_class = PER_CLASS if per_class is None else per_class
        if len(members) > MOST_CLASSES:
            members = np.sort(chance.choice(members, MOST_CLASSES, replace=False))
            notes += (f"{MOST_CLASSES} of {len(data.classes)} classes are shown, picked with seed {seed}",)
        queues = [chance.permutation(np.flatnonzero(split.labels == member)) for member in members]
    rows, images, labels = _first_whole(split, queues, random or per_class or PER_CLASS)
    return Samples(
        dataset=data.name,
        origin=split.origin,
        classes=data.classes,
        members=tuple(members.tolist()),
        images=images,
        labels=labels,
        rows=rows,
        levels=split.levels,
        per_class=per_class,
        seed=seed,
        notes=(*notes, *data.remarks()),
    )


def _first_whole(
    split: Split, queues: Sequence[NDArray[np.intp]], wanted: int
) -> tuple[NDArray[np.intp], NDArray[np.uint8], NDArray[np.intp]]:
    """From each queue of rows the first so many images that can be read: rows, images, labels."""
    whole: dict[int, tuple[NDArray[np.uint8], np.intp]] = {}
    ends = [0] * len(queues)
    while True:
        missing = [
            wanted - sum(row in whole for row in queue[:end].tolist()) for queue, end in zip(queues, ends, strict=True)
        ]
        asked = [queue[end : end + n] for queue, end, n in zip(queues, ends, missing, strict=True)]
        ends = [end + len(rows) for end, rows in zip(ends, asked, strict=True)]
        rows = np.sort(np.concatenate(asked))
        if len(rows) == 0:
            break
        for read in read_rows(split, rows):
            whole.update(zip(read.rows.tolist(), zip(*read.batch, strict=True), strict=True))
    chosen = [row for queue, end in zip(queues, ends, strict=True) for row in queue[:end].tolist() if row in whole]
    images = [whole[row][0] for row in chosen]
    stacked = np.stack(images) if images else np.empty((0, *split.shape), np.uint8)
    return np.array(chosen, np.intp), stacked, np.array([whole[row][1] for row in chosen], np.intp)
