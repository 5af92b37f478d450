"""The oracle: everything again in plain Python, so slow and plain that it is obviously right.

Images come in as nested sequences ``[image][pixel]`` of whole numbers, counts as ``[class][pixel][level]``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Rows = list[list[int]]
Counts = list[list[list[int]]]

Z = 1.959963984540054  # the 97.5 % point of the normal distribution, from a table


def flatten(images: Sequence) -> Rows:
    """Pixels of each image in C order: row by row, in each row column by column, in each column channel by channel."""
    return [[int(value) for row in image for column in row for value in column] for image in images]


def l2(image: Sequence[int]) -> list[int]:
    """Divide by the Euclidean norm, round to 256 levels of [0, 1], halves up."""
    squares = 0
    for value in image:
        squares += value * value
    if squares == 0:
        return list(image)
    levels = []
    for value in image:
        # The largest level whose lower edge, (level - 1/2) / 255, is not above value / norm; squared, to stay whole.
        level = 0
        while (2 * level + 1) ** 2 * squares <= (2 * 255 * value) ** 2:
            level += 1
        levels.append(level)
    return levels


def quantize(images: Rows, base_levels: int, levels: int, normalize: str) -> Rows:
    """Levels of the images: normalised if wanted, then put into bins of equal width."""
    result = []
    for image in images:
        values = l2(image) if normalize == "l2" else image
        result.append([math.floor(value * levels / base_levels) for value in values])
    return result


def counts(images: Rows, labels: Sequence[int], classes: int, levels: int) -> Counts:
    """How often a pixel of a class has a level."""
    pixels = len(images[0]) if images else 0
    table = [[[0] * levels for _ in range(pixels)] for _ in range(classes)]
    for image, label in zip(images, labels, strict=True):
        for pixel, level in enumerate(image):
            table[label][pixel][level] += 1
    return table


def gram(images: Rows) -> Rows:
    """Sum over the images of the product of every pixel with every pixel."""
    pixels = len(images[0])
    table = [[0] * pixels for _ in range(pixels)]
    for image in images:
        for i in range(pixels):
            for j in range(pixels):
                table[i][j] += image[i] * image[j]
    return table


def most_frequent(found: Sequence[int], totals: Sequence[int]) -> int:
    """The class found most often; ties fall to the one with more training images, then to the first."""
    best = 0
    for label in range(1, len(found)):
        if (found[label], totals[label]) > (found[best], totals[best]):
            best = label
    return best


def lookup_answers(table: Rows) -> list[int]:
    """The most frequent class at each level; ``table`` is ``[class][level]``."""
    totals = [sum(row) for row in table]
    return [most_frequent([row[level] for row in table], totals) for level in range(len(table[0]))]


def threshold_answers(table: Rows) -> list[int]:
    """The answers of the best of all cuts; of equals, the lowest cut."""
    totals = [sum(row) for row in table]
    best_right, best_answers = -1, []
    for cut in range(len(table[0])):
        below = [sum(row[: cut + 1]) for row in table]
        above = [sum(row[cut + 1 :]) for row in table]
        low, high = most_frequent(below, totals), most_frequent(above, totals)
        answers = [low if level <= cut else high for level in range(len(table[0]))]
        if right(table, answers) > best_right:
            best_right, best_answers = right(table, answers), answers
    return best_answers


ANSWERS = {"lookup": lookup_answers, "threshold": threshold_answers}


def right(table: Rows, answers: Sequence[int]) -> int:
    """Images that are answered rightly."""
    return sum(right_of_each_class(table, answers))


def right_of_each_class(table: Rows, answers: Sequence[int]) -> list[int]:
    """Images of each class that are answered rightly."""
    result = []
    for label, row in enumerate(table):
        total = 0
        for level, found in enumerate(row):
            if answers[level] == label:
                total += found
        result.append(total)
    return result


def at_pixel(table: Counts, members: Sequence[int], pixel: int) -> Rows:
    """Counts ``[class][level]`` of some classes at one pixel."""
    return [[int(found) for found in table[member][pixel]] for member in members]


def right_at_every_pixel(table: Counts, members: Sequence[int], rule: str) -> list[int]:
    """Training images of the member classes that a rule gets right, at each pixel."""
    result = []
    for pixel in range(len(table[0])):
        here = at_pixel(table, members, pixel)
        result.append(right(here, ANSWERS[rule](here)))
    return result


def best_pixel(table: Counts, members: Sequence[int], rule: str) -> int:
    """The pixel with most training images right; of equals the first."""
    scores = right_at_every_pixel(table, members, rule)
    best = 0
    for pixel in range(1, len(scores)):
        if scores[pixel] > scores[best]:
            best = pixel
    return best


def accuracy(table: Rows, answers: Sequence[int]) -> float:
    """Fraction of images that are answered rightly."""
    return right(table, answers) / sum(sum(row) for row in table)


def balanced_accuracy(table: Rows, answers: Sequence[int]) -> float:
    """Mean over the classes of the fraction of each one's images that are right; NaN where a class has none."""
    recalls = []
    for found, row in zip(right_of_each_class(table, answers), table, strict=True):
        if sum(row) == 0:
            return math.nan
        recalls.append(found / sum(row))
    return sum(recalls) / len(recalls)


def mutual_information(table: Rows) -> float:
    """Bits that the level says about the class: sum of p(both) log2 of p(both) / (p(class) p(level))."""
    n = sum(sum(row) for row in table)
    bits = 0.0
    for row in table:
        for level, found in enumerate(row):
            if found:
                p_class = sum(row) / n
                p_level = sum(other[level] for other in table) / n
                bits += found / n * math.log2(found / n / (p_class * p_level))
    return bits


def wilson(correct: int, n: int) -> tuple[float, float]:
    """All rates from which the found one is at most Z of their own standard errors away."""

    def fits(rate: float) -> bool:
        return abs(correct / n - rate) <= Z * math.sqrt(rate * (1 - rate) / n)

    ends = []
    for end in (0.0, 1.0):
        outside, inside = end, correct / n
        if correct / n == end:
            ends.append(end)
            continue
        for _ in range(100):
            middle = (outside + inside) / 2
            outside, inside = (outside, middle) if fits(middle) else (middle, inside)
        ends.append(inside)
    return ends[0], ends[1]


# Templates: images are ``[image][pixel]`` of numbers in [0, 1].

Table = list[list[float]]


def mean_image(images: Sequence[Sequence[float]]) -> list[float]:
    """Mean of each pixel."""
    return [sum(image[pixel] for image in images) / len(images) for pixel in range(len(images[0]))]


def class_means(images: Sequence[Sequence[float]], labels: Sequence[int], classes: int) -> Table:
    """Mean image of each class."""
    return [
        mean_image([image for image, its in zip(images, labels, strict=True) if its == label])
        for label in range(classes)
    ]


def differences(images: Sequence[Sequence[float]], labels: Sequence[int], classes: int) -> Table:
    """Mean image of each class less the mean image of all others."""
    result = []
    for label in range(classes):
        inside = mean_image([image for image, its in zip(images, labels, strict=True) if its == label])
        outside = mean_image([image for image, its in zip(images, labels, strict=True) if its != label])
        result.append([a - b for a, b in zip(inside, outside, strict=True)])
    return result


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Sum of the products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def less(image: Sequence[float], centre: Sequence[float]) -> list[float]:
    """An image less another."""
    return [x - y for x, y in zip(image, centre, strict=True)]


def template_scores(
    images: Sequence[Sequence[float]], templates: Sequence[Sequence[float]], intercepts: Sequence[float]
) -> Table:
    """Dot product of every image with every template, plus its intercept."""
    return [
        [dot(image, template) + intercept for template, intercept in zip(templates, intercepts, strict=True)]
        for image in images
    ]


def first_highest(scores: Sequence[float]) -> int:
    """Position of the highest score; of equals the first."""
    best = 0
    for label in range(1, len(scores)):
        if scores[label] > scores[best]:
            best = label
    return best


def confusion(labels: Sequence[int], answers: Sequence[int], classes: int) -> Rows:
    """Images ``[class][answer]``."""
    table = [[0] * classes for _ in range(classes)]
    for label, answer in zip(labels, answers, strict=True):
        table[label][answer] += 1
    return table


def squares_left(images: np.ndarray, labels: Sequence[int], classes: int, chosen: Sequence[int]) -> float:
    """Sum of squares, over all classes, that least squares with an intercept on some pixels leaves of 0/1 labels."""
    X = np.column_stack([np.ones(len(images)), np.asarray(images, float)[:, list(chosen)]])
    Y = (np.asarray(labels)[:, np.newaxis] == np.arange(classes)).astype(float)
    return float(((Y - X @ np.linalg.lstsq(X, Y, rcond=None)[0]) ** 2).sum())


def forward_selection(images: np.ndarray, labels: Sequence[int], classes: int, most: int) -> list[int]:
    """Pixels, each the one that leaves the least with those before it: every candidate is fitted anew."""
    chosen: list[int] = []
    while len(chosen) < most:
        free = [pixel for pixel in range(np.shape(images)[1]) if pixel not in chosen]
        left = [squares_left(images, labels, classes, [*chosen, pixel]) for pixel in free]
        chosen.append(free[left.index(min(left))])
    return chosen


def near_pairs(hashes: Sequence[int], distance: int) -> set[tuple[int, int]]:
    """Pairs of positions whose hashes differ in at most so many bits: every hash with every later one."""
    return {
        (i, j)
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if bin(hashes[i] ^ hashes[j]).count("1") <= distance
    }


def best_correlation(first: Sequence, second: Sequence, least_side: int, most: float, most_shifted: float) -> float:
    """Largest correlation over shifts by a pixel, of those whose mean square difference is at most so large; else 0."""
    height, width = len(first), len(first[0])
    best = 0.0
    for down in range(-1, 2) if height >= least_side else [0]:
        for right in range(-1, 2) if width >= least_side else [0]:
            pairs = [
                (int(first[y][x][c]), int(second[y + down][x + right][c]))
                for y in range(height)
                for x in range(width)
                for c in range(len(first[0][0]))
                if 0 <= y + down < height and 0 <= x + right < width
            ]
            difference = sum((a - b) ** 2 for a, b in pairs) / len(pairs)
            if difference > (most if down == right == 0 else most_shifted):
                continue
            mean_a, mean_b = sum(a for a, _ in pairs) / len(pairs), sum(b for _, b in pairs) / len(pairs)
            var_a = sum((a - mean_a) ** 2 for a, _ in pairs)
            var_b = sum((b - mean_b) ** 2 for _, b in pairs)
            if var_a > 0 and var_b > 0:
                best = max(best, sum((a - mean_a) * (b - mean_b) for a, b in pairs) / math.sqrt(var_a * var_b))
    return best
