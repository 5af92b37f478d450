"""Forward selection as a scikit-learn transformer: its own checks, and the same pixels as the study's."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import tooeasy
from tooeasy import OnePixelClassifier, PixelSelector, TemplateClassifier

NAMES = [f"pixel{number}" for number in range(64)]


@pytest.fixture(scope="module")
def digits():
    """Images as rows, and their labels."""
    return load_digits(return_X_y=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([PixelSelector(), PixelSelector(k=2)])
def test_scikit_learns_own_checks(estimator, check):
    """All that scikit-learn asks of a transformer."""
    check(estimator)


def test_the_pixels_are_those_of_the_study(digits):
    """The same as `study_budget` takes from the same images, in the same order."""
    X, y = digits
    images = X.astype(np.uint8).reshape(-1, 8, 8)
    order = tooeasy.study_budget(((images[:1400], y[:1400]), (images[1400:], y[1400:]))).forward_order
    reference = [8 * row + column for row, column, _ in order.pixels]
    assert PixelSelector(k=10).fit(X[:1400], y[:1400]).pixels_.tolist() == reference[:10]


def test_pixels_that_add_nothing_are_left_out(digits):
    """Constant features and copies of features are not among those kept, however many are asked for."""
    X, y = digits
    doubled = np.hstack([X[:, 20:24], X[:, 20:24], np.full((len(X), 1), 7.0)])
    selector = PixelSelector(k=100).fit(doubled, y)
    assert len(selector.pixels_) == 4
    assert sorted(selector.pixels_ % 4) == [0, 1, 2, 3]


@pytest.mark.parametrize("offset", [1e3, 1e6, -3e6])
def test_a_large_mean_changes_nothing(digits, offset):
    """What differs decides, not what all have in common."""
    X, y = digits
    assert PixelSelector(k=5).fit(X + offset, y).pixels_.tolist() == PixelSelector(k=5).fit(X, y).pixels_.tolist()


def test_features_that_never_vary_are_refused(digits):
    """Nothing kept would be a transformer without columns."""
    with pytest.raises(ValueError, match="no pixel varies"):
        PixelSelector().fit(np.ones((6, 3)), [0, 1, 0, 1, 0, 1])


@pytest.mark.parametrize("k", [0, -1, 1.5, None])
def test_a_number_out_of_range_is_refused(digits, k):
    """By ``fit``, as scikit-learn wants it."""
    with pytest.raises(ValueError, match="k is a whole number of at least 1"):
        PixelSelector(k=k).fit(*digits)


def test_one_class_is_refused():
    """Nothing to tell apart."""
    with pytest.raises(ValueError, match="needs two classes or more; found one class: 3"):
        PixelSelector().fit([[0], [1]], [3, 3])


@pytest.mark.parametrize("classifier", [OnePixelClassifier(), TemplateClassifier("nearest-mean")], ids=["one", "mean"])
def test_pipelines_of_frames(digits, classifier):
    """Names of features go from a frame through a scaler and the selector to the classifier; clones and pickles too."""
    X, y = digits
    frame = pd.DataFrame(X, columns=NAMES)
    pipeline = make_pipeline(StandardScaler(), PixelSelector(k=5), clone(classifier)).set_output(transform="pandas")
    pipeline.fit(frame[:1400], y[:1400])
    kept = pipeline[1].get_feature_names_out().tolist()
    assert kept == [NAMES[pixel] for pixel in sorted(pipeline[1].pixels_)]
    assert pipeline[-1].feature_names_in_.tolist() == kept
    answers = pipeline.predict(frame[1400:])
    again = pickle.loads(pickle.dumps(pipeline))
    assert np.array_equal(again.predict(frame[1400:]), answers)
    assert np.array_equal(clone(pipeline).fit(frame[:1400], y[:1400]).predict(frame[1400:]), answers)
    plain = make_pipeline(StandardScaler(), PixelSelector(k=5), clone(classifier)).fit(X[:1400], y[:1400])
    assert np.array_equal(plain.predict(X[1400:]), answers)


def test_the_number_of_pixels_can_be_searched(digits):
    """As a step of a grid search: more pixels are better, and it is found."""
    pipeline = make_pipeline(PixelSelector(), TemplateClassifier())
    search = GridSearchCV(pipeline, {"pixelselector__k": [1, 8, 32]}, cv=3).fit(*digits)
    assert search.best_params_ == {"pixelselector__k": 32}


@pytest.mark.parametrize("estimator", [OnePixelClassifier(), TemplateClassifier(), PixelSelector(k=4)])
def test_frames_of_polars_are_those_of_pandas(digits, estimator):
    """Fitted to either, with labels as a series of names: the same names, answers and features."""
    polars = pytest.importorskip("polars", reason="frames of polars are tested with it: pip install polars")
    X, y = digits
    labels = [f"digit {label}" for label in y]
    pandas = clone(estimator).fit(pd.DataFrame(X, columns=NAMES), pd.Series(labels))
    other = clone(estimator).fit(polars.DataFrame(X, schema=NAMES), polars.Series(labels))
    assert other.feature_names_in_.tolist() == pandas.feature_names_in_.tolist() == NAMES
    assert other.classes_.tolist() == pandas.classes_.tolist()
    if isinstance(estimator, PixelSelector):
        found = other.set_output(transform="polars").transform(polars.DataFrame(X, schema=NAMES))
        assert isinstance(found, polars.DataFrame)
        assert found.columns == pandas.get_feature_names_out().tolist()
    else:
        assert (
            other.predict(polars.DataFrame(X, schema=NAMES)).tolist()
            == pandas.predict(pd.DataFrame(X, columns=NAMES)).tolist()
        )
