"""The score of a classifier, against counting one by one and scikit-learn."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix

from tooeasy.scores import Score

CLASSES = 4
ANSWERED = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=60)


@given(ANSWERED)
def test_the_numbers_are_scikit_learns(pairs):
    """Confusion matrix and accuracy are those of sklearn.metrics, and the balanced one where every class has images."""
    labels, answers = map(list, zip(*pairs, strict=True))
    score = Score.of(labels, answers, CLASSES)
    np.testing.assert_array_equal(score.confusion, confusion_matrix(labels, answers, labels=range(CLASSES)))
    assert score.test_accuracy == pytest.approx(accuracy_score(labels, answers))
    low, high = score.test_interval
    assert low <= score.test_accuracy <= high
    if set(labels) == set(range(CLASSES)):
        assert score.balanced_test_accuracy == pytest.approx(balanced_accuracy_score(labels, answers))
    else:
        assert math.isnan(score.balanced_test_accuracy)


@given(ANSWERED)
def test_the_most_confused_are_counted_one_by_one(pairs):
    """Mistakes come in order of their number, and no right answer is among them."""
    mistakes: dict[tuple[int, int], int] = {}
    for label, answer in pairs:
        if label != answer:
            mistakes[label, answer] = mistakes.get((label, answer), 0) + 1
    expected = sorted(((*pair, n) for pair, n in mistakes.items()), key=lambda found: (-found[2], found[:2]))
    score = Score.of(*zip(*pairs, strict=True), CLASSES)
    assert score.most_confused(3) == expected[:3]


def test_without_images_nothing_is_known():
    """No images: no accuracy, no interval, and JSON that says so."""
    found = Score.of([], [], 2)
    assert math.isnan(found.test_accuracy)
    values = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert values["test_accuracy"] is values["test_interval"] is values["balanced_test_accuracy"] is None
    assert values["n_test"] == 0
