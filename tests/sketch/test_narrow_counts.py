"""Counts of a large sketch are as narrow as the largest class allows, and say the same as wide ones."""

from __future__ import annotations

import numpy as np
import pytest

from tooeasy import Quantization, Sketch, SketchError, study_pixels
from tooeasy.sketch import sketch as module


@pytest.fixture
def narrow(monkeypatch):
    """Every sketch is a large one."""
    monkeypatch.setattr(module, "WIDE_BYTES", 0)


def images_of(n: int, seed: int = 0, classes: int = 2):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (n, 2, 4, 1), np.uint8), random.integers(0, classes, n)


def sketch_of(images, labels, classes: int = 2, levels: int = 256) -> Sketch:
    names = [str(label) for label in range(classes)]
    return Sketch((2, 4, 1), names, Quantization(levels=levels), moments=True).update(images, labels)


@pytest.mark.parametrize(("n", "width"), [(255, np.uint8), (256, np.uint16), (65_535, np.uint16), (65_536, np.uint32)])
def test_counts_widen_where_a_class_needs_it(narrow, n, width):
    """At 255 and 65,535 images of a class, exactly: by counting, by merging, and all images alike."""
    black = np.zeros((n, 2, 4, 1), np.uint8)
    labels = np.zeros(n, np.intp)
    whole = sketch_of(black, labels)
    halves = sketch_of(black[: n // 2], labels[: n // 2]) + sketch_of(black[n // 2 :], labels[n // 2 :])
    for computed in (whole, halves):
        assert computed.counts.dtype == width
        assert computed.counts[0, :, 0].tolist() == [n] * 8
        assert computed.images_per_class.tolist() == [n, 0]


def test_narrow_and_wide_sketches_say_the_same(monkeypatch, tmp_path):
    """Counts, sums, moments, fewer levels, files, and what one pixel tells."""
    images, labels = images_of(1_200)
    wide = sketch_of(images, labels)
    monkeypatch.setattr(module, "WIDE_BYTES", 0)
    narrow = sketch_of(images, labels)
    assert (wide.counts.dtype, narrow.counts.dtype) == (np.uint32, np.uint16)
    assert narrow == wide
    assert narrow.sums.tolist() == wide.sums.tolist()
    assert narrow.requantize(2) == wide.requantize(2)
    assert narrow.requantize(2).counts.max() > 255
    for rule in ("lookup", "threshold", "logistic"):
        assert study_pixels(narrow, rule=rule).to_dict() == study_pixels(wide, rule=rule).to_dict()
    paths = [tmp_path / name for name in ("narrow.sketch", "wide.sketch")]
    for path, made in zip(paths, (narrow, wide), strict=True):
        made.save(path)
        assert Sketch.load(path) == made
        assert Sketch.load(path).counts.dtype == made.counts.dtype
    assert [path.read_bytes()[8] for path in paths] == [2, 1]


def test_any_order_gives_the_same_file(narrow, tmp_path):
    """Counts are as wide at the end whatever was added first."""
    images, labels = images_of(700)
    one, other = sketch_of(images[:100], labels[:100]), sketch_of(images[100:], labels[100:])
    paths = [tmp_path / f"{number}.sketch" for number in range(3)]
    for path, made in zip(paths, (one + other, other + one, sketch_of(images, labels)), strict=True):
        made.save(path)
    assert len({path.read_bytes() for path in paths}) == 1


@pytest.mark.slow
def test_many_classes_fit_and_too_many_are_refused():
    """3,832 classes of 64x64 images, at 256 levels: 3.7 GiB where classes are small; wider would be too much."""
    names = [str(label) for label in range(3_832)]
    with pytest.raises(SketchError, match=r"takes 11\.\d GiB, more than 8: use smaller images or fewer levels"):
        Sketch((64, 64, 3), names)
    made = Sketch((64, 64, 1), names)
    assert made.counts.dtype == np.uint8
    assert made.counts.nbytes == 3_832 * 4_096 * 256
    made.update(np.zeros((255, 64, 64, 1), np.uint8), np.zeros(255, np.intp))
    assert made.counts.dtype == np.uint8


def test_a_sketch_that_would_outgrow_its_bounds_is_left_as_it_was(monkeypatch):
    """Where wider counts would be too many bytes, nothing is added, and the line says so."""
    monkeypatch.setattr(module, "WIDE_BYTES", 0)
    monkeypatch.setattr(module, "MAX_BYTES", 2 * 8 * 256 + 8 * 8**2)
    made = sketch_of(*images_of(100))
    before = made.copy()
    with pytest.raises(SketchError, match=r"2 classes, 8 pixels and 256 levels takes 0\.0 GiB"):
        made.update(np.zeros((256, 2, 4, 1), np.uint8), np.zeros(256, np.intp))
    assert made == before
