"""Compare drawn figures with stored pictures of how they should look.

``TOOEASY_BASELINES=write pytest tests/figures`` draws the stored pictures anew; look at them before they are committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from tooeasy.figures import draw
from tooeasy.figures.base import DARK, STYLE

FOLDER = Path(__file__).parent / "baselines"
# Root mean square of levels. Another version of FreeType moves letters by a fraction of a dot, which is a few levels;
# a picture, bar or line in another place is tens.
TOLERANCE = 10.0
DPI = 50
LETTERS = (3, 11)  # older ones draw letters and the room around them otherwise


def difference(result: Any, name: str, folder: Path, *, size: tuple[float, float], dark: bool = False) -> str | None:
    """Draw a result and say how it differs from the stored picture of the name; None if it does not."""
    if mpl.__version_info__[:2] < LETTERS:
        pytest.skip(f"the stored pictures have the letters of Matplotlib {LETTERS[0]}.{LETTERS[1]}; this is older")
    path = folder / f"{name}.png"
    _draw(result, path, size, dark=dark)
    expected = FOLDER / path.name
    if os.environ.get("TOOEASY_BASELINES") == "write":
        FOLDER.mkdir(exist_ok=True)
        expected.write_bytes(path.read_bytes())
    found: str | None = compare_images(str(expected), str(path), TOLERANCE)
    return found


def _draw(result: Any, path: Path, size: tuple[float, float], *, dark: bool) -> None:
    """Draw with the one font that matplotlib brings, at places that do not depend on the size of its letters."""
    with mpl.rc_context({**STYLE, **(DARK if dark else {}), "font.family": "DejaVu Sans", "savefig.dpi": DPI}):
        figure = Figure(figsize=size)
        draw(result, figure.subplots(gridspec_kw={"left": 0.2, "right": 0.95, "bottom": 0.2, "top": 0.8}))
        figure.savefig(path, metadata={"Software": None})
