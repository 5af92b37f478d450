"""Held-out scores, their p-values against oracles, false discoveries, intervals."""

from __future__ import annotations

import warnings
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, fisher_exact
from sklearn.metrics import balanced_accuracy_score

from tooeasy.giveaways.probe import Probe, balanced, balanced_interval, best_single, discoveries, shuffled_p_value
from tooeasy.scores import Score

ABOUT = ("brightness", "mean", "levels")


def probe(labels, answers, classes=2, seed=0) -> Probe:
    return Probe.of(ABOUT, np.asarray(labels), np.asarray(answers), classes, seed)


def exact_p_value(labels: list[int], answers: list[int], classes: int) -> float:
    """Of all orders of the labels, those that give as high a balanced accuracy: slow and plain."""
    answers_ = np.array(answers)

    def accuracy(order) -> float:
        ours = np.array(order)
        return float(np.mean([(answers_[ours == label] == label).mean() for label in set(labels)]))

    reached = accuracy(labels)
    return float(np.mean([accuracy(order) >= reached - 1e-9 for order in permutations(labels)]))


@pytest.mark.parametrize(
    ("labels", "answers", "classes"),
    [
        ([0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1], 2),
        ([0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1], 2),
        ([0, 0, 1, 1, 2, 2, 2], [0, 0, 1, 2, 2, 2, 0], 3),
        ([0, 0, 1, 1, 1, 3, 3], [0, 1, 1, 1, 2, 3, 3], 4),  # a class without images, and an answer that none has
        ([0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], 2),
    ],
)
def test_p_values_are_those_of_all_orders(labels, answers, classes):
    """As many as there are, of all orders of the labels; up to what 9,999 draws can say."""
    exact = exact_p_value(labels, answers, classes)
    found = shuffled_p_value(Score.of(labels, answers, classes).confusion, seed=0)
    draws = 9_999 if exact < 0.05 else 999
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / draws) + 2 / draws)


@pytest.mark.parametrize("right", [27, 30, 34])
def test_p_values_of_two_classes_are_fishers(right):
    """With two classes of equal size, Fisher's exact test is the same test."""
    confusion = np.array([[right, 50 - right], [50 - right, right]])
    exact = fisher_exact(confusion, alternative="greater").pvalue
    found = shuffled_p_value(confusion, seed=1)
    assert found == pytest.approx(exact, rel=0.25, abs=5e-4)


@pytest.mark.parametrize("classes", [10, 40])
def test_p_values_are_those_of_naive_shuffling(classes):
    """Ten classes, whose tables are drawn, and forty, whose labels are: as shuffled one by one, by scikit-learn."""
    random = np.random.default_rng(0)
    labels = random.permutation(np.arange(200) % classes)
    answers = np.where(random.random(200) < 0.06, labels, random.integers(0, classes, 200))
    reached = balanced_accuracy_score(labels, answers)
    shuffled = [balanced_accuracy_score(random.permutation(labels), answers) for _ in range(1_000)]
    naive = np.mean(np.array(shuffled) >= reached - 1e-9)
    assert 0.001 < naive < 0.2, "neither clear nor hopeless, so that it says something"
    found = probe(labels, answers, classes).p_value
    assert found == pytest.approx(naive, abs=5 * np.sqrt(naive * (1 - naive) / 999))


@pytest.mark.parametrize("sizes", [(50, 50), (95, 5), (10,) * 10, (40, 1)])
def test_p_values_are_rarely_small_by_chance(sizes):
    """Answers that know nothing: a p-value of at most 1, 5, 20 % has at most about that chance, ties or not."""
    random = np.random.default_rng(1)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    found = [
        probe(labels, random.integers(0, len(sizes), len(labels)), len(sizes), seed).p_value for seed in range(300)
    ]
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(found) <= level) <= level + 3.3 * np.sqrt(level * (1 - level) / 300)


def test_stopping_early_changes_no_discovery():
    """Where the first shuffles say that chance is as good, the p-value is at least 5 %; else it may be 1 in 10,000."""
    assert shuffled_p_value(np.array([[26, 24], [24, 26]]), seed=0) > 0.05
    assert shuffled_p_value(np.array([[45, 5], [5, 45]]), seed=0) == 1e-4


def test_answers_that_are_all_alike_say_nothing():
    """One answer for all, one class only, or nobody: p is 1, and the skill 0."""
    for confusion in ([[5, 0], [5, 0]], [[3, 4], [0, 0]], [[0, 0], [0, 0]]):
        assert shuffled_p_value(np.array(confusion), seed=0) == 1.0
    assert probe([0, 0, 1], [0, 0, 0]).skill == 0.0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.sampled_from([0.01, 0.05, 0.3]))
def test_discoveries_are_those_of_benjamini_and_hochberg(p_values, rate):
    """As SciPy's adjusted p-values say; within rounding of the limit either answer is right."""
    adjusted = false_discovery_control(p_values)
    clear = ~np.isclose(adjusted, rate, rtol=1e-9)
    assert (discoveries(p_values, rate)[clear] == (adjusted <= rate)[clear]).all()


def test_nothing_tested_is_nothing_found():
    """An empty list of tests is one of discoveries too."""
    assert discoveries([], 0.05).shape == (0,)


def test_few_discoveries_are_false():
    """Of 20 tests 5 are real: over 300 runs, the mean share of false ones among the found is at most the rate."""
    random = np.random.default_rng(0)
    shares = []
    for _ in range(300):
        found = discoveries(np.concatenate([random.random(15), random.random(5) * 1e-3]), 0.1)
        shares.append(found[:15].sum() / max(found.sum(), 1))
    assert np.mean(shares) <= 0.1


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_balanced_accuracy_is_scikit_learns(pairs):
    """Also where a class has no images, or an answer no class; skill is 0 at chance and 1 where all are right."""
    labels, answers = np.array(pairs).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of answers that are no class
        theirs = balanced_accuracy_score(labels, answers)
    ours = probe(labels, answers, 5)
    assert ours.accuracy == pytest.approx(theirs)
    assert ours.low_skill <= ours.skill + 1e-12
    assert probe(labels, labels, 5).accuracy == 1.0


SIZES = [((40, 40), (0.8, 0.6)), ((200, 20), (0.55, 0.5)), ((200, 10), (0.9, 0.9)), ((30,) * 6, (0.5,) * 6)]


@pytest.mark.parametrize(("n", "rate"), SIZES)
def test_intervals_cover(n, rate):
    """Of 2,000 draws with known rates, at least 93 % of the intervals hold the truth, and not all do."""
    random = np.random.default_rng(0)
    held = 0
    for _ in range(2_000):
        right = random.binomial(n, rate)
        confusion = np.diag(right)
        confusion[np.arange(len(n)), np.arange(1, len(n) + 1) % len(n)] += np.array(n) - right
        low, high = balanced_interval(confusion)
        held += low <= np.mean(rate) <= high
    assert 0.93 <= held / 2_000 < 1


def test_intervals_stay_in_range():
    """All right of few images: the interval ends at 1 and is not empty."""
    low, high = balanced_interval(np.diag([3, 3]))
    assert 0.3 < low < high == 1.0
    assert balanced(np.diag([3, 3])) == 1.0
    assert np.isnan(balanced(np.zeros((2, 2), int)))


def test_the_class_that_is_told_best():
    """One class of four is told: which, and how much; and the lower end keeps its level over all classes."""
    confusion = np.array([[10, 20, 20, 0], [20, 10, 20, 0], [20, 20, 10, 0], [0, 0, 5, 45]])
    single = best_single(confusion)
    assert single.label == 3
    assert (single.share, single.share_of_others) == (0.9, 0.0)
    assert 0.6 < single.low_skill < single.skill == 0.9
    assert best_single(np.array([[5, 5], [1, 9]])) is None
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 40)
    lows = [best_single(Score.of(labels, random.integers(0, 10, 400), 10).confusion).low_skill for _ in range(300)]
    assert np.mean(np.array(lows) > 0) <= 0.05
