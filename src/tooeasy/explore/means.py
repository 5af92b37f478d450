"""One image for each class: its mean, median or standard deviation at every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, load
from tooeasy.errors import OptionError
from tooeasy.explore.reading import most_and_least
from tooeasy.plotting import Plottable
from tooeasy.sketch import Sketch

Statistic = Literal["mean", "median", "std"]


@dataclass(frozen=True, eq=False)
class ClassImages(Plottable):
    """One image for each class: the mean, median or standard deviation of its images at every pixel.

    Attributes
    ----------
    dataset, origin : str
        The dataset, and the split that was summed up.
    classes : tuple of str
    statistic : {"mean", "median", "std"}
    images : float64 array of shape (classes, height, width, channels)
        In levels scaled to [0, 1]; a standard deviation is at most 0.5.
    images_per_class : int64 array of shape (classes,)
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> medians = tooeasy.mean_images("fashion-mnist", statistic="median")
    >>> medians.images.shape, medians.classes[:2]
    ((10, 28, 28, 1), ('T-shirt/top', 'Trouser'))
    """

    dataset: str
    origin: str
    classes: tuple[str, ...]
    statistic: Statistic
    images: NDArray[np.float64]
    images_per_class: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ClassImages({self.origin}: {self.statistic} of {len(self.classes)} classes)"

    @property
    def apartness(self) -> NDArray[np.float64]:
        """Root mean square difference of each class's image from their mean: float64 array of shape (classes,)."""
        differences = self.images - self.images.mean(axis=0)
        return np.asarray(np.sqrt((differences**2).mean(axis=(1, 2, 3))), np.float64)

    def extremes(self, most: int) -> NDArray[np.intp]:
        """Return the classes that are most and least unlike the rest; all, where there are at most so many.

        Parameters
        ----------
        most : int
            How many, half of them from each end.

        Returns
        -------
        intp array of shape (classes,)
            Positions in ``classes``.
        """
        return most_and_least(self.apartness, most)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {
            "dataset": self.dataset,
            "origin": self.origin,
            "classes": list(self.classes),
            "image_shape": list(self.images.shape[1:]),
            "statistic": self.statistic,
            "images_per_class": self.images_per_class.tolist(),
            "images": self.images.tolist(),
            "notes": list(self.notes),
        }


def mean_images(source: Source, *, statistic: Statistic = "mean") -> ClassImages:
    """Compute the mean image of each class of the training split, or its median or standard deviation.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes; a sketch is enough.
    statistic : {"mean", "median", "std"}, default "mean"
        At each pixel, of the levels of a class's images: of the middle two, the median is the mean; the standard
        deviation is that of the images themselves (divided by n). Both follow from the sketch's counts exactly.

    Returns
    -------
    ClassImages

    Raises
    ------
    OptionError
        If there is no such statistic.

    Examples
    --------
    >>> means = mean_images("mnist")
    >>> means.images.shape, round(float(means.images[1].max()), 2)
    ((10, 28, 28, 1), 0.97)
    """
    if statistic not in get_args(Statistic):
        raise OptionError(f"statistic is one of {', '.join(get_args(Statistic))}; found {statistic!r}")
    data = load(source)
    sketch = data.train.sketch()
    values = {"mean": class_means, "median": class_medians, "std": class_stds}[statistic](sketch)
    return ClassImages(
        data.name,
        data.train.origin,
        data.classes,
        statistic,
        (values / (sketch.levels - 1)).reshape(-1, *sketch.shape),
        sketch.images_per_class,
        data.remarks(),
    )


def class_means(sketch: Sketch) -> NDArray[np.float64]:
    """Mean level at each pixel: float64 array of shape (classes, pixels); NaN of a class without images."""
    with np.errstate(invalid="ignore"):
        return np.asarray(sketch.sums / sketch.images_per_class[:, np.newaxis], np.float64)


def class_medians(sketch: Sketch) -> NDArray[np.float64]:
    """Median level at each pixel: float64 array of shape (classes, pixels)."""
    medians = np.empty((len(sketch.classes), sketch.pixels))
    for label, n in enumerate(sketch.images_per_class):
        up_to = sketch.counts[label].cumsum(axis=1, dtype=np.int64)  # a class at a time: the counts may be large
        middle = [(up_to <= rank).sum(axis=1) for rank in ((n - 1) // 2, n // 2)]
        medians[label] = np.mean(middle, axis=0)
    return medians


def class_stds(sketch: Sketch) -> NDArray[np.float64]:
    """Population standard deviation at each pixel: float64 array of shape (classes, pixels)."""
    levels = np.arange(sketch.levels)
    variances = np.empty((len(sketch.classes), sketch.pixels))
    for label, mean in enumerate(class_means(sketch)):
        squares = (levels - mean[:, np.newaxis]) ** 2  # from the mean: nothing cancels
        variances[label] = (sketch.counts[label] * squares).sum(axis=1) / sketch.images_per_class[label]
    return np.asarray(np.sqrt(variances), np.float64)
