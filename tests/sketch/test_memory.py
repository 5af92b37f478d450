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
    [("MemTotal: 9 kB\nMemAvailable:   3 kB\n", 3072), ("MemTotal: 9 kB\n", 4 * 2**30)],
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
    assert memory.available_memory() == 4 * 2**30


def test_this_machine_has_some() -> None:
    """More than a megabyte, on any machine that runs this."""
    assert memory.available_memory() > 2**20
    assert isinstance(Path("/proc"), memory.Path)


@pytest.mark.parametrize(("largest", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_large_counts_take_what_their_largest_class_needs(largest: int, width: int) -> None:
    """A byte for each count up to 255 images of a class, two up to 65,535, four above; each sketch for itself."""
    shape, classes = (64, 64, 1), 1000
    counts = 64 * 64 * classes * 256
    assert memory.counts_bytes(shape, [largest], classes, 256) == width * counts
    assert memory.counts_bytes(shape, [largest, 1], classes, 256) == (width + 1) * counts


def test_small_counts_take_four_bytes() -> None:
    """Up to 256 MiB, whatever the classes."""
    assert memory.counts_bytes((64, 64, 1), [1], 64, 256) == 4 * 64 * 64 * 64 * 256 == 2**28
    assert memory.counts_bytes((64, 64, 1), [1], 65, 256) == 65 * 64 * 64 * 256
