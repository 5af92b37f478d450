"""One process of a machine at a time compiles kernels."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress

from tooeasy.data.places import cache_folder

_met: set[tuple[object, ...]] = set()


def first_alone(*kind: object) -> AbstractContextManager[object]:
    """Let one process of a machine at a time compile kernels for a kind of arrays, or fetch them from Numba's cache.

    Numba replaces the files of its cache whole, but its index and the code it leads to one after the other: two
    processes that compile for different types at once could make it lead to the wrong one.
    """
    from filelock import FileLock

    if kind in _met:
        return nullcontext()
    stack = ExitStack()  # true, which a context that does nothing is not
    with suppress(OSError):  # no folder to lock in: as it would be without
        cache_folder().mkdir(parents=True, exist_ok=True)
        stack.enter_context(FileLock(cache_folder() / ".kernels.lock", thread_local=False))
    stack.callback(_met.add, kind)  # before the lock is left: other threads of this process wait at it, too
    return stack
