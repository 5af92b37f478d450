"""The search for the best pixel: every pixel's score is right, and what is skipped could not have won."""

from __future__ import annotations

from itertools import combinations

import naive
import numpy as np
import pytest
from samples import random_images

from tooeasy import Quantization, Sketch
from tooeasy.pixels.pairs import Pairs
from tooeasy.pixels.rules import fit_rule
from tooeasy.pixels.search import (
    answered_right,
    best_pixel_of_all,
    best_pixels,
    best_pixels_of_pairs,
    pair_answers,
    pair_correct,
)

RULES = ["lookup", "threshold", "logistic"]
PAIRS = list(combinations(range(4), 2))


def counts_of(seed: int, *, levels: int = 6, n: int = 60, classes: int = 4):
    images, labels = random_images(seed, n=n, shape=(4, 5, 1), classes=classes, levels=levels)
    sketch = Sketch((4, 5, 1), [str(label) for label in range(classes)], Quantization(levels))
    return sketch.update(images, labels).counts


@pytest.mark.parametrize("rule", ["lookup", "threshold"])
@pytest.mark.parametrize("seed", range(6))
def test_every_pixel_of_every_pair_equals_the_naive_oracle(seed, rule):
    """Training images right at each pixel, and the first of the best."""
    counts = counts_of(seed)
    computed = best_pixels(counts, PAIRS, rule)
    for number, pair in enumerate(PAIRS):
        reference = naive.right_at_every_pixel(counts, pair, rule)
        assert pair_correct(counts, *pair, rule).tolist() == reference
        assert computed[number] == naive.best_pixel(counts, pair, rule)


@pytest.mark.parametrize("C", [0.1, 10.0])
@pytest.mark.parametrize("seed", range(4))
def test_the_logistic_map_equals_fitting_every_pixel(seed, C):
    """Training images right at each pixel are those of the rule fitted there, with none left out."""
    counts = counts_of(seed, levels=17)
    for first, second in PAIRS:
        here = counts[[first, second]]
        reference = [
            naive.right(here[:, pixel].tolist(), fit_rule("logistic", here[:, pixel], C).answers) for pixel in range(20)
        ]
        assert pair_correct(counts, first, second, "logistic", C).tolist() == reference


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("levels", [2, 5, 256])
def test_the_pruned_logistic_search_finds_what_the_full_map_finds(levels, C):
    """Ending the search early never changes the best pixel, ties included."""
    ties = 0
    for seed in range(12):
        counts = counts_of(seed, levels=levels, n=24)
        computed = best_pixels(counts, PAIRS, "logistic", C)
        for number, pair in enumerate(PAIRS):
            full = pair_correct(counts, *pair, "logistic", C)
            assert computed[number] == full.argmax()
            ties += (full == full.max()).sum() > 1
            pruned = pair_correct(counts, *pair, "logistic", C, only_best=True)
            seen = pruned >= 0
            assert np.array_equal(pruned[seen], full[seen])
    assert ties > 0  # so that ties have been put to the test


def test_the_search_is_really_pruned():
    """One pixel that separates two classes makes most fits needless."""
    counts = counts_of(0, n=200)
    counts[0, 11] = counts[1, 11] = 0
    counts[0, 11, 0], counts[1, 11, 5] = counts[[0, 1], 0].sum(axis=1)
    pruned = pair_correct(counts, 0, 1, "logistic", only_best=True)
    assert pruned.argmax() == 11
    assert (pruned == -1).sum() >= 15


@pytest.mark.parametrize("rule", RULES)
def test_ties_go_to_the_lowest_row_then_column(rule):
    """The same pixel put in several places: the first place in reading order wins, whatever is after it."""
    counts = counts_of(1)
    best = best_pixels(counts, [(0, 1)], rule)[0]
    for place in (19, 7, 2):
        counts[:, place] = counts[:, best]
        assert best_pixels(counts, [(0, 1)], rule)[0] == min(best, place)
        best = min(best, place)


@pytest.mark.parametrize("rule", RULES)
def test_any_number_of_threads_finds_the_same(rule):
    """Pairs are shared among threads, results are not."""
    counts = counts_of(2)
    reference = best_pixels(counts, PAIRS, rule, threads=1)
    for threads in (2, 3, 50, None):
        assert np.array_equal(best_pixels(counts, PAIRS, rule, threads=threads), reference)


@pytest.mark.parametrize("rule", ["lookup", "threshold"])
@pytest.mark.parametrize("seed", range(6))
def test_the_best_pixel_of_all_classes_equals_the_naive_oracle(seed, rule):
    """All classes at once: the most frequent class at each level, or on each side of a cut."""
    counts = counts_of(seed)
    pixel, computed = best_pixel_of_all(counts, rule)
    assert pixel == naive.best_pixel(counts, range(4), rule)
    assert computed.answers.tolist() == naive.ANSWERS[rule](counts[:, pixel].tolist())


@pytest.mark.parametrize("C", [0.05, 1.0, 50.0])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_best_pixel_of_all_classes_for_logistic_equals_fitting_every_pixel(classes, C):
    """The multinomial search skips pixels, and finds what a loop over all of them finds; two classes are a pair."""
    ties = 0
    for seed in range(24):
        levels, n = (9, 40) if seed % 4 == 0 else (3, 12)  # few images and levels make ties
        counts = counts_of(seed, levels=levels, n=n, classes=classes)
        reference = [
            naive.right(counts[:, pixel].tolist(), fit_rule("logistic", counts[:, pixel], C).answers)
            for pixel in range(20)
        ]
        pixel, rule = best_pixel_of_all(counts, "logistic", C)
        assert pixel == np.argmax(reference)
        ties += reference.count(max(reference)) > 1
        assert rule.parameters == fit_rule("logistic", counts[:, pixel], C).parameters
    assert ties > 0


def test_counts_of_billions_do_not_overflow():
    """Counts are 32-bit numbers; what is added up from them is not."""
    counts = np.zeros((2, 2, 3), np.uint32)
    counts[:, 0] = [[2**32 - 1, 0, 0], [2**32 - 1, 0, 0]]
    counts[:, 1] = [[2**31, 2**31 - 1, 0], [0, 0, 2**32 - 1]]
    for rule in ("lookup", "threshold"):
        assert pair_correct(counts, 0, 1, rule).tolist() == [2**32 - 1, 2 * (2**32 - 1)]
        assert best_pixel_of_all(counts, rule)[0] == 1


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(4))
def test_answers_at_every_pixel_are_those_of_the_rule_learned_there(seed, rule):
    """Ties and levels never seen included: few images, many levels, and classes of different and of equal size."""
    for n in (12, 60):
        counts = counts_of(seed, n=n, levels=9)
        for first, second in PAIRS:
            answers = pair_answers(counts, first, second, rule)
            for pixel in range(counts.shape[1]):
                learned = fit_rule(rule, counts[[first, second], pixel])
                assert (answers[pixel] == (learned.answers == 1)).all()
            np.testing.assert_array_equal(
                answered_right(counts, first, second, answers), pair_correct(counts, first, second, rule)
            )


@pytest.mark.parametrize("most", [3, 40_000])
@pytest.mark.parametrize("classes", [2, 5, 40, 70])
def test_tiles_find_what_pairs_find(classes, most):
    """Whatever the number of tiles, and whether counts are narrow or wide: the same best pixels, ties included."""
    random = np.random.default_rng(classes)
    counts = random.integers(0, most, (classes, 12, 5)).astype(np.uint32)
    counts[:, :, 0] += counts.sum(axis=2).max(axis=1, keepdims=True) - counts.sum(axis=2)  # as many images everywhere
    pairs = list(combinations(range(classes), 2))
    computed = best_pixels_of_pairs(counts, "lookup")
    assert computed.tolist() == best_pixels(counts, pairs, "lookup").tolist()
    assert best_pixels_of_pairs(counts, "lookup", threads=1).tolist() == computed.tolist()
    for first, second in pairs[:: max(1, len(pairs) // 20)]:
        number = pairs.index((first, second))
        assert computed[number] == naive.best_pixel(counts, (first, second), "lookup")


@pytest.mark.parametrize("rule", RULES)
def test_arrays_of_pairs_say_what_each_pair_says(rule):
    """Every column equals the objects that are made one by one; unequal classes, and one without held-out images."""
    train = Sketch((4, 5, 1), list("abcd"), Quantization(6))
    test = Sketch((4, 5, 1), list("abcd"), Quantization(6))
    train.update(*random_images(1, n=90, shape=(4, 5, 1), classes=4, levels=6))
    images, labels = random_images(2, n=50, shape=(4, 5, 1), classes=3, levels=6)
    test.update(images, labels)
    for held_out in (test, None):
        pairs = Pairs(train, held_out, rule, 1.0, best_pixels_of_pairs(train.counts, rule))
        columns = pairs.columns()
        for number, pair in enumerate(pairs):
            assert pair is pairs[number] is pairs[number - len(pairs)]
            assert (columns["a"][number], columns["b"][number]) == pair.classes
            assert pairs.position(*pair.classes) == number
            place = tuple(int(columns[name][number]) for name in ("row", "column", "channel"))
            assert place == (pair.row, pair.column, pair.channel)
            for name in ("train_accuracy", "test_accuracy", "majority", "balanced_test_accuracy"):
                np.testing.assert_equal(columns[name][number], getattr(pair, name))
            np.testing.assert_allclose(columns["mutual_information_bits"][number], pair.mutual_information_bits)
            np.testing.assert_equal((columns["test_low"][number], columns["test_high"][number]), pair.test_interval)
            np.testing.assert_equal(pairs.accuracy[number], pair.accuracy)
        assert [pair.classes for pair in pairs[1:5:2]] == [(0, 2), (1, 2)]
