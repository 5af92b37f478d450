"""How many images each class has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, load
from tooeasy.explore.reading import most_and_least
from tooeasy.plotting import Plottable

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ClassCounts(Plottable):
    """How many images each class has.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    train : int64 array of shape (classes,)
        Training images of each class.
    test : int64 array of shape (classes,) or None
        Test images of each class; None where there is no test split.
    notes : tuple of str

    Examples
    --------
    >>> import tooeasy
    >>> counts = tooeasy.count_classes("mnist")
    >>> counts.train[:3], counts.test[:3]
    (array([5923, 6742, 5958]), array([ 980, 1135, 1032]))
    >>> round(counts.imbalance, 2)
    1.24
    """

    dataset: str
    classes: tuple[str, ...]
    train: NDArray[np.int64]
    test: NDArray[np.int64] | None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"ClassCounts({self.dataset}: {len(self.classes)} classes, imbalance {self.imbalance:.3g})"

    @property
    def imbalance(self) -> float:
        """Training images of the largest class over those of the smallest; 1 where all have as many."""
        return float(self.train.max() / self.train.min())

    @property
    def effective_classes(self) -> float:
        """The exponential of the entropy of the training labels: so many classes of equal size are as uncertain."""
        fractions = self.train / self.train.sum()
        return float(np.exp(-(fractions * np.log(fractions)).sum()))

    def extremes(self, most: int) -> NDArray[np.intp]:
        """Return the largest and the smallest classes; all, where there are at most so many.

        Parameters
        ----------
        most : int
            How many, half of them from each end.

        Returns
        -------
        intp array of shape (classes,)
            Positions in ``classes``.
        """
        return most_and_least(self.train.astype(np.float64), most)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a class as a pandas DataFrame; without a test split, its images are missing.

        Returns
        -------
        DataFrame
            Columns ``dataset``, ``class``, ``train`` and ``test``.
        """
        import pandas as pd

        test = pd.array([None] * len(self.classes) if self.test is None else self.test, dtype="Int64")
        return pd.DataFrame({"dataset": self.dataset, "class": self.classes, "train": self.train, "test": test})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "train": self.train.tolist(),
            "test": None if self.test is None else self.test.tolist(),
            "imbalance": self.imbalance,
            "effective_classes": self.effective_classes,
            "notes": list(self.notes),
        }


def count_classes(source: Source) -> ClassCounts:
    """Count the images of each class, in the training and the test split.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes; a sketch is enough.

    Returns
    -------
    ClassCounts
        By their labels: no image is read, and what would turn out to be broken is counted.

    References
    ----------
    M. O. Hill, "Diversity and evenness: a unifying notation and its consequences", Ecology 54 (1973): the exponential
    of the entropy as an effective number.

    Examples
    --------
    >>> found = count_classes("mnist")
    >>> found
    ClassCounts(mnist: 10 classes, imbalance 1.24)
    >>> round(found.effective_classes, 2)
    9.99
    """
    data = load(source)
    test = None if data.test is None else data.test.images_per_class
    return ClassCounts(data.name, data.classes, data.train.images_per_class, test, data.remarks())
