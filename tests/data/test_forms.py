"""The same images in every form that tooeasy reads give bit-identical sketches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.data.examples import FORMS, write_form

import tooeasy
from tooeasy.errors import MissingExtraError
from tooeasy.sketch import Sketch

Labelled = tuple[NDArray[np.uint8], NDArray[np.intp]]


@pytest.fixture(scope="module")
def digits() -> Labelled:
    """Build the set of 1,000 real images: MNIST's first test images."""
    test = tooeasy.load("mnist").test
    assert test is not None
    return next(test.batches(1000))


@pytest.fixture(scope="module")
def colored() -> Labelled:
    """Build 300 images of CIFAR's size: coloured blobs with a gradient and noise, ten classes."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 200, (300, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    images = coarse + np.arange(32)[:, np.newaxis, np.newaxis] + random.integers(0, 24, (300, 32, 32, 3))
    return images.astype(np.uint8), np.arange(300) % 10


def sketch_of(folder: Path, name: str, labelled: Labelled) -> tuple[Sketch, Sketch]:
    """Write in a form and read back; return the sketch that was read and the one of the arrays."""
    images, labels = labelled
    expected = tooeasy.from_arrays((images, labels)).train.sketch()
    try:
        data = tooeasy.load(write_form(name, folder, images, labels))
    except (ModuleNotFoundError, MissingExtraError) as error:
        pytest.skip(f"{name} needs a package: {error}")
    return data.train.sketch(), expected


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.fits((28, 28, 1)) and form.lossless])
def test_grey_images_in_every_form_give_the_same_sketch(tmp_path: Path, digits: Labelled, name: str) -> None:
    """1,000 real grey images, written in a form and read back, give the very same integers and class names."""
    found, expected = sketch_of(tmp_path, name, digits)
    assert found.classes == expected.classes
    assert found == expected


@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if form.fits((32, 32, 3)) and form.lossless])
def test_colored_images_in_every_form_give_the_same_sketch(tmp_path: Path, colored: Labelled, name: str) -> None:
    """300 coloured images, written in a form and read back, give the very same integers and class names."""
    found, expected = sketch_of(tmp_path, name, colored)
    assert found.classes == expected.classes
    assert found == expected


def test_strokes_give_the_same_sketch_as_their_bitmaps(tmp_path: Path, digits: Labelled) -> None:
    """Strokes cannot hold any image; drawn, saved as bitmaps and read back, they give the same sketch again."""
    images, labels = digits
    drawn = tooeasy.load(write_form("quickdraw_strokes", tmp_path, images, labels)).train
    bitmaps = write_form("quickdraw_bitmaps", tmp_path, drawn.images(), drawn.labels)
    assert tooeasy.load(bitmaps).train.sketch() == drawn.sketch()


def test_a_limit_takes_the_same_images_in_every_form(tmp_path: Path, digits: Labelled) -> None:
    """The stratified choice depends on labels, seed and order only, not on the form that they are read from."""
    names = ("npz", "idx", "mat_emnist", "csv")
    paths = [write_form(name, tmp_path, *digits) for name in names]
    first, *others = [tooeasy.load(path, limit=50, seed=3).train.sketch() for path in paths]
    assert first.images_per_class.sum() == 50
    assert all(other == first for other in others)
