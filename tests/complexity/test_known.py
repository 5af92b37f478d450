"""Cases made by hand, whose values are known."""

from __future__ import annotations

import numpy as np
import pytest

import tooeasy
from tooeasy import Sketch, measure_complexity

ALL = ["F1", "F1v", "F2", "F3", "L1", "L2", "N1", "N3", "C1", "C2", "CSG"]


def halves(first, second):
    """Dataset of two classes from rows of pixels."""
    rows = np.array([*first, *second], np.uint8)
    return tooeasy.from_arrays((rows[:, :, np.newaxis], [0] * len(first) + [1] * len(second)))


def test_classes_far_apart_are_easy():
    """Dark and bright images: no overlap, no error, two images of twenty at the border, equal classes."""
    random = np.random.default_rng(0)
    dark, bright = random.integers(0, 50, (10, 6)), random.integers(200, 250, (10, 6))
    found = measure_complexity(halves(dark, bright))
    assert list(found.values) == ALL
    for name in ("F2", "F3", "L1", "L2", "N3", "C1", "C2", "CSG"):
        assert found[name] == pytest.approx(0, abs=1e-12), name
    assert found["N1"] == 2 / 20
    assert 0 < found["F1v"] < found["F1"] < 0.05


def test_the_same_images_in_both_classes_are_hard():
    """Identical distributions: no pixel and no direction helps, all is overlap, and a linear rule is at chance."""
    rows = np.random.default_rng(1).integers(0, 256, (12, 5))
    found = measure_complexity(halves(rows, rows))
    assert found["F1"] == found["F1v"] == found["F2"] == found["F3"] == found["N3"] == 1
    assert found["L2"] == 0.5
    assert found["N1"] == 1  # each image and its copy are joined across
    assert found["CSG"] == pytest.approx(2 / 3)  # of three neighbours two are of the other class


def test_one_telling_pixel_is_found():
    """One pixel is the class and never else changes, the rest is noise: the overlap measures are 0."""
    random = np.random.default_rng(2)
    rows = random.integers(0, 256, (40, 8))
    rows[:20, 3], rows[20:, 3] = 100, 101
    found = measure_complexity(halves(rows[:20], rows[20:]))
    assert found["F1"] == found["F1v"] == found["F2"] == found["F3"] == 0
    assert found["N3"] > 0.2


def test_the_fraction_left_in_the_overlap_is_known():
    """F3: 0, 1, 2 against 2, 3, 4 share the level 2, which two of six images have; F2: no length is shared."""
    found = measure_complexity(halves([[0], [1], [2]], [[2], [3], [4]]))
    assert found["F3"] == pytest.approx(2 / 6)
    assert found["F2"] == 0
    assert measure_complexity(halves([[0], [3]], [[1], [4]]))["F2"] == pytest.approx(2 / 4)


def test_fishers_ratio_is_known():
    """F1 of 0, 2 against 4, 6: between is 4 * 2**2, within 4 * 1, so that F1 is 1 / 5; F1v, of one pixel, the same way.

    Its ratio has the squared difference of the means over the mean variance: 16, so that F1v is 1 / 17.
    """
    found = measure_complexity(halves([[0], [2]], [[4], [6]]))
    assert found["F1"] == pytest.approx(1 / 5)
    assert found["F1v"] == pytest.approx(1 / 17)


@pytest.mark.parametrize(("sizes", "c1", "c2"), [((3, 3, 3), 0, 0), ((1, 3), 0.1887218755, 0.4), ((2, 2), 0, 0)])
def test_imbalance_is_known(sizes, c1, c2):
    """C1 by the entropy in bits of a quarter, 0.8113; C2 of 1 to 3 is 1 - 1 / ((1/3 + 3) / 2)."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    found = measure_complexity((np.zeros((len(labels), 2, 2), np.uint8), labels), measures=["C1", "C2"])
    assert found["C1"] == pytest.approx(c1, abs=1e-9)
    assert found["C2"] == pytest.approx(c2, abs=1e-9)


def test_images_that_never_change_say_nothing():
    """All images the same: 0/0 everywhere, and every measure still has a value; the classes are as hard as can be."""
    found = measure_complexity(halves([[7, 7]] * 4, [[7, 7]] * 4))
    assert found["F1"] == found["F1v"] == found["F2"] == found["F3"] == 1
    assert found["L2"] == 0.5
    assert found["L1"] == 0
    assert found["N3"] == pytest.approx(4 / 7)  # of seven equally near images four are of the other class
    assert found["N1"] == 2 / 8  # within classes first, so that one edge joins the two
    assert np.isfinite(found["CSG"])


def test_constant_pixels_change_nothing(made):
    """Pixels that never change, added to all images, leave every value as it is, to rounding."""
    images, labels = made
    wider = np.concatenate([images, np.full_like(images, 9)], axis=2)
    expected, found = measure_complexity((images, labels)), measure_complexity((wider, labels))
    for name in ALL[:-1]:
        assert found[name] == pytest.approx(expected[name], abs=1e-6), name


def test_classes_of_one_image_have_values():
    """Where each class has one image there is no spread within, and each one's nearest is of another class."""
    images = np.array([[0, 0], [0, 200], [90, 30]], np.uint8)[:, :, np.newaxis]
    found = measure_complexity((images, [0, 1, 2]))
    assert found["F1"] == found["F1v"] == found["F2"] == 0
    assert found["N1"] == found["N3"] == 1
    assert all(np.isfinite(value) for value in found.values.values())


def test_more_pixels_than_images_separate():
    """With fewer images than pixels some direction has no spread within classes: F1v is 0, and L2 too."""
    random = np.random.default_rng(4)
    found = measure_complexity(halves(random.integers(0, 256, (5, 30)), random.integers(0, 256, (5, 30))))
    assert found["F1v"] == found["L2"] == 0


def test_a_sketch_with_moments_gives_the_direction_of_two_classes():
    """F1v of two classes follows from a sketch with moments, exactly as from the images."""
    random = np.random.default_rng(6)
    images, labels = random.integers(0, 256, (80, 2, 3, 1)).astype(np.uint8), np.repeat([0, 1], 40)
    sketch = Sketch((2, 3, 1), ["a", "b"], moments=True).update(images, labels)
    found = measure_complexity(sketch)
    assert found["F1v"] == measure_complexity((images, labels))["F1v"]
    split = tooeasy.from_arrays((images, labels), classes=["a", "b"])
    three = np.concatenate([labels, [2] * 20])
    more = np.concatenate([images, random.integers(0, 256, (20, 2, 3, 1)).astype(np.uint8)])
    assert measure_complexity(split)["F1v"] != measure_complexity((more, three))["F1v"]
