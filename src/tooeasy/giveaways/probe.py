"""Does it predict the class? Held-out scores of small classifiers, and what chance would give them.

What a probe learns and selects, it takes from training images. Were the class independent of what it looks at, the
labels of the held-out images could stand in any order, whatever was learned: shuffling them gives the null distribution
exactly, for any classifier and any selection, without fitting again (a permutation test conditional on the fitted rule;
Good, *Permutation, Parametric and Bootstrap Tests*, 2005). What follows from a shuffle is a table with the same margins
as the confusion matrix, which SciPy draws directly; with many classes, shuffling is quicker.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import random_table

from tooeasy.giveaways.finding import Value
from tooeasy.scores import Score

SHUFFLES = 9_999
FIRST = 999  # shuffles that come first
CLEAR = 50  # of these as high: then the p-value is about 5 % or more, and nothing is gained by drawing the others
_BLOCK = 2**22  # cells of tables that are drawn at once


class Single(NamedTuple):
    """The one class that answers tell best from the others.

    Attributes
    ----------
    label : int
    share, share_of_others : float
        Fraction of its held-out images that were answered with it, and of the others', each class with the same weight.
    low_skill : float
        Lower end of the interval of the difference; of all classes, the chance that one is too high is 2.5 %.
    """

    label: int
    share: float
    share_of_others: float
    low_skill: float

    @property
    def skill(self) -> float:
        """Difference of the two: 1 where exactly the images of the class were answered with it."""
        return self.share - self.share_of_others


@dataclass(frozen=True, eq=False)
class Probe:
    """A small classifier that looks at something that should not tell the class.

    Attributes
    ----------
    check, subject : str
        Of the finding that it may lead to.
    looks_at : str
        For people.
    score : Score
        On held-out images.
    p_value : float
        Fraction of shuffles of the held-out labels that give it as high a balanced accuracy.
    """

    check: str
    subject: str
    looks_at: str
    score: Score
    p_value: float

    @classmethod
    def of(
        cls,
        about: tuple[str, str, str],
        labels: NDArray[np.intp],
        answers: NDArray[np.intp],
        classes: int,
        seed: int,
    ) -> Probe:
        """Score answers to held-out images; ``about`` is check, subject and what it looks at."""
        score = Score.of(labels, answers, classes)
        return cls(*about, score, shuffled_p_value(score.confusion, seed))

    @property
    def accuracy(self) -> float:
        """Balanced held-out accuracy: the mean over the classes that have held-out images."""
        return balanced(self.score.confusion)

    @property
    def chance(self) -> float:
        """Balanced accuracy of whoever always answers the same: one over the number of classes."""
        return 1 / max(int((self.score.confusion.sum(axis=1) > 0).sum()), 1)

    @property
    def skill(self) -> float:
        """How far it gets from chance to always right, as a fraction."""
        return (self.accuracy - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0

    @cached_property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the balanced accuracy."""
        return balanced_interval(self.score.confusion)

    @property
    def low_skill(self) -> float:
        """Skill at the lower end of the interval; never above the skill."""
        return (self.interval[0] - self.chance) / (1 - self.chance) if self.chance < 1 else 0.0

    @cached_property
    def single(self) -> Single | None:
        """The class that is told best; None for two classes, where each is told as well as the other."""
        return best_single(self.score.confusion)

    def evidence(self) -> dict[str, Value]:
        """Return the numbers for a finding."""
        return {
            "balanced_test_accuracy": self.accuracy,
            "balanced_test_low": self.interval[0],
            "balanced_test_high": self.interval[1],
            "chance": self.chance,
            "test_accuracy": self.score.test_accuracy,
            "majority": self.score.largest_class,
            "n_test": self.score.images,
            "p_value": self.p_value,
        }


def balanced(confusion: NDArray[np.integer]) -> float:
    """Mean fraction right over the classes that have images; NaN without any."""
    n = confusion.sum(axis=1)
    return float((np.diag(confusion)[n > 0] / n[n > 0]).mean()) if n.any() else np.nan


def balanced_interval(confusion: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of the balanced accuracy, from the variance of each class's fraction.

    The variance is that of Agresti and Coull's fraction, two more right and two more wrong, but of n images, not of
    n + 4, which would cover too seldom around the fraction itself.

    References
    ----------
    A. Agresti and B. A. Coull, "Approximate is better than exact for interval estimation of binomial proportions",
    The American Statistician 52 (1998).
    """
    n = confusion.sum(axis=1)
    right, n = np.diag(confusion)[n > 0], n[n > 0]
    rate = (right + 2) / (n + 4)
    half = 1.96 * float(np.sqrt((rate * (1 - rate) / n).sum())) / len(n)
    middle = balanced(confusion)
    return max(0.0, middle - half), min(1.0, middle + half)


def best_single(confusion: NDArray[np.integer]) -> Single | None:
    """Of three classes or more, find the one whose lower end of skill is highest.

    Examples
    --------
    >>> best_single(np.array([[50, 0, 0], [0, 25, 25], [0, 25, 25]])).label
    0
    """
    n = confusion.sum(axis=1)
    labels = np.flatnonzero(n > 0)
    if len(labels) < 3:
        return None
    n, answered = n[labels], confusion[np.ix_(labels, labels)]
    shares = answered / n[:, np.newaxis]
    rates = (answered + 2) / (n[:, np.newaxis] + 4)
    variances = rates * (1 - rates) / n[:, np.newaxis]
    of_others = (shares.sum(axis=0) - np.diag(shares)) / (len(labels) - 1)
    variance = np.diag(variances) + (variances.sum(axis=0) - np.diag(variances)) / (len(labels) - 1) ** 2
    low = np.diag(shares) - of_others - NormalDist().inv_cdf(1 - 0.025 / len(labels)) * np.sqrt(variance)
    best = int(low.argmax())
    return Single(int(labels[best]), float(shares[best, best]), float(of_others[best]), float(low[best]))


def shuffled_p_value(confusion: NDArray[np.int64], seed: int) -> float:
    """Compute how often shuffled labels give answers as high a balanced accuracy as the true ones.

    Parameters
    ----------
    confusion : int64 array of shape (classes, classes)
        Held-out images by class and answer.
    seed : int

    Returns
    -------
    float
        At least 1 / 10,000: the true order is one of the shuffles. From 999 shuffles where these already say that it
        is no discovery, else from 9,999.

    Notes
    -----
    Stopping early keeps the test valid at every level below 5 %: whoever stops has a p-value of at least 5 %, so that a
    smaller one is always of all 9,999 shuffles.

    References
    ----------
    J. Besag and P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78 (1991).

    Examples
    --------
    >>> shuffled_p_value(np.array([[50, 0], [0, 50]]), seed=0)
    0.0001
    >>> shuffled_p_value(np.array([[25, 25], [25, 25]]), seed=0) > 0.4
    True
    """
    kept_rows, kept_columns = confusion.sum(axis=1) > 0, confusion.sum(axis=0) > 0
    margins = confusion.sum(axis=1)[kept_rows], confusion.sum(axis=0)[kept_columns]
    if len(margins[0]) < 2 or len(margins[1]) < 2:
        return 1.0  # all answers alike: every order gives the same
    ours = np.flatnonzero(kept_rows)[:, np.newaxis] == np.flatnonzero(kept_columns)
    weights = np.where(ours, 1 / margins[0][:, np.newaxis], 0.0)
    reached = (confusion[kept_rows][:, kept_columns] * weights).sum()
    random = np.random.default_rng(seed)
    # The distribution is the same. Drawing a table costs by its cells, shuffling by images: 31 beside 58 microseconds
    # with 50 classes and 2,000 images, 53 beside 37 with 100 and 2,000, 3.3 beside 1.3 ms with 1,000 and 50,000.
    draw = _tables if weights.size <= 2 * margins[0].sum() else _orders

    def as_high(shuffles: int) -> int:
        return sum(int((scores >= reached - 1e-9).sum()) for scores in draw(*margins, weights, shuffles, random))

    first = as_high(FIRST)
    if first >= CLEAR:
        return (first + 1) / (FIRST + 1)
    return (first + as_high(SHUFFLES - FIRST) + 1) / (SHUFFLES + 1)


def _tables(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    weights: NDArray[np.float64],
    shuffles: int,
    random: np.random.Generator,
) -> Iterator[NDArray[np.float64]]:
    """Yield sums of weights over confusion matrices with these margins, drawn as shuffled labels would give them."""
    for draws in _in_blocks(shuffles, weights.size):
        tables = random_table.rvs(rows, columns, size=draws, random_state=random)
        yield np.einsum("tij,ij->t", tables, weights)


def _orders(
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    weights: NDArray[np.float64],
    shuffles: int,
    random: np.random.Generator,
) -> Iterator[NDArray[np.float64]]:
    """Yield the same, by shuffling the labels themselves. An answer has weight for one label, or for none."""
    labels, wanted = np.repeat(np.arange(len(rows)), rows), weights.argmax(axis=0)
    answers, worth = np.repeat(wanted, columns), np.repeat(weights[wanted, np.arange(len(columns))], columns)
    for draws in _in_blocks(shuffles, len(labels)):
        orders = random.permuted(np.tile(labels, (draws, 1)), axis=1)
        yield np.where(orders == answers, worth, 0.0).sum(axis=1)


def _in_blocks(shuffles: int, cells: int) -> Iterator[int]:
    most = max(1, _BLOCK // cells)
    yield from (min(most, shuffles - start) for start in range(0, shuffles, most))


def discoveries(p_values: Sequence[float], rate: float) -> NDArray[np.bool_]:
    """Say which of several tests are discoveries, so that on average at most a rate of these are false.

    Parameters
    ----------
    p_values : sequence of float
        One for each thing that was looked at.
    rate : float
        The false discovery rate, a fraction.

    Returns
    -------
    bool array of shape (tests,)

    References
    ----------
    Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995).

    Examples
    --------
    >>> discoveries([0.001, 0.04, 0.019, 0.9], rate=0.05).tolist()
    [True, False, True, False]
    """
    p = np.asarray(p_values, np.float64)
    if len(p) == 0:
        return np.zeros(0, bool)
    order = np.argsort(p, kind="stable")
    below = np.flatnonzero(p[order] <= rate * np.arange(1, len(p) + 1) / len(p))
    found = np.zeros(len(p), bool)
    found[order[: below[-1] + 1 if len(below) else 0]] = True
    return found
