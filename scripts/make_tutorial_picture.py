"""Draw the picture of docs/tutorial.md: the mark that its audit finds.

python scripts/make_tutorial_picture.py

Runs the Python of the page up to the folder of images, in a temporary folder.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import tooeasy
from tooeasy.figures.base import STYLE

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> None:
    """Make the page's images, audit them, and draw the gravest finding."""
    code = re.findall(r"^```python\n(.*?)^```$", (DOCS / "tutorial.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        exec(code[0], {})  # noqa: S102  # our own documentation
        finding = tooeasy.audit("scans").findings[0]
        os.chdir(DOCS)
    with mpl.rc_context(STYLE):
        axes = finding.plot()
        axes.figure.savefig(DOCS / "images" / "tutorial-audit.png", dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
