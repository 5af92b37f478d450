"""Kernels are compiled, and kept where there is a place for them."""

from __future__ import annotations

from typing import Any

import numba
import pytest

from tooeasy.compiled import compiled


@pytest.mark.parametrize("somewhere", [True, False])
def test_a_kernel_is_compiled_with_or_without_a_place_to_keep_it(
    somewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where numba finds no folder for its cache it raises RuntimeError; then the kernel is compiled all the same."""
    asked: list[dict[str, Any]] = []

    def njit(**options: Any) -> Any:
        asked.append(options)
        if options.get("cache") and not somewhere:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda kernel: kernel

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(abs)(-3) == 3
    with_cache = {"nogil": True, "cache": True}
    assert asked == ([with_cache] if somewhere else [with_cache, {"nogil": True}])
