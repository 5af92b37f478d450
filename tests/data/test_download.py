"""Downloads, against a server on this machine that does all that servers do."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import tooeasy
from tooeasy.data.known import downloads
from tooeasy.data.known.catalog import CatalogEntry, RemoteFile, known_datasets
from tooeasy.data.known.downloads import fetch
from tooeasy.errors import DownloadError, NotAtHandError

CONTENT = np.random.default_rng(0).integers(0, 256, 600_000, np.uint8).tobytes()
SLOW = 40  # pieces that a slow answer comes in


@dataclass
class Site:
    """A server: how it answers ``/MANNER/NAME``, and what it was asked."""

    contents: dict[str, bytes]
    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # path and Range


class Handler(BaseHTTPRequestHandler):
    """What a server does for ``/MANNER/NAME``; only the first time, where the manner is one that passes."""

    site: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        _, manner, name = self.path.split("/", 2)
        wanted = self.headers.get("Range", "")
        self.site.asked.append((self.path, wanted))
        first = [path for path, _ in self.site.asked].count(self.path) == 1
        status = {"gone": 404, "always-busy": 503, "busy": 503 if first else 0}.get(manner)
        if status:
            self.send(status, 0, {})
            return
        content = self.site.contents[name]
        content = {"wrong": bytes(len(content)), "wrong-length": content + b"more"}.get(manner, content)
        start = int(wanted[6:-1]) if wanted and manner != "no-range" else 0
        if start >= len(content):
            self.send(416, 0, {"Content-Range": f"bytes */{len(content)}"})
            return
        headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        self.send(206 if start else 200, len(content) - start, headers)
        self.send_body(manner if first else "well", content[start:])

    def send_body(self, manner: str, body: bytes) -> None:
        cut = {"half": len(body) // 2, "no-range": len(body) // 2, "silent": 1000}.get(manner, len(body))
        piece = len(body) // SLOW + 1 if manner == "slow" else len(body)
        for at in range(0, cut, piece):
            self.wfile.write(body[at : min(at + piece, cut)])
            self.wfile.flush()
            time.sleep(0.05 if manner == "slow" else 0)
        if manner == "silent":
            time.sleep(1.5)
        self.close_connection = cut < len(body)

    def send(self, status: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def handle(self) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed
            super().handle()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site({"data.bin": CONTENT})
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": served}))
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TOOEASY_DATA", raising=False)
    monkeypatch.delenv("TOOEASY_OFFLINE", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(downloads, "BACK_OFF", 0.01)
    monkeypatch.setattr(downloads, "TIMEOUT", (5.0, 1.0))


def checksum(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def made_entry(site: Site, *manners: str, size: int | None = len(CONTENT), known: bool = True) -> CatalogEntry:
    urls = tuple(f"{site.url}/{manner}/data.bin" for manner in manners)
    file = RemoteFile("data.bin", urls, checksum(CONTENT) if known else None, size)
    return replace(known_datasets()["usps"], name="made", cache="made", files=(file,))


def in_cache(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "cache" / "made").iterdir() if not path.name.endswith(".lock")}


def test_right_bytes(site: Site, tmp_path: Path) -> None:
    """A file that is served well is in the cache under its name, alone, and progress was told up to its size."""
    told: list[tuple[str, int, int | None]] = []
    folder = fetch(made_entry(site, "well"), progress=lambda *what: told.append(what))
    assert (folder / "data.bin").read_bytes() == CONTENT
    assert in_cache(tmp_path) == {"data.bin"}
    assert told[-1] == ("data.bin", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_nothing_is_downloaded_twice(site: Site) -> None:
    """A second call finds the file, and asks the server for nothing."""
    entry = made_entry(site, "well")
    fetch(entry)
    fetch(entry)
    assert len(site.asked) == 1


def test_a_damaged_file_is_replaced(site: Site) -> None:
    """A file in the cache that is not the published one, as after a crash of the machine, is downloaded anew."""
    entry = made_entry(site, "well")
    path = fetch(entry) / "data.bin"
    path.write_bytes(CONTENT[:-1] + b"!")
    assert (fetch(entry) / "data.bin").read_bytes() == CONTENT


def test_wrong_bytes(site: Site, tmp_path: Path) -> None:
    """A wrong file never gets its name, nothing of it is kept, and the error names the mirror and the reason."""
    with pytest.raises(DownloadError, match=r"/wrong/data\.bin: .*checksum is wrong") as caught:
        fetch(made_entry(site, "wrong"))
    assert "\n" not in str(caught.value)
    assert in_cache(tmp_path) == set()


@pytest.mark.parametrize("bad", ["wrong", "gone", "always-busy", "wrong-length"])
def test_next_mirror(site: Site, bad: str) -> None:
    """Where a mirror has another file, none, or no time, the next one is asked."""
    folder = fetch(made_entry(site, bad, "well"))
    assert (folder / "data.bin").read_bytes() == CONTENT
    assert site.asked[-1][0] == "/well/data.bin"


def test_a_server_that_is_down(site: Site, unused: str) -> None:
    """A mirror that cannot be reached is passed over."""
    entry = made_entry(site, "well")
    (file,) = entry.files
    entry = replace(entry, files=(replace(file, urls=(unused, *file.urls)),))
    assert (fetch(entry) / "data.bin").read_bytes() == CONTENT
    with pytest.raises(DownloadError, match="no connection"):
        fetch(replace(entry, cache="other", files=(replace(file, urls=(unused,)),)))


@pytest.fixture
def unused() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}/data.bin"


@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_half_the_bytes(site: Site, size: int | None) -> None:
    """Where the connection breaks in the middle, the next attempt asks for the rest only."""
    folder = fetch(made_entry(site, "half", size=size))
    assert (folder / "data.bin").read_bytes() == CONTENT
    ranges = [wanted for _, wanted in site.asked]
    assert ranges[0] == ""
    assert re.fullmatch(r"bytes=[1-9]\d+-", ranges[1])


def test_a_server_without_ranges(site: Site) -> None:
    """Where the server does not continue, the file is begun again."""
    folder = fetch(made_entry(site, "no-range"))
    assert (folder / "data.bin").read_bytes() == CONTENT
    assert len(site.asked) == 2


def test_service_unavailable_then_well(site: Site) -> None:
    """A 503 is waited out."""
    assert (fetch(made_entry(site, "busy")) / "data.bin").read_bytes() == CONTENT
    assert len(site.asked) == 2


def test_always_unavailable(site: Site) -> None:
    """A server that always answers 503 is given up after some attempts, in one line."""
    with pytest.raises(DownloadError, match="it answers 503") as caught:
        fetch(made_entry(site, "always-busy"))
    assert len(site.asked) == downloads.ATTEMPTS
    assert "\n" not in str(caught.value)


def test_slow_bytes(site: Site) -> None:
    """Slow is not broken: bytes that come are waited for, beyond the time that no byte may come."""
    started = time.monotonic()
    assert (fetch(made_entry(site, "slow")) / "data.bin").read_bytes() == CONTENT
    assert time.monotonic() - started > downloads.TIMEOUT[1]
    assert len(site.asked) == 1


def test_silence(site: Site) -> None:
    """A connection on which nothing comes is given up, and the part that came is continued."""
    assert (fetch(made_entry(site, "silent")) / "data.bin").read_bytes() == CONTENT
    assert site.asked[1][1] == "bytes=1000-"


def test_more_than_the_published_size(site: Site, tmp_path: Path) -> None:
    """A server that has more bytes than published is refused before it fills the disk."""
    with pytest.raises(DownloadError, match="more than the 600,000"):
        fetch(made_entry(site, "wrong-length"))
    assert in_cache(tmp_path) == set()


def test_size_bound_without_a_published_size(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no size is published, a stated limit holds."""
    monkeypatch.setattr(downloads, "LARGEST", 1000)
    with pytest.raises(DownloadError, match="more than the 1,000"):
        fetch(made_entry(site, "well", size=None))


def test_a_full_disk(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the file fits is asked before it is downloaded."""
    monkeypatch.setattr(downloads, "SPARE", 2**80)
    with pytest.raises(DownloadError, match=r"free: choose another in TOOEASY_CACHE"):
        fetch(made_entry(site, "well"))
    assert site.asked == []


def test_a_part_of_another_file(site: Site, tmp_path: Path) -> None:
    """A part that does not belong to the file is found out by the checksum, and the file is begun again."""
    folder = tmp_path / "cache" / "made"
    folder.mkdir(parents=True)
    (folder / "data.bin.part").write_bytes(b"x" * 1000)
    assert (fetch(made_entry(site, "well")) / "data.bin").read_bytes() == CONTENT
    assert [wanted for _, wanted in site.asked] == ["bytes=1000-", ""]


@pytest.mark.parametrize("length", [len(CONTENT), len(CONTENT) + 5])
@pytest.mark.parametrize("size", [len(CONTENT), None])
def test_a_part_that_is_whole_or_longer(site: Site, tmp_path: Path, length: int, size: int | None) -> None:
    """A run killed between the last byte and the renaming, or a part that is too long, is put right."""
    folder = tmp_path / "cache" / "made"
    folder.mkdir(parents=True)
    (folder / "data.bin.part").write_bytes((CONTENT + b"12345")[:length])
    (folder / "tmpabc123").write_bytes(b"left by a run that was killed")
    assert (fetch(made_entry(site, "well", size=size)) / "data.bin").read_bytes() == CONTENT
    assert in_cache(tmp_path) == {"data.bin"}


def test_without_a_published_checksum(site: Site) -> None:
    """Where nobody publishes a checksum, the file is taken when it is whole."""
    entry = made_entry(site, "half", known=False, size=None)
    assert (fetch(entry) / "data.bin").read_bytes() == CONTENT


def test_a_page_instead_of_an_archive(site: Site, tmp_path: Path) -> None:
    """Where nobody publishes a checksum, an archive has to be a whole one: a page in its place is refused."""
    site.contents["kkanji.tar"] = b"<html>sign in to this network</html>"
    file = RemoteFile("kkanji.tar", (f"{site.url}/well/kkanji.tar",))
    entry = replace(known_datasets()["kuzushiji-kanji"], cache="made", files=(file,))
    with pytest.raises(DownloadError, match="no whole tar archive"):
        fetch(entry)
    assert in_cache(tmp_path) == set()


DYING_SERVER = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
connection, _ = listening.accept()
connection.recv(65536)
connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 600000\\r\\n\\r\\n" + sys.stdin.buffer.read(1000))
os._exit(9)
"""


def test_a_server_that_is_killed_in_the_middle(site: Site, tmp_path: Path) -> None:
    """What came before the server died is kept, the error says so, and the next run goes on from there."""
    server = subprocess.Popen([sys.executable, "-c", DYING_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(server.stdout.readline())
    server.stdin.write(CONTENT[:1000])
    server.stdin.close()
    entry = made_entry(site, "well")
    dead = replace(entry, files=(replace(entry.files[0], urls=(f"http://127.0.0.1:{port}/data.bin",)),))
    with pytest.raises(DownloadError, match="try again later"):
        fetch(dead)
    server.stdout.close()
    assert server.wait(timeout=10) == 9
    assert in_cache(tmp_path) == {"data.bin.part"}
    assert (fetch(entry) / "data.bin").read_bytes() == CONTENT
    assert site.asked == [("/well/data.bin", "bytes=1000-")]


def test_offline_makes_no_request(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, by argument or by environment, nothing is asked; what is there already is enough."""
    entry = made_entry(site, "well")
    with pytest.raises(DownloadError, match="offline"):
        fetch(entry, offline=True)
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    with pytest.raises(DownloadError, match="offline"):
        fetch(entry)
    assert site.asked == []
    monkeypatch.delenv("TOOEASY_OFFLINE")
    fetch(entry)
    asked = len(site.asked)
    fetch(entry, offline=True)
    assert len(site.asked) == asked


def test_the_library_prints_nothing(site: Site, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither tooeasy nor pooch writes to the terminal."""
    fetch(made_entry(site, "busy"))
    assert capfd.readouterr() == ("", "")


SCRIPT = """
import sys
from dataclasses import replace
from tooeasy.data.known import downloads
from tooeasy.data.known.catalog import RemoteFile, known_datasets
from tooeasy.data.known.downloads import fetch
url, checksum, size = sys.argv[1:]
entry = replace(
    known_datasets()["usps"], name="made", cache="made", files=(RemoteFile("data.bin", (url,), checksum, int(size)),)
)
print("ready", flush=True)
fetch(entry)
print("done", flush=True)
"""


def start(site: Site, manner: str) -> subprocess.Popen[str]:
    arguments = [f"{site.url}/{manner}/data.bin", checksum(CONTENT), str(len(CONTENT))]
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *arguments], stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once(site: Site, tmp_path: Path) -> None:
    """Of two processes that want a file at the same time, one downloads it, and both have it."""
    both = [start(site, "slow"), start(site, "slow")]
    outputs = [process.communicate(timeout=30)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert all(output.endswith("done\n") for output in outputs)
    assert len(site.asked) == 1
    assert (tmp_path / "cache" / "made" / "data.bin").read_bytes() == CONTENT


def test_killed_in_the_middle(site: Site, tmp_path: Path) -> None:
    """After ``kill -9`` in the middle of a download, there is a part and no file, and the next run continues it."""
    process = start(site, "slow")
    part = tmp_path / "cache" / "made" / "data.bin.part"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (part.is_file() and part.stat().st_size > 100_000):
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert "data.bin" not in in_cache(tmp_path)
    have = part.stat().st_size
    assert 0 < have < len(CONTENT)

    again = start(site, "well")
    assert again.communicate(timeout=20)[0].endswith("done\n")
    assert site.asked[-1] == ("/well/data.bin", f"bytes={have}-")
    assert in_cache(tmp_path) == {"data.bin"}
    assert (part.parent / "data.bin").read_bytes() == CONTENT


# From the download to a dataset


def idx_bytes(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


@pytest.fixture
def small(site: Site, monkeypatch: pytest.MonkeyPatch) -> tuple[CatalogEntry, np.ndarray]:
    """KMNIST's entry, with small files of made images at the server."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (50, 28, 28), np.uint8)
    labels = np.arange(50) % 10
    files = []
    for part, count in (("train", 50), ("t10k", 20)):
        for kind, array in (("images-idx3", images[:count]), ("labels-idx1", labels[:count])):
            name = f"{part}-{kind}-ubyte.gz"
            site.contents[name] = packed = gzip.compress(idx_bytes(array))
            files.append(RemoteFile(name, (f"{site.url}/well/{name}",), checksum(packed), len(packed)))
    entry = replace(known_datasets()["kmnist"], files=tuple(files))
    changed = known_datasets() | {"kmnist": entry}
    for module in ("known.downloads", "known.at_hand", "source", "known.catalog"):
        monkeypatch.setattr(f"tooeasy.data.{module}.known_datasets", lambda: changed)
    return entry, images


def test_loading_never_downloads(site: Site, small: tuple[CatalogEntry, np.ndarray]) -> None:
    """Without a call that says so there is no request; the error says which command gets the images."""
    with pytest.raises(NotAtHandError, match="tooeasy datasets get kmnist") as caught:
        tooeasy.load("kmnist")
    assert site.asked == []
    assert "\n" not in str(caught.value)


def test_download_then_load(small: tuple[CatalogEntry, np.ndarray], tmp_path: Path) -> None:
    """What was downloaded loads by its name, with the catalog's classes, from memory-mapped arrays from then on."""
    entry, images = small
    tooeasy.download("kmnist")
    for _ in range(2):
        data = tooeasy.load("kmnist")
        assert data.classes == entry.classes
        assert np.array_equal(data.train.images()[..., 0], images)
        assert data.test is not None
        assert np.array_equal(data.test.labels, np.arange(20) % 10)
        for file in entry.files:  # the second time the arrays are enough
            (tmp_path / "cache" / "kmnist" / file.name).unlink(missing_ok=True)


def test_damaged_arrays_are_made_anew(small: tuple[CatalogEntry, np.ndarray], tmp_path: Path) -> None:
    """An array in the cache that is cut off is found out and unpacked again."""
    _, images = small
    tooeasy.download("kmnist")
    tooeasy.load("kmnist")
    (array,) = tmp_path.glob("cache/kmnist/unpacked-*/train-images.npy")
    for content in (b"", array.read_bytes()[:-100], b"no array at all"):
        array.write_bytes(content)
        assert np.array_equal(tooeasy.load("kmnist").train.images()[..., 0], images)


def test_unpacking_that_was_killed(small: tuple[CatalogEntry, np.ndarray], tmp_path: Path) -> None:
    """What a run leaves that was killed while it unpacked does no harm, and goes."""
    _, images = small
    tooeasy.download("kmnist")
    tooeasy.load("kmnist")
    (folder,) = tmp_path.glob("cache/kmnist/unpacked-*")
    (folder / "train-images.npy").unlink()
    (folder / ".unfinished").mkdir()
    (folder / ".unfinished" / "train-images.npy").write_bytes(b"half")
    assert np.array_equal(tooeasy.load("kmnist").train.images()[..., 0], images)
    assert not (folder / ".unfinished").exists()


def test_a_cache_that_cannot_be_written(
    small: tuple[CatalogEntry, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images found elsewhere load although the cache cannot be written."""
    _, images = small
    found = tooeasy.download("kmnist").rename(tmp_path / "kmnist")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "file"))
    monkeypatch.setenv("TOOEASY_DATA", str(found.parent))
    assert np.array_equal(tooeasy.load("kmnist").train.images()[..., 0], images)


def test_other_files_of_the_same_names(
    small: tuple[CatalogEntry, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative that has the same file names is not mistaken for the dataset."""
    found = tooeasy.download("kmnist").rename(tmp_path / "kmnist")
    (found / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(np.zeros((50, 28, 28)))))
    monkeypatch.setenv("TOOEASY_DATA", str(tmp_path))
    with pytest.raises(NotAtHandError, match="another file than the published one"):
        tooeasy.load("kmnist")


@pytest.mark.data
def test_mnist_is_mapped_the_second_time(
    site: Site, test_data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Full MNIST, downloaded: its second load maps the arrays in the cache, and has the very images."""
    raw = {path.name: path.read_bytes() for path in (test_data / "mnist").iterdir() if "ubyte" in path.name}
    files = []
    for name, content in raw.items():
        site.contents[f"{name}.gz"] = packed = gzip.compress(content, 1)
        files.append(RemoteFile(f"{name}.gz", (f"{site.url}/well/{name}.gz",), checksum(packed), len(packed)))
    entry = replace(known_datasets()["mnist"], files=tuple(files))
    fetch(entry)
    from tooeasy.data.known.at_hand import find_training_images

    find_training_images(entry)
    train = find_training_images(entry)
    assert isinstance(train.pixels, np.memmap)
    assert train.images().tobytes() == raw["train-images-idx3-ubyte"][16:]


@pytest.fixture
def test_data() -> Path:
    folder = os.environ.get("TOOEASY_TEST_DATA")
    if not folder or not (Path(folder) / "mnist" / "train-images-idx3-ubyte").is_file():
        pytest.skip("TOOEASY_TEST_DATA does not name a folder with MNIST")
    return Path(folder)
