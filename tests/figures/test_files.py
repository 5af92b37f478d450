"""Figures as files: whole or not at all, and the same bytes each time."""

from __future__ import annotations

import os
import re
import struct
import zlib
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import image as mpl_image
from matplotlib import pyplot as plt

from tooeasy.errors import OptionError, OutputError
from tooeasy.figures import check_format, draw, save


def is_whole(data: bytes, ending: str) -> bool:
    """The file ends as its format ends; of a PNG every checksum fits."""
    if ending == ".svg":
        return data.startswith(b"<?xml") and data.rstrip().endswith(b"</svg>")
    if ending == ".pdf":
        return data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF")
    position, names = 8, []
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        end = position + 8 + length
        names.append(name)
        if zlib.crc32(data[position + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return False
        position = end + 4
    return data.startswith(b"\x89PNG\r\n\x1a\n") and names[0] == b"IHDR" and names[-1] == b"IEND"


@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_the_same_figure_is_the_same_file(make_study, tmp_path, ending):
    """Saved twice, matrix and map beside each other give the same bytes, whole and undated."""
    study = make_study()
    for name in ("one", "two"):
        save([study, study.map(0, 1)], tmp_path / f"{name}{ending}")
    one, two = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("one", "two"))
    assert one == two
    assert is_whole(one, ending)
    assert not re.search(rb"CreationDate|dc:date|date:create|\btIME", one)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"one{ending}", f"two{ending}"]


def test_the_file_does_not_depend_on_the_users_settings(make_study, tmp_path):
    """Whatever the user has set in matplotlib for dates, dots or colours, colours and size are the same."""
    study = make_study()
    save([study], tmp_path / "default.png")
    before = dict(mpl.rcParams)
    with mpl.rc_context({"image.cmap": "hot", "font.size": 20, "savefig.dpi": 30, "axes.titlesize": 30}):
        save([study], tmp_path / "set.png")
    assert (tmp_path / "default.png").read_bytes() == (tmp_path / "set.png").read_bytes()
    assert dict(mpl.rcParams) == before


def test_saving_opens_no_window(make_study, tmp_path):
    """Saving leaves no figure open in pyplot."""
    save([make_study()], tmp_path / "a.png")
    assert plt.get_fignums() == []


def test_several_results_stand_side_by_side(make_study, tmp_path):
    """Results of one file stand beside each other, each with its own title, in the order given."""
    first, second = make_study(3, name="first"), make_study(5, name="second", seed=2)
    save([first, second], tmp_path / "both.svg")
    save([first], tmp_path / "one.png")
    save([first, second], tmp_path / "both.png")
    drawn = (tmp_path / "both.svg").read_text("utf-8")
    assert 0 < drawn.index("first: one pixel") < drawn.index("second: one pixel")
    one, both = (mpl_image.imread(tmp_path / f"{name}.png").shape for name in ("one", "both"))
    assert both[1] > 1.6 * one[1]
    assert abs(both[0] - one[0]) < 0.5 * one[0]


def test_results_stand_below_one_another(make_study, tmp_path):
    """``columns`` starts a new row after so many results."""
    study = make_study()
    save([study, study], tmp_path / "across.png")
    save([study, study], tmp_path / "down.png", columns=1)
    across, down = (mpl_image.imread(tmp_path / f"{name}.png").shape for name in ("across", "down"))
    assert across[1] > 1.6 * across[0]
    assert down[0] > 1.6 * down[1]


def test_dark_is_light_on_dark(make_study, tmp_path):
    """``dark`` makes the page dark, and text light; the light one is white."""
    for dark in (False, True):
        save([make_study()], tmp_path / f"{dark}.png", dark=dark)
    light, dark = (mpl_image.imread(tmp_path / f"{dark}.png")[0, 0, :3] for dark in (False, True))
    assert light.min() == 1.0
    assert dark.max() < 0.2


@pytest.mark.parametrize("name", ["a.gif", "a.jpg", "a", "png", "a.png.txt", ".png"])
def test_other_endings_are_refused(make_study, tmp_path, name):
    """Another ending is refused by name, and nothing is written."""
    for call in (lambda: check_format(tmp_path / name), lambda: save([make_study()], tmp_path / name)):
        with pytest.raises(OptionError, match=re.escape(f".png, .svg, .pdf; found {name!r}")):
            call()
    assert list(tmp_path.iterdir()) == []


def test_endings_may_be_in_capitals(make_study, tmp_path):
    """Endings may be written in capitals."""
    check_format("a.SVG")
    save([make_study()], tmp_path / "a.PNG")
    assert is_whole((tmp_path / "a.PNG").read_bytes(), ".png")


def test_a_drawing_that_fails_leaves_nothing(make_study, tmp_path, monkeypatch):
    """When drawing fails half way, an older file stays as it was, and no temporary one is left."""
    path = tmp_path / "a.png"
    path.write_bytes(b"older")

    def fail(self, filename, **options):
        Path(filename).write_bytes(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", fail)
    with pytest.raises(OSError, match="the disk is full"):
        save([make_study()], path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_refused(make_study, tmp_path):
    """A folder that is not there is named, and not made."""
    with pytest.raises(OutputError, match="does not exist"):
        save([make_study()], tmp_path / "missing" / "a.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX's permissions")
def test_the_file_has_ordinary_permissions(make_study, tmp_path):
    """The file has the permissions that any new file gets, not the narrow ones of a temporary file."""
    save([make_study()], tmp_path / "a.png")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("result", [1, "study", None, [1, 2]])
def test_what_has_no_figure_is_refused(result):
    """What is not a result has no figure, and its type is named."""
    with pytest.raises(OptionError, match=type(result).__name__):
        draw(result)
