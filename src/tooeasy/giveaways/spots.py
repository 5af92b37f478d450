"""Small places of an image that give a class away: isolated spots, and pixels with a fixed value.

Both are looked for in training images, one class against the others, each class with the same weight; held-out images
then say how much they tell, and how likely chance is to tell as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, maximum, maximum_filter
from scipy.ndimage import label as connected_parts
from scipy.stats import hypergeom

from tooeasy.giveaways.finding import Place
from tooeasy.giveaways.sample import Sample
from tooeasy.sketch import Quantization, Shape, Sketch

# Rings around a pixel, by their radius, and how much of the pixel's skill they must lack. What objects look like
# changes smoothly: on six real datasets (MNIST, Fashion-MNIST, KMNIST, Oracle-MNIST, X-rays, photographs) no pixel's
# ring lacks more than 0.29 at two pixels or 0.48 at three.
RINGS = {2: 0.5, 3: 0.65}
LEAST_SIDE = 20  # pixels: in smaller images neighbours differ by themselves
LEAST_SKILL = 0.02
LEAST_SHARE = 0.02  # of a class's images, that have a fixed value
TIMES_RARER = 20  # that the fixed value is in the other classes
BACKGROUND = 0.1  # of all pixels: a value as frequent as this is no marker
# Of a fixed value's share, what the pixels just outside may have of fixed values: 0.67 to 2.4 on the same real
# datasets, at most 0.17 around planted marks.
MOST_AROUND = 0.4
MOST_PARTS = 50  # of a class, that are looked at: those with the most frequent values
FEWEST = 5  # images of a class with the value: fewer recur by chance
TOLERANCE = 2  # levels of 256 by which storing as JPEG may change a value
COARSE = 32  # levels, to learn which of them tell the class
_CELLS = 2**24  # counts at once

Floats = NDArray[np.float32]
Pixel = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Spot:
    """A place that tells one class from the others.

    Attributes
    ----------
    kind : {"giveaway-pixels", "constant-marker"}
    label : int
        The class.
    pixel : tuple of int
        Row, column and channel of the pixel that tells most.
    region : bool array of shape (height, width)
        The connected pixels around it that tell at least half as much.
    levels : bool array of shape (levels,)
        Levels of that pixel that speak for the class.
    with_it, without : int
        Held-out images of the class that have one of these levels there, and those of other classes that have.
    of_class, of_others : int
        Held-out images of the class, and of the others.
    share_of_others : float
        Fraction of the others' images that have it, each class with the same weight.
    surroundings : float
        Skill of the best pixel of the ring around it, or share of the most frequent value just outside; in training.
    p_value : float
        How often chance would give the class as many of those that have it.
    """

    kind: str
    label: int
    pixel: Pixel
    region: NDArray[np.bool_]
    levels: NDArray[np.bool_]
    with_it: int
    without: int
    of_class: int
    of_others: int
    share_of_others: float
    surroundings: float
    p_value: float

    @property
    def share(self) -> float:
        """Fraction of the class's held-out images that have it."""
        return self.with_it / max(self.of_class, 1)

    @property
    def skill(self) -> float:
        """Fraction of the class's held-out images that have it, less the others'."""
        return self.share - self.share_of_others

    @property
    def place(self) -> Place:
        """Smallest rectangle around the region."""
        rows, columns = np.flatnonzero(self.region.any(axis=1)), np.flatnonzero(self.region.any(axis=0))
        top, left = int(rows[0]), int(columns[0])
        return Place(top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1)


@dataclass(frozen=True)
class _Candidate:
    kind: str
    label: int
    pixel: Pixel
    region: NDArray[np.bool_]
    levels: NDArray[np.bool_]
    surroundings: float


def find_spots(train: Sample, test: Sample, classes: int) -> list[Spot]:
    """Find the most telling isolated spot and the most frequent fixed value of each class, and score them.

    Returns
    -------
    list of Spot
        Whatever training images suggest; the caller judges by ``p_value`` and ``skill``.
    """
    isolated = _isolated(train, classes) if large_enough(train.split.shape) else ()
    candidates = [*isolated, *_fixed(train, classes)]
    spots = [_scored(candidate, test, classes) for candidate in candidates]
    return _one_of_two(spots) if classes == 2 else spots


def large_enough(shape: Shape) -> bool:
    """Whether images are so large that neighbouring pixels are alike, as isolated spots take for granted."""
    return min(shape[:2]) >= LEAST_SIDE


def _one_of_two(spots: list[Spot]) -> list[Spot]:
    """Of two classes, each is the other's opposite: keep, of each kind and pixel, the one that tells more.

    Of equals, the one whose mark is rarer.
    """
    kept: dict[tuple[str, Pixel], Spot] = {}
    for spot in sorted(spots, key=lambda spot: (-round(spot.skill, 9), spot.share + spot.share_of_others)):
        kept.setdefault((spot.kind, spot.pixel), spot)
    return list(kept.values())


def _isolated(train: Sample, classes: int) -> Iterator[_Candidate]:
    """Pixels that tell a class while those around them do not."""
    halves = [train.labels[start::2] for start in (0, 1)]
    n = np.minimum(*(np.bincount(half, minlength=classes) for half in halves))
    floor = np.maximum(LEAST_SKILL, 2 / np.sqrt(np.maximum(n, 1)))  # four standard errors of a share of a half
    skills = _skill_maps(train, classes)
    for label in range(classes):
        excess, around = _excess(skills[label], floor[label])
        pixel = _peak(excess)
        if excess[pixel] > 0:
            levels = _levels_for(train, pixel, label, classes)
            region = _connected(skills[label][..., pixel[2]] >= skills[label][pixel] / 2, pixel)
            yield _Candidate("giveaway-pixels", label, pixel, region, levels, float(around[pixel]))


def _excess(skill: Floats, floor: float) -> tuple[Floats, Floats]:
    """By how much pixels exceed a ring around them that lacks most of their skill, and the ring; 0 where none does."""
    excess, surroundings = np.zeros_like(skill), np.zeros_like(skill)
    for radius, lacking in RINGS.items():
        around = maximum_filter(skill, footprint=_ring(radius), mode="constant")
        more = (skill > floor) & (around <= (1 - lacking) * skill) & (skill - around > excess)
        excess[more], surroundings[more] = (skill - around)[more], around[more]
    return excess, surroundings


def _skill_maps(train: Sample, classes: int) -> Floats:
    """Skill of the lookup rule "this class or another" at each pixel.

    It is learned on one half of the images and scored on the other, so that without skill it is about 0, not above.
    Returns a float32 array of shape (classes, height, width, channels).
    """
    maps = np.empty((classes, *train.images.shape[1:]), np.float32)
    levels = min(COARSE, train.split.levels)
    halves = [slice(start, None, 2) for start in (0, 1)]
    for rows in _row_blocks(train, classes, levels):
        shares = [
            _shares(train.images[half, rows], train.labels[half], classes, train.split.levels, levels)
            for half in halves
        ]
        both = (_cross_skill(*shares) + _cross_skill(*shares[::-1])) / 2
        maps[:, rows] = both.reshape(classes, -1, *train.images.shape[2:])
    return maps


def _cross_skill(learned: Floats, scored: Floats) -> Floats:
    """Skill of each class's levels, chosen by some images, on others: float32 array of shape (classes, pixels)."""
    return np.asarray(np.where(_against(learned) > 0, _against(scored), 0).sum(axis=2), np.float32)


def _against(shares: Floats) -> Floats:
    """Share of each level in a class, less that in the others, which have the same weight."""
    others = (shares.sum(axis=0) - shares) / max(len(shares) - 1, 1)
    return np.asarray(shares - others, np.float32)


def _levels_for(train: Sample, pixel: Pixel, label: int, classes: int) -> NDArray[np.bool_]:
    """Levels of a pixel that speak for a class, in all training images: bool array of shape (levels,)."""
    row, column, channel = pixel
    levels = min(COARSE, train.split.levels)
    alone = train.images[:, row : row + 1, column : column + 1, channel : channel + 1]
    coarse = _against(_shares(alone, train.labels, classes, train.split.levels, levels))[label, 0] > 0
    return np.asarray(coarse[np.arange(train.split.levels) * levels // train.split.levels])


def _fixed(train: Sample, classes: int) -> Iterator[_Candidate]:
    """Pixels that have a fixed value in some images of a class, and hardly ever in others."""
    levels = train.split.levels
    tolerance = TOLERANCE if levels == 256 else 0
    frequent = _near(np.bincount(train.images.ravel(), minlength=levels) / train.images.size, tolerance) > BACKGROUND
    best = np.zeros((classes, *train.images.shape[1:]), np.float32)
    common = np.zeros_like(best)  # of values that others may have too
    value = np.zeros(best.shape, np.int16)
    for rows in _row_blocks(train, classes, levels):
        shares = _near(_shares(train.images[:, rows], train.labels, classes, levels, levels), tolerance) * ~frequent
        others = shares - _against(shares)
        ours = np.where((shares >= LEAST_SHARE) & (others * TIMES_RARER <= shares), shares, 0)
        form = (classes, -1, *train.images.shape[2:])
        best[:, rows], value[:, rows] = ours.max(axis=2).reshape(form), ours.argmax(axis=2).reshape(form)
        common[:, rows] = shares.max(axis=2).reshape(form)
    for label in range(classes):
        least = FEWEST / max(int((train.labels == label).sum()), 1)
        part = next(_standing_out(best[label], common[label], least), None)
        if part is not None:
            pixel, region, around = part
            own = np.abs(np.arange(levels) - value[label][pixel]) <= tolerance
            yield _Candidate("constant-marker", label, pixel, region, own, around)


def _standing_out(best: Floats, common: Floats, least: float) -> Iterator[tuple[Pixel, NDArray[np.bool_], float]]:
    """Connected parts where a fixed value is frequent and just outside none is: the most frequent first."""
    parts, n = connected_parts(best.max(axis=2) >= least, structure=np.ones((3, 3)))
    peaks = maximum(best.max(axis=2), parts, np.arange(1, n + 1))
    for part in np.argsort(-np.asarray(peaks), kind="stable")[:MOST_PARTS] + 1:
        inside = np.where((parts == part)[..., np.newaxis], best, 0)
        pixel = _peak(inside)
        region = _connected((inside >= inside[pixel] / 2).any(axis=2), pixel)
        edge = binary_dilation(region, np.ones((3, 3))) & ~region
        around = float(common[edge].max(initial=0))
        if around <= MOST_AROUND * inside[pixel]:
            yield pixel, region, around


def _scored(found: _Candidate, test: Sample, classes: int) -> Spot:
    has = found.levels[test.images[(slice(None), *found.pixel)]]
    ours = test.labels == found.label
    with_it, n = int((has & ours).sum()), int(ours.sum())
    others = [
        has[test.labels == label].mean() for label in range(classes) if label != found.label and label in test.labels
    ]
    return Spot(
        found.kind,
        found.label,
        found.pixel,
        found.region,
        found.levels,
        with_it,
        int((has & ~ours).sum()),
        n,
        len(test) - n,
        float(np.mean(others)) if others else 0.0,
        found.surroundings,
        float(hypergeom.sf(with_it - 1, len(test), n, int(has.sum()))),
    )


def _row_blocks(sample: Sample, classes: int, levels: int) -> Iterator[slice]:
    """Rows of pixels, so many that their counts stay small."""
    height, width, channels = sample.images.shape[1:]
    size = max(1, _CELLS // (classes * width * channels * levels))
    for start in range(0, height, size):
        yield slice(start, min(start + size, height))


def _shares(images: NDArray[np.uint8], labels: NDArray[np.intp], classes: int, of_levels: int, levels: int) -> Floats:
    """Fraction of each class's images that have a level: float32 array of shape (classes, pixels, levels)."""
    names = tuple(map(str, range(classes)))
    sketch = Sketch(images.shape[1:], names, Quantization(of_levels, levels))
    sketch.update(np.ascontiguousarray(images), labels)
    n = np.maximum(np.bincount(labels, minlength=classes), 1)
    return np.asarray(sketch.counts / n[:, np.newaxis, np.newaxis], np.float32)


def _near(shares: NDArray[np.floating], tolerance: int) -> NDArray[np.floating]:
    """Share of each level and those up to so many levels away."""
    if tolerance == 0:
        return shares
    padded = np.concatenate([np.zeros((*shares.shape[:-1], tolerance + 1)), shares.cumsum(axis=-1)], axis=-1)
    padded = np.concatenate([padded, np.repeat(padded[..., -1:], tolerance, axis=-1)], axis=-1)
    return np.asarray(padded[..., 2 * tolerance + 1 :] - padded[..., : -2 * tolerance - 1])


def _peak(values: Floats) -> Pixel:
    """Where the largest value is; of equals the first."""
    row, column, channel = np.unravel_index(int(values.argmax()), values.shape)
    return int(row), int(column), int(channel)


def _ring(radius: int) -> NDArray[np.bool_]:
    """Pixels of the same channel that are exactly so far away, in rows or columns."""
    ring = np.ones((2 * radius + 1, 2 * radius + 1, 1), bool)
    ring[1:-1, 1:-1] = False
    return ring


def _connected(mask: NDArray[np.bool_], pixel: Pixel) -> NDArray[np.bool_]:
    """Pixels of a mask that are connected with one of them, also by corners."""
    parts, _ = connected_parts(mask, structure=np.ones((3, 3)))
    return np.asarray(parts == parts[pixel[:2]])
