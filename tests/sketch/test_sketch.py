"""The sketch counts what is there, and refuses what does not fit."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from samples import random_images

from tooeasy import OptionError, OutputError, Quantization, Sketch, SketchError

QUANTIZATIONS = [
    Quantization(),
    Quantization(levels=2),
    Quantization(levels=10),
    Quantization(levels=255),
    Quantization(source_levels=17),
    Quantization(source_levels=17, levels=5),
    Quantization(normalize="l2"),
    Quantization(levels=7, normalize="l2"),
    Quantization(source_levels=17, levels=100, normalize="l2"),
]


def sketch_of(images, labels, classes=3, quantization=None, *, moments=False) -> Sketch:
    names = [f"class {label}" for label in range(classes)]
    return Sketch(images.shape[1:], names, quantization, moments=moments).update(images, labels)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 4, 1), (2, 3, 3)])
@pytest.mark.parametrize("quantization", QUANTIZATIONS, ids=repr)
def test_counts_and_gram_equal_the_naive_oracle(quantization, shape):
    """Counts, sums and Gram matrix are those of plain loops, for each way to quantise and each number of channels."""
    images, labels = random_images(5, n=30, shape=shape, levels=quantization.source_levels)
    flat = naive.quantize(naive.flatten(images), quantization.base_levels, quantization.levels, quantization.normalize)
    reference = naive.counts(flat, labels, 3, quantization.levels)

    computed = sketch_of(images, labels, quantization=quantization, moments=True)

    assert computed.counts.dtype == np.uint32
    assert computed.counts.tolist() == reference
    assert computed.gram.dtype == np.int64
    assert computed.gram.tolist() == naive.gram(flat)
    assert computed.images_per_class.tolist() == [list(labels).count(label) for label in range(3)]
    sums = [[sum(level * n for level, n in enumerate(pixel)) for pixel in of_class] for of_class in reference]
    assert computed.sums.tolist() == sums


def test_l2_levels_equal_the_naive_oracle_on_many_images():
    """Rounding after the L2 step is exact: as whole-number arithmetic does it, dark and bright images alike."""
    random = np.random.default_rng(0)
    images = (random.random((300, 2, 3, 1)) ** random.integers(1, 9, (300, 1, 1, 1)) * 256).astype(np.uint8)
    reference = [naive.l2(image) for image in naive.flatten(images)]
    computed = Quantization(normalize="l2").apply(images)
    assert computed.tolist() == reference


def test_l2_rounds_halves_up():
    """A value at exactly 126.5 / 255 of the norm becomes level 127, not the even 126."""
    image = np.array([253, 253, 253, 249, 5], np.uint8)
    squares = int((image.astype(int) ** 2).sum())
    assert squares <= 510**2
    # Fill up with ones, so that the norm is 510 exactly and a level is half of a value.
    image = np.concatenate([image, np.ones(510**2 - squares, np.uint8)])
    computed = Quantization(normalize="l2").apply(image[np.newaxis, np.newaxis, :, np.newaxis])[0]
    assert computed[:6].tolist() == [127, 127, 127, 125, 3, 1]


def test_l2_leaves_an_image_of_zeros_as_it_is():
    """There is nothing to divide by; and a single bright pixel takes the highest level however dark it was."""
    images = np.zeros((2, 2, 2, 1), np.uint8)
    images[1, 0, 1] = 3
    computed = Quantization(normalize="l2").apply(images)
    assert computed.tolist() == [[0, 0, 0, 0], [0, 255, 0, 0]]


def test_levels_are_bins_of_equal_width():
    """All levels are used, in order, and widths differ by one at most, for each possible number of levels."""
    for levels in range(2, 257):
        widths = np.bincount(Quantization(levels=levels).bins(), minlength=levels)
        assert len(widths) == levels
        assert widths.max() - widths.min() <= 1
        assert widths.sum() == 256


def test_the_gram_matrix_is_exact_for_the_largest_sums():
    """The sum of 511 odd products near 255 * 255 is odd and above 2**24: a float32 cannot hold it, the sketch does."""
    images = np.random.default_rng(0).choice(np.array([253, 255], np.uint8), (511, 1, 3, 1))
    flat = images.reshape(511, 3).astype(object)
    reference = (flat.T @ flat).tolist()
    assert all(entry > 2**24 and entry % 2 for row in reference for entry in row)
    sketch = sketch_of(images, np.zeros(511, int), 1, moments=True)
    assert sketch.gram.tolist() == reference


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3, 4, 1), np.int64), [0, 1], "takes uint8 images"),
        (np.zeros((2, 4, 3, 1), np.uint8), [0, 1], r"of shape \(3, 4, 1\); found uint8, \(4, 3, 1\)"),
        (np.zeros((2, 3, 4), np.uint8), [0, 1], "takes uint8 images"),
        (np.zeros((2, 3, 4, 1), np.uint8), [0], "2 images need as many labels"),
        (np.zeros((2, 3, 4, 1), np.uint8), [[0, 1]], "2 images need as many labels"),
        (np.zeros((0, 3, 4, 1), np.uint8), [0], "0 images need as many labels"),
        (np.zeros((2, 3, 4, 1), np.uint8), [0.0, 1.0], "whole numbers; found float64"),
        (np.zeros((2, 3, 4, 1), np.uint8), [0, 2], "labels are from 0 to 1; found 0 to 2"),
        (np.zeros((2, 3, 4, 1), np.uint8), [-1, 1], "labels are from 0 to 1; found -1 to 1"),
        (np.full((2, 3, 4, 1), 17, np.uint8), [0, 1], "a pixel has the value 17"),
    ],
)
def test_images_that_do_not_fit_are_refused_whole(images, labels, message):
    """Wrong type, shape, number, label or value: one line says so, and nothing has been counted."""
    sketch = Sketch((3, 4, 1), ["no", "yes"], Quantization(source_levels=17), moments=True)
    with pytest.raises(SketchError, match=message):
        sketch.update(images, labels)
    assert not sketch.counts.any()
    assert not sketch.gram.any()


def test_an_empty_batch_changes_nothing():
    """A stream may hand out a batch without images."""
    images, labels = random_images(1)
    sketch = sketch_of(images, labels)
    assert sketch.copy().update(images[:0], labels[:0]) == sketch
    assert sketch.copy().update(images[:0], []) == sketch


def test_images_in_any_memory_order_are_counted_alike():
    """A transposed view, a strided view and a read-only array give the sketch of a plain copy."""
    images, labels = random_images(2, shape=(3, 3, 1))
    turned = images.transpose(0, 2, 1, 3)
    reference = sketch_of(turned.copy(), labels)
    assert sketch_of(turned, labels) == reference
    doubled = np.repeat(images, 2, axis=0)[::2]
    assert sketch_of(doubled, labels) == sketch_of(images, labels)
    images.flags.writeable = False
    assert sketch_of(images, labels) == sketch_of(doubled, labels)


def test_more_images_than_a_count_holds_are_refused():
    """At 4,294,967,295 images of a class, update and merge refuse one more instead of starting again at zero."""
    full = Sketch((1, 1, 1), ["a", "b"])
    full.counts[0, 0, 7] = 2**32 - 1
    one = Sketch((1, 1, 1), ["a", "b"]).update(np.full((1, 1, 1, 1), 7, np.uint8), [0])
    before = full.counts.copy()
    with pytest.raises(SketchError, match="at most 4,294,967,295 images of a class"):
        full.update(np.full((1, 1, 1, 1), 7, np.uint8), [0])
    with pytest.raises(SketchError, match="at most 4,294,967,295 images of a class"):
        full.merge(one)
    assert np.array_equal(full.counts, before)
    full.update(np.full((1, 1, 1, 1), 7, np.uint8), [1])
    assert full.images_per_class.tolist() == [2**32 - 1, 1]


@pytest.mark.parametrize(
    ("shape", "classes", "message"),
    [
        ((0, 3, 1), ["a", "b"], "needs"),
        ((3, 3), ["a", "b"], "needs"),
        ((3, 3, 1), [], "needs"),
        ((100_000, 100_000, 3), ["a", "b"], "GiB, more than 8"),
    ],
)
def test_shapes_that_cannot_be_sketched_are_refused(shape, classes, message):
    """No pixels, no classes, or more memory than a sketch may take."""
    with pytest.raises(SketchError, match=message):
        Sketch(shape, classes)


def test_moments_count_towards_the_memory_limit():
    """A Gram matrix of 40,000 pixels takes 12 GiB, where the counts alone would fit."""
    Sketch((200, 200, 1), ["a"], Quantization(levels=2))
    with pytest.raises(SketchError, match="more than 8"):
        Sketch((200, 200, 1), ["a"], Quantization(levels=2), moments=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalize": "l1"}, "normalize is one of none, l2; found 'l1'"),
        ({"source_levels": 1}, "source_levels is a whole number from 2 to 256; found 1"),
        ({"source_levels": 257}, "source_levels is a whole number from 2 to 256; found 257"),
        ({"levels": 1}, "levels is a whole number from 2 to 256; found 1"),
        ({"levels": 0}, "levels is a whole number from 2 to 256; found 0"),
        ({"levels": 257}, "levels is a whole number from 2 to 256; found 257"),
        ({"source_levels": 17, "levels": 18}, "levels is a whole number from 2 to 17; found 18"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    """Each option says what it may be and what was found."""
    with pytest.raises(OptionError, match=message):
        Quantization(**options)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (Sketch((4, 3, 1), ["a", "b"]), "shapes"),
        (Sketch((3, 4, 1), ["b", "a"]), "classes"),
        (Sketch((3, 4, 1), ["a", "b", "c"]), "classes"),
        (Sketch((3, 4, 1), ["a", "b"], Quantization(levels=2)), "levels"),
        (Sketch((3, 4, 1), ["a", "b"], Quantization(normalize="l2")), "normalisation"),
        (Sketch((3, 4, 1), ["a", "b"], moments=True), "kinds"),
    ],
)
def test_sketches_that_do_not_fit_together_are_not_merged(other, message):
    """A difference in shape, classes, quantization or moments is named."""
    sketch = Sketch((3, 4, 1), ["a", "b"])
    with pytest.raises(SketchError, match=f"sketches of different {message} do not add up"):
        sketch.merge(other)
    with pytest.raises(SketchError, match=message):
        sketch + other


def test_plus_leaves_both_as_they_were():
    """``a + b`` is a new sketch; ``a.merge(b)`` changes a alone; a copy is independent."""
    images, labels = random_images(3)
    first, second = sketch_of(images[:20], labels[:20], moments=True), sketch_of(images[20:], labels[20:], moments=True)
    kept = first.copy(), second.copy()
    both = first + second
    assert (first, second) == kept
    copy = first.copy()
    assert first.merge(second) is first
    assert first == both
    assert copy == kept[0]
    assert second == kept[1]


def test_adding_something_else_is_a_type_error():
    """Only sketches add up, and the zero that ``sum`` starts with."""
    sketch = Sketch((1, 1, 1), ["a", "b"])
    with pytest.raises(TypeError):
        sketch + 1
    with pytest.raises(TypeError):
        1 + sketch
    with pytest.raises(TypeError):
        hash(sketch)


def test_sketches_differ_in_each_thing_that_counts():
    """Equality sees shape, classes, quantization, every count and every entry of the Gram matrix."""
    images, labels = random_images(4)
    sketch = sketch_of(images, labels, moments=True)
    other = sketch.copy()
    assert sketch == other
    other.counts[2, 11, 255] += 1
    assert sketch != other
    other = sketch.copy()
    other.gram[3, 2] += 1
    assert sketch != other
    assert sketch != sketch_of(images, labels)
    assert sketch != sketch_of(images, labels, 4, moments=True)
    assert Sketch((3, 4, 1), ["a"]) != Sketch((4, 3, 1), ["a"])
    assert Sketch((3, 4, 1), ["a"]) != Sketch((3, 4, 1), ["a"], Quantization(normalize="l2"))
    assert sketch != "a sketch"


def test_provenance_is_collected_and_takes_no_part_in_equality():
    """Where the images came from is kept once each and sorted, and does not make sketches differ."""
    first = Sketch((1, 1, 1), ["a"], provenance=["two", "one", "two"])
    second = Sketch((1, 1, 1), ["a"], provenance=["three"])
    assert first.provenance == ("one", "two")
    assert first == second
    assert (first + second).provenance == ("one", "three", "two")
    assert first.requantize(4).provenance == first.copy().provenance == first.provenance


def test_levels_put_together_are_not_taken_apart():
    """Requantising a coarse sketch to anything but what it has needs the images."""
    images, labels = random_images(6)
    coarse = sketch_of(images, labels, quantization=Quantization(levels=8))
    assert coarse.requantize(8) == coarse
    for levels in (4, 16, 256):
        with pytest.raises(SketchError, match=f"make it anew to get {levels}"):
            coarse.requantize(levels)
    with pytest.raises(OptionError, match="from 2 to 256"):
        sketch_of(images, labels).requantize(257)


def test_a_sketch_says_what_it_is():
    """The representation has images, classes, shape, levels, and what was done to them."""
    images, labels = random_images(7, n=12)
    quantization = Quantization(levels=16, normalize="l2")
    assert repr(sketch_of(images, labels)) == "Sketch(12 images, 3 classes, 3x4x1, 256 levels)"
    described = repr(sketch_of(images, labels, quantization=quantization, moments=True))
    assert described == "Sketch(12 images, 3 classes, 3x4x1, 16 levels, l2, moments)"


def test_saving_into_a_missing_folder_writes_nothing(tmp_path):
    """The one line names the folder, and neither it nor a file comes to be."""
    with pytest.raises(OutputError, match="does not exist; create it first"):
        Sketch((1, 1, 1), ["a"]).save(tmp_path / "missing" / "a.sketch")
    assert list(tmp_path.iterdir()) == []
