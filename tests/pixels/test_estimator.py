"""The rules as a scikit-learn classifier: its own checks, and the same answers as the study's."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from samples import random_images
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tooeasy import OnePixelClassifier, study_pixels

RULES = ["lookup", "threshold", "logistic"]


# A check that does not apply to an estimator skips itself, with a warning to the same effect.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([OnePixelClassifier(rule=rule) for rule in RULES])
def test_scikit_learns_own_checks(estimator, check):
    """All that scikit-learn asks of a classifier: input checks, cloning, pickling, labels of any type, pipelines."""
    check(estimator)


@pytest.mark.parametrize("rule", RULES)
def test_it_predicts_what_the_study_predicts(rule):
    """On 8-bit images of the whole range: the pair's pixel, its training and its test accuracy."""
    train, test = (random_images(seed, n=60, shape=(3, 4, 2), classes=2) for seed in (0, 1))
    for images, _ in (train, test):
        images[0, 0, 0, 0], images[1, 0, 0, 0] = 0, 255
    pair = study_pixels((train, test), rule=rule, C=0.7).pair(0, 1)
    classifier = OnePixelClassifier(rule=rule, C=0.7).fit(train[0].reshape(60, -1), train[1])
    assert np.unravel_index(classifier.pixel_, (3, 4, 2)) == (pair.row, pair.column, pair.channel)
    assert classifier.rule_.parameters == pair.rule.parameters
    assert classifier.score(train[0].reshape(60, -1), train[1]) == pair.train_accuracy
    assert classifier.score(test[0].reshape(60, -1), test[1]) == pair.test_accuracy


@pytest.mark.parametrize("rule", RULES)
def test_it_predicts_all_classes_as_the_study_does(rule):
    """For more than two classes: the pixel and score of telling all apart at once."""
    train, test = (random_images(seed, n=90, shape=(3, 4, 1), classes=4) for seed in (0, 1))
    train[0][0, 0, 0, 0], train[0][1, 0, 0, 0] = 0, 255
    everything = study_pixels((train, test), rule=rule).all_classes
    classifier = OnePixelClassifier(rule=rule).fit(train[0].reshape(90, -1), train[1])
    assert np.unravel_index(classifier.pixel_, (3, 4, 1)) == (everything.row, everything.column, everything.channel)
    assert classifier.score(test[0].reshape(90, -1), test[1]) == everything.test_accuracy


@pytest.mark.parametrize("rule", RULES)
def test_probabilities_fit_the_predictions(rule):
    """Rows sum to one, and the predicted class has the largest."""
    X, y = load_digits(return_X_y=True)
    classifier = OnePixelClassifier(rule=rule).fit(X, y)
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (len(X), 10)
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert (probabilities > 0).all()
    assert np.array_equal(classifier.classes_[probabilities.argmax(axis=1)], classifier.predict(X))


def test_the_unit_of_the_features_does_not_matter():
    """Features span their range: scaled and shifted ones give the same pixel and answers."""
    X, y = load_digits(return_X_y=True)
    reference = OnePixelClassifier().fit(X, y)
    for scaled in (X / 16, X * 1000 - 7, X.astype(np.float32), X.astype(np.uint8)):
        computed = OnePixelClassifier().fit(scaled, y)
        assert computed.pixel_ == reference.pixel_
        assert np.array_equal(computed.predict(scaled), reference.predict(X))


def test_values_beyond_those_seen_are_taken_as_the_nearest():
    """A brighter pixel than any in training is as bright as the brightest, a darker one as the darkest."""
    classifier = OnePixelClassifier(rule="threshold").fit([[0.0], [1.0], [9.0], [10.0]], [0, 0, 1, 1])
    assert classifier.range_ == (0.0, 10.0)
    assert classifier.predict([[-1e9], [1e9]]).tolist() == [0, 1]


def test_names_are_classes():
    """Classes are what was given, in sorted order."""
    classifier = OnePixelClassifier().fit([[0], [1], [2], [0]], ["owl", "ant", "cat", "owl"])
    assert classifier.classes_.tolist() == ["ant", "cat", "owl"]
    assert classifier.predict([[0], [1], [2]]).tolist() == ["owl", "ant", "cat"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "median"}, "rule is one of"),
        ({"C": -1.0}, "C is a positive number"),
        ({"levels": 1}, "levels is a whole number from 2 to 256; found 1"),
        ({"levels": 300}, "levels is a whole number from 2 to 256; found 300"),
    ],
)
def test_options_out_of_range_are_refused_when_fitting(options, message):
    """As scikit-learn wants it: not in the constructor, but by ``fit``."""
    classifier = OnePixelClassifier(**options)
    with pytest.raises(ValueError, match=message):
        classifier.fit([[0], [1]], [0, 1])


def test_one_class_only_is_refused():
    """Telling classes apart takes two."""
    with pytest.raises(ValueError, match="needs two classes or more; found one class: owl"):
        OnePixelClassifier().fit([[0], [1]], np.array(["owl", "owl"], object))


def test_one_class_only_is_named_plainly():
    """A message is for people, who do not write np.int64(3)."""
    with pytest.raises(ValueError, match="found one class: 3"):
        OnePixelClassifier().fit([[0], [1]], [3, 3])


def test_it_works_where_scikit_learns_classifiers_do():
    """In a pipeline, a grid search and cross-validation; and its pickle answers as it does."""
    X, y = load_digits(n_class=3, return_X_y=True)
    assert cross_val_score(make_pipeline(StandardScaler(), OnePixelClassifier()), X, y, cv=3).min() > 0.6
    search = GridSearchCV(OnePixelClassifier(), {"rule": RULES, "levels": [2, 17]}, cv=3).fit(X, y)
    assert set(search.best_params_) == {"rule", "levels"}
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.predict(X), search.predict(X))
