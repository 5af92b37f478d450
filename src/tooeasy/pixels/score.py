"""How well a rule at one pixel tells classes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.measures import balanced_accuracy, mutual_information, wilson_interval
from tooeasy.pixels.rules import Rule
from tooeasy.sketch import Sketch


@dataclass(frozen=True, eq=False)
class PixelScore:
    """How well a rule at one pixel tells classes apart.

    Attributes
    ----------
    classes : tuple of int
        The classes, as positions in the study's ``classes``.
    row, column, channel : int
        The pixel, counted from zero.
    train_accuracy : float
        Fraction of training images right. The pixel was selected by it, so it flatters.
    test_accuracy : float
        Fraction of held-out images right; NaN without any.
    test_interval : tuple of float
        95 % Wilson interval of the test accuracy.
    majority : float
        Fraction of held-out images right (of training images, where none are held out) when always answering the class
        that is more frequent in training.
    balanced_test_accuracy : float
        Mean over the classes of the fraction of each one's held-out images that are right.
    mutual_information_bits : float
        What the pixel's level says about the class in the training images, in bits.
    scored_on : {"test", "train"}
        "train" where nothing is held out.
    rule : Rule
        What was learned.

    Examples
    --------
    >>> import tooeasy
    >>> best = tooeasy.study_pixels("mnist").pair("3", "5")
    >>> best.row, best.column, round(best.test_accuracy, 3)
    (11, 16, 0.769)
    """

    classes: tuple[int, ...]
    row: int
    column: int
    channel: int
    train_accuracy: float
    test_accuracy: float
    test_interval: tuple[float, float]
    majority: float
    balanced_test_accuracy: float
    mutual_information_bits: float
    scored_on: Literal["test", "train"]
    rule: Rule

    def __repr__(self) -> str:
        pair = " and ".join(map(str, self.classes)) if len(self.classes) < 3 else f"{len(self.classes)}"
        return (
            f"PixelScore(classes {pair}: {self.rule.name} at row {self.row}, column {self.column}, channel "
            f"{self.channel}; {self.scored_on} accuracy {self.accuracy:.3f})"
        )

    @property
    def accuracy(self) -> float:
        """Test accuracy, NaN if no held-out image is of these classes; training accuracy where nothing is held out."""
        return self.test_accuracy if self.scored_on == "test" else self.train_accuracy

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the classes.

        Returns
        -------
        dict
            What is not known is None.
        """
        position = {"row": self.row, "column": self.column, "channel": self.channel}
        scores = {
            name: number_or_none(getattr(self, name))
            for name in (
                "train_accuracy",
                "test_accuracy",
                "majority",
                "balanced_test_accuracy",
                "mutual_information_bits",
            )
        }
        interval = None if np.isnan(self.test_accuracy) else list(self.test_interval)
        return {**position, **scores, "test_interval": interval, "parameters": self.rule.parameters}


def score_pixel(train: Sketch, test: Sketch | None, members: tuple[int, ...], pixel: int, rule: Rule) -> PixelScore:
    """Score a rule for the member classes at one pixel."""
    counts = train.counts[list(members), pixel].astype(np.int64)
    right = _right(counts, rule)
    most_frequent = int(counts.sum(axis=1).argmax())
    row, column, channel = (int(i) for i in np.unravel_index(pixel, train.shape))
    held_out = counts if test is None else test.counts[list(members), pixel].astype(np.int64)
    n, right_test = held_out.sum(axis=1), _right(held_out, rule)
    unscored = (n == 0).any() if len(members) == 2 else n.sum() == 0  # of a pair, both classes must be there
    unknown = test is None or bool(unscored)
    low, high = wilson_interval(right_test.sum(), n.sum())
    return PixelScore(
        classes=members,
        row=row,
        column=column,
        channel=channel,
        train_accuracy=float(right.sum() / counts.sum()),
        test_accuracy=np.nan if unknown else float(right_test.sum() / n.sum()),
        test_interval=(np.nan, np.nan) if unknown else (float(low), float(high)),
        majority=float(n[most_frequent] / n.sum()) if n.sum() else np.nan,
        balanced_test_accuracy=np.nan if unknown else float(balanced_accuracy(right_test, n)),
        mutual_information_bits=float(mutual_information(counts)),
        scored_on="train" if test is None else "test",
        rule=rule,
    )


def _right(counts: NDArray[np.int64], rule: Rule) -> NDArray[np.int64]:
    """Images of each class that the rule gets right."""
    answered = rule.answers[np.newaxis, :] == np.arange(len(counts))[:, np.newaxis]
    return np.asarray((counts * answered).sum(axis=1), np.int64)


def number_or_none(value: float) -> float | None:
    """Return a number for JSON, which has no NaN."""
    return None if np.isnan(value) else float(value)
