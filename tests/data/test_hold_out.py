"""Where a dataset brings no test split, one is held out: stratified, seeded, and said so."""

from __future__ import annotations

import numpy as np
import pytest
from samples import random_images

from tooeasy import OptionError, from_arrays, load

IMAGES, LABELS = random_images(0, n=100, classes=4)
IMAGES[:, 0, 0, 0] = np.arange(100)  # so that an image can be told from every other


def ids(split) -> list[int]:
    return split.images()[:, 0, 0, 0].tolist()


def test_the_parts_are_disjoint_and_together_everything():
    """Each image is in one of the two parts, with its own label."""
    data = from_arrays((IMAGES, LABELS)).with_hold_out(seed=3)
    assert sorted(ids(data.train) + ids(data.test)) == list(range(100))
    for split in (data.train, data.test):
        assert np.array_equal(split.labels, LABELS[ids(split)])
        assert np.array_equal(split.images(), IMAGES[ids(split)])


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.35])
def test_it_takes_the_fraction_of_each_class(fraction):
    """20 % by default; rounded class by class, so that rare classes are neither lost nor favoured."""
    options = {} if fraction == 0.2 else {"fraction": fraction}
    data = from_arrays((IMAGES, LABELS)).with_hold_out(**options)
    reference = [round(fraction * n) for n in np.bincount(LABELS)]
    assert data.test.images_per_class.tolist() == reference
    assert data.held_out == f"{fraction:.0%} of the images, stratified, seed 0"


def test_the_seed_decides():
    """The same seed holds out the same images, another seed others; numpy's global state plays no part."""
    data = from_arrays((IMAGES, LABELS))
    first = ids(data.with_hold_out(seed=1).test)
    np.random.seed(5)  # noqa: NPY002
    assert ids(data.with_hold_out(seed=1).test) == first
    assert ids(data.with_hold_out(seed=2).test) != first
    assert ids(data.with_hold_out().test) == ids(data.with_hold_out(seed=0).test)


def test_the_order_of_the_file_does_not_decide():
    """Not just the first or last images of a class are held out, which may be sorted."""
    data = from_arrays((IMAGES, LABELS)).with_hold_out()
    held = set(ids(data.test))
    for label in range(4):
        rows = np.flatnonzero(np.equal(LABELS, label)).tolist()
        n = len(held & set(rows))
        assert held & set(rows) not in (set(rows[:n]), set(rows[-n:]))


def test_a_dataset_with_a_test_split_keeps_it():
    """Nothing is held out where the dataset's authors have done so."""
    data = from_arrays((IMAGES[:50], LABELS[:50]), (IMAGES[50:], LABELS[50:]))
    assert data.with_hold_out() is data
    assert data.held_out == "test split"


def test_a_sketch_cannot_be_split():
    """Without images nothing can be held out, and the dataset says that it has no test split."""
    data = load(from_arrays((IMAGES, LABELS)).train.sketch())
    assert data.with_hold_out() is data
    assert data.test is None
    assert data.held_out is None


def test_too_few_images_to_hold_any_out_leave_no_test_split():
    """Of two images a class, 20 % are none; then there is no test split rather than an empty one."""
    data = from_arrays((IMAGES[:4], [0, 0, 1, 1])).with_hold_out()
    assert data.test is None


@pytest.mark.parametrize("fraction", [0, 1, -0.2, 1.5, float("nan")])
def test_fractions_out_of_range_are_refused(fraction):
    """Between none and all."""
    with pytest.raises(OptionError, match="fraction is between 0 and 1"):
        from_arrays((IMAGES, LABELS)).with_hold_out(fraction)


def test_another_dataset_can_be_scored_on():
    """Its test split if it has one, else all of it; and the words say which."""
    data = from_arrays((IMAGES, LABELS))
    other = from_arrays((IMAGES[:30], LABELS[:30]), (IMAGES[30:], LABELS[30:]), name="other")
    scored = data.with_test(other)
    assert (len(scored.test), scored.held_out) == (70, "other (test split)")
    scored = data.with_test(from_arrays((IMAGES, LABELS), name="other"))
    assert (len(scored.test), scored.held_out) == (100, "other (all)")
