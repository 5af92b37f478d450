"""The study: every number is what plain loops find, and says what it was measured on."""

from __future__ import annotations

import dataclasses
import json
from itertools import combinations

import naive
import numpy as np
import pytest
from samples import random_images

from tooeasy import (
    NotAtHandError,
    OptionError,
    PixelScore,
    PixelStudy,
    SketchError,
    SourceError,
    from_arrays,
    study_pixels,
)
from tooeasy.pixels import to_json_object
from tooeasy.sketch.memory import counts_bytes

SHAPE = (3, 4, 2)
TRAIN = random_images(0, n=70, shape=SHAPE, classes=4)
# The test images: the same pixels say the same, and there are far fewer of the first classes.
TEST = random_images(0, n=50, shape=SHAPE, classes=4)

# The example of the command's JSON, as it was agreed on; what has been added to it since stands beside it.
OBJECT = {"schema", "rule", "normalize", "levels", "results"} | {"C"}
RESULT = {"dataset", "classes", "image_shape", "n_train", "n_test", "held_out", "pairs", "all_classes", "summary"} | {
    "levels",
    "notes",
}
POSITION = {"row", "column", "channel"}
SCORES = {
    "train_accuracy",
    "test_accuracy",
    "test_interval",
    "majority",
    "balanced_test_accuracy",
    "mutual_information_bits",
    "parameters",
}
SUMMARY = {
    "pairs",
    "at_least_0.90",
    "at_least_0.95",
    "easiest",
    "hardest",
    "mean_test_accuracy",
} | {"scored_on", "mean_train_accuracy"}


@pytest.fixture(scope="module")
def data():
    return from_arrays(TRAIN, TEST, classes=["ant", "bee", "cow", "dog"], name="animals")


@pytest.mark.parametrize("normalize", ["none", "l2"])
@pytest.mark.parametrize("levels", [None, 5])
@pytest.mark.parametrize("rule", ["lookup", "threshold"])
def test_every_number_equals_the_naive_oracle(data, rule, levels, normalize):
    """Best pixel, both accuracies, interval, majority, balanced accuracy and information, of each pair and of all."""
    study = study_pixels(data, rule=rule, normalize=normalize, levels=levels)
    counts = []
    for images, labels in (TRAIN, TEST):
        flat = naive.quantize(naive.flatten(images), 256, levels or 256, normalize)
        counts.append(naive.counts(flat, labels, 4, levels or 256))
    train, test = counts
    cases = [*zip(combinations(range(4), 2), study.pairs, strict=True), ((0, 1, 2, 3), study.all_classes)]
    for members, computed in cases:
        pixel = naive.best_pixel(train, members, rule)
        learned, unseen = naive.at_pixel(train, members, pixel), naive.at_pixel(test, members, pixel)
        answers = naive.ANSWERS[rule](learned)
        right = naive.right(unseen, answers)
        totals = [sum(row) for row in learned]
        majority = naive.most_frequent(totals, totals)
        n = sum(sum(row) for row in unseen)

        assert computed.classes == members
        assert (computed.row, computed.column, computed.channel) == np.unravel_index(pixel, SHAPE)
        assert computed.rule.answers.tolist() == answers
        assert computed.train_accuracy == pytest.approx(naive.accuracy(learned, answers), abs=1e-12)
        assert computed.test_accuracy == pytest.approx(right / n, abs=1e-12)
        assert computed.accuracy == computed.test_accuracy
        assert computed.test_interval == pytest.approx(naive.wilson(right, n), abs=1e-9)
        assert computed.majority == pytest.approx(sum(unseen[majority]) / n, abs=1e-12)
        reference = naive.balanced_accuracy(unseen, answers)
        assert computed.balanced_test_accuracy == pytest.approx(reference, abs=1e-12)
        reference = naive.mutual_information(learned)
        assert computed.mutual_information_bits == pytest.approx(reference, abs=1e-9)


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_a_pair_can_be_asked_for_by_name_or_position_in_either_order(data, rule):
    """All pairs, in the order of combinations; and only of two different classes that there are."""
    study = study_pixels(data, rule=rule)
    assert [pair.classes for pair in study.pairs] == list(combinations(range(4), 2))
    for number, (a, b) in enumerate(combinations(range(4), 2)):
        names = study.classes[a], study.classes[b]
        for asked in ((a, b), (b, a), names, names[::-1]):
            assert study.pair(*asked) is study.pairs[number]
    with pytest.raises(OptionError, match="a pair is two different classes; found 'bee' twice"):
        study.pair("bee", 1)
    for unknown in ("eel", 4, -1, 1.0, None):
        with pytest.raises(OptionError, match=r"animals has no class .*; its classes are ant, bee, cow, dog"):
            study.pair(unknown, "ant")


def test_positions_of_numpys_type_are_positions_too(data):
    """Loops over NumPy arrays hand out NumPy integers."""
    study = study_pixels(data)
    assert study.pair(np.int64(0), np.int64(2)) is study.pair(0, 2)


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_any_pixel_can_be_scored_as_the_best_is(data, rule):
    """At the best pixel, ``score`` says what ``pair`` says; elsewhere training accuracy is that of the map."""
    study = study_pixels(data, rule=rule)
    best = study.pair("bee", "dog")
    again = study.score("dog", "bee", (best.row, best.column, best.channel))
    for field in dataclasses.fields(PixelScore):
        if field.name != "rule":
            assert getattr(again, field.name) == getattr(best, field.name)
    assert again.rule.parameters == best.rule.parameters
    pixel_map = study.map("bee", "dog")
    for pixel in np.ndindex(SHAPE):
        score = study.score("bee", "dog", pixel)
        assert (score.row, score.column, score.channel) == pixel
        assert score.train_accuracy == pytest.approx(pixel_map.train_accuracy[pixel], abs=1e-12)
        assert score.mutual_information_bits == pytest.approx(pixel_map.mutual_information_bits[pixel], abs=1e-12)


@pytest.mark.parametrize("pixel", [(3, 0, 0), (0, 4, 0), (0, 0, 2), (-1, 0, 0), (0, 0)])
def test_pixels_outside_of_the_image_are_refused(data, pixel):
    """A pixel is (row, column, channel) within the image's shape."""
    with pytest.raises(OptionError, match=r"a pixel is \(row, column, channel\) within \(3, 4, 2\); found"):
        study_pixels(data).score("ant", "bee", pixel)


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_a_map_has_every_pixel(data, rule):
    """Accuracy, information and class means at each pixel; its best pixel is the pair's."""
    study = study_pixels(data, rule=rule)
    computed = study.map("cow", "ant")
    pair = study.pair("ant", "cow")
    assert (computed.dataset, computed.a, computed.b, computed.rule) == ("animals", "ant", "cow", rule)
    assert computed.train_accuracy.shape == computed.mutual_information_bits.shape == SHAPE
    best = np.unravel_index(computed.train_accuracy.argmax(), SHAPE)
    assert best == (pair.row, pair.column, pair.channel)
    assert computed.train_accuracy.max() == pytest.approx(pair.train_accuracy, abs=1e-12)
    for pixel in np.ndindex(SHAPE):
        score = study.score("ant", "cow", pixel)
        assert computed.train_accuracy[pixel] == pytest.approx(score.train_accuracy, abs=1e-12)
        assert computed.test_accuracy[pixel] == pytest.approx(score.test_accuracy, abs=1e-12)
    images, labels = TRAIN
    for mean, label in zip(computed.means, (0, 2), strict=True):
        assert np.allclose(mean, images[labels == label].mean(axis=0) / 255, atol=1e-12)
    if rule != "logistic":
        flat = naive.flatten(images)
        reference = naive.right_at_every_pixel(naive.counts(flat, labels, 4, 256), (0, 2), rule)
        n = np.isin(labels, (0, 2)).sum()
        assert np.allclose(computed.train_accuracy.ravel() * n, reference, atol=1e-9)
    assert json.loads(json.dumps(computed.to_dict()))["train_accuracy"] == computed.train_accuracy.tolist()


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_json_has_the_agreed_shape(data, rule):
    """The keys, types and nesting that scripts rely on, no more and no less; strict JSON, without NaN."""
    study = study_pixels(data, rule=rule, normalize="l2", levels=16, C=2.0)
    computed = json.loads(json.dumps(to_json_object([study, study]), allow_nan=False))
    assert set(computed) == OBJECT
    assert (computed["schema"], computed["rule"], computed["normalize"]) == ("tooeasy/pixels/1", rule, "l2")
    assert computed["levels"] == 16
    assert computed["C"] == (2.0 if rule == "logistic" else None)
    assert len(computed["results"]) == 2
    result = computed["results"][0]
    assert set(result) == RESULT
    assert (result["dataset"], result["classes"]) == ("animals", ["ant", "bee", "cow", "dog"])
    assert (result["image_shape"], result["n_train"], result["n_test"]) == ([3, 4, 2], 70, 50)
    assert (result["held_out"], type(result["notes"])) == ("test split", list)
    assert len(result["pairs"]) == 6
    for pair in result["pairs"]:
        assert set(pair) == {"a", "b"} | POSITION | SCORES
        assert all(type(pair[key]) is int for key in ("a", "b", *POSITION))
        assert all(type(pair[key]) is float for key in SCORES - {"parameters", "test_interval"})
        low, high = pair["test_interval"]
        assert 0 <= low <= pair["test_accuracy"] <= high <= 1
    assert set(result["all_classes"]) == POSITION | SCORES
    assert result["all_classes"]["train_accuracy"] == study.all_classes.train_accuracy
    assert set(result["summary"]) == SUMMARY
    for extreme in ("easiest", "hardest"):
        assert set(result["summary"][extreme]) == {"a", "b", "classes", "test_accuracy"}
    parameters = {
        "lookup": {"answers"},
        "threshold": {"threshold", "below", "above"},
        "logistic": {"coefficient", "intercept"},
    }
    assert all(set(pair["parameters"]) == parameters[rule] for pair in result["pairs"])


def test_studies_of_different_levels_have_no_common_one():
    """digits have 17 levels, arrays 256; the levels of each stand in its result."""
    studies = [study_pixels("digits"), study_pixels((TRAIN, TEST))]
    computed = to_json_object(studies)
    assert computed["levels"] is None
    assert [result["levels"] for result in computed["results"]] == [17, 256]


def test_the_summary_counts_what_the_pairs_say(data):
    """Pairs at 0.90 and 0.95, the extremes, and the means over pairs."""
    study = study_pixels(data)
    accuracies = [pair.test_accuracy for pair in study.pairs]
    summary = study.summary()
    assert len(set(accuracies)) > 1
    assert summary["pairs"] == 6
    assert summary["at_least_0.90"] == sum(accuracy >= 0.90 for accuracy in accuracies)
    assert summary["at_least_0.95"] == sum(accuracy >= 0.95 for accuracy in accuracies)
    assert summary["easiest"]["test_accuracy"] == max(accuracies)
    assert summary["hardest"]["test_accuracy"] == min(accuracies)
    assert summary["mean_test_accuracy"] == pytest.approx(np.mean(accuracies))
    assert summary["mean_train_accuracy"] == pytest.approx(np.mean([pair.train_accuracy for pair in study.pairs]))
    hardest = study.hardest.classes
    assert summary["hardest"]["classes"] == [study.classes[label] for label in hardest]
    assert (summary["hardest"]["a"], summary["hardest"]["b"]) == hardest


def test_a_frame_has_a_row_a_pair(data):
    """Flat columns with class names, the interval's two ends, and no parameters."""
    study = study_pixels(data)
    frame = study.to_frame()
    assert frame.shape[0] == 6
    assert frame["class_a"].tolist() == ["ant", "ant", "ant", "bee", "bee", "cow"]
    assert frame["test_accuracy"].tolist() == [pair.test_accuracy for pair in study.pairs]
    ends = [pair.test_interval for pair in study.pairs]
    assert list(zip(frame["test_low"], frame["test_high"], strict=True)) == ends
    assert set(frame.columns) >= {"dataset", "class_b", "row", "column", "channel", "majority", "train_accuracy"}
    assert frame.to_dict("records") == study.to_records()


def keys_of(value: object, prefix: str = "") -> dict[str, object]:
    """All numbers of a nested object by their path."""
    if isinstance(value, dict):
        return {path: x for key, inner in value.items() for path, x in keys_of(inner, f"{prefix}/{key}").items()}
    if isinstance(value, list):
        return {path: x for i, inner in enumerate(value) for path, x in keys_of(inner, f"{prefix}/{i}").items()}
    return {prefix: value}


def test_without_held_out_images_there_are_only_training_accuracies(data):
    """Of a sketch alone nothing can be held out: no test number anywhere, and the word "train" beside what there is."""
    study = study_pixels(data.train.sketch())
    assert (study.test, study.held_out, study.scored_on) == (None, None, "train")
    computed = json.loads(json.dumps(to_json_object([study]), allow_nan=False))["results"][0]
    for path, value in keys_of(computed).items():
        if "test" in path:
            assert value in (None, 0), path
        if isinstance(value, float) and "accuracy" in path:
            assert "train_accuracy" in path
    assert computed["summary"]["scored_on"] == "train"
    assert set(computed["summary"]["hardest"]) == {"a", "b", "classes", "train_accuracy"}
    reference = study_pixels(data)
    assert [pair.train_accuracy for pair in study.pairs] == [pair.train_accuracy for pair in reference.pairs]
    assert [pair.accuracy for pair in study.pairs] == [pair.train_accuracy for pair in reference.pairs]
    frame = study.to_frame()
    assert frame[["test_accuracy", "test_low", "test_high", "balanced_test_accuracy"]].isna().all().all()


def test_a_sketch_can_be_scored_on_images_or_a_sketch(data):
    """Held-out accuracy needs only the test split's sketch: the same numbers from sketches as from images."""
    reference = [pair.to_dict() for pair in study_pixels(data, rule="threshold").pairs]
    for test, held_out in ((data.test.sketch(), "sketch (all)"), (data, "animals (test split)")):
        computed = study_pixels(data.train.sketch(), test=test, rule="threshold")
        assert computed.held_out == held_out
        assert [pair.to_dict() for pair in computed.pairs] == reference
    with pytest.raises(SourceError, match="has other classes in its test split"):
        study_pixels(data, test=TEST)  # there, classes name themselves 0 to 3


def test_without_a_test_split_some_images_are_held_out():
    """20 % of each class, seeded, and said so; the pixel is selected on the others."""
    study = study_pixels(TRAIN, seed=4)
    data = from_arrays(TRAIN).with_hold_out(seed=4)
    assert study.held_out == "20% of the images, stratified, seed 4"
    assert (study.train, study.test) == (data.train.sketch(), data.test.sketch())
    again = study_pixels(TRAIN, seed=4)
    assert again.to_dict() == study.to_dict()
    assert study_pixels(TRAIN, seed=5).to_dict() != study.to_dict()


def test_an_unbalanced_pair_does_not_flatter():
    """Where a pixel says nothing, accuracy is the majority's, balanced accuracy one half, information zero."""
    images = np.full((100, 2, 2, 1), 9, np.uint8)
    labels = np.repeat([0, 1], [90, 10])
    for rule in ("lookup", "threshold", "logistic"):
        pair = study_pixels(((images, labels), (images, labels)), rule=rule).pair(0, 1)
        assert pair.test_accuracy == pair.majority == pair.train_accuracy == 0.9
        assert pair.balanced_test_accuracy == 0.5
        assert pair.mutual_information_bits == pytest.approx(0.0, abs=1e-12)
        assert (pair.row, pair.column, pair.channel) == (0, 0, 0)


def test_the_majority_is_the_training_images():
    """The baseline answers what is more frequent in training, even where the test images are the other way round."""
    images = np.full((10, 1, 1, 1), 9, np.uint8)
    study = study_pixels(((images, np.repeat([0, 1], [7, 3])), (images, np.repeat([0, 1], [2, 8]))))
    assert study.pair(0, 1).majority == study.pair(0, 1).test_accuracy == 0.2


def test_a_class_without_test_images_has_no_balanced_accuracy():
    """With images of one class only, there is nothing to tell apart: neither accuracy is given; JSON says null."""
    images = np.arange(8, dtype=np.uint8).reshape(8, 1, 1, 1)
    pair = study_pixels(((images, [0, 0, 0, 0, 1, 1, 1, 1]), (images[:3], [0, 0, 0]))).pair(0, 1)
    assert np.isnan(pair.test_accuracy)
    assert np.isnan(pair.balanced_test_accuracy)
    assert pair.to_dict()["balanced_test_accuracy"] is None


def test_a_pair_without_test_images_lends_no_training_accuracy_to_the_test_numbers():
    """What was selected and scored on the same images is not averaged into, nor printed as, a test accuracy."""
    images = np.array([0, 1, 0, 1, 0, 0, 7, 7], np.uint8).reshape(8, 1, 1, 1)
    labels = [0, 0, 1, 1, 2, 2, 3, 3]
    test = (np.array([0, 1, 0, 1], np.uint8).reshape(4, 1, 1, 1), [0, 0, 1, 1])
    study = study_pixels(((images, labels), test))
    assert all(np.isnan(study.pair(*pair).test_accuracy) for pair in ((2, 3), (0, 2), (1, 3)))
    known = [pair.test_accuracy for pair in study.pairs if not np.isnan(pair.test_accuracy)]
    assert len(known) == 1
    summary = study.summary()
    assert summary["mean_test_accuracy"] == pytest.approx(np.mean(known))
    assert summary["at_least_0.95"] == sum(accuracy >= 0.95 for accuracy in known)
    assert study.easiest.classes != (2, 3)


def test_test_images_of_other_levels_are_refused():
    """Images of 17 levels are not scored on images of 256, or told so in one line."""
    images, labels = random_images(0, levels=17)
    data = from_arrays((images, labels), levels=17)
    with pytest.raises(SourceError, match="levels"):
        study_pixels(data, test=(images, labels))


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_two_classes_have_one_pair_which_is_all_classes(rule):
    """With two classes, telling all apart is telling the pair apart."""
    train, test = random_images(1, classes=2), random_images(2, classes=2)
    study = study_pixels((train, test), rule=rule)
    assert len(study.pairs) == 1
    assert study.pairs[0].to_dict() == study.all_classes.to_dict()


def test_any_number_of_threads_finds_the_same(data):
    """Threads share the work, not the result."""
    reference = study_pixels(data, rule="logistic", threads=1).to_dict()
    for threads in (2, 7):
        assert study_pixels(data, rule="logistic", threads=threads).to_dict() == reference


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "median"}, "rule is one of lookup, threshold, logistic; found 'median'"),
        ({"C": 0}, "C is a positive number"),
        ({"levels": 1}, "levels is a whole number from 2 to 256; found 1"),
        ({"levels": 257}, "levels is a whole number from 2 to 256; found 257"),
        ({"normalize": "max"}, "normalize is one of none, l2; found 'max'"),
    ],
)
def test_options_out_of_range_are_refused(data, options, message):
    """Before anything is computed, in one line."""
    with pytest.raises(OptionError, match=message):
        study_pixels(data, **options)


def test_zero_levels_are_refused(data):
    """Nought is not a number of levels."""
    with pytest.raises(OptionError, match="levels is a whole number from 2 to 256; found 0"):
        study_pixels(data, levels=0)


def test_what_a_sketch_does_not_have_needs_the_images(data):
    """Normalising is not possible after counting, and the error says so."""
    with pytest.raises(NotAtHandError, match="the images are needed for l2"):
        study_pixels(data.train.sketch(), normalize="l2")


def test_a_study_is_frozen(data):
    """Results do not change under those who hold them."""
    study = study_pixels(data)
    assert isinstance(study, PixelStudy)
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.C = 3.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.pairs[0].row = 3


@pytest.mark.parametrize(("memory", "levels"), [(2**20, 256), (50_000, 64), (49_000, 32), (2_000, 2)])
def test_levels_are_chosen_to_fit_the_memory(data, memory, levels):
    """All levels where there is room, else the largest half of a half that fits, as if asked for it; and a note."""
    cells = 4 * int(np.prod(SHAPE))
    study = study_pixels(data, memory=memory)
    assert study.train.levels == levels
    assert study.to_dict()["pairs"] == study_pixels(data, levels=levels).to_dict()["pairs"]
    assert sum("levels are counted" in note for note in study.notes) == (levels < 256)
    assert counts_bytes(SHAPE, [9, 9], 4, levels) == 2 * 4 * cells * levels <= memory
    assert levels == 256 or 2 * 4 * cells * 2 * levels > memory


def test_half_of_the_free_memory_is_taken_where_none_is_given(data, monkeypatch):
    """As if that had been given."""
    monkeypatch.setattr("tooeasy.pixels.study.available_memory", lambda: 100_000)
    assert study_pixels(data).train.levels == study_pixels(data, memory=50_000).train.levels == 64


@pytest.mark.parametrize("held_out", [True, False])
def test_a_map_as_plain_values_has_what_is_known(data, held_out):
    """Held-out accuracies as a nested list; None where none is held out, not NaN, which JSON does not have."""
    study = study_pixels(data if held_out else data.train.sketch())
    told = study.map("ant", "bee").to_dict()
    assert np.shape(told["train_accuracy"]) == SHAPE
    if held_out:
        assert told["test_accuracy"] == study.map("ant", "bee").test_accuracy.tolist()
    else:
        assert told["test_accuracy"] is None


def test_a_map_is_a_result_and_stays_as_it_is(data):
    """Its attributes cannot be set, and it equals nothing but itself: arrays have no single truth."""
    study = study_pixels(data)
    one, two = study.map("ant", "bee"), study.map("ant", "bee")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.rule = "threshold"
    assert one == one
    assert one != two


def test_too_little_memory_is_said(data):
    """In one line, with what it takes; levels that are asked for are counted whatever they take."""
    with pytest.raises(SketchError, match="with 2 levels, more than the 50 bytes that may be used"):
        study_pixels(data, memory=50)
    assert study_pixels(data, memory=50, levels=3).train.levels == 3
