"""Copies are found wherever they are, others are not; and what follows from them is told."""

from __future__ import annotations

import io
import json
import math
from collections import Counter

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from samples import random_images

from tooeasy import NotAtHandError, from_arrays, load
from tooeasy.giveaways import MEASURES
from tooeasy.giveaways import alike as alike_module
from tooeasy.giveaways.alike import MOST_DIFFERENCE, MOST_DIFFERENCE_SHIFTED
from tooeasy.giveaways.copies import EXACT, NEAR, Copies
from tooeasy.giveaways.duplicate_findings import duplicate_findings
from tooeasy.giveaways.duplicates import find_duplicates
from tooeasy.giveaways.hashes import LEAST_SIDE
from tooeasy.giveaways.kernels import compare_pairs


@pytest.fixture(scope="module")
def mnist():
    """2000 training and 1000 test images, all of MNIST's test split, and their labels."""
    test = load("mnist").test.part(slice(0, 3000))
    return test.images(), test.labels


def dataset(train, test=None):
    """A dataset of (images, labels) pairs."""
    return from_arrays(train, test=test)


def jpeg(image):
    """Written as JPEG of quality 75 and read again."""
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file)).reshape(image.shape)


PLANTS = {
    "exact": lambda image: image,
    "jpeg": jpeg,
    "shifted": lambda image: np.roll(image, (1, -1), (0, 1)),
    "mirrored": lambda image: image[:, ::-1],
    "rotated 270": lambda image: np.rot90(image, 3),
}


def planted(mnist, share, change):
    """A dataset into whose training split a share of the test images is copied; and the rows of both."""
    images, labels = (part.copy() for part in mnist)
    random = np.random.default_rng(0)
    n = round(share * 1000)
    into, of = random.choice(2000, n, replace=False), random.choice(1000, n, replace=False)
    for train_row, test_row in zip(into, of, strict=True):
        images[train_row] = change(images[2000 + test_row])
        labels[train_row] = labels[2000 + test_row]
    return dataset((images[:2000], labels[:2000]), (images[2000:], labels[2000:])), set(zip(into, of, strict=True))


@pytest.mark.parametrize("share", [0.01, 0.1])
@pytest.mark.parametrize("name", PLANTS)
def test_planted_copies_are_found(mnist, name, share):
    """All copies of test images in training are found, by what was done to them, and few others."""
    data, pairs = planted(mnist, share, PLANTS[name])
    found = find_duplicates(data, symmetries=name in ("mirrored", "rotated 270"))
    across = found.where() == "across"
    assert pairs <= set(map(tuple, found.rows[across].tolist()))
    assert len(found) <= len(pairs) + 2
    of = {row for _, row in pairs}
    assert (found.leaked[sorted(of)] == (EXACT if name == "exact" else NEAR)).all()
    kinds = Counter(zip(found.kind[across].tolist(), found.transform[across].tolist(), strict=True))
    transform = {"exact": "", "jpeg": "", "rotated 270": "rotated 90"}.get(name, name)
    assert kinds["exact" if name == "exact" else "near", transform] >= 0.95 * len(pairs)


def test_windows_of_one_scene_are_found():
    """Crops of larger images, moved by a pixel in any direction, are near copies, though new pixels came in."""
    scenes = load("fashion-mnist").test.images()[:400]
    random = np.random.default_rng(0)
    moves = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
    images = np.concatenate([scenes[:, 2:26, 2:26], scenes[:80, 2:26, 2:26]])
    for row, scene in enumerate(scenes[:80]):
        y, x = moves[random.integers(len(moves))]
        images[400 + row] = scene[2 + y : 26 + y, 2 + x : 26 + x]
    found = find_duplicates(dataset((images, np.arange(480) % 10)))
    assert {(row, 400 + row) for row in range(80)} <= set(map(tuple, found.rows.tolist()))
    assert len(found) <= 82


def test_symmetries_are_looked_for_only_if_wanted(mnist):
    """Mirrored copies are no near copies unless asked for; near copies, no exact ones."""
    data, pairs = planted(mnist, 0.05, PLANTS["mirrored"])
    assert len(find_duplicates(data)) <= 2
    assert len(find_duplicates(data, symmetries=True)) >= len(pairs)
    exact, pairs = planted(mnist, 0.05, jpeg)
    assert len(find_duplicates(exact, near=False)) == 0


def test_what_a_memory_is_worth(mnist):
    """Remembering a tenth of the test images is right on these, and on those of the most frequent class."""
    data, pairs = planted(mnist, 0.1, jpeg)
    found = find_duplicates(data)
    usual = np.bincount(data.train.labels).argmax()
    leaked = np.zeros(1000, bool)
    leaked[[row for _, row in pairs]] = True
    assert np.array_equal(found.leaked > 0, leaked)
    assert found.memoriser_leaked == 1
    assert found.majority == (data.test.labels == usual).mean()
    assert found.memoriser == (leaked | (data.test.labels == usual)).mean()


@given(st.integers(0, 1000), st.sampled_from([(8, 8, 1), (9, 7, 1), (8, 10, 3), (3, 4, 1)]), st.integers(1, 60))
def test_pixels_are_compared_as_the_oracle_does(seed, shape, noise):
    """Best correlation over shifts, of images with noise, moved or not."""
    random = np.random.default_rng(seed)
    first = random.integers(0, 256, shape, dtype=np.uint8)
    moved = np.roll(first, random.integers(-1, 2, 2), (0, 1)).astype(int)
    second = np.clip(moved + random.integers(-noise, noise + 1, shape), 0, 255).astype(np.uint8)
    limits = (MOST_DIFFERENCE * 255) ** 2, (MOST_DIFFERENCE_SHIFTED * 255) ** 2
    similarity, is_moved = np.zeros(1), np.zeros(1, np.bool_)
    reach = (int(shape[0] >= LEAST_SIDE), int(shape[1] >= LEAST_SIDE))
    compare_pairs(first[None], second[None], np.zeros((1, 2), np.int64), 0, 1, reach, *limits, similarity, is_moved)
    expected = naive.best_correlation(first.tolist(), second.tolist(), LEAST_SIDE, *limits)
    assert similarity[0] == pytest.approx(expected, abs=1e-9)


def naive_marks(split, labels, content, near):
    """Marks by comparing every image with every other: repeated, leaked, conflicting."""
    n = len(split)
    marks = np.zeros((3, n), int)
    for i in range(n):
        for j in range(n):
            same = EXACT if content[i] == content[j] else NEAR if {content[i], content[j]} in near else 0
            if i == j or not same:
                continue
            if split[i] == split[j] and j < i:
                marks[0, i] = max(marks[0, i], same)
            if split[i] == 1 and split[j] == 0:
                marks[1, i] = max(marks[1, i], same)
            if labels[i] != labels[j]:
                marks[2, i] = max(marks[2, i], same)
    return marks


@given(st.data())
def test_marks_are_those_of_every_image_with_every_other(data):
    """Repeated, leaked and conflicting images, with exact groups that are near one another."""
    n = data.draw(st.integers(1, 14))
    tests = data.draw(st.integers(0, n - 1))
    split = np.repeat([0, 1], [n - tests, tests]).astype(np.int64)
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)), np.intp)
    _, content = np.unique(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), return_inverse=True)
    k = content.max() + 1
    possible = [(i, j) for i in range(k) for j in range(i + 1, k)]
    chosen = data.draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    edges = np.array(chosen, np.int64).reshape(-1, 2)
    copies = Copies(split, labels, content.astype(np.int64), edges, np.linspace(0.98, 1, len(edges)))
    expected = naive_marks(split, labels, content, [set(edge) for edge in chosen])
    for marks, wanted in zip((copies.repeated(), copies.leaked(), copies.conflicting()), expected, strict=True):
        assert np.array_equal(marks, wanted)
    assert np.array_equal(copies.twins() >= 0, expected[1] > 0)


def made_up(seed, n=30):
    """Random images with exact, noisy, moved and blank ones among them, in both splits."""
    random = np.random.default_rng(seed)
    images, labels = random_images(seed, n=n, shape=(8, 9, 1))
    for _ in range(n // 2):
        to, of = random.integers(0, n, 2)
        changed = np.roll(images[of], random.integers(-1, 2), 1).astype(int) + random.integers(0, 4)
        images[to] = random.choice([0, 1, 2]) and np.clip(changed, 0, 255)
    return images, labels


def named_pairs(found, names):
    """Pairs of images by names that do not depend on their order."""
    at = {"train": 0, "test": 20}
    return {
        (frozenset(names[at[s] + row] for s, row in zip(splits, rows, strict=True)), kind)
        for splits, rows, kind in zip(found.splits.tolist(), found.rows.tolist(), found.kind.tolist(), strict=True)
    }


@pytest.mark.compiled
@settings(max_examples=20)
@given(st.integers(0, 500))
def test_the_order_of_the_images_does_not_matter(seed):
    """Shuffled within their splits, the same images have copies, leaks and conflicts are as many.

    Without exact copies, pairs are the same. How many images have a near copy before them depends on the order: of
    three of which two are near the third, one or two.
    """
    images, labels = made_up(seed)
    labels[[0, 1, 2, 20, 21, 22]] = [0, 1, 2, 0, 1, 2]
    random = np.random.default_rng(seed)
    order = np.concatenate([random.permutation(20), 20 + random.permutation(10)])
    before, after = (
        find_duplicates(dataset((images[o[:20]], labels[o[:20]]), (images[o[20:]], labels[o[20:]])))
        for o in (np.arange(30), order)
    )
    for name in ("leaks", "conflicts"):
        assert before.measures()[name] == after.measures()[name]
    images_before, images_after = (
        set().union(*(pair for pair, _ in named_pairs(found, names)))
        for found, names in ((before, np.arange(30)), (after, order))
    )
    assert images_before == images_after
    assert np.array_equal(before.leaked[order[20:] - 20], after.leaked)
    if not (before.kind == "exact").any():
        assert named_pairs(before, np.arange(30)) == named_pairs(after, order)


def test_images_of_one_colour_are_left_out():
    """However many there are, they are no duplicates, but counted."""
    images, labels = random_images(0, n=20, shape=(8, 8, 1))
    images[10:] = 200
    found = find_duplicates(dataset((images, labels)))
    assert (len(found), found.constant) == (0, 10)


def test_no_test_split(mnist):
    """Within train alone, nothing is said of leaks."""
    images, labels = mnist[0][:100].copy(), mnist[1][:100].copy()
    images[7] = images[3]
    found = find_duplicates(dataset((images, labels)))
    assert found.rows.tolist() == [[3, 7]]
    assert found.measures() == {"duplicates": 1.0, "conflicts": 2.0 * (labels[3] != labels[7])}
    assert math.isnan(found.memoriser)
    assert (found.leaked.shape, found.n_test) == ((0,), 0)


def test_groups_are_connected(mnist):
    """Copies of copies are of one group; other pairs of others."""
    images, labels = mnist[0][:60].copy(), mnist[1][:60].copy()
    images[5] = images[6] = images[1]
    images[9] = jpeg(images[1])
    images[30] = images[20]
    found = find_duplicates(dataset((images, labels)))
    assert found.groups == 2
    by_group = {number: set(found.rows[found.group == number].ravel().tolist()) for number in range(2)}
    assert sorted(by_group.values(), key=len) == [{20, 30}, {1, 5, 6, 9}]


def test_few_images_are_held_at_once(mnist, monkeypatch):
    """With room for a few images, pairs are compared block by block, and the same are found."""
    data, _ = planted(mnist, 0.1, jpeg)
    reference = find_duplicates(data).to_frame()
    monkeypatch.setattr(alike_module, "BLOCK_BYTES", 2 * 50 * 28 * 28)
    assert find_duplicates(data, threads=2).to_frame().equals(reference)


def test_where_more_pairs_are_near_than_wanted(mnist):
    """A note says that there may be more."""
    data, _ = planted(mnist, 0.01, jpeg)
    found = find_duplicates(data, most=10)
    assert "more than 10 pairs" in found.notes[0]


def test_without_images():
    """A sketch is not enough, and it is said."""
    with pytest.raises(NotAtHandError):
        find_duplicates(load(load("digits").train.sketch()))


@pytest.mark.compiled
def test_plain_values(mnist):
    """`to_dict` is JSON without NaN, `to_frame` has a row a pair, measures have known names."""
    data, pairs = planted(mnist, 0.01, PLANTS["exact"])
    found = find_duplicates(data)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["images"]["leaked"] == {"exact": len(pairs), "near": 0}
    assert told["pairs"]["exact"]["across"] == len(pairs) == found.pairs("exact", "across")
    assert len(told["first_pairs"]) == len(found.to_frame()) == len(found)
    assert set(found.measures()) <= set(MEASURES)
    json.dumps(find_duplicates(load("digits")).to_dict(), allow_nan=False)


# Findings


def findings_of(data, **options):
    """Findings by their identifiers."""
    return {finding.id: finding for finding in duplicate_findings(data, find_duplicates(data, **options))}


@pytest.mark.compiled
def test_findings_of_planted_copies(mnist):
    """Leaks are named with their rows, shown in pairs, and grave from one in a hundred."""
    for share, severity in ((0.005, "warning"), (0.02, "error")):
        data, pairs = planted(mnist, share, PLANTS["exact"])
        found = findings_of(data)["leaked-images/exact-copies"]
        assert found.severity == severity
        assert found.evidence["fraction"] == pytest.approx(share)
        assert sorted(image.row for image in found.images) == sorted(row for _, row in pairs)
        assert found.images[0].split == "test"
        assert len(found.exhibit.images) == len(found.exhibit.captions) == 8
        first = found.exhibit.images
        assert np.array_equal(first[::2], first[1::2])
        assert found.exhibit.captions[0].startswith("train ")
        assert found.exhibit.captions[1].startswith("test ")
    near, _ = planted(mnist, 0.005, jpeg)
    assert findings_of(near)["leaked-images/near-copies"].severity == "note"


def test_findings_within_splits(mnist):
    """Repeats are of a split, and conflicts are found with their labels in the captions."""
    images, labels = mnist[0][:600].copy(), mnist[1][:600].copy()
    images[1:11] = images[100:110]
    labels[1:11] = (labels[100:110] + 1) % 10
    images[301] = jpeg(images[300])
    labels[301] = labels[300]
    data = dataset((images[:400], labels[:400]), (images[400:], labels[400:]))
    found = findings_of(data)
    assert set(found) == {"duplicates/train", "conflicting-labels/exact-copies"}
    assert found["duplicates/train"].evidence["exact"] == 10
    assert found["duplicates/train"].evidence["near"] == 1
    assert found["duplicates/train"].severity == "warning"
    assert found["conflicting-labels/exact-copies"].severity == "error"
    one, other = found["conflicting-labels/exact-copies"].exhibit.captions[:2]
    assert one.split("label ")[1] != other.split("label ")[1]


def test_findings_name_files(tmp_path):
    """Images of a folder are named by their files; broken ones are left out."""
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.fromarray(random.integers(0, 256, (12, 12), dtype=np.uint8)).save(tmp_path / name / f"{number}.png")
    (tmp_path / "b" / "9.png").write_bytes((tmp_path / "a" / "2.png").read_bytes())
    (tmp_path / "a" / "3.png").write_bytes((tmp_path / "a" / "3.png").read_bytes()[:60])
    data = load(tmp_path)
    found = findings_of(data)
    assert set(found) == {"duplicates/train", "conflicting-labels/exact-copies"}
    assert [image.file for image in found["duplicates/train"].images] == ["b/9.png"]
    assert [image.file for image in found["conflicting-labels/exact-copies"].images] == ["a/2.png", "b/9.png"]
    assert data.train.name(0) == "a/0.png"
    assert data.train.part(np.array([5])).name(0) == "b/1.png"


@pytest.mark.compiled
def test_nothing_is_found_in_digits():
    """The digits that come with the package have no exact copies."""
    data = load("digits")
    assert "conflicting-labels/exact-copies" not in findings_of(data)
    assert data.train.name(0) is None


# Real data


@pytest.mark.data
@pytest.mark.parametrize(("name", "near", "leaked"), [("mnist", 39, 6), ("fashion-mnist", 83, 14)])
def test_full_datasets(full_data, name, near, leaked):
    """MNIST and Fashion-MNIST have no exact copies, as NumPy says too; near ones are few, none with another label."""
    data = load(full_data(name))
    both = np.concatenate([data.train.images(), data.test.images()]).reshape(70_000, -1)
    assert len(set(map(bytes, both))) == 70_000
    found = find_duplicates(data)
    assert (found.kind == "near").all()
    assert abs(len(found) - near) <= 2
    assert abs(np.count_nonzero(found.leaked) - leaked) <= 2
    assert found.measures()["conflicts"] == 0
    if name == "mnist":
        assert (found.labels == 1).all()


def test_any_source_is_taken():
    """A name, as wherever a dataset is wanted."""
    assert find_duplicates("digits", near=False).n_train == 1797
