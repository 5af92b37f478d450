"""The two small classifiers: against scikit-learn, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge as TheirRidge

from tooeasy.giveaways.classifiers import BINS, RIDGE, Lookup, Ridge


@pytest.mark.parametrize("sizes", [(60, 60), (110, 10), (50, 30, 20)])
@pytest.mark.parametrize("features", [5, 200])
def test_ridge_is_scikit_learns(sizes, features):
    """The same answers as scikit-learn's ridge on targets that weigh each class alike, with the same penalty."""
    random = np.random.default_rng(len(sizes) + features)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    X = (random.normal(size=(len(labels), features)) + labels[:, None] * random.normal(size=features) / 3).astype("f4")
    targets = np.zeros((len(X), len(sizes)))
    targets[np.arange(len(X)), labels] = (len(X) / np.array(sizes) / len(sizes))[labels]
    theirs = TheirRidge(alpha=RIDGE * X.var(axis=0).mean() * len(X)).fit(X, targets)
    new = random.normal(size=(500, features)).astype("f4")
    scores = np.sort(theirs.predict(new) - targets.mean(axis=0), axis=1)
    clear = scores[:, -1] - scores[:, -2] > 1e-3
    answers = (theirs.predict(new) - targets.mean(axis=0)).argmax(axis=1)
    assert clear.mean() > 0.9
    assert (Ridge(X, labels, len(sizes)).answer(new) == answers)[clear].all()


def test_ridge_gives_rare_classes_the_same_weight():
    """Nothing tells the class: a class of 5 % is answered about as often as the other."""
    random = np.random.default_rng(0)
    labels = (np.arange(4_000) % 20 == 0).astype(int)
    answers = Ridge(random.normal(size=(4_000, 10)), labels, 2).answer(random.normal(size=(4_000, 10)))
    assert 0.3 < answers.mean() < 0.7


def test_ridge_of_features_that_never_vary():
    """Constant features give no error and one answer."""
    assert len(set(Ridge(np.full((20, 3), 7.0), np.arange(20) % 2, 2).answer(np.full((5, 3), 7.0)))) == 1


def test_lookup_of_words():
    """The class that has the word most often, as a share of the class; a word never seen gives the first class."""
    words = np.array(["png"] * 3 + ["jpeg"] * 27 + ["png"] * 2 + ["gif"])
    labels = np.array([0] * 30 + [1] * 3)
    rule = Lookup(words, labels, 2)
    assert rule.bins == ("gif", "jpeg", "png")
    assert rule.answer(np.array(["png", "jpeg", "gif", "tiff", "a", ""])).tolist() == [1, 0, 1, 0, 0, 0]
    assert rule.place(np.array(["tiff", "png"])).tolist() == [-1, 2]
    assert rule.counts(words, labels, 2).tolist() == [[0, 27, 3], [1, 0, 2]]


def test_lookup_of_few_numbers_knows_each():
    """Up to 16 values, each is its own bin, and another one is unknown."""
    rule = Lookup(np.array([1, 1, 5, 5]), np.array([0, 0, 1, 1]), 2)
    assert rule.bins == ("1", "5")
    assert rule.answer(np.array([1, 5, 3, 9])).tolist() == [0, 1, 0, 0]


def test_lookup_of_many_numbers_bins_them():
    """More than 16 values are binned by their quantiles, values beyond the ends included; ties share a bin."""
    values = np.concatenate([np.zeros(500), np.arange(1, 501)])
    labels = (np.arange(1000) >= 750).astype(int)
    rule = Lookup(values, labels, 2)
    assert len(rule.bins) <= BINS
    assert rule.answer(np.array([-1e9, 0, 100, 400, 1e9])).tolist() == [0, 0, 0, 1, 1]
    assert rule.counts(values, labels, 2).sum() == 1000
    assert rule.place(np.array([0.0, 0.0])).tolist() == [0, 0]


def test_lookup_of_equal_shares():
    """A tie is answered with the first of the classes, whatever their sizes."""
    assert Lookup(np.array([1, 2, 1, 2]), np.array([0, 0, 1, 1]), 2).answer(np.array([1, 2])).tolist() == [0, 0]


@given(st.lists(st.tuples(st.integers(-5, 40), st.integers(0, 2)), min_size=3, max_size=80), st.randoms())
def test_lookup_does_not_depend_on_the_order(pairs, random):
    """Images in another order give the same rule; each value has one bin."""
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    rules = [Lookup(*np.array(some).T, 3) for some in (pairs, shuffled)]
    values = np.arange(-6, 42)
    assert rules[0].bins == rules[1].bins
    assert (rules[0].answer(values) == rules[1].answer(values)).all()
    assert (rules[0].place(np.array([value for value, _ in pairs])) >= 0).all()
