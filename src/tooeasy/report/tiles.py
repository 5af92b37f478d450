"""Pictures with their names: class means, differences of means, templates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from tooeasy.explore import ClassDifferences, ClassImages, grey_pictures, to_pictures
from tooeasy.pixels import PixelMap, PixelStudy
from tooeasy.report.pictures import diverging, picture
from tooeasy.templates import TemplateStudy

MOST_CLASSES = 30  # that get a picture
PAIRS = 4  # of the hardest, and of the easiest


@dataclass(frozen=True)
class Tile:
    """A picture with its name.

    Attributes
    ----------
    label, note : str
        Below it.
    source : str
        Data URI.
    text : str
        What it shows, for those who do not see it.
    """

    label: str
    note: str
    source: str
    text: str


@dataclass(frozen=True)
class Tiles:
    """Pictures that are looked at together.

    Attributes
    ----------
    name : str
        Of what they show, as a file name.
    tiles : tuple of Tile
    remark : str
        Empty, or which ones these are.
    """

    name: str
    tiles: tuple[Tile, ...]
    remark: str = ""


def mean_tiles(means: ClassImages) -> Tiles:
    """Lay out the mean image of each class."""
    shown = means.extremes(MOST_CLASSES)
    pictures = to_pictures(means.images[shown])
    tiles = [
        Tile(means.classes[label], f"{int(means.images_per_class[label]):,}", picture(one), _mean_of(means, label))
        for label, one in zip(shown, pictures, strict=True)
    ]
    return Tiles(f"{means.dataset}-means", tuple(tiles), _remark(len(means.classes), "least and most like the others"))


def _mean_of(means: ClassImages, label: int) -> str:
    return f"mean image of {means.classes[label]}"


def difference_tiles(differences: ClassDifferences, study: PixelStudy, limit: float) -> Tiles:
    """Lay out differences of mean images, of the pairs that one pixel tells apart worst and best."""
    tiles = []
    for pair in study.hardest_and_easiest(2 * PAIRS):
        a, b = (study.classes[member] for member in pair.classes)
        source = diverging(_difference(differences, pair.classes), limit)
        trained = "" if study.scored_on == "test" else "train "
        rate = "not scored" if np.isnan(pair.accuracy) else f"{trained}{100 * pair.accuracy:.1f}%"
        tiles.append(Tile(f"{a} − {b}", rate, source, _less(a, b)))  # noqa: RUF001
    return Tiles(f"{differences.dataset}-differences", tuple(tiles))


def map_tiles(found: PixelMap) -> Tiles:
    """Lay out how well each pixel tells two classes apart, bright where it does, beside the two mean images."""
    best = found.train_accuracy.max(axis=2)
    place = np.unravel_index(int(best.argmax()), best.shape)
    title = f"best: row {place[0]}, column {place[1]}"
    told = f"train accuracy of each pixel for {found.a} and {found.b}; {title}, {best.max():.1%}"
    means = to_pictures(found.means)
    tiles = [
        Tile("train accuracy", f"{title}, {best.max():.1%}", picture(shaded(best)), told),
        *(
            Tile(name, "mean", picture(mean), f"mean image of {name}")
            for name, mean in zip((found.a, found.b), means, strict=True)
        ),
    ]
    return Tiles(f"{found.dataset}-map", tuple(tiles))


def shaded(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours of accuracies, from a half (dark) to one (bright): float64 array of shape (..., 3)."""
    return np.asarray(colormaps["viridis"](np.clip(2 * accuracy - 1, 0, 1))[..., :3], np.float64)


def own_difference_tiles(differences: ClassDifferences) -> Tiles:
    """Lay out differences of mean images, of the pairs whose means differ most and least."""
    pairs = [differences.pairs[number] for number in differences.extremes(2 * PAIRS)]
    shown = [_difference(differences, pair) for pair in pairs]
    limit = max(float(np.abs(one).max()) for one in shown)
    tiles = []
    for pair, one in zip(pairs, shown, strict=True):
        a, b = (differences.classes[member] for member in pair)
        tiles.append(Tile(f"{a} − {b}", "", diverging(one, limit), _less(a, b)))  # noqa: RUF001
    return Tiles(f"{differences.dataset}-differences", tuple(tiles))


def _less(a: str, b: str) -> str:
    return f"mean image of {a} less that of {b}: red where {a} is brighter, blue where {b} is"


def difference_limit(differences: ClassDifferences, study: PixelStudy) -> float:
    """Largest magnitude in the differences that are shown."""
    shown = [_difference(differences, pair.classes) for pair in study.hardest_and_easiest(2 * PAIRS)]
    return max(float(np.abs(one).max()) for one in shown)


def _difference(differences: ClassDifferences, members: Sequence[int]) -> NDArray[np.float64]:
    a, b = members[0], members[1]
    return np.asarray(grey_pictures(differences.difference(a, b)[np.newaxis])[0], np.float64)


def template_tiles(study: TemplateStudy) -> Tiles:
    """Lay out the template of each class: red where light speaks for the class, blue where it speaks against it."""
    weights = grey_pictures(study.weights)
    limit = float(np.quantile(np.abs(weights), 0.995))  # a few strong pixels would leave the rest blank
    tiles = [
        Tile(
            name,
            "",
            diverging(weights[label], limit),
            f"template of {name}: red where light speaks for {name}, blue where it speaks against it",
        )
        for label, name in enumerate(study.classes[:MOST_CLASSES])
    ]
    return Tiles(f"{study.dataset}-templates", tuple(tiles), _remark(len(study.classes), "first"))


def _remark(classes: int, which: str) -> str:
    if classes <= MOST_CLASSES:
        return ""
    return f"{MOST_CLASSES} of {classes:,} classes are shown: the {which}"
