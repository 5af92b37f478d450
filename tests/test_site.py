"""The site: it builds without a warning and without the network, and its reference leaves out nothing."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
import typer
from filelock import FileLock

import tooeasy
from tooeasy.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NEEDED = ("myst_nb", "numpydoc", "pydata_sphinx_theme", "sphinx")

needs_sphinx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED), reason='needs Sphinx: pip install "tooeasy[docs]"'
)


class Page(HTMLParser):
    """What a page of the site has: ids, and addresses that it loads by itself."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.loaded: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if "id" in found:
            self.ids.add(str(found["id"]))
        if tag in ("script", "img", "iframe", "source") or (tag == "link" and found.get("rel") != "canonical"):
            self.loaded += [str(found[key]) for key in ("src", "href") if found.get(key)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with warnings as errors, and a proxy that would refuse a request to the network.

    It takes a minute, so that processes that test side by side share one.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    built = shared / "site"
    with FileLock(shared / "site.lock"):
        if not (built / "index.html").exists():
            build_site(built)
    return built


def build_site(built: Path) -> None:
    """Build the site."""
    closed = "http://127.0.0.1:9"
    environment = {**os.environ, "http_proxy": closed, "https_proxy": closed, "no_proxy": "127.0.0.1,localhost"}
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html", str(DOCS), str(built)]
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-4000:]


@pytest.fixture(scope="module")
def cli_reference() -> ModuleType:
    """The extension that reads the commands."""
    pytest.importorskip("docutils", reason='needs docutils: pip install "tooeasy[docs]"')
    spec = importlib.util.spec_from_file_location("cli_reference", DOCS / "_ext" / "cli_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_commands(reference: ModuleType) -> dict[str, object]:
    """Commands by their full name, without tooeasy itself."""
    return dict(reference.commands(typer.main.get_command(app), "tooeasy"))


def test_the_reference_lists_each_public_name_once():
    """Each is in one table of docs/reference/api.md, and nothing else is."""
    listed = re.findall(r"^   (\w+)$", (DOCS / "reference" / "api.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(tooeasy.__all__)


def test_every_option_has_an_entry(cli_reference):
    """The directive takes up each option of each command, and the commands of ``tooeasy datasets``."""
    found = all_commands(cli_reference)
    assert "tooeasy datasets get" in found
    for command in found.values():
        terms = [entry.term for entry in cli_reference.entries_of(command)]
        words = set(" ".join(terms).replace(",", "").split())
        for param in command.params:
            if param.param_type_name == "option":
                assert {*param.opts, *param.secondary_opts} <= words
            else:
                assert param.metavar in terms


def test_an_entry_says_choices_and_default(cli_reference):
    """What may be given, and what is taken if nothing is, stand beside an option."""
    entries = {entry.term: entry for entry in cli_reference.entries_of(all_commands(cli_reference)["tooeasy pixels"])}
    rule = entries["--rule lookup|threshold|logistic"]
    assert rule.default == "lookup"
    assert "one cut" in rule.help
    assert entries["--json"].default is None
    assert entries["--color / --gray"].group == "Reading the source"
    assert cli_reference.usage_of("tooeasy x", all_commands(cli_reference)["tooeasy pixels"]).endswith("SOURCE...")


@pytest.mark.slow
@needs_sphinx
def test_each_public_name_has_a_page(site):
    """The page describes the name, and the public methods of a class, its own and those of ``plot``."""
    pages = site / "reference" / "generated"
    for name in tooeasy.__all__:
        file = "tooeasy.Audit-class.html" if name == "Audit" else f"tooeasy.{name}.html"
        assert f"tooeasy.{name}" in Page(pages / file).ids
    assert {"tooeasy.Ladder.verdict", "tooeasy.Ladder.plot"} <= Page(pages / "tooeasy.Ladder.html").ids


@pytest.mark.slow
@needs_sphinx
def test_each_command_has_a_section(site, cli_reference):
    """Its anchor is its name with hyphens."""
    ids = Page(site / "reference" / "cli.html").ids
    assert {name.replace(" ", "-") for name in all_commands(cli_reference)} <= ids


@pytest.mark.slow
@needs_sphinx
def test_pages_load_nothing_from_elsewhere(site):
    """Scripts, styles, fonts and pictures are files of the site."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > 80
    outside = {
        f"{page.relative_to(site)}: {address}"
        for page in pages
        for address in Page(page).loaded
        if re.match(r"(https?:)?//", address)
    }
    styles = [style.read_text("utf-8") for style in site.rglob("*.css")]
    assert not outside
    assert not [address for style in styles for address in re.findall(r"url\(['\"]?(?:https?:)?//[^)]*", style)]


@pytest.mark.slow
@needs_sphinx
def test_notebooks_are_executed(site):
    """Each page of a notebook shows figures, and the notebook can be had with them."""
    sources = [path for path in (DOCS / "notebooks").glob("*.md") if path.stem != "index"]
    assert len(sources) >= 3
    for source in sources:
        page = (site / "notebooks" / f"{source.stem}.html").read_text("utf-8")
        assert page.count('<div class="cell_output') >= 3
        assert "data:image/png" in page or "_images/" in page
        assert list(site.glob(f"_downloads/*/{source.stem}.ipynb"))
