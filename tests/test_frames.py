"""Frames of pandas and polars: as pixels and labels where arrays are wanted, and made of every result with a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from samples import random_images
from sklearn.datasets import load_digits

import tooeasy
from tooeasy.errors import SourceError
from tooeasy.giveaways.duplicates import find_duplicates
from tooeasy.ladder import ClimbOptions

NAMES = [f"pixel{number}" for number in range(64)]


def of_pandas(pixels, labels):
    """A frame and a series of pandas."""
    return pd.DataFrame(pixels, columns=NAMES), pd.Series(labels)


def of_categories(pixels, labels):
    """A frame of pandas, and labels that are categories."""
    return pd.DataFrame(pixels, columns=NAMES), pd.Series(labels).astype("category")


def of_polars(pixels, labels):
    """A frame and a series of polars."""
    polars = pytest.importorskip("polars", reason="frames of polars are tested with it: pip install polars")
    return polars.DataFrame(pixels, schema=NAMES), polars.Series(labels)


def test_rows_of_many_pixels_are_not_resized():
    """A row longer than an image that is taken as it is stays a row: squeezed to a square it would be another thing."""
    images, labels = random_images(0, n=60, shape=(28, 28, 1), classes=2)
    frame = pd.DataFrame(images.reshape(60, 784))
    rows = tooeasy.load((frame, labels)).train
    assert rows.shape == (1, 784, 1)
    assert np.array_equal(rows.sketch().counts, tooeasy.load((images, labels)).train.sketch().counts)


@pytest.mark.parametrize("names", [False, True], ids=["numbers", "names"])
@pytest.mark.parametrize("make", [of_pandas, of_categories, of_polars])
def test_frames_are_arrays(make, names):
    """A frame with a row for each image and its labels: the very sketch of the arrays, in `load` and `from_arrays`."""
    X, y = load_digits(return_X_y=True)
    pixels, labels = X.astype(np.uint8), np.array([f"digit {label}" for label in y]) if names else y
    expected = tooeasy.from_arrays((pixels, labels)).train.sketch()
    assert tooeasy.from_arrays(make(pixels, labels)).train.sketch() == expected
    assert tooeasy.load(make(pixels, labels)).train.sketch() == expected
    split = tooeasy.load((make(pixels[:1000], labels[:1000]), make(pixels[1000:], labels[1000:])))
    assert (len(split.train), len(split.test)) == (1000, 797)


def test_a_frame_alone_is_refused_in_one_line():
    """It has no labels that could be told from pixels."""
    with pytest.raises(SourceError, match=r"a source is .* or \(images, labels\); found DataFrame"):
        tooeasy.load(pd.DataFrame({"label": [0, 1], "pixel0": [3, 4]}))


@pytest.fixture(scope="module")
def parts():
    """Small training and test images."""
    images, labels = random_images(0, n=120, shape=(6, 6, 1))
    return (images[:80], labels[:80]), (images[80:], labels[80:])


NO_CACHE = ClimbOptions(cache=False)
RESULTS = {
    "PixelStudy": (tooeasy.study_pixels, ["dataset", "class_a", "class_b", "row", "test_accuracy"], 3),
    "TemplateStudy": (tooeasy.fit_templates, ["dataset", "kind", "class", "n_test", "test_accuracy"], 3),
    "BudgetStudy": (tooeasy.study_budget, ["dataset", "road", "pixels", "test_accuracy", "test_low"], None),
    "Ladder": (lambda data: tooeasy.climb(data, up_to="border", options=NO_CACHE), ["rung", "usable_bits"], 4),
    "Comparison": (lambda _: tooeasy.compare("digits", "mnist"), ["first_dataset", "what", "low", "answer"], None),
    "Audit": (tooeasy.audit, ["id", "severity", "message"], None),
    "Duplicates": (lambda data: find_duplicates(tooeasy.load(data)), [], None),
    "Complexity": (
        lambda data: tooeasy.measure_complexity(data, measures=["F1", "N3"]),
        ["dataset", "measure", "value", "why"],
        2,
    ),
    "Benchmark": (
        lambda data: tooeasy.run_benchmark(data, families=["GaussianNB"]),
        ["dataset", "family", "setting", "test_accuracy"],
        None,
    ),
    "ClassCounts": (tooeasy.count_classes, ["dataset", "class", "train", "test"], 3),
    "ClassDifferences": (tooeasy.compare_means, ["origin", "class_a", "class_b", "rms_difference"], 3),
    "AtypicalImages": (
        lambda data: tooeasy.find_atypical(data, per_class=2),
        ["origin", "class", "row", "distance", "rms"],
        6,
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_with_a_table_is_a_frame(name, parts):
    """``to_frame`` gives a pandas frame with these columns, and a row for each that its docstring promises."""
    make, columns, rows = RESULTS[name]
    result = make(parts)
    assert type(result).__name__ == name
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert set(columns) <= set(frame.columns)
    assert rows is None or len(frame) == rows


def test_frames_have_the_numbers_of_the_results(parts):
    """The same as in ``to_dict``, where both have them; what is missing is missing."""
    budget = tooeasy.study_budget(parts)
    frame = budget.to_frame()
    assert frame[frame.road == "lasso"].test_accuracy.tolist() == budget.to_dict()["lasso"]["test_accuracy"]
    comparison = tooeasy.compare("digits", "mnist")
    pair = comparison.to_dict()["pairs"][0]["differences"]
    assert comparison.to_frame()[["low", "high"]].to_numpy().tolist() == [one["interval"] for one in pair]
    sketch = tooeasy.load("mnist").train.sketch()
    found = tooeasy.measure_complexity(sketch).to_frame().set_index("measure")
    assert np.isnan(found.value["N1"])
    assert "sketch" in found.why["N1"]
    assert np.isfinite(found.value["F1"])
    counts = tooeasy.count_classes(parts[0]).to_frame()
    assert counts.test.isna().all()
    assert counts.train.sum() == 80


def test_polars_reads_the_frames(parts):
    """For those who use polars: ``polars.from_pandas`` takes each table as it is."""
    polars = pytest.importorskip("polars", reason="frames of polars are tested with it: pip install polars")
    pytest.importorskip("pyarrow", reason='polars reads frames of pandas by it: pip install "tooeasy[hf]"')
    for make in (tooeasy.study_pixels, tooeasy.fit_templates, tooeasy.count_classes, tooeasy.audit):
        frame = make(parts).to_frame()
        assert polars.from_pandas(frame).shape == frame.shape
