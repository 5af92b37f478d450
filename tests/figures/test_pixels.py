"""What the figures of the one-pixel study show."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tooeasy.figures import draw, draw_map, draw_pairs, save
from tooeasy.figures.pixels import ink


def colour_at(ax, x, y):
    """Colour, as three numbers from 0 to 255, that was really painted at a place in data coordinates."""
    ax.figure.canvas.draw()
    pixels = np.asarray(ax.figure.canvas.buffer_rgba())
    column, row = ax.transData.transform((x, y))
    return pixels[pixels.shape[0] - 1 - int(row), int(column), :3].astype(int)


def colour_of(accuracy):
    """Viridis from chance, 0.5, to 1."""
    return np.round(255 * np.array(mpl.colormaps["viridis"]((accuracy - 0.5) / 0.5)[:3])).astype(int)


def axes(width=6.4, height=6.4):
    """Axes on a new figure."""
    return plt.subplots(figsize=(width, height))[1]


def texts(ax):
    """Everything written within the axes."""
    return [text.get_text() for text in ax.texts]


def test_cells_have_the_colours_of_their_accuracies(make_study):
    """The cell of each pair is painted in the colour of its held-out accuracy, from chance to 1."""
    study = make_study(4)
    ax = draw_pairs(study, axes())
    assert len({round(pair.test_accuracy, 3) for pair in study.pairs}) > 3  # colours that differ
    for pair in study.pairs:
        a, b = pair.classes
        found = colour_at(ax, a - 0.4, b - 1 - 0.4)  # a corner of the cell, away from its text
        np.testing.assert_allclose(found, colour_of(max(pair.test_accuracy, 0.5)), atol=3)


def test_the_other_triangle_is_blank(make_study):
    """Each pair is shown once: the other half of the matrix stays white."""
    ax = draw_pairs(make_study(4), axes())
    for column in range(3):
        for row in range(column):
            assert colour_at(ax, column, row).tolist() == [255, 255, 255]


def test_cells_are_annotated(make_study):
    """Each cell has the accuracy in percent and the position of its pixel."""
    study = make_study(4)
    written = texts(draw_pairs(study, axes()))
    expected = [
        line for pair in study.pairs for line in (f"{100 * pair.test_accuracy:.1f}", f"{pair.row},{pair.column}")
    ]
    assert written == expected


def test_annotations_stand_in_their_cells(make_study):
    """Texts stand within the cells of their pairs."""
    study = make_study(4)
    ax = draw_pairs(study, axes())
    cells = [(round(text.get_position()[0]), round(text.get_position()[1])) for text in ax.texts[::2]]
    assert cells == [(pair.classes[0], pair.classes[1] - 1) for pair in study.pairs]


def test_annotations_can_be_read_on_their_colours(make_study):
    """Every text has a contrast of at least 3 to 1 with the cell behind it, as WCAG asks of large text."""

    def luminance(rgb):
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for accuracy in np.linspace(0.5, 1.0, 26):
        behind = luminance(mpl.colormaps["viridis"]((accuracy - 0.5) / 0.5)[:3])
        text = luminance(mpl.colors.to_rgb(ink(accuracy)))
        assert (max(behind, text) + 0.05) / (min(behind, text) + 0.05) >= 3
    ax = draw_pairs(make_study(2), axes(2, 2))
    assert ax.texts[0].get_color() in {ink(0.5), ink(1.0)}


def test_channels_are_annotated(make_study):
    """Of colour images, the position has the channel."""
    study = make_study(3, shape=(2, 2, 3))
    pair = study.pairs[0]
    assert f"{pair.row},{pair.column},{pair.channel}" in texts(draw_pairs(study, axes()))


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_any_number_of_classes(make_study, classes):
    """Two, ten and a hundred classes are drawn, with as many labels and texts as there is room for."""
    study = make_study(classes, shape=(2, 2, 1))
    ax = draw_pairs(study, axes())
    ax.figure.canvas.draw()
    shown = ax.images[0].get_array()
    assert shown.shape == (classes - 1, classes - 1)
    assert np.ma.count(shown) == len(study.pairs) == classes * (classes - 1) // 2
    assert len(ax.texts) == (2 * len(study.pairs) if classes <= 12 else 0)
    assert 1 <= len(ax.get_xticks()) <= 60


def test_classes_are_named_at_their_rows_and_columns(make_study):
    """The columns are named from the first class on, the rows from the second."""
    ax = draw_pairs(make_study(["cat", "dog", "cow"]), axes())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["cat", "dog"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["dog", "cow"]


def test_labels_of_many_classes_are_those_of_their_places(make_study):
    """Where only some classes have labels, each label is the name of the class at its place."""
    ax = draw_pairs(make_study([f"c{number}" for number in range(100)], shape=(2, 2, 1)), axes())
    for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert label.get_text() == f"c{int(place)}"
    for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
        assert label.get_text() == f"c{int(place) + 1}"


def test_the_title_has_the_summary(make_study):
    """The title names dataset and rule, and has the counts and the mean of the study."""
    study = make_study(4, name="my data")
    title = draw_pairs(study, axes()).get_title()
    summary = study.summary()
    assert title.startswith("my data: one pixel for each pair, lookup rule")
    assert f"{summary['at_least_0.90']} of 6 pairs at 90% or more, {summary['at_least_0.95']} at 95%" in title
    assert f"mean test accuracy {study.accuracies.mean():.1%}" in title


@pytest.mark.parametrize(("held_out", "word"), [(True, "test"), (False, "train")])
def test_the_colour_bar_says_what_was_scored(make_study, held_out, word):
    """The colour bar says whether accuracies are of test or of training images."""
    ax = draw_pairs(make_study(held_out=held_out), axes())
    bar = next(other for other in ax.figure.axes if other is not ax)
    assert bar.get_ylabel() == f"{word} accuracy (0.5 is chance)"
    assert bar.get_ylim() == (0.5, 1.0)


def test_a_title_with_train_accuracies_says_train(make_study):
    """Where nothing is held out, the numbers in the title are said to be of training images."""
    assert "train" in draw_pairs(make_study(held_out=False), axes()).get_title()


@pytest.mark.parametrize("name", ["$x$", "cost in $", "a$b_{", r"back\slash", "two\nlines", "100%", "{}", ""])
@pytest.mark.parametrize("kind", ["pairs", "map"])
def test_names_are_text(make_study, name, kind):
    """Names with dollars, line breaks and the like are drawn as text, not read as mathematics, and on one line."""
    study = make_study([name, "b", "c"], name=f"data {name}")
    ax = axes()
    draw(study if kind == "pairs" else study.map(name, "b"), ax)
    ax.figure.canvas.draw()  # mathematics is read, and fails, only when it is drawn
    shown = [ax.get_title().splitlines()[0], *(label.get_text() for label in ax.get_xticklabels())]
    written = " ".join(name.split())
    assert written in shown[0].replace(r"\$", "$")
    if kind == "pairs":
        assert shown[1].replace(r"\$", "$") == written
    for text in shown:
        assert text.count("$") == text.count(r"\$")


@pytest.mark.filterwarnings("error")
def test_names_in_any_script(make_study, tmp_path):
    """Names in a script that the default font has not are drawn into a file without a warning."""
    save([make_study(["猫", "犬"])], tmp_path / "pairs.png")
    assert (tmp_path / "pairs.png").stat().st_size > 0


def test_given_axes_are_returned(make_study):
    """Every figure draws on the axes it is given, and returns these."""
    study = make_study()
    for result in (study, study.map(0, 1)):
        for drawing in (draw, lambda result, ax: result.plot(ax), lambda result, ax: result.plot(ax=ax)):
            ax = axes(3, 3)
            open_before = plt.get_fignums()
            assert drawing(result, ax) is ax
            assert len(ax.images) == 1
            assert plt.get_fignums() == open_before
    ax = axes(3, 3)
    assert draw_pairs(study, ax) is ax
    ax = axes(3, 3)
    assert draw_map(study.map(0, 1), ax) is ax


def test_without_axes_there_is_a_new_figure(make_study):
    """Without axes, a new figure of pyplot's is drawn on, as notebooks expect."""
    study = make_study()
    made = [study.plot(), study.map(0, 1).plot()]
    assert all(isinstance(ax, Axes) for ax in made)
    assert made[0].figure is not made[1].figure
    assert len(plt.get_fignums()) == 2


def test_drawing_leaves_other_axes_alone(make_study):
    """Drawing on one of two axes leaves the other as it was."""
    left, right = plt.subplots(1, 2)[1]
    draw_pairs(make_study(), left)
    assert len(left.images) == 1
    assert not right.has_data()
    assert right.get_title() == ""


def test_map_has_the_colours_of_its_accuracies(make_study):
    """Each pixel of a map is painted in the colour of its training accuracy."""
    found = make_study(3, shape=(3, 5, 1)).map(0, 2)
    ax = draw_map(found, axes(5, 5))
    for (row, column), accuracy in np.ndenumerate(found.train_accuracy[..., 0]):
        np.testing.assert_allclose(colour_at(ax, column, row), colour_of(max(accuracy, 0.5)), atol=3)


def test_map_of_colour_images_shows_the_best_channel(make_study):
    """Of several channels, a map shows the best at each position."""
    found = make_study(3, shape=(2, 3, 3)).map(0, 1)
    shown = draw_map(found, axes(5, 5)).images[0].get_array()
    np.testing.assert_array_equal(shown, found.train_accuracy.max(axis=2))


def test_map_frames_the_best_pixel(make_study):
    """A frame stands around the best pixel, which is named below, with its accuracy, as a train accuracy."""
    study = make_study(3, shape=(3, 5, 1))
    best = study.pair(0, 2)
    ax = draw_map(study.map(0, 2), axes(5, 5))
    (frame,) = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    x, y = frame.get_xy()
    assert (y + 0.5, x + 0.5) == (best.row, best.column)
    assert ax.get_xlabel() == f"column; best pixel {best.row},{best.column} at {best.train_accuracy:.1%} (train)"


def test_map_says_train(make_study):
    """A map shows train accuracies, and its colour bar says so, even where images were held out."""
    ax = draw_map(make_study().map(0, 1), axes())
    bar = next(other for other in ax.figure.axes if other is not ax)
    assert bar.get_ylabel() == "train accuracy (0.5 is chance)"
