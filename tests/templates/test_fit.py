"""Every kind of template, against plain loops, NumPy or scikit-learn, and against the laws that it obeys."""

from __future__ import annotations

import warnings

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import random_images, singular_images
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.neighbors import NearestCentroid

from tooeasy import Sketch
from tooeasy.templates import FROM_SKETCH, Settings, fit_templates
from tooeasy.templates.fit import fit_moments, least_squares
from tooeasy.templates.lasso import lasso_alphas, lasso_path
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments
from tooeasy.templates.softmax import fit_sgd, fit_softmax
from tooeasy.templates.solve import solve_symmetric

CLASSES = 3
MAKERS = {"regular": random_images, "singular": singular_images}
WITH_INTERCEPT = ("least-squares", "lasso", "softmax")


def rows_of(maker: str, seed: int = 0, n: int = 60, classes: int = CLASSES) -> tuple[np.ndarray, np.ndarray]:
    images, labels = MAKERS[maker](seed, n=n, shape=(4, 4, 1), classes=classes)
    return images.reshape(n, -1) / 255, labels


def one_hot(labels: np.ndarray, classes: int = CLASSES) -> np.ndarray:
    return (labels[:, np.newaxis] == np.arange(classes)).astype(float)


def fitted(X: np.ndarray, labels: np.ndarray, **options) -> Linear:
    settings = Settings(**options)
    classes = int(labels.max()) + 1
    if settings.kind == "softmax":
        return fit_softmax(X.astype(np.float32), labels, classes, settings)[0]
    return fit_moments(Moments.of_features(X, labels, classes), settings)[0]


# Means


@pytest.mark.parametrize("kind", ["means", "difference", "nearest-mean", "centred-means", "global"])
@pytest.mark.parametrize("seed", range(3))
def test_means_score_as_plain_loops_do(kind, seed):
    """Dot products with means, with differences of means, with means less a centre, and squared distances."""
    X, labels = rows_of("singular", seed)
    rows = X.tolist()
    means = naive.class_means(rows, labels, CLASSES)
    if kind == "difference":
        reference = naive.template_scores(rows, naive.differences(rows, labels, CLASSES), [0.0] * CLASSES)
    elif kind == "means":
        reference = naive.template_scores(rows, means, [0.0] * CLASSES)
    elif kind == "nearest-mean":
        away = [[naive.less(row, mean) for mean in means] for row in rows]
        own = [naive.dot(row, row) for row in rows]
        reference = [
            [(square - naive.dot(d, d)) / 2 for d in per_class] for per_class, square in zip(away, own, strict=True)
        ]
    else:
        centre = naive.mean_image(rows) if kind == "global" else [0.3] * len(rows[0])
        templates = [naive.less(mean, centre) for mean in means]
        reference = [[naive.dot(naive.less(row, centre), template) for template in templates] for row in rows]
    options = {"centre": "global" if kind == "global" else 0.3} if kind in ("centred-means", "global") else {}
    computed = fitted(X, labels, kind="centred-means" if options else kind, **options)
    assert computed.scores(X) == pytest.approx(np.array(reference), abs=1e-12)
    assert computed.answers(X).tolist() == [naive.first_highest(scores) for scores in reference]


def test_centred_means_take_off_a_fifth_by_default():
    """The centre of the published answer."""
    X, labels = rows_of("regular")
    computed, reference = fitted(X, labels, kind="centred-means"), fitted(X, labels, kind="centred-means", centre=0.2)
    assert np.array_equal(computed.weights, reference.weights)
    assert np.array_equal(computed.intercepts, reference.intercepts)


@pytest.mark.parametrize("seed", range(3))
def test_nearest_mean_answers_as_scikit_learns_nearest_centroid(seed):
    """The same class for every image, and for images never seen."""
    X, labels = rows_of("regular", seed)
    fresh = np.random.default_rng(seed).random((200, X.shape[1]))
    reference = NearestCentroid().fit(X, labels)
    computed = fitted(X, labels, kind="nearest-mean")
    assert computed.answers(X).tolist() == reference.predict(X).tolist()
    assert computed.answers(fresh).tolist() == reference.predict(fresh).tolist()


# Least squares


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("n", [60, 10])
@pytest.mark.parametrize("seed", range(3))
def test_least_squares_equals_lstsq_on_the_images(maker, intercept, n, seed):
    """Scores and templates of minimum norm to 1e-6: with pixels that never change or are collinear, or few images."""
    X, labels = rows_of(maker, seed, n)
    Y = one_hot(labels)
    mean, priors = (X.mean(axis=0), Y.mean(axis=0)) if intercept else (np.zeros(X.shape[1]), np.zeros(CLASSES))
    reference = np.linalg.lstsq(X - mean, Y - priors, rcond=None)[0]
    computed = fitted(X, labels, kind="least-squares", intercept=intercept)
    assert computed.scores(X) == pytest.approx((X - mean) @ reference + priors, rel=1e-6, abs=1e-6)
    assert computed.weights == pytest.approx(reference.T, rel=1e-6, abs=1e-6 * np.abs(reference).max())
    if not intercept:
        assert not computed.intercepts.any()


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("alpha", [1e-3, 1.0, 100.0])
def test_ridge_equals_scikit_learns(maker, intercept, alpha):
    """Templates and intercepts to 1e-8."""
    X, labels = rows_of(maker)
    reference = Ridge(alpha=alpha, fit_intercept=intercept, solver="svd", tol=0).fit(X, one_hot(labels))
    computed = fitted(X, labels, kind="least-squares", alpha=alpha, intercept=intercept)
    assert computed.weights == pytest.approx(reference.coef_, abs=1e-8)
    assert computed.intercepts == pytest.approx(np.broadcast_to(reference.intercept_, CLASSES), abs=1e-8)


@pytest.mark.parametrize("span", [2, 4, 16])
@pytest.mark.parametrize("source", ["sketch", "rows"])
@given(seed=st.integers(0, 1000))
def test_bright_images_of_little_contrast_are_not_lost_in_rounding(source, span, seed):
    """Collinear pixels of a few levels, far from black: still what lstsq finds on images centred in whole numbers."""
    random = np.random.default_rng(seed)
    n, labels = 40, np.r_[0, 1, 2, random.integers(0, CLASSES, 37)]
    flat = 230 + random.integers(0, span, (n, 12)) + labels[:, np.newaxis] * (random.random((n, 12)) < 0.5)
    flat[:, 1] = 254
    flat[:, 3] = 480 - flat[:, 2]
    flat[:, 5] = flat[:, 4] + flat[:, 8] - flat[:, 9]
    flat = np.clip(flat, 0, 255)
    if source == "sketch":
        sketch = Sketch((3, 4, 1), ["a", "b", "c"], moments=True)
        sketch.update(flat.astype(np.uint8).reshape(n, 3, 4, 1), labels)
        moments = Moments.of_sketch(sketch)
    else:
        moments = Moments.of_features(flat / 255, labels, CLASSES)
    away, Y = (n * flat - flat.sum(axis=0)) / n / 255, one_hot(labels)
    reference = np.linalg.lstsq(away, Y - Y.mean(axis=0), rcond=None)[0]
    computed = least_squares(moments)
    assert computed.scores(flat / 255) == pytest.approx(away @ reference + Y.mean(axis=0), abs=1e-6)
    assert computed.weights == pytest.approx(reference.T, abs=1e-6 * np.abs(reference).max())


def test_scores_of_least_squares_add_up_to_one():
    """The labels do, and so do what is fitted to them."""
    X, labels = rows_of("singular")
    assert fitted(X, labels, kind="least-squares").scores(X).sum(axis=1) == pytest.approx(np.ones(len(X)), abs=1e-9)


def test_equations_without_an_answer_in_some_directions_get_the_shortest():
    """A singular matrix: the solution has no part in the directions that say nothing; nor has one of zeros."""
    matrix = np.diag([4.0, 1.0, 0.0])
    right = np.array([[8.0], [3.0], [0.0]])
    assert solve_symmetric(matrix, right).ravel().tolist() == [2.0, 3.0, 0.0]
    assert solve_symmetric(matrix, right, 1.0).ravel() == pytest.approx([1.6, 1.5, 0.0])
    assert solve_symmetric(np.zeros((3, 3)), np.zeros((3, 2))).tolist() == np.zeros((3, 2)).tolist()


# Linear discriminant analysis


@pytest.mark.parametrize("solver", ["svd", "lsqr", "eigen"])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_lda_decides_as_scikit_learns(solver, classes):
    """Differences of the classes' scores to 1e-6, and with them every probability and answer."""
    X, labels = rows_of("regular", 1, 200, classes)
    reference = LinearDiscriminantAnalysis(solver=solver).fit(X, labels)
    scores = fitted(X, labels, kind="lda").scores(X)
    if classes == 2:
        # scikit-learn's svd divides by n less the number of classes, the others by n, as we do.
        scores = (scores[:, 1] - scores[:, 0])[:, np.newaxis]
    theirs = reference.decision_function(X).reshape(len(X), -1)
    if solver == "svd":
        shrunk = LinearDiscriminantAnalysis(solver="lsqr").fit(X, labels).decision_function(X).reshape(len(X), -1)
        assert np.mean(theirs.argmax(axis=1) == shrunk.argmax(axis=1)) > 0.98
        theirs = shrunk
    away = scores - scores.mean(axis=1, keepdims=True), theirs - theirs.mean(axis=1, keepdims=True)
    if classes == 2:
        away = scores, theirs
    assert away[0] == pytest.approx(away[1], rel=1e-6, abs=1e-6)


def test_lda_is_indifferent_to_pixels_that_say_nothing_new():
    """With constant and collinear pixels it decides as on the pixels without them."""
    X, labels = rows_of("singular", 0, 120)
    kept = [2, 4, 6, *range(8, 16)]
    computed, reference = fitted(X, labels, kind="lda"), fitted(X[:, kept], labels, kind="lda")
    assert computed.scores(X) == pytest.approx(reference.scores(X[:, kept]), abs=1e-8)
    assert computed.weights[:, [0, 1]] == pytest.approx(np.zeros((CLASSES, 2)), abs=1e-12)


# The lasso


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_the_lasso_path_equals_scikit_learns(intercept, seed):
    """Templates and intercepts to 1e-6 at all of a dozen penalties, three orders of magnitude."""
    X, labels = rows_of("regular", seed)
    X[:, 0], X[:, 1] = 0.0, 0.7  # some pixels never change
    path = lasso_path(Moments.of_features(X, labels, CLASSES), intercept=intercept)
    Y = one_hot(labels)
    assert len(path.alphas) == 50
    for number in range(0, 50, 7):
        for label in range(CLASSES):
            model = Lasso(alpha=path.alphas[number], fit_intercept=intercept, tol=1e-14, max_iter=10**6)
            model.fit(X, Y[:, label])
            assert path.weights[number, label] == pytest.approx(model.coef_, abs=1e-6)
            assert path.intercepts[number, label] == pytest.approx(model.intercept_, abs=1e-6)


@pytest.mark.parametrize("alpha", [1e-4, 1e-3, 0.02])
@pytest.mark.parametrize("intercept", [True, False])
def test_a_single_lasso_equals_scikit_learns(alpha, intercept):
    """Whatever path leads to it, the minimum is the minimum."""
    X, labels = rows_of("regular")
    computed = fitted(X, labels, kind="lasso", alpha=alpha, intercept=intercept)
    Y = one_hot(labels)
    for label in range(CLASSES):
        model = Lasso(alpha=alpha, fit_intercept=intercept, tol=1e-14, max_iter=10**6).fit(X, Y[:, label])
        assert computed.weights[label] == pytest.approx(model.coef_, abs=1e-6)
        assert computed.intercepts[label] == pytest.approx(model.intercept_, abs=1e-6)


@given(
    seed=st.integers(0, 1000), fraction=st.floats(1e-3, 1.0), intercept=st.booleans(), maker=st.sampled_from([*MAKERS])
)
def test_the_lasso_is_at_its_minimum(seed, fraction, intercept, maker):
    """Karush, Kuhn and Tucker: no slope beyond the penalty, and exactly the penalty, with its sign, where in use."""
    X, labels = rows_of(maker, seed)
    moments = Moments.of_features(X, labels, CLASSES)
    alpha = fraction * lasso_alphas(moments, intercept=intercept)[0]
    computed = fitted(X, labels, kind="lasso", alpha=alpha, intercept=intercept)
    slope = X.T @ (one_hot(labels) - computed.scores(X)) / len(X)
    assert np.abs(slope).max() <= alpha + 1e-7
    used = computed.weights.T != 0
    assert slope[used] == pytest.approx(alpha * np.sign(computed.weights.T[used]), abs=1e-7)
    if intercept:
        assert computed.scores(X).mean(axis=0) == pytest.approx(one_hot(labels).mean(axis=0), abs=1e-9)


def test_the_path_begins_where_the_first_pixel_comes_in():
    """At the largest penalty no pixel is in use; just below it one is; the last is a thousandth of it."""
    X, labels = rows_of("singular")
    moments = Moments.of_features(X, labels, CLASSES)
    alphas = lasso_alphas(moments)
    path = lasso_path(moments, np.array([alphas[0] * (1 + 1e-9), alphas[0] * 0.999]))
    assert len(path.used(0)) == 0
    assert 1 <= len(path.used(1)) <= 2  # two where a pixel has a twin
    assert path.linear(0).intercepts == pytest.approx(moments.priors)
    assert alphas[-1] == pytest.approx(alphas[0] / 1000)
    assert np.allclose(alphas[1:] / alphas[:-1], alphas[1] / alphas[0])


def test_the_lasso_ends_at_a_thousandth_by_default_and_above_the_largest_uses_nothing():
    """What `Settings` says of alpha."""
    X, labels = rows_of("regular")
    moments = Moments.of_features(X, labels, CLASSES)
    assert np.array_equal(fitted(X, labels, kind="lasso").weights, lasso_path(moments).weights[-1])
    computed = fitted(X, labels, kind="lasso", alpha=5 * lasso_alphas(moments)[0])
    assert not computed.weights.any()


def test_any_number_of_threads_finds_the_same_path():
    """Threads share the classes, not the result."""
    X, labels = rows_of("singular", 0, 60, 5)
    moments = Moments.of_features(X, labels, 5)
    reference = lasso_path(moments, threads=1)
    for threads in (2, 7):
        assert np.array_equal(lasso_path(moments, threads=threads).weights, reference.weights)


# Softmax


def probabilities(linear: Linear, X: np.ndarray) -> np.ndarray:
    tails = np.exp(linear.scores(X) - linear.scores(X).max(axis=1, keepdims=True))
    return tails / tails.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("alpha", [None, 0.1, 30.0])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_softmax_equals_scikit_learn_run_to_convergence(classes, alpha, intercept):
    """Templates to a hundredth of the largest weight, with pixels that never change; every probability to 0.01."""
    X, labels = rows_of("singular", 0, 200, classes)
    options = {"fit_intercept": intercept, "C": 1 / (alpha or 1.0)}
    reference = LogisticRegression(**options, tol=1e-10, max_iter=10**5).fit(X, labels)
    computed, converged = fit_softmax(
        X.astype(np.float32), labels, classes, Settings(kind="softmax", alpha=alpha, intercept=intercept)
    )
    assert converged
    assert probabilities(computed, X) == pytest.approx(reference.predict_proba(X), abs=0.01)
    # Two classes have one template in scikit-learn: the second's less the first's.
    weights = computed.weights[1:] - computed.weights[:1] if classes == 2 else computed.weights
    assert weights == pytest.approx(reference.coef_, abs=0.02 * np.abs(reference.coef_).max())


@pytest.mark.parametrize("classes", [2, 3])
def test_softmax_with_an_l1_penalty_equals_scikit_learns(classes):
    """The same probabilities, and pixels out of use: exactly zero."""
    X, labels = rows_of("regular", 0, 200, classes)
    reference = LogisticRegression(C=0.2, l1_ratio=1.0, solver="saga", tol=1e-8, max_iter=10**5).fit(X, labels)
    settings = Settings(kind="softmax", alpha=5.0, penalty="l1")
    computed, converged = fit_softmax(X.astype(np.float32), labels, classes, settings)
    assert converged
    assert probabilities(computed, X) == pytest.approx(reference.predict_proba(X), abs=0.01)
    weights = computed.weights[1:] if classes == 2 else computed.weights
    assert 0 < (weights == 0).sum() < weights.size
    assert np.mean((weights == 0) == (reference.coef_ == 0)) > 0.9


def test_softmax_says_when_it_did_not_converge(monkeypatch):
    """Without a penalty, where classes can be separated, there is no minimum; no warning escapes either way."""
    monkeypatch.setattr("tooeasy.templates.softmax.MOST_ITERATIONS", 3)
    X, labels = rows_of("regular", 0, 30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for alpha in (0.0, 1.0):
            linear, converged = fit_softmax(X.astype(np.float32), labels, 3, Settings(kind="softmax", alpha=alpha))
            assert not converged
            assert np.isfinite(linear.weights).all()


def test_softmax_stops_after_the_steps_it_is_given(monkeypatch):
    """As it does where the bound for all is as low."""
    X, labels = rows_of("regular", 0, 30)
    problem = (X.astype(np.float32), labels, 3, Settings(kind="softmax"))
    stopped, converged = fit_softmax(*problem, most=3)
    monkeypatch.setattr("tooeasy.templates.softmax.MOST_ITERATIONS", 3)
    assert not converged
    assert np.array_equal(stopped.weights, fit_softmax(*problem)[0].weights)


def test_images_that_are_all_the_same_answer_the_most_frequent_class():
    """Even where no pixel says anything."""
    X, labels = np.full((10, 4), 0.5), np.repeat([0, 1, 2], [3, 5, 2])
    for kind in ("least-squares", "lda", "lasso", "softmax"):
        linear = fitted(X, labels, kind=kind)
        assert not linear.weights.any()
        assert linear.answers(X).tolist() == [1] * 10


def test_softmax_without_a_penalty_separates_what_can_be_separated():
    """Every training image is right, with either penalty turned off."""
    X, labels = rows_of("regular", 0, 12)
    for penalty in ("l2", "l1"):
        linear = fitted(X, labels, kind="softmax", alpha=0, penalty=penalty)
        assert linear.answers(X).tolist() == labels.tolist()


# Gradient descent


def descent(seed: int, **options):
    X, labels = rows_of("regular", 0, 300)
    return fit_sgd(X.astype(np.float32), labels, CLASSES, Settings(kind="sgd", seed=seed, **options))


def test_gradient_descent_is_the_same_with_the_same_seed():
    """And another with another."""
    (one, losses), (again, losses_again), (other, _) = descent(3), descent(3), descent(4)
    assert np.array_equal(one[-1].weights, again[-1].weights)
    assert np.array_equal(losses, losses_again)
    assert not np.array_equal(one[-1].weights, other[-1].weights)


def test_the_curve_of_gradient_descent_falls():
    """The loss at the end is below that at the start and below guessing; the last accuracy is the study's."""
    X, labels = rows_of("regular", 0, 300)
    images = np.rint(255 * X).astype(np.uint8).reshape(300, 1, -1, 1)
    study = fit_templates(((images[:200], labels[:200]), (images[200:], labels[200:])), "sgd")
    curve = study.curve
    assert curve.steps.tolist() == list(range(50, 1001, 50))
    assert curve.loss[-5:].mean() < 0.8 * curve.loss[0]
    assert curve.loss[0] < np.log2(CLASSES)
    assert curve.test_accuracy[-1] == study.test_accuracy
    assert len(set(curve.test_accuracy.tolist())) > 1
    assert curve.to_dict()["loss_bits"] == curve.loss.tolist()


def test_gradient_descent_takes_the_published_steps():
    """1,000 steps of 64 images at a rate of 0.5, from zero: once more in plain NumPy, in double precision."""
    X, labels = rows_of("regular", 0, 300)
    X = X.astype(np.float32).astype(float)
    random = np.random.default_rng(9)
    W, b = np.zeros((CLASSES, X.shape[1])), np.zeros(CLASSES)
    for _ in range(1000):
        rows = random.integers(0, 300, 64)
        p = probabilities(Linear(W, b), X[rows]) - one_hot(labels[rows])
        W, b = W - 0.5 * p.T @ X[rows] / 64, b - 0.5 * p.mean(axis=0)
    computed = descent(9)[0][-1]
    assert computed.weights == pytest.approx(W, abs=1e-3)
    assert computed.intercepts == pytest.approx(b, abs=1e-3)
    without = descent(9, intercept=False)[0][-1]
    assert not without.intercepts.any()


# Laws

CASES = [{"kind": kind} for kind in FROM_SKETCH] + [
    {"kind": "centred-means", "centre": "global"},
    {"kind": "least-squares", "intercept": False},
    {"kind": "least-squares", "alpha": 0.5},
    {"kind": "lasso", "alpha": 0.01, "intercept": False},
    {"kind": "softmax"},
]
IDS = ["-".join(map(str, case.values())) for case in CASES]
EXACT, MODEST = 1e-8, 0.03  # softmax stops near its minimum


def near(linear: Linear, case: dict) -> dict[str, float]:
    scale = max(1.0, float(np.abs(linear.weights).max()))
    return {"abs": scale * (MODEST if case["kind"] == "softmax" else EXACT)}


@pytest.mark.parametrize("case", CASES, ids=IDS)
@settings(max_examples=12)
@given(seed=st.integers(0, 1000))
def test_permuting_pixels_permutes_weights(case, seed):
    """No pixel is special for its place."""
    X, labels = rows_of("regular", seed)
    order = np.random.default_rng(seed).permutation(X.shape[1])
    computed, reference = fitted(X[:, order], labels, **case), fitted(X, labels, **case)
    assert computed.weights == pytest.approx(reference.weights[:, order], **near(reference, case))
    assert computed.intercepts == pytest.approx(reference.intercepts, **near(reference, case))


@pytest.mark.parametrize("case", CASES, ids=IDS)
@settings(max_examples=12)
@given(seed=st.integers(0, 1000))
def test_images_may_come_twice_and_in_any_order(case, seed):
    """Every image twice, shuffled, changes nothing; where the penalty is beside a sum over images, it doubles."""
    X, labels = rows_of("regular", seed)
    order = np.random.default_rng(seed).permutation(2 * len(X)) % len(X)
    doubled = dict(case)
    if case["kind"] == "softmax" or (case["kind"] == "least-squares" and "alpha" in case):
        doubled["alpha"] = 2 * case.get("alpha", 1.0)
    computed, reference = fitted(X[order], labels[order], **doubled), fitted(X, labels, **case)
    assert computed.weights == pytest.approx(reference.weights, **near(reference, case))
    assert computed.intercepts == pytest.approx(reference.intercepts, **near(reference, case))


SAYS_NOTHING = [
    case
    for case in CASES
    if (case["kind"] in ("difference", "lda", *WITH_INTERCEPT) and case.get("intercept", True)) or case.get("centre")
]


@pytest.mark.parametrize("case", SAYS_NOTHING, ids=["-".join(map(str, case.values())) for case in SAYS_NOTHING])
@settings(max_examples=12)
@given(seed=st.integers(0, 1000), level=st.integers(0, 255))
def test_a_pixel_that_never_changes_has_no_weight(case, seed, level):
    """And leaves the weights of all others as they were."""
    X, labels = rows_of("regular", seed)
    more = np.column_stack([X[:, :5], np.full(len(X), level / 255), X[:, 5:]])
    computed, reference = fitted(more, labels, **case), fitted(X, labels, **case)
    assert computed.weights[:, 5] == pytest.approx(np.zeros(CLASSES), abs=1e-12)
    assert np.delete(computed.weights, 5, axis=1) == pytest.approx(reference.weights, **near(reference, case))


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_renaming_classes_reorders_templates(case):
    """Which class comes first only decides where its template stands."""
    X, labels = rows_of("regular", 5)
    order = np.array([2, 0, 1])
    computed, reference = fitted(X, order[labels], **case), fitted(X, labels, **case)
    assert computed.weights[order] == pytest.approx(reference.weights, **near(reference, case))
    assert computed.intercepts[order] == pytest.approx(reference.intercepts, **near(reference, case))


def test_least_squares_of_two_classes_are_mirror_images():
    """What speaks for one speaks against the other."""
    X, labels = rows_of("singular", 0, 60, 2)
    linear = least_squares(Moments.of_features(X, labels, 2))
    assert linear.weights[0] == pytest.approx(-linear.weights[1], abs=1e-10)
    assert linear.intercepts.sum() == pytest.approx(1.0)
