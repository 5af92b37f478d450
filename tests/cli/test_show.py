"""``tooeasy show``: looking at a dataset."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib import image as mpl_image
from PIL import Image
from samples import random_images

import tooeasy

WHATS = ["samples", "means", "differences", "distribution", "atypical", "classes"]
LOOKS = dict(
    zip(
        WHATS,
        (
            tooeasy.pick_samples,
            tooeasy.mean_images,
            tooeasy.compare_means,
            tooeasy.count_levels,
            tooeasy.find_atypical,
            tooeasy.count_classes,
        ),
        strict=True,
    )
)


@pytest.fixture
def many(here):
    """File ``many.npz`` of forty classes with long names, some of them not ASCII, and colour images of 25x50 pixels."""
    images, labels = random_images(3, n=160, shape=(25, 50, 3), classes=40)
    names = np.array([f"très long name of class [{number}]" for number in range(40)])
    np.savez(here / "many.npz", images=images, labels=names[labels])
    return here / "many.npz"


@pytest.mark.parametrize("what", WHATS)
def test_something_is_printed(command, folder, what):
    """Every way of looking prints the dataset's name and its classes, and nothing on stderr."""
    result = command("show", what, "small")
    assert result.code == 0
    assert result.out.startswith("small")
    assert result.err == ""
    for name in "012":
        assert name in result.out


def test_files_of_atypical_images_are_named(command, here):
    """By their path in the folder; of images that are not files, the rows are."""
    for number in range(20):
        path = here / "files" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4), 255 if number < 2 else 10, np.uint8)).save(path)
    found = tooeasy.find_atypical("files", per_class=2)
    assert (found.files[0], found.files[2]) == ("a/0.png", "b/1.png")
    words = command("show", "atypical", "files").words
    assert "files of the farthest" in words
    assert "a/0.png, a/" in words
    plain = json.loads(command("show", "atypical", "files", "--json").out)["results"][0]
    assert plain["by_class"][1]["farthest"][0]["file"] == "b/1.png"
    assert list(found.to_frame()["file"]) == list(found.files)
    assert "rows of the farthest" in command("show", "atypical", "digits").words


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_many_classes_fit_the_terminal(command, many, monkeypatch, what, columns):
    """Of many classes with long names, no line is longer than the terminal is wide."""
    monkeypatch.setenv("COLUMNS", columns)
    result = command("show", what, "many.npz")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= int(columns)


def test_colours_are_half_blocks(command, folder, monkeypatch):
    """Where there is colour, two rows of pixels make a line of half blocks."""
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    lines = command("show", "means", "small").out.splitlines()
    assert sum("▀" in line for line in lines) == 2  # three rows of pixels


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
@pytest.mark.parametrize("what", WHATS)
def test_a_figure_is_written(command, folder, here, what, ending):
    """With --output a figure is written, and a line says so."""
    result = command("show", what, "small", "-o", f"a.{ending}")
    assert result.code == 0
    assert result.out.startswith(f"a.{ending}: ")
    assert (here / f"a.{ending}").stat().st_size > 1000


def test_narrow_results_stand_side_by_side(command, folder, here):
    """Results of several sources stand beside one another where they are narrow, and below where they are wide."""
    for what, sources in (("classes", 2), ("classes", 4)):
        command("show", what, *["small"] * sources, "--output", f"{sources}.png")
    beside, below = (mpl_image.imread(here / f"{sources}.png").shape for sources in (2, 4))
    assert beside[1] > beside[0]
    assert below[0] > below[1]


def test_dark_figures_are_dark(command, folder, here):
    """--dark draws light on dark."""
    command("show", "classes", "small", "-o", "a.png", "--dark")
    assert mpl_image.imread(here / "a.png")[0, 0, :3].max() < 0.2


@pytest.mark.parametrize("what", WHATS)
def test_json_is_what_python_gives(command, folder, what):
    """--json prints the schema, the way of looking, and each result as in Python."""
    found = json.loads(command("show", what, "small", "small", "--json").out)
    expected = json.loads(json.dumps(LOOKS[what](tooeasy.load(folder)).to_dict()))
    assert found == {"schema": "tooeasy/show/1", "what": what, "results": [expected, expected]}


@pytest.mark.parametrize(
    ("arguments", "look"),
    [
        (["samples", "--per-class", "2"], lambda data: tooeasy.pick_samples(data, per_class=2)),
        (["samples", "--random", "5", "--seed", "3"], lambda data: tooeasy.pick_samples(data, random=5, seed=3)),
        (["atypical", "--per-class", "2"], lambda data: tooeasy.find_atypical(data, per_class=2)),
        (["means", "--median"], lambda data: tooeasy.mean_images(data, statistic="median")),
        (["means", "--std"], lambda data: tooeasy.mean_images(data, statistic="std")),
    ],
)
def test_options_are_those_of_python(command, folder, arguments, look):
    """Each option has the effect of its argument in Python."""
    found = json.loads(command("show", arguments[0], "small", *arguments[1:], "--json").out)
    assert found["results"] == [json.loads(json.dumps(look(tooeasy.load(folder)).to_dict()))]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["classes", "small", "--std"], "--std is for means; found classes"),
        (["means", "small", "--per-class", "3"], "--per-class is for samples and atypical; found means"),
        (["atypical", "small", "--random", "3"], "--random is for samples; found atypical"),
        (["means", "small", "--median", "--std"], "--median and --std exclude each other"),
        (["samples", "small", "--random", "3", "--per-class", "3"], "exclude each other"),
        (["samples", "small", "--per-class", "0"], "--per-class"),
        (["means", "small", "--dark"], "--dark is for figures"),
        (["nothing", "small"], "nothing"),
        (["means", "small", "-o", "a.gif"], ".png, .svg, .pdf; found 'a.gif'"),
        (["means", "small", "-o", "missing/a.png"], "does not exist"),
        (["means", "missing"], "missing"),
        (["means"], "SOURCE"),
    ],
)
def test_what_cannot_be_shown_is_refused(refused, folder, arguments, said):
    """What does not fit is refused in one line, before anything is written."""
    assert said in refused("show", *arguments)


def test_sketches_can_be_summed_up_but_not_looked_at(command, refused, make_sketch):
    """A sketch has means, differences, levels and classes; its images are asked for where they are needed."""
    make_sketch("a.sketch", ["a", "b"])
    for what in ("means", "differences", "distribution", "classes"):
        assert command("show", what, "a.sketch").code == 0
    for what in ("samples", "atypical"):
        assert "without images" in refused("show", what, "a.sketch")


def test_the_test_images_stand_in(command):
    """Where the training images are not here, the test images are shown, and a note says so."""
    result = command("show", "samples", "mnist", "--per-class", "2")
    assert result.out.startswith("mnist test")
    assert "note: mnist train: the images are not here; these are of mnist test" in result.words


def test_broken_images_are_noted(command, here):
    """Broken images are left out of what is shown, and a note names them."""
    images, _ = random_images(0, shape=(6, 6, 1))
    for name in "ab":
        (here / "pictures" / name).mkdir(parents=True)
        for number in range(3):
            path = here / "pictures" / name / f"{number}.png"
            Image.fromarray(images[number, ..., 0]).save(path)
        path.write_bytes(path.read_bytes()[:60])
    for what in ("samples", "means", "atypical"):
        assert "2 broken images skipped" in command("show", what, "pictures").words


def test_help_loads_nothing_heavy(process):
    """Asking for help loads nothing that computes or draws."""
    code = "from tooeasy.cli.main import main; assert main(['show', '--help']) == 0; import sys; print(*sys.modules)"
    names = set(process("-c", code).stdout.split())
    assert names.isdisjoint({"numpy", "numba", "matplotlib", "tooeasy.explore"})
