"""The search over pairs of classes on the workers of a Dask cluster: the same pixels, to the last one."""

from __future__ import annotations

import secrets
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.cluster import News, connect, lost, release, stuck
from tooeasy.data.compiling import compiling_alone
from tooeasy.errors import ClusterError
from tooeasy.pixels.rules import RuleName
from tooeasy.pixels.search import Tile, all_pairs, best_pixels, plan_tiles, put_tile, search_tile
from tooeasy.threads import at_most

if TYPE_CHECKING:
    from distributed import Client

RANGES = 256  # of pairs, at most, where pairs are searched one by one


def best_on_cluster(counts: NDArray[np.uint32], rule: RuleName, C: float, scheduler: str | Client) -> NDArray[np.intp]:
    """Find the best pixel of every pair of classes, as `best_pixels_of_pairs` does.

    Parameters
    ----------
    counts : uint32 array of shape (classes, pixels, levels)
    rule : {"lookup", "threshold", "logistic"}
    C : float
    scheduler : str or distributed.Client

    Raises
    ------
    ClusterError
        If the scheduler or workers are lost, or lack memory.
    """
    best = np.empty(len(counts) * (len(counts) - 1) // 2, np.intp)
    works: list[Any] = plan_tiles(counts) if rule == "lookup" else _ranges(len(best))
    with connect(scheduler) as client:
        news, name = News(client), f"tooeasy-{secrets.token_hex(4)}"
        # To every worker: one that dies takes no more than its own copy with it.
        try:
            sent = client.scatter(counts, broadcast=True, hash=False)
        except (OSError, RuntimeError) as error:  # of a connection, or without a worker for half a minute
            raise ClusterError(stuck(client) or str(lost(client))) from error
        futures = {}
        try:
            for number, work in enumerate(works):
                future = client.submit(search_some, sent, work, rule, C, key=f"{name}-{number}", pure=False)
                futures[future.key] = future, work
                news.watch(future)
            while futures:
                future, work = futures.pop(news.next().key)
                found = news.result(future)
                if isinstance(work, Tile):
                    put_tile(best, len(counts), work, found)
                else:
                    best[slice(*work)] = found
        finally:
            release(*(future for future, _ in futures.values()))
    return best


def search_some(counts: NDArray[np.uint32], work: Tile | tuple[int, int], rule: RuleName, C: float) -> NDArray[np.intp]:
    """Search a tile, or a range of pairs, in one thread."""
    kind = rule, str(counts.dtype), counts.flags.writeable, isinstance(work, Tile) and work.width.__name__
    with at_most(1):
        with compiling_alone(*kind) as is_first:
            if is_first:  # compile on next to nothing: the others wait
                few = counts[:2, :1].copy()
                few.flags.writeable = counts.flags.writeable
                _search(few, Tile(slice(0, 2), slice(0, 2), work.width) if isinstance(work, Tile) else (0, 1), rule, C)
        return _search(counts, work, rule, C)


def _search(counts: NDArray[np.uint32], work: Tile | tuple[int, int], rule: RuleName, C: float) -> NDArray[np.intp]:
    if isinstance(work, Tile):
        return search_tile(counts, work)
    return best_pixels(counts, all_pairs(len(counts))[slice(*work)], rule, C, threads=1)


def _ranges(pairs: int) -> list[tuple[int, int]]:
    pieces = min(pairs, RANGES)
    return list(pairwise(pairs * piece // pieces for piece in range(pieces + 1)))
