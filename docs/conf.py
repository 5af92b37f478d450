"""Settings of the documentation site: ``python -m sphinx -W --keep-going -b html docs build/docs``."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS / "_ext"))

# Examples see what a reader has: the package alone, no network, and a cache that no earlier work has filled.
os.environ["TOOEASY_OFFLINE"] = "1"
os.environ["TOOEASY_CACHE"] = str(DOCS.parent / "build" / "docs-cache")
os.environ.pop("TOOEASY_DATA", None)

from numpydoc.xref import DEFAULT_LINKS  # noqa: E402

import tooeasy  # noqa: E402  # it is to see the same

project = "tooeasy"
author = "The tooeasy developers"
copyright = author  # noqa: A001  # Sphinx calls it so
release = version_of("tooeasy")
version = release

extensions = [
    "cli_reference",
    "links",
    "mathml",
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
if os.environ.get("TOOEASY_DOCS_INTERSPHINX") == "1":  # only then is anything fetched
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
    }

templates_path = ["_templates"]
exclude_patterns = ["_*"]
default_role = "py:obj"

# Pages
myst_enable_extensions = ["amsmath", "dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 4

# Notebooks: executed at each build, and a build fails if one does.
nb_execution_mode = "auto"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# Reference
autosummary_generate = True
# Where case does not tell files apart, as on macOS and Windows, the page of Audit would be that of audit.
autosummary_filename_map = {"tooeasy.Audit": "tooeasy.Audit-class"}
autodoc_default_options = {"exclude-members": "set_fit_request, set_output, set_score_request"}  # scikit-learn's
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # docstrings say the types, and more
numpydoc_show_class_members = False
DEFAULT_LINKS.clear()  # they lead to other packages' sites, which are not fetched
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # but ours
numpydoc_xref_aliases = {name: f"tooeasy.{name}" for name in tooeasy.__all__}

# Look
html_theme = "pydata_sphinx_theme"
html_title = f"tooeasy {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {
    "logo": {"text": "tooeasy"},
    "navbar_center": [],  # the sidebar has all groups
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": ["sphinx-version"],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"**": ["groups.html"]}


def _remove_stale(_app: object, _config: object) -> None:
    """Remove generated pages of names that are public no more."""
    for page in (DOCS / "reference" / "generated").glob("tooeasy.*.rst"):
        if page.stem.removeprefix("tooeasy.").removesuffix("-class") not in tooeasy.__all__:
            page.unlink()


def _is_field(_app: object, _what: str, _name: str, member: object, skip: bool, _options: object) -> bool:
    """Leave out the fields of named tuples, which their class describes under Attributes."""
    return skip or str(getattr(member, "__doc__", "")).startswith("Alias for field number")


def setup(app: Any) -> None:
    """Connect what concerns this site alone."""
    app.connect("config-inited", _remove_stale)
    app.connect("autodoc-skip-member", _is_field)
