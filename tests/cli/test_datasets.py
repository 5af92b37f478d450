"""``tooeasy datasets``: list, describe, download, name."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import tooeasy
from tooeasy.cli import main
from tooeasy.data.known.catalog import CatalogEntry, RemoteFile, known_datasets

CONTENT = b"0123456789" * 1000


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TOOEASY_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("TOOEASY_DATA", "TOOEASY_OFFLINE", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A server of the folder ``served``."""
    (tmp_path / "served").mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    handler = partial(Quiet, directory=str(tmp_path / "served"))
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def usps(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogEntry:
    """The entry usps, with one small file at the local server."""
    (tmp_path / "served" / "usps.bz2").write_bytes(CONTENT)
    checksum = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    file = RemoteFile("usps.bz2", (f"{server}/usps.bz2",), checksum, len(CONTENT))
    entry = replace(known_datasets()["usps"], files=(file,))
    changed = known_datasets() | {"usps": entry}
    for module in ("tooeasy.data", "tooeasy.data.known.downloads"):
        monkeypatch.setattr(f"{module}.known_datasets", lambda: changed)
    return entry


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A dataset in a file."""
    path = tmp_path / "photos.npz"
    rng = np.random.default_rng(0)
    np.savez(path, images=rng.integers(0, 256, (20, 4, 4), np.uint8), labels=np.arange(20) % 2)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["datasets", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Exit code 2, nothing on stdout, one line on stderr, which is returned."""
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("tooeasy: ")
    assert err.count("\n") == 1
    return err


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has every dataset, and says what has to be downloaded and what is bundled."""
    code, out, _ = run(capsys)
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert set(known_datasets()) <= set(lines)
    assert " needs download " in lines["cifar-10"]
    assert " bundled " in lines["mnist"]
    assert "345 50,426,266 28x28x1  39.5 GB CC BY 4.0" in lines["quickdraw"]


def test_list_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The same as one JSON object."""
    code, out, err = run(capsys, "--json")
    result = json.loads(out)
    assert (code, err) == (0, "")
    assert result["schema"] == "tooeasy/datasets/1"
    by_name = {entry["name"]: entry for entry in result["datasets"]}
    assert by_name["svhn"]["images"] == {"train": 73257, "test": 26032}
    assert by_name["svhn"]["images_are"] == "needs download"
    assert by_name["digits"]["images_are"] == "bundled"
    assert by_name["fashion-mnist"]["bundled"]
    assert result["own"] == []


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    """What is known of a dataset: licence, citation, sources, what people and machines reached."""
    code, out, _ = run(capsys, "info", "fashion-mnist")
    assert code == 0
    for text in ("MIT", "arXiv:1708.07747", "83.50%", "not verified", "Ankle boot"):
        assert text in out
    result = json.loads(run(capsys, "info", "fashion-mnist", "--json")[1])
    assert result["schema"] == "tooeasy/datasets-info/1"
    assert result["figures"][0]["kind"] == "human"
    assert len(result["files"]) == 4
    assert all(file["checksum"].startswith("sha256:") for file in result["files"])


@pytest.mark.parametrize("entry", known_datasets().values(), ids=lambda entry: entry.name)
def test_info_of_each(entry: CatalogEntry, capsys: pytest.CaptureFixture[str]) -> None:
    """Every entry can be shown."""
    code, out, _ = run(capsys, "info", entry.name)
    assert code == 0
    assert entry.citation in out


def test_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is not in the catalog is answered with the nearest ones."""
    assert "fashion-mnist" in fails(capsys, "info", "fasion-mnist")
    assert "fashion-mnist" in fails(capsys, "get", "fasion-mnist")


def test_get(usps: CatalogEntry, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``get`` downloads to the cache: the folder on stdout, the progress on stderr."""
    code, out, err = run(capsys, "get", "usps")
    folder = tmp_path / "cache" / "usps"
    assert code == 0
    assert out == f"usps: 1 file in {folder}\n"
    assert "usps.bz2" in err
    assert (folder / "usps.bz2").read_bytes() == CONTENT
    result = json.loads(run(capsys, "get", "usps", "--offline", "--json")[1])
    assert result["folder"] == str(folder)


def test_get_offline(usps: CatalogEntry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, a file that is not here is an error in one line."""
    assert "offline" in fails(capsys, "get", "usps", "--offline")
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    assert "offline" in fails(capsys, "get", "usps")


def test_get_wrong_file(usps: CatalogEntry, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A server with another file leads to one line and exit code 2."""
    (tmp_path / "served" / "usps.bz2").write_bytes(CONTENT[::-1])
    lines = run(capsys, "get", "usps")
    assert lines[0] == 2
    assert "checksum is wrong" in lines[2].splitlines()[-1]


def test_get_what_needs_no_download(capsys: pytest.CaptureFixture[str]) -> None:
    """A dataset that comes with a package is not downloaded."""
    assert "needs no download" in fails(capsys, "get", "digits")


def test_add_and_use(photos: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A name of one's own is a source like any other, is listed, and can be forgotten."""
    assert run(capsys, "add", "my-photos", str(photos))[0] == 0
    data = tooeasy.load("my-photos")
    assert (data.name, len(data.train)) == ("my-photos", 20)
    assert f"my-photos  yours: {photos}" in run(capsys)[1].replace("\n", "")
    assert json.loads(run(capsys, "--json")[1])["own"] == [{"name": "my-photos", "source": str(photos)}]
    output = tmp_path / "photos.sketch"
    assert main(["sketch", "my-photos", "-o", str(output)]) == 0
    capsys.readouterr()
    assert run(capsys, "remove", "my-photos")[0] == 0
    with pytest.raises(tooeasy.SourceNotFoundError):
        tooeasy.load("my-photos")
    assert "my-photos" in fails(capsys, "remove", "my-photos")


def test_add_keeps_an_absolute_path(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path is made absolute, so that the name works from everywhere; a URL is kept as it is."""
    monkeypatch.chdir(photos.parent)
    result = json.loads(run(capsys, "add", "here", photos.name, "--json")[1])
    assert result == {"schema": "tooeasy/datasets-add/1", "name": "here", "source": str(photos)}
    assert json.loads(run(capsys, "add", "there", "s3://bucket/a.npz", "--json")[1])["source"] == "s3://bucket/a.npz"


@pytest.mark.parametrize("name", ["mnist", "../up", "a/b", "", "-x", "a\nb", "x" * 65, "<script>", ".hidden", "é"])
def test_names_that_cannot_be_given(name: str, photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names of the catalog, and names that are no plain names, are refused."""
    fails(capsys, "add", "--", name, str(photos))


def test_a_name_is_not_given_twice(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same again does no harm; another dataset under the same name is refused."""
    assert run(capsys, "add", "photos", str(photos))[0] == 0
    assert run(capsys, "add", "photos", str(photos))[0] == 0
    assert "already the name" in fails(capsys, "add", "photos", str(photos.parent))


@pytest.mark.parametrize("path", ["missing", "x" * 5000, "nul\0l"])
def test_add_a_missing_path(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is not there gets no name."""
    assert "no such file or folder" in fails(capsys, "add", "mine", path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"datasets": 3}',
        b'{"datasets": {"a": 3}}',
        b'{"datasets": {"a": ""}}',
        b'{"datasets": {"mnist": "/tmp"}}',
        b'{"datasets": {"../a": "/tmp"}}',
        b'{"datasets": {"a\\nb\\u001b[31m": "/tmp"}}',
        b"[" * 100_000,
        b" " * 2**21,
    ],
)
def test_hostile_configuration(
    content: bytes, photos: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A configuration that is damaged or hostile is named in one line, is left alone, and hinders no path."""
    file = tmp_path / "config" / "datasets.json"
    file.parent.mkdir()
    file.write_bytes(content)
    assert "datasets.json" in fails(capsys)
    assert "datasets.json" in fails(capsys, "add", "photos", str(photos))
    assert file.read_bytes() == content
    assert len(tooeasy.load(str(photos)).train) == 20
    assert tooeasy.load("digits").name == "digits"


def test_a_source_that_would_act_on_the_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Control characters in a path of the configuration are not printed, nor is its markup obeyed."""
    file = tmp_path / "config" / "datasets.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"datasets": {"bad": "/x\x1b[31m[bold]\n/y"}}))
    code, out, _ = run(capsys)
    assert code == 0
    assert "\x1b" not in out
    assert "[bold]" in out
    with pytest.raises(tooeasy.SourceNotFoundError):
        tooeasy.load("bad")


def test_names_do_not_lead_in_circles(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A name in the configuration stands for a path or a URL, not for another name."""
    file = tmp_path / "config" / "datasets.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"datasets": {"one": "two", "two": "one"}}))
    with pytest.raises(tooeasy.SourceNotFoundError):
        tooeasy.load("one")


def test_configuration_that_cannot_be_written(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that cannot be made is one line."""
    monkeypatch.setenv("TOOEASY_CONFIG", str(photos / "config"))
    fails(capsys, "add", "photos", str(photos))
