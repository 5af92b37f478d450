"""How a split was loaded, so that any process can load it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tooeasy.data.options import LoadOptions


@dataclass(frozen=True)
class Recipe:
    """What to load, and which of its splits. It can be sent to another process, and is all that that needs.

    Parameters
    ----------
    source : str or Path
        As `load` takes it: a name, a URL, an absolute path. Whoever loads it must see the same under it.
    options : LoadOptions
    role : {"train", "test"}
        Which split of the dataset.
    """

    source: str | Path
    options: LoadOptions
    role: Literal["train", "test"]
