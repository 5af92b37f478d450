"""The loops of the search for copies: hashes that differ in few bits, and images that differ little."""

from __future__ import annotations

import math

import numba
import numpy as np
from numpy.typing import NDArray

_jit = numba.njit(nogil=True, cache=True)

_ODD, _PAIRS, _NIBBLES, _ONES = (
    np.uint64(0x5555555555555555),
    np.uint64(0x3333333333333333),
    np.uint64(0x0F0F0F0F0F0F0F0F),
    np.uint64(0x0101010101010101),
)
_BAND = np.uint64(0xFFFF)


@_jit
def bits_set(x: np.uint64) -> np.uint64:
    """Bits that are set: of pairs, of nibbles, of bytes, added up. The compiler knows it as one instruction."""
    x = x - ((x >> np.uint64(1)) & _ODD)
    x = (x & _PAIRS) + ((x >> np.uint64(2)) & _PAIRS)
    x = (x + (x >> np.uint64(4))) & _NIBBLES
    return (x * _ONES) >> np.uint64(56)


@_jit
def fill_buckets(
    hashes: NDArray[np.uint64],
    starts: NDArray[np.int64],
    members: NDArray[np.int64],
    values: NDArray[np.uint64],
) -> None:
    """For each band of 16 bits, the hashes in order of it, and where each of its 65,536 values starts."""
    for band in range(len(starts)):
        shift = np.uint64(16 * band)
        for i in range(len(hashes)):
            starts[band, np.int64((hashes[i] >> shift) & _BAND) + 1] += 1
        for value in range(65536):
            starts[band, value + 1] += starts[band, value]
        free = starts[band].copy()
        for i in range(len(hashes)):
            key = np.int64((hashes[i] >> shift) & _BAND)
            members[band, free[key]] = i
            values[band, free[key]] = hashes[i]
            free[key] += 1


@_jit
def found_before(difference: np.uint64, band: int, radius: int) -> bool:
    """Whether an earlier band of two hashes differs in so few bits that they met there already."""
    meetings = 0
    for earlier in range(band):
        part = (difference >> np.uint64(16 * earlier)) & _BAND
        if bits_set(part) <= radius:
            meetings += 1
    return meetings > 0


@_jit
def near_in_bands(
    queries: NDArray[np.uint64],
    first: int,
    last: int,
    starts: NDArray[np.int64],
    members: NDArray[np.int64],
    values: NDArray[np.uint64],
    masks: NDArray[np.int64],
    distance: int,
    itself: bool,
    pairs: NDArray[np.int64],
) -> int:
    """Find all hashes within a distance of some queries; returns how many, and puts in ``pairs`` those it has room for.

    ``masks`` are the changes of a band to try: all of at most distance // 4 bits, since in one of four bands two hashes
    differ in no more. ``itself`` says that queries and hashes are the same, and each pair is wanted once.
    """
    radius = distance // len(starts)
    found = 0
    for query in range(first, last):
        for band in range(len(starts)):
            key = np.int64((queries[query] >> np.uint64(16 * band)) & _BAND)
            for mask in masks:
                for at in range(starts[band, key ^ mask], starts[band, (key ^ mask) + 1]):
                    difference = queries[query] ^ values[band, at]
                    if np.int64(bits_set(difference)) > distance:
                        continue
                    if (itself and members[band, at] <= query) or found_before(difference, band, radius):
                        continue
                    if found < len(pairs):
                        pairs[found, 0] = query
                        pairs[found, 1] = members[band, at]
                    found += 1
    return found


@_jit
def overlap(size: int, shift: int) -> tuple[int, int]:
    """Range of pixels along a side whose partner, so many pixels on, is in the image too."""
    return max(0, -shift), min(size, size - shift)


@_jit
def difference_within(a: NDArray[np.uint8], b: NDArray[np.uint8], down: int, right: int, most: float) -> bool:
    """Whether ``a`` and ``b`` moved back differ by at most this mean square where both are; stops early."""
    top, bottom = overlap(a.shape[0], down)
    left, end = overlap(a.shape[1], right)
    limit = most * (bottom - top) * (end - left) * a.shape[2]
    total = np.int64(0)
    rows = bottom - top
    for i in range(rows):
        y = top + (i + rows // 2) % rows  # from the middle, where images differ: many have an empty edge
        for x in range(left, end):
            for c in range(a.shape[2]):
                d = np.int64(a[y, x, c]) - np.int64(b[y + down, x + right, c])
                total += d * d
        if total > limit:
            return False
    return True


@_jit
def correlation(a: NDArray[np.uint8], b: NDArray[np.uint8], down: int, right: int) -> float:
    """Pearson's correlation of ``a`` and ``b`` moved back, where both are; 0 if one of them has one value there."""
    top, bottom = overlap(a.shape[0], down)
    left, end = overlap(a.shape[1], right)
    n = sa = sb = saa = sbb = sab = np.int64(0)
    for y in range(top, bottom):
        for x in range(left, end):
            for c in range(a.shape[2]):
                va, vb = np.int64(a[y, x, c]), np.int64(b[y + down, x + right, c])
                n += 1
                sa += va
                sb += vb
                saa += va * va
                sbb += vb * vb
                sab += va * vb
    spread_a, spread_b = float(n * saa - sa * sa), float(n * sbb - sb * sb)
    if spread_a <= 0.0 or spread_b <= 0.0:
        return 0.0
    return float(n * sab - sa * sb) / math.sqrt(spread_a * spread_b)


@_jit
def compare_pairs(
    firsts: NDArray[np.uint8],
    seconds: NDArray[np.uint8],
    pairs: NDArray[np.int64],
    start: int,
    stop: int,
    reach: tuple[int, int],
    most: float,
    most_moved: float,
    similarity: NDArray[np.float64],
    moved: NDArray[np.bool_],
) -> None:
    """Best correlation of each pair of images over shifts up to ``reach``, among those that differ little; 0 of none.

    ``most`` is the largest mean square difference without a shift, ``most_moved`` with one.
    """
    for p in range(start, stop):
        a, b = firsts[pairs[p, 0]], seconds[pairs[p, 1]]
        if difference_within(a, b, 0, 0, most):
            similarity[p] = correlation(a, b, 0, 0)
        for down in range(-reach[0], reach[0] + 1):
            for right in range(-reach[1], reach[1] + 1):
                if not difference_within(a, b, down, right, most_moved):
                    continue
                value = correlation(a, b, down, right)
                if value > similarity[p] + 1e-12:
                    similarity[p] = value
                    moved[p] = True
