"""Moments: what plain loops add up, the same from a sketch as from rows of features."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import random_images, singular_images

from tooeasy import NotAtHandError, Quantization, Sketch, SourceError, from_arrays
from tooeasy.templates.features import features_of, moments_of, scaled
from tooeasy.templates.moments import Moments

SHAPE = (2, 3, 2)


def rows_of(images: np.ndarray, levels: int = 256) -> np.ndarray:
    return images.reshape(len(images), -1) / (levels - 1)


def one_hot(labels: np.ndarray, classes: int = 3) -> np.ndarray:
    return (labels[:, np.newaxis] == np.arange(classes)).astype(float)


def assert_same(computed: Moments, reference: Moments) -> None:
    for name in ("images_per_class", "sums", "gram"):
        assert getattr(computed, name) == pytest.approx(getattr(reference, name), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("levels", [256, 17, 2])
def test_sums_and_products_equal_the_naive_oracle(levels):
    """Images per class, sums and Gram matrix of a sketch, scaled to [0, 1]: counted in whole numbers by plain loops."""
    images, labels = random_images(0, shape=SHAPE, levels=levels)
    sketch = Sketch(SHAPE, ["a", "b", "c"], Quantization(levels), moments=True).update(images, labels)
    computed = Moments.of_sketch(sketch)
    rows, top = naive.flatten(images), levels - 1
    means = naive.class_means([[value / top for value in row] for row in rows], labels, 3)
    assert computed.images_per_class.tolist() == np.bincount(labels).tolist()
    assert computed.means == pytest.approx(np.array(means), abs=1e-12)
    assert computed.gram == pytest.approx(np.array(naive.gram(rows)) / top**2, rel=1e-12)
    assert_same(Moments.of_features(rows_of(images, levels), labels, 3), computed)


def test_everything_else_follows_as_it_is_defined():
    """Mean, priors, scatter, cross products and the scatter within classes, from the images by their definition."""
    images, labels = random_images(1, shape=SHAPE)
    X, Y = rows_of(images), one_hot(labels)
    moments = Moments.of_features(X, labels, 3)
    away, within = X - X.mean(axis=0), X - moments.means[labels]
    assert moments.n == len(X)
    assert moments.mean == pytest.approx(X.mean(axis=0), rel=1e-12)
    assert moments.priors == pytest.approx(Y.mean(axis=0), rel=1e-12)
    assert moments.scatter() == pytest.approx(away.T @ away, rel=1e-9, abs=1e-10)
    assert moments.scatter(centred=False) == pytest.approx(X.T @ X, rel=1e-12)
    assert moments.cross() == pytest.approx(away.T @ (Y - Y.mean(axis=0)), rel=1e-9, abs=1e-10)
    assert moments.cross(centred=False) == pytest.approx(X.T @ Y, rel=1e-12)
    assert moments.within() == pytest.approx(within.T @ within, rel=1e-9, abs=1e-10)


def test_a_pixel_that_never_changes_has_no_scatter_at_all():
    """Not what rounding leaves of it, which would look like a direction that says something."""
    images, labels = singular_images(0)
    moments = Moments.of_features(rows_of(images), labels, 3)
    assert not moments.scatter()[[0, 1]].any()
    assert not moments.scatter()[:, [0, 1]].any()
    assert (np.diag(moments.scatter())[2:] > 0).all()


@given(seed=st.integers(0, 1000), cut=st.integers(1, 39))
def test_order_and_partition_of_the_images_do_not_matter(seed, cut):
    """Moments of parts, in any order, add up to the same bits."""
    images, labels = random_images(seed)
    order = np.random.default_rng(seed).permutation(len(images))
    sketches = [
        Sketch((3, 4, 1), ["a", "b", "c"], moments=True).update(images[rows], labels[rows])
        for rows in (order[:cut], order[cut:])
    ]
    whole = Moments.of_sketch(Sketch((3, 4, 1), ["a", "b", "c"], moments=True).update(images, labels))
    parts = Moments.of_sketch(sum(sketches))
    for name in ("images_per_class", "sums", "gram"):
        assert np.array_equal(getattr(parts, name), getattr(whole, name))


@pytest.mark.parametrize("binarize", [0.002, 0.2, 0.5, 1.0])
def test_black_and_white_moments_are_those_of_black_and_white_images(binarize):
    """White from a fraction of the highest level on, that level included."""
    images, labels = random_images(2, shape=SHAPE)
    images[0].flat[:3] = 0, 51, 255  # 51 is a fifth of 255
    white = images >= binarize * 255
    computed = moments_of(from_arrays((images, labels)).train, binarize=binarize)
    assert_same(computed, Moments.of_features(white.reshape(len(white), -1), labels, 3))
    assert scaled(images, 256, binarize).tolist() == white.reshape(len(white), -1).tolist()


def test_some_classes_have_the_moments_of_their_images_alone():
    """Members are numbered by their place among the members."""
    images, labels = random_images(3, shape=SHAPE)
    chosen = labels != 1
    computed = moments_of(from_arrays((images, labels)).train, members=[0, 2])
    assert_same(computed, Moments.of_features(rows_of(images[chosen]), labels[chosen] // 2, 2))


def test_features_are_rows_in_the_order_of_the_images(monkeypatch):
    """Whatever the batches: each row is an image, each label its own."""
    monkeypatch.setattr("tooeasy.data.split.BATCH_BYTES", 7 * 12)
    images, labels = random_images(4, shape=SHAPE)
    rows, its = features_of(from_arrays((images, labels)).train)
    assert rows.dtype == np.float32
    assert rows == pytest.approx(rows_of(images), rel=1e-6)
    assert its.tolist() == labels.tolist()


def test_what_a_sketch_does_not_have_needs_the_images():
    """No Gram matrix, no black and white, no pair: one line each."""
    images, labels = random_images(5)
    data = from_arrays((images, labels))
    with pytest.raises(NotAtHandError, match="no Gram matrix; make it with moments"):
        Moments.of_sketch(data.train.sketch())
    from tooeasy import load

    with pytest.raises(NotAtHandError, match="without moments"):
        moments_of(load(data.train.sketch()).train)
    split = load(data.train.sketch(moments=True)).train
    for wanted in ({"binarize": 0.5}, {"members": [0, 1]}):
        with pytest.raises(NotAtHandError, match="without images"):
            moments_of(split, **wanted)


@pytest.mark.parametrize("options", [{"binarize": 0.5}, {"members": [0, 1]}])
def test_a_class_of_which_no_image_can_be_read_has_no_moments(tmp_path, options):
    """It is an error, not a division by zero."""
    from data.test_alignment import write_pictures

    from tooeasy import load

    with pytest.raises(SourceError, match="no image of some class can be read"):
        moments_of(load(write_pictures(tmp_path, {"b": 20})).train, **options)
