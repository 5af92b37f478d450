"""scikit-learn's digits: 1,797 images of 8x8 pixels with 17 levels. They come with scikit-learn, without a network."""

from __future__ import annotations

import numpy as np

from tooeasy.data.arrays import from_arrays
from tooeasy.data.dataset import Dataset
from tooeasy.data.options import LoadOptions


def load_digits(classes: tuple[str, ...], options: LoadOptions) -> Dataset:
    """Load the digits."""
    from sklearn import datasets

    digits = datasets.load_digits()
    images = digits.images.astype(np.uint8)
    return from_arrays((images, digits.target), classes=classes, name="digits", levels=17, options=options)
