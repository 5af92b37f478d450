"""Weights of images in the least-squares templates: the sums that they make, against the explicit dual."""

from __future__ import annotations

import json

import numpy as np
import pytest
from samples import random_images, singular_images

from tooeasy import NotAtHandError, from_arrays, load
from tooeasy.templates import explain_templates, fit_templates
from tooeasy.templates.growth import BINS, REACH, RIDGE

SHAPE = (4, 4, 1)
CLASSES = 3


def dual_of(X: np.ndarray, labels: np.ndarray, alpha: float = 0.0) -> np.ndarray:
    """Weight of every image in every class's template, from the n x n matrix of the images' dot products."""
    away = X - X.mean(axis=0)
    Y = (labels[:, np.newaxis] == np.arange(CLASSES)).astype(float)
    ridge = alpha * np.eye(len(X))
    return np.linalg.pinv(away @ away.T + ridge, rcond=1e-12, hermitian=True) @ (Y - Y.mean(axis=0))


@pytest.mark.parametrize("maker", [random_images, singular_images])
@pytest.mark.parametrize("n", [12, 150])
@pytest.mark.parametrize("alpha", [0.0, 0.5, None])
@pytest.mark.parametrize("seed", range(2))
def test_the_sums_are_those_of_the_explicit_dual(maker, n, seed, alpha):
    """After 10 images, 100 and all: the sums of so many images, each times its weight."""
    images, labels = maker(seed, n=n, shape=SHAPE)
    growth = explain_templates((images, labels), alpha=alpha)
    X = images.reshape(n, -1) / 255
    weights = dual_of(X, labels, RIDGE * n if alpha is None else alpha)
    assert growth.images == ((10, 100, 150) if n == 150 else (10, 12))
    for number, count in enumerate(growth.images):
        reference = weights[:count].T @ X[:count]
        assert growth.sums[number].reshape(CLASSES, -1) == pytest.approx(reference, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.5, None])
@pytest.mark.parametrize("maker", [random_images, singular_images])
def test_the_last_sum_is_the_templates(maker, alpha):
    """What grows is what least squares finds, with the same penalty."""
    images, labels = maker(3, n=70, shape=SHAPE)
    growth = explain_templates((images, labels), alpha=alpha)
    study = fit_templates(((images, labels), (images[:9], labels[:9])), alpha=growth.alpha)
    assert growth.sums[-1] == pytest.approx(study.weights, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_histograms_hold_each_image_once_for_each_class(alpha):
    """Inside or outside; in the bin of its weight, the outermost bins holding what lies beyond."""
    images, labels = random_images(0, n=150, shape=SHAPE)
    growth = explain_templates((images, labels), alpha=alpha)
    assert growth.edges.shape == (BINS + 1,)
    assert growth.edges[0] == -growth.edges[-1]
    assert growth.inside.sum(axis=1).tolist() == np.bincount(labels).tolist()
    assert (growth.inside + growth.outside).sum(axis=1).tolist() == [150] * CLASSES
    weights = dual_of(images.reshape(150, -1) / 255, labels, alpha)
    assert growth.edges[-1] == pytest.approx(REACH * np.sqrt((weights**2).mean(axis=0)).max(), rel=1e-6)
    held = np.clip(weights, growth.edges[0], growth.edges[-1])
    for label in range(CLASSES):
        for counts, member in ((growth.inside, labels == label), (growth.outside, labels != label)):
            reference = np.histogram(held[member, label], growth.edges)[0]
            assert counts[label].tolist() == reference.tolist()


def test_images_of_the_class_weigh_more_than_others():
    """On average: they are what its template is made of."""
    growth = explain_templates(random_images(0, n=150, shape=SHAPE))
    middles = (growth.edges[1:] + growth.edges[:-1]) / 2
    for inside, outside in zip(growth.inside, growth.outside, strict=True):
        assert inside @ middles / inside.sum() > 0 > outside @ middles / outside.sum()


@pytest.mark.parametrize("size", [1, 3, 10, 11, 99])
def test_it_does_not_depend_on_how_images_are_batched(monkeypatch, size):
    """Pictures are taken after 10 and 100 images, wherever a batch ends."""
    images, labels = random_images(0, n=120, shape=SHAPE)
    reference = explain_templates((images, labels))
    monkeypatch.setattr("tooeasy.data.split.BATCH_BYTES", size * 16)
    computed = explain_templates((images, labels))
    assert computed.images == reference.images == (10, 100, 120)
    assert computed.sums == pytest.approx(reference.sums, abs=1e-10)
    assert np.array_equal(computed.inside, reference.inside)
    assert np.array_equal(computed.outside, reference.outside)


@pytest.mark.parametrize(("n", "pictures"), [(9, (9,)), (10, (10,)), (11, (10, 11)), (100, (10, 100))])
def test_no_picture_is_taken_twice(n, pictures):
    """Where the last image is the tenth or hundredth, that picture is the last."""
    growth = explain_templates(random_images(0, n=n, shape=SHAPE))
    assert growth.images == pictures
    assert len(growth.sums) == len(pictures)


def test_images_that_are_all_the_same_weigh_nothing():
    """No template, no weight, no NaN."""
    images, labels = np.full((10, 2, 2, 1), 7, np.uint8), np.repeat([0, 1], [4, 6])
    growth = explain_templates((images, labels), alpha=0.0)
    assert not growth.sums.any()
    assert growth.inside.sum() == 10
    json.dumps(growth.to_dict(), allow_nan=False)


def test_broken_images_weigh_nothing(tmp_path):
    """They are left out of the moments, the sums and the histograms alike."""
    from data.test_alignment import IMAGES, LABELS, write_pictures

    growth = explain_templates(write_pictures(tmp_path, {"a": 2}))
    good = ~np.isin(np.arange(40), [0, 2])
    assert growth.images == (10, 38)
    assert growth.inside.sum(axis=1).tolist() == [18, 20]
    reference = explain_templates((IMAGES[good], LABELS[good]))
    assert growth.sums[-1] == pytest.approx(reference.sums[-1], rel=1e-6, abs=1e-9)


def test_the_images_are_needed():
    """A sketch has the templates, but not what each image weighs."""
    data = from_arrays(random_images(0))
    with pytest.raises(NotAtHandError, match="without images"):
        explain_templates(data.train.sketch(moments=True))


def test_the_result_is_plain_json():
    """Histograms, without the pictures."""
    growth = explain_templates(load("digits"))
    found = json.loads(json.dumps(growth.to_dict(), allow_nan=False))
    assert set(found) == {"alpha", "edges", "inside", "outside", "images"}
    assert found["inside"] == growth.inside.tolist()
    assert growth.sums.shape == (4, 10, 8, 8, 1)
