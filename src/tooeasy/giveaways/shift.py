"""Can training and test images be told apart? Then held-out scores are of other images than they seem to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.giveaways.classifiers import Ridge
from tooeasy.giveaways.finding import Pictures, Place
from tooeasy.giveaways.judge import Probed
from tooeasy.giveaways.probe import Probe
from tooeasy.giveaways.sample import Sample
from tooeasy.ladder.task import shares

MOST = 4_000  # images of each split
BINS = 8  # of levels, for the distributions of pixels


def probe_shift(train: Sample, test: Sample, classes: int, seed: int) -> Probed | None:
    """Score a linear rule that tells the splits apart, on images that it was not fitted to.

    Both splits give the same number of images of each class, so that other shares of the classes tell nothing. None if
    that leaves too few.
    """
    rows = _alike(train, test, classes, seed)
    if len(rows[0]) < 20:
        return None
    X = np.concatenate(
        [sample.thumbnails[own].reshape(len(own), -1) for sample, own in zip((train, test), rows, strict=True)]
    )
    is_test = np.repeat(np.array([0, 1], np.intp), len(rows[0]))
    order = np.random.default_rng(seed).permutation(len(X))
    fit, score = order[::2], order[1::2]
    rule = Ridge(X[fit], is_test[fit], 2)
    probe = Probe.of(("split-shift", "", "whole images"), is_test[score], rule.answer(X[score]), 2, seed)
    return Probed(probe, _pictures(train, test, rows))


def _alike(train: Sample, test: Sample, classes: int, seed: int) -> list[NDArray[np.intp]]:
    """Images of both samples, of each class the same number."""
    random = np.random.default_rng(seed)
    of = [[np.flatnonzero(sample.labels == label) for label in range(classes)] for sample in (train, test)]
    fewest = [min(len(one), len(other)) for one, other in zip(*of, strict=True)]
    n = fewest if sum(fewest) <= MOST else shares(fewest, MOST)
    return [np.concatenate([random.permutation(own)[:k] for own, k in zip(part, n, strict=True)]) for part in of]


def _pictures(train: Sample, test: Sample, rows: list[NDArray[np.intp]]) -> Pictures:
    """Mean image of both splits, and the pixel whose distributions differ most."""
    images = [sample.images[own] for sample, own in zip((train, test), rows, strict=True)]
    distance = distances(images[0], images[1], train.split.levels)
    row, column = np.unravel_index(int(distance.max(axis=2).argmax()), distance.shape[:2])
    means = np.stack([np.rint(own.mean(axis=0)).astype(np.uint8) for own in images])
    captions = ("mean of training images", "mean of test images")
    return Pictures(means, captions, (Place(int(row), int(column), 1, 1),))


def distances(one: NDArray[np.uint8], other: NDArray[np.uint8], levels: int) -> NDArray[np.float64]:
    """Total variation distance of each pixel's levels in two sets of images, in eight bins.

    Returns
    -------
    float64 array of shape (height, width, channels)
        0 where they are distributed alike, 1 where they share no bin.
    """
    total = np.zeros(one.shape[1:])
    bins = min(BINS, levels)
    for number in range(bins):
        total += np.abs(
            (one.astype(np.uint16) * bins // levels == number).mean(axis=0)
            - (other.astype(np.uint16) * bins // levels == number).mean(axis=0)
        )
    return total / 2
