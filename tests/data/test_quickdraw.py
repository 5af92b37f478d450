"""Quick, Draw!: bitmaps and strokes, a file for each class."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tooeasy
from tooeasy.data.formats import quickdraw
from tooeasy.errors import SourceError

RNG = np.random.default_rng(0)
BITMAPS = RNG.integers(0, 256, (30, 784), dtype=np.uint8)
LINE = {"word": "line", "recognized": True, "drawing": [[[0, 255], [0, 255]], [[255, 0], [0, 255]]]}


def error_of(path: Path, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(path, **options).train.sketch()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write_strokes(path: Path, *drawings: Any) -> None:
    """Write a line for each drawing; a string as it is."""
    lines = [drawing if isinstance(drawing, str) else json.dumps(drawing) for drawing in drawings]
    path.write_text("".join(f"{line}\n" for line in lines))


def test_bitmaps_are_read_by_class(tmp_path: Path) -> None:
    """Each file is a class named by its stem, spaces and a browser's prefix allowed, in natural order."""
    np.save(tmp_path / "full_numpy_bitmap_The Eiffel Tower.npy", BITMAPS[:10])
    np.save(tmp_path / "cat 10.npy", BITMAPS[10:15])
    np.save(tmp_path / "cat 9.npy", BITMAPS[15:])
    data = tooeasy.load(tmp_path)
    assert data.classes == ("The Eiffel Tower", "cat 9", "cat 10")
    assert data.test is None
    assert data.train.images_per_class.tolist() == [10, 15, 5]
    expected = np.concatenate([BITMAPS[:10], BITMAPS[15:], BITMAPS[10:15]]).reshape(-1, 28, 28, 1)
    assert np.array_equal(data.train.images(), expected)
    assert np.array_equal(data.train.part(np.array([24, 0, 11])).images(), expected[[24, 0, 11]])


def test_hundreds_of_classes_keep_no_file_open(tmp_path: Path) -> None:
    """Files are mapped when looked at, so that 345 of them do not use up what a process may open."""
    for number in range(60):
        np.save(tmp_path / f"{number}.npy", BITMAPS[:3])
    opened = Path("/proc/self/fd")
    if not opened.is_dir():
        pytest.skip("open files are counted in /proc")
    before = len(list(opened.iterdir()))
    data = tooeasy.load(tmp_path)
    data.train.sketch()
    assert len(data.train) == 180
    assert len(list(opened.iterdir())) - before < 10


def test_strokes_are_drawn_like_the_bitmaps(tmp_path: Path) -> None:
    """A cross drawn from its strokes is white on its diagonals, black elsewhere, grey between, and symmetric."""
    write_strokes(tmp_path / "line.ndjson", LINE, LINE)
    write_strokes(tmp_path / "dot.ndjson", {"drawing": [[[0], [0]]]})
    data = tooeasy.load(tmp_path)
    assert data.classes == ("dot", "line")
    dot, cross, again = data.train.images()[..., 0]
    assert dot[13:15, 13:15].min() > 100  # centred
    assert np.count_nonzero(dot) <= 16
    assert np.array_equal(cross, again)
    assert cross[14, 14] == 255
    assert cross[0, 14] == cross[14, 0] == 0
    assert len(np.unique(cross)) > 5
    assert np.abs(cross.astype(int) - cross.T).max() < 64


def test_real_drawings_resemble_their_bitmaps() -> None:
    """Drawing what a bitmap shows gives back nearly its ink: the pen is as wide as in Google's bitmaps."""
    folder = os.environ.get("TOOEASY_TEST_DATA")
    path = Path(folder or "", "quickdraw345", "quickdraw345x100.npz")
    if not folder or not path.is_file():
        pytest.skip("needs quickdraw345 in the folder that TOOEASY_TEST_DATA names")
    with np.load(path) as arrays:
        bitmaps = arrays["x"].reshape(-1, 784)[arrays["y"] == list(arrays["names"]).index("line")]
    ink = np.median(bitmaps.astype(int).sum(axis=1) / 255)
    drawn = quickdraw.draw([np.array([[0, 10], [255, 40]], float)]).astype(int).sum() / 255
    assert 0.6 < drawn / ink < 1.6


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "it is not JSON|recursion"),
        ("[]", "no drawing"),
        ({"drawing": []}, "no drawing"),
        ({"drawing": 3}, "no drawing"),
        ({"drawing": [3]}, "a stroke is"),
        ({"drawing": [[[1], [2], [3]]]}, "as in the simplified files"),
        ({"drawing": [[[1, 2], [2]]]}, "as many numbers"),
        ({"drawing": [[[], []]]}, "as many numbers"),
        ({"drawing": [[["a"], ["b"]]]}, "as many numbers"),
        ({"drawing": [[[True], [False]]]}, "as many numbers"),
        ({"drawing": [[[256], [0]]]}, "outside of 0 to 255"),
        ('{"drawing": [[[NaN], [1e999]]]}', "outside of 0 to 255"),
        ({"drawing": [[[0] * 20_000, [0] * 20_000]]}, "points"),
        ('{"drawing": "' + "x" * 2**20 + '"}', "bytes"),
    ],
)
def test_broken_drawings_are_counted_and_named(tmp_path: Path, line: Any, reason: str) -> None:
    """A line that is no drawing is skipped, named by file and line, and stops a strict reading."""
    write_strokes(tmp_path / "a.ndjson", LINE, "", line)
    write_strokes(tmp_path / "b.ndjson", LINE, LINE)
    data = tooeasy.load(tmp_path)
    assert data.train.sketch().images_per_class.tolist() == [1, 2]
    (remark,) = data.remarks()
    assert "1 broken image skipped (a.ndjson line 3: " in remark
    assert any(part in remark for part in reason.split("|"))
    assert "a.ndjson line 3 cannot be read" in error_of(tmp_path, strict=True)


def test_broken_drawings_survive_another_size(tmp_path: Path) -> None:
    """Resized drawings still leave out the broken ones."""
    write_strokes(tmp_path / "a.ndjson", LINE, "{")
    write_strokes(tmp_path / "b.ndjson", LINE)
    data = tooeasy.load(tmp_path, size=(14, 14), color=True)
    assert data.shape == (14, 14, 3)
    assert data.train.sketch().images_per_class.tolist() == [1, 1]
    assert "a.ndjson line 2" in data.remarks()[-1]


def test_one_file_of_strokes_is_one_class(tmp_path: Path) -> None:
    """One file is too few, and the error says so."""
    write_strokes(tmp_path / "cat.ndjson", LINE)
    assert "one class (cat)" in error_of(tmp_path / "cat.ndjson")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "d.npy"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': '|O', ", "d.npy"),
        (b"PK\x03\x04", "d.npy"),
    ],
)
def test_a_damaged_bitmap_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """One damaged file among good ones is named in one line."""
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", BITMAPS)
    (tmp_path / "d.npy").write_bytes(content)
    assert message in error_of(tmp_path)


def test_objects_and_cut_off_bitmaps_are_refused(tmp_path: Path) -> None:
    """Arrays of objects are never unpickled, and a file that is too short is told."""
    for name in "abc":
        np.save(tmp_path / f"{name}.npy", BITMAPS)
    np.save(tmp_path / "d.npy", np.array([print, 1], object), allow_pickle=True)
    assert "d.npy" in error_of(tmp_path)
    (tmp_path / "d.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    assert "d.npy" in error_of(tmp_path)


def test_two_files_of_one_class_are_told(tmp_path: Path) -> None:
    """A prefix makes two names one, which would count images twice."""
    np.save(tmp_path / "cat.npy", BITMAPS)
    np.save(tmp_path / "full_numpy_bitmap_cat.npy", BITMAPS)
    assert "two files of one class" in error_of(tmp_path)


def test_hostile_names_stay_on_one_line(tmp_path: Path) -> None:
    """A line break in a file's or folder's name does not break the message."""
    folder = tmp_path / "a\nb"
    folder.mkdir()
    write_strokes(folder / "one\nclass.ndjson", LINE)
    assert "one\\nclass" in error_of(folder)
