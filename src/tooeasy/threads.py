"""Share a range of work among threads. The kernels release the GIL, so plain threads are enough."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from tooeasy.errors import OptionError

_MOST: ContextVar[int | None] = ContextVar("most", default=None)  # cores that what runs here may use
Item = TypeVar("Item")


def available_cores() -> int:
    """Cores that this process may use, and what runs in it here."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    most = _MOST.get()
    return cores if most is None else min(cores, most)


@contextmanager
def at_most(cores: int) -> Iterator[None]:
    """Share no work among more threads than this, in the block: whoever called has made the cores busy already."""
    token = _MOST.set(cores)
    try:
        yield
    finally:
        _MOST.reset(token)


def share(work: Callable[[int, int], None], size: int, threads: int | None = None) -> None:
    """Call ``work(start, stop)`` on contiguous parts of ``range(size)``, one part a thread.

    Threads of our own, not Numba's: its default threading layer ends the process when two Python threads enter it at
    once, and a kernel compiled for it takes seconds longer to compile.
    """
    if threads is None or threads == -1:  # as scikit-learn's n_jobs
        threads = available_cores()
    if threads < 1:
        raise OptionError(f"threads is a number of at least 1, or -1 for one a core; found {threads}")
    threads = max(1, min(threads, size))
    edges = [size * part // threads for part in range(threads + 1)]
    if threads == 1:
        work(0, size)
        return
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, edges[:-1], edges[1:]):
            pass


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items while a thread makes the next one: reading and decoding go on while the last batch is counted.

    Examples
    --------
    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    source, end = iter(items), object()
    context = copy_context()  # what is set for the caller holds for what makes the items too

    def take() -> Any:
        return context.run(next, source, end)

    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(take)
        while (item := coming.result()) is not end:
            coming = pool.submit(take)
            yield item
