"""What the figures of templates, of how they come about, and of few pixels show."""

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
from tooeasy.templates import explain_templates, fit_templates, study_budget

LOOKS = {
    "templates": lambda data: fit_templates(data, "least-squares"),
    "confusion": lambda data: fit_templates(data, "means").confusion(),
    "curve": lambda data: fit_templates(data, "sgd").curve,
    "growth": explain_templates,
    "histogram": lambda data: explain_templates(data).histogram,
    "budget": study_budget,
    "order": lambda data: study_budget(data).forward_order,
}
SIZES = {"templates": (6, 2.4), "confusion": (5, 4), "growth": (6, 4), "budget": (6, 5), "order": (4.4, 4)}
SIZES |= {"curve": (6, 2.4), "histogram": (7, 2.6)}


def dataset(classes=3, shape=(8, 6, 1), levels=256, seed=0, names=None, test=True, n=None, name="made up"):
    """Made-up images of blobs, so that a wrong picture is seen."""
    images, labels = random_images(seed, n or max(60, 12 * classes), shape, classes, levels)
    names = names or [f"class {number}" for number in range(classes)]
    other = random_images(seed, n or max(60, 12 * classes), shape, classes, levels)
    noise = np.random.default_rng(seed).integers(0, levels, other[0].shape)
    mixed = np.where(noise % 3 == 0, noise, other[0]).astype(np.uint8)  # so that some are taken for others
    held_out = (mixed, other[1]) if test else None
    return tooeasy.from_arrays((images, labels), held_out, classes=names, name=name, levels=levels)


def drawn(result):
    """The axes that a result is drawn on, at the size that suits it."""
    ax = plt.subplots(figsize=size_of(result), layout="constrained")[1]
    assert draw(result, ax) is ax
    ax.figure.canvas.draw()
    return ax


def tiles(ax, shape, n, columns):
    """Pictures cut out of a mosaic: what is not empty, from the top and left."""
    canvas = np.ma.filled(ax.images[0].get_array(), np.nan)
    rows = np.flatnonzero(~np.isnan(canvas).all(axis=1))
    starts = [row for row in rows if row - 1 not in rows]
    gap = max(1, round(0.08 * max(shape[:2])))
    found = []
    for place in range(n):
        row, column = divmod(place, columns)
        left = column * (shape[1] + gap)
        found.append(canvas[starts[row] : starts[row] + shape[0], left : left + shape[1]])
    return np.array(found)


@pytest.mark.parametrize("shape", [(8, 6, 1), (5, 7, 3)])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_templates_are_their_weights(shape, classes):
    """Each class's picture has its weights, of colour images their mean, on a scale with zero in its middle."""
    study = fit_templates(dataset(classes, shape), "least-squares")
    ax = drawn(study)
    np.testing.assert_allclose(
        tiles(ax, shape, classes, 5 if classes == 10 else classes), study.weights.mean(axis=3), rtol=1e-12
    )
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert high <= np.abs(study.weights.mean(axis=3)).max()
    assert [text.get_text() for text in ax.texts] == list(study.classes)
    low, high = study.score.test_interval
    words = f"made up: least squares\ntest accuracy {study.test_accuracy:.1%} ({100 * low:.1f} to {100 * high:.1f})"
    assert ax.get_title(loc="left") + ax.get_title() == words


def test_the_bar_says_whether_weights_lie_beyond_it():
    """The ends of the colour bar are pointed only where some weight is beyond the scale."""
    for kind in ("least-squares", "nearest-mean"):
        study = fit_templates(dataset(), kind)
        ax = drawn(study)
        (bar,) = ax.child_axes
        assert bar.get_ylabel() == "weight"
        beyond = np.abs(study.weights).max() > ax.images[0].get_clim()[1]
        assert ax.images[0].colorbar.extend == ("both" if beyond else "neither")


def test_of_many_classes_the_best_and_the_worst_are_shown():
    """Of a hundred classes, the ten told apart best are above the ten worst, and the title says so."""
    study = fit_templates(dataset(100, (3, 4, 1)), "means")
    ax = drawn(study)
    recall = np.diag(study.score.confusion) / study.score.confusion.sum(axis=1)
    shown = [study.classes.index(text.get_text()) for text in ax.texts]
    assert len(shown) == 20
    assert sorted(recall[shown[:10]]) == sorted(np.sort(recall)[-10:])
    assert sorted(recall[shown[10:]]) == sorted(np.sort(recall)[:10])
    np.testing.assert_allclose(tiles(ax, (3, 4, 1), 20, 5), study.weights[shown].mean(axis=3))
    assert "the 10 classes told apart best, and the 10 worst, of 100" in ax.get_title()


def test_of_many_classes_without_score_the_first_are_shown():
    """Where nothing is held out, the first twenty of many classes are shown, and the title does not call them best."""
    study = fit_templates(dataset(100, (3, 4, 1)).train.sketch(moments=True), "means")
    ax = drawn(study)
    assert [text.get_text() for text in ax.texts] == list(study.classes[:20])
    assert "the first 20 of 100 classes" in ax.get_title()
    assert "best" not in ax.get_title()


@pytest.mark.parametrize("classes", [2, 10, 20])
def test_confusion_is_in_percent_of_each_class(classes):
    """Each cell has the percentage of its row's images, written where there is room and it is not zero."""
    confusion = fit_templates(dataset(classes), "means").confusion()
    ax = drawn(confusion)
    counts = confusion.score.confusion
    rates = 100 * counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ax.images[0].get_array(), rates)
    assert ax.images[0].get_clim() == (0, 100)
    written = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in ax.texts}
    expected = {(a, b): f"{rate:.0f}" for (a, b), rate in np.ndenumerate(rates) if rate >= 0.5}
    assert written == (expected if classes < 20 else {})
    assert [label.get_text() for label in ax.get_yticklabels()] == list(confusion.classes)


def test_curve_has_the_accuracies():
    """The line has the held-out accuracy after each number of steps, in percent and never above 100."""
    curve = fit_templates(dataset(), "sgd").curve
    ax = drawn(curve)
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), curve.steps)
    np.testing.assert_array_equal(line.get_ydata(), curve.test_accuracy)
    assert ax.texts[0].get_text() == f"{curve.test_accuracy[-1]:.1%}"
    assert ax.get_ylim()[1] <= 1.005
    assert all(label.get_text().endswith("%") for label in ax.get_yticklabels())


def test_curve_without_held_out_images_has_the_loss():
    """Where nothing is held out, the line has the training loss, and says so."""
    curve = fit_templates(dataset(), "sgd").curve
    curve = type(curve)(curve.steps, curve.loss, np.full(len(curve.steps), np.nan))
    ax = drawn(curve)
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), curve.loss)
    assert ax.get_ylabel() == "training loss in bits"


@pytest.mark.parametrize("shape", [(8, 6, 1), (5, 7, 3)])
def test_growth_has_each_sum(shape):
    """Each class has a row of its sums, each on its own scale, below the numbers of images in them."""
    growth = explain_templates(dataset(shape=shape, n=120))
    ax = drawn(growth)
    assert growth.images == (10, 100, 120)
    pictures = growth.sums.mean(axis=4).swapaxes(0, 1).reshape(-1, *shape[:2])
    scales = np.percentile(np.abs(pictures), 98, axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(tiles(ax, shape, 9, 3), np.clip(pictures / scales, -1, 1), rtol=1e-9)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["10", "100", "120"]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(growth.classes)


def test_growth_of_many_classes_says_how_many():
    """Of many classes, the first ten are shown, and the title says so."""
    ax = drawn(explain_templates(dataset(40, (3, 4, 1))))
    assert len(ax.get_yticks()) == 10
    assert "for the first 10 of 40 classes" in ax.get_title()


def test_histogram_has_the_fractions():
    """The steps are the fractions of images in the class and of the others by weight; each adds up to one."""
    histogram = explain_templates(dataset()).histogram
    ax = drawn(histogram)
    for patch, counts in zip(ax.patches, (histogram.outside, histogram.inside), strict=True):
        data = patch.get_data()
        np.testing.assert_allclose(data.values, counts / counts.sum())
        np.testing.assert_array_equal(data.edges, histogram.edges)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["other classes", "its class"]


def test_budget_has_both_curves():
    """Both roads have their lines with intervals, and a dot for each fraction of the accuracy of all pixels."""
    study = study_budget(dataset())
    ax = drawn(study)
    lines = {line.get_label(): line for line in ax.lines}
    for curve, label in ((study.forward, "forward selection"), (study.lasso, "by the lasso path")):
        np.testing.assert_array_equal(lines[label].get_xdata(), curve.pixels)
        np.testing.assert_array_equal(lines[label].get_ydata(), curve.test_accuracy)
    dots = [line for line in ax.lines if " of all pixels' accuracy" in line.get_label()]
    assert sorted(int(dot.get_xdata()[0]) for dot in dots) == sorted(set(study.enough.values()))
    found = dict(zip(study.forward.pixels, study.forward.test_accuracy, strict=True))
    for dot in dots:
        k = int(dot.get_xdata()[0])
        assert dot.get_ydata()[0] == found[k]
        percents = ", ".join(f"{fraction:.0%}" for fraction, pixels in study.enough.items() if pixels == k)
        assert dot.get_label() == f"{k} pixel{'s' if k > 1 else ''} for {percents} of all pixels' accuracy"
    assert ax.get_xscale() == "log"
    assert ax.get_ylim()[1] <= 1.005
    assert f"all pixels: {study.full.test_accuracy:.1%}" in ax.get_title()


def one_pixel():
    """Images whose first pixel is the class, and the others nothing."""
    images, labels = np.zeros((40, 2, 2, 1), np.uint8), np.repeat([0, 1], 20)
    images[:, 0, 0, 0] = 200 * labels
    return tooeasy.from_arrays((images, labels), (images, labels), classes=["a", "b"], name="one")


@pytest.mark.filterwarnings("error")
def test_one_pixel_may_be_enough(tmp_path):
    """Where one pixel tells all, its one dot stands for every fraction, and it is the one pixel of the order."""
    study = study_budget(one_pixel())
    legend = [text.get_text() for text in drawn(study).get_legend().get_texts()]
    assert legend[2:] == ["1 pixel for 80%, 90%, 95%, 99% of all pixels' accuracy"]
    ax = drawn(study.forward_order)
    assert ax.get_title() == "one: the first pixel,\nchosen one by one"
    assert [text.get_text() for text in ax.texts] == ["1"]
    save([study, study.forward_order, study.lasso_order], tmp_path / "a.png")


@pytest.mark.parametrize("road", ["forward", "lasso"])
@pytest.mark.parametrize("shape", [(8, 6, 1), (5, 7, 3), (4, 4, 2)])
def test_order_has_its_pixels(road, shape):
    """Each position has a square in the colour of its first place in the order, numbered, on the mean image."""
    study = study_budget(dataset(shape=shape))
    order = study.forward_order if road == "forward" else study.lasso_order
    ax = drawn(order)
    np.testing.assert_allclose(ax.images[0].get_array(), order.mean if shape[2] == 3 else order.mean.mean(axis=2))
    places = {}
    for number, (row, column, _) in enumerate(order.pixels, start=1):
        places.setdefault((column, row), number)
    (dots,) = ax.collections
    boxes = [path.get_extents() for path in dots.get_paths()]
    centres = [tuple(np.round((box.p0 + box.p1) / 2).astype(int).tolist()) for box in boxes]
    assert centres == list(places)
    assert all(box.width < 1 and box.height < 1 for box in boxes)
    assert dots.get_array().tolist() == list(places.values())
    numbers = {text.get_position(): text.get_text() for text in ax.texts}
    assert numbers == {at: str(number) for at, number in places.items() if number <= 30}


def test_a_panel_is_as_large_whatever_the_images_shape(tmp_path):
    """Beside the order of the pixels of a strip, the curve of the budget is not squeezed to the strip's height."""
    study = study_budget(dataset(shape=(2, 20, 1)))
    save([study, study.forward_order, study.lasso_order], tmp_path / "a.png", columns=3)
    height, width = mpl_image.imread(tmp_path / "a.png").shape[:2]
    assert 2.5 < width / height < 3.7


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("classes", "shape", "dark"),
    [(2, (8, 6, 1), False), (10, (3, 28, 3), True), (10, (28, 3, 1), False), (100, (3, 4, 1), True)],
)
def test_all_figures_can_be_saved(tmp_path, classes, shape, dark):
    """Figures of two, ten and many classes, of grey and colour images of any shape, are written, light or dark."""
    data = dataset(classes, shape)
    study, growth, budget = fit_templates(data, "sgd"), explain_templates(data), study_budget(data)
    results = [study, study.confusion(), study.curve, growth, growth.histogram]
    save(results, tmp_path / "a.png", dark=dark, columns=1)
    save([budget, budget.forward_order, budget.lasso_order], tmp_path / "b.png", dark=dark, columns=3)
    for name in ("a", "b"):
        page = mpl_image.imread(tmp_path / f"{name}.png")[0, 0, :3]
        assert page.max() < 0.2 if dark else page.min() == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("ending", [".png", ".svg", ".pdf"])
def test_digits_in_every_format(tmp_path, ending):
    """Figures of digits, which have 17 levels, are written twice as the same bytes in each format."""
    study, budget = fit_templates("digits", "lda"), study_budget("digits", pair=("3", "8"))
    for name in ("one", "two"):
        save([study, study.confusion(), budget, budget.lasso_order], tmp_path / f"{name}{ending}", columns=2)
    one, two = ((tmp_path / f"{name}{ending}").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.filterwarnings("error")
def test_without_held_out_images(tmp_path):
    """What was not scored is drawn without numbers."""
    study = fit_templates(dataset().train.sketch(moments=True), "lda")
    growth = explain_templates(dataset(test=False))
    assert "accuracy" not in drawn(study).get_title()
    save([study, growth, growth.histogram], tmp_path / "a.png", columns=1)


@pytest.mark.parametrize("what", LOOKS)
def test_given_axes_are_used(what):
    """A result draws on the axes it is given and returns them; without any, on a new figure."""
    result = LOOKS[what](dataset())
    ax = plt.subplots()[1]
    before = plt.get_fignums()
    assert result.plot(ax) is ax
    assert plt.get_fignums() == before
    assert result.plot().figure is not ax.figure


@pytest.mark.parametrize("what", [*LOOKS, "pair"])
@pytest.mark.parametrize("name", ["$x$", "a$b_{", "two\nlines", "", "猫"])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_names_are_text(what, name):
    """Names with dollars and line breaks, of classes and datasets, are drawn as text, not read as mathematics."""
    look = LOOKS.get(what, lambda data: study_budget(data, pair=(name, "b")))
    ax = drawn(look(dataset(names=[name, "b", "c"], name=f"data {name}")))
    assert "$" not in ax.get_title().replace(r"\$", "")
    assert len(ax.get_title().splitlines()) <= 2


@pytest.mark.filterwarnings("error")
def test_names_in_any_script(tmp_path):
    """Names in a script that the default font has not are saved without a warning."""
    data = dataset(names=["猫", "犬", "c"])
    study = fit_templates(data, "means")
    save([study, study.confusion(), study_budget(data, pair=("猫", "犬"))], tmp_path / "a.png")


@pytest.mark.parametrize("shape", [(8, 8, 1), (3, 28, 1), (28, 5, 1)])
@pytest.mark.parametrize("classes", [2, 10, 40])
@pytest.mark.parametrize("what", ["templates", "confusion", "growth"])
def test_names_do_not_overlap(what, classes, shape):
    """Names above pictures and beside rows, ticks and title are apart at the size that suits the figure."""
    result = LOOKS[what](dataset(classes, shape, names=[f"class {number}" for number in range(classes)], n=480))
    with mpl.rc_context({"font.size": 9, "axes.titlesize": 10, "axes.titlelocation": "left"}):
        ax = drawn(result)
    labels = [*ax.get_yticklabels(), *(label for label in ax.get_xticklabels() if label.get_rotation() == 0)]
    texts = [text for text in (*ax.texts, *labels, ax._left_title) if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    for number, box in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not box.overlaps(other.shrunk(0.98, 0.9))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("what", LOOKS)
def test_figures_look_as_they_should(tmp_path, what, dark):
    """Each figure looks like the stored picture of it."""
    name = f"{what}{'-dark' if dark else ''}"
    assert difference(LOOKS[what](dataset()), name, tmp_path, size=SIZES.get(what, (4, 2.4)), dark=dark) is None


@pytest.mark.parametrize("what", LOOKS)
def test_a_wrong_picture_is_noticed(tmp_path, monkeypatch, what):
    """The figure of other images is not taken for the stored picture, nor is the dark one for the light one."""
    monkeypatch.delenv("TOOEASY_BASELINES", raising=False)
    size = SIZES.get(what, (4, 2.4))
    assert "RMS" in difference(LOOKS[what](dataset(seed=1, n=90, levels=200)), what, tmp_path, size=size)
    assert "RMS" in difference(LOOKS[what](dataset()), what, tmp_path, size=size, dark=True)
