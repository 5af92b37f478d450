"""Croissant metadata beside a dataset: names, columns and rules for paths come from it; nothing is fetched or run."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tooeasy.data import load
from tooeasy.data.formats.croissant import MAX_BYTES, _compiled, _Rule, find
from tooeasy.errors import SourceError

CONFORMS = "http://mlcommons.org/croissant/1.0"
CITED = "A. Author.\n Cats and dogs.\x1b[31m 2024."


def save(path: Path, level: int) -> Path:
    """Write a grey image of one level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (4, 4), level).save(path)
    return path


def describe(
    path: Path, *distribution: dict[str, Any], fields: list[dict[str, Any]] | None = None, **more: Any
) -> Path:
    """Write metadata."""
    records = [] if fields is None else [{"@type": "cr:RecordSet", "@id": "default", "field": fields}]
    content = {
        "@context": {"@vocab": "https://schema.org/", "sc": "https://schema.org/"},
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS,
        "name": "cats and dogs",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "citeAs": CITED,
        "distribution": list(distribution),
        "recordSet": records,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**content, **more}), "utf-8")
    return path


def field(name: str, kind: str | list[str], resource: str, extract: dict[str, str], regex: str | None = None) -> Any:
    """A field that is taken from a set of files."""
    transform = {} if regex is None else {"transform": {"regex": regex}}
    source = {"fileSet": {"@id": resource}, "extract": extract, **transform}
    return {"@type": "cr:Field", "@id": f"default/{name}", "name": name, "dataType": kind, "source": source}


IMAGES = {"@type": "cr:FileSet", "@id": "images", "encodingFormat": "image/png", "includes": "*.png"}
IMAGE = field("image", "sc:ImageObject", "images", {"fileProperty": "content"})
LABEL = field("label", ["sc:Text", "cr:Label"], "images", {"fileProperty": "filename"}, r"^([a-z]+)\.")
SPLIT = field("split", "cr:Split", "images", {"fileProperty": "fullpath"}, r"^part-([a-z]+)/")


@pytest.fixture
def by_name(tmp_path: Path) -> Path:
    """Images whose file names tell the class, and whose folders tell the split by a rule; one has no label."""
    for part, numbers in (("train", range(4)), ("test", range(4, 6))):
        for number in numbers:
            save(tmp_path / "data" / f"part-{part}" / f"cat.{number}.png", number)
            save(tmp_path / "data" / f"part-{part}" / f"dog.{number}.png", 100 + number)
    save(tmp_path / "data" / "part-train" / "7.png", 7)
    describe(tmp_path / "data" / "croissant.json", IMAGES, fields=[IMAGE, LABEL, SPLIT])
    return tmp_path / "data"


def message(source: Path) -> str:
    """Error of loading, which is one line."""
    with pytest.raises(SourceError) as caught:
        load(source)
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.mark.parametrize("given", ["folder", "file"])
def test_rules_for_paths_tell_label_and_split(by_name, given):
    """From the folder or the file itself; an image that fits no rule is left out and named."""
    data = load(by_name if given == "folder" else by_name / "croissant.json")
    assert data.name == "cats and dogs"
    assert data.classes == ("cat", "dog")
    assert (len(data.train), len(data.test)) == (8, 4)
    assert data.test.images()[data.test.labels == 1, 0, 0, 0].tolist() == [104, 105]
    assert "1 images without a label by croissant.json not used: part-train/7.png" in data.notes


def test_whose_it_is_is_told(by_name):
    """Licence and citation are notes, of one line each, whatever the metadata holds."""
    note = load(by_name).notes[0]
    assert note.startswith(
        "described by croissant.json; licence https://creativecommons.org/licenses/by/4.0/; cite A. A"
    )
    assert note.isprintable()


@pytest.mark.parametrize("name", ["croissant.json", "metadata.json", "pets.croissant.json"])
def test_names_of_the_file(by_name, name):
    """Those that are in use."""
    (by_name / "croissant.json").rename(by_name / name)
    assert load(by_name).name == "cats and dogs"


def test_files_in_an_archive_beside_it(by_name, tmp_path):
    """A set of files may be contained in a zip archive, which is read in place; its URL is not looked at."""
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for path in by_name.rglob("*.png"):
            archive.write(path, path.relative_to(by_name).as_posix())
    archived = {
        "@type": "cr:FileObject",
        "@id": "archive",
        "contentUrl": "https://example.org/files/pets.zip?download=1",
    }
    within = {**IMAGES, "containedIn": {"@id": "archive"}}
    path = describe(tmp_path / "croissant.json", archived, within, fields=[IMAGE, LABEL, SPLIT])
    data = load(path)
    assert (len(data.train), len(data.test)) == (8, 4)


def test_columns_of_a_table(tmp_path):
    """Which column has the pixels' paths and which the labels, where names alone would not tell."""
    rows = [(save(tmp_path / "files" / f"{n}.png", n).relative_to(tmp_path), "ab"[n % 2], n) for n in range(8)]
    with (tmp_path / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("where", "truth", "class"), *rows])
    table = {"@type": "cr:FileObject", "@id": "table", "contentUrl": "table.csv", "encodingFormat": "text/csv"}
    fields = [
        field("image", "sc:ImageObject", "table", {"column": "where"}),
        field("label", "sc:Text", "table", {"column": "truth"}),
    ]
    data = load(describe(tmp_path / "croissant.json", table, fields=fields))
    assert data.classes == ("a", "b")
    assert data.train.labels.tolist() == [0, 1] * 4
    chosen = load(tmp_path / "croissant.json", label_column="class")
    assert len(chosen.classes) == 8


def test_columns_of_parquet_as_the_hub_describes_them(tmp_path):
    """Hugging Face's own Croissant file beside the shards of a dataset; the repository's URL is not fetched."""
    pytest.importorskip("pyarrow", reason='Parquet needs it: pip install "tooeasy[hf]"')
    import pyarrow.parquet
    from tests.data.examples import _table

    images = np.zeros((6, 5, 5, 1), np.uint8)
    table = _table(images, np.arange(6) % 2, struct_column=False).rename_columns(["picture", "kind"])
    table = table.append_column("label", [["x"] * 6])
    (tmp_path / "default" / "train").mkdir(parents=True)
    pyarrow.parquet.write_table(table, tmp_path / "default" / "train" / "0000.parquet")
    repo = {"@type": "cr:FileObject", "@id": "repo", "contentUrl": "https://huggingface.co/datasets/a/b/tree/main"}
    files = {"@type": "cr:FileSet", "@id": "files", "containedIn": {"@id": "repo"}, "includes": "*/*/*.parquet"}
    fields = [
        field("image", "sc:ImageObject", "files", {"column": "picture"}),
        field("label", "sc:Integer", "files", {"column": "kind"}),
    ]
    data = load(describe(tmp_path / "croissant.json", repo, files, fields=fields))
    assert data.classes == ("0", "1")


def test_where_it_describes_no_rule_the_form_decides(tmp_path):
    """Class folders are read as ever; the name and the note are those of the metadata."""
    for label, level in (("cat", 0), ("dog", 9)):
        for number in range(3):
            save(tmp_path / label / f"{number}.png", level)
    describe(tmp_path / "croissant.json")
    data = load(tmp_path)
    assert (data.name, data.classes) == ("cats and dogs", ("cat", "dog"))
    (tmp_path / "croissant.json").write_text('{"name": "of some other program"}')
    assert load(tmp_path).name == tmp_path.name
    (tmp_path / "croissant.json").write_text("{")
    assert load(tmp_path).name == tmp_path.name


def test_files_that_are_elsewhere_are_not_fetched(tmp_path, monkeypatch):
    """One line says what is missing, and what to do; of a dataset of the hub, how else to load it."""

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr("socket.socket.connect", refuse)
    url = "https://huggingface.co/datasets/ylecun/mnist/tree/main"
    repo = {"@type": "cr:FileObject", "@id": "repo", "contentUrl": url}
    files = {"@type": "cr:FileSet", "@id": "files", "containedIn": {"@id": "repo"}, "includes": "*/*.parquet"}
    page = "https://huggingface.co/datasets/ylecun/mnist"
    path = describe(tmp_path / "mnist" / "croissant.json", repo, files, fields=[IMAGE, LABEL], url=page)
    for source in (path, path.parent):
        told = message(source)
        assert "describes files that are not beside it, such as https://huggingface.co/" in told
        assert told.endswith("put them there, nothing is downloaded; or give hf:ylecun/mnist")


@pytest.mark.parametrize("url", ["../outside.zip", "/etc/passwd", "a\0b", ".", "..", "file:///etc", "x" * 5000])
def test_paths_that_lead_outside_are_not_followed(tmp_path, url):
    """What is not in the folder of the metadata is not there."""
    with zipfile.ZipFile(tmp_path / "outside.zip", "w") as archive:
        archive.writestr("cat/1.png", b"")
    outside = {"@type": "cr:FileObject", "@id": "it", "contentUrl": url}
    path = describe(tmp_path / "inside" / "croissant.json", outside, {**IMAGES, "containedIn": {"@id": "it"}})
    assert "describes files that are not beside it" in message(path)


@pytest.mark.parametrize(
    "regex",
    [
        *("(a+)+$", "(a|a)*b", r"(.*)(\1)", "(a*a*a*b)", "(?:x+x+)+y", "(x" * 300, "(", "([", "(a{1,99999999999999})"),
        *("(a?a?a?)", r"(\[a*a*a*a*b])", "(.*.*.*\0)", "(a)??b?c?", "([[a])", "[a-z]+"),
    ],
)
def test_regular_expressions_that_may_take_for_ever_are_refused(by_name, regex):
    """Or are none: in one line."""
    wrong = field("label", "cr:Label", "images", {"fileProperty": "filename"}, regex)
    describe(by_name / "croissant.json", IMAGES, fields=[IMAGE, wrong])
    assert "Croissant metadata" in message(by_name)


@pytest.mark.parametrize(
    ("regex", "label"),
    [
        (r"^([a-z]+)\.", "cat"),
        (r"([^\/]*)\.[0-9].*", "cat"),
        (r"(ca)|(do)g", "ca"),
        (r"(?:c|d)(at|og)", "at"),
        (r"(at)", ""),
    ],
)
def test_a_rule_is_matched_from_the_beginning(regex, label):
    """The first group that takes part, as MLCommons' reader has it (``re.match``)."""
    assert _Rule("filename", _compiled(regex)).of("a/cat.1.png") == label


def test_a_rule_that_fits_nothing_is_one_line(by_name):
    """The rule is shown; so is a set without files."""
    wrong = field("label", "cr:Label", "images", {"fileProperty": "filename"}, r"^(\d+)-x")
    describe(by_name / "croissant.json", IMAGES, fields=[IMAGE, wrong])
    assert "its rule of labels" in message(by_name)
    describe(by_name / "croissant.json", {**IMAGES, "includes": ["*.jpg", "*.gif"]}, fields=[IMAGE, LABEL])
    assert "no image is in *.jpg, *.gif" in message(by_name)


def test_an_error_of_the_form_stays_as_it_is(tmp_path):
    """Where metadata has no rules and nothing is elsewhere, the form says what is wrong; no error is its own cause."""
    describe(tmp_path / "croissant.json")
    save(tmp_path / "1.png", 1)
    with pytest.raises(SourceError, match="none in a class folder") as caught:
        load(tmp_path)
    assert caught.value.__cause__ is None


def test_excluded_files_are_left_out(by_name):
    """As the specification has it: patterns for what is in a set, and for what is not."""
    describe(by_name / "croissant.json", {**IMAGES, "excludes": ["part-test/*"]}, fields=[IMAGE, LABEL, SPLIT])
    assert load(by_name).test is None


def test_what_is_too_large_or_of_another_kind_is_no_metadata(tmp_path):
    """It is passed over, without being parsed."""
    path = describe(tmp_path / "croissant.json")
    assert find(path).name == find(tmp_path).name == "cats and dogs"
    for change in ({"@type": "sc:Person"}, {"conformsTo": "https://example.org"}, {"conformsTo": 7}):
        assert find(describe(path, **change)) is None
    path.write_text(" " * (MAX_BYTES + 1))
    assert find(path) is None


def test_a_card_is_told_from_metadata(by_name, monkeypatch, empty_machine):
    """A .json file given to ``tooeasy card`` or ``compare`` is a card or metadata by what it holds."""
    from tooeasy.cli.main import main

    monkeypatch.chdir(by_name)
    assert main(["card", "croissant.json", "--up-to", "nothing", "--no-audit", "-o", "card.json"]) == 0
    assert main(["compare", "card.json", "croissant.json", "--up-to", "nothing"]) == 0
