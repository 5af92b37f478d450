"""The loops of the pixel search: how many training images a rule gets right at each pixel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tooeasy.compiled import compiled


@compiled
def lookup_correct(counts: NDArray[np.uint32], members: NDArray[np.intp], correct: NDArray[np.int64]) -> None:
    """Images of the member classes that the lookup rule gets right at each pixel."""
    levels = counts.shape[2]
    best = np.empty(levels, np.uint32)
    for pixel in range(counts.shape[1]):
        best[:] = 0
        for member in members:
            row = counts[member, pixel]
            for level in range(levels):
                best[level] = max(best[level], row[level])
        total = np.int64(0)
        for level in range(levels):
            total += np.int64(best[level])
        correct[pixel] = total


@compiled
def lookup_tile(
    one: NDArray[np.unsignedinteger],
    other: NDArray[np.unsignedinteger],
    start: int,
    row: NDArray[np.unsignedinteger],
    right: NDArray[np.unsignedinteger],
    where: NDArray[np.intp],
) -> None:
    """Best pixel so far of each pair of a class of ``one`` and a class of ``other``, by the lookup rule.

    Counts lie as (pixel, level, class), so that the innermost loop is over classes and the compiler vectorises it: 10
    to 30 billion counts a second and core, ten times as many as a loop over the levels of one pair.
    """
    for pixel in range(one.shape[0]):
        for i in range(one.shape[2]):
            row[:] = 0
            for level in range(one.shape[1]):
                count = one[pixel, level, i]
                for j in range(other.shape[2]):
                    row[j] += max(count, other[pixel, level, j])
            for j in range(other.shape[2]):
                if row[j] > right[i, j]:
                    right[i, j] = row[j]
                    where[i, j] = start + pixel


@compiled
def threshold_correct(counts: NDArray[np.uint32], members: NDArray[np.intp], correct: NDArray[np.int64]) -> None:
    """Images of the member classes that the threshold rule gets right at each pixel, at its best cut."""
    total = np.zeros(len(members), np.int64)
    for k in range(len(members)):
        total[k] = counts[members[k], 0].sum()
    below = np.empty(len(members), np.int64)
    for pixel in range(counts.shape[1]):
        below[:] = 0
        best = np.int64(0)
        for level in range(counts.shape[2]):
            left = right = np.int64(0)
            for k in range(len(members)):
                below[k] += np.int64(counts[members[k], pixel, level])
                left = max(left, below[k])
                right = max(right, total[k] - below[k])
            best = max(best, left + right)
        correct[pixel] = best


@compiled
def threshold_pair_correct(counts: NDArray[np.uint32], first: int, second: int, correct: NDArray[np.int64]) -> None:
    """As `threshold_correct` for two classes, four times as fast.

    With d = (first's images up to the cut) - (second's), answering first below gets n_second + d right, answering it
    above n_first - d. A cut below all levels, d = 0, is always answering one class.
    """
    n_first, n_second = np.int64(counts[first, 0].sum()), np.int64(counts[second, 0].sum())
    for pixel in range(counts.shape[1]):
        d = low = high = np.int64(0)
        for level in range(counts.shape[2]):
            d += np.int64(counts[first, pixel, level]) - np.int64(counts[second, pixel, level])
            low = min(low, d)
            high = max(high, d)
        correct[pixel] = max(n_second + high, n_first - low)


@compiled
def newton_step(
    zeros: NDArray[np.float64], ones: NDArray[np.float64], x: NDArray[np.float64], C: float, w: float, b: float
) -> tuple[float, float, float]:
    """Loss of the logistic rule at (w, b), and the step that Newton's method takes from there."""
    loss = 0.5 * w * w
    gw, gb, hww, hwb, hbb = w, 0.0, 1.0, 0.0, 0.0
    for i in range(len(x)):
        score = w * x[i] + b
        tail = math.exp(-abs(score))  # never overflows
        p = 1.0 / (1.0 + tail) if score > 0 else tail / (1.0 + tail)
        loss += C * (zeros[i] * max(score, 0.0) + ones[i] * max(-score, 0.0) + (zeros[i] + ones[i]) * math.log1p(tail))
        residual = C * (zeros[i] * p - ones[i] * (1.0 - p))
        weight = C * (zeros[i] + ones[i]) * tail / (1.0 + tail) ** 2
        gw += residual * x[i]
        gb += residual
        hww += weight * x[i] * x[i]
        hwb += weight * x[i]
        hbb += weight
    hbb = max(hbb, 1e-300)
    determinant = max(hww * hbb - hwb * hwb, 1e-300)
    return loss, (hwb * gb - hbb * gw) / determinant, (hwb * gw - hww * gb) / determinant


@compiled
def fit_logistic(zeros: NDArray[np.float64], ones: NDArray[np.float64], C: float) -> tuple[float, float]:
    """Coefficient and intercept of the logistic rule for images counted by level; the second class is positive.

    Newton's method with step halving on ``C * (log-loss) + coefficient**2 / 2``, which is convex with one minimum. It
    stops when a whole step no longer moves either number by 1e-10 of its size.
    """
    seen = np.flatnonzero(zeros + ones)
    x = seen / (len(zeros) - 1)
    zeros, ones = zeros[seen], ones[seen]
    w, b = 0.0, math.log(ones.sum() / zeros.sum())
    loss, dw, db = newton_step(zeros, ones, x, C, w, b)
    for _ in range(200):
        if max(abs(dw), abs(db)) <= 1e-10 * (1.0 + abs(w) + abs(b)):
            break
        scale = 1.0
        new_loss, new_dw, new_db = newton_step(zeros, ones, x, C, w + dw, b + db)
        while not new_loss <= loss * (1.0 + 1e-14) and scale > 1e-9:
            scale /= 2
            new_loss, new_dw, new_db = newton_step(zeros, ones, x, C, w + scale * dw, b + scale * db)
        w, b = w + scale * dw, b + scale * db
        loss, dw, db = new_loss, new_dw, new_db
    return w + dw, b + db


@compiled
def logistic_correct(
    counts: NDArray[np.uint32],
    first: int,
    second: int,
    C: float,
    order: NDArray[np.intp],
    bound: NDArray[np.int64],
    correct: NDArray[np.int64],
) -> None:
    """Images of two classes that the logistic rule gets right at each pixel, looked at in the given order.

    Its answer changes once, at one level, so the threshold rule's best cut bounds it from above: the search ends when
    no pixel left can win. Pixels not looked at keep the number that ``correct`` came with. Without the bound,
    MNIST's 45 pairs take 35,280 fits; with it, a few hundred.
    """
    best = np.int64(-1)
    for pixel in order:
        if bound[pixel] < best:
            break
        zeros, ones = counts[first, pixel].astype(np.float64), counts[second, pixel].astype(np.float64)
        w, b = fit_logistic(zeros, ones, C)
        right = 0.0
        for level in range(len(zeros)):
            right += ones[level] if w * (level / (len(zeros) - 1)) + b > 0 else zeros[level]
        correct[pixel] = np.int64(right)
        best = max(best, correct[pixel])


@compiled
def logistic_fits(
    a: NDArray[np.int64], b: NDArray[np.int64], C: float, start: int, stop: int, fits: NDArray[np.float64]
) -> None:
    """Coefficient and intercept of the logistic rule for each row of a range of counts of two classes by level."""
    for row in range(start, stop):
        fits[row, 0], fits[row, 1] = fit_logistic(a[row].astype(np.float64), b[row].astype(np.float64), C)


@compiled
def multinomial_loss(
    theta: NDArray[np.float64],
    x: NDArray[np.float64],
    images: NDArray[np.float64],
    C: float,
    gradient: NDArray[np.float64],
    hessian: NDArray[np.float64],
) -> float:
    """Loss of multinomial logistic regression at theta; adds its derivatives to arrays of zeros.

    ``theta`` has the coefficients and then the intercepts of the k classes; ``images[level, class]`` counts. Plain
    loops compile in a second; the same in array expressions took eight, and ran no faster.
    """
    k = images.shape[1]
    p = np.empty(k)
    loss = 0.0
    for c in range(k):
        loss += 0.5 * theta[c] * theta[c]
        gradient[c] += theta[c]
        hessian[c, c] += 1.0
    for i in range(len(x)):
        highest, n, total = -np.inf, 0.0, 0.0
        for c in range(k):
            p[c] = theta[c] * x[i] + theta[k + c]
            highest = max(highest, p[c])
            n += images[i, c]
        for c in range(k):
            loss -= C * images[i, c] * (p[c] - highest)
            p[c] = math.exp(p[c] - highest)
            total += p[c]
        loss += C * n * math.log(total)
        for c in range(k):
            p[c] /= total
        for c in range(k):
            residual = C * (n * p[c] - images[i, c])
            gradient[c] += residual * x[i]
            gradient[k + c] += residual
            for d in range(k):
                weight = C * n * p[c] * ((1.0 if c == d else 0.0) - p[d])
                hessian[c, d] += weight * x[i] * x[i]
                hessian[c, k + d] += weight * x[i]
                hessian[k + c, d] += weight * x[i]
                hessian[k + c, k + d] += weight
    return loss
