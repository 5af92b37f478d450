"""The one-pixel study without tooeasy: scikit-learn's loop, the plain Python loop, and NumPy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LEVELS = 256
_BLOCK = 8  # pixels fitted at once where the bound may end the search: 4 to 32 took the same time


class Part(NamedTuple):
    """One split: images of shape (n, pixels), uint8, and labels of shape (n,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.intp]


class Cell(NamedTuple):
    """One pixel of one pair of classes."""

    a: int
    b: int
    pixel: int


def pairs_of(classes: int) -> list[tuple[int, int]]:
    """All pairs of classes, in order."""
    return list(combinations(range(classes), 2))


def sample_cells(classes: int, pixels: int, per_pair: int, seed: int) -> list[Cell]:
    """Draw pixels without replacement, as many for every pair."""
    random = np.random.default_rng(seed)
    drawn = (random.choice(pixels, per_pair, replace=False) for _ in pairs_of(classes))
    return [Cell(*pair, int(pixel)) for pair, some in zip(pairs_of(classes), drawn, strict=True) for pixel in some]


# scikit-learn's loop, as lucafrance's mnist-pixel ran it in 2021: L2-normalised images, one regression a pair and
# pixel (sag, L2 penalty, C = 1, all defaults), scored in-sample.


def normalized_columns(part: Part, cells: Sequence[Cell]) -> list[tuple[NDArray[np.float64], NDArray[np.intp]]]:
    """Feature (pixel / norm, of shape (n, 1)) and target of each cell: contiguous arrays, not timed."""
    norms = np.sqrt(np.square(part.images, dtype=np.float64).sum(axis=1))
    columns = []
    for a, b, pixel in cells:
        rows = np.flatnonzero((part.labels == a) | (part.labels == b))
        columns.append(((part.images[rows, pixel] / norms[rows])[:, np.newaxis], part.labels[rows]))
    return columns


def sklearn_loop(columns: Sequence[tuple[Any, Any]]) -> list[float]:
    """In-sample accuracy of each cell, one after the other."""
    from sklearn.linear_model import LogisticRegression

    return [LogisticRegression(solver="sag", C=1.0).fit(x, y).score(x, y) for x, y in columns]


def sklearn_pool(pool: ProcessPoolExecutor, columns: Sequence[tuple[Any, Any]]) -> list[float]:
    """Fit in the pool, score here, as the study did."""
    from sklearn.linear_model import LogisticRegression

    futures = [pool.submit(LogisticRegression(solver="sag", C=1.0).fit, x, y) for x, y in columns]
    return [future.result().score(x, y) for future, (x, y) in zip(futures, columns, strict=True)]


def sklearn_loop_converged(columns: Sequence[tuple[Any, Any]]) -> list[float]:
    """As `sklearn_loop`, with a solver that converges: to compare, not timed."""
    from sklearn.linear_model import LogisticRegression

    models = (LogisticRegression(solver="newton-cholesky", C=1.0, tol=1e-10).fit(x, y) for x, y in columns)
    return [model.score(x, y) for model, (x, y) in zip(models, columns, strict=True)]


def sklearn_converged(zeros: NDArray[Any], ones: NDArray[Any]) -> tuple[float, float]:
    """Coefficient and intercept of a regression run to convergence, of the level scaled to [0, 1]."""
    from sklearn.linear_model import LogisticRegression

    x = np.tile(np.arange(LEVELS) / (LEVELS - 1), 2)[:, np.newaxis]
    model = LogisticRegression(solver="newton-cholesky", C=1.0, tol=1e-10, max_iter=1000)
    model.fit(x, np.repeat([0, 1], LEVELS), sample_weight=np.concatenate([zeros, ones]).astype(np.float64))
    return float(model.coef_[0, 0]), float(model.intercept_[0])


# The plain Python loop, as Hargreaves' study counts: for each pair and pixel, how often a class has each grey level.


def images_as_bytes(part: Part, classes: int) -> list[list[bytes]]:
    """Images of each class, one bytes object an image: what plain Python indexes fastest. Not timed."""
    return [[image.tobytes() for image in part.images[part.labels == label]] for label in range(classes)]


def python_cell(train: Sequence[list[bytes]], test: Sequence[list[bytes]], cell: Cell) -> tuple[float, float]:
    """Training and test accuracy of the lookup rule at one pixel of one pair."""
    zeros, ones = (_python_counts(train[label], cell.pixel) for label in (cell.a, cell.b))
    majority = len(train[cell.b]) > len(train[cell.a])
    answers = {}  # True is the second class
    for level in {*zeros, *ones}:
        more = ones.get(level, 0) - zeros.get(level, 0)
        answers[level] = more > 0 or (more == 0 and majority)
    right = sum((ones if answer else zeros).get(level, 0) for level, answer in answers.items())
    right_test = 0
    for label, is_second in ((cell.a, False), (cell.b, True)):
        for level, number in _python_counts(test[label], cell.pixel).items():
            if answers.get(level, majority) == is_second:
                right_test += number
    n_train, n_test = (len(part[cell.a]) + len(part[cell.b]) for part in (train, test))
    return right / n_train, right_test / n_test


def _python_counts(images: list[bytes], pixel: int) -> dict[int, int]:
    counts: dict[int, int] = {}
    for image in images:
        level = image[pixel]
        counts[level] = counts.get(level, 0) + 1
    return counts


# NumPy, with care: counts once a class, from them all pairs; int32, which sums twice as fast as int64.


class Found(NamedTuple):
    """Best pixel of each pair, and its training and test accuracy: arrays of shape (pairs,)."""

    pixels: NDArray[np.intp]
    train: NDArray[np.float64]
    test: NDArray[np.float64]


def numpy_counts(part: Part, classes: int) -> NDArray[np.int32]:
    """How often a pixel of a class has a level: shape (classes, pixels, levels).

    One bincount a pixel took a third of the time of one a class over all pixels.
    """
    columns = np.ascontiguousarray(part.images.T)
    starts = (part.labels * LEVELS).astype(np.uint16 if classes <= 256 else np.intp)
    counts = np.empty((classes, len(columns), LEVELS), np.int32)
    for pixel, column in enumerate(columns):
        counts[:, pixel] = np.bincount(starts + column, minlength=classes * LEVELS).reshape(classes, LEVELS)
    return counts


def numpy_sketches(train: Part, test: Part, classes: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Counts of both splits."""
    return numpy_counts(train, classes), numpy_counts(test, classes)


def numpy_lookup_correct(counts: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """Training images right at each pixel, pair by pair."""
    for a, b in pairs_of(len(counts)):
        yield np.maximum(counts[a], counts[b]).sum(axis=1, dtype=np.int32)


def numpy_threshold_correct(counts: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """As `numpy_lookup_correct` at each pixel's best cut.

    Answering a below the cut and b above is right for ``total_b + below_a - below_b`` images, the other way round for
    ``total_a - below_a + below_b``; a cut above everything is among them, so one-sided answers are, too.
    """
    below = counts.cumsum(axis=2, dtype=np.int32)
    totals = below[:, 0, -1]
    for a, b in pairs_of(len(counts)):
        difference = below[a] - below[b]
        yield np.maximum(totals[b] + difference.max(axis=1), totals[a] - difference.min(axis=1))


def numpy_lookup(train: NDArray[np.int32], test: NDArray[np.int32]) -> Found:
    """Study the lookup rule."""
    pixels = np.array([correct.argmax() for correct in numpy_lookup_correct(train)])
    zeros, ones = at_pixels(train, pixels)
    return _found(train, test, pixels, np.where(ones == zeros, _majority(train)[:, np.newaxis], ones > zeros))


def numpy_threshold(train: NDArray[np.int32], test: NDArray[np.int32]) -> Found:
    """Study the threshold rule: ties between cuts go to the lowest."""
    pixels = np.array([correct.argmax() for correct in numpy_threshold_correct(train)])
    below = np.stack(at_pixels(train, pixels)).cumsum(axis=2)
    above = below[:, :, -1:] - below
    cuts = (below.max(axis=0) + above.max(axis=0)).argmax(axis=1)
    low, high = (_larger(side[:, np.arange(len(cuts)), cuts], _majority(train)) for side in (below, above))
    answers = np.where(np.arange(LEVELS) > cuts[:, np.newaxis], high[:, np.newaxis], low[:, np.newaxis])
    return _found(train, test, pixels, answers)


def numpy_logistic(train: NDArray[np.int32], test: NDArray[np.int32], block: int = _BLOCK) -> Found:
    """Study the logistic rule.

    It cannot beat the threshold rule at the same pixel, so most pixels are out before they are fitted, as in tooeasy. A
    block as large as the image fits all pixels.
    """
    pixels, answers = [], []
    for (a, b), bound in zip(pairs_of(len(train)), numpy_threshold_correct(train), strict=True):
        pixel, w, offset = numpy_best_logistic(train[a], train[b], bound, block)
        pixels.append(pixel)
        answers.append(w * np.arange(LEVELS) / (LEVELS - 1) + offset > 0)
    return _found(train, test, np.array(pixels), np.array(answers))


def numpy_best_logistic(
    zeros: NDArray[np.int32], ones: NDArray[np.int32], bound: NDArray[np.int32], block: int
) -> tuple[int, float, float]:
    """Best pixel of one pair, its coefficient and intercept."""
    best = (-1, 0, 0.0, 0.0)  # images right, minus the pixel (of equals the first), coefficient, intercept
    order = np.argsort(-bound, kind="stable")
    for start in range(0, len(order), block):
        some = order[start : start + block]
        if bound[some[0]] < best[0]:
            break
        w, b = numpy_newton(zeros[some].astype(np.float64), ones[some].astype(np.float64))
        answers = w[:, np.newaxis] * (np.arange(LEVELS) / (LEVELS - 1)) + b[:, np.newaxis] > 0
        right = np.where(answers, ones[some], zeros[some]).sum(axis=1)
        best = max(best, *zip(right.tolist(), (-some).tolist(), w.tolist(), b.tolist(), strict=True))
    return -best[1], best[2], best[3]


def numpy_newton(
    zeros: NDArray[np.float64], ones: NDArray[np.float64], C: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit pixels at once, by Newton's method without step halving, which these data do not need: results are checked.

    Counts are of shape (pixels, levels); coefficients and intercepts of shape (pixels,).
    """
    x = np.arange(LEVELS) / (LEVELS - 1)
    powers = np.stack([np.ones(LEVELS), x, x * x], axis=1)
    n = zeros + ones
    w, b = np.zeros(len(n)), np.log(ones.sum(axis=1) / zeros.sum(axis=1))
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-(w[:, np.newaxis] * x + b[:, np.newaxis])))
        weight = n * p
        gb, gw = C * ((weight - ones) @ powers[:, :2]).T
        hbb, hwb, hww = C * (weight * (1.0 - p) @ powers).T
        gw, hww = gw + w, hww + 1.0
        determinant = hww * hbb - hwb * hwb
        dw, db = (hwb * gb - hbb * gw) / determinant, (hwb * gw - hww * gb) / determinant
        w, b = w + dw, b + db
        if max(np.abs(dw).max(), np.abs(db).max()) <= 1e-9 * (1.0 + np.abs(w).max() + np.abs(b).max()):
            break
    return w, b


def at_pixels(counts: NDArray[np.int32], pixels: NDArray[np.intp]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Counts of the first and of the second class of each pair at its pixel: two arrays of shape (pairs, levels)."""
    first, second = np.array(pairs_of(len(counts))).T
    return counts[first, pixels], counts[second, pixels]


def _majority(counts: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Whether the second class of each pair is the more frequent one: shape (pairs,)."""
    totals = counts[:, 0].sum(axis=1)
    first, second = np.array(pairs_of(len(counts))).T
    return np.asarray(totals[second] > totals[first])


def _larger(side: NDArray[Any], majority: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether the second of two classes has more images on a side of a cut; ties fall to the majority."""
    return np.where(side[0] == side[1], majority, side[1] > side[0])


def _found(
    train: NDArray[np.int32], test: NDArray[np.int32], pixels: NDArray[np.intp], answers: NDArray[np.bool_]
) -> Found:
    """Score answers, of shape (pairs, levels), true for the second class."""
    return Found(pixels, *(_accuracy(*at_pixels(counts, pixels), answers) for counts in (train, test)))


def _accuracy(zeros: NDArray[np.int32], ones: NDArray[np.int32], answers: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.asarray(np.where(answers, ones, zeros).sum(axis=1) / (zeros + ones).sum(axis=1))
