"""Templates as a scikit-learn classifier: its own checks, and the same pictures as the study's."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from samples import random_images
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tooeasy.templates import KINDS, fit_templates
from tooeasy.templates.estimator import PROBABILISTIC, TemplateClassifier

SHAPE = (4, 5, 1)


# A check that does not apply to an estimator skips itself, with a warning to the same effect.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([TemplateClassifier(kind) for kind in KINDS])
def test_scikit_learns_own_checks(estimator, check):
    """All that scikit-learn asks of a classifier: input checks, cloning, pickling, labels of any type, pipelines."""
    check(estimator)


@pytest.fixture(scope="module")
def parts():
    """Training and test images."""
    images, labels = random_images(0, n=260, shape=SHAPE)
    return (images[:200], labels[:200]), (images[200:], labels[200:])


@pytest.mark.parametrize("binarize", [None, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_study_of_the_same_images(parts, kind, binarize):
    """On images scaled to [0, 1], as the study scales them: the same templates, answers and score."""
    (images, labels), (unseen, its) = parts
    study = fit_templates(parts, kind, binarize=binarize)
    X, T = images.reshape(200, -1) / 255, unseen.reshape(60, -1) / 255
    classifier = TemplateClassifier(kind, binarize=binarize).fit(X, labels)
    scale = np.abs(study.linear.weights).max()
    assert classifier.coef_ == pytest.approx(study.linear.weights, rel=1e-6, abs=1e-5 * scale)
    assert classifier.intercept_ == pytest.approx(study.intercepts, rel=1e-6, abs=1e-5 * scale)
    assert classifier.predict(T).tolist() == [
        int(answer) for answer in study.linear.answers((T >= 0.5).astype(float) if binarize else T)
    ]
    assert classifier.score(T, its) == study.test_accuracy


@pytest.mark.parametrize("low", [0.0, -3.0])
@pytest.mark.parametrize("kind", KINDS)
def test_coefficients_are_for_the_features_as_they_are(kind, low):
    """Raw X times coef_, plus intercept_, is the decision function, whatever the range of X."""
    X, y = load_digits(n_class=4, return_X_y=True)
    X = X / 8 + low
    classifier = TemplateClassifier(kind).fit(X, y)
    assert classifier.coef_.shape == (4, 64)
    assert classifier.decision_function(X) == pytest.approx(
        X @ classifier.coef_.T + classifier.intercept_, rel=1e-9, abs=1e-9
    )
    assert classifier.predict(X).tolist() == classifier.decision_function(X).argmax(axis=1).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_coefficients_of_black_and_white_are_for_black_and_white(kind):
    """From a value on a feature is one, below nought."""
    X, y = load_digits(n_class=3, return_X_y=True)
    X = X / 16
    classifier = TemplateClassifier(kind, binarize=0.5).fit(X, y)
    white = (X >= 0.5).astype(float)
    assert classifier.decision_function(X) == pytest.approx(
        white @ classifier.coef_.T + classifier.intercept_, rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("kind", KINDS)
def test_of_two_classes_the_decision_is_one_number(kind):
    """The second class's score less the first's, as scikit-learn has it."""
    X, y = load_digits(n_class=2, return_X_y=True)
    classifier = TemplateClassifier(kind).fit(X, y)
    scores = X @ classifier.coef_.T + classifier.intercept_
    assert classifier.decision_function(X) == pytest.approx(scores[:, 1] - scores[:, 0], rel=1e-9, abs=1e-9)
    assert classifier.predict(X).tolist() == (classifier.decision_function(X) > 0).astype(int).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_where_there_are_any(kind):
    """Rows sum to one, and the predicted class has the largest; other kinds have no such method."""
    X, y = load_digits(return_X_y=True)
    classifier = TemplateClassifier(kind).fit(X, y)
    assert hasattr(classifier, "predict_proba") == (kind in PROBABILISTIC)
    if kind not in PROBABILISTIC:
        with pytest.raises(AttributeError, match="predict_proba"):
            classifier.predict_proba(X)
        return
    probabilities = classifier.predict_proba(X)
    assert probabilities.shape == (len(X), 10)
    assert np.allclose(probabilities.sum(axis=1), 1.0)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert np.array_equal(classifier.classes_[probabilities.argmax(axis=1)], classifier.predict(X))


def test_one_wild_value_spoils_nothing():
    """Features are taken as they are: an outlier changes no unit, and ridge does as scikit-learn's."""
    X, y = load_digits(return_X_y=True)
    X[7, 0] = 1600
    ours = TemplateClassifier(alpha=100.0).fit(X[:1200], y[:1200]).score(X[1200:], y[1200:])
    reference = RidgeClassifier(alpha=100.0).fit(X[:1200], y[:1200]).score(X[1200:], y[1200:])
    assert ours == pytest.approx(reference, abs=0.005)


def test_softmax_warns_if_it_has_not_converged(monkeypatch):
    """As scikit-learn's own classifiers do."""
    monkeypatch.setattr("tooeasy.templates.softmax.MOST_ITERATIONS", 2)
    X, y = load_digits(return_X_y=True)
    with pytest.warns(ConvergenceWarning, match="before it had converged"):
        TemplateClassifier("softmax").fit(X / 16, y)


def test_kinds_that_need_sums_only_make_no_gram_matrix():
    """Twenty thousand features: their Gram matrix would take 3.2 GB."""
    X = np.random.default_rng(0).random((20, 20_000))
    classifier = TemplateClassifier("nearest-mean").fit(X, np.arange(20) % 2)
    assert classifier.coef_.shape == (2, 20_000)


def test_it_works_where_scikit_learns_classifiers_do():
    """In a pipeline, a grid search and cross-validation; clones are unfitted, pickles answer as they did."""
    X, y = load_digits(n_class=4, return_X_y=True)
    assert cross_val_score(make_pipeline(StandardScaler(), TemplateClassifier("lda")), X, y, cv=3).min() > 0.8
    grid = {"kind": ["means", "least-squares"], "binarize": [None, 0.5]}
    search = GridSearchCV(TemplateClassifier(), grid, cv=3).fit(X, y)
    assert search.best_params_["kind"] == "least-squares"
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    assert np.array_equal(again.predict(X), search.predict(X))
    fresh = clone(search.best_estimator_)
    assert fresh.get_params() == search.best_estimator_.get_params()
    assert not hasattr(fresh, "coef_")


def test_names_are_classes():
    """Classes are what was given, in sorted order."""
    classifier = TemplateClassifier("nearest-mean").fit([[0], [1], [2], [0]], ["owl", "ant", "cat", "owl"])
    assert classifier.classes_.tolist() == ["ant", "cat", "owl"]
    assert classifier.predict([[0], [1], [2]]).tolist() == ["owl", "ant", "cat"]


@pytest.mark.parametrize("kind", KINDS)
def test_features_that_are_all_the_same_are_no_error(kind):
    """Nothing can be told apart, and nothing is divided by zero."""
    classifier = TemplateClassifier(kind).fit(np.full((6, 3), 4.0), [0, 0, 1, 1, 1, 1])
    assert np.isfinite(classifier.coef_).all()
    assert np.isfinite(classifier.decision_function(np.full((2, 3), 4.0))).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "median"}, "kind is one of"),
        ({"alpha": -1.0}, "alpha is a number of at least 0"),
        ({"kind": "lda", "alpha": 1.0}, "alpha belongs to"),
        ({"binarize": 2}, "binarize is a fraction"),
        ({"kind": "sgd", "random_state": -1}, "seed is a whole number of at least 0; found -1"),
    ],
)
def test_options_out_of_range_are_refused_when_fitting(options, message):
    """As scikit-learn wants it: not in the constructor, but by ``fit``."""
    classifier = TemplateClassifier(**options)
    with pytest.raises(ValueError, match=message):
        classifier.fit([[0], [1]], [0, 1])


def test_the_random_state_is_scikit_learns():
    """A number or a state gives the same again; another number gives other templates."""
    X, y = load_digits(return_X_y=True)
    ones = [TemplateClassifier("sgd", random_state=3).fit(X / 16, y).coef_ for _ in range(2)]
    np.testing.assert_array_equal(*ones)
    other = TemplateClassifier("sgd", random_state=4).fit(X / 16, y).coef_
    assert not np.array_equal(other, ones[0])
    states = [TemplateClassifier("sgd", random_state=np.random.RandomState(3)).fit(X / 16, y).coef_ for _ in range(2)]
    np.testing.assert_array_equal(*states)


def test_one_class_only_is_refused():
    """Telling classes apart takes two; the one is named plainly."""
    with pytest.raises(ValueError, match="needs two classes or more; found one class: 3"):
        TemplateClassifier().fit([[0], [1]], [3, 3])
