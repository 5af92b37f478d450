"""scikit-learn's digits: 1,797 images of 8x8 pixels with 17 levels. They come with scikit-learn, without a network."""

from __future__ import annotations

import numpy as np

from tooeasy.data.arrays import from_arrays
from tooeasy.data.dataset import Dataset


def load_digits(classes: tuple[str, ...]) -> Dataset:
    """Load the digits."""
    from sklearn import datasets

    digits = datasets.load_digits()
    return from_arrays((digits.images.astype(np.uint8), digits.target), classes=classes, name="digits", levels=17)
