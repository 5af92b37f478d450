"""Bad input: one line on stderr, exit code 2, nothing on stdout, nothing written."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from samples import idx_bytes, random_images, write_idx

import tooeasy

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
START = struct.Struct("<8sHI")


@pytest.fixture
def broken(here):
    """Write a folder ``bad`` of one images and one labels file of any bytes; good ones where none are given."""

    def write(images=None, labels=None, ending=""):
        good_images, good_labels = random_images(6, n=30)
        folder = here / "bad"
        folder.mkdir()
        (folder / f"{IMAGES}{ending}").write_bytes(idx_bytes(good_images[..., 0]) if images is None else images)
        (folder / f"{LABELS}{ending}").write_bytes(idx_bytes(good_labels) if labels is None else labels)
        return folder

    return write


@pytest.fixture
def rewritten(make_sketch):
    """Write ``bad.sketch``: a good sketch with another header or version, and a checksum that fits."""

    def write(change=lambda header: header, version=1):
        data = make_sketch("good.sketch", ["a", "b"]).read_bytes()
        magic, _, length = START.unpack_from(data)
        header = change(json.loads(data[START.size : START.size + length]))
        head = header if isinstance(header, bytes) else json.dumps(header).encode()
        body = START.pack(magic, version, len(head)) + head + data[START.size + length : -32]
        path = Path("bad.sketch")
        path.write_bytes(body + hashlib.sha256(body).digest())
        return path

    return write


# Sources.


@pytest.mark.parametrize("name", ["missing/images", "missing.sketch", "./missing", "missing.gz"])
def test_no_such_file(refused, name):
    """A path that is not there is named."""
    assert "no such file" in (line := refused("pixels", name))
    assert str(Path(name)) in line


@pytest.mark.parametrize(
    ("typed", "meant"), [("mnits", "mnist"), ("MNIST", "mnist"), ("fashion", "fashion-mnist"), ("digit", "digits")]
)
def test_unknown_name(refused, typed, meant):
    """A name that is not known is answered with the nearest ones that are."""
    known = refused("pixels", typed).partition("known are ")[2].split(", ")
    assert meant in known


def test_name_near_nothing(refused):
    """A name near to nothing is answered with a few names, and the command that lists all."""
    line = refused("pixels", "zzzzzz")
    assert all(words in line for words in ("mnist, fashion-mnist", "`tooeasy datasets` lists all"))


def test_truncated_gzip(refused, broken):
    """A gzip file that was cut off is named as damaged."""
    images, _ = random_images(6, n=30)
    line = refused("pixels", broken(images=gzip.compress(idx_bytes(images[..., 0]))[:-20], ending=".gz"))
    assert "damaged gzip" in line
    assert IMAGES in line


def test_garbled_gzip(refused, broken):
    """A gzip file in which bytes were changed is named as damaged, not read."""
    images, _ = random_images(6, n=30)
    data = bytearray(gzip.compress(idx_bytes(images[..., 0])))
    data[len(data) // 2] ^= 0xFF
    assert "damaged gzip" in refused("pixels", broken(images=bytes(data), ending=".gz"))


@pytest.mark.parametrize("data", [b"", b"\0\0", b"PK\x03\x04 and so on", b"\0\0\x07\x03" + bytes(12)])
def test_wrong_magic(refused, broken, data):
    """A file that does not start as IDX files do is named, with what it starts with."""
    assert "is not an IDX file" in refused("pixels", broken(images=data))


@pytest.mark.parametrize(("change", "word"), [(-1, "fewer"), (1, "more")])
@pytest.mark.parametrize("zipped", [False, True])
def test_bytes_and_header_disagree(refused, broken, change, word, zipped):
    """Fewer or more bytes than the header says are refused, raw or zipped."""
    images, _ = random_images(6, n=30)
    data = idx_bytes(images[..., 0])
    data = data[:change] if change < 0 else data + b"\0"
    data = gzip.compress(data) if zipped else data
    assert f"{word} bytes than its header says" in refused("pixels", broken(images=data))


def test_header_cut_off(refused, broken):
    """A file that ends within its header is named."""
    assert "cut off within its header" in refused("pixels", broken(images=bytes([0, 0, 8, 3, 0, 0])))


def test_header_that_claims_the_world(refused, broken):
    """A header that claims more bytes than any memory has is refused by what is there."""
    data = bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3) + b"few"
    assert "fewer bytes" in refused("pixels", broken(images=data))


def test_zipped_header_that_claims_the_world(refused, broken):
    """The same within a gzip file is refused before it is read."""
    data = bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3) + b"few"
    assert "unzip it first" in refused("pixels", broken(images=gzip.compress(data)))


def test_header_with_too_many_dimensions(refused, broken):
    """A header with more dimensions than an array can have is refused."""
    data = bytes([0, 0, 8, 70]) + struct.pack(">70I", *[1] * 70) + b"a"
    assert "dimensions" in refused("pixels", broken(images=data))


def test_header_with_no_images_of_a_huge_size(refused, broken):
    """A header of no images, each larger than any memory, is refused."""
    data = bytes([0, 0, 8, 3]) + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1)
    assert "bad" in refused("pixels", broken(images=data))


def test_images_and_labels_of_different_counts(refused, broken):
    """Different numbers of images and labels are both named."""
    line = refused("pixels", broken(labels=idx_bytes(np.arange(29) % 3)))
    assert "30 images" in line
    assert "29 labels" in line


def test_images_and_labels_changed_about(refused, broken):
    """Labels where images should be are refused."""
    assert "dimensions" in refused("pixels", broken(images=idx_bytes(np.arange(30))))


def test_labels_missing(refused, broken):
    """Images without a labels file are refused."""
    folder = broken()
    (folder / LABELS).unlink()
    assert "no IDX file with the labels" in refused("pixels", folder)


@pytest.mark.parametrize("dtype", ["i1", ">i2", ">f4"])
def test_images_of_another_type(refused, broken, dtype):
    """Pixels that are not bytes are refused, with their type."""
    images, _ = random_images(6, n=30, levels=100)
    assert "unsigned bytes" in refused("pixels", broken(images=idx_bytes(images[..., 0], dtype)))


def test_one_class_only(refused, broken):
    """One class is not a task."""
    assert "one class" in refused("pixels", broken(labels=idx_bytes(np.full(30, 7))))


def test_empty_split(refused, broken):
    """A split without images is refused."""
    assert "empty" in refused("pixels", broken(images=idx_bytes(np.zeros((0, 3, 4))), labels=idx_bytes([])))


def test_empty_test_split(refused, folder):
    """A test split without images is refused, although there are training images."""
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((0, 3, 4))))
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes([]))
    assert "empty" in refused("pixels", folder)


@pytest.mark.parametrize("value", [0.5, np.nan])
def test_labels_that_are_not_whole_numbers(refused, broken, value):
    """Labels that are fractions or no numbers are refused."""
    labels = np.arange(30) % 3 + np.where(np.arange(30) == 3, value, 0.0)
    assert "labels are whole numbers" in refused("pixels", broken(labels=idx_bytes(labels, ">f4")))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.inf, 1e300])
def test_labels_beyond_all_whole_numbers(refused, broken, value):
    """Labels so large that no integer holds them are refused."""
    labels = np.where(np.arange(30) == 3, value, np.arange(30) % 3)
    assert "labels are whole numbers" in refused("pixels", broken(labels=idx_bytes(labels, ">f8")))


def test_folder_without_idx_files(refused, here):
    """A folder of images without class folders is named, with an example of what was looked for."""
    (here / "empty").mkdir()
    (here / "empty" / "cat.jpg").write_bytes(b"cat")
    assert "none in a class folder" in refused("pixels", "empty")


def test_file_that_is_no_source(refused, here):
    """A file under a name that no source has is refused."""
    (here / "notes.txt").write_text("hello")
    assert "notes.txt" in refused("pixels", "notes.txt")


def test_device_that_is_no_source(refused):
    """A device is refused, by its own name."""
    assert "/dev/null" in refused("pixels", "/dev/null")


def test_empty_source(refused):
    """An empty name is refused as one, not taken for the folder that one is in."""
    assert "." not in refused("pixels", "").partition(";")[0].split()


def test_folders_where_files_should_be(refused, here):
    """Folders that have the names of IDX files, or of a sketch, are not read."""
    (here / "odd" / IMAGES).mkdir(parents=True)
    (here / "odd.sketch").mkdir()
    refused("pixels", "odd")
    refused("pixels", "odd.sketch")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_unreadable_file(refused, folder):
    """A file that may not be read is named."""
    (folder / IMAGES).chmod(0)
    assert IMAGES in refused("pixels", folder)


def test_nul_in_a_name(refused):
    """A name with a NUL, which no file has, is no such file."""
    refused("pixels", "a\0b")
    refused("pixels", "a\0b/c")
    refused("pixels", "a\0b.sketch")


@pytest.mark.parametrize("name", ["two\nlines", "two\nlines/x", "\x1b[31mred.sketch", "tab\there\r\n.gz", "x" * 5000])
def test_any_name_gives_one_line(refused, name):
    """Line breaks and control characters in a name still give one printable line."""
    refused("pixels", name)
    refused("merge", name, "-o", "a.sketch")
    refused("sketch", "digits", "-o", f"missing/{name}")


# Sketch files.


def test_empty_sketch_file(refused, here):
    """An empty sketch file is refused."""
    (here / "bad.sketch").write_bytes(b"")
    assert "not a sketch file" in refused("pixels", "bad.sketch")


@pytest.mark.parametrize("position", [9, 40, -40, -1])
def test_corrupted_sketch(refused, make_sketch, position):
    """A bit that turned over anywhere in a sketch is found by its checksum, by every command that reads one."""
    path = make_sketch("bad.sketch", ["a", "b"])
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    refused("pixels", path)
    refused("merge", path, "-o", "out.sketch")
    refused("sketch", path, "-o", "out.sketch")


def test_truncated_sketch(refused, make_sketch):
    """A sketch file that was cut off is refused, wherever."""
    path = make_sketch("bad.sketch", ["a", "b"])
    data = path.read_bytes()
    for length in (5, 20, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert "bad.sketch" in refused("pixels", path)


def test_newer_sketch(refused, rewritten):
    """A sketch of a newer format says that tooeasy must be upgraded."""
    assert "upgrade tooeasy" in refused("pixels", rewritten(version=3))


def test_sketch_of_one_class(refused, make_sketch):
    """A sketch of one class is not a task."""
    assert "one class" in refused("pixels", make_sketch("one.sketch", ["a"]))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda header: {**header, "shape": [10**9, 10**9, 1]}, id="huge"),
        pytest.param(lambda header: {**header, "shape": [3, 4, -1]}, id="negative"),
        pytest.param(lambda header: {**header, "shape": None}, id="null"),
        pytest.param(lambda header: {**header, "levels": 8}, id="levels"),
        pytest.param(lambda header: {**header, "normalize": "l3"}, id="normalize"),
        pytest.param(lambda header: {**header, "classes": "ab"}, id="classes"),
        pytest.param(lambda header: {**header, "levels": float("inf")}, id="infinite"),
        pytest.param(lambda header: {}, id="empty"),
        pytest.param(lambda header: b"[" * 100_000, id="deep"),
        pytest.param(lambda header: b"\xff\xfe", id="not text"),
    ],
)
def test_forged_header(refused, rewritten, change):
    """A header that is wrong although the checksum fits is refused."""
    assert "is not a valid sketch" in refused("pixels", rewritten(change))


def test_merging_sketches_of_different_shapes(refused, make_sketch):
    """Sketches of different shapes do not add up, and both shapes are named."""
    make_sketch("a.sketch", ["a", "b"])
    make_sketch("b.sketch", ["a", "b"], shape=(5, 6, 1))
    line = refused("merge", "a.sketch", "b.sketch", "-o", "c.sketch")
    assert "(3, 4, 1)" in line
    assert "(5, 6, 1)" in line


def test_merging_sketches_of_different_classes(refused, make_sketch):
    """Sketches of different classes do not add up."""
    make_sketch("a.sketch", ["a", "b"])
    make_sketch("b.sketch", ["a", "c"])
    assert "classes" in refused("merge", "a.sketch", "b.sketch", "-o", "c.sketch")


def test_merging_with_and_without_moments(command, refused, folder):
    """A sketch with moments and one without do not add up."""
    command("sketch", folder, "-o", "a.sketch")
    command("sketch", folder, "--no-moments", "-o", "b.sketch")
    assert "moments" in refused("merge", "a.sketch", "b.sketch", "-o", "c.sketch")


def test_merging_sketches_of_different_levels(command, refused, folder):
    """Sketches of different levels do not add up."""
    command("sketch", folder, "-o", "a.sketch")
    command("sketch", folder, "--levels", "8", "-o", "b.sketch")
    assert "different levels" in refused("merge", "a.sketch", "b.sketch", "-o", "c.sketch")


def test_merging_what_is_no_sketch(refused, folder, make_sketch):
    """Only sketch files merge."""
    refused("merge", make_sketch("a.sketch", ["a", "b"]), folder, "-o", "c.sketch")
    assert "not a sketch file" in refused("merge", "a.sketch", folder / IMAGES, "-o", "c.sketch")


def test_normalising_a_sketch(refused, make_sketch):
    """A plain sketch cannot become a normalised one: the images are needed, and the line says so."""
    assert "images are needed" in refused("pixels", make_sketch("a.sketch", ["a", "b"]), "--normalize", "l2")


def test_training_images_that_are_not_here(refused):
    """Where the training images are needed and absent, the line says how to get them."""
    line = refused("sketch", "mnist", "--normalize", "l2", "-o", "a.sketch")
    assert "TOOEASY_DATA" in line
    assert IMAGES in line


# Options.


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--rule", "nope"], "lookup"),
        (["--normalize", "l1"], "l2"),
        (["--levels", "1"], "2 to 256"),
        (["--levels", "0"], "2 to 256"),
        (["--levels", "-3"], "2 to 256"),
        (["--levels", "257"], "2 to 256"),
        (["--levels", "1000"], "2 to 256"),
        (["--levels", "many"], "--levels"),
        (["--C", "0"], "positive"),
        (["--C", "-1"], "positive"),
        (["--C", "nan"], "positive"),
        (["--C", "inf"], "positive"),
        (["--C", "much"], "--C"),
        (["--seed", "x"], "--seed"),
        (["--map", "0", "9"], "0, 1, 2"),
        (["--map", "1", "1"], "two different classes"),
        (["--map", "1"], "--map"),
        (["--figure", "a.gif"], ".png, .svg, .pdf"),
        (["--figure", "a"], ".png, .svg, .pdf"),
        (["--test", "missing/x"], "missing/x"),
        (["--test", "digits"], "shape"),
        (["--colour"], "--colour"),
        (["--csv"], "--csv"),
    ],
)
def test_wrong_options(refused, folder, options, named):
    """A wrong option or value is refused, with what it may be."""
    assert named in refused("pixels", folder, *options)


def test_levels_above_those_of_the_source(refused):
    """No more levels can be counted than there are."""
    assert "2 to 17" in refused("pixels", "digits", "--levels", "18")


def test_one_bad_value_among_several_sources_writes_nothing(refused, folder, unsplit):
    """A source that fails after others have been studied leaves no output of these either."""
    refused("pixels", folder, unsplit, "digits", "--map", "0", "9", "--csv", "a.csv", "--figure", "a.png")


def test_test_images_of_other_classes(refused, folder, here):
    """Test images with a class that was not trained are refused, and it is named."""
    images, labels = random_images(7, n=40, classes=4)
    write_idx(here / "four", "train", images[..., 0], labels)
    assert "other classes" in (line := refused("pixels", folder, "--test", "four"))
    assert "3" in line


def test_negative_seed(refused, unsplit):
    """A seed that is not a whole number from zero is refused."""
    assert "seed" in refused("pixels", unsplit, "--seed", "-1")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("C", ["1e308", "1e-308"])
def test_extreme_penalties_end_well(command, folder, C):
    """A penalty at the ends of what a float holds gives a result or one line, not a traceback."""
    assert command("pixels", folder, "--rule", "logistic", "--C", C, "--json").code in (0, 2)


@pytest.mark.parametrize("arguments", [["nope"], ["Pixels"], ["pixels"], ["sketch"], ["merge"], ["--nope"]])
def test_wrong_usage(refused, arguments):
    """An unknown command or option, or a command without what it needs, is refused."""
    refused(*arguments)


def test_missing_output(refused, folder):
    """``sketch`` and ``merge`` need ``--output``, and say so."""
    assert "--output" in refused("sketch", folder)
    assert "--output" in refused("merge", "a.sketch")


def test_wrong_split(refused, folder):
    """A split that there is not is refused with the two that there are."""
    line = refused("sketch", folder, "--split", "validation", "-o", "a.sketch")
    assert "train" in line
    assert "test" in line


def test_split_that_the_source_has_not(refused, unsplit):
    """A dataset without a test split has no sketch of it."""
    assert "no split 'test'; it has train" in refused("sketch", unsplit, "--split", "test", "-o", "a.sketch")


# Outputs.


def outputs(name):
    """Every way of asking for a file of this name; a figure's name needs its ending."""
    return [
        ["pixels", "small", "--csv", f"{name}"],
        ["pixels", "small", "--figure", f"{name}.png"],
        ["sketch", "small", "-o", f"{name}"],
        ["merge", "a.sketch", "-o", f"{name}"],
    ]


@pytest.mark.parametrize("arguments", outputs("missing/out"), ids=lambda arguments: f"{arguments[0]}{arguments[2]}")
def test_output_folder_that_does_not_exist(refused, folder, make_sketch, arguments):
    """An output folder that is not there is named."""
    make_sketch("a.sketch", ["a", "b"])
    line = refused(*arguments)
    assert "the folder missing does not exist" in line


@pytest.mark.parametrize("arguments", outputs("missing/out"), ids=lambda arguments: f"{arguments[0]}{arguments[2]}")
def test_output_is_looked_at_before_the_work(refused, arguments):
    """An output that cannot be written is named first, before a source is even looked for."""
    assert "the folder missing does not exist" in refused(*arguments)  # neither small nor a.sketch is here


@pytest.mark.parametrize("arguments", outputs("taken"), ids=lambda arguments: f"{arguments[0]}{arguments[2]}")
def test_output_that_is_a_folder(refused, here, folder, make_sketch, arguments):
    """An output that is a folder is refused."""
    make_sketch("a.sketch", ["a", "b"])
    (here / arguments[-1]).mkdir()
    assert "it is a folder" in refused(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [["pixels", "small", "--csv"], ["sketch", "small", "-o"], ["merge", "a.sketch", "-o"]],
    ids=lambda arguments: arguments[0],
)
def test_output_that_is_a_device(refused, folder, make_sketch, arguments):
    """A device is not replaced by a file."""
    make_sketch("a.sketch", ["a", "b"])
    assert "device" in refused(*arguments, "/dev/null")
    assert not Path("/dev/null").is_file()


def test_output_in_a_file(refused, folder, make_sketch):
    """A folder of the output that is a file is refused."""
    make_sketch("a.sketch", ["a", "b"])
    assert "a.sketch" in refused("sketch", folder, "-o", "a.sketch/b.sketch")


def test_empty_output(refused, folder):
    """An empty name of an output is refused."""
    refused("pixels", folder, "--csv", "")


def test_output_name_that_is_too_long(refused, folder):
    """A name longer than any file may have is refused."""
    refused("sketch", folder, "-o", "x" * 400 + ".sketch")


def test_one_file_for_two_outputs(refused, folder):
    """The figure and the CSV cannot be the same file."""
    refused("pixels", folder, "--csv", "a.png", "--figure", "a.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_output_folder_that_is_read_only(refused, here, folder):
    """A folder that may not be written in is refused."""
    (here / "locked").mkdir(mode=0o500)
    assert "permission" in refused("sketch", folder, "-o", "locked/a.sketch")


def test_a_refused_source_leaves_an_older_output(refused, make_sketch):
    """When the work fails, a file that was there under the output's name stays as it was."""
    path = make_sketch("kept.sketch", ["a", "b"])
    before = path.read_bytes()
    refused("sketch", "mnits", "-o", path)
    refused("merge", path, "missing.sketch", "-o", path)
    assert path.read_bytes() == before
    assert tooeasy.Sketch.load(path).classes == ("a", "b")
