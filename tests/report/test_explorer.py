"""What the page embeds is what the library says."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from samples import random_images

import tooeasy
from tooeasy.report.explorer import GROUPS, RULES, explorer
from tooeasy.report.matrix import matrix, pair_link


def unpacked(data: dict) -> dict[str, np.ndarray]:
    """The embedded arrays, read as explorer.js does."""
    content = zlib.decompress(base64.b64decode(data["payload"]))
    found = {}
    for name, start, size, width in data["arrays"]:
        planes = np.frombuffer(content, np.uint8, size * width, start).reshape(width, size).astype(np.int64)
        found[name] = sum(plane * 256**place for place, plane in enumerate(planes))
    return found


@pytest.fixture(scope="module")
def data():
    """Three classes of different sizes, two channels."""
    train, test = (random_images(seed, n=n, shape=(3, 4, 2), classes=3, levels=256) for seed, n in ((1, 90), (2, 60)))
    return tooeasy.from_arrays(train, test)


@pytest.mark.parametrize("rule", RULES)
def test_every_number_is_the_studys(data, rule):
    """Images right in both splits, information, and where the rule changes its answer: at each pixel of each pair."""
    study = tooeasy.study_pixels(data, rule=rule)
    one = explorer(study)
    arrays, shape = unpacked(one.data), (len(one.pairs), *study.shape)
    for index, (a, b) in enumerate(one.data["pairs"]):
        assert one.data["best"][rule][index] == np.ravel_multi_index(_position(study.pair(a, b)), study.shape)
        for pixel in np.ndindex(study.shape):
            score = study.score(a, b, pixel)
            right = {name: arrays[f"{rule}-{name}"].reshape(shape)[index][pixel] for name in ("train", "test")}
            assert right["train"] / study.train.images_per_class[[a, b]].sum() == pytest.approx(score.train_accuracy)
            assert right["test"] / study.test.images_per_class[[a, b]].sum() == pytest.approx(score.test_accuracy)
            bits = arrays["information"].reshape(shape)[index][pixel] / (2**24 - 1)
            assert bits == pytest.approx(score.mutual_information_bits, abs=1e-6)
            if rule != "lookup":
                cut = arrays[f"{rule}-cut"].reshape(shape)[index][pixel]
                first = arrays[f"{rule}-first"].reshape(shape)[index][pixel]
                answers = np.where(np.arange(256) < cut, first, 1 - first)
                assert (answers == score.rule.answers).all()


def _position(score):
    return score.row, score.column, score.channel


def test_levels_and_means_are_the_sketchs(data):
    """Fractions of each group of levels as square roots, and mean images, both in steps of 1/255."""
    study = tooeasy.study_pixels(data)
    arrays = unpacked(explorer(study).data)
    fractions = study.train.counts.reshape(3, 24, GROUPS, -1).sum(axis=3)
    fractions = fractions / study.train.images_per_class[:, np.newaxis, np.newaxis]
    np.testing.assert_allclose(arrays["levels"].reshape(3, 24, GROUPS) / 255, np.sqrt(fractions), atol=0.002)
    means = study.train.sums / study.train.images_per_class[:, np.newaxis] / 255
    np.testing.assert_allclose(arrays["means"].reshape(3, 24) / 255, means, atol=0.002)


def test_without_held_out_images_there_are_no_test_numbers():
    """A sketch alone."""
    study = tooeasy.study_pixels(tooeasy.load("digits").train.sketch())
    one = explorer(study)
    assert one.scored_on == "train"
    assert one.data["test"] is None
    assert not any(name.endswith("-test") for name, *_ in one.data["arrays"])


def test_of_too_many_pairs_the_ends_are_kept():
    """Half of the hardest, half of the easiest, the hardest first; and it is said."""
    study = tooeasy.study_pixels("digits")
    pairs = study.hardest_and_easiest(11)
    ordered = np.sort(study.accuracies)
    assert [pair.accuracy for pair in pairs] == pytest.approx([*ordered[:6], *ordered[-5:]])
    one = explorer(study, most_cells=64 * 11)
    assert one.remark == "11 of 45 pairs are in this page: the 6 hardest and the 5 easiest."
    assert explorer(study).remark == ""


def test_pairs_that_are_not_scored_are_neither_hard_nor_easy():
    """A class without held-out images: its pairs are embedded only where all are, and are in no list."""
    images, labels = random_images(3, n=300, shape=(3, 4, 1), classes=30, levels=256)
    test = labels != 7
    study = tooeasy.study_pixels(tooeasy.from_arrays((images, labels), (images[test][:200], labels[test][:200])))
    unscored = np.isnan(study.accuracies)
    assert unscored.any()
    assert not any(np.isnan(pair.accuracy) for pair in study.hardest_and_easiest(40))
    assert len(study.hardest_and_easiest(40)) == 40
    found = matrix(study, ())
    assert not found.rows
    assert "–" not in {cell.accuracy for cell in (*found.hardest, *found.easiest)}  # noqa: RUF001


def test_cells_are_the_studys_accuracies_and_lead_to_embedded_pairs():
    """A matrix for few classes, without links to pairs that are not embedded."""
    study = tooeasy.study_pixels("digits")
    found = matrix(study, study.pairs[:1])
    assert [len(row) for row in found.rows] == list(range(1, 10))
    for b, row in enumerate(found.rows, start=1):
        for a, cell in enumerate(row):
            assert cell.accuracy == f"{100 * study.pair(a, b).accuracy:.1f}"
            assert cell.link == ("#pair=0-1" if (a, b) == (0, 1) else "")


def test_what_is_written_on_a_colour_can_be_read():
    """Contrast of at least 4.5 everywhere (WCAG, level AA)."""
    from tooeasy.report.explorer import viridis
    from tooeasy.report.matrix import _ink_on

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for colour in viridis(64):
        dark, light = sorted([luminance(colour), luminance(_ink_on(colour))])
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_names_are_escaped_in_links():
    """A hyphen stands between names, so that it is escaped within them; a dataset is named where there are several."""
    assert pair_link("a-b", "c&d=e", "x y") == "#set=x%20y&pair=a%2Db-c%26d%3De"


def test_mnist_is_small_enough():
    """45 pairs, 784 pixels, three rules: exact, and below 0.7 MB."""
    study = tooeasy.study_pixels("mnist")
    one = explorer(study)
    assert len(one.pairs) == 45
    assert len(one.data["payload"]) < 700_000
