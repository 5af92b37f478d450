"""IDX files: every type, both spellings, raw and gzip; and what is wrong with a file is said in one line."""

from __future__ import annotations

import gzip
import mmap
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import IDX_CODES, SPELLINGS, idx_bytes, random_images, write_idx

from tooeasy import SourceError, SourceNotFoundError, load
from tooeasy.data.formats.idx import parse_idx, read_idx, sha256_of_idx

IMAGES, LABELS = random_images(0, n=12, shape=(3, 4, 1))
IMAGES = IMAGES[..., 0]


@pytest.fixture(params=[False, True], ids=["raw", "gzip"])
def zipped(request) -> bool:
    return request.param


def store(path, data: bytes, zipped: bool):
    path.write_bytes(gzip.compress(data) if zipped else data)
    return path


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", IDX_CODES)
def test_every_type_and_number_of_dimensions_is_read(tmp_path, dtype, dimensions, zipped):
    """Values and shape come back for each of the six types, from one dimension to four."""
    low = 0 if dtype == "u1" else -100
    shape = (2, 3, 4, 5)[:dimensions]
    reference = np.arange(low, low + np.prod(shape)).astype(dtype).reshape(shape)
    computed = read_idx(store(tmp_path / "any", idx_bytes(reference, dtype), zipped))
    assert computed.shape == reference.shape
    assert computed.dtype == np.dtype(dtype)
    assert np.array_equal(computed, reference)
    assert np.array_equal(parse_idx(idx_bytes(reference, dtype), "any"), reference)


@given(shape=st.lists(st.integers(0, 4), min_size=1, max_size=5), dtype=st.sampled_from(list(IDX_CODES)))
def test_any_shape_is_read_and_one_byte_less_or_more_is_not(tmp_path_factory, shape, dtype):
    """Shapes with a zero in them too; a byte short and a byte long are refused, raw and gzip."""
    folder = tmp_path_factory.mktemp("idx")
    data = idx_bytes(np.ones(shape), dtype)
    for zipped in (False, True):
        computed = read_idx(store(folder / "whole", data, zipped))
        assert computed.shape == tuple(shape)
        assert (computed == 1).all()
        with pytest.raises(SourceError, match=r"more bytes than its header says|cut off within its header"):
            read_idx(store(folder / "long", data + b"\0", zipped))
        with pytest.raises(SourceError, match=r"fewer bytes than its header says|cut off within its header"):
            read_idx(store(folder / "short", data[:-1], zipped))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("test_part", ["t10k", "test"])
def test_both_spellings_of_the_names_are_found(tmp_path, spelling, test_part, zipped):
    """As distributed (``-idx3-ubyte``) and as unpackers leave it (``.idx3-ubyte``); the test files are t10k or test."""
    write_idx(tmp_path / "shapes", "train", IMAGES, LABELS, zipped=zipped, spelling=spelling)
    write_idx(tmp_path / "shapes", test_part, IMAGES[:5], LABELS[:5], zipped=zipped, spelling=spelling)
    data = load(tmp_path / "shapes")
    assert (data.name, data.shape, data.classes) == ("shapes", (3, 4, 1), ("0", "1", "2"))
    assert (len(data.train), len(data.test), data.held_out) == (12, 5, "test split")
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert np.array_equal(data.test.images()[..., 0], IMAGES[:5])
    assert np.array_equal(data.train.labels, LABELS)


def test_names_with_the_dataset_in_front_and_extra_files_are_fine(tmp_path):
    """EMNIST's names, and a readme beside them."""
    write_idx(tmp_path, "emnist-letters-train", IMAGES, LABELS)
    write_idx(tmp_path, "emnist-letters-test", IMAGES, LABELS)
    (tmp_path / "README").write_text("about")
    (tmp_path / "train-images-idx3-ubyte.txt").write_text("about")
    data = load(tmp_path)
    assert (len(data.train), len(data.test)) == (12, 12)


def test_channels_are_the_fourth_dimension(tmp_path):
    """IDX files of colour images keep their channels."""
    images, labels = random_images(1, n=9, shape=(2, 3, 3))
    write_idx(tmp_path, "train", images, labels)
    data = load(tmp_path)
    assert data.shape == (2, 3, 3)
    assert np.array_equal(data.train.images(), images)


def test_one_file_means_the_part_that_it_belongs_to(tmp_path, zipped):
    """Given the training images or labels, the test files are left alone."""
    images = write_idx(tmp_path, "train", IMAGES, LABELS, zipped=zipped)
    write_idx(tmp_path, "t10k", IMAGES[:5], LABELS[:5], zipped=zipped)
    labels = images.with_name(images.name.replace("images-idx3", "labels-idx1"))
    for path in (images, labels, str(images)):
        data = load(path)
        assert (len(data.train), data.test) == (12, None)


def test_test_files_alone_are_taken_as_the_whole_dataset_and_said_so(tmp_path):
    """A folder with only t10k files is a dataset without a test split, and a note tells."""
    write_idx(tmp_path, "t10k", IMAGES, LABELS)
    data = load(tmp_path)
    assert (len(data.train), data.test) == (12, None)
    assert data.notes == ("only a test split is here: it is taken as the whole dataset",)


def test_raw_files_are_memory_mapped(tmp_path):
    """Raw images are not read until they are looked at: they are views of a map of the file."""
    path = write_idx(tmp_path, "train", IMAGES, LABELS)
    assert isinstance(read_idx(path), np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        read_idx(path)[0, 0, 0] = 1
    base = load(tmp_path).train.pixels
    while getattr(base, "base", None) is not None:
        base = base.base
    assert isinstance(base, mmap.mmap)


def test_loading_a_large_raw_file_takes_no_memory_for_its_images(tmp_path):
    """64 MiB of images, a sparse file, are loaded with less than 1 MiB."""
    path = write_idx(tmp_path, "train", np.zeros((1, 256, 256)), [0])
    with path.open("r+b") as file:
        file.write(b"\0\0\x08\3" + struct.pack(">3I", 1024, 256, 256))
        file.truncate(16 + 2**26)
    labels = path.with_name("train-labels-idx1-ubyte")
    labels.write_bytes(idx_bytes(np.arange(1024) % 2))
    tracemalloc.start()
    try:
        data = load(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(data.train) == 1024
    assert peak < 2**20


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """A header of 2 TiB is refused by its size; 64 MiB behind a header of 4 bytes are not unpacked."""
    claim = b"\0\0\x08\2" + struct.pack(">2I", 2**21, 2**20)
    with pytest.raises(SourceError, match=r"unzips to .* more than"):
        read_idx(store(tmp_path / "claim", claim, True))
    path = store(tmp_path / "bomb", idx_bytes([1, 2, 3, 4]) + bytes(2**26), True)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="more bytes than its header says"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_a_gzip_file_that_claims_much_and_has_little_takes_little(tmp_path):
    """Memory grows with what is there, not with the gibibyte that the header claims."""
    path = store(tmp_path / "claim", b"\0\0\x08\1" + struct.pack(">I", 2**30) + b"few", True)
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match="fewer bytes than its header says: 1073741824 values"):
            read_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**23


def test_every_cut_of_a_gzip_file_is_noticed(tmp_path):
    """Wherever a gzip file ends too early, header, data or checksum, it is refused in one line."""
    whole = gzip.compress(idx_bytes(IMAGES), mtime=0)
    for length in range(2, len(whole)):
        path = tmp_path / "cut.gz"
        path.write_bytes(whole[:length])
        with pytest.raises(SourceError) as caught:
            read_idx(path)
        assert "\n" not in str(caught.value)


def test_a_gzip_file_with_a_wrong_checksum_or_a_tail_is_refused(tmp_path):
    """One flipped bit of the checksum, or something behind the end, is damage."""
    whole = gzip.compress(idx_bytes(IMAGES))
    for damaged in (whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:], whole + b"tail"):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(SourceError, match="is a damaged gzip file"):
            read_idx(tmp_path / "damaged")
        with pytest.raises(SourceError, match="is a damaged gzip file"):
            sha256_of_idx(tmp_path / "damaged")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not an IDX file: it starts with nothing"),
        (b"\0\0\x08", "is not an IDX file: it starts with 00 00 08"),
        (b"\x89PNG\r\n", "is not an IDX file: it starts with 89 50 4e 47"),
        (b"\0\1\x08\1\0\0\0\0", "is not an IDX file"),
        (b"\0\0\x0a\1\0\0\0\0", "is not an IDX file: it starts with 00 00 0a 01"),
        (b"\0\0\x08\3\0\0\0\1\0\0\0\2", "is cut off within its header"),
        (b"\0\0\x08\1\0\0\0\5abc", "has fewer bytes than its header says: 5 values take 5; found 3"),
        (b"\0\0\x08\1\0\0\0\2abc", "has more bytes than its header says: 2 values take 2; found at least 3"),
        (b"\0\0\x0d\2\0\0\0\2\0\0\0\3" + bytes(23), "2 x 3 values take 24; found 23"),
    ],
    ids=["empty", "three bytes", "png", "magic", "type", "header cut", "fewer", "more", "floats"],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, data, message, zipped):
    """Wrong magic, a cut header, fewer and more bytes: what was expected and what was found."""
    path = store(tmp_path / "wrong", data, zipped)
    with pytest.raises(SourceError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\x08\x41" + struct.pack(">65I", *[1] * 65) + b"\1",
        b"\0\0\x08\4" + struct.pack(">4I", 0, 2**31, 2**31, 2**31),
    ],
    ids=["65 dimensions", "no images of 2**93 pixels"],
)
def test_a_shape_that_no_array_can_have_is_refused(tmp_path, data, zipped):
    """More dimensions or a larger product than NumPy admits is a wrong file in one line, too."""
    with pytest.raises(SourceError, match="wrong"):
        read_idx(store(tmp_path / "wrong", data, zipped))


def test_missing_files_and_folders_are_named(tmp_path):
    """No such file; a folder without IDX files; a part without its labels or images."""
    with pytest.raises(SourceNotFoundError, match=f"no such file: {tmp_path / 'none'}"):
        read_idx(tmp_path / "none")
    with pytest.raises(SourceError, match="has no images; looked for"):
        load(tmp_path)
    images = write_idx(tmp_path / "a", "train", IMAGES, LABELS)
    images.with_name("train-labels-idx1-ubyte").unlink()
    with pytest.raises(SourceError, match="has no IDX file with the labels of its train split"):
        load(tmp_path / "a")
    write_idx(tmp_path / "b", "train", IMAGES, LABELS).unlink()
    with pytest.raises(SourceError, match="has no IDX file with the images of its train split"):
        load(tmp_path / "b")


def test_a_file_of_another_name_is_refused(tmp_path):
    """A picture alone is no dataset, and the error shows what one looks like."""
    (tmp_path / "cat.png").write_bytes(b"\x89PNG")
    with pytest.raises(SourceError, match="is one image; a dataset is a folder for each class"):
        load(tmp_path / "cat.png")


def test_a_folder_of_two_datasets_is_refused(tmp_path):
    """Which of two training sets is meant is not guessed."""
    for name in ("emnist-letters-train", "emnist-digits-train"):
        write_idx(tmp_path, name, IMAGES, LABELS)
    with pytest.raises(
        SourceError, match=r"IDX files of more than one dataset \(emnist-digits, emnist-letters\): give one file"
    ):
        load(tmp_path)


def test_one_file_of_a_folder_of_two_datasets_is_enough(tmp_path):
    """The advice of the error works."""
    paths = [write_idx(tmp_path, name, IMAGES, LABELS) for name in ("a-train", "b-train")]
    for path in paths:
        assert len(load(path).train) == 12


def test_a_gzip_file_with_its_raw_twin_beside_it_is_loaded(tmp_path):
    """Having unpacked a file does not make the packed one unusable."""
    write_idx(tmp_path, "train", IMAGES, LABELS)
    assert len(load(write_idx(tmp_path, "train", IMAGES, LABELS, zipped=True)).train) == 12


def test_parts_of_two_datasets_are_not_put_together(tmp_path):
    """The training images of one dataset are not scored on the test images of another because they share a folder."""
    write_idx(tmp_path, "emnist-digits-train", IMAGES, LABELS)
    write_idx(tmp_path, "emnist-mnist-test", IMAGES, LABELS)
    with pytest.raises(SourceError, match="more than one dataset"):
        load(tmp_path)


def test_raw_files_go_before_gzipped_ones(tmp_path):
    """With both there, the one that can be memory-mapped is used."""
    write_idx(tmp_path, "train", IMAGES, LABELS, zipped=True)
    write_idx(tmp_path, "train", IMAGES + 1, LABELS)
    assert np.array_equal(load(tmp_path).train.images()[..., 0], IMAGES + 1)


def test_images_and_labels_of_different_counts_are_refused(tmp_path, zipped):
    """Both numbers are in the line."""
    write_idx(tmp_path, "train", IMAGES, LABELS[:-1], zipped=zipped)
    with pytest.raises(SourceError, match="has 12 images and 11 labels"):
        load(tmp_path)


def test_labels_that_are_not_whole_numbers_are_refused(tmp_path):
    """Floating-point labels are fine only if they are whole."""
    write_idx(tmp_path / "whole", "train", IMAGES, LABELS, label_dtype=">f4")
    assert load(tmp_path / "whole").classes == ("0", "1", "2")
    write_idx(tmp_path / "half", "train", IMAGES, LABELS + 0.5, label_dtype=">f8")
    with pytest.raises(SourceError, match="labels are whole numbers or names; found >f8, such as"):
        load(tmp_path / "half")
    write_idx(tmp_path / "nan", "train", IMAGES, np.where(LABELS, LABELS, np.nan), label_dtype=">f8")
    with pytest.raises(SourceError, match="labels are whole numbers"):
        load(tmp_path / "nan")


def test_labels_of_two_dimensions_are_one_hot_or_refused(tmp_path):
    """A table of labels is one-hot, as some exporters write them, or no labels."""
    write_idx(tmp_path, "train", IMAGES, np.eye(3)[LABELS])
    assert np.array_equal(load(tmp_path).train.labels, LABELS)
    write_idx(tmp_path, "train", IMAGES, np.ones((12, 3)))
    with pytest.raises(SourceError, match=r"labels of shape \(12, 3\) are not one-hot"):
        load(tmp_path)


def test_pixels_that_are_not_bytes_are_refused(tmp_path):
    """A file of floats is a valid IDX file, and not one of images."""
    path = write_idx(tmp_path, "train", IMAGES, LABELS)
    path.write_bytes(idx_bytes(IMAGES, ">f4"))
    with pytest.raises(SourceError, match="has pixels of type >f4; tooeasy reads unsigned bytes"):
        load(tmp_path)


def test_images_of_one_or_five_dimensions_or_no_pixels_are_refused(tmp_path):
    """Images have two to four dimensions, and pixels."""
    path = write_idx(tmp_path, "train", IMAGES, LABELS)
    for array, message in (
        (np.zeros(12), "images have 2 to 4 dimensions"),
        (np.zeros((12, 1, 1, 1, 1)), "images have 2 to 4 dimensions"),
        (np.zeros((12, 0, 4)), "images have no pixels"),
    ):
        path.write_bytes(idx_bytes(array))
        with pytest.raises(SourceError, match=message):
            load(tmp_path)


def test_one_class_only_is_refused(tmp_path):
    """Telling classes apart takes two."""
    write_idx(tmp_path, "train", IMAGES, np.full(12, 7))
    with pytest.raises(SourceError, match=r"has one class \(7\); telling classes apart takes two"):
        load(tmp_path)


def test_an_empty_split_is_refused(tmp_path, zipped):
    """Neither training nor test split may be without images."""
    write_idx(tmp_path / "train", "train", IMAGES[:0], LABELS[:0], zipped=zipped)
    with pytest.raises(SourceError, match="train train is an empty split"):
        load(tmp_path / "train")
    write_idx(tmp_path / "test", "train", IMAGES, LABELS, zipped=zipped)
    write_idx(tmp_path / "test", "t10k", IMAGES[:0], LABELS[:0], zipped=zipped)
    with pytest.raises(SourceError, match="test test is an empty split"):
        load(tmp_path / "test")


def test_splits_of_different_shapes_or_with_a_new_class_are_refused(tmp_path):
    """The test images have the shape of the training images, and no class that was never trained on."""
    write_idx(tmp_path / "shape", "train", IMAGES, LABELS)
    write_idx(tmp_path / "shape", "t10k", IMAGES[:, :2], LABELS)
    with pytest.raises(SourceError, match="the splits have images of 2x4 and 3x4"):
        load(tmp_path / "shape")
    write_idx(tmp_path / "class", "train", IMAGES, LABELS)
    write_idx(tmp_path / "class", "t10k", IMAGES, LABELS + 1)
    with pytest.raises(SourceError, match="has no training image of class 3"):
        load(tmp_path / "class")


def test_the_checksum_is_of_the_decompressed_bytes(tmp_path):
    """Who compressed a file, and how, does not matter."""
    data = idx_bytes(IMAGES)
    (tmp_path / "raw").write_bytes(data)
    (tmp_path / "fast").write_bytes(gzip.compress(data, 1, mtime=1))
    (tmp_path / "best").write_bytes(gzip.compress(data, 9, mtime=2))
    assert len({sha256_of_idx(tmp_path / name) for name in ("raw", "fast", "best")}) == 1


@pytest.mark.data
def test_real_oracle_mnist_is_read(full_data):
    """A relative of MNIST from another author's compressor: 3,000 test images of ten ancient characters."""
    data = load(full_data("oracle-mnist-test"))
    assert (len(data.train), data.shape, data.classes) == (3000, (28, 28, 1), tuple("0123456789"))
