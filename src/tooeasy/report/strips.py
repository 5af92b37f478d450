"""Rows of images of each class: picked by chance, and those least like their class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tooeasy.explore import AtypicalImages, Samples, to_pictures
from tooeasy.report.pictures import strip

MOST_CLASSES = 20


@dataclass(frozen=True)
class Strip:
    """Images of one class in a row: their source is a data URI, and their text is for those who do not see them."""

    label: str
    source: str
    text: str
    images: int


@dataclass(frozen=True)
class Strips:
    """Rows of images: what they show as a file name, and a remark on which classes these are."""

    name: str
    strips: tuple[Strip, ...]
    columns: int
    remark: str


def sample_strips(samples: Samples) -> Strips:
    """Lay out images picked by chance, a row a class."""
    rows = [(label, samples.images[samples.labels == label]) for label in samples.members[:MOST_CLASSES]]
    return _strips(f"{samples.dataset}-samples", samples.classes, rows, samples.levels, "picked by chance")


def atypical_strips(atypical: AtypicalImages) -> Strips:
    """Lay out the images that are farthest from the mean of their class, the farthest first."""
    labels = sorted(int(label) for label in atypical.extremes(MOST_CLASSES))
    rows = [(label, atypical.images[atypical.farthest(label)]) for label in labels]
    return _strips(f"{atypical.dataset}-atypical", atypical.classes, rows, atypical.levels, "least like their class")


def _strips(
    name: str, classes: tuple[str, ...], rows: list[tuple[int, NDArray[np.uint8]]], levels: int, which: str
) -> Strips:
    shown = tuple(
        Strip(
            classes[label],
            strip(to_pictures(images, levels - 1)),
            f"{len(images)} images of {classes[label]}, {which}",
            len(images),
        )
        for label, images in rows
        if len(images)
    )
    remark = f"{len(shown)} of {len(classes):,} classes are shown" if len(shown) < len(classes) else ""
    return Strips(name, shown, max((one.images for one in shown), default=1), remark)
