"""Isolated spots and fixed values: cases made by hand, whose right answer is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.giveaways.planting import as_jpeg

from tooeasy import from_arrays
from tooeasy.giveaways import Place
from tooeasy.giveaways.sample import Sample, take_sample
from tooeasy.giveaways.spots import LEAST_SIDE, Spot, find_spots


def smooth(seed: int, n: int = 300, size: tuple[int, int] = (24, 24), channels: int = 1) -> np.ndarray:
    """Images whose neighbouring pixels are alike, as real ones are: blurred noise, from 60 to 190."""
    random = np.random.default_rng(seed)
    images = random.normal(size=(n, *size, channels))
    for axis in (1, 2):
        images = sum(np.roll(images, step, axis) for step in (-2, -1, 0, 1, 2))
    return (125 + images * 13).clip(60, 190).astype(np.uint8)


def samples(images: np.ndarray, labels: np.ndarray, levels: int = 256) -> tuple[Sample, Sample]:
    """Two thirds to look in, a third to score on."""
    scored = np.arange(len(labels)) % 3 == 2
    data = from_arrays((images[~scored], labels[~scored]), (images[scored], labels[scored]), levels=levels)
    return take_sample(data.train, "train", 0), take_sample(data.test, "test", 0)


def clear(images: np.ndarray, labels: np.ndarray, levels: int = 256) -> list[Spot]:
    """Spots that chance hardly makes."""
    return certain(*samples(images, labels, levels), int(labels.max()) + 1)


def certain(train: Sample, test: Sample, classes: int) -> list[Spot]:
    """Spots that chance hardly makes; of two at one place the fixed value, as the audit tells them."""
    spots = [spot for spot in find_spots(train, test, classes) if spot.p_value < 1e-6]
    fixed = [spot for spot in spots if spot.kind == "constant-marker"]
    return [one for one in spots if one in fixed or not any((one.region & other.region).any() for other in fixed)]


@pytest.fixture
def halves() -> np.ndarray:
    """Labels of 300 images of two classes, in a random order."""
    return np.random.default_rng(9).permutation(np.arange(300) % 2)


@pytest.mark.parametrize(
    "place",
    [
        Place(0, 0, 1, 1),
        Place(23, 23, 1, 1),
        Place(0, 22, 2, 2),
        Place(10, 0, 3, 1),
        Place(23, 5, 1, 6),
        Place(11, 12, 2, 3),
        Place(8, 8, 5, 5),
    ],
)
def test_fixed_values_at_edges_and_corners(halves, place):
    """Exactly the pixels with the fixed value, the right class, and everyone who has it."""
    images = smooth(0)
    row, column, height, width = place
    images[halves == 1, row : row + height, column : column + width] = 222
    [spot] = clear(images, halves)
    assert (spot.kind, spot.label, spot.place) == ("constant-marker", 1, place)
    assert (spot.share, spot.share_of_others, spot.without) == (1.0, 0.0, 0)
    assert spot.region.sum() == height * width
    assert spot.levels[222]


def test_a_mark_in_one_colour_channel(halves):
    """Only blue has the fixed value: the pixel names the channel, and the place is right."""
    images = smooth(1, channels=3)
    images[halves == 0, 4:6, 7:9, 2] = 250
    [spot] = clear(images, halves)
    assert (spot.label, spot.pixel[2], spot.place) == (0, 2, Place(4, 7, 2, 2))


def test_a_mark_in_images_of_16_levels(halves):
    """Values count as they are, without tolerance: 13 is told from 12 and 14."""
    images = (smooth(2) // 16).astype(np.uint8)
    images[:, 3, 3] = np.random.default_rng(0).choice([2, 5, 8, 11, 12, 14, 15], (300, 1))
    images[halves == 1, 3, 3] = 13
    [spot] = clear(images, halves, levels=16)
    assert (spot.kind, spot.label, spot.place) == ("constant-marker", 1, Place(3, 3, 1, 1))
    assert np.flatnonzero(spot.levels).tolist() == [13]


def test_a_mark_that_was_stored_as_jpeg(halves):
    """Compression smears values and edges: the spot is still found, and no further than 2 pixels away."""
    images = smooth(3)
    images[halves == 1, 8:12, 16:20] = 255
    spots = clear(np.stack([as_jpeg(image) for image in images]), halves)
    assert spots
    for spot in spots:
        row, column, height, width = spot.place
        assert 6 <= row <= row + height <= 14
        assert 14 <= column <= column + width <= 22


def test_a_spot_without_a_fixed_value(halves):
    """A pixel that is bright or dark by the class, never twice the same: an isolated spot."""
    images = smooth(4)
    random = np.random.default_rng(0)
    images[:, 9, 9, 0] = np.where(halves, random.integers(150, 190, 300), random.integers(60, 100, 300))
    [spot] = clear(images, halves)
    assert (spot.kind, spot.place) == ("giveaway-pixels", Place(9, 9, 1, 1))
    assert spot.skill == 1.0


def test_a_smooth_difference_is_no_spot(halves):
    """A bright blob that fades into its surroundings tells the class as objects do."""
    images = smooth(5).astype(int)
    rows, columns = np.mgrid[:24, :24]
    blob = 60 * np.exp(-((rows - 12) ** 2 + (columns - 12) ** 2) / 60)
    images[halves == 1] += blob.astype(int)[..., None]
    assert clear(images.clip(0, 255).astype(np.uint8), halves) == []


def test_what_all_classes_have_is_no_mark(halves):
    """A watermark in every image, and a common background, give nothing away."""
    images = smooth(6)
    images[:, 2:4, 2:4] = 255
    images[:, 20:] = 0
    assert clear(images, halves) == []


def test_small_images_have_no_isolated_spots(halves):
    """Below 20 pixels a side only fixed values are looked for."""
    images = smooth(7, size=(LEAST_SIDE - 1, 24))
    random = np.random.default_rng(0)
    images[:, 9, 9, 0] = np.where(halves, random.integers(150, 190, 300), random.integers(60, 100, 300))
    images[halves == 1, 0, 0] = 255
    assert [spot.kind for spot in clear(images, halves)] == ["constant-marker"]


def test_a_mark_is_told_of_its_class_among_many():
    """Each of three classes of five has a mark of its own; two have none."""
    images = smooth(8, n=900)
    labels = np.random.default_rng(0).permutation(np.arange(900) % 5)
    for label, column in ((0, 2), (3, 10), (4, 20)):
        images[labels == label, 1:3, column : column + 2] = 240
    found = {(spot.label, spot.place) for spot in clear(images, labels)}
    assert found >= {(0, Place(1, 2, 2, 2)), (3, Place(1, 10, 2, 2)), (4, Place(1, 20, 2, 2))}
    assert {label for label, _ in found} == {0, 3, 4}


@settings(max_examples=15)
@given(st.integers(0, 22), st.integers(0, 22), st.integers(200, 255), st.booleans(), st.randoms(use_true_random=False))
def test_renaming_and_reordering_change_nothing(row, column, value, swapped, random):
    """The same place whichever class is called 0, and in whatever order images stand."""
    images = smooth(10)
    labels = np.arange(300) // 3 % 2
    images[labels == 1, row : row + 2, column : column + 2] = value
    train, test = samples(images, labels)
    order = list(range(len(train)))
    random.shuffle(order)
    changed = [
        dataclasses.replace(one, images=one.images[own], labels=one.labels[own] ^ swapped)
        for one, own in ((train, order), (test, np.arange(len(test))[::-1]))
    ]
    spots = [[(one.kind, one.place, one.share) for one in certain(*both, 2)] for both in ((train, test), changed)]
    assert spots[0] == spots[1] == [("constant-marker", Place(row, column, 2, 2), 1.0)]
