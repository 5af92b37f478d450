"""How many pixels, and which: against a greedy search that fits every candidate anew."""

from __future__ import annotations

import json

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import random_images, singular_images

from tooeasy import NotAtHandError, OptionError, from_arrays, load
from tooeasy.templates import BudgetStudy, fit_templates, study_budget
from tooeasy.templates.budget import FRACTIONS, budgets, to_json_object
from tooeasy.templates.features import moments_of, score_all
from tooeasy.templates.lasso import lasso_path
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments
from tooeasy.templates.selection import forward_selection, refit

SHAPE = (4, 4, 1)
NAMES = ["ant", "bee", "cow"]


def rows_of(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255


def moments_from(images: np.ndarray, labels: np.ndarray) -> Moments:
    return Moments.of_features(rows_of(images), labels, int(labels.max()) + 1)


@pytest.fixture(scope="module")
def data():
    images, labels = random_images(0, n=300, shape=SHAPE)
    return from_arrays((images[:200], labels[:200]), (images[200:], labels[200:]), classes=NAMES, name="animals")


@pytest.fixture(scope="module")
def budget(data) -> BudgetStudy:
    return study_budget(data)


# The order


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_forward_selection_equals_refitting_every_candidate(seed, classes):
    """Each pixel is the one that leaves the smallest sum of squares, over all classes, with those before it."""
    images, labels = random_images(seed, n=80, shape=SHAPE, classes=classes)
    reference = naive.forward_selection(rows_of(images), labels, classes, 16)
    assert forward_selection(moments_from(images, labels)).tolist() == reference
    assert forward_selection(moments_from(images, labels), most=4).tolist() == reference[:4]
    assert forward_selection(moments_from(images, labels), most=99).tolist() == reference


@given(seed=st.integers(0, 1000))
def test_pixels_that_say_nothing_new_are_never_chosen(seed):
    """None that never changes, none of which a combination of chosen ones says the same; and none twice."""
    images, labels = singular_images(seed)
    order = forward_selection(moments_from(images, labels))
    assert len(set(order.tolist())) == len(order) == 11
    assert not {0, 1} & set(order.tolist())
    for twins in ({2, 3}, {4, 5}, {6, 7}):
        assert len(twins & set(order.tolist())) == 1
    left = [naive.squares_left(rows_of(images), labels, 3, order[:k]) for k in range(12)]
    assert np.all(np.diff(left) <= 1e-9)
    assert left[-1] == pytest.approx(naive.squares_left(rows_of(images), labels, 3, range(16)), abs=1e-9)


def test_fewer_images_than_pixels_need_no_more_pixels_than_images():
    """Then the labels are explained, and all other pixels are combinations of those chosen."""
    images, labels = random_images(0, n=8, shape=SHAPE)
    order = forward_selection(moments_from(images, labels))
    assert len(order) == 7
    assert naive.squares_left(rows_of(images), labels, 3, order) < 1e-12


def test_images_that_are_all_the_same_have_no_order():
    """No pixel says anything: none is chosen, and the most frequent class is answered."""
    images, labels = np.full((10, 2, 2, 1), 7, np.uint8), np.repeat([0, 1], [4, 6])
    assert forward_selection(moments_from(images, labels)).tolist() == []
    linear = refit(moments_from(images, labels), [])
    assert (linear.weights.any(), linear.intercepts.tolist()) == (False, [0.4, 0.6])


@pytest.mark.parametrize("maker", [random_images, singular_images])
@pytest.mark.parametrize("pixels", [[0], [9, 3], [2, 3, 4, 5, 6, 7], range(16)])
def test_refitting_equals_lstsq_on_those_pixels(maker, pixels):
    """Scores to 1e-6, collinear ones included; and no weight anywhere else."""
    images, labels = maker(1, n=60, shape=SHAPE)
    X, chosen = rows_of(images), list(pixels)
    Y = (labels[:, np.newaxis] == np.arange(3)).astype(float)
    basis = np.column_stack([np.ones(len(X)), X[:, chosen]])
    computed = refit(moments_from(images, labels), chosen)
    assert computed.scores(X) == pytest.approx(basis @ np.linalg.lstsq(basis, Y, rcond=None)[0], abs=1e-6)
    assert not np.delete(computed.weights, chosen, axis=1).any()


# The study


@pytest.mark.parametrize(
    ("most", "points"),
    [
        (0, [0]),
        (1, [1]),
        (2, [1, 2]),
        (3, [1, 2, 3]),
        (4, [1, 2, 3, 4]),
        (8, [1, 2, 3, 5, 8]),
        (60, [1, 2, 3, 5, 8, 13, 21, 34, 55, 60]),
    ],
)
def test_numbers_of_pixels_grow_as_fibonaccis(most, points):
    """Each the sum of the two before, then all; none twice."""
    assert budgets(most) == points


def test_scores_are_those_of_templates_refitted_on_the_first_pixels(data, budget):
    """Each point of the curve, by lstsq on those pixels and counting on the held-out images."""
    X, labels = rows_of(data.train.images()), data.train.labels
    T, its = rows_of(data.test.images()), data.test.labels
    Y = (labels[:, np.newaxis] == np.arange(3)).astype(float)
    order = [4 * row + column for row, column, _ in budget.forward_order.pixels]
    assert order == naive.forward_selection(X, labels, 3, 16)
    for k, score in zip(budget.forward.pixels, budget.forward.scores, strict=True):
        basis = np.column_stack([np.ones(len(X)), X[:, order[:k]]])
        found = np.column_stack([np.ones(len(T)), T[:, order[:k]]]) @ np.linalg.lstsq(basis, Y, rcond=None)[0]
        answers = [naive.first_highest(row) for row in found.tolist()]
        assert score.confusion.tolist() == naive.confusion(its, answers, 3)
    assert budget.full.confusion.tolist() == budget.forward.scores[-1].confusion.tolist()
    assert budget.forward.pixels[-1] == 16


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["animals", "digits"])
def test_enough_is_what_a_scan_of_every_number_finds(name, data):
    """The first number of pixels that reaches a fraction of the full rule's accuracy."""
    studied = data if name == "animals" else load("digits").with_hold_out()
    budget = study_budget(studied)
    moments = moments_of(studied.train)
    order = forward_selection(moments)
    every = [refit(moments, order[:k]) for k in range(1, len(order) + 1)]
    accuracies = [score.test_accuracy for score in score_all(every, studied.test)]
    for fraction in FRACTIONS:
        goal = fraction * budget.full.test_accuracy
        assert budget.enough[fraction] == 1 + next(k for k, found in enumerate(accuracies) if found >= goal)


def test_the_lasso_brings_pixels_in_along_its_path(data, budget):
    """Its order is that of first use; its curve is of the sets in use, refitted without the penalty."""
    moments = moments_of(data.train)
    path = lasso_path(moments)
    first = {int(pixel): number for number in reversed(range(50)) for pixel in path.used(number)}
    order = [4 * row + column for row, column, _ in budget.lasso_order.pixels]
    assert sorted(order) == sorted(first)
    assert [first[pixel] for pixel in order] == sorted(first.values())
    sets = {}
    for number in range(50):
        used = path.used(number)
        if len(used) > 1.08 * max(sets, default=0):  # points that lie apart
            sets[len(used)] = used
    assert budget.lasso.pixels == tuple(sorted(sets))
    reference = score_all([refit(moments, sets[k]) for k in sorted(sets)], data.test)
    assert budget.lasso.test_accuracy.tolist() == [score.test_accuracy for score in reference]


@pytest.mark.parametrize("pair", [("ant", "cow"), ("cow", "ant"), (0, 2), (np.int64(2), "ant")])
def test_a_pair_is_told_apart_on_its_own_images(data, pair):
    """The same as for a dataset of the two classes alone, by name or position, in either order."""
    parts = [
        (split.images()[split.labels != 1], split.labels[split.labels != 1] // 2) for split in (data.train, data.test)
    ]
    computed, reference = study_budget(data, pair=pair), study_budget(from_arrays(*parts, name="animals"))
    assert computed.classes == ("ant", "cow")
    assert computed.forward_order.pixels == reference.forward_order.pixels
    assert computed.lasso_order.pixels == reference.lasso_order.pixels
    assert computed.enough == reference.enough
    assert computed.full.confusion.tolist() == reference.full.confusion.tolist()
    assert np.array_equal(computed.forward_order.mean, reference.forward_order.mean)


def test_two_classes_have_one_pair():
    """With two classes, all and the pair are the same question."""
    train, test = (random_images(seed, n=80, shape=SHAPE, classes=2) for seed in (1, 2))
    computed, reference = study_budget((train, test), pair=(0, 1)), study_budget((train, test))
    assert computed.to_dict() == reference.to_dict()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("ant", "eel"), "animals has no class 'eel'; its classes are ant, bee, cow"),
        (("ant", 3), "animals has no class 3"),
        (("ant", -1), "animals has no class -1"),
        (("ant", None), "animals has no class None"),
        (("bee", 1), "a pair is two different classes; found 'bee' twice"),
        (("ant",), "a pair is two different classes; found 1"),
        (("ant", "bee", "cow"), "a pair is two different classes; found 3"),
    ],
)
def test_pairs_that_there_are_not_are_refused(data, pair, message):
    """In one line that says what there is."""
    with pytest.raises(OptionError, match=message) as caught:
        study_budget(data, pair=pair)
    assert "\n" not in str(caught.value)


def test_a_sketch_is_enough_to_select_and_images_to_score(data, budget):
    """With test images beside it, all classes follow from the training sketch; a pair does not."""
    sketch = data.train.sketch(moments=True)
    computed = study_budget(sketch, test=data)
    assert computed.enough == budget.enough
    assert computed.forward_order.pixels == budget.forward_order.pixels
    with pytest.raises(NotAtHandError, match="no held-out images to score on; give the test images too"):
        study_budget(sketch)
    with pytest.raises(NotAtHandError, match="without images"):
        study_budget(sketch, test=data, pair=(0, 1))
    with pytest.raises(NotAtHandError, match="without moments"):
        study_budget(data.train.sketch(), test=data)


def test_without_a_test_split_some_images_are_held_out():
    """Seeded, and said so."""
    images = random_images(0, n=100, shape=SHAPE)
    one, again, other = (study_budget(images, seed=seed) for seed in (4, 4, 5))
    assert one.held_out == "20% of the images, stratified, seed 4"
    assert one.to_dict() == again.to_dict()
    assert one.to_dict() != other.to_dict()


def test_the_result_is_plain_json(budget):
    """No NaN; the numbers are those of the attributes."""
    result = json.loads(json.dumps(to_json_object([budget]), allow_nan=False))
    assert result["schema"] == "tooeasy/pixels-budget/1"
    (found,) = result["results"]
    assert found["classes"] == NAMES
    assert found["full"]["test_accuracy"] == budget.full.test_accuracy
    assert {entry["fraction"]: entry["pixels"] for entry in found["enough"]} == budget.enough
    assert found["forward"]["pixels"] == list(budget.forward.pixels)
    assert found["forward"]["order"] == [list(pixel) for pixel in budget.forward_order.pixels]
    assert len(found["lasso"]["test_interval"]) == len(budget.lasso.pixels)
    assert repr(budget).startswith("BudgetStudy(animals, 3 classes: ")


def test_images_that_are_all_the_same_need_no_pixels():
    """There is nothing to choose, and that is an answer."""
    images, labels = np.full((10, 2, 2, 1), 7, np.uint8), np.repeat([0, 1], [4, 6])
    budget = study_budget(((images, labels), (images, labels)))
    assert set(budget.enough.values()) == {0}
    assert (budget.forward.pixels, budget.lasso.pixels) == ((0,), ())
    assert budget.full.test_accuracy == 0.6


def test_of_equal_scores_the_first_class_is_answered():
    """Ties are not left to chance."""
    assert Linear(np.zeros((3, 2)), np.zeros(3)).answers(np.ones((2, 2))).tolist() == [0, 0]


@pytest.mark.compiled
def test_a_note_says_that_few_pixels_do_better():
    """One telling pixel and many of noise, fewer images than pixels: few pixels do better, and a note says so."""
    random = np.random.default_rng(0)
    labels = np.arange(60) % 2
    images = random.integers(0, 256, (60, 8, 8, 1), np.uint8)
    images[:, 3, 4, 0] = 60 * labels + random.integers(0, 190, 60)
    tested = np.tile(labels, 4)
    test = random.integers(0, 256, (240, 8, 8, 1), np.uint8)
    test[:, 3, 4, 0] = 60 * tested + random.integers(0, 190, 240)
    budget = study_budget(((images, labels), (test, tested)))
    assert budget.forward_order.pixels[0] == (3, 4, 0)
    assert budget.notes[-1].startswith("on these held-out images, few pixels do better than all: ")
    assert budget.full.test_accuracy == fit_templates(((images, labels), (test, tested))).test_accuracy


def test_all_pixels_are_the_least_squares_of_all():
    """With fewer images than pixels too, where forward selection ends before it has all."""
    images, labels = random_images(0, n=90, shape=(8, 8, 1))
    parts = (images[:30], labels[:30]), (images[30:], labels[30:])
    budget = study_budget(parts)
    assert len(budget.forward_order.pixels) < 30
    assert budget.full.test_accuracy == fit_templates(parts).test_accuracy
    assert all(budget.forward.test_accuracy.max() >= goal * budget.full.test_accuracy for goal in budget.enough)


def test_a_pair_without_held_out_images_is_refused():
    """One line, not a number of nothing."""
    images, labels = random_images(0, n=60, classes=3)
    held = labels[30:] == 0
    data = from_arrays((images[:30], labels[:30]), (images[30:][held], labels[30:][held]), classes=["a", "b", "c"])
    with pytest.raises(NotAtHandError, match="no held-out image of these classes"):
        study_budget(data, pair=("b", "c"))
