"""Arrays in memory: the shapes and types that are taken, and those that are not."""

from __future__ import annotations

import numpy as np
import pytest
from samples import random_images

from tooeasy import SourceError, from_arrays

IMAGES, LABELS = random_images(0, n=12, shape=(3, 4, 1))


@pytest.mark.parametrize("shape", [(12, 3, 4, 1), (12, 3, 4), (12, 12), (12, 2, 2, 3)])
def test_images_of_two_to_four_dimensions_are_taken(shape):
    """Rows of pixels are images one row high; without channels there is one."""
    data = from_arrays((IMAGES.reshape(shape), LABELS))
    assert data.shape == {2: (1, 12, 1), 3: (3, 4, 1), 4: shape[1:]}[len(shape)]
    assert np.array_equal(data.train.images().ravel(), IMAGES.ravel())
    assert np.array_equal(data.train.labels, LABELS)
    assert data.test is None


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.uint16, np.float32, np.float64])
def test_whole_numbers_of_any_type_are_taken(dtype):
    """Images of floats are fine where all are whole; the values stay what they are."""
    images = IMAGES % 100
    data = from_arrays((images.astype(dtype), LABELS.astype(dtype)))
    assert data.train.images().dtype == np.uint8
    assert np.array_equal(data.train.images(), images)
    assert data.classes == ("0", "1", "2")


def test_bytes_are_not_copied():
    """An array of the right type is used as it is."""
    assert np.shares_memory(from_arrays((IMAGES, LABELS)).train.pixels, IMAGES)


def test_lists_are_taken():
    """What NumPy takes for an array is an array."""
    data = from_arrays(([[0, 255], [1, 2]], [1, 0]), ([[3, 4]], [1]))
    assert data.train.images().ravel().tolist() == [0, 255, 1, 2]
    assert data.train.labels.tolist() == [1, 0]
    assert data.test.labels.tolist() == [1]


def test_labels_name_themselves_across_both_splits():
    """Without names, the labels that occur are the classes, sorted by value; gaps do not count."""
    data = from_arrays((IMAGES, np.array([30, -2, 7])[LABELS]), (IMAGES[:3], [7, 30, -2]))
    assert data.classes == ("-2", "7", "30")
    assert data.train.labels.tolist() == [{0: 2, 1: 0, 2: 1}[label] for label in LABELS]
    assert data.test.labels.tolist() == [1, 2, 0]
    assert data.train.images_per_class.sum() == 12


def test_names_of_classes_go_by_position():
    """Given names, label 0 is the first."""
    data = from_arrays((IMAGES, LABELS), classes=["cat", "dog", "eel"])
    assert data.classes == ("cat", "dog", "eel")
    assert np.array_equal(data.train.labels, LABELS)


def test_truth_values_are_labels():
    """A mask of True and False is a labelling of two classes."""
    assert from_arrays((IMAGES, LABELS > 0)).classes == ("0", "1")


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros(12), "images have 2 to 4 dimensions"),
        (np.zeros((12, 1, 1, 1, 1)), "images have 2 to 4 dimensions .*; found 5"),
        (np.zeros((12, 0, 3)), r"images have no pixels; found the shape \(12, 0, 3\)"),
        (np.full((12, 2, 2), 256), "pixels are whole numbers from 0 to 255; found 256 to 256"),
        (np.full((12, 2, 2), -1), "pixels are whole numbers from 0 to 255; found -1 to -1"),
        (np.full((12, 2, 2), np.nan), "NaN or infinite"),
        (np.full((12, 2, 2), np.inf), "NaN or infinite"),
        (np.full((12, 2, 2), "a"), "images are numbers; found <U1"),
        (np.full((12, 2, 2), 1j), "images are numbers; found complex128"),
        (np.full((12, 2, 2), None), "images are numbers; found object"),
    ],
)
def test_images_that_are_not_images_are_refused(images, message):
    """Dimensions, range, fractions, type: what is wrong and what was found, in one line."""
    with pytest.raises(SourceError, match=message) as caught:
        from_arrays((images, LABELS))
    assert "\n" not in str(caught.value)


def test_values_beyond_the_levels_are_refused():
    """Images said to have 17 levels do not have the value 17."""
    images = IMAGES % 18
    images[0, 0, 0] = 17
    with pytest.raises(SourceError, match="pixels are whole numbers from 0 to 16; found 0 to 17"):
        from_arrays((images, LABELS), levels=17)
    assert from_arrays((IMAGES % 17, LABELS), levels=17).train.levels == 17


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:-1], "has 12 images and 11 labels"),
        (LABELS + 0.5, "labels are whole numbers or names; found float64, such as 0.5"),
        (np.where(LABELS, LABELS, np.nan), "labels are whole numbers or names; found float64"),
        (np.array([0, "a"] * 6, object), "labels are whole numbers or names; found object"),
        (LABELS.reshape(12, 1, 1), r"labels have one dimension; found the shape \(12, 1, 1\)"),
        (np.ones((12, 3)), r"labels of shape \(12, 3\) are not one-hot"),
        (np.zeros(12, int), r"has one class \(0\); telling classes apart takes two"),
    ],
)
def test_labels_that_are_not_labels_are_refused(labels, message):
    """Number, type, dimensions, one class only: in one line."""
    with pytest.raises(SourceError, match=message) as caught:
        from_arrays((IMAGES, labels))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300])
def test_labels_that_no_whole_number_can_hold_are_refused(value):
    """Infinity is not a whole number."""
    with pytest.raises(SourceError, match="labels are whole numbers"):
        from_arrays((IMAGES, np.where(LABELS, LABELS, value)))


def test_empty_splits_are_refused():
    """Neither split may be without images."""
    with pytest.raises(SourceError, match="arrays train is an empty split"):
        from_arrays((IMAGES[:0], LABELS[:0]))
    with pytest.raises(SourceError, match="arrays test is an empty split"):
        from_arrays((IMAGES, LABELS), (IMAGES[:0], []))


def test_classes_without_training_images_are_refused():
    """A class that is named, or only tested on, cannot be learned."""
    with pytest.raises(SourceError, match="has no training image of class eel"):
        from_arrays((IMAGES, LABELS % 2), classes=["cat", "dog", "eel"])
    with pytest.raises(SourceError, match="has no training image of class 9"):
        from_arrays((IMAGES, LABELS), (IMAGES, LABELS * 9))


@pytest.mark.parametrize("labels", [LABELS + 1, LABELS - 1])
def test_labels_without_a_name_are_refused(labels):
    """Three names are for the labels 0 to 2."""
    with pytest.raises(SourceError, match="and 3 class names"):
        from_arrays((IMAGES, labels), classes=["cat", "dog", "eel"])


def test_test_images_of_another_shape_are_refused():
    """Both splits have images of one shape."""
    with pytest.raises(SourceError, match="the splits have images of 3x4 and 4x3: choose a size"):
        from_arrays((IMAGES, LABELS), (IMAGES.reshape(12, 4, 3, 1), LABELS))
