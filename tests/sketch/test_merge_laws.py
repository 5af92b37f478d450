"""Sketches are integers that add up: the laws that everything distributed rests on."""

from __future__ import annotations

import hypothesis.extra.numpy as npst
import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tooeasy import Quantization, Sketch

quantizations = st.one_of(
    st.builds(Quantization, levels=st.integers(2, 256)),
    st.builds(Quantization, source_levels=st.just(17), levels=st.integers(2, 17)),
    st.builds(Quantization, levels=st.integers(2, 256), normalize=st.just("l2")),
)


@st.composite
def labelled_images(draw, max_images: int = 12):
    """An empty sketch, and images and labels that fit it."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)))
    quantization = draw(quantizations)
    classes = draw(st.integers(1, 4))
    n = draw(st.integers(0, max_images))
    values = st.integers(0, quantization.source_levels - 1)
    images = draw(npst.arrays(np.uint8, (n, *shape), elements=values))
    labels = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)), np.intp)
    empty = Sketch(shape, [str(label) for label in range(classes)], quantization, moments=draw(st.booleans()))
    return empty, images, labels


@st.composite
def three_sketches(draw):
    """Three sketches that fit together."""
    empty, images, labels = draw(labelled_images())
    parts = np.array(draw(st.lists(st.integers(0, 2), min_size=len(labels), max_size=len(labels))), np.intp)
    return [empty.copy().update(images[parts == part], labels[parts == part]) for part in range(3)]


@given(labelled_images(), st.data())
def test_any_partition_order_batch_size_and_threads_give_the_same_bits(made, data):
    """However the images are shared out, shuffled, batched and counted, the sum is the sketch of the whole."""
    empty, images, labels = made
    reference = empty.copy().update(images, labels, threads=1)

    order = np.array(data.draw(st.permutations(range(len(labels)))), np.intp)
    parts = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(labels), max_size=len(labels))), np.intp)
    size = data.draw(st.integers(1, max(1, len(labels))))
    sketches = []
    for part in data.draw(st.permutations(range(4))):
        rows = order[parts[order] == part]
        sketch = empty.copy()
        for start in range(0, len(rows), size):
            batch = rows[start : start + size]
            sketch.update(images[batch], labels[batch], threads=data.draw(st.integers(1, 5)))
        sketches.append(sketch)
    computed = sum(sketches)

    assert computed == reference
    assert computed.counts.tobytes() == reference.counts.tobytes()
    if reference.gram is not None:
        assert computed.gram.tobytes() == reference.gram.tobytes()


@given(labelled_images())
def test_a_sketch_equals_the_naive_oracle(made):
    """Counts and Gram matrix are those of plain loops, whatever the images."""
    empty, images, labels = made
    if not len(labels):
        assert not empty.counts.any()
        return
    quantization = empty.quantization
    flat = naive.quantize(naive.flatten(images), quantization.base_levels, quantization.levels, quantization.normalize)
    computed = empty.update(images, labels)
    assert computed.counts.tolist() == naive.counts(flat, labels, len(empty.classes), empty.levels)
    if computed.gram is not None:
        assert computed.gram.tolist() == naive.gram(flat)


@given(three_sketches())
def test_merge_is_associative_and_commutative(sketches):
    """Parts may be merged in any order and in any grouping, as a cluster does."""
    a, b, c = sketches
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert sum([c, a, b]) == a + b + c


@given(three_sketches())
def test_the_empty_sketch_is_the_identity(sketches):
    """Adding a sketch of no images changes nothing, from either side; the sum of one is itself, and a new one."""
    sketch = sketches[0]
    empty = Sketch(sketch.shape, sketch.classes, sketch.quantization, moments=sketch.gram is not None)
    assert sketch + empty == sketch
    assert empty + sketch == sketch
    alone = sum([sketch])
    assert alone == sketch
    assert alone is not sketch


@given(labelled_images(), st.data())
def test_requantising_equals_counting_requantised_images(made, data):
    """Fewer levels follow from the sketch exactly; the images need not be seen again."""
    empty, images, labels = made
    fine = Quantization(empty.quantization.source_levels, normalize=empty.quantization.normalize)
    levels = data.draw(st.integers(2, fine.base_levels))
    coarse = Quantization(fine.source_levels, levels, fine.normalize)
    reference = Sketch(empty.shape, empty.classes, coarse).update(images, labels)
    computed = Sketch(empty.shape, empty.classes, fine).update(images, labels).requantize(levels)
    assert computed == reference


@given(three_sketches(), st.integers(2, 16))
def test_requantising_and_merging_commute(sketches, levels):
    """Merge then requantise, or requantise then merge: the same."""
    fine = [sketch for sketch in sketches if sketch.levels == sketch.quantization.base_levels]
    if fine:
        assert sum(fine).requantize(levels) == sum(sketch.requantize(levels) for sketch in fine)
