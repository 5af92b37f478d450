"""What a rung is: a classifier with a name, what it looks at, what it needs, and what it costs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.ladder.task import Part, Task
from tooeasy.templates.moments import Floats

Needs = Literal["labels", "properties", "sketch", "images"]
Progress = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class Answers:
    """What a fitted rung says of images.

    Attributes
    ----------
    answers : intp array of shape (n,)
        Class of each image.
    probabilities : float64 array of shape (n, classes) or None
        None where the rung has none that mean anything.
    """

    answers: NDArray[np.intp]
    probabilities: Floats | None

    @classmethod
    def of(cls, probabilities: NDArray[np.floating]) -> Answers:
        """Answer the most probable class; of equals the first."""
        return cls(np.asarray(probabilities.argmax(axis=1), np.intp), np.asarray(probabilities, np.float64))


Predict = Callable[[Part], Answers]


class Rung(ABC):
    """A classifier of the ladder.

    Attributes
    ----------
    name : str
    looks_at : str
        For people.
    needs : {"labels", "properties", "sketch", "images"}

    Examples
    --------
    >>> import tooeasy
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from tooeasy.ladder import Estimator
    >>> tree = Estimator("tree", DecisionTreeClassifier(max_depth=8))
    >>> isinstance(tree, tooeasy.Rung), tree.needs
    (True, 'images')
    >>> options = tooeasy.ClimbOptions(cache=False)
    >>> ladder = tooeasy.climb("digits", only=["tree"], extra=[tree], options=options)
    >>> ladder.rung("tree").test_accuracy > 0.7
    True
    """

    name: str
    looks_at: str
    needs: Needs = "images"

    def pixels(self, task: Task) -> int:
        """Count the pixels of an image that it looks at.

        Parameters
        ----------
        task : Task
            The dataset's splits, and what was computed of them.

        Returns
        -------
        int
        """
        return task.pixels

    def seconds(self, task: Task, images: int) -> float:  # noqa: ARG002
        """Estimate how long fitting takes on two ordinary cores: the cost model, not a measurement.

        Parameters
        ----------
        task : Task
            The dataset's splits, and what was computed of them.
        images : int
            How many training images are fitted to.

        Returns
        -------
        float
            Seconds.
        """
        return 0.0

    @property
    def settings(self) -> str:
        """What else its result depends on, for the cache."""
        return ""

    def check(self) -> None:  # noqa: B027  # most need nothing
        """Raise MissingExtraError if a package that it needs is not installed."""

    @abstractmethod
    def fit(self, task: Task, images: int, progress: Progress) -> Predict:
        """Fit to so many of the training images.

        Parameters
        ----------
        task : Task
            The dataset's splits, and what was computed of them.
        images : int
            How many training images are fitted to.
        progress : callable
            Called with what is being done.

        Returns
        -------
        callable
            Takes images of the task, and returns their `Answers`.
        """
