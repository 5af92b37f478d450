"""Rungs on full MNIST and Fashion-MNIST: at least what they are known to reach."""

from __future__ import annotations

import pytest

from tooeasy.ladder import ClimbOptions, Perturbation, climb

pytestmark = pytest.mark.data


@pytest.mark.parametrize(("name", "knn", "forest"), [("mnist", 0.968, 0.968), ("fashion-mnist", 0.85, 0.87)])
def test_neighbours_and_forests_on_all_images(full_data, name, knn, forest):
    """Without a budget: as good as the published baselines of their kind."""
    ladder = climb(full_data(name), only=["knn", "forest"], options=ClimbOptions(budget=None, cache=False))
    assert ladder.rung("knn").images == ladder.rung("forest").images == 60_000
    assert ladder.rung("knn").test_accuracy >= knn
    assert ladder.rung("forest").test_accuracy >= forest


def test_the_cnn_within_its_share(full_data):
    """With a budget of 40 seconds, as the cost model counts them, on a sample of MNIST."""
    pytest.importorskip("torch", reason="the rung cnn: pip install torch")
    rung = climb(full_data("mnist"), only=["cnn"], options=ClimbOptions(budget=40, cache=False)).rung("cnn")
    assert rung.images < rung.of
    assert rung.test_accuracy >= 0.990


def test_shifting_takes_more_from_templates_than_from_neighbours(full_data):
    """MNIST shifted by up to four pixels: the mean template loses most of what it had."""
    only, options = ["one-pixel", "mean-template", "knn"], ClimbOptions(budget=5, cache=False)
    plain = climb(full_data("mnist"), only=only, options=options)
    moved = climb(full_data("mnist"), only=only, options=options, perturbation=Perturbation(jitter=4))
    lost = {name: plain.rung(name).test_accuracy - moved.rung(name).test_accuracy for name in only}
    assert lost["mean-template"] > 0.25
    assert lost["mean-template"] > lost["knn"]
