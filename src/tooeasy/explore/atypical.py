"""The images of each class that are least like its mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, Split, load
from tooeasy.explore.means import class_means
from tooeasy.explore.reading import check_number, most_and_least, read_rows, split_with_images
from tooeasy.plotting import Plottable
from tooeasy.sketch import Sketch

if TYPE_CHECKING:
    import pandas as pd

PER_CLASS = 10
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class AtypicalImages(Plottable):
    """The images of each class that are least like its mean, and how far all are from it.

    Attributes
    ----------
    dataset, origin : str
        The dataset, and the split that the images are of.
    classes : tuple of str
    labels : intp array of shape (n,)
        Of all images that could be read.
    rows : intp array of shape (n,)
        Position of each in its split.
    distances : float64 array of shape (n,)
        Euclidean distance of each from the mean image of its class, in levels scaled to [0, 1].
    chosen : intp array of shape (k,)
        Positions in these arrays of the farthest images: class by class, the farthest first.
    images : uint8 array of shape (k, height, width, channels)
        The farthest images.
    levels : int
        Values that a pixel can take: 0 to ``levels - 1``.
    per_class : int
        Farthest images wanted of each class.
    files : tuple of (str or None)
        File of each of the farthest images; None where images are not files.
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.find_atypical("digits", per_class=2)
    >>> found.images.shape, found.rows[found.farthest(3)].shape
    ((20, 8, 8, 1), (2,))
    """

    dataset: str
    origin: str
    classes: tuple[str, ...]
    labels: NDArray[np.intp]
    rows: NDArray[np.intp]
    distances: NDArray[np.float64]
    chosen: NDArray[np.intp]
    images: NDArray[np.uint8]
    levels: int
    per_class: int
    files: tuple[str | None, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"AtypicalImages({self.origin}: {len(self.chosen)} of {len(self.distances)} images)"

    @property
    def rms(self) -> NDArray[np.float64]:
        """Distances as root mean square differences of a pixel, from 0 to 1: comparable between image sizes."""
        return np.asarray(self.distances / np.sqrt(np.prod(self.images.shape[1:])), np.float64)

    @cached_property
    def quantiles(self) -> NDArray[np.float64]:
        """The 5, 25, 50, 75 and 95 % quantiles of each class's `rms`: float64 of shape (classes, 5); NaN of none."""
        found = np.full((len(self.classes), len(QUANTILES)), np.nan)
        for label in np.unique(self.labels):
            found[label] = np.quantile(self.rms[self.labels == label], QUANTILES)
        return found

    def farthest(self, label: int) -> NDArray[np.intp]:
        """Return the positions in ``chosen`` and ``images`` of a class's farthest images, the farthest first.

        Parameters
        ----------
        label : int
            Position of the class in ``classes``.

        Returns
        -------
        intp array of shape (images,)
        """
        return np.flatnonzero(self.labels[self.chosen] == label)

    def extremes(self, most: int) -> NDArray[np.intp]:
        """Return the classes whose images vary most and least; all, where there are at most so many.

        Parameters
        ----------
        most : int
            How many, half of them from each end.

        Returns
        -------
        intp array of shape (classes,)
            Positions in ``classes``.
        """
        return most_and_least(self.quantiles[:, QUANTILES.index(0.5)], most)

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each of the farthest images as a pandas DataFrame, without their pixels.

        Returns
        -------
        DataFrame
            The farthest first in each class.
        """
        import pandas as pd

        columns = {
            "class": [self.classes[label] for label in self.labels[self.chosen]],
            "row": self.rows[self.chosen],
            "file": list(self.files),
            "distance": self.distances[self.chosen],
            "rms": self.rms[self.chosen],
        }
        return pd.DataFrame({"origin": self.origin, **columns})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the pixels.

        Returns
        -------
        dict
            What a class without images has is None.
        """
        return {
            "dataset": self.dataset,
            "origin": self.origin,
            "classes": list(self.classes),
            "image_shape": list(self.images.shape[1:]),
            "levels": self.levels,
            "per_class": self.per_class,
            "images": len(self.distances),
            "quantiles": list(QUANTILES),
            "by_class": [self._of_class(label) for label in range(len(self.classes))],
            "notes": list(self.notes),
        }

    def _of_class(self, label: int) -> dict[str, Any]:
        farthest = self.farthest(label)
        return {
            "label": label,
            "images": int((self.labels == label).sum()),
            "rms_quantiles": self.quantiles[label].tolist() if len(farthest) else None,
            "farthest": [
                {
                    "row": int(self.rows[at]),
                    "file": file,
                    "distance": float(self.distances[at]),
                    "rms": float(self.rms[at]),
                }
                for at, file in ((self.chosen[position], self.files[position]) for position in farthest)
            ],
        }


def find_atypical(source: Source, *, per_class: int = PER_CLASS) -> AtypicalImages:
    """Find the images of each class that are farthest from its mean image.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes. Of the training images; of the test images where only these are here. The mean is of the
        same images, which are read twice.
    per_class : int, default 10
        Images to find of each class; of equal distances the first.

    Returns
    -------
    AtypicalImages

    Raises
    ------
    OptionError
        If the number is out of range.
    NotAtHandError
        If only sketches are here.

    Examples
    --------
    >>> found = find_atypical("digits", per_class=3)
    >>> found
    AtypicalImages(digits train: 30 of 1797 images)
    >>> bool(found.distances[found.chosen[0]] == found.distances[found.labels == 0].max())
    True
    """
    check_number("per_class", per_class)
    data = load(source)
    split, notes = split_with_images(data)
    rows, labels, distances = _distances(split, split.sketch())
    members = (np.flatnonzero(labels == label) for label in range(len(data.classes)))
    farthest = [at[np.argsort(-distances[at], kind="stable")[:per_class]] for at in members]
    chosen = np.concatenate(farthest)
    return AtypicalImages(
        dataset=data.name,
        origin=split.origin,
        classes=data.classes,
        labels=labels,
        rows=rows,
        distances=distances,
        chosen=chosen,
        images=_images(split, rows[chosen]),
        levels=split.levels,
        per_class=per_class,
        files=tuple(split.name(int(row)) for row in rows[chosen]),
        notes=(*notes, *data.remarks()),
    )


def _distances(split: Split, sketch: Sketch) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Rows, labels and distances of all images that can be read."""
    means = class_means(sketch)
    rows, labels, distances = [], [], []
    for read in read_rows(split, np.arange(len(split))):
        images, own = read.batch
        differences = images.reshape(len(images), -1) - means[own]
        rows.append(read.rows)
        labels.append(own)
        distances.append(np.sqrt(np.einsum("ij,ij->i", differences, differences)) / (split.levels - 1))
    return np.concatenate(rows), np.concatenate(labels), np.concatenate(distances)


def _images(split: Split, rows: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Images of rows that are known to be whole, in the order of the rows."""
    order = np.argsort(rows)  # files are read fastest in their own order
    images = np.empty((len(rows), *split.shape), np.uint8)
    images[order] = np.concatenate([read.batch.images for read in read_rows(split, rows[order])])
    return images
