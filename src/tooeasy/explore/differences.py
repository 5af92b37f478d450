"""How the mean images of each pair of classes differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, load
from tooeasy.explore.means import class_means
from tooeasy.explore.reading import most_and_least
from tooeasy.plotting import Plottable

if TYPE_CHECKING:
    import pandas as pd

FEW = 100  # classes
SCALE = 255.0  # differences are in levels of 8-bit images, whatever levels the images have


@dataclass(frozen=True, eq=False)
class ClassDifferences(Plottable):
    """How the mean images of each pair of classes differ.

    Attributes
    ----------
    dataset, origin : str
        The dataset, and the split that was summed up.
    classes : tuple of str
    means : float64 array of shape (classes, height, width, channels)
        Mean image of each class, in levels of 8-bit images, 0 to 255.
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.compare_means("mnist")
    >>> found.means.shape, found.pairs.shape
    ((10, 28, 28, 1), (45, 2))
    """

    dataset: str
    origin: str
    classes: tuple[str, ...]
    means: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ClassDifferences({self.origin}: {len(self.pairs)} pairs)"

    @cached_property
    def pairs(self) -> NDArray[np.intp]:
        """Pairs of classes in the order (0, 1), (0, 2), ...: intp array of shape (pairs, 2)."""
        return np.stack(np.triu_indices(len(self.classes), 1), axis=1)

    @cached_property
    def rms(self) -> NDArray[np.float64]:
        """Root mean square difference of each pair, over all pixels, in 8-bit levels: float64 of shape (pairs,)."""
        flat = self.means.reshape(len(self.means), -1)
        if len(flat) <= FEW:
            squares = np.concatenate([((flat[a] - flat[a + 1 :]) ** 2).mean(axis=1) for a in range(len(flat) - 1)])
        else:  # one matrix product: a hundred times as fast for 3,832 classes, and right to 1e-6 levels
            centred = flat - flat.mean(axis=0)
            norms = np.einsum("ij,ij->i", centred, centred)
            first, second = self.pairs.T
            squares = (norms[first] + norms[second] - 2 * (centred @ centred.T)[first, second]) / flat.shape[1]
        return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float64)

    def difference(self, a: int, b: int) -> NDArray[np.float64]:
        """Return the mean image of one class less that of another.

        Parameters
        ----------
        a, b : int
            The classes, as positions in ``classes``.

        Returns
        -------
        float64 array of shape (height, width, channels)
            In levels of 8-bit images, -255 to 255.
        """
        return np.asarray(self.means[a] - self.means[b], np.float64)

    def extremes(self, most: int) -> NDArray[np.intp]:
        """Return the most and the least different pairs; all, where there are at most so many.

        Parameters
        ----------
        most : int
            How many, half of them from each end.

        Returns
        -------
        intp array of shape (pairs,)
            Positions in ``pairs``.
        """
        return most_and_least(self.rms, most)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a pair of classes as a pandas DataFrame.

        Returns
        -------
        DataFrame
            In the order of ``pairs``; ``rms_difference`` is a fraction of the range.
        """
        import pandas as pd

        a, b = ([self.classes[label] for label in side] for side in self.pairs.T)
        return pd.DataFrame({"origin": self.origin, "class_a": a, "class_b": b, "rms_difference": self.rms})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the images.

        Returns
        -------
        dict
        """
        pairs = zip(self.pairs.tolist(), self.rms.tolist(), strict=True)
        return {
            "dataset": self.dataset,
            "origin": self.origin,
            "classes": list(self.classes),
            "image_shape": list(self.means.shape[1:]),
            "pairs": [{"a": a, "b": b, "rms_difference": rms} for (a, b), rms in pairs],
            "notes": list(self.notes),
        }


def compare_means(source: Source) -> ClassDifferences:
    """Compute how the mean images of each pair of classes differ, in the training split.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes; a sketch is enough.

    Returns
    -------
    ClassDifferences

    References
    ----------
    D. Robinson, "Exploring handwritten digit classification: a tidy analysis of the MNIST dataset", 2018, shows these
    differences for MNIST.

    Examples
    --------
    >>> found = compare_means("mnist")
    >>> [found.classes[member] for member in found.pairs[found.rms.argmin()]]
    ['4', '9']
    """
    data = load(source)
    sketch = data.train.sketch()
    means = class_means(sketch) * (SCALE / (sketch.levels - 1))
    return ClassDifferences(
        data.name, data.train.origin, data.classes, means.reshape(-1, *sketch.shape), data.remarks()
    )
