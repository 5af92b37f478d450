"""F1v: how well two classes separate along the direction that separates them best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.complexity.overlap import pairs_of
from tooeasy.data import Split
from tooeasy.errors import NotAtHandError
from tooeasy.sketch import Sketch

MOST_BYTES = 2 * 2**30  # of the Gram matrices of all classes
_OUTSIDE = 1e-6  # of a difference's length: what rounding may leave of it outside of the scatter's range


def directional_fisher(split: Split, *, threads: int | None = None) -> float:
    """F1v: mean over pairs of classes of one over one plus the largest Fisher ratio of any direction.

    Parameters
    ----------
    split : Split
        Of two classes, the sketch is enough if it has moments; of more, images are needed: each pair has a scatter of
        its own.
    threads : int, optional

    Returns
    -------
    float
        From 0, where a direction has no spread within classes and means that differ, to 1, where means are the same.

    Raises
    ------
    NotAtHandError
        If images are needed and are not here.
    """
    if len(split.classes) == 2:
        sketch = split.sketch(moments=True, threads=threads)
        return _pair(sketch.counts, sketch.sums, _gram(sketch))
    parts = _by_class(split, threads)
    found = []
    for a, b in pairs_of(len(parts)):
        counts = np.concatenate([parts[a].counts, parts[b].counts])
        sums = np.concatenate([parts[a].sums, parts[b].sums])
        found.append(_pair(counts, sums, _gram(parts[a]) + _gram(parts[b])))
    return float(np.mean(found))


def gram_bytes(split: Split) -> int:
    """Memory that the Gram matrices take."""
    return 8 * int(np.prod(split.shape)) ** 2 * (1 if len(split.classes) == 2 else len(split.classes))


def _by_class(split: Split, threads: int | None) -> list[Sketch]:
    """Sketch of each class, with its Gram matrix."""
    sketches = [Sketch(split.shape, [name], moments=True) for name in split.classes]
    for images, labels in split.batches():
        for label in np.unique(labels):
            own = images[labels == label]
            sketches[label].update(own, np.zeros(len(own), np.intp), threads=threads)
    return sketches


def _gram(sketch: Sketch) -> NDArray[np.int64]:
    if sketch.gram is None:
        raise NotAtHandError("this sketch has no Gram matrix; make it with moments")
    return sketch.gram


def _pair(counts: NDArray[np.uint32], sums: NDArray[np.int64], gram: NDArray[np.int64]) -> float:
    """One over one plus the largest ratio, of two classes.

    With the difference d of the means and the scatter W / n within classes, the ratio (v'd)**2 / (v'W v / n) is largest
    for v = W^-1 d, and is n d'W^-1 d then; it is infinite where d leaves the range of W.
    """
    n = counts[:, 0].sum(axis=1, dtype=np.int64)
    difference = (sums[0] * n[1] - sums[1] * n[0]) / (float(n[0]) * float(n[1]))  # whole numbers: 0 where means agree
    changes = ((counts > 0).sum(axis=2) > 1).any(axis=0)
    if difference[~changes].any():
        return 0.0
    d = difference[changes]
    if not d.any():
        return 1.0
    scatter = _scatter(n, sums[:, changes], gram[np.ix_(changes, changes)])
    scale = np.sqrt(np.diag(scatter))
    return float(1 / (1 + n.sum() * _length(scatter / np.outer(scale, scale), d / scale)))


def _scatter(n: NDArray[np.int64], sums: NDArray[np.int64], gram: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scatter around the means of two classes; levels are counted from the middle first, so that less is lost."""
    total = sums.sum(axis=0)
    middle = total // n.sum()
    near = gram - np.outer(middle, total) - np.outer(total, middle) + n.sum() * np.outer(middle, middle)
    away = (sums - n[:, np.newaxis] * middle).astype(np.float64)
    return np.asarray(near - (away.T / n) @ away, np.float64)


def _length(matrix: NDArray[np.float64], d: NDArray[np.float64]) -> float:
    """d'W^-1 d for a correlation matrix W that may be singular; infinite where d is outside of its range.

    Pixels are taken in until the rest depend on them, by Cholesky's decomposition with pivots: a tenth of the time that
    eigenvalues take.
    """
    from scipy.linalg import lapack, solve_triangular

    factor, pivots, rank, _ = lapack.dpstrf(matrix)
    taken, rest = pivots[:rank] - 1, pivots[rank:] - 1
    upper = np.triu(factor[:rank, :rank])
    along = solve_triangular(upper, d[taken], trans="T")
    outside = d[rest] - factor[:rank, rank:].T @ along
    if np.linalg.norm(outside) > _OUTSIDE * np.linalg.norm(d):
        return np.inf
    return float(along @ along)
