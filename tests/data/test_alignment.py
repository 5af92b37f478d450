"""What must not come apart, or be scored, when images are broken, labels look alike, or splits differ in scale."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tooeasy import OptionError, SourceError, from_arrays, load, study_pixels
from tooeasy.data.labels import natural_key
from tooeasy.files import write_whole

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (40, 6, 8, 3), dtype=np.uint8)
LABELS = np.arange(40) % 2


def write_pictures(folder: Path, broken: dict[str, int]) -> Path:
    """Write a folder of two classes, of which the first so many pictures are cut off behind their header."""
    for number, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True)):
        name = "ab"[label]
        path = folder / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
        if broken.get(name, 0) > number // 2:
            path.write_bytes(path.read_bytes()[:60])
    return folder


def test_a_class_that_cannot_be_read_is_not_scored(tmp_path):
    """Files with good headers and no pixels leave a class without an image: that is an error, not a full score."""
    data = load(write_pictures(tmp_path, {"b": 20}))
    for rule in ("lookup", "threshold", "logistic"):
        with pytest.raises(SourceError, match="no image of class b can be read"):
            study_pixels(data, rule=rule)
    with pytest.raises(SourceError, match="no image of class b can be read"):
        data.train.sketch()


def test_images_and_labels_do_not_come_apart(tmp_path):
    """Batches leave out broken images and their labels; all images at once are refused, as labels would be shifted."""
    train = load(write_pictures(tmp_path, {"a": 2})).train
    rows = [(images, labels) for images, labels in train.batches(7)]
    assert sum(len(labels) for _, labels in rows) == 38
    assert all(len(images) == len(labels) for images, labels in rows)
    good = {IMAGES[number].tobytes(): LABELS[number] for number in range(40)}
    assert all(good[i.tobytes()] == label for images, labels in rows for i, label in zip(images, labels, strict=True))
    with pytest.raises(SourceError, match="take them by batches"):
        train.images()


def test_only_the_image_is_to_blame_for_a_broken_image(tmp_path, monkeypatch):
    """Running out of memory is not counted as a broken image."""

    def fail(*args):
        raise MemoryError("none left")

    data = load(write_pictures(tmp_path, {}))
    monkeypatch.setattr("tooeasy.data.decode.decode", fail)
    with pytest.raises(MemoryError):
        data.train.sketch()


def test_natural_order_is_one_order():
    """Names that differ only in leading zeros have one order, whatever order a set gives them in."""
    names = ["1", "01", "001", "a", "a1", "a01", "a1b", "b", "class10", "class2"]
    assert len({tuple(natural_key(name)) for name in names}) == len(names)
    code = "from tooeasy.data.labels import encode_labels as e; print(e('x', {'train': ['1', '01', '001', 'a']})[0])"
    orders = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "012"
    }
    assert len(orders) == 1
    assert sorted(["class10", "class2", "a1b", "a1"], key=natural_key) == ["a1", "a1b", "class2", "class10"]


def test_given_class_names_are_in_the_given_order():
    """Names as labels keep the order of ``classes``, and a label that is none of them is refused."""
    names = np.array(["dog", "cat"])[LABELS]
    assert from_arrays((IMAGES, names), classes=["eel", "dog", "cat"][1:]).classes == ("dog", "cat")
    with pytest.raises(SourceError, match="no class names: cat"):
        from_arrays((IMAGES, names), classes=["dog", "eel"])


def test_splits_of_different_scales_are_refused():
    """Fractions up to 1 in the test split, beside whole numbers up to 255 in training, would be rounded away."""
    with pytest.raises(SourceError, match=r"one split has fractions up to 1 .*, another goes beyond"):
        from_arrays((IMAGES, LABELS), (IMAGES / 255, LABELS))


def test_training_images_are_no_test_images():
    """Scoring on what was learned from is refused, where it would be called a test."""
    data = from_arrays((IMAGES, LABELS))
    with pytest.raises(OptionError, match="the test images are the training images"):
        study_pixels(data, test=data)
    with pytest.raises(OptionError, match="the test images are the training images"):
        study_pixels(data.train.sketch(), test=data.train.sketch())


def test_a_coarse_sketch_is_scored_on_images_with_as_many_levels():
    """The test images are counted with the levels of the training sketch."""
    data = from_arrays((IMAGES[:20], LABELS[:20]), (IMAGES[20:], LABELS[20:]))
    reference = study_pixels(data, levels=8)
    computed = study_pixels(data.train.sketch(levels=8), test=data)
    assert [pair.to_dict() for pair in computed.pairs] == [pair.to_dict() for pair in reference.pairs]


def test_a_pair_without_one_of_its_classes_is_not_scored():
    """With test images of one class only, always answering that class would look perfect."""
    data = from_arrays((IMAGES, LABELS), (IMAGES[:10], [0] * 10))
    study = study_pixels(data)
    assert np.isnan(study.pairs[0].test_accuracy)
    assert study.summary()["mean_test_accuracy"] is None
    assert any("no held-out image of class 1" in note for note in study.notes)


@pytest.mark.parametrize("options", [{}, {"size": (4, 5)}, {"color": False}, {"size": (4, 5), "color": False}])
def test_files_and_arrays_are_shaped_alike(tmp_path, options):
    """The same images as PNG files and as an array give the same sketch, whatever is asked of size and colour."""
    files = load(write_pictures(tmp_path / "pictures", {}), **options)
    by_class = np.argsort(LABELS, kind="stable")
    np.savez(tmp_path / "arrays.npz", x_train=IMAGES[by_class], y_train=np.array(["a", "b"])[LABELS[by_class]])
    assert load(tmp_path / "arrays.npz", **options).train.sketch() == files.train.sketch()


def test_writing_in_threads_leaves_the_umask_alone(tmp_path):
    """Files written at once by several threads do not open later files to everybody."""

    def write(number: int) -> None:
        for turn in range(50):
            with write_whole(tmp_path / f"{number}-{turn}") as temporary:
                temporary.write_text("whole")

    before = (tmp_path / "before").open("w").close() or (tmp_path / "before").stat().st_mode
    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {path.stat().st_mode for path in tmp_path.iterdir()} == {before}
