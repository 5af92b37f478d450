"""The audit as a whole: what it returns, what it leaves out and why, and that it is the same again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.giveaways import planting
from tests.giveaways.test_oddities import digits_of

import tooeasy
from tooeasy.giveaways import CHECKS, MEASURES, Audit, AuditOptions, audit
from tooeasy.giveaways.words import verdict


@pytest.fixture(scope="module")
def marked() -> Audit:
    """An audit of digits with a mark."""
    return audit(planting.with_fault(planting.PIXEL_FAULTS[0], 1.0, planting.LABELS["3 and 8"]()))


def test_an_audit_is_plain_json(marked):
    """No NumPy values, no NaN, nothing lost; and a row a finding as a frame."""
    told = json.loads(json.dumps(marked.to_dict(), allow_nan=False))
    assert told == marked.to_dict()
    assert told["schema"] == "tooeasy/audit/1"
    assert [one["id"] for one in told["findings"]] == marked.to_frame()["id"].tolist()
    assert repr(marked) == "Audit(arrays: 3 errors, 1 warning)"


def test_findings_are_ranked_and_ids_are_unique(marked):
    """The gravest first; ids name their check and differ."""
    order = ["error", "warning", "note"]
    severities = [order.index(one.severity) for one in marked.findings]
    assert severities == sorted(severities)
    ids = [one.id for one in marked.findings]
    assert len(set(ids)) == len(ids)
    assert all(id_.split("/")[0] in CHECKS for id_ in ids)
    assert set(marked.measures) <= set(MEASURES)
    assert sum(len(marked.of(severity)) for severity in order) == len(ids)


def test_the_same_seed_gives_the_same_audit(marked):
    """To the last digit; another seed holds out other images and still finds the same fault."""
    data = planting.with_fault(planting.PIXEL_FAULTS[0], 1.0, planting.LABELS["3 and 8"]())
    assert audit(data).to_dict() == marked.to_dict()
    other = audit(data, options=AuditOptions(seed=1))
    assert other.to_dict()["measures"] != marked.to_dict()["measures"]
    assert other.checksum != marked.checksum, "of the images as they were split"
    assert other.findings[0].id == marked.findings[0].id


@settings(max_examples=5)
@given(st.randoms(use_true_random=False), st.booleans())
def test_order_and_names_do_not_change_what_is_found(random, swapped):
    """Images in another order, classes the other way round: the same warnings and errors at the same places."""
    images, labels = planting.dealt(planting.digits()[0], (300, 300), 0)
    images = images.copy()
    images[labels == 1, 0, 27] = 201
    order = list(range(600))
    random.shuffle(order)
    found = [
        {(one.check, one.places, one.severity) for one in planting.claims(audit(source).findings)}
        for source in ((images, labels), (images[order], labels[order] ^ swapped))
    ]
    assert ("constant-marker", ((0, 27, 1, 1),), "error") in found[0]
    located = [{one for one in some if one[1]} for some in found]
    assert located[0] == located[1]


def test_what_cannot_be_looked_at_is_skipped_and_says_why():
    """From a sketch alone, what follows from counts is told, and the rest says what is missing."""
    images, labels = planting.true((0, 1), 200, 0)
    sketch = tooeasy.from_arrays((images, labels)).train.sketch()
    found = audit(sketch)
    assert "nothing can be said" in verdict(found)
    assert found.findings == ()
    assert found.measures["imbalance"] >= 1
    assert set(found.skipped) == set(CHECKS) - {"few-images", "imbalance"} | {"one_pixel"}
    assert all(found.skipped.values())
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_without_a_test_split_images_are_held_out():
    """A fifth is held out, and said to be; the shift between splits cannot be asked for."""
    images, labels = planting.true((0, 1), 500, 0)
    found = audit((images, labels))
    assert (found.n_train, found.n_test) == (400, 100)
    assert found.held_out.startswith("20% of the images, stratified")
    assert "drawn from" in found.skipped["split-shift"]
    both = audit(tooeasy.from_arrays((images[:400], labels[:400]), (images[400:], labels[400:])))
    assert both.held_out == "test split"
    assert "split-shift" not in both.skipped


def test_training_images_that_are_not_here(empty_machine):
    """With the bundle alone, its test images are audited, and the notes say so."""
    found = audit("mnist")
    assert found.n_train + found.n_test == 10_000
    assert "audited alone" in found.notes[0]
    assert found.dataset == "mnist test"


def test_a_class_without_test_images():
    """A class that only training has: it counts in no score, and nothing breaks."""
    images, labels = planting.true((0, 1, 2), 600, 0)
    test = np.arange(600) >= 400
    here = ~test | (labels != 2)
    data = tooeasy.from_arrays(
        (images[~test], labels[~test]), (images[test & here], labels[test & here]), classes=("a", "b", "c")
    )
    found = audit(data)
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_tiny_datasets_are_audited():
    """Four images of one pixel: nothing certain, no error."""
    found = audit((np.array([0, 9, 0, 9], np.uint8).reshape(4, 1, 1), [0, 1, 0, 1]))
    assert planting.claims(found.findings) == []
    assert json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("classes", [60, pytest.param(345, marks=pytest.mark.slow)])
def test_many_classes(classes):
    """Of many classes of 20 images, the one with a mark is all that is found, though four images of it are scored."""
    images, labels = planting.dealt(planting.digits()[0], (20,) * classes, 0)
    images = images.copy()
    images[labels == 7, :2, :2] = 255
    found = planting.claims(audit((images, labels)).findings)
    assert [(one.id, one.places) for one in found] == [("constant-marker/7", (planting.Place(0, 0, 2, 2),))]


@pytest.mark.parametrize("bad", [{"seed": -1}, {"rate": 0.0}, {"rate": 1.0}, {"rate": -0.1}])
def test_bad_options_are_refused(bad):
    """In one line that names the option and what was found."""
    with pytest.raises(tooeasy.OptionError, match=f"{next(iter(bad))} is .*; found {next(iter(bad.values()))}"):
        AuditOptions(**bad)


def copied(times: int, n: int = 150, seed: int = 0):
    """Noise with random labels, each image several times, in a random order."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (n, 24, 24), np.uint8).repeat(times, 0)
    labels = random.integers(0, 2, n).repeat(times)
    order = random.permutation(len(labels))
    return images[order], labels[order]


@pytest.mark.parametrize("times", [2, 4])
def test_copies_predict_nothing(times):
    """Held-out images with a copy in training are no evidence: whoever remembers them is right about them."""
    found = audit(copied(times))
    assert found.measures["duplicates"] == 150 * (times - 1)
    told = [one for one in found.findings if one.check not in ("duplicates", "few-images", "imbalance")]
    assert told == []


def test_the_training_images_as_test_images_predict_nothing():
    """All of them are copies: what predicts the class cannot be scored, and that is said."""
    images, labels = copied(1)
    found = audit(((images, labels), (images, labels)))
    assert "only 0 held-out images have no copy" in found.skipped["border-only"]
    assert {one.check for one in found.findings} <= {"leaked-images", "few-images", "imbalance"}
    assert found.measures["leaks"] == 150


def test_images_are_named_by_their_places_in_what_was_loaded():
    """A held-out image of an array is named by its row in that array, where the mark is."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 200, (400, 24, 24), np.uint8), random.integers(0, 2, 400)
    images[labels == 1, 1:3, 1:3] = 255
    finding = audit((images, labels)).findings[0]
    assert finding.check == "constant-marker"
    for image in finding.images:
        assert image.split == "train"
        assert labels[image.row] == 1
        assert (images[image.row, 1:3, 1:3] == 255).all()


@pytest.mark.parametrize("order", ["alternating", "shuffled", "sorted"])
def test_marks_are_found_whatever_the_order(order):
    """Also where every second image is of the other class."""
    random = np.random.default_rng(0)
    labels = np.tile([0, 1], 400)
    if order != "alternating":
        labels = np.sort(labels) if order == "sorted" else random.permutation(labels)
    images = random.integers(0, 200, (800, 24, 24), np.uint8)
    images[labels == 1, 4:6, 20:22] = random.integers(205, 256, ((labels == 1).sum(), 2, 2))
    found = audit(((images, labels), (images[::-1] // 2 * 2 + 1, labels[::-1])), options=AuditOptions(near=False))
    assert any(one.check == "giveaway-pixels" and one.severity == "error" for one in found.findings)


def test_one_pixel_is_balanced_and_does_not_depend_on_memory(monkeypatch):
    """Unequal classes alone are no accuracy; and a busy machine gives the same number."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (2_000, 24, 24), np.uint8), (np.arange(2_000) < 50).astype(int)
    assert audit((images, labels)).measures["one_pixel"] < 0.6
    images[:, 3, 3] = 100 + labels  # told apart by one level of 256
    reference = audit((images, labels)).measures["one_pixel"]
    assert reference == 1
    monkeypatch.setattr("tooeasy.pixels.study.available_memory", lambda: 4_000_000)
    assert audit((images, labels)).measures["one_pixel"] == reference


def test_regions_that_hide_next_to_nothing_are_left_out():
    """Of flat or tiny images a border is the whole image: no check of it, and that is said."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 300)
    images = random.integers(0, 100, (300, 2, 60), np.uint8)
    images[:, :, 25:35] += (labels * 100).astype(np.uint8)[:, np.newaxis, np.newaxis]
    found = audit((images, labels))
    assert "it hides next to nothing" in found.skipped["border-only"]
    assert not any(one.check == "border-only" for one in found.findings)


def test_what_never_varies_is_measured_as_chance(tmp_path):
    """Files that are all alike tell nothing: a limit on it holds."""
    root = planting.write_files(tmp_path, digits_of(60, 60), lambda *_: planting.Stored())
    for path in root.rglob("*.png"):
        with Image.open(path) as image:
            image.resize((32, 32)).save(path.with_suffix(".bmp"))
        path.unlink()
    assert audit(root).measures["file_properties"] == 0.5
