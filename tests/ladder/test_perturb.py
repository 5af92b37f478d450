"""The alignment probe: what it does to images, and what it takes from the rungs."""

from __future__ import annotations

import numpy as np
import pytest
from samples import random_images

import tooeasy
from tooeasy.ladder import ClimbOptions, Perturbation, climb
from tooeasy.ladder.perturb import TRAIN, PerturbedImages, perturb


def perturbed(images, **given):
    """Images after a perturbation."""
    return PerturbedImages(images, Perturbation(**given), 256, TRAIN)[:]


def test_a_shift_is_a_shift():
    """Each image is one of the shifted ones, with black where nothing was."""
    images = random_images(0, n=30, shape=(5, 6, 3))[0] | 1
    for before, after in zip(images, perturbed(images, jitter=2), strict=True):
        candidates = []
        padded = np.pad(before, ((2, 2), (2, 2), (0, 0)))
        for down in range(5):
            candidates += [padded[down : down + 5, right : right + 6] for right in range(5)]
        assert any(np.array_equal(after, candidate) for candidate in candidates)


def test_all_shifts_occur():
    """Uniformly: each of the nine about as often."""
    images = np.zeros((900, 3, 3, 1), np.uint8)
    images[:, 1, 1] = 255
    where = perturbed(images, jitter=1).reshape(900, 9).argmax(axis=1)
    assert np.bincount(where, minlength=9).min() > 60


def test_rows_do_not_depend_on_how_they_are_read():
    """An image's perturbation follows from the seed and its number."""
    images = random_images(0, n=20, shape=(6, 6, 1))[0]
    whole = PerturbedImages(images, Perturbation(jitter=2, scale=0.2, contrast=0.5), 256, TRAIN)
    assert np.array_equal(np.concatenate([whole[:7], whole[7:]]), whole[:])
    assert np.array_equal(whole[np.array([3, 11])], whole[:][[3, 11]])
    other = PerturbedImages(images, Perturbation(jitter=2, scale=0.2, contrast=0.5, seed=1), 256, TRAIN)
    assert not np.array_equal(whole[:], other[:])


def test_contrast_moves_towards_the_middle():
    """No level ends farther from the middle than it was."""
    images = random_images(0, n=20)[0]
    after = perturbed(images, contrast=0.8)
    assert (np.abs(after.astype(int) - 127.5) <= np.abs(images.astype(int) - 127.5) + 0.5).all()
    assert not np.array_equal(after, images)


def test_scaling_by_nearly_nothing_changes_nearly_nothing():
    """The centre stays where it is."""
    images = random_images(0, n=5, shape=(9, 9, 1))[0]
    after = perturbed(images, scale=1e-6)
    assert np.abs(after[:, 1:-1, 1:-1].astype(int) - images[:, 1:-1, 1:-1]).max() <= 1


@pytest.mark.parametrize("given", [{"jitter": -1}, {"scale": 1.0}, {"contrast": -0.1}])
def test_out_of_range_is_refused(given):
    """One line that names the option."""
    with pytest.raises(tooeasy.OptionError, match=next(iter(given))):
        Perturbation(**given)


def test_both_splits_are_perturbed_and_said_to_be():
    """Train and test alike, differently image by image, with a note."""
    data = tooeasy.load("digits").with_hold_out()
    after = perturb(data, Perturbation(jitter=1))
    assert "shifted by up to 1 pixels" in after.notes[-1]
    for before, now in ((data.train, after.train), (data.test, after.test)):
        assert np.array_equal(before.labels, now.labels)
        assert not np.array_equal(before.images(), now.images())


def test_a_sketch_cannot_be_perturbed(empty_machine):
    """It says that images are needed."""
    with pytest.raises(tooeasy.NotAtHandError, match="images"):
        climb("mnist", only=["nothing"], perturbation=Perturbation(jitter=1))


def test_shifting_takes_most_from_the_low_rungs():
    """Digits shifted by up to two pixels: one template for each class loses far more than neighbours do."""
    only, options = ["mean-template", "knn"], ClimbOptions(cache=False)
    plain, moved = (
        climb("digits", only=only, perturbation=how, options=options) for how in (None, Perturbation(jitter=2))
    )
    lost = {name: plain.rung(name).test_accuracy - moved.rung(name).test_accuracy for name in only}
    assert lost["mean-template"] > 0.3
    assert lost["knn"] < lost["mean-template"]
