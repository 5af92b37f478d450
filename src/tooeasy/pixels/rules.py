"""Classifiers that read one pixel: learned from how often each class has each level there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import OptionError
from tooeasy.pixels.kernels import fit_logistic
from tooeasy.pixels.multinomial import fit_multinomial, multinomial_answers, multinomial_scores

RuleName = Literal["lookup", "threshold", "logistic"]
C_RANGE = (1e-9, 1e9)  # beyond, Newton's equations are singular in double precision


@dataclass(frozen=True, eq=False)
class Rule:
    """What a rule learned at one pixel.

    Attributes
    ----------
    name : {"lookup", "threshold", "logistic"}
    answers : intp array of shape (levels,)
        The class that it answers at each level, as a position among the classes that it was learned from.
    probabilities : float64 array of shape (levels, classes)
        Its estimate of each class at each level; the answer is the first largest.
    parameters : dict
        What it learned, for people and JSON: ``{"answers"}`` for lookup, ``{"threshold", "below", "above"}`` (below
        holds at levels up to and including the threshold), or ``{"coefficient", "intercept"}`` of the level scaled to
        [0, 1] (of the second class for two classes, one for each class for more).

    Examples
    --------
    >>> import tooeasy
    >>> rule = tooeasy.study_pixels("mnist", rule="threshold").pair("0", "1").rule
    >>> rule.name, rule.parameters, rule.answers.shape
    ('threshold', {'threshold': 34, 'below': 0, 'above': 1}, (256,))
    """

    name: RuleName
    answers: NDArray[np.intp]
    probabilities: NDArray[np.float64]
    parameters: dict[str, Any]

    def __repr__(self) -> str:
        return f"Rule({self.name}, {self.probabilities.shape[1]} classes, {len(self.answers)} levels)"


def check_rule(name: str, C: float) -> None:
    """Raise OptionError for a rule that there is not, or a penalty out of range."""
    if name not in get_args(RuleName):
        raise OptionError(f"rule is one of {', '.join(get_args(RuleName))}; found {name!r}")
    if not C_RANGE[0] <= C <= C_RANGE[1]:
        raise OptionError(
            f"C is a positive number, the inverse strength of the penalty, {C_RANGE[0]:g} to {C_RANGE[1]:g}; found {C}"
        )


def fit_rule(name: RuleName, counts: NDArray[Any], C: float = 1.0) -> Rule:
    """Learn a rule at one pixel.

    Parameters
    ----------
    name : {"lookup", "threshold", "logistic"}
        *lookup* answers the most frequent class at each level. *threshold* answers one class up to a level and one
        above it, at the best of all cuts (ties: the lowest). *logistic* is logistic regression on the level scaled to
        [0, 1], for more than two classes multinomial, as scikit-learn defines them: penalty on the coefficient of
        strength 1 / C, none on the intercept.
    counts : int array of shape (classes, levels)
        How often each class has each level.
    C : float, default 1.0
        For the logistic rule.

    Returns
    -------
    Rule
        Ties between classes, levels never seen, and an empty side of a cut fall to the class that is more frequent in
        training; of equally frequent classes to the first.

    Examples
    --------
    >>> rule = fit_rule("threshold", np.array([[5, 1, 0], [0, 1, 9]]))
    >>> rule.parameters
    {'threshold': 0, 'below': 0, 'above': 1}
    """
    return _FITS[name](np.asarray(counts, np.int64), C)


def _frequencies(counts: NDArray[np.int64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fraction of each class, with the prior added as one image.

    One image never turns a majority around, and decides ties and the unseen as the rules want it.
    """
    return np.asarray((counts + prior) / (counts.sum(axis=-1, keepdims=True) + 1.0), np.float64)


def _prior(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    per_class = counts.sum(axis=1)
    return np.asarray(per_class / per_class.sum(), np.float64)


def _fit_lookup(counts: NDArray[np.int64], C: float) -> Rule:  # noqa: ARG001
    probabilities = _frequencies(counts.T, _prior(counts))
    answers = probabilities.argmax(axis=1)
    return Rule("lookup", answers, probabilities, {"answers": answers.tolist()})


def _fit_threshold(counts: NDArray[np.int64], C: float) -> Rule:  # noqa: ARG001
    below = counts.cumsum(axis=1)
    above = below[:, -1:] - below
    threshold = int((below.max(axis=0) + above.max(axis=0)).argmax())
    sides = _frequencies(np.stack([below[:, threshold], above[:, threshold]]), _prior(counts))
    side = (np.arange(counts.shape[1]) > threshold).astype(np.intp)
    low, high = (int(answer) for answer in sides.argmax(axis=1))
    parameters = {"threshold": threshold, "below": low, "above": high}
    return Rule("threshold", np.array([low, high])[side], sides[side], parameters)


def _fit_logistic(counts: NDArray[np.int64], C: float) -> Rule:
    x = np.arange(counts.shape[1]) / (counts.shape[1] - 1)
    if len(counts) == 2:
        w, b = fit_logistic(counts[0].astype(np.float64), counts[1].astype(np.float64), C)
        positive = 1.0 / (1.0 + np.exp(-np.clip(w * x + b, -700.0, 700.0)))
        probabilities = np.column_stack([1.0 - positive, positive])
        answers = (w * x + b > 0).astype(np.intp)
        return Rule("logistic", answers, probabilities, {"coefficient": float(w), "intercept": float(b)})
    W, B = fit_multinomial(counts, C)
    scores = multinomial_scores(W, B, counts.shape[1])
    tails = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = tails / tails.sum(axis=1, keepdims=True)
    parameters = {"coefficient": W.tolist(), "intercept": B.tolist()}
    return Rule("logistic", multinomial_answers(scores), probabilities, parameters)


_FITS: dict[RuleName, Callable[[NDArray[np.int64], float], Rule]] = {
    "lookup": _fit_lookup,
    "threshold": _fit_threshold,
    "logistic": _fit_logistic,
}
