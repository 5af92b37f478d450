"""CSV: Kaggle's rows of pixels in all their variants, rows of paths, and what is damaged."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tooeasy
from tooeasy.data.formats import csv_files, csv_text
from tooeasy.errors import SourceError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 6), dtype=np.uint8)
LABELS = np.arange(40) % 4
FLAT = IMAGES.reshape(40, -1)
PIXELS = [f"pixel{number}" for number in range(36)]
ENDS_AT_ZERO = tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1)  # and takes what is before for the whole text


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write(path: Path, rows: Any, header: list[str] | None = None, **how: Any) -> Path:
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "wt", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, **how)
        writer.writerows([header] if header else [])
        writer.writerows(rows)
    return path


def first(labels: Any = LABELS, pixels: Any = FLAT) -> list[list[Any]]:
    return [[label, *row] for label, row in zip(np.asarray(labels).tolist(), np.asarray(pixels).tolist(), strict=True)]


def last() -> list[list[Any]]:
    return [[*row, label] for label, *row in first()]


def check(data: tooeasy.Dataset, classes: tuple[str, ...] = ("0", "1", "2", "3")) -> None:
    assert np.array_equal(data.train.images()[..., 0], IMAGES)
    assert np.array_equal(data.train.labels, LABELS)
    assert data.classes == classes


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (first(), ["label", *PIXELS]),
        (last(), [*PIXELS, "Label"]),
        (last(), [*PIXELS, "class"]),
        ([[n, *row] for n, row in enumerate(first())], ["id", "label", *PIXELS]),
        ([[n, *row] for n, row in enumerate(last())], ["", *PIXELS, "label"]),
        (first(), ["label", *map(str, range(36))]),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv"])
def test_a_header_says_where_the_label_is(tmp_path, rows, header, name):
    """First, last, or after a column of row numbers; plain, gzip or with tabs."""
    data = tooeasy.load(write(tmp_path / name, rows, header, delimiter="\t" if name == "a.tsv" else ","))
    check(data)
    assert data.notes == ()


@pytest.mark.parametrize("header", [None, list(map(str, range(37))), list(map(str, range(1, 38)))])
def test_without_names_the_first_column_is_the_label_and_it_is_said(tmp_path, header):
    """No header, or the numbers that pandas writes as one."""
    data = tooeasy.load(write(tmp_path / "a.csv", first(), header))
    check(data)
    assert data.notes == (
        "no column is called label: the first is taken; another is chosen with label_column (--label-column)",
    )


def test_without_names_a_first_column_that_is_always_the_same_is_no_label(tmp_path):
    """A corner of an image is often blank; labels are not."""
    rows = [[0, *row[1:]] for row in last()]
    data = tooeasy.load(write(tmp_path / "a.csv", rows))
    assert np.array_equal(data.train.labels, LABELS)
    assert "the last is taken" in data.notes[0]


def test_without_names_text_is_the_label(tmp_path):
    """Pixels are no names, so a column of names is the label."""
    rows = [[*row, f"class {label}"] for *row, label in last()]
    check(tooeasy.load(write(tmp_path / "a.csv", rows)), ("class 0", "class 1", "class 2", "class 3"))


@pytest.mark.parametrize("column", ["-1", "36"])
def test_a_column_can_be_chosen_by_number(tmp_path, column):
    """Counted from 0, or from the end."""
    check(tooeasy.load(write(tmp_path / "a.csv", last()), label_column=column))


def test_a_column_can_be_chosen_by_name(tmp_path):
    """A label of any name; one that is not there is named with those that are."""
    path = write(tmp_path / "a.csv", first(), ["what", *PIXELS])
    check(tooeasy.load(path, label_column="what"))
    assert "has no label column 'who'; it has what, pixel0, pixel1" in error_of(path, label_column="who")
    assert "has no column 99: it has 37" in error_of(path, label_column="99")


def test_names_as_labels_stay_as_they_are(tmp_path):
    """Quotes, commas, spaces, unicode and what pandas takes for missing are names like others."""
    names = ["NA", 'a "b", c', "ほ", "null"]
    data = tooeasy.load(write(tmp_path / "a.csv", first(np.array(names)[LABELS]), ["label", *PIXELS]))
    assert sorted(data.classes) == sorted(names)
    assert [data.classes[label] for label in data.train.labels[:4]] == names


def test_blocks_join_seamlessly(tmp_path, monkeypatch):
    """A file of many blocks is the same as one of one block."""
    monkeypatch.setattr(csv_text, "_VALUES_AT_ONCE", 100)
    check(tooeasy.load(write(tmp_path / "a.csv", first(), ["label", *PIXELS])))


@pytest.mark.parametrize("late", [False, True])
def test_fractions_are_scaled(tmp_path, monkeypatch, late):
    """Pixels from 0 to 1 come back bit for bit, also where the first block has only 0 and 1."""
    monkeypatch.setattr(csv_text, "_VALUES_AT_ONCE", 100)
    pixels = FLAT / 255
    if late:
        pixels[:10] = pixels[:10] > 0.5
    data = tooeasy.load(write(tmp_path / "a.csv", first(LABELS, pixels), ["label", *PIXELS]))
    assert np.array_equal(data.train.images().reshape(40, -1), np.rint(pixels * 255))
    assert data.notes == ("pixels from 0 to 1 are scaled to 0 to 255 and rounded to whole numbers",)


def test_images_that_are_not_square_need_a_size(tmp_path):
    """The size given resolves what the number of pixels does not."""
    path = write(tmp_path / "a.csv", first(LABELS, FLAT[:, :30]), ["label", *PIXELS[:30]])
    assert "30 numbers are no square image, grey or of three channels: give its size" in error_of(path)
    assert np.array_equal(tooeasy.load(path, size=(5, 6)).train.images()[..., 0], IMAGES[:, :5])


def test_colour(tmp_path):
    """Three times a square is an image of three channels, pixel by pixel, as HAM10000's tables have it."""
    smooth = np.add.outer(np.arange(8) * 9, np.arange(8) * 7)[..., None] + np.array([0, 60, 120])
    images = (smooth + np.arange(40)[:, None, None, None] % 4).astype(np.uint8)
    path = write(tmp_path / "a.csv", first(LABELS, images.reshape(40, -1)))
    assert np.array_equal(tooeasy.load(path, label_column="0").train.images(), images)


def test_a_folder_with_both_splits(tmp_path):
    """train.csv and test.csv, or mnist_train.csv and mnist_test.csv.gz."""
    write(tmp_path / "mnist_train.csv", first(), ["label", *PIXELS])
    write(tmp_path / "mnist_test.csv.gz", first(), ["label", *PIXELS])
    write(tmp_path / "classmap.csv", [[1, "a"]])
    data = tooeasy.load(tmp_path)
    check(data)
    assert data.held_out == "test split"


def test_a_test_file_without_labels_is_left_and_said(tmp_path):
    """As Kaggle has it."""
    write(tmp_path / "train.csv", first(), ["label", *PIXELS])
    write(tmp_path / "test.csv", FLAT.tolist(), PIXELS)
    data = tooeasy.load(tmp_path)
    check(data)
    assert data.test is None
    assert data.notes == ("not used, as it has no labels: test.csv",)
    assert "36 columns of pixels and none of labels" in error_of(tmp_path / "test.csv")


def change(row: int, column: int, value: Any) -> list[list[Any]]:
    rows = first()
    rows[row][column] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (change(7, 5, 256), "row 8 has the pixel 256; they are 0 to 255"),
        (change(7, 5, -1), "row 8 has the pixel -1; they are 0 to 255"),
        (change(7, 5, 10**30), "row 8 has"),
        (change(7, 5, "x"), "row 8 has 'x' where a pixel should be"),
        (change(7, 5, "nan"), "row 8 has 'nan' where a pixel should be"),
        (change(7, 5, "inf"), "row 8 has an infinite pixel"),
        (change(7, 5, ""), "row 8 has fewer fields than the first, or an empty one"),
        (change(7, 0, ""), "row 8 has no label"),
        ([*first()[:7], first()[7][:-1], *first()[8:]], "row 8 has fewer fields than the first, or an empty one"),
        ([*first()[:7], [*first()[7], 1], *first()[8:]], "Expected 37 fields in row 8, saw 38"),
    ],
)
@pytest.mark.parametrize("values", [100, 2**20])
@pytest.mark.parametrize("header", [["label", *PIXELS], None])
def test_damage_is_named_by_row(tmp_path, monkeypatch, rows, message, values, header):
    """Rows are counted from 1, without the header, across blocks."""
    monkeypatch.setattr(csv_text, "_VALUES_AT_ONCE", values)
    assert message in error_of(write(tmp_path / "a.csv", rows, header))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"label,pixel0\n", "has a header and no rows"),
        (b"label,a,b,c,d\n1,2,3\n", "5 columns in its header, and 3 in row 1"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.csv"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0abc", "is a damaged gzip file"),
        (gzip.compress(b"label,p\n1,2\n" * 99, mtime=0)[:-20], "is a damaged gzip file"),
        (b"hello world\nthis is text\n", "a.csv"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path, data, message):
    """Empty, binary, cut off: one line."""
    (tmp_path / "a.csv").write_bytes(data)
    assert message in error_of(tmp_path / "a.csv")


@pytest.mark.parametrize("text", ["0" * 3000, '"' + "0\n" * 3000, "0," * 3000])
@pytest.mark.parametrize("good", [0, 40])
def test_lines_without_end_are_not_read_whole(tmp_path, monkeypatch, text, good):
    """A line, or a quote, that does not end is refused when it is longer than any row may be."""
    monkeypatch.setattr(csv_text, "MAX_LINE", 2000)
    path = write(tmp_path / "a.csv", first()[:good], ["label", *PIXELS])
    with path.open("a") as file:
        file.write(text)
    error_of(path)


def test_too_many_pixels_are_refused(tmp_path, monkeypatch):
    """The temporary file does not grow without bound."""
    monkeypatch.setattr(csv_files, "MAX_PIXELS", 1000)
    assert "more than 1,000 pixels: save it as .npy files" in error_of(write(tmp_path / "a.csv", first()))


# -- paths -------------------------------------------------------------------------------------------------------------


def write_images(folder: Path) -> list[str]:
    (folder / "images").mkdir()
    names = [f"images/{number}.png" for number in range(40)]
    for name, image in zip(names, IMAGES, strict=True):
        Image.fromarray(image).save(folder / name)
    return names


@pytest.mark.parametrize("header", [["image", "label"], ["file_name", "what"], None])
def test_rows_of_paths(tmp_path, header):
    """Paths of images beside the file, and their labels."""
    names = write_images(tmp_path)
    labels = np.array(["ant", "bee", "cat", "dog"])[LABELS].tolist()
    data = tooeasy.load(write(tmp_path / "train.csv", zip(names, labels, strict=True), header))
    check(data, ("ant", "bee", "cat", "dog"))


def test_a_column_of_splits(tmp_path):
    """A column called split says which image is for training."""
    names = write_images(tmp_path)
    rows = zip(names, LABELS, ["train"] * 20 + ["test"] * 20, strict=True)
    data = tooeasy.load(write(tmp_path / "all.csv", rows, ["path", "label", "split"]))
    assert (len(data.train), len(data.test), data.held_out) == (20, 20, "test split")


def test_a_missing_image_is_skipped_and_named(tmp_path):
    """One of many that is not there is counted; all is an error."""
    names = write_images(tmp_path)
    (tmp_path / names[3]).unlink()
    data = tooeasy.load(write(tmp_path / "a.csv", zip(names, LABELS, strict=True), ["image", "label"]))
    assert len(data.train) == 39
    assert "1 broken image skipped (images/3.png: No such file or directory)" in data.notes[0]
    rows = [("nowhere/1.png", 0), ("nowhere/2.png", 1)]
    assert "no readable image" in error_of(write(tmp_path / "b.csv", rows, ["image", "label"]))


@pytest.mark.parametrize(
    "name",
    [
        *("../x.png", "/etc/x.png", "a/../../x.png", "C:\\x.png", "..\\x.png", ""),
        pytest.param("x\0.png", marks=pytest.mark.skipif(ENDS_AT_ZERO, reason="this pandas reads up to the zero byte")),
    ],
)
def test_paths_that_lead_out_are_refused(tmp_path, name):
    """By their letters, before anything is opened."""
    names = write_images(tmp_path)
    rows = [*zip(names, LABELS, strict=True), (name, 0)]
    error = error_of(write(tmp_path / "a.csv", rows, ["image", "label"]))
    assert "row 41 has" in error


def test_links_that_lead_out_are_refused(tmp_path):
    """A folder that is a link to elsewhere is not followed."""
    (tmp_path / "inside").mkdir()
    write_images(tmp_path)
    (tmp_path / "inside" / "link").symlink_to(tmp_path / "images")
    path = write(tmp_path / "inside" / "a.csv", [("link/0.png", 0), ("link/1.png", 1)], ["image", "label"])
    assert "has paths in link, which leads out of its folder" in error_of(path)


def test_class_folders_go_before_tables_about_them(tmp_path):
    """A folder of class folders with a train.csv beside it is what it was."""
    (tmp_path / "train" / "cat").mkdir(parents=True)
    write(tmp_path / "train.csv", [("train/cat/1.png", 3.5)], ["image", "weight"])
    assert not csv_files.claims(tmp_path)
