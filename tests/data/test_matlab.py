"""MATLAB's files: SVHN's form and EMNIST's, held against SciPy's reader; damaged, foreign and oversized ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import tooeasy
from tooeasy.data.formats import mat5, matlab
from tooeasy.data.options import LoadOptions
from tooeasy.errors import SourceError

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (40, 32, 32, 3), dtype=np.uint8)
DIGITS = np.arange(40) % 10


def write_svhn(path: Path, images: np.ndarray, digits: np.ndarray, *, compressed: bool = True) -> Path:
    """Write as SVHN is: images last, 10 for the digit 0."""
    labels = np.where(digits == 0, 10, digits).astype(np.uint8)[:, np.newaxis]
    scipy.io.savemat(path, {"X": images.transpose(1, 2, 3, 0), "y": labels}, do_compression=compressed)
    return path


def write_emnist(path: Path, images: np.ndarray, labels: np.ndarray, mapping: np.ndarray | None) -> Path:
    """Write as EMNIST is: structs, each image lying."""
    rows = images.transpose(0, 2, 1).reshape(len(images), -1)
    split = {"images": rows, "labels": labels[:, np.newaxis].astype(float)}
    dataset: dict[str, Any] = {"train": split, "test": split}
    if mapping is not None:
        dataset["mapping"] = mapping.astype(float)
    scipy.io.savemat(path, {"dataset": dataset}, do_compression=True)
    return path


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("compressed", [True, False])
def test_svhn_folder_gives_both_splits_and_the_digit_zero(tmp_path: Path, compressed: bool) -> None:
    """A folder of train_32x32.mat and test_32x32.mat is both splits, pixel for pixel, with 10 read as 0."""
    write_svhn(tmp_path / "train_32x32.mat", COLOR, DIGITS, compressed=compressed)
    write_svhn(tmp_path / "test_32x32.mat", COLOR[:20], DIGITS[:20], compressed=compressed)
    data = tooeasy.load(tmp_path)
    assert data.classes == tuple("0123456789")
    assert data.test is not None
    assert np.array_equal(data.train.images(), COLOR)
    assert np.array_equal(data.train.labels, DIGITS)
    assert np.array_equal(data.test.images(), COLOR[:20])


def test_extra_is_named_as_not_used(tmp_path: Path) -> None:
    """SVHN's third file is found, and the notes say that it is not used."""
    for split in ("train", "test", "extra"):
        write_svhn(tmp_path / f"{split}_32x32.mat", COLOR, DIGITS)
    assert "not used: split extra" in tooeasy.load(tmp_path).notes


def test_one_file_is_one_dataset(tmp_path: Path) -> None:
    """One of the files alone is the whole dataset, and --split can name it."""
    path = write_svhn(tmp_path / "test_32x32.mat", COLOR, DIGITS)
    assert len(tooeasy.load(path).train) == 40
    assert len(tooeasy.load(path, split="test").train) == 40


def test_uncompressed_images_are_mapped_not_loaded(tmp_path: Path) -> None:
    """Pixels of an uncompressed file stay on disk until a batch asks for them."""
    path = write_svhn(tmp_path / "train_32x32.mat", COLOR, DIGITS, compressed=False)
    images = matlab.read(path, LoadOptions()).parts["train"].images
    assert isinstance(images.stored.base, np.memmap)
    assert np.array_equal(images[np.array([3, 1])], COLOR[[3, 1]])
    assert np.array_equal(images[5:9], COLOR[5:9])


def test_large_variables_inflate_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a size, a compressed variable goes through a temporary file instead of memory, and reads the same."""
    monkeypatch.setattr(mat5, "_IN_MEMORY", 1000)
    path = write_svhn(tmp_path / "train_32x32.mat", COLOR, DIGITS)
    data = tooeasy.load(path)
    assert np.array_equal(data.train.images(), COLOR)


def test_emnist_is_set_upright_and_named(tmp_path: Path) -> None:
    """EMNIST's lying images stand upright, and its mapping names the classes."""
    images = COLOR[..., 0]
    mapping = np.stack([np.arange(10), np.arange(ord("A"), ord("A") + 10)], axis=1)
    data = tooeasy.load(write_emnist(tmp_path / "emnist-balanced.mat", images, DIGITS, mapping))
    assert data.classes == tuple("ABCDEFGHIJ")
    assert data.test is not None
    assert np.array_equal(data.train.images()[..., 0], images)


def test_emnist_letters_start_at_one_and_have_two_codes(tmp_path: Path) -> None:
    """The letters' labels 1 to 26 and their two codes give the upper-case names, whatever the order of the mapping."""
    mapping = np.array([[3, 67, 99], [1, 65, 97], [2, 66, 98]])
    labels = np.array([1, 2, 3, 1, 2, 3])
    data = tooeasy.load(write_emnist(tmp_path / "emnist-letters.mat", COLOR[:6, ..., 0], labels, mapping))
    assert [data.classes[label] for label in data.train.labels] == list("ABCABC")


def test_other_names_of_variables_can_be_given(tmp_path: Path) -> None:
    """Image and label column name the variables; without them the error lists what is there."""
    path = tmp_path / "mine.mat"
    scipy.io.savemat(path, {"pics": COLOR.transpose(1, 2, 3, 0), "labs": DIGITS, "note": "hello", "cells": [[1], "a"]})
    assert len(tooeasy.load(path, image_column="pics", label_column="labs").train) == 40
    assert "found pics (32 x 32 x 3 x 40 uint8), labs" in error_of(path)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_agree_with_scipy(tmp_path: Path, compressed: bool, order: str) -> None:
    """Every type of number, small ones too, reads as SciPy reads it, from both byte orders."""
    values = {f"v_{kind}": np.arange(1, 7).reshape(2, 3).astype(kind) for kind in ("u1", "i2", "u2", "i4", "f4", "f8")}
    values["tiny"] = np.array([[7]], np.uint8)
    values["nested"] = {"a": {"b": np.eye(3)}, "text": "x", "empty": np.zeros((0, 0))}
    path = tmp_path / "values.mat"
    scipy.io.savemat(path, values, do_compression=compressed)
    if order == ">":
        pytest.importorskip("scipy.io.matlab", reason="needs scipy.io.matlab: pip install scipy.io.matlab")
        path.write_bytes(big_endian(values))
    found = mat5.read_mat(path)
    for name, value in scipy.io.loadmat(path).items():
        if not name.startswith("__") and name != "nested":
            assert np.array_equal(found[name], value), name
    if order == "<":
        nested = found["nested"]
        assert isinstance(nested, dict)
        assert np.array_equal(nested["a"]["b"], np.eye(3))
        assert nested["text"] == mat5.Unread("char")


def big_endian(values: dict[str, Any]) -> bytes:
    """Write arrays of numbers by hand as a big-endian machine did."""
    kinds = {"u1": 2, "i2": 3, "u2": 4, "i4": 5, "f4": 7, "f8": 9}
    classes = {"u1": 9, "i2": 10, "u2": 11, "i4": 12, "f4": 7, "f8": 6}

    def element(kind: int, data: bytes) -> bytes:
        return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)

    out = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
    for name, value in values.items():
        if isinstance(value, np.ndarray):
            kind = value.dtype.str[1:]
            body = element(6, struct.pack(">II", classes[kind], 0)) + element(5, struct.pack(">ii", *value.shape))
            body += element(1, name.encode())
            out += element(14, body + element(kinds[kind], value.astype(f">{kind}").tobytes("F")))
    return out


def test_version_seven_three_is_named(tmp_path: Path) -> None:
    """An HDF5 file gets one line that says how to save it so that it can be read."""
    path = tmp_path / "new.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert "7.3" in error_of(path)
    assert "-v7" in error_of(path)


def bomb(claimed: int) -> bytes:
    """Build a file whose one variable claims a size and inflates to 50 MB."""
    packed = zlib.compress(struct.pack("<II", 14, claimed) + bytes(50_000_000))
    return b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM" + struct.pack("<II", 15, len(packed)) + packed


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a MATLAB file"),
        (b"hello" * 100, "not a MATLAB file"),
        (b"MATLAB 5.0".ljust(126) + b"IM", "no variable X"),
        (b"MATLAB 5.0".ljust(126) + b"IM" + b"\x0e\0\0\0\xff\xff\xff\x7f", "cut off"),
        (b"MATLAB 5.0".ljust(126) + b"IM" + b"\x0f\0\0\0\x08\0\0\0notzlib!", "incorrect header check"),
        (bomb(1000), "inflates to more bytes"),
        (bomb(2**32 - 1), "inflates to fewer bytes"),
    ],
)
def test_damaged_files_end_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever is wrong, one line says what, and a bomb does not go off."""
    path = tmp_path / "bad.mat"
    path.write_bytes(content)
    assert message in error_of(path)


def test_too_much_to_inflate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stated limit holds before anything is inflated."""
    monkeypatch.setattr(mat5, "MAX_UNZIPPED", 10_000)
    assert "unzips to more than 10,000 bytes" in error_of(write_svhn(tmp_path / "train_32x32.mat", COLOR, DIGITS))


def test_deep_structs_are_refused(tmp_path: Path) -> None:
    """Structs in structs are followed to a stated depth only."""
    deep: Any = np.eye(2)
    for _ in range(20):
        deep = {"in": deep}
    path = tmp_path / "deep.mat"
    scipy.io.savemat(path, {"dataset": deep})
    assert "deep" in error_of(path)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"X": COLOR.transpose(1, 2, 3, 0).astype(float), "y": DIGITS}, "save them as uint8(X)"),
        ({"X": COLOR.transpose(1, 2, 3, 0), "y": np.ones((10, 4))}, "labels are n x 1"),
        ({"X": COLOR.transpose(1, 2, 3, 0), "y": DIGITS[:9]}, "40 images and 9 labels"),
        ({"X": COLOR[0, ..., 0], "y": DIGITS}, "height x width x n"),
        ({"X": "text", "y": DIGITS}, "X (char)"),
        ({"dataset": {"test": 1}}, "without a struct train"),
        ({"dataset": {"train": {"images": COLOR[:, 0, :5, 0], "labels": DIGITS}}}, "n x 784"),
        ({"dataset": {"train": {"images": COLOR[:, :2, :2, 0].reshape(40, 4)}}}, "no images or labels"),
    ],
)
def test_unfit_contents_end_in_one_line(tmp_path: Path, variables: dict[str, Any], message: str) -> None:
    """A whole file with the wrong variables says what was found."""
    path = tmp_path / "unfit.mat"
    scipy.io.savemat(path, variables)
    assert message in error_of(path)


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        (np.array([[0, 48], [1, 49]]), "does not name"),
        (np.array([[0, -1.5]]), "no character's code"),
        (np.array([[0, 1e300]]), "no character's code"),
        (np.array([[0, np.nan]]), "no character's code"),
        (np.array([[5.0]]), "rows of a label"),
    ],
)
def test_a_wrong_mapping_ends_in_one_line(tmp_path: Path, mapping: np.ndarray, message: str) -> None:
    """A mapping that misses a label, or names no character, is told."""
    assert message in error_of(write_emnist(tmp_path / "emnist.mat", COLOR[..., 0], DIGITS, mapping))


def test_several_files_without_splits_are_told(tmp_path: Path) -> None:
    """Files that are not named after splits cannot be put together."""
    for name in ("one", "two"):
        write_svhn(tmp_path / f"{name}.mat", COLOR, DIGITS)
    assert "not named after a split" in error_of(tmp_path)
