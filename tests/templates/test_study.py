"""Studies of templates: scores counted by hand, what they were measured on, and what cannot be asked for."""

from __future__ import annotations

import dataclasses
import json

import naive
import numpy as np
import pytest
from data.test_alignment import IMAGES, LABELS, write_pictures
from samples import random_images

from tooeasy import NotAtHandError, OptionError, SourceError, from_arrays, load
from tooeasy.templates import FROM_SKETCH, KINDS, Settings, TemplateStudy, fit_templates, study_templates
from tooeasy.templates.features import features_of
from tooeasy.templates.study import to_json_object

SHAPE = (3, 4, 2)
NAMES = ["ant", "bee", "cow"]


@pytest.fixture(scope="module")
def data():
    images, labels = random_images(0, n=240, shape=SHAPE)
    return from_arrays((images[:160], labels[:160]), (images[160:], labels[160:]), classes=NAMES, name="animals")


def by_hand(study: TemplateStudy, images: np.ndarray, labels: np.ndarray, binarize: float | None = None) -> list:
    """Confusions of a study's templates, by plain loops over the images."""
    rows = images.reshape(len(images), -1)
    rows = (rows >= binarize * 255).astype(float) if binarize is not None else rows / 255
    scores = naive.template_scores(rows.tolist(), study.linear.weights.tolist(), study.intercepts.tolist())
    return naive.confusion(labels, [naive.first_highest(row) for row in scores], len(study.classes))


@pytest.mark.parametrize("binarize", [None, 0.5])
@pytest.mark.parametrize("kind", KINDS)
def test_scores_equal_counting_by_hand(data, kind, binarize):
    """Each held-out image, its dot product with each picture, and the highest."""
    study = fit_templates(data, kind, binarize=binarize)
    reference = by_hand(study, data.test.images(), data.test.labels, binarize)
    assert study.score.confusion.tolist() == reference
    assert study.test_accuracy == sum(reference[label][label] for label in range(3)) / 80
    assert (study.dataset, study.classes, study.held_out) == ("animals", tuple(NAMES), "test split")
    assert study.weights.shape == (3, *SHAPE)
    assert repr(study) == f"TemplateStudy(animals, {kind}: 3 classes, test accuracy {study.test_accuracy:.3f})"


@pytest.mark.parametrize("kind", KINDS)
def test_black_and_white_is_a_study_of_black_and_white_images(data, kind):
    """The same pictures as of images that have been made black and white before."""
    white = [((split.images() >= 128).astype(np.uint8), split.labels) for split in (data.train, data.test)]
    reference = fit_templates(from_arrays(*white, classes=NAMES, levels=2), kind)
    computed = fit_templates(data, kind, binarize=0.5)
    assert computed.weights == pytest.approx(reference.weights, abs=1e-9)
    assert computed.score.confusion.tolist() == reference.score.confusion.tolist()


def test_several_kinds_in_one_go_are_those_kinds_one_by_one(data):
    """One sketch and one pass for all, and nothing of one in another."""
    wanted = [Settings(kind=kind) for kind in KINDS]
    for study in study_templates(data, wanted):
        single = fit_templates(data, study.settings.kind)
        assert np.array_equal(study.weights, single.weights)
        assert np.array_equal(study.score.confusion, single.score.confusion)


@pytest.mark.parametrize("kind", KINDS)
def test_batches_and_threads_do_not_matter(data, kind, monkeypatch):
    """The same templates and scores from batches of seven images and any number of threads."""
    reference = fit_templates(data, kind, threads=1)
    monkeypatch.setattr("tooeasy.data.split.BATCH_BYTES", 7 * 24)
    for threads in (1, 3):
        computed = fit_templates(data, kind, threads=threads)
        assert computed.weights == pytest.approx(reference.weights, abs=1e-9)
        assert computed.score.confusion.tolist() == reference.score.confusion.tolist()


def test_gradient_descent_has_a_curve_and_others_have_none(data):
    """Its last point is the study's score; without held-out images, the accuracy is not known."""
    study = fit_templates(data, "sgd", seed=3)
    assert study.curve.test_accuracy[-1] == study.test_accuracy
    assert np.array_equal(fit_templates(data, "sgd", seed=3).weights, study.weights)
    assert not np.array_equal(fit_templates(data, "sgd", seed=4).weights, study.weights)
    assert fit_templates(data, "softmax").curve is None
    alone = study_templates(from_arrays(random_images(0)), [Settings(kind="sgd")])[0]
    assert np.isnan(alone.curve.test_accuracy).all()
    assert alone.curve.to_dict()["test_accuracy"] is None


def test_softmax_that_did_not_converge_says_so(data, monkeypatch):
    """In a note, which the JSON has too."""
    assert fit_templates(data, "softmax").notes == ()
    monkeypatch.setattr("tooeasy.templates.softmax.MOST_ITERATIONS", 2)
    study = fit_templates(data, "softmax", alpha=0)
    assert study.notes == ("softmax stopped before it had converged; a larger alpha helps",)
    assert study.to_dict()["notes"] == list(study.notes)


# What is scored on


def test_without_a_test_split_some_images_are_held_out():
    """20 % of each class, seeded, and said so; templates are of the others."""
    images = random_images(0, n=120, shape=SHAPE)
    study = fit_templates(images, "nearest-mean", seed=4)
    data = from_arrays(images).with_hold_out(seed=4)
    assert study.held_out == "20% of the images, stratified, seed 4"
    assert study.score.confusion.tolist() == by_hand(study, data.test.images(), data.test.labels)
    assert study.linear.weights == pytest.approx(
        np.array(naive.class_means((data.train.images().reshape(-1, 24) / 255).tolist(), data.train.labels, 3))
    )
    other = fit_templates(images, "nearest-mean", seed=5)
    assert not np.array_equal(other.weights, study.weights)


def test_other_images_can_be_scored(data):
    """All of them, or their test split where they have one."""
    images, labels = random_images(0, n=50, shape=SHAPE)
    other = from_arrays((images, labels), classes=NAMES, name="others")
    study = fit_templates(data, "lda", test=other)
    assert study.held_out == "others (all)"
    assert study.score.confusion.tolist() == by_hand(study, images, labels)
    assert np.array_equal(study.weights, fit_templates(data, "lda").weights)
    with pytest.raises(SourceError, match="has other classes in its test split"):
        fit_templates(data, test=(images, labels))


@pytest.mark.parametrize("kind", FROM_SKETCH)
def test_a_sketch_is_enough(data, kind):
    """The same templates from a sketch as from the images; scored on images that are here, or not at all."""
    sketch = data.train.sketch(moments=True)
    study, reference = fit_templates(sketch, kind), fit_templates(data, kind)
    assert np.array_equal(study.weights, reference.weights)
    assert (study.score, study.held_out) == (None, None)
    assert np.isnan(study.test_accuracy)
    assert repr(study) == f"TemplateStudy(sketch, {kind}: 3 classes, not scored)"
    scored = fit_templates(sketch, kind, test=data)
    assert scored.score.confusion.tolist() == reference.score.confusion.tolist()
    found = json.loads(json.dumps(to_json_object([[study]]), allow_nan=False))["results"][0]
    assert found["held_out"] is None
    assert found["templates"][0]["test_accuracy"] is None
    assert found["templates"][0]["confusion"] is None


@pytest.mark.parametrize("options", [{"kind": "softmax"}, {"kind": "sgd"}, {"kind": "means", "binarize": 0.5}])
def test_what_does_not_follow_from_a_sketch_needs_the_images(data, options):
    """And says so in one line."""
    with pytest.raises(NotAtHandError, match="is a sketch, without images") as caught:
        fit_templates(data.train.sketch(moments=True), test=data, **options)
    assert "\n" not in str(caught.value)


def test_a_sketch_without_moments_is_not_enough(data):
    """Nor are the sketches of test images something to score on."""
    with pytest.raises(NotAtHandError, match="without moments"):
        fit_templates(data.train.sketch())
    with pytest.raises(NotAtHandError, match="without images"):
        fit_templates(data, test=data.test.sketch(moments=True))


# Broken images


@pytest.mark.parametrize("kind", KINDS)
def test_broken_images_keep_labels_aligned(tmp_path, kind):
    """They take no part, and no other image gets their label; a note says how many there were."""
    data = load(write_pictures(tmp_path, {"a": 3, "b": 1}))
    good = np.setdiff1d(np.arange(40), [0, 2, 4, 1])
    (study,) = study_templates(data, [Settings(kind=kind)])
    names = (IMAGES[good], np.array(["a", "b"])[LABELS[good]])
    # A folder is read in the order of its classes; gradient descent draws images by their number.
    order = np.argsort(names[1], kind="stable")
    (reference,) = study_templates(from_arrays((names[0][order], names[1][order])), [Settings(kind=kind)])
    assert study.weights == pytest.approx(reference.weights, rel=1e-6, abs=1e-6)
    assert any("4 broken images skipped" in note for note in study.notes)


@pytest.mark.parametrize("kind", ["lda", "softmax"])
def test_broken_images_are_not_scored(tmp_path, kind):
    """Held-out images that cannot be read are left out of the table, as their labels are."""
    data = load(write_pictures(tmp_path, {"a": 3}))
    train = from_arrays((IMAGES, np.array(["a", "b"])[LABELS]))
    study = fit_templates(train, kind, test=data)
    good = np.setdiff1d(np.arange(40), [0, 2, 4])
    assert study.score.images == 37
    assert study.score.confusion.tolist() == by_hand(study, IMAGES[good], LABELS[good])


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_that_cannot_be_read_has_no_template(tmp_path, kind):
    """That is an error, and the class is named."""
    data = load(write_pictures(tmp_path, {"b": 20}))
    with pytest.raises(SourceError, match="no image of class b can be read"):
        study_templates(data, [Settings(kind=kind)])
    with pytest.raises(SourceError, match="no image of class b can be read"):
        features_of(data.train)


# What is returned


@pytest.mark.parametrize("kind", KINDS)
def test_the_result_is_plain_json(data, kind):
    """No NaN; what belongs to the kind, and null for what does not; the pictures only where wanted."""
    study = fit_templates(data, kind)
    short = json.loads(json.dumps(to_json_object([[study]]), allow_nan=False))
    assert short["schema"] == "tooeasy/templates/1"
    (result,) = short["results"]
    assert (result["dataset"], result["classes"], result["image_shape"]) == ("animals", NAMES, list(SHAPE))
    (found,) = result["templates"]
    assert found["kind"] == kind
    assert found["test_accuracy"] == study.test_accuracy
    assert found["confusion"] == study.score.confusion.tolist()
    most = found["most_confused"][0]
    assert study.score.confusion[most["class"], most["answer"]] == most["images"]
    assert (found["centre"] is not None) == (kind == "centred-means")
    assert (found["seed"] is not None) == (kind in ("softmax", "sgd"))
    assert (found["alpha"] is not None) == (kind in ("least-squares", "lasso", "softmax"))
    assert (found["curve"] is not None) == (kind == "sgd")
    assert "weights" not in found
    long = json.loads(json.dumps(study.to_dict(weights=True), allow_nan=False))
    assert long["weights"] == study.weights.tolist()
    assert long["intercepts"] == study.intercepts.tolist()


@pytest.mark.parametrize("kind", ["lda", "sgd"])
def test_the_frame_is_the_table_of_answers(data, kind):
    """A row a class: its images, those that are right, and what most others are taken for, counted by hand."""
    study = fit_templates(data, kind)
    frame = study.to_frame()
    assert (frame["class"].tolist(), set(frame["kind"]), set(frame["dataset"])) == (NAMES, {kind}, {"animals"})
    for label, counted in enumerate(by_hand(study, data.test.images(), data.test.labels)):
        row = frame.iloc[label]
        right, wrong = counted[label], [0 if other == label else n for other, n in enumerate(counted)]
        assert (row.n_test, row.confused, row.confused_with) == (sum(counted), max(wrong), NAMES[np.argmax(wrong)])
        assert row.test_accuracy == right / sum(counted)
        assert (row.test_low, row.test_high) == pytest.approx(naive.wilson(right, sum(counted)))


def test_the_frame_of_what_is_not_scored_has_no_numbers(data):
    """Neither without held-out images nor for a class that has none."""
    frame = fit_templates(data.train.sketch(moments=True)).to_frame()
    assert frame["test_accuracy"].isna().all()
    assert frame["confused_with"].isna().all()
    assert frame["n_test"].tolist() == [0, 0, 0]


def test_a_test_class_without_images_gives_null_not_nan(data):
    """Its balanced accuracy is not known; JSON says null."""
    chosen = data.test.labels != 2
    test = from_arrays((data.test.images(), data.test.labels), classes=NAMES).train.part(np.flatnonzero(chosen))
    (study,) = study_templates(dataclasses.replace(data, test=test), [Settings(kind="lda")])
    assert study.to_dict()["balanced_test_accuracy"] is None
    json.dumps(study.to_dict(), allow_nan=False)


def test_a_study_is_frozen(data):
    """Results do not change under those who hold them."""
    study = fit_templates(data, "means")
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.score = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.settings.kind = "lda"


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "median"}, "kind is one of means, centred-means, .*, softmax, sgd; found 'median'"),
        ({"kind": None}, "kind is one of"),
        ({"kind": "centred-means", "centre": "middle"}, "centre is a number or 'global'; found 'middle'"),
        ({"kind": "centred-means", "centre": np.nan}, "centre is a number or 'global'; found nan"),
        ({"kind": "centred-means", "centre": True}, "centre is a number or 'global'; found True"),
        ({"kind": "means", "centre": 0.1}, "centre belongs to centred-means; found it with means"),
        ({"alpha": -1.0}, "alpha is a number of at least 0; found -1.0"),
        ({"alpha": np.inf}, "alpha is a number of at least 0; found inf"),
        ({"alpha": "much"}, "alpha is a number of at least 0; found 'much'"),
        ({"kind": "lasso", "alpha": 0}, "alpha of the lasso is above 0; without a penalty it is least-squares"),
        ({"kind": "lda", "alpha": 1.0}, "alpha belongs to least-squares, lasso, softmax; found it with lda"),
        ({"kind": "sgd", "alpha": 1.0}, "alpha belongs to least-squares, lasso, softmax; found it with sgd"),
        ({"kind": "lda", "intercept": False}, "intercept belongs to least-squares, lasso, softmax, sgd; .* with lda"),
        ({"kind": "softmax", "penalty": "l3"}, "penalty is l2 or l1; found 'l3'"),
        ({"penalty": "l1"}, "penalty belongs to softmax; found it with least-squares"),
        ({"binarize": 0.0}, "binarize is a fraction of the highest level, above 0 to 1; found 0.0"),
        ({"binarize": 1.1}, "binarize is a fraction of the highest level, above 0 to 1; found 1.1"),
        ({"binarize": np.nan}, "binarize is a fraction"),
        ({"binarize": "half"}, "binarize is a fraction"),
        ({"kind": "sgd", "seed": -1}, "seed is a whole number of at least 0; found -1"),
        ({"kind": "sgd", "seed": 0.5}, "seed is a whole number of at least 0; found 0.5"),
        ({"kind": "sgd", "seed": None}, "seed is a whole number of at least 0; found None"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    """Before anything is read, in one line that says what may be given."""
    with pytest.raises(OptionError, match=message) as caught:
        Settings(**options)
    assert "\n" not in str(caught.value)
    with pytest.raises(OptionError, match=message):
        fit_templates("no such source", **options)


def test_numbers_of_numpys_type_are_numbers_too():
    """Loops over NumPy arrays hand out NumPy numbers."""
    settings = Settings(kind="centred-means", centre=np.float32(0.25), binarize=np.float64(0.5), seed=np.int64(3))
    assert json.loads(json.dumps(settings.to_dict())) == settings.to_dict()
    assert settings.to_dict()["centre"] == 0.25


def test_kinds_of_one_study_look_at_the_same_images(data):
    """Black and white is for all kinds of a study, or for none."""
    with pytest.raises(OptionError, match="binarize is the same for all kinds of a study"):
        study_templates(data, [Settings(), Settings(kind="means", binarize=0.5)])


def test_nothing_is_asked_for(data):
    """No kinds, no studies."""
    assert study_templates(data, []) == []


def test_notes_say_what_would_mislead():
    """A class without held-out images, exact fits to few images, and gradient descent that goes wild."""
    images, labels = random_images(0, n=90, shape=(8, 8, 1))
    kept = labels[60:] != 2
    data = from_arrays((images[:60], labels[:60]), (images[60:][kept], labels[60:][kept]), classes=["a", "b", "c"])
    notes = fit_templates(data, "least-squares").notes
    assert "no held-out image of class c" in notes
    assert any("60 training images and 64 pixels" in note for note in notes)
    assert not any("fits noise" in note for note in fit_templates(data, alpha=5.0).notes)
    bright = np.full((60, 30, 30, 1), 255, np.uint8) - (np.arange(60) % 3).astype(np.uint8)[:, None, None, None]
    wild = fit_templates(((bright, np.arange(60) % 3), (bright[:9], np.arange(9) % 3)), "sgd")
    assert any("went wild" in note for note in wild.notes)
