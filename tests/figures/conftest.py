"""Tiny studies to draw, and no window to draw them in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from samples import random_images

import tooeasy


@pytest.fixture(autouse=True)
def headless() -> Iterator[None]:
    """Draw into memory, with matplotlib's own defaults, and close what a test left open."""
    before = mpl.get_backend()
    plt.switch_backend("Agg")
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["backend"] = "Agg"
        yield
    plt.close("all")
    plt.switch_backend(before)


@pytest.fixture
def make_study() -> Callable[..., tooeasy.PixelStudy]:
    """Study made-up images of any number of classes, with or without held-out images."""

    def make(
        classes: int | Sequence[str] = 3,
        *,
        shape: tuple[int, int, int] = (3, 4, 1),
        name: str = "made up",
        held_out: bool = True,
        seed: int = 1,
    ) -> tooeasy.PixelStudy:
        names = [str(number) for number in range(classes)] if isinstance(classes, int) else list(classes)
        images, labels = random_images(seed, n=30 * len(names), shape=shape, classes=len(names), levels=6)
        # so that every class is in both halves, however small its share
        images, labels = np.concatenate([images, images[: len(names)]]), np.concatenate([labels, np.arange(len(names))])
        half = len(labels) // 2
        data = tooeasy.from_arrays(
            (images[:half], labels[:half]), (images[half:], labels[half:]), classes=names, name=name, levels=6
        )
        return tooeasy.study_pixels(data if held_out else data.train.sketch())

    return make
