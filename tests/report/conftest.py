"""A chapter of a small dataset."""

from __future__ import annotations

import pytest

from tooeasy.ladder import ClimbOptions
from tooeasy.report import Chapter, study_dataset


@pytest.fixture(scope="session")
def digits() -> Chapter:
    """Digits, up to the least-squares template."""
    return study_dataset("digits", up_to="least-squares", options=ClimbOptions(cache=False))
