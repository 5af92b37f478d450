"""Laws that hold for any images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import random_images

from tooeasy import measure_complexity

FAST = ["F1", "F1v", "F2", "F3", "N1", "N3", "C1", "C2"]
CASES = st.builds(
    random_images,
    seed=st.integers(0, 10_000),
    n=st.integers(6, 40),
    shape=st.sampled_from([(1, 1, 1), (2, 2, 1), (2, 3, 3)]),
    classes=st.integers(2, 4),
    levels=st.sampled_from([2, 5, 256]),
)


def close(found, expected, names):
    """Whether values agree to rounding."""
    for name in names:
        assert found[name] == pytest.approx(expected[name], abs=1e-6), name


@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_images_does_not_matter(case, random):
    """Images shuffled with their labels: the same values, though many distances are equal."""
    images, labels = case
    order = random.sample(range(len(labels)), len(labels))
    close(
        measure_complexity((images[order], labels[order]), measures=FAST), measure_complexity(case, measures=FAST), FAST
    )


@given(CASES, st.randoms(use_true_random=False))
def test_the_order_of_pixels_does_not_matter(case, random):
    """Pixels shuffled alike in all images; but for N1, as ties between edges are broken by the images' order."""
    images, labels = case
    names = [name for name in FAST if name != "N1"]
    flat = images.reshape(len(images), -1, 1)
    order = random.sample(range(flat.shape[1]), flat.shape[1])
    close(measure_complexity((flat[:, order], labels), measures=names), measure_complexity(case, measures=names), names)


@given(CASES)
def test_copies_of_all_images_keep_what_proportions_say(case):
    """Every image twice: overlap and imbalance are the same; nearest neighbours need not be."""
    images, labels = case
    names = ["F1", "F1v", "F2", "F3", "C1", "C2"]
    twice = (np.concatenate([images, images]), np.concatenate([labels, labels]))
    close(measure_complexity(twice, measures=names), measure_complexity(case, measures=names), names)


@given(CASES)
@settings(max_examples=15)
def test_values_are_in_their_range(case):
    """All measures are numbers of at least 0; all but CSG are at most 1, and CSG is below the number of classes."""
    found = measure_complexity(case)
    assert not found.missing
    for name, value in found.values.items():
        assert 0 <= value <= (len(found.classes) if name == "CSG" else 1), name


@given(CASES)
def test_classes_may_be_renamed(case):
    """Labels in another order: the same values."""
    images, labels = case
    close(
        measure_complexity((images, labels.max() - labels), measures=FAST),
        measure_complexity(case, measures=FAST),
        FAST,
    )


@given(CASES)
def test_negatives_are_as_hard(case):
    """Dark for bright: distances and overlaps are the same; but for N1, as ties are broken by the images' order."""
    images, labels = case
    names = [name for name in FAST if name != "N1"]
    close(measure_complexity((255 - images, labels), measures=names), measure_complexity(case, measures=names), names)
