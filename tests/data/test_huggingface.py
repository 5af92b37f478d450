"""Hugging Face datasets: objects in Python, folders of save_to_disk, and the hub."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.data.formats import huggingface
from tooeasy.errors import DownloadError, MissingExtraError, SourceError

datasets = pytest.importorskip("datasets", reason='needs datasets: pip install "tooeasy[hf]"')

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 7, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4
NAMES = ["ant", "bee", "cat", "dog"]


@pytest.fixture(autouse=True)
def quiet(tmp_path, monkeypatch):
    """No progress bars, and a cache of our own."""
    datasets.disable_progress_bars()
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def make(rows: slice = slice(None), **columns: Any) -> Any:
    features = {"image": datasets.Image(), "label": datasets.ClassLabel(names=NAMES)}
    images = [Image.fromarray(image) for image in IMAGES[rows]]
    return datasets.Dataset.from_dict(
        {"image": images, "label": LABELS[rows].tolist(), **columns},
        features=datasets.Features(features) if not columns else None,
    )


def error_of(source: Any, kind: type[Exception] = SourceError, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(kind) as caught:
        tooeasy.load(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_dataset(tmp_path):
    """Images bit for bit, labels and names of classes."""
    data = tooeasy.load(make())
    assert np.array_equal(data.train.images(), IMAGES)
    assert np.array_equal(data.train.labels, LABELS)
    assert data.classes == tuple(NAMES)


def test_selections_orders_and_formats():
    """What a dataset shows is what counts: its selection and order; its format does not."""
    order = RNG.permutation(40)[:30]
    for chosen in (make().select(order), make().select(order).with_format("numpy")):
        data = tooeasy.load(chosen)
        assert np.array_equal(data.train.images(), IMAGES[order])
        assert np.array_equal(data.train.labels, LABELS[order])


@pytest.mark.parametrize("wrap", [dict, datasets.DatasetDict])
def test_splits_by_name(wrap):
    """A DatasetDict, or a dict, has splits."""
    data = tooeasy.load(wrap(train=make(slice(0, 30)), validation=make(), test=make(slice(30, None))))
    assert (len(data.train), len(data.test), data.held_out) == (30, 10, "test split")
    assert data.notes == ("not used: split validation",)


def test_arrays_and_lists():
    """Columns of numbers are images too."""
    features = datasets.Features({"pixels": datasets.Array3D((6, 7, 3), "uint8"), "label": datasets.Value("int64")})
    made = datasets.Dataset.from_dict({"pixels": IMAGES.tolist(), "label": LABELS.tolist()}, features=features)
    assert np.array_equal(tooeasy.load(made).train.images(), IMAGES)


def test_columns_are_chosen_by_features_then_by_options():
    """Two label columns need a choice."""
    made = make(coarse=(LABELS // 2).tolist()).cast_column("coarse", datasets.ClassLabel(names=["x", "y"]))
    made = made.cast_column("image", datasets.Image()).rename_column("label", "fine")
    made = made.cast_column("fine", datasets.ClassLabel(names=NAMES))
    assert "2 columns that may be the label column" in error_of(made)
    assert tooeasy.load(made, label_column="coarse").classes == ("x", "y")


def test_images_that_are_only_paths(tmp_path):
    """A dataset of files, as imagefolder makes it, is read from them."""
    for number, image in enumerate(IMAGES):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    paths = [str(tmp_path / f"{number}.png") for number in range(40)]
    made = datasets.Dataset.from_dict({"image": paths, "label": LABELS}).cast_column("image", datasets.Image())
    assert np.array_equal(tooeasy.load(made).train.images(), IMAGES)
    (tmp_path / "3.png").unlink()
    assert "1 broken image skipped" in tooeasy.load(made).notes[0]


def test_streams_are_refused():
    """A stream cannot be read twice."""
    assert "cannot be read twice; give a Dataset or DatasetDict" in error_of(make().to_iterable_dataset())


@pytest.mark.parametrize("shards", [1, 3])
def test_a_folder_of_save_to_disk(tmp_path, shards):
    """Of a Dataset and of a DatasetDict, in one file or several."""
    make().save_to_disk(tmp_path / "one", num_shards=shards)
    data = tooeasy.load(tmp_path / "one")
    assert np.array_equal(data.train.images(), IMAGES)
    assert data.classes == tuple(NAMES)
    datasets.DatasetDict(train=make(), test=make(slice(0, 20))).save_to_disk(tmp_path / "two")
    data = tooeasy.load(tmp_path / "two")
    assert np.array_equal(data.test.images(), IMAGES[:20])


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "is no JSON object"),
        ("{}", "names no data files"),
        ('{"_data_files": []}', "names no files"),
        ('{"_data_files": [3]}', "names None, which leads out"),
        ('{"_data_files": [{"filename": "../one/data-00000-of-00001.arrow"}]}', "leads out of its folder"),
        ('{"_data_files": [{"filename": "gone.arrow"}]}', "gone.arrow cannot be read"),
    ],
)
def test_damaged_folders_are_refused(tmp_path, state, message):
    """What names its files wrongly, or files elsewhere."""
    make().save_to_disk(tmp_path / "one")
    (tmp_path / "one" / "state.json").write_text(state)
    assert message in error_of(tmp_path / "one")


def test_splits_that_lead_out_are_refused(tmp_path):
    """A split is a folder right there."""
    (tmp_path / "dataset_dict.json").write_text(json.dumps({"splits": ["../train"]}))
    assert "leads out of its folder" in error_of(tmp_path)


@pytest.mark.parametrize("source", ["hf:", "hf:mnist", "hf:a/b/c", "hf:../x", "hf:a/b:c/d", "hf:a b/c"])
def test_names_of_the_hub_are_checked(source):
    """owner/name, and perhaps a configuration."""
    assert "is not of the form hf:owner/name or hf:owner/name:config" in error_of(source)


def test_offline_the_hub_is_not_asked(tmp_path, monkeypatch):
    """TOOEASY_OFFLINE: one line, no request, and the library's own setting is as before."""
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was used"))
    before = datasets.config.HF_HUB_OFFLINE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = error_of("hf:nobody/nothing", DownloadError)
    assert error.endswith("TOOEASY_OFFLINE forbids the network")
    assert before == datasets.config.HF_HUB_OFFLINE


def test_a_folder_of_the_same_name_is_not_mistaken_for_the_hub(tmp_path, monkeypatch):
    """hf:owner/name is never what lies in the working directory."""
    monkeypatch.setenv("TOOEASY_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    make().to_parquet(tmp_path / "owner" / "name" / "train.parquet")
    error_of("hf:owner/name", DownloadError)


def test_the_extra_is_named(monkeypatch):
    """Without the library, the line to install it."""
    monkeypatch.setitem(__import__("sys").modules, "datasets", None)
    assert 'needs datasets: pip install "tooeasy[hf]"' in error_of("hf:owner/name", MissingExtraError)


def test_what_is_no_dataset_of_the_library():
    """Only by the module of its type."""
    assert huggingface.is_dataset(make())
    assert not huggingface.is_dataset([1])
    assert not huggingface.claims(Path("nowhere"))


# -- a hub of our own --------------------------------------------------------------------------------------------------

COMMIT = "a" * 40


class Hub(BaseHTTPRequestHandler):
    """The few answers of the hub's that the library asks for: one dataset, owner/name, of Parquet files."""

    protocol_version = "HTTP/1.1"
    files: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body)), "X-Repo-Commit": COMMIT}).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path = self.path.partition("?")[0]
        if path.startswith("/datasets/owner/name/resolve/"):
            body = self.files.get(path.split("/", 6)[6])
            if body is None:
                return self.answer(404, X_Error_Code="EntryNotFound")
            return self.answer(200, body, ETag=f'"{hashlib.sha256(body).hexdigest()}"')
        api, _, folder = path.partition("/tree/")
        if not api.startswith("/api/datasets/owner/name"):
            return self.answer(404, b"{}", X_Error_Code="RepoNotFound")
        if not folder:
            described = {"id": "owner/name", "sha": COMMIT, "private": False, "tags": [], "downloads": 0, "likes": 0}
            return self.answer(
                200, json.dumps(described | {"siblings": [{"rfilename": f} for f in self.files]}).encode()
            )
        prefix = "data/" if folder.endswith("/data") else ""
        found = [
            {"type": "file", "path": name, "size": len(body), "oid": "0"}
            for name, body in self.files.items()
            if name.rpartition("/")[0] == prefix.rstrip("/")
        ]
        folders = [] if prefix else [{"type": "directory", "path": "data", "oid": "0"}]
        return self.answer(200, json.dumps(folders + found).encode())

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def hub(tmp_path) -> Iterator[dict[str, str]]:
    """Start a hub of our own; the environment in which it is the library's hub."""
    for split, rows in (("train", slice(None)), ("test", slice(0, 20))):
        make(rows).to_parquet(tmp_path / f"{split}.parquet")
        Hub.files[f"data/{split}-00000-of-00001.parquet"] = (tmp_path / f"{split}.parquet").read_bytes()
    Hub.files["README.md"] = b"---\n---\n"
    Hub.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    ours = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
    yield {name: value for name, value in os.environ.items() if not name.startswith("HF_")} | ours
    server.shutdown()
    server.server_close()
    thread.join()


def load_elsewhere(source: str, environment: dict[str, str]) -> str:
    """What another process says of a source: the library reads its environment only when it is imported."""
    code = (
        "import hashlib, sys, tooeasy\n"
        "try:\n"
        "    data = tooeasy.load(sys.argv[1])\n"
        "    print(data, hashlib.sha256(data.train.images().tobytes()).hexdigest())\n"
        "except tooeasy.errors.TooeasyError as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code, source], env=environment, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("\n") == 1
    return found.stdout.strip()


def test_the_hub(hub):
    """Downloaded, then from the cache without a request; no such dataset is one line."""
    digest = hashlib.sha256(IMAGES.tobytes()).hexdigest()
    expected = f"Dataset(owner/name: 40 train, 20 test, 6x7x3, 4 classes) {digest}"
    assert load_elsewhere("hf:owner/name", hub) == expected
    Hub.asked.clear()
    assert load_elsewhere("hf:owner/name", hub | {"TOOEASY_OFFLINE": "1"}) == expected
    assert Hub.asked == []
    assert "SourceNotFoundError hf:owner/gone: Dataset 'owner/gone' doesn't exist" in load_elsewhere(
        "hf:owner/gone", hub
    )


def test_a_hub_that_is_not_reached(monkeypatch):
    """The library's errors of the network are one line."""

    def fail(*_: Any) -> None:
        raise ConnectionError("Couldn't reach\n'owner/name' on the Hub")

    monkeypatch.setattr(datasets, "load_dataset", fail)
    monkeypatch.delenv("TOOEASY_OFFLINE", raising=False)
    error = error_of("hf:owner/name", DownloadError)
    assert error == (
        "hf:owner/name is not in the cache, and the hub was not reached: Couldn't reach 'owner/name' on the Hub"
    )
