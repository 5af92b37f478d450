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
from tooeasy.sketch import Quantization, Sketch

MOST = 2_000  # images of each split
LEVELS = 8  # of the distributions of pixels
RESPLITS = 99  # random ones, to compare the largest distance with

Splits = tuple[Sample, Sample]


def probe_shift(train: Sample, test: Sample, classes: int, seed: int) -> Probed | None:
    """Score a linear rule that tells the splits apart, on images that it was not fitted to.

    Both splits give the same number of images of each class, so that other shares of the classes tell nothing. What it
    says beside the score: how far the distributions of a pixel are apart at most, and how far in random splits of the
    same images. None if too few images are left.
    """
    images, is_test = _alike((train, test), classes, seed)
    if len(images) < 40:
        return None
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    fit, score = order[::2], order[1::2]
    X = images.reshape(len(images), -1) / np.float32(255)
    rule = Ridge(X[fit], is_test[fit], 2)
    probe = Probe.of(("split-shift", "", "thumbnails"), is_test[score], rule.answer(X[score]), 2, seed)
    apart = distances(images, is_test)
    chance = max(float(distances(images, random.permutation(is_test)).max()) for _ in range(RESPLITS))
    evidence = {"largest_pixel_distance": float(apart.max()), "largest_in_random_splits": chance}
    return Probed(probe, _pictures(images, is_test, apart), evidence)


def _alike(samples: Splits, classes: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Thumbnails of both splits, of each class the same number; and which are of the test split."""
    random = np.random.default_rng(seed)
    of = [[np.flatnonzero(sample.labels == label) for label in range(classes)] for sample in samples]
    fewest = [min(len(one), len(other)) for one, other in zip(*of, strict=True)]
    n = fewest if sum(fewest) <= MOST else shares(fewest, MOST)
    rows = [np.concatenate([random.permutation(own)[:k] for own, k in zip(part, n, strict=True)]) for part in of]
    chosen = np.concatenate([sample.thumbnails[own] for sample, own in zip(samples, rows, strict=True)])
    return np.rint(chosen * 255).astype(np.uint8), np.repeat(np.arange(2), [len(own) for own in rows])


def distances(images: NDArray[np.uint8], part: NDArray[np.intp]) -> NDArray[np.float64]:
    """Total variation distance of each pixel's levels in two sets of images, from their sketches of eight levels.

    Parameters
    ----------
    images : uint8 array of shape (n, height, width, channels)
    part : intp array of shape (n,)
        Which of the two sets an image is of: 0 or 1.

    Returns
    -------
    float64 array of shape (height, width, channels)
        0 where they are distributed alike, 1 where they share no level.

    Examples
    --------
    >>> images = np.array([0, 0, 0, 255], np.uint8).reshape(4, 1, 1, 1)
    >>> float(distances(images, np.array([0, 0, 1, 1])).item())
    0.5
    """
    sketch = Sketch(images.shape[1:], ("one", "other"), Quantization(256, LEVELS)).update(images, part)
    one, other = sketch.counts / np.maximum(sketch.images_per_class, 1)[:, np.newaxis, np.newaxis]
    return np.asarray(np.abs(one - other).sum(axis=1).reshape(images.shape[1:]) / 2)


def _pictures(images: NDArray[np.uint8], is_test: NDArray[np.intp], apart: NDArray[np.float64]) -> Pictures:
    """Mean of both splits, and the pixel whose distributions differ most."""
    row, column = np.unravel_index(int(apart.max(axis=2).argmax()), apart.shape[:2])
    means = np.stack([np.rint(images[is_test == part].mean(axis=0)).astype(np.uint8) for part in (0, 1)])
    captions = ("mean of training images", "mean of test images")
    return Pictures(means, captions, (Place(int(row), int(column), 1, 1),))
