"""Find the best pixel: of one pair, of many pairs, of all classes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tooeasy.pixels import kernels
from tooeasy.pixels.multinomial import fit_multinomial, multinomial_answers, multinomial_scores
from tooeasy.pixels.rules import Rule, RuleName, fit_rule
from tooeasy.threads import share


def pair_correct(
    counts: NDArray[np.uint32], first: int, second: int, rule: RuleName, C: float = 1.0, *, only_best: bool = False
) -> NDArray[np.int64]:
    """Count the training images of two classes that a rule gets right at each pixel.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    first, second : int
        The two classes.
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
        For the logistic rule.
    only_best : bool, default False
        Only the largest numbers need be right; pixels that cannot reach them may hold -1.

    Returns
    -------
    int64 array of shape (pixels,)
    """
    members = np.array([first, second])
    correct = np.full(counts.shape[1], -1)
    if rule == "lookup":
        kernels.lookup_correct(counts, members, correct)
        return correct
    kernels.threshold_pair_correct(counts, first, second, correct)
    if rule == "threshold":
        return correct
    bound = correct if only_best else np.full_like(correct, np.iinfo(np.int64).max)
    order = np.argsort(-bound, kind="stable")
    correct = np.full_like(bound, -1)
    kernels.logistic_correct(counts, first, second, C, order, bound, correct)
    return correct


def pair_answers(
    counts: NDArray[np.uint32],
    first: int,
    second: int,
    rule: RuleName,
    C: float = 1.0,
    *,
    threads: int | None = None,
) -> NDArray[np.bool_]:
    """What a rule answers for two classes at every pixel and level, as `fit_rule` would at each.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    first, second : int
        The two classes.
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
        For the logistic rule.
    threads : int, optional
        For the logistic rule, which is fitted at each pixel.

    Returns
    -------
    bool array of shape (pixels, levels)
        True where the second class is answered.
    """
    a, b = counts[first].astype(np.int64), counts[second].astype(np.int64)
    second_is_frequent = bool(b[0].sum() > a[0].sum())  # ties fall to the class that is more frequent in training
    if rule == "lookup":
        return np.asarray((b > a) | ((b == a) & second_is_frequent))
    if rule == "threshold":
        return _threshold_answers(a, b, second_is_frequent)
    fits = np.empty((counts.shape[1], 2))
    share(lambda start, stop: kernels.logistic_fits(counts, first, second, C, start, stop, fits), len(fits), threads)
    x = np.arange(counts.shape[2]) / (counts.shape[2] - 1)
    return np.asarray(fits[:, :1] * x + fits[:, 1:] > 0)


def _threshold_answers(a: NDArray[np.int64], b: NDArray[np.int64], second_is_frequent: bool) -> NDArray[np.bool_]:
    below_a, below_b = a.cumsum(axis=1), b.cumsum(axis=1)
    above_a, above_b = below_a[:, -1:] - below_a, below_b[:, -1:] - below_b
    cut = (np.maximum(below_a, below_b) + np.maximum(above_a, above_b)).argmax(axis=1)[:, np.newaxis]

    def answer(of_a: NDArray[np.int64], of_b: NDArray[np.int64]) -> NDArray[np.bool_]:
        at_a, at_b = np.take_along_axis(of_a, cut, axis=1), np.take_along_axis(of_b, cut, axis=1)
        return np.asarray((at_b > at_a) | ((at_b == at_a) & second_is_frequent))

    return np.where(np.arange(a.shape[1]) > cut, answer(above_a, above_b), answer(below_a, below_b))


def answered_right(
    counts: NDArray[np.uint32], first: int, second: int, answers: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count the images of two classes that given answers get right at each pixel: int64 array of shape (pixels,)."""
    return np.asarray(np.where(answers, counts[second], counts[first]).sum(axis=1, dtype=np.int64))


def best_pixels(
    counts: NDArray[np.uint32],
    pairs: Sequence[tuple[int, int]],
    rule: RuleName,
    C: float = 1.0,
    *,
    threads: int | None = None,
) -> NDArray[np.intp]:
    """Find the pixel with the most training images right, for each pair; of equals the first.

    Returns
    -------
    intp array of shape (pairs,)
        Pixels in C order of the image's shape, which makes the first the one of the lowest row, then column.
    """
    best = np.empty(len(pairs), np.intp)

    def search(start: int, stop: int) -> None:
        for number in range(start, stop):
            best[number] = pair_correct(counts, *pairs[number], rule, C, only_best=True).argmax()

    share(search, len(pairs), threads)
    return best


def best_pixel_of_all(counts: NDArray[np.uint32], rule: RuleName, C: float = 1.0) -> tuple[int, Rule]:
    """Find the pixel with the most training images right when all classes are told apart at once, and its rule."""
    if rule == "logistic" and len(counts) == 2:
        correct = pair_correct(counts, 0, 1, rule, C, only_best=True)
    elif rule == "logistic":
        correct = _multinomial_correct(counts, C)
    else:
        correct = np.full(counts.shape[1], -1)
        kernel: Callable[..., None] = {"lookup": kernels.lookup_correct, "threshold": kernels.threshold_correct}[rule]
        kernel(counts, np.arange(len(counts)), correct)
    pixel = int(correct.argmax())
    return pixel, fit_rule(rule, counts[:, pixel], C)


def _multinomial_correct(counts: NDArray[np.uint32], C: float) -> NDArray[np.int64]:
    """As `pair_correct` for all classes; the lookup rule bounds every other from above, which saves most fits."""
    bound = np.empty(counts.shape[1], np.int64)
    kernels.lookup_correct(counts, np.arange(len(counts)), bound)
    correct = np.full_like(bound, -1)
    for pixel in np.argsort(-bound, kind="stable"):
        if bound[pixel] < correct.max():
            break
        at_pixel = counts[:, pixel].astype(np.int64)
        W, B = fit_multinomial(at_pixel, C)
        answers = multinomial_answers(multinomial_scores(W, B, at_pixel.shape[1]))
        correct[pixel] = at_pixel[answers, np.arange(len(answers))].sum()
    return correct
