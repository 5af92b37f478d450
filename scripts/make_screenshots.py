"""Take the pictures of the report that the documents show, in a real browser.

    python scripts/make_screenshots.py [--up-to RUNG]

Needs playwright and Chromium. What images are at hand decides which rungs are climbed: with MNIST's and Fashion-MNIST's
training images (``TOOEASY_DATA``, or downloaded) all of them.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

import tooeasy

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


@dataclass(frozen=True)
class Shot:
    """A picture: which page, where in it, and how it is looked at."""

    name: str
    page: str
    address: str = ""
    width: int = 1180
    height: int = 1000
    dark: bool = False
    top: str = "body"  # what stands at the upper edge


SHOTS = [
    Shot("report", "one"),
    Shot("report-explorer", "one", "#pair=3-5&pixel=11,16&rule=threshold", top="#explorer-1"),
    Shot("report-dark", "one", "#pair=4-9", dark=True, top="#pixels"),
    Shot("report-narrow", "one", "#pair=3-5", width=380, height=1500, top="#pixels"),
    Shot("report-two", "two", width=1400, height=1300),
]


def take(browser: Browser, page: Path, shot: Shot) -> None:
    """Open a page as a user would, and keep what the window shows."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        offline=True,
    )
    tab = context.new_page()
    tab.goto(f"{page.as_uri()}{shot.address}")
    tab.wait_for_function("[...document.querySelectorAll('[data-explorer]')].every((root) => root.dataset.ready)")
    tab.evaluate("(top) => document.querySelector(top).scrollIntoView()", shot.top)
    tab.wait_for_timeout(300)
    image = Image.open(io.BytesIO(tab.screenshot()))
    image.convert("RGB").save(IMAGES / f"{shot.name}.png", optimize=True)
    context.close()


def main() -> None:
    """Write the pages, and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--up-to", default=None)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as runner:
        pages = {"one": Path(folder, "one.html"), "two": Path(folder, "two.html")}
        tooeasy.write_report("mnist", pages["one"], up_to=given.up_to, on_part=print)
        tooeasy.write_report(["mnist", "fashion-mnist"], pages["two"], up_to=given.up_to, on_part=print)
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for shot in SHOTS:
            take(browser, pages[shot.page], shot)
        browser.close()


if __name__ == "__main__":
    main()
