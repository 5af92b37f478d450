"""Published figures, reproduced on full MNIST and Fashion-MNIST; most from what the package brings.

The figures are those of https://stats.stackexchange.com/q/426873 and its answers: see tests/reference/README.md.
"""

from __future__ import annotations

import naive
import numpy as np
import pytest

import tooeasy
from tooeasy.templates import (
    FROM_SKETCH,
    Settings,
    TemplateStudy,
    explain_templates,
    fit_templates,
    study_budget,
    study_templates,
)
from tooeasy.templates.features import features_of, moments_of
from tooeasy.templates.fit import least_squares
from tooeasy.templates.selection import forward_selection

pytestmark = pytest.mark.compiled


@pytest.fixture(scope="module")
def studies() -> dict[tuple[str, str], TemplateStudy]:
    """Templates of the bundled datasets: by name and kind."""
    wanted = [
        *(Settings(kind=kind) for kind in FROM_SKETCH),
        Settings(kind="centred-means", centre="global"),
        Settings(intercept=False),
    ]
    keys = [*FROM_SKETCH, "globally centred", "no intercept"]
    return {
        (name, key): study
        for name in ("mnist", "fashion-mnist")
        for key, study in zip(keys, study_templates(tooeasy.load(name), wanted), strict=True)
    }


# Published: means 0.64 and means less 0.2 0.75, of black and white images; of grey ones they are a little off.
# Published: least squares 0.87, of black and white images; why it is less here is said below.
@pytest.mark.parametrize(
    ("name", "kind", "low", "high"),
    [
        ("mnist", "means", 0.63, 0.64),
        ("mnist", "centred-means", 0.75, 0.765),
        ("mnist", "globally centred", 0.758, 0.760),
        ("mnist", "difference", 0.631, 0.633),
        ("mnist", "nearest-mean", 0.8202, 0.8204),
        ("mnist", "least-squares", 0.8602, 0.8604),
        ("mnist", "no intercept", 0.8533, 0.8535),
        ("mnist", "lda", 0.872, 0.874),
        ("mnist", "lasso", 0.860, 0.863),
        ("fashion-mnist", "nearest-mean", 0.676, 0.678),
        ("fashion-mnist", "least-squares", 0.810, 0.812),
        ("fashion-mnist", "lda", 0.814, 0.816),
    ],
)
def test_templates_score_what_was_published_or_recomputed(studies, name, kind, low, high):
    """On the 10,000 test images, with templates from the bundled sketch of the 60,000 training images."""
    study = studies[name, kind]
    assert low <= study.test_accuracy <= high
    assert (study.score.images, study.held_out) == (10_000, "test split")


def test_templates_of_mnist_look_as_their_digits(studies):
    """The mean zero is dark in its middle and bright around; least squares speaks against ink in the middle of it."""
    assert studies["mnist", "means"].weights[0, 13:15, 13:15].max() < 0.1
    assert studies["mnist", "means"].weights[0, 5:8, 13:17].min() > 0.3
    assert studies["mnist", "difference"].weights[0, 13:15, 13:15].max() < -0.2


@pytest.mark.parametrize(
    ("name", "enough"),
    [
        ("mnist", {0.8: 15, 0.9: 29, 0.95: 49, 0.99: 156}),
        ("fashion-mnist", {0.8: 10, 0.9: 26, 0.95: 53, 0.99: 196}),
    ],
)
def test_few_pixels_are_enough(studies, name, enough):
    """15 of 784 pixels for four fifths of a linear rule's accuracy on MNIST, 156 for nearly all of it."""
    budget = study_budget(name)
    assert budget.enough == enough
    assert budget.full.test_accuracy == pytest.approx(studies[name, "least-squares"].test_accuracy, abs=2e-4)
    assert len(budget.forward_order.pixels) <= 784


@pytest.mark.data
def test_the_first_pixels_equal_refitting_every_candidate(full_data):
    """Of MNIST's first 2,000 images, reduced to 10 x 10 pixels: the first eight, each by 100 regressions."""
    train = tooeasy.load(full_data("mnist")).train
    X, labels = train.images()[:2000, 4:24:2, 4:24:2, 0].reshape(2000, -1) / 255, train.labels[:2000]
    data = tooeasy.from_arrays(((255 * X).round().astype(np.uint8).reshape(-1, 10, 10), labels))
    order = forward_selection(moments_of(data.train), most=8)
    assert order.tolist() == naive.forward_selection(X, labels, 10, 8)


# The published 0.87 of least squares on binarised pixels does not say where they were cut. With every pixel that has
# any ink white, it is 0.866, which rounds to it; cut in the middle, it is 0.856, and without an intercept 0.850.
@pytest.mark.data
@pytest.mark.parametrize(
    ("options", "accuracy"),
    [
        ({"kind": "means", "binarize": 0.5}, 0.638),
        ({"kind": "least-squares", "binarize": 0.5}, 0.856),
        ({"kind": "least-squares", "binarize": 0.5, "intercept": False}, 0.850),
        ({"kind": "least-squares", "binarize": 1 / 255}, 0.866),
        ({"kind": "least-squares", "binarize": 1 / 255, "intercept": False}, 0.854),
    ],
)
def test_black_and_white_templates_of_mnist(full_data, options, accuracy):
    """As in the published answer, whose images are black and white: means 0.64, least squares 0.87."""
    assert fit_templates(full_data("mnist"), **options).test_accuracy == pytest.approx(accuracy, abs=0.0006)


@pytest.mark.data
def test_least_squares_from_the_sketch_equals_lstsq_on_60_000_images(full_data, studies):
    """Scores of the test images to a millionth: nothing is lost by keeping integers and no image."""
    data = tooeasy.load(full_data("mnist"))
    X, labels = data.train.images().reshape(60_000, -1) / 255, data.train.labels
    Y = (labels[:, np.newaxis] == np.arange(10)).astype(float)
    mean, varies = X.mean(axis=0), np.ptp(X, axis=0) > 0
    T = data.test.images().reshape(10_000, -1) / 255
    # Pixels that never change are left out: what rounding leaves of them less their mean would look like a direction.
    reference = np.linalg.lstsq((X - mean)[:, varies], Y - Y.mean(axis=0), rcond=None)[0]
    scores = (T - mean)[:, varies] @ reference + Y.mean(axis=0)
    study = studies["mnist", "least-squares"]
    assert study.linear.scores(T) == pytest.approx(scores, rel=1e-6, abs=1e-6)
    assert study.linear.weights[:, varies] == pytest.approx(reference.T, abs=1e-6 * np.abs(reference).max())
    assert study.test_accuracy == np.mean(scores.argmax(axis=1) == data.test.labels)


@pytest.mark.data
@pytest.mark.parametrize(("name", "at_least"), [("mnist", 0.92), ("fashion-mnist", 0.84)])
def test_softmax_reaches_what_the_question_asks_about(full_data, name, at_least):
    """92 % of MNIST, to convergence; 84 % of Fashion-MNIST."""
    study = fit_templates(full_data(name), "softmax")
    assert at_least <= study.test_accuracy < at_least + 0.02
    assert study.notes == ()


@pytest.mark.data
@pytest.mark.parametrize("seed", range(2))
def test_a_thousand_steps_of_gradient_descent_nearly_reach_it(full_data, seed):
    """About 92 %, as the published recipe; most of it after the first tenth of the steps."""
    study = fit_templates(full_data("mnist"), "sgd", seed=seed)
    assert 0.905 <= study.test_accuracy <= 0.925
    assert study.curve.test_accuracy[1] > 0.84
    assert study.curve.loss[-1] < 0.6 < study.curve.loss[0]


@pytest.mark.data
def test_the_weighted_images_grow_into_the_templates(full_data, studies):
    """The sum of all 60,000 images, each times its weight, is the least-squares template of each class."""
    growth = explain_templates(full_data("mnist"), alpha=0.0)
    reference = studies["mnist", "least-squares"].weights
    assert growth.images == (10, 100, 1000, 10_000, 60_000)
    assert growth.sums[-1] == pytest.approx(reference, abs=1e-6 * np.abs(reference).max())
    assert growth.inside.sum() == 60_000
    assert (growth.inside + growth.outside).sum(axis=1).tolist() == [60_000] * 10


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_bundled_sketch_has_the_moments_of_the_images(full_data, studies, name):
    """The same templates to the last bit, from the images as from what the package brings."""
    data = tooeasy.load(full_data(name))
    linear = least_squares(moments_of(data.train))
    assert np.array_equal(linear.weights, studies[name, "least-squares"].linear.weights)
    rows, labels = features_of(data.test)
    assert np.mean(linear.answers(rows) == labels) == studies[name, "least-squares"].test_accuracy
