"""Which images are near copies of one another: hashes propose, pixels decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Split
from tooeasy.explore.reading import read_rows
from tooeasy.giveaways.hashes import LEAST_SIDE, SAME, Hashes, Symmetry
from tooeasy.giveaways.kernels import compare_pairs
from tooeasy.giveaways.near import MOST_PAIRS, near_pairs
from tooeasy.threads import share

# A near copy differs by at most this root mean square, as a fraction of the range of levels (9.7 of 255), and
# correlates at least so much. JPEG of quality 75 keeps 20,000 images of MNIST and of Fashion-MNIST within the first,
# all but one of 3000 within the second. Either alone lets in different images: trousers correlate above 0.99, and dark
# images differ little.
MOST_DIFFERENCE = 0.038
MOST_DIFFERENCE_SHIFTED = MOST_DIFFERENCE / 2  # of so many places to look at, one fits too often
LEAST_CORRELATION = 0.975
BLOCK_BYTES = 2**27  # of images that are held at once


class Looked(NamedTuple):
    """The images that are looked at, all but those of one colour, those of all splits one after the other.

    Attributes
    ----------
    splits : sequence of Split
    split : int64 array of shape (n,)
        Which of the splits each image is of.
    rows, labels : intp arrays of shape (n,)
        Its position there, and its label.
    hashes : sequence of Hashes
        Of these images of the splits.
    """

    splits: Sequence[Split]
    split: NDArray[np.int64]
    rows: NDArray[np.intp]
    labels: NDArray[np.intp]
    hashes: Sequence[Hashes]

    @classmethod
    def at(cls, splits: Sequence[Split], hashes: Sequence[Hashes]) -> Looked:
        """Look at what has been hashed."""
        hashes = [one.part(~one.constant) for one in hashes]
        return cls(
            splits,
            np.repeat(np.arange(len(splits)), [len(one.rows) for one in hashes]),
            np.concatenate([one.rows for one in hashes]),
            np.concatenate([one.labels for one in hashes]),
            hashes,
        )

    def read(self, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Images at ascending positions, which are known to be whole."""
        parts = [np.empty((0, *self.splits[0].shape), np.uint8)]
        for number, split in enumerate(self.splits):
            mine = chosen[self.split[chosen] == number]
            parts += [read.batch.images for read in read_rows(split, self.rows[mine])]
        return np.concatenate(parts)


class Alike(NamedTuple):
    """Near copies.

    Attributes
    ----------
    pairs : int64 array of shape (n, 2)
        Positions of both; the first is before the second.
    similarity : float64 array of shape (n,)
        Correlation.
    transform : array of str of shape (n,)
        What makes the second of the first.
    complete : bool
        Whether all pairs of near hashes were compared.
    """

    pairs: NDArray[np.int64]
    similarity: NDArray[np.float64]
    transform: NDArray[np.str_]
    complete: bool

    @classmethod
    def none(cls) -> Alike:
        """No copies, where none are looked for."""
        return cls(np.empty((0, 2), np.int64), np.empty(0), np.empty(0, "U1"), complete=True)


def find_alike(
    images: Looked,
    chosen: NDArray[np.int64],
    symmetries: Sequence[Symmetry],
    distance: int,
    *,
    most: int = MOST_PAIRS,
    threads: int | None = None,
) -> Alike:
    """Find near copies among some images: those whose hashes are near are compared pixel by pixel.

    Of one pair that is alike in several ways, the most similar counts.
    """
    found = []
    complete = True
    for symmetry, pairs, all_ in _candidates(images, chosen, symmetries, distance, most, threads):
        complete = complete and all_
        similarity, moved = _compare(images, pairs, symmetry, threads)
        kept = similarity >= LEAST_CORRELATION
        names = np.array([", ".join(filter(None, (symmetry.name, "shifted" if m else ""))) for m in moved[kept]], "U40")
        found.append((pairs[kept], similarity[kept], names))
    pairs, similarity, names = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.lexsort((np.arange(len(pairs)), -similarity, pairs[:, 1], pairs[:, 0]))
    order = order[np.unique(pairs[order], axis=0, return_index=True)[1]]
    return Alike(pairs[order], similarity[order], names[order], complete)


def _candidates(
    images: Looked,
    chosen: NDArray[np.int64],
    symmetries: Sequence[Symmetry],
    distance: int,
    most: int,
    threads: int | None,
) -> Iterator[tuple[Symmetry, NDArray[np.int64], bool]]:
    """For each symmetry, pairs of images of which the second may be the first, turned."""
    looks = np.concatenate([hashes.looks for hashes in images.hashes])[chosen]
    shifted = np.concatenate([hashes.shifted for hashes in images.hashes], axis=1)[:, chosen]
    search = near_pairs(looks, distance, most=most, threads=threads)
    codes, complete = _codes(search.pairs, len(chosen)), search.complete
    for one in shifted:
        search = near_pairs(one, distance, others=looks, most=most, threads=threads)
        codes = _once(np.concatenate([codes, _codes(np.sort(search.pairs), len(chosen))]))
        complete = complete and search.complete
    yield SAME, _decoded(codes, chosen), complete
    for symmetry, *turned in zip(symmetries, *(hashes.turned for hashes in images.hashes), strict=True):
        search = near_pairs(np.concatenate(turned)[chosen], distance, others=looks, most=most, threads=threads)
        yield symmetry, _decoded(_once(_codes(search.pairs, len(chosen))), chosen), search.complete


def _codes(pairs: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Pairs whose first image is before the second, as one number each: half the memory, and fast to sort."""
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    return np.asarray(pairs[:, 0] * n + pairs[:, 1], np.int64)


def _once(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each number once, in order; np.unique takes ten times as long for two million."""
    codes.sort()
    return np.asarray(codes[np.diff(codes, prepend=-1) > 0], np.int64)


def _decoded(codes: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of images that the numbers stand for."""
    first, second = np.divmod(codes, max(1, len(chosen)))
    return np.column_stack([chosen[first], chosen[second]])


def _compare(
    images: Looked, pairs: NDArray[np.int64], symmetry: Symmetry, threads: int | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Similarity of the pairs' images, and whether one is moved; few images are held at once."""
    shape = images.splits[0].shape
    similarity, moved = np.zeros(len(pairs)), np.zeros(len(pairs), np.bool_)
    top = images.splits[0].levels - 1
    limits = (MOST_DIFFERENCE * top) ** 2, (MOST_DIFFERENCE_SHIFTED * top) ** 2
    reach = (int(shape[0] >= LEAST_SIDE), int(shape[1] >= LEAST_SIDE))
    size = max(1, BLOCK_BYTES // (2 * int(np.prod(shape))))
    for block in _blocks(pairs, size):
        left, firsts = np.unique(pairs[block, 0], return_inverse=True)
        right, seconds = np.unique(pairs[block, 1], return_inverse=True)
        both = symmetry.of(images.read(left)), images.read(right)
        local = np.column_stack([firsts, seconds]).astype(np.int64)
        similarity[block], moved[block] = _compare_block(both, local, reach, limits, threads)
    return similarity, moved


def _compare_block(
    both: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    pairs: NDArray[np.int64],
    reach: tuple[int, int],
    limits: tuple[float, float],
    threads: int | None,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Similarity of pairs of images that are at hand, and whether one is moved."""
    similarity, moved = np.zeros(len(pairs)), np.zeros(len(pairs), np.bool_)

    def work(start: int, stop: int) -> None:
        compare_pairs(*both, pairs, start, stop, reach, *limits, similarity, moved)

    share(work, len(pairs), threads)
    return similarity, moved


def _blocks(pairs: NDArray[np.int64], size: int) -> Iterator[NDArray[np.intp]]:
    """Positions of pairs in blocks, each of at most so many first, and so many second images."""
    ranks = np.column_stack([np.unique(column, return_inverse=True)[1] // size for column in pairs.T])
    order = np.lexsort((ranks[:, 1], ranks[:, 0]))
    edges = np.flatnonzero(np.any(np.diff(ranks[order], axis=0), axis=1)) + 1
    yield from (part for part in np.split(order, edges) if len(part))
