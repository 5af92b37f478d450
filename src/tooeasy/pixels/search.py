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
