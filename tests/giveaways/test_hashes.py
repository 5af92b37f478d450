"""Hashes: equal where the pixels are, near where images look the same, and found in one pass."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from samples import random_images

from tooeasy import from_arrays, load
from tooeasy.giveaways.hashes import (
    MIRRORED,
    SHIFTS,
    TURNED,
    Symmetry,
    cosine_transform,
    hash_contents,
    hash_images,
    mean_coefficients,
    to_bits,
)


@pytest.fixture(scope="module")
def mnist():
    """The test images that come with the package, as a split of their own, and their mean coefficients."""
    split = load("mnist").test.part(slice(0, 3000))
    return split, mean_coefficients(split)


def jpeg(image, quality=75):
    """The image, written as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).reshape(image.shape)


def looks(images, means):
    """Hashes of the images as they are."""
    return to_bits(cosine_transform(images.shape[1:3])(images)[:, 0], means)


def bits_apart(a, b):
    """How many bits differ."""
    return np.bitwise_count(a ^ b)


@given(st.integers(0, 100), st.sampled_from([(3, 4, 1), (9, 8, 3), (1, 5, 1)]))
def test_content_is_equal_exactly_where_pixels_are(seed, shape):
    """Copies have the same 128 bits; one pixel changed by one level has others."""
    images, _ = random_images(seed, n=6, shape=shape)
    other = images.copy()
    other[:, -1, -1, -1] ^= 1
    both = hash_contents(np.concatenate([images, images, other]))
    assert both.shape == (18, 2)
    assert np.array_equal(both[:6], both[6:12])
    assert not (both[:6] == both[12:]).all(axis=1).any()


def test_the_transform_is_the_orthonormal_cosine_transform():
    """Its coefficients are SciPy's, of the mean over channels, without the outermost pixels."""
    from scipy.fft import dctn

    images = random_images(0, n=5, shape=(11, 20, 3))[0]
    found = cosine_transform((11, 20))(images)[:, 0]
    expected = dctn(images.mean(axis=3)[:, 1:-1, 1:-1], axes=(1, 2), norm="ortho")[:, :8, :8]
    assert np.allclose(found, expected, rtol=1e-4, atol=1e-2)


def test_moved_images_need_not_be_made():
    """Coefficients of moved images are those of images that were moved, whatever comes in at the edge."""
    images = random_images(1, n=4, shape=(9, 12, 1))[0]
    transform = cosine_transform((9, 12))
    for number, (y, x) in enumerate(SHIFTS, start=1):
        moved = np.roll(images, (y, x), (1, 2))
        assert np.allclose(transform(images)[:, number], transform(moved)[:, 0], rtol=1e-4, atol=1e-2)


def test_short_sides_are_not_moved():
    """Of images with fewer than eight pixels along a side, all pixels count, and moved ones are the same."""
    images = random_images(3, n=4, shape=(5, 7, 1))[0]
    coefficients = cosine_transform((5, 7))(images)
    assert (coefficients == coefficients[:, :1]).all()
    assert (coefficients[:, 0, :5, :7] != 0).any(axis=0).all()
    assert not coefficients[:, :, 5:].any()


@pytest.mark.parametrize("way", [*MIRRORED, *TURNED], ids=lambda way: way.name)
def test_turned_images_need_not_be_made(way: Symmetry):
    """Coefficients of turned and mirrored images are those of images that were turned."""
    images = random_images(2, n=4, shape=(10, 10, 1))[0]
    transform = cosine_transform((10, 10))
    turned = transform(way.of(images))[:, 0]
    assert np.allclose(way.of_coefficients(transform(images)[:, 0]), turned, rtol=1e-4, atol=1e-2)


def test_symmetries_are_what_their_names_say():
    """Quarter turns are NumPy's, to the left; and all eight are different."""
    image = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
    named = {way.name: way.of(image)[0] for way in (*MIRRORED, *TURNED)}
    for degrees, times in ((90, 1), (180, 2), (270, 3)):
        assert np.array_equal(named[f"rotated {degrees}"], np.rot90(image[0], times))
    assert np.array_equal(named["mirrored"], image[0, :, ::-1])
    assert np.array_equal(named["upside down"], image[0, ::-1])
    assert np.array_equal(named["transposed"], image[0].swapaxes(0, 1))
    assert len({turned.tobytes() for turned in (image, *named.values())}) == 8


def test_jpeg_changes_few_bits(mnist):
    """Written as JPEG of quality 75, real images stay within the default distance; different ones seldom are."""
    split, means = mnist
    images = split.images()[:500]
    own = looks(images, means)
    assert bits_apart(own, looks(np.stack([jpeg(image) for image in images]), means)).max() <= 6
    apart = bits_apart(own[:, None], own[None])[np.triu_indices(500, 1)]
    assert (apart <= 6).mean() < 0.001
    assert apart.mean() > 20


def test_other_sizes_look_the_same(mnist):
    """Enlarged by an eighth, and by half, images have nearly the same hash."""
    split, means = mnist
    images = split.images()[:200]
    for side in (32, 42):
        larger = [np.asarray(Image.fromarray(i[..., 0]).resize((side, side), Image.Resampling.BICUBIC)) for i in images]
        assert np.quantile(bits_apart(looks(images, means), looks(np.stack(larger)[..., None], means)), 0.99) <= 6


def test_contrast_does_not_matter(mnist):
    """At half the contrast, rounding aside, the hash is the same."""
    split, means = mnist
    images = split.images()[:200]
    assert bits_apart(looks(images, means), looks(images // 2, means)).max() <= 2


def test_hashes_are_the_same_in_any_batches(mnist, monkeypatch):
    """With room for few images at a time, everything is the same, and rows are all rows."""
    split, means = mnist
    part = split.part(slice(0, 300))
    ways = MIRRORED + TURNED
    reference = hash_images(part, means, ways)
    monkeypatch.setattr("tooeasy.explore.reading.CHUNK_BYTES", 7 * 28 * 28)
    again = hash_images(part, means, ways)
    assert np.array_equal(reference.rows, np.arange(300))
    assert np.array_equal(again.content, reference.content)
    for name in ("looks", "shifted", "turned"):
        # Sums of other sizes of matrices may be rounded otherwise: a bit at its mean may fall to the other side.
        assert (getattr(again, name) != getattr(reference, name)).mean() < 0.01
    assert reference.turned.shape == (7, 300)
    assert reference.shifted.shape == (4, 300)


def test_images_of_one_colour_are_known():
    """One value in each channel, whatever it is; one other pixel is enough not to be."""
    images = np.zeros((4, 5, 5, 3), np.uint8)
    images[1] = 7, 8, 9
    images[2, 4, 4, 2] = 1
    images[3] = np.arange(75).reshape(5, 5, 3)
    data = from_arrays((images, [0, 1, 0, 1]))
    assert hash_images(data.train, mean_coefficients(data.train)).constant.tolist() == [True, True, False, False]
