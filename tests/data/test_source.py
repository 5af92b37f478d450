"""The one guesser: a name, a path, arrays, a sketch or a dataset is taken wherever a dataset is wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from samples import random_images, write_idx

from tooeasy import NotAtHandError, SourceError, SourceNotFoundError, from_arrays, load

IMAGES, LABELS = random_images(0, n=12)


def test_a_dataset_is_itself():
    """What is loaded already is not loaded again."""
    data = from_arrays((IMAGES, LABELS))
    assert load(data) is data


def test_names_of_the_catalog():
    """mnist, fashion-mnist and digits, without a network."""
    assert (len(load("mnist").train), len(load("mnist").test)) == (60_000, 10_000)
    assert load("fashion-mnist").classes[9] == "Ankle boot"
    assert load("digits").train.levels == 17


def test_arrays():
    """A pair of images and labels, or a pair of such pairs: training and test."""
    data = load((IMAGES, LABELS))
    assert (len(data.train), data.test) == (12, None)
    data = load(((IMAGES, LABELS), (IMAGES[:5], LABELS[:5])))
    assert (len(data.train), len(data.test)) == (12, 5)


def test_a_folder_and_a_file_as_text_or_path(tmp_path):
    """Paths are text or Path objects; a folder's name is the dataset's."""
    path = write_idx(tmp_path / "things", "train", IMAGES, LABELS)
    for source in (path, path.parent, str(path), str(path.parent), f"{path.parent}/"):
        data = load(source)
        assert data.name == "things"
        assert np.array_equal(data.train.images(), IMAGES)


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    """A dot is the folder that one is in."""
    path = write_idx(tmp_path / "things", "train", IMAGES, LABELS)
    monkeypatch.chdir(path.parent)
    assert load(".").name == "things"
    assert load("train-images-idx3-ubyte").name == "things"


def test_a_sketch_file_and_a_sketch(tmp_path):
    """A sketch is a dataset that has a training split without images, and no test split."""
    sketch = from_arrays((IMAGES, LABELS)).train.sketch(moments=True)
    sketch.save(tmp_path / "mine.sketch")
    for source, name in ((sketch, "sketch"), (tmp_path / "mine.sketch", "mine"), (f"{tmp_path}/mine.sketch", "mine")):
        data = load(source)
        assert (data.name, data.classes, data.shape, len(data.train)) == (name, ("0", "1", "2"), (3, 4, 1), 12)
        assert data.test is None
        assert data.train.sketch(moments=True) == sketch
        with pytest.raises(NotAtHandError, match="is a sketch, without images"):
            data.train.images()


def test_a_name_of_the_catalog_goes_before_a_path(tmp_path, monkeypatch):
    """A folder that happens to be called mnist does not change what ``mnist`` means; ``./mnist`` is the folder."""
    write_idx(tmp_path / "mnist", "train", IMAGES, LABELS)
    monkeypatch.chdir(tmp_path)
    assert len(load("mnist").train) == 60_000
    assert len(load("./mnist").train) == 12


def test_a_path_object_is_a_path(tmp_path, monkeypatch):
    """Who passes a Path means the folder, not the catalog."""
    write_idx(tmp_path / "mnist", "train", IMAGES, LABELS)
    monkeypatch.chdir(tmp_path)
    assert len(load(Path("mnist")).train) == 12


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("mnsit", "mnist"),
        ("MNIST", "mnist"),
        ("fashion", "fashion-mnist"),
        ("fashion_mnist", "fashion-mnist"),
        ("digit", "digits"),
        ("zebra", "mnist, fashion-mnist, kmnist, ..."),
    ],
)
def test_an_unknown_name_gets_the_nearest_known_ones(name, nearest):
    """What a typist may have meant; all names where nothing is near."""
    with pytest.raises(SourceNotFoundError, match=f"no dataset or file is called '{name}'; known are {nearest}"):
        load(name)


@pytest.mark.parametrize("source", ["no/such/folder", "none.sketch", "missing.gz", Path("missing")])
def test_a_missing_path_is_named(source, tmp_path, monkeypatch):
    """No such file or folder; and it is a FileNotFoundError for those who expect one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"no such file.*: {source}"):
        load(source)


def test_a_name_too_long_for_a_file_is_not_found():
    """What no file can be called is unknown, too, in one line."""
    with pytest.raises(SourceNotFoundError, match="no such file or folder"):
        load("folder/" + "a" * 300)
    with pytest.raises(SourceNotFoundError, match="no such file or folder"):
        load("nul\0.idx")


def test_a_bare_name_too_long_for_a_file_is_not_found():
    """An OSError of the operating system is not an answer."""
    with pytest.raises(SourceNotFoundError, match="is called"):
        load("a" * 300)


@pytest.mark.parametrize("source", [None, 7, (IMAGES,), (IMAGES, LABELS, LABELS), b"mnist"])
def test_anything_else_is_refused(source):
    """The error lists what a source may be, and the type that was found."""
    with pytest.raises(SourceError, match=r"a source is a name, a path, .*; found \w+"):
        load(source)
