"""Published figures, reproduced on full MNIST and Fashion-MNIST from what the package brings."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tooeasy import PixelStudy, study_pixels

pytestmark = pytest.mark.compiled
CSV = Path(__file__).parents[1] / "reference" / "hargreaves_mnist_one_pixel.csv"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, str]]:
    with CSV.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lookup() -> PixelStudy:
    return study_pixels("mnist", rule="lookup")


def test_all_45_cells_of_hargreaves_chart(lookup, cells):
    """Lookup rule on MNIST: each pair's best pixel is the published one, its training accuracy to 0.1 point."""
    assert len(cells) == len(lookup.pairs) == 45
    for cell in cells:
        pair = lookup.pair(cell["first_class"], cell["second_class"])
        position = (pair.row + 1, pair.column + 1, pair.channel)
        assert position == (int(cell["row_1based"]), int(cell["column_1based"]), 0), cell
        assert f"{100 * pair.train_accuracy:.1f}" == cell["train_accuracy_percent"], cell


def test_the_best_pixel_scores_the_same_on_images_counted_by_hand(lookup):
    """The held-out accuracy of 0 and 1 is what plain NumPy finds on the 2,115 test images of the two digits."""
    import tooeasy

    pair = lookup.pair("0", "1")
    test = tooeasy.load("mnist").test
    images, labels = test.images(), test.labels
    chosen = labels < 2
    answers = np.array(pair.rule.parameters["answers"])[images[chosen][:, pair.row, pair.column, pair.channel]]
    assert pair.test_accuracy == np.mean(answers == labels[chosen])
    low, high = pair.test_interval
    assert low < pair.test_accuracy < high
    assert (lookup.summary()["pairs"], chosen.sum()) == (45, 2115)


@pytest.mark.parametrize(
    ("dataset", "hardest", "worst", "easiest", "best", "at_least_90"),
    [
        ("mnist", ("3", "5"), "0.76", ("0", "1"), "0.99", {15}),
        # 33 as published; a rerun of the published code, whose solver stops early, gives 32.
        ("fashion-mnist", ("Coat", "Shirt"), "0.67", ("Trouser", "Sneaker"), "0.99", {32, 33}),
    ],
)
def test_the_figures_of_lucafrances_study(dataset, hardest, worst, easiest, best, at_least_90):
    """Logistic rule on normalised images: worst and best pair, and pairs at 0.90 as printed with two decimals."""
    study = study_pixels(dataset, rule="logistic", normalize="l2")
    names = study.classes
    assert tuple(names[label] for label in study.hardest.classes) == hardest
    assert tuple(names[label] for label in study.easiest.classes) == easiest
    assert f"{study.hardest.test_accuracy:.2f}" == worst
    assert f"{study.easiest.test_accuracy:.2f}" == best
    assert sum(round(pair.test_accuracy, 2) >= 0.90 for pair in study.pairs) in at_least_90
    assert (study.scored_on, study.held_out) == ("test", "test split")


def test_fashion_mnist_is_not_harder_for_one_pixel(lookup):
    """The question that the project grew out of, by the mean over pairs: Fashion-MNIST is the easier one."""
    fashion = study_pixels("fashion-mnist", rule="lookup")
    assert fashion.accuracies.mean() > lookup.accuracies.mean()
