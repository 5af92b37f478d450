"""Datasets by URL: a local web server, and fsspec's file system in memory. No other network is touched."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tooeasy.cli import main
from tooeasy.data.formats import remote, trees
from tooeasy.data.source import load
from tooeasy.errors import DownloadError, MissingExtraError, SourceError, SourceNotFoundError, TooeasyError

fsspec = pytest.importorskip("fsspec", reason='needs fsspec: pip install "tooeasy[remote]"')
pytest.importorskip("aiohttp", reason='needs aiohttp: pip install "tooeasy[remote]"')


def png(level: int) -> bytes:
    """Encode a grey image of one level."""
    file = io.BytesIO()
    Image.new("L", (4, 4), level).save(file, "PNG")
    return file.getvalue()


def write_folder(root: Path) -> Path:
    """Write two classes with an image in each split."""
    for split in ("train", "test"):
        for level, label in enumerate(("big cat", "dog")):
            path = root / split / label / "1 a.png"
            path.parent.mkdir(parents=True)
            path.write_bytes(png(level))
    return root


def zip_of(root: Path) -> bytes:
    """Pack a folder."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path in root.rglob("*.png"):
            archive.write(path, path.relative_to(root))
    return file.getvalue()


def message(url: str, kind: type[TooeasyError] = DownloadError) -> str:
    """Error of loading a URL, which is one line."""
    with pytest.raises(kind) as caught:
        load(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Files(SimpleHTTPRequestHandler):
    """Serves a folder, and counts requests."""

    requests: list[str]

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.requests.append(f"{self.command} {self.path}")

    def log_message(self, *args: object) -> None:
        pass


class Misbehaving(BaseHTTPRequestHandler):
    """Serves what no server should."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        """Answer by the name of what is asked for."""
        what = self.path.partition(".")[0].strip("/")
        if what.isdigit():
            self.send_response(int(what))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Connection", "close")
        self.close_connection = True
        if what == "cut":
            self.send_header("Content-Length", "100000")
        if what == "large":
            self.send_header("Content-Length", str(2**40))
        self.end_headers()
        if body and what == "page":
            self.wfile.write(b"\n<!DOCTYPE html><html><body>Please log in</body></html>")
        elif body and what == "endless":
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(bytes(2**20))
        elif body:
            self.wfile.write(b"PK\x03\x04" + bytes(1000))

    def log_message(self, *args: object) -> None:
        pass


def serve(handler: object) -> Iterator[str]:
    """Run a web server; yields its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, and no proxy or ban of the network from outside."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name == "TOOEASY_OFFLINE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """Folder that is served."""
    (tmp_path / "served").mkdir()
    return tmp_path / "served"


@pytest.fixture
def web(served: Path) -> Iterator[str]:
    """A web server of the folder."""
    Files.requests = []
    yield from serve(partial(Files, directory=str(served)))


@pytest.fixture
def bad() -> Iterator[str]:
    """A web server that misbehaves."""
    yield from serve(Misbehaving)


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """fsspec's file system in memory, empty."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def copies(cache: Path) -> list[str]:
    """Names of the files in the cache, without what only the cache itself reads."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and not path.name.endswith(".json"))


def test_a_file_from_the_web(web: str, served: Path, tmp_path: Path, cache: Path) -> None:
    """A zip archive at a URL is read as the one on disk, and is copied once."""
    (served / "photos.zip").write_bytes(zip_of(write_folder(tmp_path / "photos")))
    expected = load(served / "photos.zip")
    data = load(f"{web}/photos.zip")
    assert data.name == "photos"
    assert data.classes == ("big cat", "dog")
    assert np.array_equal(data.train.images(), expected.train.images())
    assert copies(cache) == ["photos.zip"]
    Files.requests.clear()
    load(f"{web}/photos.zip?download=1#part")
    assert "GET /photos.zip?download=1" in Files.requests  # another URL, another copy
    Files.requests.clear()
    load(f"{web}/photos.zip")
    assert [request for request in Files.requests if request.startswith("GET")] == []


def test_a_changed_file_is_copied_again(web: str, served: Path) -> None:
    """A file that is another one at the URL replaces the copy."""
    for levels in ((0, 1), (0, 1, 2)):
        np.savez(served / "x.npz", x_train=np.zeros((len(levels), 4, 4), np.uint8), y_train=np.array(levels))
        os.utime(served / "x.npz", (len(levels) * 10**6,) * 2)
        assert len(load(f"{web}/x.npz").train) == len(levels)


def test_images_bring_their_labels(web: str, served: Path) -> None:
    """IDX and npy files come in pairs: the URL of one is enough."""
    header = bytes((0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1))
    (served / "train-images-idx3-ubyte").write_bytes(header + b"\x05\x06")
    (served / "train-labels-idx1-ubyte").write_bytes(bytes((0, 0, 8, 1, 0, 0, 0, 2, 1, 0)))
    for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
        data = load(f"{web}/{name}")
        assert data.train.images().ravel().tolist() == [5, 6]
        assert data.train.labels.tolist() == [1, 0]


def test_a_folder_from_the_web(web: str, served: Path, cache: Path) -> None:
    """A folder that a web server lists is read in place, spaces in names and all, and nothing is copied."""
    write_folder(served / "photos")
    data = load(f"{web}/photos/")
    assert data.name == "photos"
    assert data.classes == ("big cat", "dog")
    assert data.train.images()[:, 0, 0, 0].tolist() == [0, 1]
    assert data.test is not None
    assert not cache.exists()


def test_memory(memory: fsspec.AbstractFileSystem, tmp_path: Path) -> None:
    """Files and folders of any other protocol of fsspec."""
    write_folder(tmp_path / "photos")
    memory.put(str(tmp_path / "photos"), "/bucket/photos", recursive=True)
    memory.pipe("/bucket/photos.zip", zip_of(tmp_path / "photos"))
    for url in ("memory://bucket/photos/", "memory://bucket/photos.zip"):
        data = load(url)
        assert data.classes == ("big cat", "dog")
        assert data.train.images()[:, 0, 0, 0].tolist() == [0, 1]
        assert data.name == "photos"


def test_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket, of which a server on this machine stands in."""
    pytest.importorskip("s3fs", reason="needs s3fs: pip install s3fs")
    server = pytest.importorskip(
        "moto.server", reason="needs moto.server: pip install moto[server]"
    ).ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("ENDPOINT_URL", f"http://{host}:{port}")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    try:
        files = fsspec.filesystem("s3")
        files.mkdir("bucket")
        write_folder(tmp_path / "photos")
        files.put(str(tmp_path / "photos"), "bucket/photos", recursive=True)
        files.pipe("bucket/photos.zip", zip_of(tmp_path / "photos"))
        for url in ("s3://bucket/photos/", "s3://bucket/photos.zip"):
            assert load(url).train.images()[:, 0, 0, 0].tolist() == [0, 1]
        assert "there is nothing at s3://bucket/none.zip" in message("s3://bucket/none.zip", SourceNotFoundError)
        assert "there is nothing at s3://bucket/none/" in message("s3://bucket/none/", SourceNotFoundError)
    finally:
        server.stop()


def test_local_urls_are_paths(tmp_path: Path, cache: Path) -> None:
    """What is on this machine is not copied."""
    write_folder(tmp_path / "photos")
    for url in (f"file://{tmp_path}/photos", f"file://{tmp_path}/photos/"):
        assert load(url).classes == ("big cat", "dog")
    assert not cache.exists()


def test_offline_makes_no_request(web: str, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the network is forbidden, only what is in the cache is used."""
    (served / "photos.zip").write_bytes(zip_of(write_folder(tmp_path / "photos")))
    load(f"{web}/photos.zip")
    Files.requests.clear()
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    assert load(f"{web}/photos.zip").classes == ("big cat", "dog")
    assert "TOOEASY_OFFLINE forbids the network: no request was made" in message(f"{web}/other.zip")
    assert "TOOEASY_OFFLINE forbids the network: no request was made" in message(f"{web}/photos/")
    assert "no request was made" in message("ftp://127.0.0.1:9/photos.zip")
    assert Files.requests == []


@pytest.mark.parametrize("path", ["none.zip", "none/"])
def test_nothing_there(web: str, path: str) -> None:
    """A URL with nothing behind it."""
    assert f"there is nothing at {web}/{path} (HTTP 404)" in message(f"{web}/{path}", SourceNotFoundError)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("403.zip", "cannot be read: HTTP 403"),
        ("500.zip", "cannot be read: HTTP 500"),
        ("503/", "cannot be read: HTTP 503"),
        ("page.zip", "is a web page, not a file"),
        ("cut.zip", "was cut off while it came"),
        ("large.zip", "has more than 68,719,476,736 bytes"),
    ],
)
def test_bad_answers(bad: str, cache: Path, path: str, expected: str) -> None:
    """Errors, a page instead of a file, a body that is cut off: one line each, and nothing stays in the cache."""
    assert expected in message(f"{bad}/{path}")
    assert copies(cache) == []


def test_an_endless_body(bad: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that does not stop is left at the bound."""
    monkeypatch.setattr(remote, "MAX_BYTES", 2**22)
    assert "has more than 4,194,304 bytes" in message(f"{bad}/endless.zip")
    assert copies(cache) == []
    monkeypatch.setattr(trees, "MAX_IMAGE_BYTES", 2**22)
    files = remote.RemoteFiles(f"{bad}/x/")
    files._found["endless.png"] = f"{bad}/endless.png", None
    with pytest.raises(trees.UnreadableFileError, match="bytes, more than the 4,194,304"):
        list(files.heads(["endless.png"], 100))


def test_no_server() -> None:
    """A connection that is refused."""
    assert "cannot be read: " in message("http://127.0.0.1:9/photos.zip")
    assert "cannot be read: " in message("http://127.0.0.1:9/photos/")


def test_unknown_protocols(monkeypatch: pytest.MonkeyPatch) -> None:
    """A protocol that does not exist, and one whose package is missing."""
    assert "Protocol not known: gopher" in message("gopher://host/x.zip", SourceError)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    assert "gs:// needs another package" in message("gs://bucket/x.zip", MissingExtraError)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    assert 'pip install "tooeasy[remote]"' in message("https://host/x.zip", MissingExtraError)


def test_broken_images_of_a_folder(web: str, served: Path) -> None:
    """One that is no image, and one that goes away between the listing and the reading, are skipped."""
    write_folder(served / "photos")
    (served / "photos" / "train" / "dog" / "2.png").write_text("hello")
    (served / "photos" / "train" / "dog" / "3.png").write_bytes(png(3))
    files = remote.RemoteFiles(f"{web}/photos/")
    (served / "photos" / "train" / "dog" / "3.png").unlink()
    images = trees.FileImages(files, trees.image_paths(files))
    assert [images.name(row) for row in range(6)].count("train/dog/3.png") == 1
    with pytest.raises(OSError, match=r"photos/train/dog/3\.png|404"):
        list(files.heads(["train/dog/3.png"], 100))
    data = load(f"{web}/photos/")
    assert len(data.train) == 2
    assert "1 broken image skipped (train/dog/2.png: it is not an image" in data.notes[0]


def test_a_folder_without_images(memory: fsspec.AbstractFileSystem) -> None:
    """What was looked for is said."""
    memory.pipe("/bucket/x/readme.txt", b"hello")
    assert "memory://bucket/x/ has no images; looked for .bmp" in message("memory://bucket/x/", SourceError)


def test_secrets_are_not_shown(
    bad: str, cache: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Passwords and signatures in URLs stand neither in messages nor in the cache nor in a log."""
    caplog.set_level(logging.DEBUG, "tooeasy")
    archive = bad.replace("//", "//user:hunter2@") + "/ok.zip?signature=hunter2"
    assert main(["pixels", archive, "--verbose"]) in (0, 2)
    tooeasy_says = capsys.readouterr().err
    assert "/ok.zip" in tooeasy_says
    assert "hunter2" not in tooeasy_says + caplog.text
    url = bad.replace("//", "//user:hunter2@") + "/403.zip?signature=hunter2"
    assert "hunter2" not in message(url)
    remote.fetch(bad + "/ok.zip?signature=hunter2")
    stamps = [path for path in cache.rglob("*") if path.is_file()]
    assert len(stamps) == 4, "two answers, each with what is known of it"
    assert not any(b"hunter2" in path.read_bytes() or "hunter2" in str(path) for path in stamps)


@pytest.mark.parametrize("name", ["..%2F..%2Fevil.zip", ".hidden.zip", "a%0Ab.zip", "%00.zip", "CON%3A.zip"])
def test_names_of_urls_stay_in_the_cache(bad: str, cache: Path, name: str) -> None:
    """A file is called by its URL, without what could lead elsewhere or hide it."""
    path = remote.fetch(f"{bad}/{name}")
    assert path.is_relative_to(cache)
    assert path.suffix == ".zip"
    assert path.name.isprintable()
    assert not path.name.startswith(".")


def test_what_killed_runs_leave_is_removed(served: Path, web: str, tmp_path: Path, cache: Path) -> None:
    """A run that is killed leaves a temporary file, which a later one removes; the copy is whole or not there."""
    (served / "photos.zip").write_bytes(zip_of(write_folder(tmp_path / "photos")))
    code = f"""
import os
from tooeasy.data.formats import remote
remote._check_bytes = lambda size, url: os._exit(9) if size else None
from tooeasy.data.source import load
load("{web}/photos.zip")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    folder = next(
        path for path in cache.rglob("*") if path.is_dir() and not any(one.is_dir() for one in path.iterdir())
    )
    leftovers = [path for path in folder.iterdir() if path.name.startswith(".tooeasy-")]
    assert not (folder / "photos.zip").exists()
    old = folder / ".tooeasy-abcdefgh.zip"
    old.write_bytes(b"half")
    os.utime(old, (time.time() - 10**6,) * 2)
    for path in leftovers:
        os.utime(path, (time.time() - 10**6,) * 2)
    assert load(f"{web}/photos.zip").classes == ("big cat", "dog")
    assert copies(cache) == ["photos.zip"]


def test_a_damaged_cache_repairs_itself(served: Path, web: str, tmp_path: Path, cache: Path) -> None:
    """A copy of another size, or without its record, is fetched again."""
    (served / "photos.zip").write_bytes(zip_of(write_folder(tmp_path / "photos")))
    path = remote.fetch(f"{web}/photos.zip")
    stamp = path.with_name(".photos.zip.json")
    assert json.loads(stamp.read_text())["bytes"] == str(path.stat().st_size)
    for damage in (lambda: path.write_bytes(b"half"), stamp.unlink, lambda: stamp.write_text("[")):
        damage()
        assert load(f"{web}/photos.zip").classes == ("big cat", "dog")


def test_a_cache_that_cannot_be_written(web: str, served: Path, cache: Path) -> None:
    """The folder is named, and what to do."""
    (served / "x.zip").write_bytes(b"x")
    cache.write_text("a file where the folder should be")
    assert "choose another folder in TOOEASY_CACHE" in message(f"{web}/x.zip")


def test_what_is_a_url() -> None:
    """A path with a colon is none."""
    assert remote.is_url("s3://bucket/x")
    assert not remote.is_url("C:/images")
    assert not remote.is_url("a/b://c")
    assert not remote.is_url(Path("https://host"))
