"""Made-up images for the measures."""

from __future__ import annotations

import pytest
from samples import random_images


@pytest.fixture
def made():
    """Images of 3x4 pixels, of three classes of different sizes, and their labels."""
    return random_images(8, n=60)
