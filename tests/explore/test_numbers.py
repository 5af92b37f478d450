"""Grey levels, class counts and distances from the mean, against loops over the images."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tooeasy
from tooeasy import NotAtHandError, OptionError, count_classes, count_levels, find_atypical


@pytest.mark.parametrize(("shape", "levels"), [((3, 4, 1), 256), ((2, 3, 3), 17), ((2, 2, 4), 5)])
def test_levels_are_counted(make_data, shape, levels):
    """The counts are those of a loop over all pixels, by class and channel."""
    data, (images, labels) = make_data(shape=shape, levels=levels, n=20)
    expected = np.zeros((3, shape[2], levels), int)
    for image, label in zip(images, labels, strict=True):
        for row in image:
            for pixel in row:
                for channel, level in enumerate(pixel):
                    expected[label, channel, level] += 1
    found = count_levels(data)
    np.testing.assert_array_equal(found.counts, expected)
    assert found.levels == levels
    assert found.overall.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.by_class.sum(axis=1), 1)


@pytest.mark.parametrize(("shape", "levels"), [((3, 4, 1), 256), ((2, 3, 3), 17)])
def test_brightness_is_that_of_the_pixels(make_data, shape, levels):
    """Mean and standard deviation, of a class and of a channel, are NumPy's of all their pixels."""
    data, (images, labels) = make_data(shape=shape, levels=levels)
    scaled = images / (levels - 1)
    found = count_levels(data)
    classes = [scaled[labels == label] for label in range(3)]
    np.testing.assert_allclose(found.brightness, [[c.mean() for c in classes], [c.std() for c in classes]])
    np.testing.assert_allclose(found.of_channels, [scaled.mean(axis=(0, 1, 2)), scaled.std(axis=(0, 1, 2))])
    assert found.extremes(2).tolist() == [found.brightness[0].argmax(), found.brightness[0].argmin()]


def test_classes_are_counted(make_data):
    """Images of each class of both splits, the imbalance, and the effective number of classes."""
    data, (_, labels) = make_data(test=True)
    found = count_classes(data)
    n = [sum(1 for label in labels if label == member) for member in range(3)]
    assert found.train.tolist() == n
    assert found.test.tolist() == np.bincount(data.test.labels).tolist()
    assert found.imbalance == max(n) / min(n)
    shares = [count / sum(n) for count in n]
    assert found.effective_classes == pytest.approx(np.exp(-sum(share * np.log(share) for share in shares)))


def test_equal_classes_are_balanced():
    """Classes of one size have an imbalance of one, and count as many as they are."""
    found = count_classes((np.zeros((8, 2, 2), np.uint8), [0, 1, 2, 3] * 2))
    assert (found.imbalance, found.test) == (1, None)
    assert found.effective_classes == pytest.approx(4)


@pytest.mark.parametrize(("shape", "levels"), [((3, 4, 1), 256), ((2, 3, 3), 17)])
def test_distances_are_euclidean(make_data, shape, levels):
    """Each distance is that of the image from the mean of its class, and the farthest come first."""
    data, (images, labels) = make_data(shape=shape, levels=levels)
    found = find_atypical(data, per_class=4)
    scaled = images / (levels - 1)
    means = [scaled[labels == label].mean(axis=0) for label in range(3)]
    expected = [np.sqrt(((image - means[label]) ** 2).sum()) for image, label in zip(scaled, labels, strict=True)]
    np.testing.assert_allclose(found.distances, expected)
    np.testing.assert_allclose(found.rms, np.array(expected) / np.sqrt(np.prod(shape)))
    for label in range(3):
        at = found.chosen[found.farthest(label)]
        own = sorted((d for d, own in zip(expected, labels, strict=True) if own == label), reverse=True)
        np.testing.assert_allclose(found.distances[at], own[:4])
        assert set(found.labels[at]) == {label}
        np.testing.assert_allclose(
            found.quantiles[label], np.quantile(found.rms[labels == label], [0.05, 0.25, 0.5, 0.75, 0.95])
        )
    np.testing.assert_array_equal(found.images, images[found.rows[found.chosen]])


def test_the_order_of_images_does_not_matter(make_data):
    """Shuffled images have the same distances, and the same images are farthest."""
    _, (images, labels) = make_data()
    order = np.random.default_rng(3).permutation(len(labels))
    one = find_atypical((images, labels), per_class=3)
    other = find_atypical((images[order], labels[order]), per_class=3)
    np.testing.assert_allclose(other.distances, one.distances[order])
    np.testing.assert_array_equal(other.images, one.images)


def test_equal_distances_keep_the_order_of_rows():
    """Of images equally far away, the first are taken."""
    images = np.repeat(np.array([0, 200], np.uint8), 4)[:, None, None]
    found = find_atypical((images, [0, 1] * 4), per_class=2)
    assert found.rows[found.chosen].tolist() == [0, 2, 1, 3]


def test_broken_images_have_no_distance(broken_folder):
    """Broken images are left out, and every distance stays with its image, row and label."""
    folder, whole = broken_folder
    found = find_atypical(folder, per_class=100)
    assert len(found.distances) == len(found.images) == 16
    assert {found.classes[label] for label in found.labels} == {"dark", "light"}
    labels = found.labels[found.chosen]
    assert [found.classes[label] for label in labels] == [whole[image.tobytes()] for image in found.images]
    for label, name in enumerate(found.classes):
        own = np.array([np.frombuffer(data, np.uint8) / 255 for data, of in whole.items() if of == name])
        expected = np.sqrt(((own - own.mean(axis=0)) ** 2).sum(axis=1))
        np.testing.assert_allclose(np.sort(found.distances[found.labels == label]), np.sort(expected))
    train = tooeasy.load(folder).train
    for at, image in zip(found.chosen, found.images, strict=True):
        np.testing.assert_array_equal(next(train.part(found.rows[[at]]).batches()).images[0], image)
    assert any("8 broken images" in note for note in found.notes)


def test_a_class_without_images_has_no_distances(make_data):
    """Where the test images stand in and a class has none of them, it has no distance, and JSON says null."""
    data, (images, labels) = make_data()
    test = tooeasy.from_arrays((images[labels < 2], labels[labels < 2]), classes=["c0", "c1"]).train
    part = data.train.part(np.flatnonzero(labels < 2))
    sketched = tooeasy.Dataset("made up", tooeasy.load(data.train.sketch()).train, part)
    found = find_atypical(sketched, per_class=2)
    assert len(test) == len(found.distances)
    assert np.isnan(found.quantiles[2]).all()
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["by_class"][2] == {"label": 2, "images": 0, "rms_quantiles": None, "farthest": []}


def test_a_sketch_has_no_distances(make_data):
    """A sketch alone has no images to measure."""
    with pytest.raises(NotAtHandError):
        find_atypical(make_data()[0].train.sketch())


def test_a_number_out_of_range_is_refused(make_data):
    """At least one image of each class is looked for."""
    with pytest.raises(OptionError, match="per_class is a whole number of at least 1; found 0"):
        find_atypical(make_data()[0], per_class=0)


@pytest.mark.parametrize("look", [count_levels, count_classes, find_atypical])
def test_plain_values_are_json(make_data, look):
    """The plain values can be written as JSON, with the dataset's name and classes."""
    plain = json.loads(json.dumps(look(make_data(test=True)[0]).to_dict(), allow_nan=False))
    assert plain["dataset"] == "made up"
    assert plain["classes"] == ["c0", "c1", "c2"]


def test_figures_are_one_call_away(make_data):
    """Every result draws itself, and says in a line what it is."""
    from matplotlib import pyplot as plt

    plt.switch_backend("Agg")
    data, _ = make_data()
    looks = (
        tooeasy.pick_samples,
        tooeasy.mean_images,
        tooeasy.compare_means,
        count_levels,
        find_atypical,
        count_classes,
    )
    for look in looks:
        result = look(data)
        assert "made up" in result.plot().get_title()
        assert repr(result).startswith(type(result).__name__)
    plt.close("all")
