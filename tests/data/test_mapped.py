"""Map datasets: anything with a length that gives pairs of image and label."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.errors import SourceError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 7, 3), dtype=np.uint8)
LABELS = np.arange(40) % 4


class Pairs:
    """A map dataset without any base class."""

    def __init__(self, images: Any, labels: Any = LABELS) -> None:
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, item: int) -> Any:
        found = self.images[item]
        if isinstance(found, Exception):
            raise found
        return found, self.labels[item]


def error_of(source: Any, **options: Any) -> str:
    """Message of the error that loading must end in, which is one line."""
    with pytest.raises(SourceError) as caught:
        tooeasy.load(source, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def check(data: tooeasy.Dataset) -> None:
    assert np.array_equal(data.train.images(), IMAGES)
    assert np.array_equal(data.train.labels, LABELS)


PICTURES = [Image.fromarray(image) for image in IMAGES]


@pytest.mark.parametrize("labels", [LABELS, LABELS.tolist(), np.array(list("abcd"))[LABELS], np.eye(4)[LABELS]])
def test_pictures(labels):
    """Pillow's images of one size, and labels of any form."""
    check(tooeasy.load(Pairs(PICTURES, labels)))


def test_arrays():
    """Arrays of one shape, and a plain list of pairs."""
    check(tooeasy.load(Pairs(IMAGES)))
    check(tooeasy.load(list(zip(IMAGES, LABELS, strict=True))))


def test_pictures_of_various_sizes_are_resized_like_files(tmp_path):
    """The same photographs in a folder and in a dataset are the same images."""
    pictures = [Image.fromarray(RNG.integers(0, 256, (20 + n, 90 - n, 3), dtype=np.uint8)) for n in range(20)]
    for number, picture in enumerate(pictures):
        folder = tmp_path / str(number % 2)
        folder.mkdir(exist_ok=True)
        picture.save(folder / f"{number:03}.png")
    order = [*range(0, 20, 2), *range(1, 20, 2)]
    mapped = tooeasy.load(Pairs([pictures[n] for n in order], [n % 2 for n in order]))
    assert np.array_equal(mapped.train.images(), tooeasy.load(tmp_path).train.images())
    assert mapped.notes == ("images of 20x71 to 39x90 are resized and centre-cropped to 32x32",)
    assert tooeasy.load(Pairs(pictures, [0, 1] * 10), size=(9, 8), color=False).shape == (9, 8, 1)


def test_the_users_pictures_are_left_alone():
    """A picture that is turned by its EXIF orientation is turned in a copy."""
    picture = Image.fromarray(IMAGES[0])
    picture.getexif()[274] = 6
    data = tooeasy.load(Pairs([picture] * 4, [0, 1, 0, 1]), size=(7, 6))
    assert np.array_equal(data.train.images()[0], np.rot90(IMAGES[0], -1))
    assert picture.getexif()[274] == 6


def test_splits():
    """A pair is training and test; a dict has names."""
    data = tooeasy.load((Pairs(PICTURES), Pairs(PICTURES[:20])))
    assert (len(data.train), len(data.test)) == (40, 20)
    data = tooeasy.load({"train": Pairs(IMAGES), "test": Pairs(IMAGES[:20])})
    assert (len(data.train), len(data.test), data.held_out) == (40, 20, "test split")


def test_names_of_classes():
    """What torchvision's datasets call classes, where it fits the labels."""
    pairs = Pairs(IMAGES)
    pairs.classes = ["a", "b", "c", "d", "e"]
    assert tooeasy.load(Pairs(IMAGES)).classes == ("0", "1", "2", "3")
    with pytest.raises(SourceError, match="has no training image of class e"):
        tooeasy.load(pairs)
    pairs.classes = ["a", "b", "c", "d"]
    assert tooeasy.load(pairs).classes == ("a", "b", "c", "d")
    pairs.classes = ["a"]
    assert tooeasy.load(pairs).classes == ("0", "1", "2", "3")


def test_items_that_fail_are_skipped_and_named():
    """An item that raises is a broken image; strict stops at the first."""
    pictures = [OSError("no\nsuch file") if n == 3 else picture for n, picture in enumerate(PICTURES)]
    data = tooeasy.load(Pairs(pictures))
    assert np.array_equal(data.train.images(), np.delete(IMAGES, 3, axis=0))
    assert data.notes == ("Pairs train: 1 broken image skipped (item 3: no such file)",)
    assert "item 3 cannot be read: no such file" in error_of(Pairs(pictures), strict=True)
    assert "has no readable item: no such file" in error_of(Pairs(pictures[3:4]))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Pairs([]), "has no readable item: it is empty"),
        ([1, 2], "items are pairs (image, label); found int"),
        ([(1, 2, 3)], "items are pairs (image, label); found 3 values"),
        ([("a.png", 1)], "images are Pillow's, arrays or tensors; found str"),
        ([(IMAGES[0], 0), (PICTURES[0], 1)], "of which some are pictures and some arrays"),
        ([(IMAGES[0], 0), (IMAGES[0, :4], 1)], "arrays of several shapes (4x7x3, 6x7x3)"),
        ([(IMAGES[0], 0), (IMAGES[0], [1, 0])], "labels are all whole numbers, all names, or all one-hot"),
        ([(IMAGES[0] * np.nan, 0), (IMAGES[0], 1)], "image 0 has pixels that are NaN or infinite"),
    ],
)
def test_what_is_no_dataset_of_images_is_refused(source, message):
    """One line each."""
    assert message in error_of(source)


def test_tensors():
    """PyTorch's datasets: fractions with the channels first, subsets, and a class of one's own."""
    torch = pytest.importorskip("torch", reason="needs torch: pip install torch")
    data = torch.utils.data
    tensors = torch.tensor(IMAGES.transpose(0, 3, 1, 2) / 255, dtype=torch.float32)
    made = data.TensorDataset(tensors, torch.tensor(LABELS))
    loaded = tooeasy.load(made)
    check(loaded)
    assert loaded.notes == (
        "the channels are the first axis of each image: they are put last",
        "pixels from 0 to 1 are scaled to 0 to 255 and rounded to whole numbers",
    )
    subset = tooeasy.load(data.Subset(made, range(10, 30)))
    assert np.array_equal(subset.train.images(), IMAGES[10:30])

    class Own(data.Dataset):
        classes = ("a", "b", "c", "d")

        def __len__(self) -> int:
            return 40

        def __getitem__(self, item: int) -> Any:
            return tensors[item].clone().requires_grad_(), torch.tensor(LABELS[item])

    check(tooeasy.load(Own()))
    assert tooeasy.load(data.Subset(Own(), range(20))).classes == ("a", "b", "c", "d")
    assert tooeasy.load((tensors, torch.tensor(LABELS))).shape == (6, 7, 3)


def test_torch_is_not_imported():
    """A dataset of one's own does not bring PyTorch along."""
    code = (
        "import sys, numpy, tooeasy\n"
        "tooeasy.load([(numpy.zeros((4, 4), numpy.uint8), n % 2) for n in range(6)])\n"
        "print('torch' in sys.modules, 'datasets' in sys.modules, 'pyarrow.parquet' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False"] * 3
