"""Made-up datasets, and folders of which some images are broken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from samples import random_images

import tooeasy

Arrays = tuple[NDArray[np.uint8], NDArray[np.intp]]


@pytest.fixture
def make_data() -> Callable[..., tuple[tooeasy.Dataset, Arrays]]:
    """Make a dataset of arrays, and return it with its training images and labels."""

    def make(
        n: int = 60,
        shape: tuple[int, int, int] = (3, 4, 1),
        classes: int = 3,
        levels: int = 256,
        seed: int = 0,
        test: bool = False,
    ) -> tuple[tooeasy.Dataset, Arrays]:
        images, labels = random_images(seed, n, shape, classes, levels)
        held_out = random_images(seed + 1, n, shape, classes, levels) if test else None
        names = [f"c{number}" for number in range(classes)]
        data = tooeasy.from_arrays((images, labels), held_out, classes=names, name="made up", levels=levels)
        return data, (images, labels)

    return make


@pytest.fixture
def broken_folder(tmp_path: Path) -> tuple[Path, dict[bytes, str]]:
    """Write a folder of two classes, with every third picture cut off behind its header; and whose each whole one is.

    The pictures of a class are all darker, or all brighter, than 128.
    """
    random = np.random.default_rng(5)
    whole = {}
    for name, low in (("dark", 0), ("light", 128)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(low, low + 128, (5, 6), np.uint8)
            path = tmp_path / "pictures" / name / f"{number:02}.png"
            Image.fromarray(pixels).save(path)
            if number % 3 == 1:
                path.write_bytes(path.read_bytes()[:60])
            else:
                whole[pixels.tobytes()] = name
    return tmp_path / "pictures", whole
