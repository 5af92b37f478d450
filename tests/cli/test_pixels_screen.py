"""``tooeasy pixels`` on the screen: what a reader sees, whatever the names and the number of classes."""

from __future__ import annotations

import json
import re
from io import StringIO

import numpy as np
import pytest
from rich.console import Console
from samples import random_images, write_idx

import tooeasy
from tooeasy.cli import pixels_screen
from tooeasy.cli.pixels_screen import _show_map

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PERCENT = re.compile(r"\d+\.\d%|\b\d+\.\d\b")


def test_the_triangle_has_every_pair(command, folder):
    """Every pair of classes has its held-out accuracy in percent, and below it the position of its pixel."""
    out = command("pixels", folder).out
    lines = out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.split() == ["1", "2"])
    study = tooeasy.study_pixels(folder)
    scores = [f"{100 * pair.test_accuracy:.1f}" for pair in study.pairs]
    positions = [f"{pair.row},{pair.column}" for pair in study.pairs]
    block = [line.split() for line in lines[first + 1 : first + 5]]
    assert block == [["0", *scores[:2]], positions[:2], ["1", scores[2]], [positions[2]]]


def test_a_full_score_stands_apart_from_the_name(command, make_sketch):
    """A row's name and an accuracy of 100.0 beside it do not run into each other."""
    out = command("pixels", make_sketch("full.sketch", ["cat7", "cat8", "cat9"])).out
    assert re.search(r"cat7 +100\.0 +100\.0", out)


def test_what_the_numbers_are_is_said(command, folder):
    """The screen says that the accuracies are held out, in percent, over row and column."""
    words = command("pixels", folder).words
    assert "held-out accuracy in %, over the pixel's row,column" in words
    assert "60 training images of 3x4x1, 256 levels; tested on 30: test split" in words


def test_the_summary_line(command, folder):
    """The summary line has the counts at 90% and 95%, the extremes and the mean of the study."""
    words = command("pixels", folder).words
    study = tooeasy.study_pixels(folder)
    summary = study.summary()
    assert f"{summary['at_least_0.90']} of 3 pairs at 90% or more, {summary['at_least_0.95']} at 95%;" in words
    a, b = summary["hardest"]["classes"]
    assert f"hardest {a} – {b} ({study.hardest.test_accuracy:.1%})" in words  # noqa: RUF001
    assert f"mean {study.accuracies.mean():.1%} (held-out accuracy)" in words


def test_all_classes_at_once(command, folder):
    """The last line has the pixel for all classes at once, its accuracy, and what one constant answer gets."""
    found = tooeasy.study_pixels(folder).all_classes
    assert (
        f"all 3 classes at once: pixel {found.row},{found.column} is right {found.test_accuracy:.1%} of the time "
        f"(held-out accuracy), always answering one class {found.majority:.1%}"
    ) in command("pixels", folder).words


def test_channels_are_in_the_positions(command, make_sketch):
    """In a colour image every position has the channel: in the cells, and for all classes at once."""
    result = command("pixels", make_sketch("colour.sketch", ["a", "b", "c"], shape=(3, 4, 3), telling=(1, 2, 1)))
    assert result.out.count("1,2,1") == 4


def test_the_caption_of_a_small_table_is_readable(command, make_sketch):
    """The caption that says what the numbers are is not cut within a word, however few classes there are."""
    result = command("pixels", make_sketch("colour.sketch", ["a", "b", "c"], shape=(3, 4, 3), telling=(1, 2, 1)))
    assert "train accuracy in %, over the pixel's row,column,channel" in result.words


def test_two_classes_are_one_line(command, make_sketch):
    """Of one pair there is nothing to be the easiest, the hardest or the mean of."""
    words = command("pixels", make_sketch("pair.sketch", ["a", "b"], shape=(3, 4, 3), telling=(1, 2, 1))).words
    line = "pixel 1,2,1 tells a from b 100.0% of the time (train accuracy), always answering one class 50.0%"
    assert words.endswith(line)
    assert words.count("100.0%") == 1


def test_without_test_images_accuracies_are_called_train(command, make_sketch):
    """Of a sketch alone, the screen calls the accuracies train accuracies, and has no word of testing."""
    words = command("pixels", make_sketch("alone.sketch", ["a", "b", "c"])).words
    assert "no held-out images: all accuracies are of the training images" in words
    assert "train accuracy in %" in words
    assert "(train accuracy)" in words
    assert "held-out accuracy" not in words
    assert "tested" not in words


@pytest.mark.parametrize("classes", [3, 14])
def test_every_line_with_a_train_accuracy_says_train(command, make_sketch, classes, monkeypatch):
    """Below the table, each line that has an accuracy selected and scored on the same images says "train"."""
    monkeypatch.setenv("COLUMNS", "400")
    names = [f"c{number}" for number in range(classes)]
    sketch = make_sketch("alone.sketch", names)
    out = command("pixels", sketch, "--map", "c0", "c1").out
    lines = [line for line in out.splitlines() if "%" in line and not line.startswith(("side by side", " dataset"))]
    assert len(lines) >= 3
    assert [line for line in lines if "train" not in line] == []


def test_side_by_side_marks_train_scores(command, folder, make_sketch):
    """In the table of several sources, the one without held-out images is marked, and only that one."""
    out = command("pixels", folder, make_sketch("alone.sketch", ["a", "b"])).out
    table = out[out.index("side by side") :]
    assert "alone (train)" in table
    assert "small (train)" not in table


def test_more_classes_than_fit_are_listed_at_the_extremes(command, make_sketch):
    """From 13 classes on, the ten hardest and the ten easiest pairs are listed instead of the triangle."""
    out = command("pixels", make_sketch("many.sketch", [f"c{number}" for number in range(13)])).out
    listed = re.findall(r"^ *(c\d+) +(c\d+) +1,2 +100\.0", out, re.MULTILINE)
    assert len(listed) == 20
    assert "hardest and easiest pairs" in out
    twelve = command("pixels", make_sketch("twelve.sketch", [f"c{number}" for number in range(12)])).out
    assert "hardest and easiest pairs" not in twelve


@pytest.mark.parametrize("classes", [3, 14])
@pytest.mark.parametrize("name", ["[bold]", "[/]", "[red]x[/red]", "<script>", "$x$", "\\[bold]"])
def test_markup_in_names_is_text(command, make_sketch, name, classes):
    """Names that look like markup are printed as they are, in the table and in the summary."""
    names = [name, *(f"c{number}" for number in range(1, classes))]
    result = command("pixels", make_sketch("names.sketch", names), "--map", name, "c1")
    assert result.code == 0
    assert f"easiest {name} – c1" in result.words  # noqa: RUF001
    assert result.out.count(name) >= 3


@pytest.mark.parametrize("name", ["[bold]x.sketch", "[red]y[/red].sketch".replace("/", "")])
def test_markup_in_the_name_of_a_source_is_text(command, make_sketch, name):
    """A file whose name looks like markup is studied under that name."""
    result = command("pixels", make_sketch(name, ["a", "b"]))
    assert result.code == 0
    assert result.out.startswith(name.removesuffix(".sketch") + "  one pixel")


def test_a_source_that_looks_like_a_closing_tag(refused):
    """A source that looks like a closing tag is no such file, as any other, and no traceback."""
    assert "[/]" in refused("pixels", "[/]")


def test_a_name_with_a_line_break_stays_in_its_line(command, make_sketch):
    """A line break in the name of a class does not break the summary line or the line of the map."""
    result = command("pixels", make_sketch("names.sketch", ["a\nb", "c"]), "--map", "c", "a\nb")
    assert result.code == 0
    assert "a\nb" not in result.out


def test_control_characters_do_not_reach_the_terminal(command, make_sketch):
    """Names from a file cannot send control sequences to the reader's terminal."""
    result = command("pixels", make_sketch("names.sketch", ["\x1b[31mred", "\x1b]0;title\x07", "c"]))
    assert result.code == 0
    assert "\x1b" not in result.out
    assert "\x07" not in result.out


def test_very_long_names_leave_the_numbers_readable(command, make_sketch):
    """Names of 300 letters do not push a single number off the screen."""
    result = command("pixels", make_sketch("names.sketch", ["x" * 300, "y" * 300, "z" * 300]))
    assert result.code == 0
    assert result.out.count("100.0 ") + result.out.count("100.0\n") == 3
    table = result.out[: result.out.index("train accuracy in %")]
    assert all(len(line) <= 100 for line in table.splitlines())


def test_an_empty_name(command, make_sketch):
    """A class may have an empty name."""
    assert command("pixels", make_sketch("names.sketch", ["", "b"])).code == 0


def test_map_without_colour_is_drawn_in_characters(command, make_sketch):
    """Without colour the map is drawn in characters, the pixel that tells being the densest and the others blank."""
    out = command("pixels", make_sketch("m.sketch", ["a", "b"]), "--map", "a", "b").out
    assert "a or b: training accuracy of each pixel, 50.0% (dark, or blank) to 100.0%" in " ".join(out.split())
    drawn = [line for line in out.splitlines() if "#" in line]
    assert drawn == [" " * 4 + "##" + " " * 2]


def test_colour_says_what_the_number_says(command, make_sketch, unsplit, monkeypatch):
    """In colour, text and layout are the same as without, and a full score has the brightest background."""
    sketch = make_sketch("full.sketch", ["a", "b", "c"])
    plain = command("pixels", sketch).out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    coloured = command("pixels", sketch).out
    assert "48;2;253;231;37m 100.0" in coloured
    assert ANSI.sub("", coloured) == plain


def test_nothing_but_results_on_stdout(command, folder):
    """Progress does not go to stdout, and where stderr is not a terminal there is none on it."""
    result = command("pixels", folder)
    assert "studying" not in result.out
    assert result.err == ""


@pytest.mark.parametrize("outputs", [[], ["--csv", "a.csv", "--figure", "a.png"]])
def test_a_pair_without_test_images_has_no_number(command, here, outputs):
    """Where neither class of a pair has held-out images, its cell has no accuracy, and the study goes on."""
    images, labels = random_images(5, n=60, levels=6)
    write_idx(here / "gap", "train", images[..., 0], labels)
    write_idx(here / "gap", "test", images[labels == 0][..., 0], labels[labels == 0])
    result = command("pixels", here / "gap", *outputs)
    assert (result.code, result.err) == (0, "")
    study = tooeasy.study_pixels(here / "gap")
    unscored = study.pair("1", "2")
    row = next(line for line in result.out.splitlines() if line.startswith(" 1"))
    assert f"{100 * unscored.train_accuracy:.1f}" not in row
    assert "nan" not in result.out


def test_a_map_in_colour_has_two_rows_of_pixels_in_a_line():
    """Each half block has the upper pixel's colour over the lower's; the last of three rows stands alone."""
    data = tooeasy.from_arrays(*[random_images(3, n=90, shape=(3, 4, 1), classes=2, levels=6)] * 2)
    out = StringIO()
    console = Console(file=out, color_system="truecolor", force_terminal=True, width=100, legacy_windows=False)
    _show_map(tooeasy.study_pixels(data).map("0", "1"), console)
    rows = [line for line in out.getvalue().splitlines() if "▀" in line]
    assert [row.count("▀") for row in rows] == [4, 4]
    assert [row.count("48;2;") for row in rows] == [4, 0]


def test_a_size_is_height_and_width(command, folder):
    """``--size`` resizes all images; the letter between the numbers may be large or small."""
    for size in ("6x5", "6X5"):
        result = command("pixels", folder, "--size", size, "--json")
        assert json.loads(result.out)["results"][0]["image_shape"] == [6, 5, 1]


@pytest.mark.parametrize(
    ("option", "text", "line"),
    [
        ("--size", "6", "'6' is not of the form HEIGHTxWIDTH"),
        ("--size", "6x-5", "'6x-5' is not of the form HEIGHTxWIDTH"),
        ("--memory", "4x", "'4x' is not a size such as 500M or 4G"),
        ("--memory", "0", "'0' is not a size such as 500M or 4G"),
        ("--memory", "0.5k", "more than the 512 bytes that may be used"),
        ("--memory", "1 KiB", "more than the 1.0 KiB that may be used"),
    ],
)
def test_sizes_are_read_or_refused(refused, option, text, line):
    """Another form is named, and what is right; letters are powers of 1,024."""
    assert line in refused("pixels", "digits", option, text)


def test_a_pair_that_is_not_scored_has_no_interval(capsys):
    """Of two classes, one without a held-out image: no number is made up."""
    images, labels = np.arange(12, dtype=np.uint8).reshape(12, 1, 1), [0] * 6 + [1] * 6
    data = tooeasy.from_arrays((images, labels), (images[:3], labels[:3]), classes=("a", "b"))
    pixels_screen.show([tooeasy.study_pixels(data)], [])
    out = capsys.readouterr().out
    assert "tells a from b" in out
    assert "nan" not in out
