"""All pairs of 64-bit hashes that differ in few bits, without comparing each with each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.errors import OptionError
from tooeasy.giveaways.hashes import BANDS
from tooeasy.giveaways.kernels import fill_buckets, near_in_bands
from tooeasy.threads import share

FARTHEST = 15  # bits: above it, 697 changes of a band would not be enough
MOST_PAIRS = 10_000_000  # of images, that a search returns
_CHUNK = 8192  # hashes that are looked up at once
_ROOM = 65_536  # pairs there is room for at first


class NearPairs(NamedTuple):
    """Pairs of near hashes.

    Attributes
    ----------
    pairs : int64 array of shape (n, 2)
        Positions of the two hashes.
    complete : bool
        Whether these are all; False where there were more than wanted.
    """

    pairs: NDArray[np.int64]
    complete: bool


def near_pairs(
    hashes: NDArray[np.uint64],
    distance: int,
    *,
    others: NDArray[np.uint64] | None = None,
    most: int = MOST_PAIRS,
    threads: int | None = None,
) -> NearPairs:
    """Find all pairs of hashes that differ in at most so many bits.

    Two hashes that differ in d bits differ in at most d // 4 bits in one of their four bands of 16: each hash is looked
    up in four tables, with all such changes. Equal hashes are looked up once, however many there are.

    Parameters
    ----------
    hashes : uint64 array of shape (n,)
    distance : int
        Bits, 0 to 15.
    others : uint64 array of shape (m,), optional
        Look for pairs of one of ``hashes`` and one of these, instead of two of ``hashes``.
    most : int
        Pairs to return at most, in the order of the hashes' values.
    threads : int, optional

    Returns
    -------
    NearPairs
        Within ``hashes``, the first of each pair comes before the second.

    Raises
    ------
    OptionError
        If the distance is out of range.

    References
    ----------
    M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.

    Examples
    --------
    >>> near_pairs(np.array([0b1111, 0, 0b1101], np.uint64), 1).pairs
    array([[0, 2]])
    """
    if not isinstance(distance, (int, np.integer)) or not 0 <= distance <= FARTHEST:
        raise OptionError(f"distance is a whole number of bits from 0 to {FARTHEST}; found {distance!r}")
    mine = _Groups.of(hashes)
    theirs = mine if others is None else _Groups.of(others)
    found = _distinct_pairs(mine.values, theirs.values, int(distance), others is None, most, threads)
    pairs, complete = _across(mine, theirs, found, most)
    if others is None:
        equal, all_equal = _within(mine, most)  # equal hashes are near each other, too
        pairs, complete = np.concatenate([equal, np.sort(pairs)]), complete and all_equal
    return NearPairs(pairs[:most], complete and len(pairs) <= most and len(found) <= most)


class _Groups(NamedTuple):
    """Equal hashes: their distinct values, the positions of all in their order, where each value's start, how many."""

    values: NDArray[np.uint64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, hashes: NDArray[np.uint64]) -> _Groups:
        values, inverse, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
        order = np.argsort(inverse, kind="stable").astype(np.int64)
        return cls(values, order, np.cumsum(sizes) - sizes, sizes.astype(np.int64))


def _distinct_pairs(
    queries: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    distance: int,
    itself: bool,
    most: int,
    threads: int | None,
) -> NDArray[np.int64]:
    """Near pairs of distinct hashes: all, or more than so many."""
    starts = np.zeros((BANDS, 65_537), np.int64)
    members, values = np.empty((BANDS, len(hashes)), np.int64), np.empty((BANDS, len(hashes)), np.uint64)
    fill_buckets(hashes, starts, members, values)
    changes = np.arange(65_536)
    masks = changes[np.bitwise_count(changes) <= distance // BANDS]
    parts: dict[int, NDArray[np.int64]] = {}

    def search(first: int, last: int) -> None:
        room, found = np.empty((_ROOM, 2), np.int64), 0
        for start in range(first, last, _CHUNK):
            stop = min(start + _CHUNK, last)
            asked = (queries, start, stop, starts, members, values, masks, distance, itself)
            n = near_in_bands(*asked, room)
            if n > len(room):  # as many as are wanted, and one to see that there are more
                room = np.empty((min(n, most + 1), 2), np.int64)
                near_in_bands(*asked, room)
            parts[start] = room[:n].copy()
            found += len(parts[start])
            if found > most:
                return

    share(search, len(queries), threads)
    return np.concatenate([np.empty((0, 2), np.int64), *(parts[start] for start in sorted(parts))])[: most + 1]


def _across(mine: _Groups, theirs: _Groups, found: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], bool]:
    """Pairs of hashes of pairs of distinct values, each of the one with each of the other; whether all."""
    across = theirs.sizes[found[:, 1]]
    which, within, complete = _counted(mine.sizes[found[:, 0]] * across, most)
    first = mine.order[mine.starts[found[which, 0]] + within // across[which]]
    second = theirs.order[theirs.starts[found[which, 1]] + within % across[which]]
    return np.column_stack([first, second]), complete


def _within(groups: _Groups, most: int) -> tuple[NDArray[np.int64], bool]:
    """Pairs of equal hashes, each with all that come before it; and whether these are all."""
    start = np.repeat(groups.starts, groups.sizes)
    which, before, complete = _counted(np.arange(len(start)) - start, most)
    return np.column_stack([groups.order[start[which] + before], groups.order[which]]), complete


def _counted(sizes: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64], bool]:
    """Count from zero to each size, one after the other: which size, and where; and whether ``most`` was enough."""
    ends = np.cumsum(sizes)
    kept = int(np.searchsorted(ends, most)) + 1
    sizes = np.minimum(sizes[:kept], most)
    which = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return which[:most], within[:most], len(ends) == 0 or bool(ends[-1] <= most)
