"""How much memory there is, on systems that say so in different ways."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tooeasy.sketch import memory


class FakePath:
    """A path to what a system says of its memory, or to nothing."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def __call__(self, name: str) -> FakePath:
        assert name == "/proc/meminfo"
        return self

    def exists(self) -> bool:
        return self.text is not None

    def read_text(self) -> str:
        assert self.text is not None
        return self.text


@pytest.mark.parametrize(
    ("said", "expected"),
    [("MemTotal: 9 kB\nMemAvailable:   3 kB\n", 3072), ("MemTotal: 9 kB\n", memory.UNKNOWN)],
)
def test_linux_says_what_is_available(said: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In kilobytes of 1,024; old kernels do not."""
    monkeypatch.setattr(memory, "Path", FakePath(said))
    assert memory.available_memory() == expected


def test_elsewhere_half_of_all_memory_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """POSIX tells how much there is; where nothing tells, a moderate amount is taken for granted."""
    monkeypatch.setattr(memory, "Path", FakePath(None))
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 10, "SC_PAGE_SIZE": 4096}.__getitem__, raising=False)
    assert memory.available_memory() == 20480
    monkeypatch.delattr(os, "sysconf")
    assert memory.available_memory() == memory.UNKNOWN


def test_this_machine_has_some() -> None:
    """More than a megabyte, on any machine that runs this."""
    assert memory.available_memory() > 2**20
    assert isinstance(Path("/proc"), memory.Path)
