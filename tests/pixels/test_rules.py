"""The three rules at one pixel: against plain loops, and against scikit-learn."""

from __future__ import annotations

import warnings

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from tooeasy import OptionError
from tooeasy.pixels.rules import check_rule, fit_rule


@st.composite
def tables(draw, max_classes: int = 4, max_count: int = 4):
    """Counts ``[class][level]`` of a pixel with many ties and gaps; every class has an image."""
    classes, levels = draw(st.integers(2, max_classes)), draw(st.integers(2, 7))
    row = st.lists(st.integers(0, max_count), min_size=levels, max_size=levels).filter(any)
    return np.array(draw(st.lists(row, min_size=classes, max_size=classes)))


def random_table(seed: int, classes: int, levels: int) -> np.ndarray:
    """Counts of a random pixel: about a third of the levels are seen, every class has an image."""
    random = np.random.default_rng(seed)
    counts = random.integers(0, 6, (classes, levels)) * (random.random((classes, levels)) < 0.35)
    counts[np.arange(classes), random.integers(0, levels, classes)] += 1
    return counts


def images_of(counts) -> tuple[np.ndarray, np.ndarray]:
    """The images that were counted: one feature, the level scaled to [0, 1], and the classes."""
    labels, levels = np.nonzero(counts)
    times = counts[labels, levels]
    return np.repeat(levels / (counts.shape[1] - 1), times)[:, np.newaxis], np.repeat(labels, times)


def converged(C: float, X, y) -> LogisticRegression:
    """scikit-learn's rule, run until floating-point numbers have no more digits to gain.

    Its line search says so when it gets there, and leaves the rest to lbfgs.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression(C=C, solver="newton-cholesky", tol=1e-13, max_iter=10_000).fit(X, y)


@pytest.mark.parametrize("rule", ["lookup", "threshold"])
@given(counts=tables())
def test_answers_equal_the_naive_oracle(rule, counts):
    """Ties, levels never seen and empty sides fall to the class with more training images, then to the first."""
    computed = fit_rule(rule, counts)
    assert computed.answers.tolist() == naive.ANSWERS[rule](counts.tolist())


@given(counts=tables(max_classes=3))
def test_the_threshold_is_the_best_of_all_stumps(counts):
    """Brute force over scikit-learn's depth-one trees, one for each cut, chosen for accuracy: none does better."""
    X, y = images_of(counts)
    scores = []
    for cut in range(counts.shape[1]):
        side = np.greater(X, (cut + 0.5) / (counts.shape[1] - 1))
        scores.append(round(DecisionTreeClassifier(max_depth=1).fit(side, y).score(side, y) * len(y)))
    computed = fit_rule("threshold", counts)
    assert naive.right(counts.tolist(), computed.answers) == max(scores)
    assert computed.parameters["threshold"] == scores.index(max(scores))


def test_parameters_say_what_was_learned():
    """Each rule's parameters are enough to answer by, and are plain values for JSON."""
    counts = np.array([[5, 1, 0, 0], [0, 1, 9, 0]])
    assert fit_rule("lookup", counts).parameters == {"answers": [0, 1, 1, 1]}
    assert fit_rule("threshold", counts).parameters == {"threshold": 0, "below": 0, "above": 1}
    logistic = fit_rule("logistic", counts).parameters
    assert set(logistic) == {"coefficient", "intercept"}
    assert all(type(value) is float for value in logistic.values())
    several = fit_rule("logistic", np.array([[5, 1, 0], [0, 1, 9], [1, 1, 1]])).parameters
    assert [len(several["coefficient"]), len(several["intercept"])] == [3, 3]


def test_a_threshold_works_in_either_direction():
    """The brighter class may be the first or the second."""
    counts = np.array([[0, 0, 9], [7, 0, 0]])
    assert fit_rule("threshold", counts).parameters == {"threshold": 0, "below": 1, "above": 0}
    assert fit_rule("threshold", counts[::-1]).parameters == {"threshold": 0, "below": 0, "above": 1}


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_a_constant_pixel_answers_the_majority(rule):
    """Where all images have the same level, every level gets the more frequent class."""
    counts = np.zeros((2, 256), int)
    counts[:, 9] = 3, 5
    assert fit_rule(rule, counts).answers.tolist() == [1] * 256
    assert fit_rule(rule, counts[::-1]).answers.tolist() == [0] * 256
    counts[:, 9] = 4, 4
    assert fit_rule(rule, counts).answers.tolist() == [0] * 256


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
@given(counts=tables())
def test_probabilities_are_probabilities_and_agree_with_the_answers(rule, counts):
    """They are positive, sum to one at each level, and the answer is a largest."""
    computed = fit_rule(rule, counts)
    assert computed.name == rule
    assert computed.probabilities.shape == counts.T.shape
    assert (computed.probabilities > 0).all()
    assert np.allclose(computed.probabilities.sum(axis=1), 1.0, atol=1e-12)
    of_answers = computed.probabilities[np.arange(counts.shape[1]), computed.answers]
    assert (of_answers >= computed.probabilities.max(axis=1) - 1e-12).all()


@pytest.mark.parametrize("C", [0.01, 1.0, 30.0, 1000.0])
@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_logistic_equals_scikit_learn_run_to_convergence(classes, levels, C):
    """Coefficients, intercepts, probabilities: to 1e-6, for two classes and multinomial, weak and strong penalty."""
    for seed in range(3):
        counts = random_table(seed, classes, levels)
        X, y = images_of(counts)
        reference = converged(C, X, y)
        computed = fit_rule("logistic", counts, C)
        assert np.abs(reference.coef_.ravel() - computed.parameters["coefficient"]).max() < 1e-6
        assert np.abs(reference.intercept_ - computed.parameters["intercept"]).max() < 1e-6
        x = np.arange(levels)[:, np.newaxis] / (levels - 1)
        assert np.abs(reference.predict_proba(x) - computed.probabilities).max() < 1e-6


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("C", [1e-4, 1.0, 1e5])
def test_logistic_converges_where_classes_are_separable_or_alike(classes, C):
    """Extremes: a constant pixel, perfectly separable classes, one image against thousands."""
    constant, separable, lopsided = (np.zeros((classes, 256), int) for _ in range(3))
    constant[:, 77] = np.arange(classes) + 3
    separable[np.arange(classes), np.linspace(0, 255, classes).astype(int)] = 50
    lopsided[:, 100] = 1
    lopsided[0, 90:140] = 100
    for counts in (constant, separable, lopsided):
        X, y = images_of(counts)
        reference = converged(C, X, y)
        computed = fit_rule("logistic", counts, C)
        assert np.abs(reference.coef_.ravel() - computed.parameters["coefficient"]).max() < 1e-6
        assert np.abs(reference.intercept_ - computed.parameters["intercept"]).max() < 1e-6


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("C", [1e-3, 1.0, 1e4])
def test_logistic_is_at_the_minimum(classes, C):
    """The gradient of the penalised log-loss vanishes there: the definition, without another library."""
    for seed in range(5):
        counts = random_table(seed, classes, 32)
        rule = fit_rule("logistic", counts, C)
        x = np.arange(32) / 31
        residual = (rule.probabilities * counts.sum(axis=0)[:, np.newaxis] - counts.T) * C
        penalty = np.array(rule.parameters["coefficient"])
        penalty = np.array([0.0, penalty]) if classes == 2 else penalty
        rows = slice(1, 2) if classes == 2 else slice(None)  # two classes have one coefficient: of the second
        gradient = (x @ residual + penalty)[rows]
        assert np.abs(gradient).max() < 1e-6 * max(1.0, C)
        assert np.abs(residual.sum(axis=0)).max() < 1e-6 * max(1.0, C)


def test_swapping_two_classes_mirrors_the_logistic_rule():
    """Which class comes first only turns the signs."""
    counts = random_table(3, 2, 64)
    first, second = fit_rule("logistic", counts), fit_rule("logistic", counts[::-1])
    assert first.parameters["coefficient"] == pytest.approx(-second.parameters["coefficient"], abs=1e-9)
    assert first.parameters["intercept"] == pytest.approx(-second.parameters["intercept"], abs=1e-9)


@pytest.mark.parametrize(
    ("rule", "C", "message"),
    [
        ("median", 1.0, "rule is one of lookup, threshold, logistic; found 'median'"),
        ("", 1.0, "rule is one of"),
        ("logistic", 0.0, "C is a positive number"),
        ("logistic", -1.0, "C is a positive number, the inverse strength of the penalty, 1e-09 to 1e\\+09; found -1.0"),
        ("logistic", float("inf"), "C is a positive number"),
        ("logistic", float("nan"), "C is a positive number"),
    ],
)
def test_rules_and_penalties_that_there_are_not_are_refused(rule, C, message):
    """What may be given, and what was found."""
    with pytest.raises(OptionError, match=message):
        check_rule(rule, C)
