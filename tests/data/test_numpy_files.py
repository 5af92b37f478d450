"""NumPy files: .npz with the names in use, pairs of .npy and .npz, floats, and what is damaged or hostile."""

from __future__ import annotations

import contextlib
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tooeasy
from tooeasy.data.arrays import from_arrays
from tooeasy.data.formats import npy, numpy_files
from tooeasy.errors import SourceError, TooeasyError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 6), dtype=np.uint8)
LABELS = np.arange(40) % 4


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def save(path: Path, *, compressed: bool = False, **arrays: Any) -> Path:
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("x_train", "y_train"),
        ("X", "y"),
        ("images", "labels"),
        ("train_images", "train_labels"),
        ("trainX", "trainY"),
        ("data", "target"),
        ("data", "label"),
        ("Train-Images", "train_labels"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_the_names_in_use_are_known(tmp_path, images, labels, compressed):
    """Whatever images and labels are called, alone they are the training split."""
    data = tooeasy.load(save(tmp_path / "a.npz", compressed=compressed, **{images: IMAGES, labels: LABELS}))
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert np.array_equal(data.train.labels, LABELS)
    assert data.test is None


def test_medmnist_has_three_splits_and_column_labels(tmp_path):
    """MedMNIST's names, and its labels of shape (n, 1); validation images are said to be left."""
    splits = {f"{split}_{kind}": value for split in ("train", "val", "test")
              for kind, value in (("images", np.stack([IMAGES] * 3, 3)), ("labels", LABELS[:, None]))}  # fmt: skip
    data = tooeasy.load(save(tmp_path / "pathmnist.npz", compressed=True, **splits))
    assert data.shape == (6, 6, 3)
    assert data.held_out == "test split"
    assert data.notes == ("not used: split val",)


def test_names_of_classes_come_along(tmp_path):
    """An array of names beside numbers names the classes; bytes are read as UTF-8."""
    names = ["ant", "bee", "cat", "düne"]
    assert tooeasy.load(save(tmp_path / "a.npz", x=IMAGES, y=LABELS, names=names)).classes == tuple(names)
    encoded = np.array([name.encode() for name in names])
    assert tooeasy.load(save(tmp_path / "b.npz", x=IMAGES, y=LABELS, class_names=encoded)).classes == tuple(names)
    assert tooeasy.load(save(tmp_path / "c.npz", x=IMAGES, y=encoded[LABELS])).classes == tuple(names)


def test_other_names_are_named(tmp_path):
    """image_column and label_column choose arrays of any name, also as the word that comes with the splits."""
    path = save(tmp_path / "a.npz", pix=IMAGES, kind=LABELS, rest=LABELS)
    assert "it has pix (uint8 40x6x6), kind (int64 40), rest (int64 40)" in error_of(path)
    data = tooeasy.load(path, image_column="pix", label_column="kind")
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    path = save(tmp_path / "b.npz", pix_train=IMAGES, pix_test=IMAGES, kind_train=LABELS, kind_test=LABELS)
    assert tooeasy.load(path, image_column="pix", label_column="kind").held_out == "test split"
    assert "has no array 'nix'; it has pix_train" in error_of(path, image_column="nix")


def test_two_arrays_without_names_are_images_and_labels(tmp_path):
    """What numpy.savez(file, images, labels) writes."""
    np.savez(tmp_path / "a.npz", IMAGES, LABELS)
    assert np.array_equal(tooeasy.load(tmp_path / "a.npz").train.images()[..., 0], IMAGES)


def test_images_without_labels_are_left_and_said(tmp_path):
    """A test split whose labels are secret is no test split."""
    data = tooeasy.load(save(tmp_path / "a.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES))
    assert data.test is None
    assert data.notes == ("not used, as it has no labels: split test",)


def test_the_better_name_wins(tmp_path):
    """scikit-learn's digits have the same pixels as "images" and, flat, as "data"."""
    flat = IMAGES.reshape(40, -1)
    assert tooeasy.load(save(tmp_path / "a.npz", data=flat, images=IMAGES, target=LABELS)).shape == (6, 6, 1)


def test_what_is_not_compressed_is_memory_mapped(tmp_path):
    """Images of a .npy, or of an .npz that is only stored, are read from disk when looked at."""
    path = save(tmp_path / "a.npz", images=IMAGES, labels=LABELS)
    assert isinstance(npy.NpzFile(path).array("images"), np.memmap)
    np.save(tmp_path / "images.npy", np.asfortranarray(IMAGES))
    assert isinstance(npy.map_npy(tmp_path / "images.npy"), np.memmap)
    assert np.array_equal(npy.map_npy(tmp_path / "images.npy"), IMAGES)


@pytest.mark.parametrize(
    "names",
    [
        ("images.npy", "labels.npy"),
        ("X.npy", "y.npy"),
        ("x_train.npy", "y_train.npy"),
        ("train_images.npy", "train_labels.npy"),
        ("k49-train-imgs.npz", "k49-train-labels.npz"),
    ],
)
def test_pairs_of_files_are_found_by_folder_and_by_file(tmp_path, names):
    """A folder with a pair, or either file of it, is the dataset."""
    for name, array in zip(names, (IMAGES, LABELS), strict=True):
        (np.save if name.endswith("npy") else np.savez_compressed)(tmp_path / name, array)
    for path in (tmp_path, *(tmp_path / name for name in names)):
        assert np.array_equal(tooeasy.load(path).train.images()[..., 0], IMAGES)


def test_pairs_of_both_splits(tmp_path):
    """Files of training and test are the two splits."""
    for split in ("train", "test"):
        np.save(tmp_path / f"x_{split}.npy", IMAGES)
        np.save(tmp_path / f"y_{split}.npy", LABELS)
    assert tooeasy.load(tmp_path).held_out == "test split"


def test_a_file_for_each_split(tmp_path):
    """train.npz and test.npz in a folder are the splits."""
    for split in ("train", "test"):
        save(tmp_path / f"{split}.npz", images=IMAGES, labels=LABELS)
    assert tooeasy.load(tmp_path).held_out == "test split"


def test_files_of_two_datasets_are_refused(tmp_path):
    """Which one is meant cannot be known; one file of it says."""
    for name in ("kmnist", "k49"):
        np.savez(tmp_path / f"{name}-train-imgs.npz", IMAGES)
        np.savez(tmp_path / f"{name}-train-labels.npz", LABELS)
    assert "more than one dataset: k49, kmnist; give one file" in error_of(tmp_path)
    assert len(tooeasy.load(tmp_path / "k49-train-imgs.npz").train) == 40


@pytest.mark.parametrize("kind", ["npz", "mapped npz", "npy", "memory"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_fractions_from_0_to_1_are_scaled(tmp_path, kind, dtype):
    """Pixels divided by 255 come back bit for bit, and it is said, whether they are in memory or mapped."""
    images = (IMAGES / 255).astype(dtype)
    if kind == "memory":
        data = from_arrays((images, LABELS))
    elif kind == "npy":
        np.save(tmp_path / "images.npy", images)
        np.save(tmp_path / "labels.npy", LABELS)
        data = tooeasy.load(tmp_path)
    else:
        data = tooeasy.load(save(tmp_path / "a.npz", compressed=kind == "npz", images=images, labels=LABELS))
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert data.notes == ("pixels from 0 to 1 are scaled to 0 to 255 and rounded to whole numbers",)


def test_fractions_from_0_to_255_are_rounded():
    """Only rounding, to the nearest; and whole numbers as floats are not worth a word."""
    data = from_arrays((IMAGES + np.where(IMAGES < 255, 0.4, 0), LABELS))
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert data.notes == ("pixels with fractions are rounded to whole numbers",)
    assert from_arrays((IMAGES.astype(float), LABELS)).notes == ()


def test_one_scale_for_both_splits():
    """A test split that happens to be dark is not scaled while the training split is not."""
    data = from_arrays((IMAGES + 0.0, LABELS), (IMAGES // 255 * 1.0, LABELS))
    assert np.array_equal(data.test.images()[..., 0], IMAGES // 255)


def test_truth_values_are_black_and_white():
    """Masks are images of 0 and 255."""
    assert set(np.unique(from_arrays((IMAGES > 99, LABELS)).train.images())) == {0, 255}


def test_levels_are_kept():
    """Fractions of 17 levels become 17 levels."""
    digits = RNG.integers(0, 17, (40, 3, 3))
    digits[0, 0, 0] = 16
    assert np.array_equal(from_arrays((digits / 16, LABELS), levels=17).train.images()[..., 0], digits)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "image 7 has pixels that are NaN or infinite"),
        (np.inf, "image 7 has pixels that are NaN or infinite"),
        (-1.0, "pixels are whole numbers from 0 to 255; found -1 to 1: scale them"),
        (256.0, "pixels are whole numbers from 0 to 255; found 0 to 256: scale them"),
    ],
)
@pytest.mark.parametrize("mapped", [False, True])
def test_pixels_out_of_range_are_refused(tmp_path, value, message, mapped):
    """NaN, infinity and what is neither 0 to 1 nor 0 to 255: one line before any work."""
    images = IMAGES / 255
    images[7, 2, 2] = value
    images[0, 0, 0], images[0, 0, 1] = 0, 1
    assert message in error_of(save(tmp_path / "a.npz", compressed=not mapped, images=images, labels=LABELS))


def test_channels_first_are_put_last(tmp_path):
    """(n, 3, height, width) is recognised and said; where the last axis may be channels, that is what it is."""
    images = RNG.integers(0, 256, (40, 3, 8, 9), dtype=np.uint8)
    data = tooeasy.load(save(tmp_path / "a.npz", images=images, labels=LABELS))
    assert np.array_equal(data.train.images(), images.transpose(0, 2, 3, 1))
    assert data.notes == ("the channels are the first axis of each image: they are put last",)
    assert from_arrays((images[..., :3], LABELS)).shape == (3, 8, 3)


@pytest.mark.parametrize("planes", [False, True])
def test_flat_rows_of_colour(tmp_path, planes):
    """Rows of 3 x square are arranged as makes neighbours alike: pixel by pixel, or colour after colour."""
    smooth = np.add.outer(np.arange(12) * 5, np.arange(12) * 7)[..., None] + np.array([0, 60, 110])
    images = (smooth[None] + RNG.integers(0, 5, (40, 12, 12, 3))).clip(0, 255).astype(np.uint8)
    flat = (images.transpose(0, 3, 1, 2) if planes else images).reshape(40, -1)
    data = tooeasy.load(save(tmp_path / "a.npz", images=flat, labels=LABELS))
    assert np.array_equal(data.train.images(), images)
    assert ("one colour after another" in data.notes[0]) is planes


def test_flat_rows_are_squares_or_of_the_size_given(tmp_path):
    """(n, pixels) needs a size only where it is no square."""
    path = save(tmp_path / "a.npz", images=IMAGES[:, :5].reshape(40, 30), labels=LABELS)
    assert "30 numbers are no square image, grey or of three channels: give its size" in error_of(path)
    assert np.array_equal(tooeasy.load(path, size=(5, 6)).train.images()[..., 0], IMAGES[:, :5])
    assert "or 4x4 as given" in error_of(path, size=(4, 4))


def test_objects_are_never_loaded(tmp_path):
    """Arrays of Python objects are pickles: refused in every form, and nothing in them is run."""

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "ran").touch, ())

    bombs = np.array([Bomb()] * 40)
    for name in ("images", "labels"):
        arrays = {"images": IMAGES, "labels": LABELS, name: bombs}
        assert "Python objects, which are never loaded" in error_of(save(tmp_path / "a.npz", **arrays))
    np.save(tmp_path / "images.npy", bombs)
    np.save(tmp_path / "labels.npy", LABELS)
    assert "Python objects, which are never loaded" in error_of(tmp_path / "images.npy")
    assert not (tmp_path / "ran").exists()


def npy_bytes(array: np.ndarray, header: str | None = None) -> bytes:
    """Bytes of a .npy file, with another header if given."""
    text = header or f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1") + array.tobytes()


@pytest.mark.parametrize(
    "shape",
    ["(2000000000, 60, 60)", "(39, 6, 6)", "(-1, 6, 6)", "(0, 4611686018427387904, 4)", f"({'1, ' * 70})", "(0, 0)"],
)
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_headers_that_lie_are_found_out(tmp_path, shape, method):
    """A header that claims another size than there is costs no memory and ends in one line."""
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.writestr("images.npy", npy_bytes(IMAGES, header))
        archive.writestr("labels.npy", npy_bytes(LABELS))
    error_of(tmp_path / "a.npz")
    (tmp_path / "images.npy").write_bytes(npy_bytes(IMAGES[:30], header))
    (tmp_path / "labels.npy").write_bytes(npy_bytes(LABELS))
    error_of(tmp_path / "images.npy")


@pytest.mark.parametrize(
    "header", ["", "{", "{'descr': 1}", "[" * 9000, "(", "9" * 9000, "{'descr': 'V0', 'shape': ()}"]
)
def test_headers_that_are_none_are_refused(tmp_path, header):
    """Whatever NumPy's parser makes of a damaged header, it is one line."""
    (tmp_path / "images.npy").write_bytes(npy_bytes(IMAGES, header or " "))
    (tmp_path / "labels.npy").write_bytes(npy_bytes(LABELS))
    assert "images.npy is no NumPy array, or a damaged one" in error_of(tmp_path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    """More than the limit is not unpacked, and the way out is named."""
    monkeypatch.setattr(npy, "MAX_UNZIPPED", 1000)
    path = save(tmp_path / "a.npz", compressed=True, images=IMAGES, labels=LABELS)
    assert "unpacks to 1,568 bytes, more than 1,000: save it with numpy.savez, uncompressed" in error_of(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_files_that_are_cut_or_garbled_are_refused(tmp_path, compressed):
    """Every cut and many garbled bytes of a file end in one line or in data."""
    whole = save(tmp_path / "a.npz", compressed=compressed, images=IMAGES, labels=LABELS).read_bytes()
    path = tmp_path / "b.npz"
    for size in (0, 1, 30, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        error_of(path)
    for seed in range(200):
        random = np.random.default_rng(seed)
        broken = bytearray(whole)
        broken[random.integers(len(whole))] ^= int(random.integers(1, 256))
        path.write_bytes(broken)
        with contextlib.suppress(TooeasyError):
            tooeasy.load(path).train.sketch()


def test_an_empty_archive_and_text_are_refused(tmp_path):
    """A zip without arrays, and a text file of that name."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    assert "has no arrays" in error_of(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_text("hello")
    assert "is no .npz file, or a damaged one" in error_of(tmp_path / "b.npz")


def test_folders_of_other_things_are_not_claimed(tmp_path):
    """Quick, Draw!'s bitmaps have a file for each class, which are no pairs."""
    np.save(tmp_path / "cat.npy", IMAGES)
    np.save(tmp_path / "dog.npy", IMAGES)
    assert not numpy_files.claims(tmp_path)
    assert not numpy_files.claims(tmp_path / "cat.npy")
    assert not numpy_files.claims(tmp_path / "nothing.npz")


def real(name: str) -> Path:
    folder = os.environ.get("TOOEASY_TEST_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"needs {name} in the folder that TOOEASY_TEST_DATA names")
    return Path(folder) / name


def test_the_real_quickdraw_drawings():
    """345 classes of 100 drawings, with their names."""
    data = tooeasy.load(real("quickdraw345/quickdraw345x100.npz"))
    assert (len(data.train), data.shape, len(data.classes)) == (34500, (28, 28, 1), 345)
    assert data.classes[0] == "The Eiffel Tower"
    assert (data.train.images_per_class == 100).all()


def test_the_real_kuzushiji_characters():
    """KMNIST's test images, a file with one array each."""
    data = tooeasy.load(real("kmnist-test"))
    assert (len(data.train), data.shape) == (10000, (28, 28, 1))
    assert (data.train.images_per_class == 1000).all()
    reference = np.load(real("kmnist-test/kmnist-test-imgs.npz"))["arr_0"]
    assert np.array_equal(data.train.images()[..., 0], reference)
