"""A small dataset with both splits, and the benchmark as a process that can be killed."""

from __future__ import annotations

import numpy as np
import pytest
from samples import random_images

import tooeasy


@pytest.fixture
def small() -> tooeasy.Dataset:
    """Ten classes, 120 training and 60 test images of 3x4 pixels."""
    images, labels = random_images(3, n=180, classes=10)
    images[:, 0, 0] = 7  # as constant as the corner of many an image
    labels[120:130] = np.arange(10)
    return tooeasy.from_arrays((images[:120], labels[:120]), (images[120:], labels[120:]), name="small")
