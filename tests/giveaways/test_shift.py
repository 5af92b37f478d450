"""Splits that can be told apart, and splits that cannot."""

from __future__ import annotations

import numpy as np
import pytest
from tests.giveaways import planting

from tooeasy import from_arrays
from tooeasy.giveaways import audit
from tooeasy.giveaways.sample import take_sample
from tooeasy.giveaways.shift import distances, probe_shift


def probed(train, test, classes):
    """The probe of two splits."""
    data = from_arrays(train, test)
    return probe_shift(take_sample(data.train, "train", 0), take_sample(data.test, "test", 0), classes, 0)


def test_other_shares_of_classes_are_no_shift():
    """Zeros and ones, nine to one in training and one to nine in test: the same digits, so no shift."""
    images, labels = planting.true((0, 1), 2000, 0)
    zeros, ones = (images[labels == label] for label in (0, 1))
    train = np.concatenate([zeros[:450], ones[:50]]), np.repeat([0, 1], [450, 50])
    test = np.concatenate([zeros[450:500], ones[50:500]]), np.repeat([0, 1], [50, 450])
    assert probed(train, test, 2).probe.p_value > 0.01


@pytest.mark.parametrize("shift", [13, 26])
def test_brighter_test_images_are_a_shift(shift):
    """5 or 10 % of the range more in all test images: told, and beyond what random splits differ by."""
    images, labels = planting.true(range(10), 2000, 0)
    brighter = (images[1000:].astype(int) + shift).clip(0, 255).astype(np.uint8)
    found = audit(from_arrays((images[:1000], labels[:1000]), (brighter, labels[1000:]))).findings
    told = next(one for one in found if one.check == "split-shift")
    assert told.severity == "warning"
    assert told.evidence["balanced_test_accuracy"] > 0.95
    one = probed((images[:1000], labels[:1000]), (brighter, labels[1000:]), 10)
    assert one.evidence["largest_in_random_splits"] < 0.15
    same = probed((images[:1000], labels[:1000]), (images[1000:], labels[1000:]), 10)
    assert same.evidence["largest_pixel_distance"] < 2 * same.evidence["largest_in_random_splits"]


def test_distances_by_hand():
    """One pixel is alike, one has no level in common, one half of them."""
    images = np.zeros((4, 1, 3, 1), np.uint8)
    images[2:, 0, 1] = 255
    images[3, 0, 2] = 255
    assert distances(images, np.array([0, 0, 1, 1])).ravel().tolist() == [0.0, 1.0, 0.5]


def test_too_few_images_say_nothing():
    """Of ten images a split, nothing is said."""
    images, labels = planting.true((0, 1), 20, 0)
    labels = np.arange(20) % 2
    assert probed((images[:10], labels[:10]), (images[10:], labels[10:]), 2) is None
