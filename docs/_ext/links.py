"""Links that lead somewhere else in the site than on a file server or in a terminal."""

from __future__ import annotations

import re
from typing import Any

# Files above docs/ that the site has as pages of its own.
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "SECURITY.md": "security.md",
}
ABOVE = re.compile(r"\]\((?:\.\./)+(" + "|".join(map(re.escape, PAGES)) + r")(?=[#)])")
NAMED = re.compile(r"\bdocs/([\w/-]+)\.md\b")


def to_pages(_app: Any, _name: str, source: list[str]) -> None:
    """Lead links to ``../CHANGELOG.md`` and the like to the page that includes the file."""
    source[0] = ABOVE.sub(lambda match: f"](/{PAGES[match[1]]}", source[0])


def to_documents(_app: Any, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Make links of pages that docstrings name as ``docs/pixels.md``."""
    lines[:] = [NAMED.sub(r":doc:`/\1`", line) for line in lines]


def setup(app: Any) -> dict[str, bool]:
    """Look at every page's source, and at every docstring."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("source-read", to_pages)
    app.connect("autodoc-process-docstring", to_documents)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
