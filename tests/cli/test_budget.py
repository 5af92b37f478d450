"""``tooeasy pixels --budget``: how many pixels a linear rule needs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib import image as mpl_image
from samples import random_images, write_idx

from tooeasy.templates import study_budget

RESULT = {
    "dataset": str,
    "classes": list,
    "image_shape": list,
    "held_out": str,
    "full": dict,
    "enough": list,
    "forward": dict,
    "lasso": dict,
    "notes": list,
}
CURVE = {"pixels", "test_accuracy", "test_interval", "order"}


def results(result):
    """What was printed as JSON as the standard has it: NaN and Infinity are refused."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert result.code == 0, result.err
    assert result.err == ""
    printed = json.loads(result.out, parse_constant=refuse)
    assert set(printed) == {"schema", "results"}
    assert printed["schema"] == "tooeasy/pixels-budget/1"
    return printed["results"]


def same(study):
    """What Python gives, as JSON has it."""
    return json.loads(json.dumps(study.to_dict()))


def test_the_table(command, folder):
    """Each fraction of the full accuracy has the number of pixels that reach it, and the first pixels are named."""
    result = command("pixels", folder, "--budget")
    assert result.code == 0
    assert result.err == ""
    study = study_budget(folder)
    low, high = study.full.test_interval
    assert result.out.startswith("small  how many pixels a linear rule needs for all 3 classes\n")
    assert (
        f"least squares on all pixels: {study.full.test_accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f}) of "
        "30 held-out images"
    ) in result.words
    found = dict(zip(study.forward.pixels, study.forward.test_accuracy, strict=True))
    for fraction, k in study.enough.items():
        assert f"{fraction:.0%} {k} {found[k]:.1%}" in result.words
    first = ", ".join(f"({row},{column})" for row, column, _ in study.forward_order.pixels[:10])
    assert f"chosen: {first}" in result.words


def test_json_is_what_python_gives(command, folder, unsplit):
    """The JSON has the documented keys of each source, and the numbers of Python."""
    found = results(command("pixels", folder, unsplit, "--budget", "--json"))
    assert found == [same(study_budget(source)) for source in (folder, unsplit)]
    for result in found:
        assert {key: type(value) for key, value in result.items()} == RESULT
        assert set(result["forward"]) == set(result["lasso"]) == CURVE
        assert [entry["fraction"] for entry in result["enough"]] == [0.8, 0.9, 0.95, 0.99]
        assert all(set(entry) == {"fraction", "pixels"} for entry in result["enough"])


def test_a_pair(command, folder):
    """``--pair`` tells two classes apart, in the order of the dataset, as in Python."""
    for pair in (("0", "2"), ("2", "0")):
        (found,) = results(command("pixels", folder, "--budget", "--pair", *pair, "--json"))
        assert found == same(study_budget(folder, pair=("0", "2")))
        assert found["classes"] == ["0", "2"]
    assert "a linear rule needs for 0 or 2" in command("pixels", folder, "--budget", "--pair", "0", "2").words


def test_bundled_digits(command):
    """Digits of 17 levels need 7 of their 64 pixels for four fifths of the accuracy; a seed changes the hold-out."""
    (found,) = results(command("pixels", "digits", "--budget", "--json"))
    assert found == same(study_budget("digits"))
    (other,) = results(command("pixels", "digits", "--budget", "--seed", "3", "--json"))
    assert other == same(study_budget("digits", seed=3))
    assert found != other


def test_other_test_images(command, folder, here):
    """``--test`` takes the test split of another source."""
    images, labels = random_images(9, n=33, levels=6)
    write_idx(here / "other", "train", images[..., 0], labels)
    write_idx(here / "other", "test", images[:21, ..., 0], labels[:21])
    (found,) = results(command("pixels", folder, "--budget", "--test", here / "other", "--json"))
    assert found == same(study_budget(folder, test=here / "other"))
    assert found["held_out"] == "other (test split)"


def test_colour_images_have_channels(command, here):
    """Of colour images, the chosen positions name the channel."""
    images, labels = random_images(3, n=60, shape=(3, 4, 3))
    np.savez(here / "colour.npz", images=images, labels=labels)
    study = study_budget(here / "colour.npz")
    assert "({},{},{})".format(*study.forward_order.pixels[0]) in command("pixels", "colour.npz", "--budget").words


def test_a_sketch_without_test_images_is_refused(refused, command, folder):
    """Of a sketch alone nothing can be scored: one line says what is missing; with test images all is as ever."""
    command("sketch", folder, "-o", "only.sketch")
    assert "only has no held-out images" in refused("pixels", "only.sketch", "--budget")
    (found,) = results(command("pixels", "only.sketch", "--budget", "--test", folder, "--json"))
    expected = same(study_budget(folder))
    assert found["forward"]["order"] == expected["forward"]["order"]
    assert found["full"] == expected["full"]
    assert "only" in refused("pixels", "only.sketch", "--budget", "--test", folder, "--pair", "0", "1")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--map", "0", "1"], "--map does not belong to --budget"),
        (["--rule", "threshold"], "--rule does not"),
        (["--normalize", "l2"], "--normalize does not"),
        (["--levels", "4"], "--levels does not"),
        (["--C", "2"], "--C does not"),
        (["--csv", "pairs.csv"], "--csv does not"),
        (["--csv", "a.csv", "--rule", "logistic"], "--csv, --rule does not"),
        (["--pair", "0", "cat"], "no class 'cat'"),
        (["--pair", "1", "1"], "two different classes"),
        (["--dark"], "--dark is for a figure"),
        (["--figure", "a.gif"], ".png, .svg, .pdf"),
        (["--test", "missing/images"], "no such file"),
    ],
)
def test_what_does_not_belong_is_refused(refused, folder, given, words):
    """Options of the study of single pixels, and classes that are not known, are refused in one line."""
    figure = [] if "--figure" in given or "--dark" in given else ["--figure", "a.png"]
    assert words in refused("pixels", folder, "--budget", *given, *figure)


def test_a_pair_needs_budget(refused, folder):
    """``--pair`` without ``--budget`` is refused, and the line names the option for maps."""
    assert "--pair belongs to --budget; --map A B" in refused("pixels", folder, "--pair", "0", "1")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_figure_has_three_panels(command, folder, here, ending):
    """The figure has the curves, and the pixels in both orders, side by side; the table is printed all the same."""
    result = command("pixels", folder, "--budget", "--figure", f"a.{ending}")
    assert result.code == 0
    assert "of the full accuracy" in result.out
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF-"}[ending]
    assert (here / f"a.{ending}").read_bytes().startswith(start)
    if ending == "svg":
        text = (here / "a.svg").read_text("utf-8")
        places = [text.index(title) for title in ("least squares on few", "chosen one by one", "as the lasso takes")]
        assert places == sorted(places)
    if ending == "png":
        height, width = mpl_image.imread(here / "a.png").shape[:2]
        assert width > 2.5 * height


def test_several_sources_have_a_row_each(command, folder, unsplit, here):
    """The panels of a second source stand below those of the first; --dark draws them light on dark."""
    command("pixels", folder, unsplit, "--budget", "--figure", "a.png", "--dark")
    picture = mpl_image.imread(here / "a.png")
    assert picture[0, 0, :3].max() < 0.2
    assert picture.shape[1] < 2 * picture.shape[0]


@pytest.mark.parametrize("columns", [20, 40, 100])
def test_names_and_narrow_terminals(command, here, monkeypatch, columns):
    """Names are printed as text, no line is longer than the terminal is wide, and each number of pixels is there."""
    monkeypatch.setenv("COLUMNS", str(columns))
    names = ["[bold]", "a\nb", "\x1b[31m"]
    images, labels = random_images(4, n=90)
    np.savez(here / "[red]x.npz", images=images, labels=np.array(names)[labels])
    result = command("pixels", "[red]x.npz", "--budget", "--pair", "[bold]", "a\nb")
    assert result.code == 0
    assert result.out.startswith("[red]x")
    assert r"[bold] or a\nb" in result.words or r"a\nb or [bold]" in result.words
    assert "\x1b" not in result.out
    assert max(map(len, result.out.splitlines())) <= columns
    study = study_budget(here / "[red]x.npz", pair=("[bold]", "a\nb"))
    rows = [line.split() for line in result.out.splitlines() if line.strip().startswith(("80%", "90%", "95%", "99%"))]
    assert [int(row[1]) for row in rows] == list(study.enough.values())
