"""Print the table of docs/planted.md, or write it there: what an audit finds of faults planted in real images.

    python scripts/make_planted_table.py [--write]

Takes a few minutes. The faults are those of the tests, in tests/giveaways/planting.py.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "planted.md"
HEAD = "| fault |"

sys.path.insert(0, str(ROOT))
from tests.giveaways import planting  # noqa: E402  # tests are not installed


def main() -> None:
    """Make the table; replace the one in the page where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="replace the table in docs/planted.md")
    given = parser.parse_args()
    table = planting.table()
    if not given.write:
        print(table, end="")
        return
    before, _, rest = PAGE.read_text("utf-8").partition(HEAD)
    after = rest[rest.index("\n\n") + 1 :] if "\n\n" in rest else ""
    PAGE.write_text(before + table + after, "utf-8")


if __name__ == "__main__":
    main()
