"""Intervals, balanced accuracy and information: against plain loops, SciPy and scikit-learn."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, mutual_info_score

from tooeasy.measures import balanced_accuracy, mutual_information, wilson_interval


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_scipys_and_by_definition(case):
    """Wilson's interval: as SciPy computes it, and as the set of rates that fit what was found."""
    correct, n = case
    computed = tuple(float(end) for end in wilson_interval(correct, n))
    reference = binomtest(correct, n).proportion_ci(0.95, method="wilson")
    assert computed == pytest.approx((reference.low, reference.high), abs=1e-12)
    assert computed == pytest.approx(naive.wilson(correct, n), abs=1e-9)
    assert 0 <= computed[0] <= correct / n <= computed[1] <= 1


def test_the_interval_ends_exactly_where_it_must_and_is_unknown_without_trials():
    """Nothing right ends at 0, everything right at 1; no trials say nothing; arrays broadcast, without a warning."""
    low, high = wilson_interval([[0], [7]], [7, 0])
    assert low.shape == high.shape == (2, 2)
    assert low[0, 0] == 0.0
    assert high[1, 0] == 1.0
    assert np.isnan([low[0, 1], high[0, 1], low[1, 1], high[1, 1]]).all()


@st.composite
def tables(draw):
    """Counts ``[class][level]`` with at least one image."""
    levels = draw(st.integers(1, 6))
    row = st.lists(st.integers(0, 50), min_size=levels, max_size=levels)
    return np.array(draw(st.lists(row, min_size=1, max_size=5).filter(lambda rows: any(map(any, rows)))))


@given(tables())
def test_information_is_scikit_learns_in_bits(counts):
    """Plug-in mutual information, in bits where scikit-learn has nats; and as the definition has it."""
    labels, levels = np.nonzero(counts)
    times = counts[labels, levels]
    reference = mutual_info_score(np.repeat(labels, times), np.repeat(levels, times)) / math.log(2)
    computed = mutual_information(counts)
    assert float(computed) == pytest.approx(reference, abs=1e-9)
    assert float(computed) == pytest.approx(naive.mutual_information(counts.tolist()), abs=1e-9)
    assert computed >= 0


def test_information_of_many_pixels_at_once_is_that_of_each():
    """The axes between class and level are the pixels'."""
    counts = np.random.default_rng(0).integers(0, 9, (3, 4, 5, 6)).astype(np.uint32)
    computed = mutual_information(counts)
    reference = [[naive.mutual_information(counts[:, i, j].tolist()) for j in range(5)] for i in range(4)]
    assert np.allclose(computed, reference, atol=1e-12)


def test_information_has_the_bounds_that_it_must_have():
    """Nothing where levels are alike; the classes' whole entropy where no two share a level."""
    assert mutual_information(np.array([[3, 5], [6, 10]])) == pytest.approx(0.0, abs=1e-12)
    assert mutual_information(np.array([[4, 4, 0, 0], [0, 0, 8, 0], [0, 0, 0, 16]])) == pytest.approx(1.5)


@given(st.lists(st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=5))
def test_balanced_accuracy_is_scikit_learns(found):
    """The mean of the classes' recalls, so that a majority does not flatter."""
    y, predicted = [], []
    for label, (correct, n) in enumerate(found):
        y += [label] * n
        predicted += [label] * correct + [(label + 1) % len(found)] * (n - correct)
    computed = balanced_accuracy(*np.array(found).T)
    assert float(computed) == pytest.approx(balanced_accuracy_score(y, predicted), abs=1e-12)


def test_balanced_accuracy_is_unknown_where_a_class_has_no_images():
    """One class without images says nothing of its recall; and that raises no warning."""
    assert math.isnan(balanced_accuracy(np.array([3, 0]), np.array([4, 0])))
    assert balanced_accuracy(np.array([[3, 0], [4, 2]]), np.array([[4, 2], [4, 2]])).tolist() == [0.375, 1.0]
