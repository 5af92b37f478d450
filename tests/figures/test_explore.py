"""What the figures of a dataset's images, classes and levels show."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image as mpl_image
from matplotlib import pyplot as plt
from samples import random_images
from tests.figures.baselines import difference

import tooeasy
from tooeasy.figures import draw, save, size_of
from tooeasy.figures.base import DARK

LOOKS = {
    "samples": lambda data: tooeasy.pick_samples(data, per_class=4),
    "square": lambda data: tooeasy.pick_samples(data, random=9),
    "means": tooeasy.mean_images,
    "std": lambda data: tooeasy.mean_images(data, statistic="std"),
    "differences": tooeasy.compare_means,
    "distribution": tooeasy.count_levels,
    "atypical": lambda data: tooeasy.find_atypical(data, per_class=3),
    "classes": tooeasy.count_classes,
}
SIZES = {"samples": (3, 3), "square": (3, 3.2), "atypical": (5, 2.6), "distribution": (6, 4), "differences": (4, 4)}


def dataset(classes=3, shape=(8, 6, 1), levels=256, seed=0, n=None, names=None, test=True):
    """Made-up images of blobs, so that a wrong picture is seen."""
    n = n or max(60, 12 * classes)
    images, labels = random_images(seed, n, shape, classes, levels)
    names = names or [f"class {number}" for number in range(classes)]
    held_out = (images[::-1][: n // 2], labels[::-1][: n // 2]) if test else None
    return tooeasy.from_arrays((images, labels), held_out, classes=names, name="made up", levels=levels)


def drawn(result):
    """The axes that a result is drawn on, at the size that suits it."""
    ax = plt.subplots(figsize=size_of(result))[1]
    assert draw(result, ax) is ax
    ax.figure.canvas.draw()
    return ax


def tiles(canvas, shape, columns, first=0):
    """Pictures cut out of a mosaic without names, by their place."""
    height, width = shape[:2]
    gap = max(1, round(0.08 * max(height, width)))
    cells = {}
    for place in range(columns * (canvas.shape[0] // height)):
        row, column = divmod(place, columns)
        top, left = first + row * (height + gap), column * (width + gap)
        cells[place] = canvas[top : top + height, left : left + width]
    return cells


@pytest.mark.parametrize("what", ["samples", "square"])
@pytest.mark.parametrize(("shape", "levels"), [((8, 6, 1), 17), ((5, 7, 3), 256), ((5, 7, 3), 17), ((4, 4, 2), 256)])
def test_samples_are_the_images(what, shape, levels):
    """Each picture is its image, scaled by the largest level, in its row and column; other places are empty."""
    found = LOOKS[what](dataset(shape=shape, levels=levels))
    ax = drawn(found)
    canvas = ax.images[0].get_array()
    cells = tiles(canvas, shape, found.columns)
    for image, place in zip(found.images, found.places, strict=True):
        if shape[2] == 3:
            np.testing.assert_allclose(cells[place][..., :3], np.round(255 * (image / (levels - 1))), atol=1)
            assert (cells[place][..., 3] == 255).all()
        else:
            np.testing.assert_allclose(cells[place], image.mean(axis=2) / (levels - 1))
            assert ax.images[0].get_clim() == (0, 1)
    if what == "samples":
        assert [label.get_text() for label in ax.get_yticklabels()] == ["class 0", "class 1", "class 2"]


def test_rows_of_samples_are_named_at_their_middles():
    """The name of a class stands beside the middle of its row."""
    found = LOOKS["samples"](dataset(shape=(8, 6, 1)))
    assert drawn(found).get_yticks().tolist() == [3.5, 12.5, 21.5]


def test_means_are_drawn_as_they_are():
    """Each class's mean is painted on the scale from 0 to 1 below its name, deviations from 0 to 0.5."""
    data = dataset()
    for what, top in (("means", 1), ("std", 0.5)):
        found = LOOKS[what](data)
        ax = drawn(found)
        canvas = np.ma.filled(ax.images[0].get_array(), np.nan)
        first = canvas.shape[0] - 8
        for label, tile in list(tiles(canvas, (8, 6), 3, first).items())[:3]:
            np.testing.assert_allclose(tile, found.images[label, ..., 0])
        assert ax.images[0].get_clim() == (0, top)
        assert [text.get_text() for text in ax.texts] == ["class 0", "class 1", "class 2"]


def test_differences_are_drawn_below_the_diagonal():
    """Each pair stands in its row and column, the row's class less the column's, from -255 to 255."""
    found = tooeasy.compare_means(dataset(classes=4))
    ax = drawn(found)
    means, differences = (tiles(np.ma.filled(image.get_array(), np.nan), (8, 6), 4) for image in ax.images[:2])
    for row in range(4):
        for column in range(4):
            tile = differences[4 * row + column]
            if column < row:
                np.testing.assert_allclose(tile, found.difference(row, column)[..., 0])
            else:
                assert np.isnan(tile).all()
        np.testing.assert_allclose(means[5 * row], found.means[row, ..., 0] / 255)
    assert ax.images[1].get_clim() == (-255, 255)


def test_nothing_is_the_pages_colour():
    """The middle of the scale of differences is light on a light page and dark on a dark one."""
    found = tooeasy.compare_means(dataset())
    for settings, light in (({}, True), (DARK, False)):
        with mpl.rc_context(settings):
            image = drawn(found).images[1]
        assert bool(np.mean(image.cmap(0.5)[:3]) > 0.9) is light
        assert bool(np.mean(image.cmap(0.5)[:3]) < 0.2) is not light


def test_levels_are_drawn_as_they_are_counted():
    """The steps are the shares of all pixels, the rows those of the classes, the dots their brightness."""
    found = tooeasy.count_levels(dataset(levels=17))
    overall, by_class, brightness, _ = drawn(found).child_axes
    np.testing.assert_array_equal(overall.patches[0].get_data().values, found.overall)
    shown = by_class.images[0].get_array()
    np.testing.assert_array_equal(np.ma.filled(shown, 0), found.by_class)
    np.testing.assert_array_equal(brightness.lines[0].get_xdata(), found.brightness[0])
    assert brightness.lines[0].get_ydata().tolist() == [0, 1, 2]


def test_atypical_images_stand_beside_their_distances():
    """The farthest images are in their class's row, the farthest first, and the dots have their distances."""
    found = LOOKS["atypical"](dataset())
    ax = drawn(found)
    (beside,) = ax.child_axes
    cells = tiles(np.ma.filled(ax.images[0].get_array(), np.nan), (8, 6), 3)
    dots = [line for line in beside.lines if line.get_marker() == "."]
    for label in range(3):
        at = found.farthest(label)
        for column, image in enumerate(found.images[at]):
            np.testing.assert_allclose(cells[3 * label + column], image[..., 0] / 255)
        np.testing.assert_array_equal(dots[label].get_xdata(), found.rms[found.chosen[at]])
        assert set(dots[label].get_ydata()) == {ax.get_yticks()[label]}
    assert beside.get_ylim() == (25.5, -0.5)
    top, foot = (beside.transData.transform((0, y))[1] - ax.transData.transform((0, y))[1] for y in (0, 20))
    assert abs(top) < 1
    assert abs(foot) < 1


def test_distances_of_several_datasets_have_one_scale():
    """In one figure, the distances of all datasets are drawn on the same scale."""
    axes = plt.subplots(2)[1]
    wide = tooeasy.from_arrays((np.array([0, 255, 0, 255], np.uint8)[:, None, None], [0, 0, 1, 1]))
    data = dataset()
    for ax, result in zip(axes, (LOOKS["atypical"](data), tooeasy.find_atypical(wide)), strict=True):
        draw(result, ax)
    one, two = (ax.child_axes[0].get_xlim() for ax in axes)
    assert one == two


def test_bars_are_as_long_as_classes_are_large():
    """Each class has a bar as long as its training images, and another for its test images."""
    found = tooeasy.count_classes(dataset())
    train, test = drawn(found).containers
    assert [bar.get_width() for bar in train] == found.train.tolist()
    assert [bar.get_width() for bar in test] == found.test.tolist()
    assert len(drawn(tooeasy.count_classes(dataset(test=False))).containers) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("classes", [2, 10, 110])
@pytest.mark.parametrize("what", LOOKS)
def test_any_number_of_classes_can_be_saved(tmp_path, what, classes, dark):
    """Figures of two, ten and many classes, grey or in colour, are written, light or dark."""
    result = LOOKS[what](dataset(classes=classes, shape=(3, 4, 3 if classes == 10 else 1)))
    save([result], tmp_path / "a.png", dark=dark)
    page = mpl_image.imread(tmp_path / "a.png")[0, 0, :3]
    assert page.max() < 0.2 if dark else page.min() == 1


@pytest.mark.parametrize("what", ["samples", "differences", "distribution", "atypical", "classes"])
def test_what_has_no_room_is_left_out_and_said(what):
    """Of a hundred classes some are shown, and the title says how many."""
    title = drawn(LOOKS[what](dataset(classes=100, shape=(2, 2, 1)))).get_title()
    assert "the 10 most and 10 least different of 4,950 pairs" in title if what == "differences" else "30" in title
    assert "100 classes" in title or what == "differences"


@pytest.mark.parametrize("what", LOOKS)
@pytest.mark.parametrize("classes", [2, 3, 10, 40])
def test_names_do_not_overlap(what, classes):
    """Names beside rows and above pictures are apart from each other at the size that suits the figure."""
    names = [f"name of class {number}" for number in range(classes)]
    result = LOOKS[what](dataset(classes=classes, shape=(8, 8, 1), names=names))
    with mpl.rc_context({"font.size": 9}):
        ax = plt.subplots(figsize=size_of(result), layout="constrained")[1]
        draw(result, ax)
        ax.figure.canvas.draw()
        shown = [axes for axes in (ax, *ax.child_axes) if axes.axison]
        texts = [*ax.texts, *(label for axes in shown for label in axes.get_yticklabels())]
        boxes = [text.get_window_extent() for text in texts if text.get_text() and text.get_visible()]
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other.shrunk(0.98, 0.9)) for other in boxes[number + 1 :])


@pytest.mark.parametrize("name", ["$x$", "a$b_{", "two\nlines", "", "猫"])
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("what", LOOKS)
def test_names_are_text(what, name):
    """Names with dollars and line breaks are drawn as text, not read as mathematics."""
    drawn(LOOKS[what](dataset(names=[name, "b", "c"])))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("what", LOOKS)
def test_figures_look_as_they_should(tmp_path, what, dark):
    """Each figure looks like the stored picture of it."""
    shape = (8, 6, 3 if what in ("samples", "atypical") else 1)
    name = f"{what}{'-dark' if dark else ''}"
    result = LOOKS[what](dataset(shape=shape))
    assert difference(result, name, tmp_path, size=SIZES.get(what, (4, 2.4)), dark=dark) is None


@pytest.mark.parametrize("what", LOOKS)
def test_a_wrong_picture_is_noticed(tmp_path, monkeypatch, what):
    """The figure of other images is not taken for the stored picture, nor is the dark one for the light one."""
    monkeypatch.delenv("TOOEASY_BASELINES", raising=False)
    shape = (8, 6, 3 if what in ("samples", "atypical") else 1)
    size = SIZES.get(what, (4, 2.4))
    other = LOOKS[what](dataset(shape=shape, seed=1, levels=200, n=90))
    assert "RMS" in difference(other, what, tmp_path, size=size)
    assert "RMS" in difference(LOOKS[what](dataset(shape=shape)), what, tmp_path, size=size, dark=True)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(28, 28, 1), (3, 28, 1), (28, 10, 3)])
@pytest.mark.parametrize("what", LOOKS)
def test_few_images_with_long_names_have_room(tmp_path, what, shape):
    """Two classes with long names, of images high or wide, are drawn with room for all, without a warning."""
    names = ["a rather long name of a class", "another name that is as long"]
    one = {"samples": {"per_class": 1}, "atypical": {"per_class": 1}}.get(what, {})
    look = {"samples": tooeasy.pick_samples, "atypical": tooeasy.find_atypical}.get(what, LOOKS[what])
    save([look(dataset(classes=2, shape=shape, names=names), **one)], tmp_path / "a.png")
