"""Global statistics: how bright an image is, how much contrast it has, and of what colour it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.giveaways.properties import Column
from tooeasy.giveaways.sample import Sample

LEVELS = "levels"
BLOCK = 256  # images at once


def brightness_columns(train: Sample, test: Sample) -> list[Column]:
    """Mean, standard deviation, and where there is colour the excess of each channel over the mean, in levels."""
    both = statistics(train), statistics(test)
    columns = [Column(name, LEVELS, both[0][name], both[1][name]) for name in both[0]]
    return [column for column in columns if column.varies]


def statistics(sample: Sample) -> dict[str, NDArray[np.generic]]:
    """Compute the statistics of each image: float32 arrays of shape (n,)."""
    flat = sample.images.reshape(len(sample), -1)
    mean = flat.mean(axis=1, dtype=np.float32)
    blocks = [
        flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)
    ]  # in floats, each is four times as large
    deviation = np.concatenate([block.std(axis=1, dtype=np.float32) for block in blocks])
    found: dict[str, NDArray[np.generic]] = {"mean": mean, "deviation": deviation}
    if sample.images.shape[3] == 3:
        channels = sample.images.mean(axis=(1, 2), dtype=np.float32).T
        found |= {color: own - mean for color, own in zip(("red", "green", "blue"), channels, strict=True)}
    return found
