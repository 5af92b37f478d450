"""What is asked for, what can be had, and what is said about it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from samples import random_images

import tooeasy
from tooeasy import NotAtHandError, OptionError, measure_complexity
from tooeasy.complexity import MEASURES, to_json_object
from tooeasy.complexity.reading import sample_rows

FROM_SKETCH = ["F1", "F2", "F3", "C1", "C2"]


def test_a_sketch_gives_what_follows_from_it(made):
    """Of a sketch the values are those of the images, and the rest says what it needs."""
    images, labels = made
    sketch = tooeasy.from_arrays((images, labels)).train.sketch()
    found, full = measure_complexity(sketch), measure_complexity(made)
    assert list(found.values) == FROM_SKETCH
    assert all(found[name] == full[name] for name in FROM_SKETCH)
    assert set(found.missing) == set(MEASURES) - set(FROM_SKETCH)
    assert all("is a sketch, without images" in reason for reason in found.missing.values())
    assert found.sampled is None


@pytest.mark.parametrize("name", ["F1v", "L1", "L2", "N1", "N3", "CSG"])
def test_what_needs_images_is_refused_when_asked_for(made, name):
    """A measure asked for by name that a sketch cannot give is an error, and so is reading it from the result."""
    sketch = tooeasy.from_arrays(made).train.sketch()
    with pytest.raises(NotAtHandError, match="without images"):
        measure_complexity(sketch, measures=[name])
    with pytest.raises(NotAtHandError, match=f"has no {name}: .* without images"):
        measure_complexity(sketch)[name]


def test_the_sketch_of_two_classes_needs_moments():
    """F1v of two classes needs no images, but a sketch with moments."""
    data = tooeasy.from_arrays(random_images(0, classes=2))
    assert "F1v" in measure_complexity(data.train.sketch(moments=True)).values
    assert "without moments" in measure_complexity(data.train.sketch()).missing["F1v"]


def test_only_what_is_asked_for_is_measured(made):
    """Names in any case and order; the result has them in its own order, and says so of the others."""
    found = measure_complexity(made, measures=["n3", "F1"])
    assert list(found.values) == ["F1", "N3"]
    assert repr(found).startswith("Complexity(arrays: F1 0.")
    with pytest.raises(NotAtHandError, match="has no C1: it was not asked for"):
        found["C1"]


@pytest.mark.parametrize("measures", [["F9"], [], "F1", ["F1", "F4"]])
def test_unknown_measures_are_refused(made, measures):
    """The names are listed."""
    with pytest.raises(OptionError, match=r"measures are a list of F1, F1v, .*; found "):
        measure_complexity(made, measures=measures)
    with pytest.raises(OptionError, match="found F4"):
        measure_complexity(made, measures=["F1"])["F4"]


@pytest.mark.parametrize("options", [{"sample": 1}, {"sample": 2.5}, {"sample": "some"}, {"seed": -1}, {"threads": 0}])
def test_options_out_of_range_are_refused(made, options):
    """Sample, seed and threads."""
    with pytest.raises(OptionError, match=f"^{next(iter(options))} is "):
        measure_complexity(made, **options)


def test_a_sample_is_stratified_and_said_so():
    """As many images as wanted, the same fraction of each class, another for another seed; a note says so."""
    source = random_images(0, n=300, classes=3)
    found = measure_complexity(source, measures=["N3", "F1"], sample=100, seed=5)
    assert found.sampled == 100
    assert found.notes == ("N3: of 100 images, stratified by class, seed 5",)
    assert found["F1"] == measure_complexity(source, measures=["F1"])["F1"]
    labels = source[1]
    rows = sample_rows(labels, 100, 5)
    assert len(rows) == len(set(rows.tolist())) == 100
    assert (np.abs(np.bincount(labels[rows]) - np.bincount(labels) / 3) < 1).all()
    flat = source[0].reshape(300, -1)
    assert found["N3"] == measure_complexity((flat[rows].reshape(-1, 3, 4, 1), labels[rows]), measures=["N3"])["N3"]
    assert not np.array_equal(rows, sample_rows(labels, 100, 6))


def test_a_small_dataset_is_not_sampled(made):
    """Where the sample is as large as the dataset, or all is asked for, there is nothing to say."""
    for sample in (None, 60, 1000, "all"):
        found = measure_complexity(made, measures=["N3"], sample=sample)
        assert (found.sampled, found.notes) == (None, ())


def test_a_sample_has_every_class():
    """Classes so small that their part would be none still have an image."""
    labels = np.array([0] * 500 + [1, 2])
    assert set(labels[sample_rows(labels, 10, 0)]) == {0, 1, 2}


@pytest.mark.parametrize("sample", [None, 12])
def test_broken_images_are_left_out_with_their_labels(tmp_path, sample):
    """Every third file is cut off: the others keep their classes, dark and bright, so that nothing is wrong."""
    random = np.random.default_rng(5)
    for name, low in (("dark", 0), ("light", 200)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            path = tmp_path / "pictures" / name / f"{number:02}.png"
            Image.fromarray(random.integers(low, low + 50, (5, 6), np.uint8)).save(path)
            if number % 3 == 1:
                path.write_bytes(path.read_bytes()[:60])
    found = measure_complexity(tmp_path / "pictures", sample=sample)
    assert found["N3"] == found["L2"] == found["F3"] == 0
    assert any("8 broken images skipped" in note for note in found.notes)


def test_scatters_that_take_too_much_memory_are_left_out(made, monkeypatch):
    """F1v's classes would each have a matrix of pixels x pixels: it says so, and is an error when asked for."""
    monkeypatch.setattr("tooeasy.complexity.study.MOST_BYTES", 100)
    assert "use smaller images" in measure_complexity(made).missing["F1v"]
    with pytest.raises(OptionError, match="F1v of arrays would take"):
        measure_complexity(made, measures=["F1v"])


def test_results_are_plain_values(made):
    """The dictionary goes through JSON unchanged, and the command's object has one for each dataset."""
    found = measure_complexity(made)
    plain = found.to_dict()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert set(plain) == {
        "dataset",
        "classes",
        "image_shape",
        "n_train",
        "sampled",
        "seed",
        "values",
        "missing",
        "notes",
    }
    assert to_json_object([found]) == {"schema": "tooeasy/complexity/1", "results": [plain]}


def test_results_do_not_change(made):
    """They are frozen, values too."""
    found = measure_complexity(made, measures=["F1"])
    with pytest.raises(TypeError):
        found.values["F1"] = 0
    with pytest.raises(AttributeError):
        found.dataset = "another"


@pytest.mark.data
def test_mnist_is_as_hard_as_it_was(full_data):
    """On full MNIST: the sketch's measures, and N3 of 5,000 images."""
    found = measure_complexity(full_data("mnist"), measures=FROM_SKETCH)
    assert found["F1"] == pytest.approx(0.5764, abs=1e-4)
    assert found["F3"] == pytest.approx(0.8992, abs=1e-4)
    assert measure_complexity(full_data("mnist"), measures=["N3"], sample=5000)["N3"] < 0.07
