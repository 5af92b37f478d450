"""How many pixels a linear rule needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tooeasy.data import Dataset, Source, Split
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.plotting import Plottable
from tooeasy.scores import Score
from tooeasy.sketch import Shape
from tooeasy.templates.features import moments_of, score_all
from tooeasy.templates.fit import least_squares
from tooeasy.templates.lasso import lasso_path
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.selection import forward_selection, refit
from tooeasy.templates.study import held_out

if TYPE_CHECKING:
    import pandas as pd

FRACTIONS = (0.80, 0.90, 0.95, 0.99)  # of the full rule's accuracy
APART = 1.08  # times as many pixels, from one point of the lasso's curve to the next
SCHEMA = "tooeasy/pixels-budget/1"
Road = Literal["forward", "lasso"]


@dataclass(frozen=True, eq=False)
class PixelOrder(Plottable):
    """The pixels that a linear rule wants, in order: of selection, or of first use along the lasso path.

    Attributes
    ----------
    dataset : str
    road : {"forward", "lasso"}
        How they were chosen.
    pixels : tuple of tuple of int
        (row, column, channel), the first wanted first.
    mean : float64 array of shape (height, width, channels)
        Mean of the training images, in [0, 1].
    """

    dataset: str
    road: Road
    pixels: tuple[tuple[int, int, int], ...]
    mean: Floats


@dataclass(frozen=True, eq=False)
class BudgetCurve:
    """Accuracy of least squares on few pixels.

    Attributes
    ----------
    pixels : tuple of int
        How many.
    scores : tuple of Score
        On held-out images, of the rule fitted again on so many.
    """

    pixels: tuple[int, ...]
    scores: tuple[Score, ...]

    @property
    def test_accuracy(self) -> Floats:
        """Fraction of held-out images right: float64 array of shape (points,)."""
        return np.array([score.test_accuracy for score in self.scores])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "pixels": list(self.pixels),
            "test_accuracy": self.test_accuracy.tolist(),
            "test_interval": [list(score.test_interval) for score in self.scores],
        }


@dataclass(frozen=True, eq=False)
class BudgetStudy(Plottable):
    """How well a linear rule does with few pixels, chosen one by one or by the lasso.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
        All classes, or those of the pair.
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    held_out : str
        What the held-out images are.
    forward, lasso : BudgetCurve
        By forward selection, and by the pixels in use along the lasso path.
    forward_order, lasso_order : PixelOrder
        The pixels themselves.
    full : Score
        Of least squares on all pixels, the solution of minimum norm.
    enough : dict of float to int
        The smallest number of forward-selected pixels whose held-out accuracy is at least a fraction of the full
        rule's: the first found between two points of the curve. It is read off the held-out curve, and describes these
        images; on others, a few pixels more or fewer would do. Fractions that no number of pixels reaches are left out.
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> budget = tooeasy.study_budget("digits")
    >>> budget.enough[0.9], round(budget.full.test_accuracy, 2)
    (12, 0.93)
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    held_out: str
    forward: BudgetCurve
    lasso: BudgetCurve
    forward_order: PixelOrder
    lasso_order: PixelOrder
    full: Score
    enough: dict[float, int]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        few = ", ".join(f"{_pixels(k)} for {fraction:.0%}" for fraction, k in self.enough.items())
        return f"BudgetStudy({self.dataset}, {len(self.classes)} classes: {few} of {self.full.test_accuracy:.3f})"

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each way to choose pixels and each number of them, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            By road, then by pixels.
        """
        import pandas as pd

        rows = [
            (self.dataset, road, pixels, score.test_accuracy, *score.test_interval)
            for road, curve in (("forward", self.forward), ("lasso", self.lasso))
            for pixels, score in zip(curve.pixels, curve.scores, strict=True)
        ]
        return pd.DataFrame(rows, columns=["dataset", "road", "pixels", "test_accuracy", "test_low", "test_high"])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            One entry of ``results`` in ``tooeasy pixels --budget --json``.
        """
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "image_shape": list(self.shape),
            "held_out": self.held_out,
            "full": self.full.to_dict(),
            "enough": [{"fraction": fraction, "pixels": k} for fraction, k in self.enough.items()],
            "forward": {**self.forward.to_dict(), "order": [list(pixel) for pixel in self.forward_order.pixels]},
            "lasso": {**self.lasso.to_dict(), "order": [list(pixel) for pixel in self.lasso_order.pixels]},
            "notes": list(self.notes),
        }


def study_budget(
    source: Source,
    *,
    pair: tuple[str | int, str | int] | None = None,
    test: Source | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> BudgetStudy:
    """Find how many pixels a linear rule needs, and which.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes. All classes follow from a sketch with moments; a pair needs the training images.
    pair : tuple of two classes, optional
        Names or positions; by default all classes are told apart.
    test : source, optional
        Score on these images instead of the dataset's own test split.
    seed : int, default 0
        For the hold-out (20 % of each class) where there is no test split.
    threads : int, optional
        By default one for each core.

    Returns
    -------
    BudgetStudy
        Pixels are selected on training images: forward, each the one that leaves the smallest sum of squares with those
        before it; and by the lasso, those in use as the penalty falls. The rule is fitted again by least squares on the
        pixels selected, and scored on held-out images. With fewer images than pixels, forward selection ends where it
        fits the training images exactly.

    Raises
    ------
    NotAtHandError
        If nothing is held out, no held-out image is of the pair, or a pair is wanted and only a sketch of the training
        images is here.
    OptionError
        If a class is not known.

    Examples
    --------
    >>> budget = study_budget("mnist")
    >>> budget.enough[0.8], budget.enough[0.95]
    (15, 49)
    """
    data = held_out(source, test, seed)
    if data.test is None:
        raise NotAtHandError(f"{data.name} has no held-out images to score on; give the test images too")
    members = None if pair is None else _members(data, pair)
    moments = moments_of(data.train, members=members, threads=threads)
    with threadpool_limits(1, "blas"):  # small products: on a busy machine, two threads took eight times as long
        order = forward_selection(moments)
        full = score_all([least_squares(moments)], data.test, members=members)[0]
        if full.images == 0:
            raise NotAtHandError(f"{data.name} has no held-out image of these classes")
        forward, enough = _forward_curve(moments, order, data.test, members, full)
        lasso, lasso_order = _lasso_curve(moments, data.test, members, threads)
    mean = moments.mean.reshape(data.shape)
    return BudgetStudy(
        data.name,
        data.classes if members is None else tuple(data.classes[member] for member in members),
        data.shape,
        data.held_out or "",
        forward,
        lasso,
        PixelOrder(data.name, "forward", _positions(order, data.shape), mean),
        PixelOrder(data.name, "lasso", _positions(lasso_order, data.shape), mean),
        full,
        enough,
        (*data.remarks(), *_notes(forward, full)),
    )


def to_json_object(studies: Sequence[BudgetStudy]) -> dict[str, Any]:
    """Return what ``tooeasy pixels --budget --json`` prints."""
    return {"schema": SCHEMA, "results": [study.to_dict() for study in studies]}


def _notes(forward: BudgetCurve, full: Score) -> list[str]:
    """Say if few pixels did clearly better on these images than all: then fractions of all say little."""
    best = int(forward.test_accuracy.argmax())
    if forward.scores[best].test_interval[0] <= full.test_interval[1]:
        return []
    few = f"{_pixels(forward.pixels[best])} right {forward.test_accuracy[best]:.1%} of the time"
    return [f"on these held-out images, few pixels do better than all: {few}, all {full.test_accuracy:.1%}"]


def _pixels(k: int) -> str:
    return f"{k} pixel{'s' if k != 1 else ''}"


def _members(data: Dataset, pair: tuple[str | int, str | int]) -> list[int]:
    if len(pair) != 2:
        raise OptionError(f"a pair is two different classes; found {len(pair)}")
    members = []
    for name in pair:
        if isinstance(name, str) and name in data.classes:
            members.append(data.classes.index(name))
        elif isinstance(name, (int, np.integer)) and 0 <= name < len(data.classes):
            members.append(int(name))
        else:
            raise OptionError(f"{data.name} has no class {name!r}; its classes are {', '.join(data.classes[:20])}")
    if members[0] == members[1]:
        raise OptionError(f"a pair is two different classes; found {data.classes[members[0]]!r} twice")
    return sorted(members)


def budgets(most: int) -> list[int]:
    """Numbers of pixels to try: 1, 2, 3, 5, 8, ..., each the sum of the two before, and all."""
    points = [1, 2]
    while points[-1] + points[-2] < most:
        points.append(points[-1] + points[-2])
    return [*(k for k in points if k < most), most]


def _score_first(
    moments: Moments, order: NDArray[np.intp], ks: Sequence[int], test: Split, members: Sequence[int] | None
) -> dict[int, Score]:
    scores = score_all([refit(moments, order[:k]) for k in ks], test, members=members) if ks else []
    return dict(zip(ks, scores, strict=True))


def _forward_curve(
    moments: Moments, order: NDArray[np.intp], test: Split, members: Sequence[int] | None, full: Score
) -> tuple[BudgetCurve, dict[float, int]]:
    """Score the curve's points; then all numbers between the last one that falls short and the first that does not."""
    points = budgets(len(order))
    found = _score_first(moments, order, points, test, members)
    between: set[int] = set()
    goals = {fraction: fraction * full.test_accuracy for fraction in FRACTIONS}
    for goal in goals.values():
        reached = next((k for k in points if found[k].test_accuracy >= goal), None)
        if reached is not None:
            below = max((k for k in points if k < reached), default=0)
            between |= set(range(below + 1, reached))
    found |= _score_first(moments, order, sorted(between), test, members)
    enough = {}
    for fraction, goal in goals.items():
        reached = next((k for k in sorted(found) if found[k].test_accuracy >= goal), None)
        if reached is not None:
            enough[fraction] = reached
    return BudgetCurve(tuple(sorted(found)), tuple(found[k] for k in sorted(found))), enough


def _lasso_curve(
    moments: Moments, test: Split, members: Sequence[int] | None, threads: int | None
) -> tuple[BudgetCurve, NDArray[np.intp]]:
    path = lasso_path(moments, threads=threads)
    order: list[int] = []
    sets: dict[int, NDArray[np.intp]] = {}
    for number in range(len(path.alphas)):
        used = path.used(number)
        size = np.abs(path.weights[number]).sum(axis=0)
        known = set(order)
        fresh = [int(pixel) for pixel in used if pixel not in known]
        order += sorted(fresh, key=lambda pixel: -size[pixel])
        if len(used) > APART * max(sets, default=0):
            sets[len(used)] = used
    ks = sorted(sets)
    scores = score_all([refit(moments, sets[k]) for k in ks], test, members=members) if ks else []
    return BudgetCurve(tuple(ks), tuple(scores)), np.array(order, np.intp)


def _positions(pixels: NDArray[np.intp], shape: Shape) -> tuple[tuple[int, int, int], ...]:
    return tuple((int(r), int(c), int(k)) for r, c, k in zip(*np.unravel_index(pixels, shape), strict=True))
