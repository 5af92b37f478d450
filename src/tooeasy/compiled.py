"""Compile the kernels: without the GIL, and kept on disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


def compiled(kernel: Kernel) -> Kernel:
    """Compile a kernel when it is first called.

    Where neither the package's folder nor the user's cache can be written, as in some containers, it is compiled in
    each process: a few seconds instead of an error.
    """
    try:
        made: Any = numba.njit(nogil=True, cache=True)(kernel)
    except RuntimeError:  # no locator available: there is no place to keep it
        made = numba.njit(nogil=True)(kernel)
    return made  # type: ignore[no-any-return]  # it is called as the kernel is
