"""Mean, median and standard deviation of each class, and their differences, against NumPy on the images."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import random_images

import tooeasy
from tooeasy import OptionError, compare_means, count_levels, mean_images

NUMPY = {"mean": np.mean, "median": np.median, "std": np.std}
SHAPES = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))


@pytest.mark.parametrize("statistic", NUMPY)
@pytest.mark.parametrize(("shape", "levels"), [((3, 4, 1), 256), ((2, 3, 3), 17), ((4, 1, 2), 2), ((1, 1, 4), 100)])
def test_each_pixel_is_numpys(make_data, statistic, shape, levels):
    """At each pixel of each class, the statistic is NumPy's of the images, scaled by the largest level."""
    data, (images, labels) = make_data(shape=shape, levels=levels)
    found = mean_images(data, statistic=statistic)
    for label in range(3):
        expected = NUMPY[statistic](images[labels == label].astype(float), axis=0) / (levels - 1)
        np.testing.assert_allclose(found.images[label], expected, rtol=1e-12, atol=1e-15)
    assert found.images.shape == (3, *shape)
    assert found.images_per_class.tolist() == np.bincount(labels).tolist()


def test_a_sketch_is_enough(make_data):
    """The sketch of a split gives the same images as the split."""
    data, _ = make_data()
    for statistic in NUMPY:
        np.testing.assert_array_equal(
            mean_images(data, statistic=statistic).images, mean_images(data.train.sketch(), statistic=statistic).images
        )


@given(st.integers(0, 2**32 - 1), SHAPES, st.sampled_from(sorted(NUMPY)), st.integers(2, 3))
def test_repeating_and_shuffling_images_changes_nothing(seed, shape, statistic, times):
    """Every image several times over, in any order, has the same statistics and the same differences of means."""
    images, labels = random_images(seed, 20, shape)
    order = np.random.default_rng(seed).permutation(np.tile(np.arange(20), times))
    one, other = (images, labels), (images[order], labels[order])
    ours, theirs = (mean_images(source, statistic=statistic).images for source in (one, other))
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(compare_means(one).rms, compare_means(other).rms, rtol=1e-12)
    np.testing.assert_allclose(count_levels(one).by_class, count_levels(other).by_class, rtol=1e-12)


def test_unknown_statistic_is_refused(make_data):
    """Another statistic is refused, and those there are get named."""
    with pytest.raises(OptionError, match="one of mean, median, std; found 'mode'"):
        mean_images(make_data()[0], statistic="mode")


@pytest.mark.parametrize(("shape", "levels"), [((3, 4, 1), 256), ((2, 3, 3), 17)])
def test_differences_are_those_of_the_means(make_data, shape, levels):
    """Differences are of mean images in 8-bit levels, and their size is the root of the mean square over pixels."""
    data, (images, labels) = make_data(shape=shape, levels=levels, classes=4)
    found = compare_means(data)
    means = [images[labels == label].mean(axis=0) * 255 / (levels - 1) for label in range(4)]
    assert found.pairs.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    for (a, b), rms in zip(found.pairs, found.rms, strict=True):
        np.testing.assert_allclose(found.difference(a, b), means[a] - means[b], atol=1e-10)
        assert rms == pytest.approx(np.sqrt(np.mean((means[a] - means[b]) ** 2)))


def test_the_most_and_the_least(make_data):
    """Where there is no room for all, the largest half comes first, then the smallest."""
    found = compare_means(make_data(n=200, classes=10)[0])
    order = np.argsort(-found.rms)
    assert found.extremes(6).tolist() == [*order[:3], *order[-3:]]
    assert found.extremes(45).tolist() == list(range(45))
    means = mean_images(make_data(n=200, classes=10)[0])
    far = np.sqrt(((means.images - means.images.mean(axis=0)) ** 2).mean(axis=(1, 2, 3)))
    assert means.extremes(3).tolist() == [*np.argsort(-far)[:2], far.argmin()]


def test_json_has_the_numbers(make_data):
    """The plain values are the arrays, and can be written as JSON."""
    data, _ = make_data()
    means, differences = mean_images(data), compare_means(data)
    plain = json.loads(json.dumps(means.to_dict(), allow_nan=False))
    np.testing.assert_array_equal(plain["images"], means.images)
    plain = json.loads(json.dumps(differences.to_dict(), allow_nan=False))
    assert [pair["rms_difference"] for pair in plain["pairs"]] == differences.rms.tolist()
    assert [[pair["a"], pair["b"]] for pair in plain["pairs"]] == differences.pairs.tolist()


@pytest.mark.data
def test_means_of_mnist_are_numpys(full_data):
    """On all of MNIST's training images, means, medians and deviations are NumPy's."""
    train = tooeasy.load(full_data("mnist")).train
    images, labels = train.images(), train.labels
    for statistic, function in NUMPY.items():
        found = mean_images("mnist", statistic=statistic)
        for label in (0, 7):
            expected = function(images[labels == label].astype(float), axis=0) / 255
            np.testing.assert_allclose(found.images[label], expected, atol=1e-12)
