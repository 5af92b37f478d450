"""A split hands out batches, parts of itself, its images and its sketch."""

from __future__ import annotations

import numpy as np
import pytest
from samples import random_images

from tooeasy import NotAtHandError, OptionError, Sketch, from_arrays, load

IMAGES, LABELS = random_images(0, n=30)


@pytest.fixture
def split():
    return from_arrays((IMAGES, LABELS)).train


@pytest.mark.parametrize("size", [None, 1, 7, 30, 100])
def test_batches_are_all_images_in_order(split, size):
    """Images and labels travel together, ``size`` at a time, the rest at the end."""
    batches = list(split.batches(size))
    assert [len(batch.labels) for batch in batches] == [
        min(size or 30, 30 - start) for start in range(0, 30, size or 30)
    ]
    assert np.array_equal(np.concatenate([batch.images for batch in batches]), IMAGES)
    assert np.array_equal(np.concatenate([batch.labels for batch in batches]), LABELS)


@pytest.mark.parametrize("rows", [slice(3, 20), slice(None, None, -2), np.array([5, 2, 29, 2])], ids=str)
def test_a_part_is_a_split(split, rows):
    """A part has the chosen images and labels, and knows its classes and levels; so has a part of a part."""
    part = split.part(rows)
    assert np.array_equal(part.images(), IMAGES[rows])
    assert np.array_equal(part.labels, LABELS[rows])
    assert (part.classes, part.shape, len(part)) == (split.classes, split.shape, len(LABELS[rows]))
    assert part.images_per_class.tolist() == np.bincount(LABELS[rows], minlength=3).tolist()
    again = part.part(np.array([2, 0]))
    assert np.array_equal(again.images(), IMAGES[rows][[2, 0]])
    assert np.array_equal(np.concatenate([batch.images for batch in again.batches(1)]), IMAGES[rows][[2, 0]])


def test_its_sketch_is_that_of_its_images(split):
    """With every option; and progress hears of every image."""
    heard = []
    computed = split.sketch(normalize="l2", levels=9, moments=True, threads=1, progress=heard.append)
    reference = Sketch(split.shape, split.classes, computed.quantization, moments=True).update(IMAGES, LABELS)
    assert computed == reference
    assert (computed.levels, computed.quantization.normalize) == (9, "l2")
    assert computed.provenance == ("arrays train",)
    assert sum(heard) == 30
    assert split.sketch() == Sketch(split.shape, split.classes).update(IMAGES, LABELS)


def test_a_sketch_in_many_batches_is_the_same(split, monkeypatch):
    """Memory is bounded by a batch: with room for one image at a time, the sketch has the same bits."""
    reference = split.sketch(moments=True)
    monkeypatch.setattr("tooeasy.data.split.BATCH_BYTES", 1)
    assert len(list(split.batches())) == 30
    assert split.sketch(moments=True) == reference


def test_options_out_of_range_are_refused(split):
    """Before anything is counted."""
    with pytest.raises(OptionError, match="levels is a whole number"):
        split.sketch(levels=257)
    with pytest.raises(OptionError, match="normalize is one of"):
        split.sketch(normalize="l1")


def test_a_split_that_is_only_a_sketch_gives_what_follows_from_it(split):
    """Its counts, fewer levels, its moments, its class sizes; not images, labels, parts or another normalisation."""
    known = load(split.sketch(moments=True)).train
    assert not known.has_images
    assert known.images_per_class.tolist() == split.images_per_class.tolist()
    assert known.sketch() == split.sketch()
    assert known.sketch(moments=True) == split.sketch(moments=True)
    assert known.sketch(levels=10) == split.sketch(levels=10)
    with pytest.raises(NotAtHandError, match="a sketch with normalize=none; the images are needed for l2"):
        known.sketch(normalize="l2")
    with pytest.raises(NotAtHandError, match="without moments for 10 levels"):
        known.sketch(levels=10, moments=True)
    for ask in (
        lambda: known.labels,
        known.images,
        lambda: list(known.batches()),
        lambda: known.part(slice(2)),
    ):
        with pytest.raises(NotAtHandError, match="is a sketch, without images; use the dataset that it was made from"):
            ask()


def test_a_coarse_sketch_gives_only_its_own_levels(split):
    """Levels put together cannot be taken apart, which is said; by default it gives those that it has."""
    known = load(split.sketch(levels=16)).train
    assert known.sketch(levels=16) == known.sketch() == split.sketch(levels=16)
    for levels in (8, 256):
        with pytest.raises(NotAtHandError, match="a sketch of 16 levels; the images are needed for"):
            known.sketch(levels=levels)
    with pytest.raises(NotAtHandError, match="without moments"):
        known.sketch(levels=16, moments=True)


def test_what_was_handed_out_does_not_change_the_split(split):
    """A sketch that is asked for is the asker's: updating it leaves the next one as it was."""
    known = load(split.sketch(moments=True)).train
    for moments in (False, True):
        reference = known.sketch(moments=moments)
        known.sketch(moments=moments).update(IMAGES, LABELS)
        assert known.sketch(moments=moments) == reference
