"""Why a least-squares template looks as it does: it is a weighted sum of the training images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Source, Split, load
from tooeasy.plotting import Plottable
from tooeasy.sketch import Shape
from tooeasy.templates.features import moments_of
from tooeasy.templates.fit import least_squares
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.settings import Settings
from tooeasy.templates.solve import solve_symmetric

RIDGE = 0.01  # penalty for each image, unless another is wanted
BINS, REACH = 80, 4.0  # of the histograms: they span so many root mean squares to either side
FIRST = 10  # images after which the first picture is taken; then after 10 times as many, and all


@dataclass(frozen=True, eq=False)
class WeightHistogram(Plottable):
    """How the weights of training images are distributed.

    Attributes
    ----------
    dataset : str
    edges : float64 array of shape (bins + 1,)
        The outermost bins hold what lies beyond them too.
    inside, outside : int64 arrays of shape (bins,)
        Images by their weight in the template of their own class; pairs of an image and another class's template.
    """

    dataset: str
    edges: Floats
    inside: NDArray[np.int64]
    outside: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TemplateGrowth(Plottable):
    """The weights of the training images in the least-squares templates, and the sums that grow into them.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    alpha : float
        Strength of the ridge penalty.
    edges : float64 array of shape (bins + 1,)
        Of the histograms of weights; the outermost bins hold what lies beyond them too.
    inside, outside : int64 arrays of shape (classes, bins)
        How many images of the class, and of all others, have such a weight in the class's template.
    images : tuple of int
        Numbers of training images, in their order in the dataset, after which a picture was taken; the last is all.
    sums : float64 array of shape (pictures, classes, height, width, channels)
        Weighted sum of the first so many images, for pixels in [0, 1]. The last are the templates.

    Examples
    --------
    >>> import tooeasy
    >>> growth = tooeasy.explain_templates("digits")
    >>> growth.images, growth.sums.shape
    ((10, 100, 1000, 1797), (4, 10, 8, 8, 1))
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    alpha: float
    edges: Floats
    inside: NDArray[np.int64]
    outside: NDArray[np.int64]
    images: tuple[int, ...]
    sums: Floats

    @property
    def histogram(self) -> WeightHistogram:
        """Weights of images in the templates of their own class and of the others, over all classes."""
        return WeightHistogram(self.dataset, self.edges, self.inside.sum(axis=0), self.outside.sum(axis=0))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, without the pictures.

        Returns
        -------
        dict
        """
        return {
            "alpha": self.alpha,
            "edges": self.edges.tolist(),
            "inside": self.inside.tolist(),
            "outside": self.outside.tolist(),
            "images": list(self.images),
        }


def explain_templates(source: Source, *, alpha: float | None = None, threads: int | None = None) -> TemplateGrowth:
    """Weigh each training image by its part in the least-squares templates, and add them up one by one.

    The least-squares templates are W = X^T A: sums of the training images (rows of X), each with a weight for each
    class. With a ridge penalty alpha, the weight is what the template still gets wrong on the image,
    A = (Y - XW) / alpha: positive for images of the class that score too low, negative for others that score too high.
    Without one, the weights of minimum norm are a = (x - mean) S^+ W, where S is the scatter matrix. One pass over the
    images is enough.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes; the training images are needed.
    alpha : float, optional
        Strength of the ridge penalty; by default a hundredth of the number of images, which hardly changes the
        accuracy. With 0 the templates are exactly least squares, and the weights are ruled by pixels that next to no
        image uses.
    threads : int, optional
        By default one for each core.

    Returns
    -------
    TemplateGrowth

    Raises
    ------
    NotAtHandError
        If only a sketch of the training images is here.
    OptionError
        If alpha is negative.

    References
    ----------
    https://stats.stackexchange.com/q/426873.

    Examples
    --------
    >>> growth = explain_templates("digits")
    >>> growth.images
    (10, 100, 1000, 1797)
    """
    Settings(kind="least-squares", alpha=alpha)  # checks it
    data = load(source)
    train = data.train
    moments = moments_of(train, threads=threads)
    strength = RIDGE * moments.n if alpha is None else alpha
    dual = _Dual.of(moments, strength)
    spread = dual.spread(moments)
    edges = np.linspace(-REACH * spread, REACH * spread, BINS + 1)
    inside, outside = np.zeros((2, len(data.classes), BINS), np.int64)
    images, sums, total = [], [], np.zeros_like(moments.sums)
    seen = 0
    for rows, labels in _pieces(train):
        weights = dual.weights(rows, labels)
        total += weights.T @ rows
        _add_histograms(weights, labels, edges, inside, outside)
        seen += len(rows)
        if seen in (FIRST, 10 * FIRST, 100 * FIRST, 1000 * FIRST, 10_000 * FIRST):
            images.append(seen)
            sums.append(total.copy())
    if not images or images[-1] != seen:
        images.append(seen)
        sums.append(total)
    pictures = np.stack(sums).reshape(len(images), len(data.classes), *data.shape)
    return TemplateGrowth(
        data.name, data.classes, data.shape, strength, edges, inside, outside, tuple(images), pictures
    )


@dataclass(frozen=True, eq=False)
class _Dual:
    """Weight of an image in each class's template: ``image @ directions + intercepts``, more by ``own`` in its own."""

    directions: Floats
    intercepts: Floats
    own: float

    @classmethod
    def of(cls, moments: Moments, alpha: float) -> _Dual:
        linear = least_squares(moments, alpha=alpha)
        if alpha > 0:
            return cls(-linear.weights.T / alpha, -linear.intercepts / alpha, 1 / alpha)
        directions = solve_symmetric(moments.scatter(), linear.weights.T)
        return cls(directions, -moments.mean @ directions, 0.0)

    def weights(self, rows: Floats, labels: NDArray[np.intp]) -> Floats:
        weights: Floats = rows @ self.directions + self.intercepts
        weights[np.arange(len(labels)), labels] += self.own
        return weights

    def spread(self, moments: Moments) -> float:
        """Root mean square of the weights, of the class where it is largest."""
        squares = (self.directions * (moments.scatter(centred=False) @ self.directions)).sum(axis=0)
        squares += 2 * (moments.sums.sum(axis=0) @ self.directions) * self.intercepts + moments.n * self.intercepts**2
        at_own = np.einsum("cp,pc->c", moments.sums, self.directions) + moments.images_per_class * self.intercepts
        squares += 2 * self.own * at_own + self.own**2 * moments.images_per_class
        return float(np.sqrt(np.maximum(squares, 0.0).max() / moments.n)) or 1.0


def _pieces(split: Split) -> Iterator[tuple[Floats, NDArray[np.intp]]]:
    """Images as rows, cut where a picture is taken."""
    seen = 0
    for images, labels in split.batches():
        start = 0
        while start < len(labels):
            goal = FIRST
            while goal <= seen:
                goal *= 10
            stop = min(len(labels), start + goal - seen)
            rows = images[start:stop].reshape(stop - start, -1) / (split.levels - 1)
            yield rows, labels[start:stop]  # in double precision: weights of rare pixels are large
            seen += stop - start
            start = stop


def _add_histograms(
    weights: Floats,
    labels: NDArray[np.intp],
    edges: Floats,
    inside: NDArray[np.int64],
    outside: NDArray[np.int64],
) -> None:
    bins = np.clip(np.searchsorted(edges, weights, side="right") - 1, 0, len(edges) - 2)
    for label in range(weights.shape[1]):
        member = labels == label
        inside[label] += np.bincount(bins[member, label], minlength=len(edges) - 1)
        outside[label] += np.bincount(bins[~member, label], minlength=len(edges) - 1)
