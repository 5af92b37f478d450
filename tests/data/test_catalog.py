"""The datasets known by name, what the package brings of them, and where the rest is looked for."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import idx_bytes, random_images, write_idx

from tooeasy import CatalogEntry, NotAtHandError, Sketch, known_datasets, load, study_pixels
from tooeasy.data.known.at_hand import find_training_images
from tooeasy.data.known.bundle import bundle_folder
from tooeasy.data.places import cache_folder

BUNDLED = ["mnist", "fashion-mnist"]
TRAINING_IMAGES = {
    "mnist": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "fashion-mnist": [6000] * 10,
}
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def bundled(name: str, file: str) -> bytes:
    return lzma.decompress((bundle_folder(name) / f"{file}.xz").read_bytes())


def test_the_catalog_says_what_each_dataset_is():
    """Names, class names, and a title, licence, homepage and citation for every entry."""
    assert {"mnist", "fashion-mnist", "digits"} <= set(known_datasets())
    assert known_datasets()["mnist"].classes == known_datasets()["digits"].classes == tuple("0123456789")
    assert known_datasets()["fashion-mnist"].classes == FASHION
    for name, entry in known_datasets().items():
        assert entry.name == name
        assert all((entry.title, entry.licence, entry.citation))
        assert entry.homepage.startswith("http")


@pytest.mark.parametrize("name", BUNDLED)
def test_licence_and_citation_lie_beside_the_bundled_files(name):
    """Each dataset's own licence and citation travel with its data."""
    text = " ".join((bundle_folder(name) / "LICENCE.txt").read_text("utf-8").split())
    assert known_datasets()[name].licence.split()[0] in text
    assert known_datasets()[name].citation.split(".")[0] in text


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_test_images_are_the_very_ones(name):
    """The decompressed bytes have the catalog's SHA-256, which is that of the published files."""
    for file in FILES["test"]:
        assert hashlib.sha256(bundled(name, file)).hexdigest() == known_datasets()[name].sha256[file]


@pytest.mark.parametrize("name", BUNDLED)
def test_the_test_split_is_made_of_these_images(name):
    """Images, labels and sketch of the test split are those of the file, read here by other means."""
    images = np.frombuffer(bundled(name, FILES["test"][0])[16:], np.uint8).reshape(10_000, 28, 28, 1)
    labels = np.frombuffer(bundled(name, FILES["test"][1])[8:], np.uint8)
    data = load(name)
    assert data.test.has_images
    assert np.array_equal(data.test.images(), images)
    assert np.array_equal(data.test.labels, labels)
    assert data.test.images_per_class.tolist() == np.bincount(labels).tolist()
    reference = np.zeros((10, 784, 256), np.uint32)
    for pixel in range(784):
        np.add.at(reference, (labels, pixel, images.reshape(10_000, 784)[:, pixel]), 1)
    computed = data.test.sketch()
    assert np.array_equal(computed.counts, reference)
    assert computed.classes == known_datasets()[name].classes


@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_sketches_are_of_60000_images_and_agree(name):
    """Class sizes are the published ones; the Gram matrix's diagonal follows from the counts; the l2 sketch fits."""
    train = load(name).train
    assert len(train) == 60_000
    assert train.images_per_class.tolist() == TRAINING_IMAGES[name]
    sketch = train.sketch(moments=True)
    reference = sketch.counts.sum(axis=0, dtype=np.int64) @ np.arange(256) ** 2
    assert np.array_equal(np.diag(sketch.gram), reference)
    assert np.array_equal(sketch.gram, sketch.gram.T)
    assert train.sketch() == sketch.requantize(256)
    assert train.sketch(levels=16) == sketch.requantize(16)
    normalized = train.sketch(normalize="l2")
    assert normalized.images_per_class.tolist() == TRAINING_IMAGES[name]
    # A pixel is black after normalising wherever it was black before.
    assert (normalized.counts[:, :, 0] >= sketch.counts[:, :, 0]).all()


def test_digits_are_scikit_learns():
    """1,797 images of 8x8 pixels and 17 levels."""
    from sklearn.datasets import load_digits

    data = load("digits")
    reference = load_digits()
    assert (data.shape, data.train.levels, data.test) == ((8, 8, 1), 17, None)
    assert np.array_equal(data.train.images()[..., 0], reference.images)
    assert np.array_equal(data.train.labels, reference.target)
    assert data.train.sketch().levels == 17


def test_nothing_touches_the_network(monkeypatch, empty_machine):
    """With sockets taken away, loading and studying by name still works, and a missing file is only an error."""

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert study_pixels("mnist").held_out == "test split"
    with pytest.raises(NotAtHandError):
        load("mnist").train.images()


def test_training_images_that_are_not_here_are_told_how_to_get(empty_machine):
    """One line: what is missing, which files, from where, into which folder, or which variable to set."""
    data = load("mnist")
    assert not data.train.has_images
    for ask in (
        lambda: data.train.labels,
        data.train.images,
        lambda: list(data.train.batches()),
        lambda: data.train.part(slice(3)),
        lambda: data.train.sketch(normalize="l2", moments=True),
    ):
        with pytest.raises(NotAtHandError) as caught:
            ask()
        message = str(caught.value)
        assert "\n" not in message
        for words in (
            "the training images of mnist are not on this machine",
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
            "tooeasy datasets get mnist",
            str(empty_machine / "mnist"),
            "TOOEASY_DATA",
        ):
            assert words in message


def test_the_cache_is_where_the_platform_puts_it_or_as_told(monkeypatch, tmp_path):
    """TOOEASY_CACHE names it; unset or empty, it is the platform's folder for caches."""
    import platformdirs

    monkeypatch.setenv("TOOEASY_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    for unset in ("", None):
        if unset is None:
            monkeypatch.delenv("TOOEASY_CACHE")
        else:
            monkeypatch.setenv("TOOEASY_CACHE", unset)
        assert cache_folder() == platformdirs.user_cache_path("tooeasy")


class TestFindingTrainingImages:
    """With a made-up dataset, so that it needs no data: where training images are looked for, and what is taken."""

    images, labels = random_images(0, n=20, shape=(2, 2, 1), classes=2)

    @pytest.fixture
    def entry(self, empty_machine, tmp_path) -> CatalogEntry:
        contents = (idx_bytes(self.images[..., 0]), idx_bytes(self.labels))
        sha256 = {file: hashlib.sha256(data).hexdigest() for file, data in zip(FILES["train"], contents, strict=True)}
        folders = (str(tmp_path / "system"),)
        mnist = known_datasets()["mnist"]
        tiny = {"name": "tiny", "cache": "tiny", "classes": ("no", "yes"), "class_count": 2, "shape": (2, 2, 1)}
        return replace(mnist, **tiny, images={"train": 20, "test": 0}, sha256=sha256, folders=folders, files=())

    def check(self, entry) -> None:
        split = find_training_images(entry)
        assert np.array_equal(split.images(), self.images)
        assert np.array_equal(split.labels, self.labels)
        assert (split.classes, split.origin) == (("no", "yes"), "tiny train")

    @pytest.mark.parametrize("zipped", [False, True], ids=["raw", "gzip"])
    @pytest.mark.parametrize("place", ["cache/tiny", "data/tiny", "data", "system"])
    def test_they_are_found_raw_and_gzipped(self, entry, tmp_path, monkeypatch, place, zipped):
        """In the cache, in $TOOEASY_DATA or its folder of that name, and where a package manager puts them."""
        monkeypatch.setenv("TOOEASY_DATA", str(tmp_path / "data"))
        write_idx(tmp_path / place, "train", self.images[..., 0], self.labels, zipped=zipped)
        self.check(entry)

    @pytest.mark.parametrize("what", ["images", "labels"])
    def test_files_of_the_same_name_and_other_content_are_not_taken(self, entry, tmp_path, what):
        """MNIST's relatives share its file names; only the very bytes count, of images and of labels."""
        images, labels = self.images[..., 0].copy(), self.labels.copy()
        if what == "images":
            images[3, 1, 1] ^= 1
        else:
            labels[7] ^= 1
        write_idx(tmp_path / "cache" / "tiny", "train", images, labels)
        with pytest.raises(NotAtHandError, match="the training images of tiny are not on this machine"):
            find_training_images(entry)
        write_idx(tmp_path / "system", "train", self.images[..., 0], self.labels)
        self.check(entry)  # and the search goes on behind them

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda folder: (folder / "train-labels-idx1-ubyte").unlink(),
            lambda folder: (folder / "train-images-idx3-ubyte").write_bytes(gzip.compress(b"cut")[:-3]),
            lambda folder: write_idx(folder, "other-train", [[[0]]], [0]),
            lambda folder: shutil.rmtree(folder),
        ],
        ids=["no labels", "damaged", "ambiguous", "no folder"],
    )
    def test_unusable_folders_are_passed_over(self, entry, tmp_path, spoil):
        """A damaged or incomplete folder does not hide a good one behind it."""
        write_idx(tmp_path / "cache" / "tiny", "train", self.images[..., 0], self.labels)
        spoil(tmp_path / "cache" / "tiny")
        with pytest.raises(NotAtHandError):
            find_training_images(entry)
        write_idx(tmp_path / "system", "train", self.images[..., 0], self.labels)
        self.check(entry)


@pytest.mark.data
@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundled_sketches_are_those_of_the_full_images(full_data, empty_machine, monkeypatch, name):
    """Counted anew from the 60,000 images: counts, moments and l2 counts have the same bits."""
    monkeypatch.setenv("TOOEASY_DATA", str(full_data(name)))
    train = load(name).train
    assert train.has_images
    assert len(train.labels) == 60_000
    images = train.part(slice(None))  # the split of the images themselves, which knows no sketch
    assert images.sketch(moments=True) == train.sketch(moments=True)
    assert images.sketch(normalize="l2") == train.sketch(normalize="l2")
    assert train.sketch(normalize="l2", levels=8, moments=True).gram is not None


@pytest.mark.data
@pytest.mark.parametrize("name", BUNDLED)
def test_the_bundle_is_rebuilt_byte_for_byte(full_data, tmp_path, name):
    """The script makes the bundled files from the IDX files, to the last byte."""
    script = Path(__file__).parents[2] / "scripts" / "make_bundle.py"
    command = [sys.executable, str(script), name, str(full_data(name)), "-o", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["t10k-images-idx3-ubyte.xz", "t10k-labels-idx1-ubyte.xz", "train-l2.sketch", "train.sketch"]
    for file in made:
        assert (tmp_path / file).read_bytes() == (bundle_folder(name) / file).read_bytes(), file


@pytest.mark.data
@pytest.mark.parametrize("zipped", [False, True], ids=["raw", "gzip"])
@pytest.mark.parametrize("variable", ["TOOEASY_DATA", "TOOEASY_CACHE"])
def test_real_training_images_are_found(full_data, empty_machine, tmp_path, monkeypatch, variable, zipped):
    """MNIST's own files, raw or gzip, in the cache or in $TOOEASY_DATA, and the other dataset's are not taken."""
    folder = tmp_path / "here" / "mnist"
    folder.mkdir(parents=True)
    for file in FILES["train"]:
        found = full_data("mnist") / file
        content = found.read_bytes() if found.exists() else gzip.decompress(Path(f"{found}.gz").read_bytes())
        if zipped:
            (folder / f"{file}.gz").write_bytes(gzip.compress(content, 1))
        else:
            (folder / file).write_bytes(content)
    monkeypatch.setenv(variable, str(tmp_path / "here"))
    train = load("mnist").train
    assert train.has_images
    assert next(train.batches(5)).images.shape == (5, 28, 28, 1)
    rows = Sketch(train.shape, train.classes).update(*next(train.batches(1000)))
    assert rows.images_per_class.sum() == 1000
    folder.rename(folder.with_name("fashion-mnist"))
    monkeypatch.setattr("tooeasy.data.known.at_hand.folders_of", lambda entry: [folder.with_name("fashion-mnist")])
    assert not load("fashion-mnist").train.has_images
