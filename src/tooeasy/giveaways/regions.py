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

LEAST_HIDDEN = 0.2  # of the pixels; otherwise a region is nearly the whole image
SHOWN = 8  # classes whose mean image is shown
DIM = 0.25  # of the brightness, where the rule does not look

Mask = NDArray[np.bool_]


def border(height: int, width: int) -> Mask:
    """Where the outer frame is: bool array of shape (height, width)."""
    return _outside(height, width, BORDER)


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
    return _outside(height, width, (1 - CENTRE) / 2)


def _outside(height: int, width: int, share: float) -> Mask:
    """Everything but what is farther from each edge than a share of the side."""
    rows, columns = _edge(height, share), _edge(width, share)
    mask = np.ones((height, width), bool)
    mask[rows : height - rows, columns : width - columns] = False
    return mask


REGIONS = {"border-only": border, "corners-only": corners, "background-only": background}


def probe_whole(train: Sample, test: Sample, classes: int, seed: int) -> Probe:
    """Score the same rule on whole images: what the regions are compared with."""
    mask = np.ones(train.thumbnails.shape[1:3], bool)
    return _probe("", mask, train, test, classes, seed)


def probe_regions(train: Sample, test: Sample, classes: int, seed: int) -> tuple[list[Probed], dict[str, str]]:
    """Score the rule on each region alone; and say of which checks that would hide next to nothing, and why."""
    height, width = train.thumbnails.shape[1:3]
    probed, hidden = [], {}
    for check, where in REGIONS.items():
        mask = where(height, width)
        if (~mask).mean() < LEAST_HIDDEN:
            hidden[check] = f"of {height}x{width} pixels it hides next to nothing"
        else:
            probe = _probe(check, mask, train, test, classes, seed)
            probed.append(Probed(probe, _pictures(train, where, classes)))
    return probed, hidden


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
