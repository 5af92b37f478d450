"""Images and classes that are not as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from tests.giveaways import planting

import tooeasy
from tooeasy.giveaways import audit


def digits_of(*sizes: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits dealt out to classes of these sizes."""
    images, labels = planting.dealt(planting.digits()[0], sizes, 0)
    return images.copy(), labels


def told(source, check: str):
    """The finding of a check, or None."""
    return next((one for one in audit(source).findings if one.check == check), None)


def test_images_of_one_colour_are_counted_and_named():
    """Black, white, and grey ones; most are of class 1; digits are none."""
    images, labels = digits_of(100, 100)
    rows = np.concatenate([np.flatnonzero(labels == 1)[:2], np.flatnonzero(labels == 0)[:1]])
    images[rows] = np.array([0, 255, 90], np.uint8).reshape(3, 1, 1, 1)
    found = audit((images, labels))
    finding = next(one for one in found.findings if one.check == "constant-images")
    assert finding.evidence["images"] == found.measures["constant_images"] == 3
    assert finding.evidence["largest_class"] == "1"
    assert sorted(image.row for image in finding.images) == sorted(rows.tolist())
    assert told(digits_of(100, 100), "constant-images") is None


def test_an_image_of_one_colour_may_have_several_channels():
    """Each channel has one value: of one colour. One pixel differs in one channel: not."""
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3)).astype(np.uint8)
    images[:2] = (10, 20, 30)
    images[1, 4, 4, 2] = 31
    finding = told((images, np.arange(60) % 2), "constant-images")
    assert [image.row for image in finding.images] == [0]


@pytest.mark.parametrize(("sizes", "severity"), [((60, 60), None), ((60, 30), "note"), ((60, 8), "warning")])
def test_classes_with_few_images(sizes, severity):
    """Fewer than 50, fewer than 10."""
    finding = told(digits_of(*sizes), "few-images")
    assert (finding and finding.severity) == severity
    if severity:
        assert (finding.evidence["fewest"], finding.evidence["smallest"]) == (sizes[1], "1")


@pytest.mark.parametrize(("sizes", "severity"), [((299, 100), None), ((300, 100), "note"), ((1000, 100), "warning")])
def test_classes_of_different_sizes(sizes, severity):
    """Three for one, ten for one."""
    finding = told(digits_of(*sizes), "imbalance")
    assert (finding and finding.severity) == severity
    if severity:
        assert finding.evidence["ratio"] == sizes[0] / sizes[1]


def test_unreadable_files_are_counted(tmp_path):
    """Two broken files of 200, one that shows it at once: counted and named, and the others are audited."""
    root = planting.write_files(tmp_path, digits_of(100, 100), lambda *_: planting.Stored())
    first, second = sorted(root.rglob("*.png"))[:2]
    first.write_bytes(first.read_bytes()[:60])
    second.write_bytes(b"no image")
    found = audit(root)
    assert found.n_train + found.n_test == 198
    finding = next(one for one in found.findings if one.check == "unreadable-images")
    assert finding.evidence["images"] == found.measures["unreadable"] == 2
    assert finding.message.startswith("2 images of 200 cannot be read")
    assert finding.severity == "warning"


@pytest.mark.parametrize("classes", [2, 10])
def test_sorted_labels(classes):
    """Images sorted by class: the position tells it. In a random order it does not."""
    images, labels = digits_of(*(60,) * classes)
    order = np.argsort(labels, kind="stable")
    finding = told((images[order], labels[order]), "label-order")
    assert finding.severity == "warning"
    assert finding.evidence["balanced_test_accuracy"] > 0.75
    assert told((images, labels), "label-order") is None


def test_the_order_of_files_in_folders_is_none(tmp_path):
    """A folder a class has no order that anyone would read."""
    assert told(planting.write_files(tmp_path, digits_of(60, 60), lambda *_: planting.Stored()), "label-order") is None
    assert tooeasy.load(tmp_path).train.labels.tolist() == sorted([0] * 60 + [1] * 60)
