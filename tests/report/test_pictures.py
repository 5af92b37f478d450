"""Arrays become the pictures that they say."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from tooeasy.report.pictures import MOST_SIDE, diverging, picture, strip


def decoded(uri: str) -> Image.Image:
    """The picture of a data URI."""
    return Image.open(io.BytesIO(base64.b64decode(uri.partition("base64,")[2])))


def test_grey_levels_are_kept():
    """A small picture is exact."""
    values = np.linspace(0, 1, 12).reshape(3, 4)
    np.testing.assert_array_equal(np.asarray(decoded(picture(values))), np.rint(values * 255))


def test_a_strip_stands_in_a_row():
    """Images from left to right."""
    images = np.stack([np.full((3, 2), level) for level in (0.0, 0.5, 1.0)])
    np.testing.assert_array_equal(np.asarray(decoded(strip(images)))[0], [0, 0, 128, 128, 255, 255])


def test_large_pictures_are_scaled_down():
    """Whatever the size of the images, a picture is bounded, and keeps its shape."""
    assert decoded(picture(np.zeros((400, 200, 3)))).size == (MOST_SIDE // 2, MOST_SIDE)
    assert decoded(strip(np.zeros((3, 400, 200, 3)))).size == (3 * MOST_SIDE // 2, MOST_SIDE)


def test_more_is_red_less_is_blue_and_nothing_is_clear():
    """Strength is opacity, on a scale that is shared."""
    found = np.asarray(decoded(diverging(np.array([[-2.0, 0.0, 1.0, 2.0]]), 2.0)))[0].astype(int)
    assert found[:, 3].tolist()[::3] == [255, 255]
    assert found[1, 3] == 0
    assert 0 < found[2, 3] < 255
    assert found[0, 2] > found[0, 0]
    assert found[3, 0] > found[3, 2]
