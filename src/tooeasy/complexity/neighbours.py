"""N3 and N1: nearest neighbours and the minimum spanning tree."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tooeasy.complexity.distances import Points
from tooeasy.threads import share

_FAR = np.iinfo(np.int64).max


def neighbour_error(points: Points, *, threads: int | None = None) -> float:
    """N3: the fraction of images whose nearest other image is of another class.

    Parameters
    ----------
    points : Points
        At least two.
    threads : int, optional

    Returns
    -------
    float
        Of images with several nearest ones, equally near, each counts as the fraction of these that are of another
        class: what drawing one of them gives on average, and the same in any order of the images.
    """
    from tooeasy.complexity import kernels

    n = len(points)
    best, tied, wrong = np.full(n, _FAR), np.zeros(n, np.int64), np.zeros(n, np.int64)

    for rows, columns, dots in points.tiles():
        look = partial(kernels.nearest, dots, rows, columns, points.squares, points.labels)
        share(partial(_call, look, (best, tied, wrong)), len(rows), threads)
    return float((wrong / tied).mean())


def borderline_fraction(points: Points, *, threads: int | None = None) -> float:
    """N1: the fraction of images that the minimum spanning tree joins to one of another class.

    Parameters
    ----------
    points : Points
    threads : int, optional

    Returns
    -------
    float
        Images are counted, as the paper's text and its authors' ECoL have it, not edges.
    """
    edges = spanning_tree(points, threads=threads)
    across = edges[points.labels[edges[:, 0]] != points.labels[edges[:, 1]]]
    return len(np.unique(across)) / len(points)


def spanning_tree(points: Points, *, threads: int | None = None) -> NDArray[np.int64]:
    """Join all images by the shortest tree.

    Parameters
    ----------
    points : Points
    threads : int, optional

    Returns
    -------
    int64 array of shape (n - 1, 2)
        Pairs of images. Of equally long edges, those within a class come first, then those of the first images.

    Notes
    -----
    Boruvka's algorithm: every group of joined images takes its shortest edge to another group, until there is one. It
    takes O(n) memory and few passes over the distances; an image is looked at again only if the nearest that it had has
    joined its group, and no other of the group is known to have one nearer.

    References
    ----------
    O. Boruvka, "O jistem problemu minimalnim", 1926.
    """
    n = len(points)
    group = np.arange(n)
    best, partner = np.full(n, _FAR), np.full(n, -1)
    found = np.empty((0, 2), np.int64)
    wanted = np.arange(n)
    while len(found) < n - 1:
        _look_outside(points, wanted, group, best, partner, threads)
        chosen = _shortest(group, best, partner)
        found = np.unique(np.concatenate([found, chosen]), axis=0)
        group = _groups(found, n)
        wanted = _again(group, best, partner)
    return found


def _look_outside(
    points: Points,
    wanted: NDArray[np.int64],
    group: NDArray[np.int64],
    best: NDArray[np.int64],
    partner: NDArray[np.int64],
    threads: int | None,
) -> None:
    """Find the nearest image outside of its group for each wanted image."""
    from tooeasy.complexity import kernels

    best[wanted], partner[wanted] = _FAR, -1
    for rows, columns, dots in points.tiles() if len(wanted) == len(points) else points.tiles_of(wanted):
        look = partial(kernels.nearest_outside, dots, rows, columns, points.squares, points.labels)
        share(partial(_call, look, (group, best, partner)), len(rows), threads)


def _call(look: Callable[..., None], found: tuple[NDArray[np.int64], ...], first: int, last: int) -> None:
    """Let a kernel look at some rows, and write what it finds."""
    look(first, last, *found)


def _shortest(group: NDArray[np.int64], best: NDArray[np.int64], partner: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edge that each group takes: shape (groups, 2), the smaller number first."""
    own = np.flatnonzero(group != group[partner])
    low, high = np.minimum(own, partner[own]), np.maximum(own, partner[own])
    order = np.lexsort((high, low, best[own], group[own]))  # one order of all edges, so that no circle can close
    first = np.unique(group[own][order], return_index=True)[1]
    return np.stack([low[order][first], high[order][first]], axis=1)


def _groups(edges: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _again(group: NDArray[np.int64], best: NDArray[np.int64], partner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Images to look at again: the nearest that they had is in their group, and was as near as the group's nearest."""
    joined = group == group[partner]
    known = np.full(group.max() + 1, _FAR)
    np.minimum.at(known, group[~joined], best[~joined])
    return np.flatnonzero(joined & (best <= known[group]))
