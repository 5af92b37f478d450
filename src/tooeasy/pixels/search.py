"""Find the best pixel: of one pair, of many pairs, of all classes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tooeasy.pixels import kernels
from tooeasy.pixels.multinomial import fit_multinomial, multinomial_answers, multinomial_scores
from tooeasy.pixels.rules import Rule, RuleName, fit_rule
from tooeasy.threads import share

if TYPE_CHECKING:
    from distributed import Client

TILE = 256  # classes: a tile's results stay in the cache of a core
TILE_CELLS = 2**18  # counts of one side of a tile that are laid out anew at once


def pair_correct(
    counts: NDArray[np.uint32], first: int, second: int, rule: RuleName, C: float = 1.0, *, only_best: bool = False
) -> NDArray[np.int64]:
    """Count the training images of two classes that a rule gets right at each pixel.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    first, second : int
        The two classes.
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
        For the logistic rule.
    only_best : bool, default False
        Only the largest numbers need be right; pixels that cannot reach them may hold -1.

    Returns
    -------
    int64 array of shape (pixels,)
    """
    members = np.array([first, second])
    correct = np.full(counts.shape[1], -1)
    if rule == "lookup":
        kernels.lookup_correct(counts, members, correct)
        return correct
    kernels.threshold_pair_correct(counts, first, second, correct)
    if rule == "threshold":
        return correct
    bound = correct if only_best else np.full_like(correct, np.iinfo(np.int64).max)
    order = np.argsort(-bound, kind="stable")
    correct = np.full_like(bound, -1)
    kernels.logistic_correct(counts, first, second, C, order, bound, correct)
    return correct


def pair_answers(
    counts: NDArray[np.uint32],
    first: int,
    second: int,
    rule: RuleName,
    C: float = 1.0,
    *,
    threads: int | None = None,
) -> NDArray[np.bool_]:
    """What a rule answers for two classes at every pixel and level, as `fit_rule` would at each.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    first, second : int
        The two classes.
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
        For the logistic rule.
    threads : int, optional
        For the logistic rule, which is fitted at each pixel.

    Returns
    -------
    bool array of shape (pixels, levels)
        True where the second class is answered.
    """
    return answers_at(counts[first].astype(np.int64), counts[second].astype(np.int64), rule, C, threads=threads)


def answers_at(
    a: NDArray[np.int64], b: NDArray[np.int64], rule: RuleName, C: float = 1.0, *, threads: int | None = 1
) -> NDArray[np.bool_]:
    """What a rule answers at some pixels, of one pair of classes or of a pair each, as `fit_rule` would at each.

    Parameters
    ----------
    a, b : int64 arrays of shape (n, levels)
        How often the first and the second class have each level there.
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
    threads : int, default 1
        For the logistic rule.

    Returns
    -------
    bool array of shape (n, levels)
        True where the second class is answered.
    """
    # Ties fall to the class that is more frequent in training: bool array of shape (n, 1).
    second_is_frequent = b.sum(axis=1, keepdims=True) > a.sum(axis=1, keepdims=True)
    if rule == "lookup":
        return np.asarray((b > a) | ((b == a) & second_is_frequent))
    if rule == "threshold":
        return _threshold_answers(a, b, second_is_frequent)
    fits = np.empty((len(a), 2))
    share(lambda start, stop: kernels.logistic_fits(a, b, C, start, stop, fits), len(fits), threads)
    x = np.arange(a.shape[1]) / (a.shape[1] - 1)
    return np.asarray(fits[:, :1] * x + fits[:, 1:] > 0)


def _threshold_answers(
    a: NDArray[np.int64], b: NDArray[np.int64], second_is_frequent: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    below_a, below_b = a.cumsum(axis=1), b.cumsum(axis=1)
    above_a, above_b = below_a[:, -1:] - below_a, below_b[:, -1:] - below_b
    cut = (np.maximum(below_a, below_b) + np.maximum(above_a, above_b)).argmax(axis=1)[:, np.newaxis]

    def answer(of_a: NDArray[np.int64], of_b: NDArray[np.int64]) -> NDArray[np.bool_]:
        at_a, at_b = np.take_along_axis(of_a, cut, axis=1), np.take_along_axis(of_b, cut, axis=1)
        return np.asarray((at_b > at_a) | ((at_b == at_a) & second_is_frequent))

    return np.where(np.arange(a.shape[1]) > cut, answer(above_a, above_b), answer(below_a, below_b))


def answered_right(
    counts: NDArray[np.uint32], first: int, second: int, answers: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Count the images of two classes that given answers get right at each pixel: int64 array of shape (pixels,)."""
    return np.asarray(np.where(answers, counts[second], counts[first]).sum(axis=1, dtype=np.int64))


def best_pixels(
    counts: NDArray[np.uint32],
    pairs: Sequence[tuple[int, int]] | NDArray[np.intp],
    rule: RuleName,
    C: float = 1.0,
    *,
    threads: int | None = None,
) -> NDArray[np.intp]:
    """Find the pixel with the most training images right, for each pair; of equals the first.

    Returns
    -------
    intp array of shape (pairs,)
        Pixels in C order of the image's shape, which makes the first the one of the lowest row, then column.
    """
    best = np.empty(len(pairs), np.intp)

    def search(start: int, stop: int) -> None:
        for number in range(start, stop):
            first, second = pairs[number]
            best[number] = pair_correct(counts, first, second, rule, C, only_best=True).argmax()

    share(search, len(pairs), threads)
    return best


def best_pixels_of_pairs(
    counts: NDArray[np.uint32],
    rule: RuleName,
    C: float = 1.0,
    *,
    threads: int | None = None,
    scheduler: str | Client | None = None,
) -> NDArray[np.intp]:
    """Find the best pixel of every pair of classes, as `best_pixels` does.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    rule : {"lookup", "threshold", "logistic"}
    C : float, default 1.0
    threads : int, optional
    scheduler : str or distributed.Client, optional
        Search on the workers of a Dask cluster, as `sketch_split` takes it; the counts are sent to each of them once.

    Returns
    -------
    intp array of shape (pairs,)
        In the order (0, 1), (0, 2), ...
    """
    if scheduler is not None:
        from tooeasy.pixels.cluster import best_on_cluster

        return best_on_cluster(counts, rule, C, scheduler)
    if rule == "lookup":
        return _best_by_tiles(counts, threads)
    return best_pixels(counts, all_pairs(len(counts)), rule, C, threads=threads)


def all_pairs(classes: int) -> NDArray[np.intp]:
    """All pairs of classes in order: intp array of shape (pairs, 2)."""
    return np.stack(np.triu_indices(classes, 1), axis=1)


class Tile(NamedTuple):
    """Pairs of some classes and some others, and the width of what their images are counted in."""

    rows: slice
    columns: slice
    width: type[np.unsignedinteger[Any]]


def _best_by_tiles(counts: NDArray[np.uint32], threads: int | None) -> NDArray[np.intp]:
    """Search tiles of classes by classes: a tile reads each count once for many pairs, and its loop is vectorised."""
    tiles = plan_tiles(counts)
    best = np.empty(len(counts) * (len(counts) - 1) // 2, np.intp)

    def search(start: int, stop: int) -> None:
        for tile in tiles[start:stop]:
            put_tile(best, len(counts), tile, search_tile(counts, tile))

    share(search, len(tiles), threads)
    return best


def plan_tiles(counts: NDArray[np.uint32]) -> list[Tile]:
    """Tiles that have each pair of classes once."""
    classes = len(counts)
    largest = 2 * int(counts[:, 0].sum(axis=1, dtype=np.int64).max())  # images of a pair
    width = np.uint16 if largest < 2**16 else np.uint32
    side = min(TILE, max(16, -(-classes // 4)))
    parts = [slice(start, min(start + side, classes)) for start in range(0, classes, side)]
    return [Tile(rows, columns, width) for number, rows in enumerate(parts) for columns in parts[number:]]


def put_tile(best: NDArray[np.intp], classes: int, tile: Tile, where: NDArray[np.intp]) -> None:
    """Put what was found in a tile where its pairs stand."""
    first, second = np.meshgrid(np.arange(classes)[tile.rows], np.arange(classes)[tile.columns], indexing="ij")
    place = first * classes - first * (first + 1) // 2 + second - first - 1
    best[place[first < second]] = where[first < second]


def search_tile(counts: NDArray[np.uint32], tile: Tile) -> NDArray[np.intp]:
    """Best pixel of each pair of one class of its rows and one of its columns: intp array of that shape."""
    rows, columns, width = tile
    shape = rows.stop - rows.start, columns.stop - columns.start
    right, where, row = np.zeros(shape, width), np.zeros(shape, np.intp), np.zeros(shape[1], width)
    size = max(1, TILE_CELLS // (max(shape) * counts.shape[2]))
    for start in range(0, counts.shape[1], size):
        pixels = slice(start, start + size)
        one, other = (counts[part, pixels].transpose(1, 2, 0).astype(width, "C") for part in (rows, columns))
        kernels.lookup_tile(one, other, start, row, right, where)
    return where


def best_pixel_of_all(counts: NDArray[np.uint32], rule: RuleName, C: float = 1.0) -> tuple[int, Rule]:
    """Find the pixel with the most training images right when all classes are told apart at once, and its rule."""
    if rule == "logistic" and len(counts) == 2:
        correct = pair_correct(counts, 0, 1, rule, C, only_best=True)
    elif rule == "logistic":
        correct = _multinomial_correct(counts, C)
    else:
        correct = np.full(counts.shape[1], -1)
        kernel: Callable[..., None] = {"lookup": kernels.lookup_correct, "threshold": kernels.threshold_correct}[rule]
        kernel(counts, np.arange(len(counts)), correct)
    pixel = int(correct.argmax())
    return pixel, fit_rule(rule, counts[:, pixel], C)


def _multinomial_correct(counts: NDArray[np.uint32], C: float) -> NDArray[np.int64]:
    """As `pair_correct` for all classes; the lookup rule bounds every other from above, which saves most fits."""
    bound = np.empty(counts.shape[1], np.int64)
    kernels.lookup_correct(counts, np.arange(len(counts)), bound)
    correct = np.full_like(bound, -1)
    for pixel in np.argsort(-bound, kind="stable"):
        if bound[pixel] < correct.max():
            break
        at_pixel = counts[:, pixel].astype(np.int64)
        W, B = fit_multinomial(at_pixel, C)
        answers = multinomial_answers(multinomial_scores(W, B, at_pixel.shape[1]))
        correct[pixel] = at_pixel[answers, np.arange(len(answers))].sum()
    return correct
