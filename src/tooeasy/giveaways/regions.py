"""How much the border, the corners and the surroundings alone tell: a linear rule with the rest hidden."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tooeasy.giveaways.classifiers import Ridge
from tooeasy.giveaways.finding import Pictures
from tooeasy.giveaways.judge import Probed
from tooeasy.giveaways.probe import Probe
from tooeasy.giveaways.sample import Sample

BORDER = 1 / 16  # of a side: width of the frame
CORNER = 1 / 6  # of a side: each corner's square
CENTRE = 1 / 2  # of a side: the square in the middle that is hidden for "background only"

SHOWN = 8  # classes whose mean image is shown
DIM = 0.25  # of the brightness, where the rule does not look

Mask = NDArray[np.bool_]


def border(height: int, width: int) -> Mask:
    """Where the outer frame is: bool array of shape (height, width)."""
    rows, columns = _edge(height, BORDER), _edge(width, BORDER)
    mask = np.ones((height, width), bool)
    mask[rows : height - rows, columns : width - columns] = False
    return mask


def corners(height: int, width: int) -> Mask:
    """Where the four corners are: bool array of shape (height, width)."""
    rows, columns = _edge(height, CORNER), _edge(width, CORNER)
    mask = np.zeros((height, width), bool)
    for down in (slice(rows), slice(height - rows, None)):
        for right in (slice(columns), slice(width - columns, None)):
            mask[down, right] = True
    return mask


def background(height: int, width: int) -> Mask:
    """Everything but the square in the middle: bool array of shape (height, width)."""
    rows, columns = _edge(height, (1 - CENTRE) / 2), _edge(width, (1 - CENTRE) / 2)
    mask = np.ones((height, width), bool)
    mask[rows : height - rows, columns : width - columns] = False
    return mask


REGIONS = {"border-only": border, "corners-only": corners, "background-only": background}


def probe_whole(train: Sample, test: Sample, classes: int, seed: int) -> Probe:
    """Score the same rule on whole images: what the regions are compared with."""
    mask = np.ones(train.thumbnails.shape[1:3], bool)
    return _probe("", mask, train, test, classes, seed)


def probe_regions(train: Sample, test: Sample, classes: int, seed: int) -> list[Probed]:
    """Score the rule on each region alone."""
    size = train.thumbnails.shape[1:3]
    return [
        Probed(_probe(check, where(*size), train, test, classes, seed), _pictures(train, where, classes))
        for check, where in REGIONS.items()
    ]


def _pictures(train: Sample, where: Callable[[int, int], Mask], classes: int) -> Pictures:
    """Mean image of some classes, dim where the rule does not look."""
    shown = range(min(classes, SHOWN))
    means = np.stack([train.images[train.labels == label].mean(axis=0) for label in shown])
    means[:, ~where(*means.shape[1:3])] *= DIM
    return Pictures.of(means, train.split.levels, [train.split.classes[label] for label in shown])


def _probe(check: str, mask: Mask, train: Sample, test: Sample, classes: int, seed: int) -> Probe:
    rule = Ridge(_pixels(train, mask), train.labels, classes)
    height, width = mask.shape
    looks_at = f"{mask.sum():,} of {mask.size:,} pixels of {height}x{width} thumbnails"
    return Probe.of((check, "", looks_at), test.labels, rule.answer(_pixels(test, mask)), classes, seed)


def _pixels(sample: Sample, mask: Mask) -> NDArray[np.float32]:
    return sample.thumbnails[:, mask].reshape(len(sample), -1)


def _edge(side: int, share: float) -> int:
    return max(1, round(side * share))
