"""Draw every picture of docs/gallery.md with the commands that stand beside it.

    python scripts/make_gallery.py --data FOLDER [--only NAME]

FOLDER has full ``mnist/`` and ``fashion-mnist/`` (IDX files), and the folders ``clothing/`` (photographs) and
``pneumonia/`` (chest X-rays); the commands of the page take these by name.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
from pathlib import Path

from tooeasy.cli import main

DOCS = Path(__file__).resolve().parents[1] / "docs"
FOLDERS = ("clothing", "pneumonia")  # of images; the others are names of the catalog
COMMAND = re.compile(r"^tooeasy .*$", re.MULTILINE)


def draw(folder: Path, only: str | None) -> None:
    """Run the page's commands in its folder; sources that are folders of the data are found there."""
    os.environ["TOOEASY_DATA"] = str(folder)
    os.chdir(DOCS)
    for command in COMMAND.findall((DOCS / "gallery.md").read_text("utf-8")):
        if only is not None and only not in command:
            continue
        print(command)
        arguments = [str(folder / word) if word in FOLDERS else word for word in shlex.split(command)[1:]]
        if main([*arguments, "--json"]) != 0:
            raise SystemExit(f"failed: {command}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", metavar="NAME", help="only commands that have this in them")
    given = parser.parse_args()
    draw(given.data.resolve(), given.only)
