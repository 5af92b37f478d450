"""Each measure is what plain loops find."""

from __future__ import annotations

import naive
import naive_complexity as plain
import numpy as np
import pytest
from samples import random_images
from scipy.optimize import minimize

import tooeasy
from tooeasy import measure_complexity
from tooeasy.complexity.distances import Points
from tooeasy.complexity.neighbours import spanning_tree
from tooeasy.complexity.spectral import gradient_of

CASES = [
    {"n": 40, "classes": 2},
    {"n": 45, "classes": 4},
    {"n": 40, "classes": 3, "levels": 3},  # many equal distances, many pixels whose ends are ties
    {"n": 30, "classes": 3, "shape": (2, 2, 3), "levels": 17},
]


@pytest.fixture(params=range(len(CASES)), ids=lambda number: str(CASES[number]))
def case(request):
    """Dataset, its images as rows of whole numbers, and their labels."""
    options = CASES[request.param]
    images, labels = random_images(request.param, **options)
    levels = options.get("levels", 256)
    return tooeasy.from_arrays((images, labels), levels=levels), naive.flatten(images), labels.tolist(), levels


def test_overlap_and_imbalance_equal_the_naive_oracle(case):
    """F1, F2, F3, C1 and C2, of two classes and of more."""
    data, rows, labels, _ = case
    found = measure_complexity(data, measures=["F1", "F2", "F3", "C1", "C2"])
    assert found["F1"] == pytest.approx(plain.f1(rows, labels), abs=1e-12)
    assert found["F2"] == pytest.approx(plain.over_pairs(plain.f2, rows, labels), abs=1e-12)
    assert found["F3"] == pytest.approx(plain.over_pairs(plain.f3, rows, labels), abs=1e-12)
    assert found["C1"] == pytest.approx(plain.c1(labels), abs=1e-12)
    assert found["C2"] == pytest.approx(plain.c2(labels), abs=1e-12)


def test_neighbours_equal_the_naive_oracle(case):
    """N1 and N3; the tree has the oracle's edges when the images come in the same order."""
    data, rows, labels, _ = case
    found = measure_complexity(data, measures=["N1", "N3"])
    assert found["N3"] == pytest.approx(plain.n3(rows, labels), abs=1e-12)
    order = sorted(range(len(rows)), key=lambda i: (rows[i], labels[i]))
    rows, labels = [rows[i] for i in order], [labels[i] for i in order]
    assert found["N1"] == pytest.approx(plain.n1(rows, labels), abs=1e-12)
    edges = spanning_tree(Points(np.array(rows, np.uint8), np.array(labels)))
    assert sorted(map(tuple, edges.tolist())) == sorted(plain.tree(rows, labels))


def test_the_best_direction_is_the_best(case):
    """F1v's ratio is that along W^-1 d, and no other direction has a larger one."""
    data, rows, labels, _ = case

    def ratio(v, a, b):
        share = [len(own) / (len(a) + len(b)) for own in (a, b)]
        within = share[0] * np.cov(a.T, bias=True) + share[1] * np.cov(b.T, bias=True)
        return float((v @ (a.mean(axis=0) - b.mean(axis=0))) ** 2 / (v @ within @ v)), within

    random = np.random.default_rng(0)

    def best(a, b):
        a, b = np.array(a, float), np.array(b, float)
        start = random.normal(size=a.shape[1])
        direction = np.linalg.solve(ratio(start, a, b)[1], a.mean(axis=0) - b.mean(axis=0))
        largest = ratio(direction, a, b)[0]
        assert all(ratio(random.normal(size=len(start)), a, b)[0] <= largest for _ in range(20))
        return 1 / (1 + largest)

    found = measure_complexity(data, measures=["F1v"])["F1v"]
    if min(np.bincount(labels)) * 2 > len(rows[0]):  # or scatters may be singular, which has a test of its own
        assert found == pytest.approx(plain.over_pairs(best, rows, labels), rel=1e-6)
    assert 0 <= found <= 1


def test_the_linear_classifier_is_the_best_one(case):
    """L1 and L2 are those of the plane that a general optimiser finds for the same loss."""
    data, rows, labels, levels = case

    def fit(a, b):
        X = np.array([*a, *b]) / (levels - 1)
        X = np.column_stack([X, np.ones(len(X))])
        y = np.array([-1.0] * len(a) + [1.0] * len(b))

        def loss(w):
            slack = np.maximum(0, 1 - y * (X @ w))
            return 0.5 * w @ w + slack @ slack, w - 2 * X.T @ (y * slack)

        w = minimize(loss, np.zeros(X.shape[1]), jac=True, tol=1e-12).x
        scores = X @ w
        wrong = scores * y < 0
        total = np.abs(scores[wrong]).sum() / np.linalg.norm(w[:-1]) / len(y)
        return total / (1 + total), wrong.mean()

    found = measure_complexity(data, measures=["L1", "L2"])
    assert found["L1"] == pytest.approx(plain.over_pairs(lambda a, b: fit(a, b)[0], rows, labels), abs=1e-3)
    assert found["L2"] == pytest.approx(plain.over_pairs(lambda a, b: fit(a, b)[1], rows, labels), abs=1e-12)


@pytest.mark.parametrize("shape", [(1, 2, 1), (3, 4, 1)])
def test_the_gradient_equals_the_naive_oracle(shape):
    """CSG: neighbours' classes weighted by volume, Bray-Curtis similarities, eigengaps; all in plain loops."""
    images, labels = random_images(5, n=60, shape=shape, classes=4)
    shares = plain.shared_neighbours(naive.flatten(images), labels.tolist(), 255)
    n = len(shares)
    similar = [
        [
            1 - sum(abs(x - y) for x, y in zip(a, b, strict=True)) / sum(x + y for x, y in zip(a, b, strict=True))
            for b in shares
        ]
        for a in shares
    ]
    degrees = [sum(similar[i][j] for j in range(n) if j != i) for i in range(n)]
    laplacian = [[degrees[i] if i == j else -similar[i][j] for j in range(n)] for i in range(n)]
    values = sorted(np.linalg.eigvals(np.array(laplacian)).real)
    total = largest = 0.0
    for i in range(n - 1):
        largest = max(largest, (values[i + 1] - values[i]) / (n - i))
        total += largest
    assert measure_complexity((images, labels), measures=["CSG"])["CSG"] == pytest.approx(total, abs=1e-9)


def test_the_gradient_of_alike_classes_is_known():
    """K classes that share everything: eigenvalues 0, K, ..., K; each of K - 1 terms is K / K."""
    assert gradient_of(np.ones((5, 5))) == pytest.approx(4)
    assert gradient_of(np.eye(5)) == 0


@pytest.mark.parametrize("pixels", [1000, 1100])
def test_distances_are_exact(pixels):
    """Extreme pixels, of as many that float32 holds their products and of more: distances are whole numbers, equal."""
    random = np.random.default_rng(3)
    rows = random.choice([0, 1, 254, 255], (50, pixels)).astype(np.uint8)
    rows[1] = 255 - rows[0]
    points = Points(rows, np.zeros(50, np.intp))
    exact = ((rows[:, np.newaxis].astype(int) - rows.astype(int)) ** 2).sum(axis=2)
    for own, others, dots in points.tiles():
        found = points.squares[own][:, np.newaxis] + points.squares[others] - 2 * dots.astype(np.int64)
        np.testing.assert_array_equal(found, exact[np.ix_(own, others)])


@pytest.mark.parametrize("tile", [1, 7, 64])
def test_tiles_do_not_matter(tile, monkeypatch):
    """The same values however distances are cut up, and with any number of threads."""
    source = random_images(2, n=60, classes=3, levels=4)
    wanted = ["N1", "N3", "CSG"]
    expected = measure_complexity(source, measures=wanted).values
    monkeypatch.setattr("tooeasy.complexity.distances.TILE", tile)
    for threads in (1, 3):
        assert measure_complexity(source, measures=wanted, threads=threads).values == expected
