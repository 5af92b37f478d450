"""The oracle of the complexity measures: again in plain Python, from images as rows of whole numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

Rows = list[list[int]]


def of_class(rows: Rows, labels: Sequence[int], label: int) -> Rows:
    """Images of one class."""
    return [row for row, own in zip(rows, labels, strict=True) if own == label]


def mean(values: Sequence[float]) -> float:
    """Sum over number."""
    return sum(values) / len(values)


def over_pairs(measure: Callable[[Rows, Rows], float], rows: Rows, labels: Sequence[int]) -> float:
    """Mean over all pairs of classes."""
    classes = sorted(set(labels))
    return mean([measure(of_class(rows, labels, a), of_class(rows, labels, b)) for a, b in combinations(classes, 2)])


def f1(rows: Rows, labels: Sequence[int]) -> float:
    """One over one plus the largest ratio of spread between to spread within classes; 0/0 is left out."""
    largest = 0.0
    for pixel in range(len(rows[0])):
        column = [row[pixel] for row in rows]
        between = within = 0.0
        for label in set(labels):
            own = [row[pixel] for row in of_class(rows, labels, label)]
            between += len(own) * (mean(own) - mean(column)) ** 2
            within += 0.0 if len(set(own)) == 1 else sum((value - mean(own)) ** 2 for value in own)
        if len(set(column)) > 1:
            largest = max(largest, between / within if within else math.inf)
    return 1 / (1 + largest)


def f2(zeros: Rows, ones: Rows) -> float:
    """Product over pixels of the shared part of the range; a pixel that never changes is left out."""
    product = 1.0
    for pixel in range(len(zeros[0])):
        a, b = [row[pixel] for row in zeros], [row[pixel] for row in ones]
        shared = max(0, min(max(a), max(b)) - max(min(a), min(b)))
        whole = max(a + b) - min(a + b)
        if whole:
            product *= shared / whole
    return product


def f3(zeros: Rows, ones: Rows) -> float:
    """Fraction of images inside of the shared range, ends counted in, at the pixel with fewest."""
    fewest = len(zeros) + len(ones)
    for pixel in range(len(zeros[0])):
        a, b = [row[pixel] for row in zeros], [row[pixel] for row in ones]
        low, high = max(min(a), min(b)), min(max(a), max(b))
        fewest = min(fewest, sum(1 for value in a + b if low <= value <= high))
    return fewest / (len(zeros) + len(ones))


def squared(a: Sequence[int], b: Sequence[int]) -> int:
    """Squared Euclidean distance."""
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def n3(rows: Rows, labels: Sequence[int]) -> float:
    """Mean over the images of the fraction of their nearest ones, all equally near, that are of another class."""
    errors = []
    for i, row in enumerate(rows):
        distances = {j: squared(row, other) for j, other in enumerate(rows) if j != i}
        nearest = [j for j, distance in distances.items() if distance == min(distances.values())]
        errors.append(mean([labels[j] != labels[i] for j in nearest]))
    return mean(errors)


def tree(rows: Rows, labels: Sequence[int]) -> list[tuple[int, int]]:
    """Kruskal's algorithm; of equally long edges those within a class first, then in order."""
    edges = [(squared(rows[i], rows[j]), labels[i] != labels[j], i, j) for i, j in combinations(range(len(rows)), 2)]
    group = list(range(len(rows)))
    found = []
    for _, _, i, j in sorted(edges):
        if group[i] != group[j]:
            found.append((i, j))
            group = [group[i] if own == group[j] else own for own in group]
    return found


def n1(rows: Rows, labels: Sequence[int]) -> float:
    """Fraction of images at an edge of the tree that joins two classes."""
    border = {end for edge in tree(rows, labels) for end in edge if labels[edge[0]] != labels[edge[1]]}
    return len(border) / len(rows)


def c1(labels: Sequence[int]) -> float:
    """One plus the sum of p log p over the logarithm of the number of classes."""
    shares = [list(labels).count(label) / len(labels) for label in set(labels)]
    return 1 + sum(p * math.log(p) for p in shares) / math.log(len(shares))


def c2(labels: Sequence[int]) -> float:
    """One less one over the imbalance ratio."""
    n = [list(labels).count(label) for label in set(labels)]
    return 1 - 1 / ((len(n) - 1) / len(n) * sum(own / (len(labels) - own) for own in n))


def shared_neighbours(rows: Rows, labels: Sequence[int], top: int, k: int = 3) -> list[list[float]]:
    """CSG's matrix S of all images: for each class, how its images' neighbours are spread over the classes."""
    classes = sorted(set(labels))
    table = []
    for label in classes:
        total = [0.0] * len(classes)
        for i, row in enumerate(rows):
            if labels[i] == label:
                others = sorted((squared(row, other), j) for j, other in enumerate(rows) if j != i)
                near = [j for _, j in others[:k]]
                sides = [2 * max(abs(rows[j][p] - row[p]) for j in near) / top for p in range(len(row))]
                for j in near:
                    total[classes.index(labels[j])] += 1 / max(1e-4, math.prod(sides))
        table.append([value / sum(total) for value in total])
    return table
