"""OpenML, by scikit-learn's own fetcher, from a local server that answers as OpenML's does."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import _openml

import tooeasy
from tooeasy.errors import DownloadError, SourceError, SourceNotFoundError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 6), dtype=np.uint8)
LABELS = np.arange(40) % 4


class OpenML:
    """What a server has: one dataset, number 7, called tiny_36."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.versions = 1
        self.pixels: np.ndarray = IMAGES.reshape(40, -1)
        self.target = "class"
        self.fail: int | None = None
        self.url = ""

    def arff(self) -> bytes:
        lines = ["@RELATION tiny", *(f"@ATTRIBUTE pixel{n} real" for n in range(self.pixels.shape[1]))]
        lines += ["@ATTRIBUTE class {'0','1','2','3'}", "@DATA"]
        rows = zip(self.pixels.tolist(), LABELS.tolist(), strict=True)
        lines += [",".join(map(str, [*row, f"'{label}'"])) for row, label in rows]
        return "\n".join(lines).encode()

    def answer(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.fail is not None:
            return self.fail, b"{}"
        if path == "/data/tiny.arff":
            return 200, self.arff()
        found: Any = {
            "/api/v1/json/data/list/data_name/tiny_36/limit/2/status/active/": lambda: {
                "data": {
                    "dataset": [
                        {"did": 7, "name": "tiny_36", "version": version + 1, "status": "active"}
                        for version in range(self.versions)
                    ]
                }
            },
            "/api/v1/json/data/7": self.description,
            "/api/v1/json/data/features/7": self.features,
            "/api/v1/json/data/qualities/7": lambda: {
                "data_qualities": {"quality": [{"name": "NumberOfInstances", "value": "40.0"}]}
            },
        }.get(path)
        return (200, json.dumps(found()).encode()) if found else (412, b'{"error": {"code": "372"}}')

    def description(self) -> Any:
        described = {
            "id": "7",
            "name": "tiny_36",
            "version": "1",
            "description": "Tiny.",
            "format": "ARFF",
            "status": "active",
            "url": f"{self.url}/data/tiny.arff",
            "md5_checksum": hashlib.md5(self.arff(), usedforsecurity=False).hexdigest(),
        }
        return {"data_set_description": described}

    def features(self) -> Any:
        names = [f"pixel{number}" for number in range(self.pixels.shape[1])]
        listed = [
            {
                "index": str(number),
                "name": name,
                "data_type": "nominal" if name == "class" else "numeric",
                "is_target": "true" if name == self.target else "false",
                "is_ignore": "false",
                "is_row_identifier": "false",
                "number_of_missing_values": "0",
                **({"nominal_value": ["0", "1", "2", "3"]} if name == "class" else {}),
            }
            for number, name in enumerate([*names, "class"])
        ]
        return {"data_features": {"feature": listed}}


@pytest.fixture
def openml(tmp_path, monkeypatch) -> Iterator[OpenML]:
    """Start a local server in OpenML's place, and an empty cache."""
    served = OpenML()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, body = served.answer(self.path)
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    for name in ("_SEARCH_NAME", "_DATA_INFO", "_DATA_FEATURES", "_DATA_QUALITIES"):
        monkeypatch.setattr(
            _openml, name, re.sub(r"https://(www|api)\.openml\.org", served.url, getattr(_openml, name))
        )
    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TOOEASY_OFFLINE", raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


def error_of(source: str, kind: type[Exception], **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(kind) as caught:
        tooeasy.load(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("source", ["openml:tiny_36", "openml:7"])
def test_by_name_and_by_number(openml, source):
    """Rows of pixels become square images; the target is the label."""
    data = tooeasy.load(source)
    assert data.name == "tiny_36"
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert np.array_equal(data.train.labels, LABELS)
    assert data.classes == ("0", "1", "2", "3")
    assert data.notes == ()


def test_what_is_cached_needs_no_network(openml, monkeypatch):
    """The second time, and offline, nothing is asked."""
    tooeasy.load("openml:tiny_36")
    asked = len(openml.asked)
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    assert len(tooeasy.load("openml:tiny_36").train) == 40
    assert len(openml.asked) == asked


def test_offline_nothing_is_asked(openml, monkeypatch):
    """What is not cached is an error in one line."""
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    assert error_of("openml:tiny_36", DownloadError).endswith("TOOEASY_OFFLINE forbids the network")
    assert openml.asked == []


def test_half_a_download_is_not_taken_as_whole(openml, tmp_path, monkeypatch):
    """A first attempt that failed leaves nothing that offline use would trust."""
    openml.fail = 500
    error_of("openml:tiny_36", SourceNotFoundError)
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    error_of("openml:tiny_36", DownloadError)
    monkeypatch.delenv("TOOEASY_OFFLINE")
    openml.fail = None
    assert len(tooeasy.load("openml:tiny_36").train) == 40


def test_several_versions_are_said(openml):
    """Which version was taken is a note, not a warning."""
    openml.versions = 2
    (note,) = tooeasy.load("openml:tiny_36").notes
    assert "returning version 1" in note
    assert "\n" not in note


def test_names_that_are_not_there(openml):
    """By name and by number."""
    assert "No active dataset nothing found" in error_of("openml:nothing", SourceNotFoundError)
    assert "Dataset with data_id 99 not found" in error_of("openml:99", SourceNotFoundError)


def test_no_answer(openml):
    """A server that is not there is one line."""
    for name in ("_SEARCH_NAME",):
        setattr(_openml, name, "http://127.0.0.1:9/{}")
    assert "OpenML was not reached" in error_of("openml:tiny_36", DownloadError)


def test_wrong_bytes_are_found_out(openml, monkeypatch):
    """A file that is not the one described is refused."""
    described = openml.description()
    described["data_set_description"]["md5_checksum"] = "0" * 32
    monkeypatch.setattr(openml, "description", lambda: described)
    assert "md5 checksum" in error_of("openml:tiny_36", SourceError)


def test_what_is_no_image_is_refused(openml):
    """Thirty columns are no square; a size resolves it."""
    openml.pixels = openml.pixels[:, :30]
    assert "30 numbers are no square image" in error_of("openml:tiny_36", SourceError)
    assert tooeasy.load("openml:tiny_36", size=(5, 6)).shape == (5, 6, 1)


def test_a_target_is_needed(openml):
    """A dataset without a default target needs label_column."""
    openml.target = "nothing"
    assert "has no target; name one with label_column (--label-column)" in error_of("openml:tiny_36", SourceError)
    assert len(tooeasy.load("openml:tiny_36", label_column="class").train) == 40


@pytest.mark.parametrize("source", ["openml:", "openml:../x", "openml:a/b", "openml:a b"])
def test_names_are_checked(openml, source):
    """A name becomes part of a URL and of a path."""
    assert "is not of the form openml:NAME or openml:NUMBER" in error_of(source, SourceError)
    assert openml.asked == []
    assert not Path("x").exists()
