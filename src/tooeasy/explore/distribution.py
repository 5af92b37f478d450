"""How often each grey level occurs, and how bright the classes are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, load
from tooeasy.explore.reading import most_and_least
from tooeasy.plotting import Plottable


@dataclass(frozen=True, eq=False)
class LevelDistribution(Plottable):
    """How often each grey level occurs, and how bright the classes are.

    Attributes
    ----------
    dataset, origin : str
        The dataset, and the split that was summed up.
    classes : tuple of str
    counts : int64 array of shape (classes, channels, levels)
        How many pixels of a class have a level, all images and positions together.
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.count_levels("digits")
    >>> found.levels, found.counts.shape
    (17, (10, 1, 17))
    """

    dataset: str
    origin: str
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"LevelDistribution({self.origin}: {self.levels} levels, {len(self.classes)} classes)"

    @property
    def levels(self) -> int:
        """Number of levels of a pixel."""
        return int(self.counts.shape[2])

    @property
    def by_class(self) -> NDArray[np.float64]:
        """Fraction of each class's pixels that have a level: float64 array of shape (classes, levels)."""
        counts = self.counts.sum(axis=1)
        return np.asarray(counts / counts.sum(axis=1, keepdims=True), np.float64)

    @property
    def overall(self) -> NDArray[np.float64]:
        """Fraction of all pixels that have a level: float64 array of shape (levels,)."""
        counts = self.counts.sum(axis=(0, 1))
        return np.asarray(counts / counts.sum(), np.float64)

    @property
    def brightness(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each class's pixels, in levels scaled to [0, 1]: of shape (classes,) each."""
        return _moments(self.counts.sum(axis=1))

    @property
    def of_channels(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each channel's pixels: of shape (channels,) each.

        These are the numbers that inputs of neural networks are often normalised with.
        """
        return _moments(self.counts.sum(axis=0))

    def extremes(self, most: int) -> NDArray[np.intp]:
        """Return the brightest and the darkest classes; all, where there are at most so many.

        Parameters
        ----------
        most : int
            How many, half of them from each end.

        Returns
        -------
        intp array of shape (classes,)
            Positions in ``classes``.
        """
        return most_and_least(self.brightness[0], most)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        means, stds = self.brightness
        channel_means, channel_stds = self.of_channels
        return {
            "dataset": self.dataset,
            "origin": self.origin,
            "classes": list(self.classes),
            "levels": self.levels,
            "counts": self.counts.tolist(),
            "class_means": means.tolist(),
            "class_stds": stds.tolist(),
            "channel_means": channel_means.tolist(),
            "channel_stds": channel_stds.tolist(),
            "notes": list(self.notes),
        }


def count_levels(source: Source) -> LevelDistribution:
    """Count how often each grey level occurs in the images of each class of the training split.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes; a sketch is enough.

    Returns
    -------
    LevelDistribution

    Examples
    --------
    >>> means, stds = count_levels("mnist").of_channels
    >>> print(f"{means[0]:.4f} {stds[0]:.4f}")
    0.1307 0.3081
    """
    data = load(source)
    sketch = data.train.sketch()
    by_pixel = sketch.counts.reshape(len(sketch.classes), -1, sketch.shape[2], sketch.levels)
    return LevelDistribution(
        data.name, data.train.origin, data.classes, by_pixel.sum(axis=1, dtype=np.int64), data.remarks()
    )


def _moments(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of the scaled level, of each row of counts."""
    scaled = np.arange(counts.shape[1]) / (counts.shape[1] - 1)
    n = counts.sum(axis=1)
    means = counts @ scaled / n
    variances = (counts * (scaled - means[:, np.newaxis]) ** 2).sum(axis=1) / n
    return np.asarray(means, np.float64), np.asarray(np.sqrt(variances), np.float64)
