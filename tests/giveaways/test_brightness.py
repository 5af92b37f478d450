"""Brightness, contrast and colour of images, against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

import tooeasy
from tooeasy.giveaways.brightness import BLOCK, brightness_columns, statistics
from tooeasy.giveaways.sample import Sample


def sample(part: str, images: np.ndarray) -> Sample:
    """All images of a split, of two classes."""
    labels = np.arange(len(images)) % 2
    split = tooeasy.from_arrays((images, labels), (images, labels)).train
    rows = np.arange(len(images))
    return Sample(part, split, rows, rows, labels, images, rows)


@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_are_those_of_each_image(channels):
    """Mean and deviation over all values; with colour, how much each channel is over the mean; across blocks, too."""
    images = np.random.default_rng(0).integers(0, 256, (BLOCK + 3, 4, 5, channels), np.uint8)
    found = statistics(sample("train", images))
    assert list(found) == ["mean", "deviation", *(["red", "green", "blue"] if channels == 3 else [])]
    for row in (0, BLOCK - 1, BLOCK, BLOCK + 2):
        values = images[row].astype(float)
        assert found["mean"][row] == pytest.approx(values.mean(), rel=1e-6)
        assert found["deviation"][row] == pytest.approx(values.std(), rel=1e-5)
        for number, color in enumerate(("red", "green", "blue")[: 3 * (channels == 3)]):
            assert found[color][row] == pytest.approx(values[..., number].mean() - values.mean(), abs=1e-4)


def test_what_never_varies_is_no_column():
    """Images of one brightness whose colour changes have columns of colour alone; images all alike have none."""
    images = np.zeros((6, 2, 2, 3), np.uint8)
    images[..., 1] = 90
    images[::2, ..., :2] = images[::2, ..., 1::-1]  # every other one is red instead of green
    changing = sample("train", images)
    assert [column.subject for column in brightness_columns(changing, changing)] == ["red", "green"]
    alike = sample("train", images[:1].repeat(4, 0))
    assert brightness_columns(alike, alike) == []
