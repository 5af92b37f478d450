"""How fast are the key kernels, from version to version? Not beside peers: each beside itself, as it was.

    export PYTEST_ADDOPTS="--benchmark-timer time.process_time --benchmark-storage FOLDER" OMP_NUM_THREADS=1
    pytest -n 0 benchmarks/kernels.py --benchmark-autosave
    pytest -n 0 benchmarks/kernels.py --benchmark-compare --benchmark-compare-fail median:20%

On the data that comes with tooeasy, in one thread, and by the time of the processor, which other work on the machine
changes little. Plain ``pytest`` does not collect this file. Each result is looked at, too, once, so that what is timed
is what is meant.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tooeasy
from tooeasy.giveaways.near import near_pairs
from tooeasy.pixels.search import best_pixels_of_pairs, pair_correct
from tooeasy.sketch import Sketch
from tooeasy.sketch.kernels import l2_levels
from tooeasy.templates.lasso import lasso_path
from tooeasy.templates.moments import Moments

CLASSES = list("0123456789")
HASHES = 20_000


@pytest.fixture(scope="module")
def digits() -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """MNIST's 10,000 test images and their labels."""
    test = tooeasy.load("mnist").test
    return test.images(), test.labels


@pytest.fixture(scope="module")
def sketch() -> Sketch:
    """The sketch of MNIST's 60,000 training images."""
    return tooeasy.load("mnist").train.sketch(moments=True)


def test_count(benchmark: Any, digits: Any) -> None:
    """Count the levels of 10,000 images of 28x28 pixels."""
    made = benchmark(lambda: Sketch((28, 28, 1), CLASSES, moments=False).update(*digits, threads=1))
    assert made.images_per_class.sum() == len(digits[1])


def test_gram(benchmark: Any, digits: Any) -> None:
    """Count, and multiply 784 pixels by 784, exactly; threads are those of BLAS."""
    made = benchmark(lambda: Sketch((28, 28, 1), CLASSES, moments=True).update(*digits, threads=1))
    flat = digits[0].reshape(len(digits[1]), -1)[:, 350].astype(np.int64)
    assert made.gram[350, 350] == flat @ flat


def test_l2_levels(benchmark: Any, digits: Any) -> None:
    """Divide 10,000 images by their norms."""
    flat = digits[0].reshape(len(digits[1]), -1)
    out = np.empty_like(flat)
    benchmark(l2_levels, flat, out)
    assert out.max() <= 255
    assert not np.array_equal(out, flat)


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
def test_best_pixels(benchmark: Any, sketch: Sketch, rule: Any) -> None:
    """The best of 784 pixels for each of 45 pairs of classes."""
    found = benchmark(best_pixels_of_pairs, sketch.counts, rule, threads=1)
    assert len(found) == 45
    assert found[0] == pair_correct(sketch.counts, 0, 1, rule).argmax()


def test_lasso(benchmark: Any, sketch: Sketch) -> None:
    """Fifty penalties for ten classes, from the Gram matrix."""
    moments = Moments.of_sketch(sketch)
    path = benchmark.pedantic(lasso_path, (moments,), {"threads": 1}, rounds=5, warmup_rounds=1)
    assert np.count_nonzero(path.weights[0]) < np.count_nonzero(path.weights[-1])


def test_near_hashes(benchmark: Any) -> None:
    """All pairs within 8 bits among 20,000 hashes, of which every hundredth has a copy with one bit changed."""
    hashes = np.random.default_rng(0).integers(0, 2**64, HASHES, dtype=np.uint64)
    copies = np.arange(0, HASHES // 2, 100)
    hashes[HASHES // 2 + copies] = hashes[copies] ^ np.uint64(1)
    found = benchmark(near_pairs, hashes, 8, threads=1)
    assert {tuple(pair) for pair in found.pairs.tolist()} >= {(row, HASHES // 2 + row) for row in copies.tolist()}
