"""What single pixels tell about the classes of a dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import OptionError
from tooeasy.measures import mutual_information
from tooeasy.pixels.map import PixelMap
from tooeasy.pixels.pairs import Pairs
from tooeasy.pixels.rules import RuleName, fit_rule
from tooeasy.pixels.score import PixelScore, number_or_none, score_pixel
from tooeasy.pixels.search import answered_right, pair_answers
from tooeasy.plotting import Plottable
from tooeasy.sketch import Shape, Sketch

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/pixels/1"
MOST_LISTED = 100_000  # pairs in JSON; of more, the hardest and the easiest
LISTED = 1_000


@dataclass(frozen=True, eq=False)
class PixelStudy(Plottable):
    """How well one pixel tells each pair of classes of a dataset apart.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    train, test : Sketch
        Sketches that everything here follows from; ``test`` is None where nothing is held out.
    held_out : str or None
        What the test images are.
    rule : {"lookup", "threshold", "logistic"}
    C : float
        Inverse strength of the logistic rule's penalty.
    pairs : Pairs
        The best pixel of each pair of classes, in the order (0, 1), (0, 2), ...: a sequence of `PixelScore`, made when
        they are looked at, and arrays of what they say.
    all_classes : PixelScore
        The best pixel for telling all classes apart at once.
    notes : tuple of str
        What a reader should know about the data.

    Examples
    --------
    >>> import tooeasy
    >>> study = tooeasy.study_pixels("mnist", rule="threshold")
    >>> study.shape, len(study.pairs), round(study.mean_accuracy, 3)
    ((28, 28, 1), 45, 0.893)
    >>> study.to_frame().shape
    (45, 15)
    """

    dataset: str
    train: Sketch
    test: Sketch | None
    held_out: str | None
    rule: RuleName
    C: float
    pairs: Pairs
    all_classes: PixelScore
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return (
            f"PixelStudy({self.dataset}, {self.rule} rule: {len(self.pairs)} pairs, "
            f"mean {self.scored_on} accuracy {self.mean_accuracy:.3f})"
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.train.classes

    @property
    def shape(self) -> Shape:
        """Height, width and channels of an image, in pixels."""
        return self.train.shape

    @property
    def scored_on(self) -> Literal["test", "train"]:
        """``"test"``, or ``"train"`` where nothing is held out."""
        return "train" if self.test is None else "test"

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """Accuracy of each pair, as `PixelScore.accuracy`: float64 array of shape (pairs,)."""
        return self.pairs.accuracy

    @property
    def easiest(self) -> PixelScore:
        """The pair with the highest accuracy."""
        return self.pairs[int(np.nan_to_num(self.accuracies, nan=-1.0).argmax())]

    @property
    def hardest(self) -> PixelScore:
        """The pair with the lowest accuracy."""
        return self.pairs[int(np.nan_to_num(self.accuracies, nan=2.0).argmin())]

    @property
    def mean_accuracy(self) -> float:
        """Mean accuracy of the pairs that could be scored; NaN if none could."""
        scored = self.accuracies[~np.isnan(self.accuracies)]
        return float(scored.mean()) if len(scored) else np.nan

    def hardest_and_easiest(self, most: int) -> list[PixelScore]:
        """Return pairs from the hardest to the easiest.

        Parameters
        ----------
        most : int
            How many, half from each end of those that could be scored; all, where there are at most so many.

        Returns
        -------
        list of PixelScore
        """
        order = np.argsort(self.accuracies, kind="stable")  # NaN comes last
        if len(order) > most:
            order = order[: int((~np.isnan(self.accuracies)).sum())]
        if len(order) > most:
            order = np.concatenate([order[: most - most // 2], order[len(order) - most // 2 :]])
        return [self.pairs[int(index)] for index in order]

    def pair(self, a: str | int, b: str | int) -> PixelScore:
        """Return the best pixel of one pair of classes.

        Parameters
        ----------
        a, b : str or int
            The classes, by name or position, in either order.

        Returns
        -------
        PixelScore
        """
        first, second = sorted((self._class(a), self._class(b)))
        if first == second:
            raise OptionError(f"a pair is two different classes; found {self.classes[first]!r} twice")
        return self.pairs[self.pairs.position(first, second)]

    def score(self, a: str | int, b: str | int, pixel: tuple[int, int, int]) -> PixelScore:
        """Score the rule at any pixel of one pair, as `pair` does at the best.

        Parameters
        ----------
        a, b : str or int
            The classes, by name or position, in either order.
        pixel : tuple of int
            Row, column and channel, counted from zero.

        Returns
        -------
        PixelScore
        """
        try:
            flat = int(np.ravel_multi_index(pixel, self.shape))
        except ValueError as error:
            raise OptionError(f"a pixel is (row, column, channel) within {self.shape}; found {pixel}") from error
        members = self.pair(a, b).classes
        rule = fit_rule(self.rule, self.train.counts[list(members), flat], self.C)
        return score_pixel(self.train, self.test, members, flat, rule)

    def map(self, a: str | int, b: str | int) -> PixelMap:
        """Map of how well each pixel tells two classes apart.

        Parameters
        ----------
        a, b : str or int
            The classes, by name or position.

        Returns
        -------
        PixelMap
        """
        first, second = self.pair(a, b).classes
        members = [first, second]
        answers = pair_answers(self.train.counts, first, second, self.rule, self.C)
        n = self.train.images_per_class[members]
        means = self.train.sums[members] / n[:, np.newaxis] / (self.train.levels - 1)
        return PixelMap(
            self.dataset,
            self.classes[first],
            self.classes[second],
            self.rule,
            (answered_right(self.train.counts, first, second, answers) / n.sum()).reshape(self.shape),
            self._test_accuracy(first, second, answers),
            mutual_information(self.train.counts[members]).reshape(self.shape),
            means.reshape(2, *self.shape),
        )

    def _test_accuracy(self, first: int, second: int, answers: NDArray[np.bool_]) -> NDArray[np.float64]:
        n = np.zeros(2) if self.test is None else self.test.images_per_class[[first, second]]
        if self.test is None or not n.all():
            return np.full(self.shape, np.nan)
        return np.asarray((answered_right(self.test.counts, first, second, answers) / n.sum()).reshape(self.shape))

    def summary(self) -> dict[str, Any]:
        """Return the study in a few numbers.

        Returns
        -------
        dict
            How many pairs reach 0.90 and 0.95, the extremes, the mean.
        """
        return {
            "pairs": len(self.pairs),
            "scored_on": self.scored_on,
            "at_least_0.90": int((self.accuracies >= 0.90).sum()),
            "at_least_0.95": int((self.accuracies >= 0.95).sum()),
            "easiest": self._named(self.easiest),
            "hardest": self._named(self.hardest),
            "mean_train_accuracy": float(self.pairs.train_accuracy.mean()),
            "mean_test_accuracy": None if self.test is None else number_or_none(self.mean_accuracy),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the study as plain values.

        Returns
        -------
        dict
            One entry of ``results`` in ``tooeasy pixels --json``.
        """
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "image_shape": list(self.shape),
            "levels": self.train.levels,
            "n_train": int(self.train.images_per_class.sum()),
            "n_test": 0 if self.test is None else int(self.test.images_per_class.sum()),
            "held_out": self.held_out,
            "notes": list(self.notes),
            "pairs": [{"a": pair.classes[0], "b": pair.classes[1], **pair.to_dict()} for pair in self._listed()],
            "all_classes": self.all_classes.to_dict(),
            "summary": self.summary(),
        }

    def _listed(self) -> Sequence[PixelScore]:
        """Pairs that JSON has room for."""
        return self.pairs if len(self.pairs) <= MOST_LISTED else self.hardest_and_easiest(2 * LISTED)

    def to_records(self) -> list[dict[str, Any]]:
        """Return one flat row a pair, without what the rule learned.

        Returns
        -------
        list of dict
            In the order of ``pairs``.
        """
        rows: list[dict[str, Any]] = self.to_frame().astype(object).to_dict("records")  # type: ignore[assignment]
        return [{name: None if value != value else value for name, value in row.items()} for row in rows]  # NaN

    def to_frame(self) -> pd.DataFrame:
        """Return one row a pair, without what the rule learned, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            In the order of ``pairs``.
        """
        import pandas as pd

        columns = self.pairs.columns()
        names = np.array(self.classes, object)
        of_classes = {"class_a": names[self.pairs.first], "class_b": names[self.pairs.second]}
        return pd.DataFrame({"dataset": self.dataset, **of_classes, **columns})

    def _class(self, name: str | int) -> int:
        if isinstance(name, str) and name in self.classes:
            return self.classes.index(name)
        if isinstance(name, (int, np.integer)) and 0 <= name < len(self.classes):
            return int(name)
        raise OptionError(f"{self.dataset} has no class {name!r}; its classes are {', '.join(self.classes[:20])}")

    def _named(self, pair: PixelScore) -> dict[str, Any]:
        a, b = pair.classes
        return {
            "a": a,
            "b": b,
            "classes": [self.classes[a], self.classes[b]],
            f"{self.scored_on}_accuracy": number_or_none(pair.accuracy),
        }


def to_json_object(studies: Sequence[PixelStudy]) -> dict[str, Any]:
    """Return what ``tooeasy pixels --json`` prints: studies made with the same options."""
    first = studies[0]
    levels = {study.train.levels for study in studies}
    return {
        "schema": SCHEMA,
        "rule": first.rule,
        "normalize": first.train.quantization.normalize,
        "levels": levels.pop() if len(levels) == 1 else None,
        "C": first.C if first.rule == "logistic" else None,
        "results": [study.to_dict() for study in studies],
    }
