"""One process of a machine at a time compiles kernels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from tooeasy.data.places import cache_folder

_met: set[tuple[object, ...]] = set()


@contextmanager
def compiling_alone(*kind: object) -> Iterator[bool]:
    """Let one process of a machine at a time compile kernels for a kind of arrays, or fetch them from Numba's cache.

    Numba replaces the files of its cache whole, but its index and the code it leads to one after the other: two
    processes that compile for different types at once could make it lead to the wrong one.

    Yields
    ------
    bool
        Whether this process meets the kind for the first time, and holds the others up.
    """
    from filelock import FileLock

    if kind in _met:
        yield False
        return
    with ExitStack() as stack:
        with suppress(OSError):  # no folder to lock in: as it would be without
            cache_folder().mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(cache_folder() / ".kernels.lock", thread_local=False))
        yield True
        _met.add(kind)  # before the lock is left: other threads of this process wait at it, too
