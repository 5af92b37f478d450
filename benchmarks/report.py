"""How long a report takes to make and to open, and how large it is.

    python benchmarks/report.py [--data FOLDER]

Pages of the datasets that come with the package, up to the linear rung; with FOLDER, which has ``quickdraw345`` and
``clothing``, of these too. Opening is measured in Chromium, from a file, until the explorer can be used. Needs
playwright.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from _timing import describe_machine, print_table, verdict
from playwright.sync_api import Browser, sync_playwright

import tooeasy
from tooeasy.ladder import ClimbOptions

PACKAGES = ("numpy", "scikit-learn", "tooeasy")
OPENED = "[...document.querySelectorAll('[data-explorer]')].every((root) => root.dataset.ready)"
ROUNDS = 5
MOST_OPENING = 1.0  # seconds


def pages(data: Path | None) -> list[tuple[str, list[str], float]]:
    """Title, sources, and the most megabytes that the page may have."""
    own = [("mnist", ["mnist"], 1.5), ("three datasets", ["mnist", "fashion-mnist", "digits"], 3.0)]
    if data is not None:
        own += [
            ("photographs", [str(data / "clothing")], 3.0),
            ("345 classes", [str(data / "quickdraw345" / "quickdraw345x100.npz")], 5.0),
        ]
    return own


def main() -> None:
    """Make each page, open it several times, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TOOEASY_TEST_DATA"))
    given = parser.parse_args()
    chromium = shutil.which("chromium") or sys.exit("needs Chromium: apt-get install chromium")
    print(describe_machine(PACKAGES))
    rows = [["page", "made in", "size", "opened in"]]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for title, sources, most in pages(given.data and Path(given.data)):
            path = Path(folder, "page.html")
            start = time.perf_counter()
            tooeasy.write_report(sources, path, up_to="least-squares", options=ClimbOptions(cache=False))
            made, size = time.perf_counter() - start, path.stat().st_size / 1e6
            opened = sorted(_open(browser, path) for _ in range(ROUNDS))[ROUNDS // 2]
            told = [
                f"{made:.1f} s",
                f"{size:.2f} MB, {verdict(size <= most)}",
                f"{opened:.2f} s, {verdict(opened < MOST_OPENING)}",
            ]
            rows.append([title, *told])
        browser.close()
    print_table("reports up to the linear rung", rows)


def _open(browser: Browser, path: Path) -> float:
    page = browser.new_page()
    start = time.perf_counter()
    page.goto(path.as_uri())
    page.wait_for_function(OPENED)
    taken = time.perf_counter() - start
    page.close()
    return taken


if __name__ == "__main__":
    main()
