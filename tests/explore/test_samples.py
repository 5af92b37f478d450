"""Images that are picked by chance."""

from __future__ import annotations

import numpy as np
import pytest

import tooeasy
from tooeasy import NotAtHandError, OptionError, pick_samples


def test_images_stand_beside_their_labels_and_rows(make_data):
    """Each picked image is the one of its row, and has that one's label."""
    data, (images, labels) = make_data()
    found = pick_samples(data, per_class=4)
    np.testing.assert_array_equal(found.images, images[found.rows])
    np.testing.assert_array_equal(found.labels, labels[found.rows])
    assert len(set(found.rows.tolist())) == len(found.rows)


def test_so_many_of_each_class(make_data):
    """Of each class there are as many as wanted, or all it has, class by class."""
    data, (_, labels) = make_data()
    found = pick_samples(data, per_class=15)
    expected = [min(15, int((labels == label).sum())) for label in range(3)]
    assert np.bincount(found.labels).tolist() == expected
    assert found.labels.tolist() == sorted(found.labels.tolist())
    assert found.columns == max(expected)
    rows, columns = np.divmod(found.places, found.columns)
    assert rows.tolist() == found.labels.tolist()
    assert [columns[rows == row].tolist() for row in range(3)] == [list(range(n)) for n in expected]


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (4, 2), (5, 3), (49, 7)])
def test_a_random_square(make_data, n, columns):
    """So many different images of all, in a square."""
    data, (images, _) = make_data()
    found = pick_samples(data, random=n)
    assert (len(found.images), found.columns, found.per_class) == (n, columns, None)
    np.testing.assert_array_equal(found.images, images[found.rows])
    assert found.places.tolist() == list(range(n))


def test_more_than_there_are(make_data):
    """Where more are wanted than there are, all are shown once."""
    data, _ = make_data(n=20)
    assert sorted(pick_samples(data, random=1000).rows.tolist()) == list(range(20))


@pytest.mark.parametrize("options", [{"per_class": 3}, {"random": 9}])
def test_the_seed_decides(make_data, options):
    """The same seed picks the same images, another one others."""
    data, _ = make_data()
    one, two, other = (pick_samples(data, **options, seed=seed) for seed in (7, 7, 8))
    assert one.rows.tolist() == two.rows.tolist()
    assert one.rows.tolist() != other.rows.tolist()


def test_of_many_classes_some_are_picked(make_data):
    """Of more than thirty classes, thirty are picked, and that is said."""
    data, _ = make_data(n=300, classes=100)
    found = pick_samples(data, per_class=2)
    assert len(found.members) == 30
    assert list(found.members) == sorted(set(found.members))
    assert set(found.labels.tolist()) == set(found.members)
    assert found.notes == ("30 of 100 classes are shown, picked with seed 0",)


def test_test_images_stand_in_for_training_images(empty_machine):
    """Where only the test images are here, they are shown, and that is said."""
    found = pick_samples("mnist", per_class=2)
    assert found.origin == "mnist test"
    assert "the images are not here" in found.notes[0]
    test = tooeasy.load("mnist").test
    np.testing.assert_array_equal(found.images, test.images()[found.rows])
    np.testing.assert_array_equal(found.labels, test.labels[found.rows])


def test_sketches_have_no_images(make_data):
    """A sketch alone cannot be looked at so."""
    data, _ = make_data()
    with pytest.raises(NotAtHandError, match="without images"):
        pick_samples(data.train.sketch())


@pytest.mark.parametrize("options", [{"per_class": 5}, {"per_class": 100}, {"random": 10}, {"random": 100}])
def test_broken_images_are_left_out_with_their_labels(broken_folder, options):
    """Broken images are replaced by others while there are any, and no label moves to another image."""
    folder, whole = broken_folder
    found = pick_samples(folder, **options)
    assert len(found.images) == (10 if 100 not in options.values() else 16)
    assert [found.classes[label] for label in found.labels] == [whole[image.tobytes()] for image in found.images]
    train = tooeasy.load(folder).train
    for row, image in zip(found.rows, found.images, strict=True):
        np.testing.assert_array_equal(next(train.part(np.array([row])).batches()).images[0], image)
    assert any("broken" in note for note in found.notes)


@pytest.mark.parametrize(
    "options", [{"per_class": 0}, {"random": 0}, {"random": -1}, {"per_class": 1.5}, {"seed": -1}, {"per_class": "3"}]
)
def test_numbers_out_of_range_are_refused(make_data, options):
    """A number of images is at least one, a seed at least zero, and both are whole."""
    with pytest.raises(OptionError, match="whole number of at least"):
        pick_samples(make_data()[0], **options)


def test_two_ways_at_once_are_refused(make_data):
    """Images are picked by class or from all, not both."""
    with pytest.raises(OptionError, match="give one of the two"):
        pick_samples(make_data()[0], per_class=1, random=1)


def test_json_says_which_images(make_data):
    """The plain values name each image by its row and label, and have no array in them."""
    import json

    found = pick_samples(make_data()[0], per_class=2)
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert [image["row"] for image in plain["images"]] == found.rows.tolist()
    assert [image["label"] for image in plain["images"]] == found.labels.tolist()
    assert plain["image_shape"] == [3, 4, 1]
