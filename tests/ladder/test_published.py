"""Rungs on full MNIST and Fashion-MNIST: at least what they are known to reach."""

from __future__ import annotations

import pytest

from tooeasy.ladder import ClimbOptions, climb

pytestmark = pytest.mark.data


@pytest.mark.parametrize(("name", "knn", "forest"), [("mnist", 0.968, 0.968), ("fashion-mnist", 0.85, 0.87)])
def test_neighbours_and_forests_on_all_images(full_data, name, knn, forest):
    """Without a budget: as good as the published baselines of their kind."""
    ladder = climb(full_data(name), only=["knn", "forest"], options=ClimbOptions(budget=None, cache=False))
    assert ladder.rung("knn").images == ladder.rung("forest").images == 60_000
    assert ladder.rung("knn").test_accuracy >= knn
    assert ladder.rung("forest").test_accuracy >= forest


@pytest.mark.parametrize(("name", "least"), [("mnist", 0.990), ("fashion-mnist", 0.90)])
def test_the_cnn_within_a_minute(full_data, name, least):
    """With a budget of 60 seconds, as the cost model counts them."""
    pytest.importorskip("torch", reason="the rung cnn: pip install torch")
    ladder = climb(full_data(name), only=["cnn"], options=ClimbOptions(budget=60, cache=False))
    assert ladder.rung("cnn").test_accuracy >= least


def test_shifting_takes_the_templates_and_leaves_the_cnn(full_data):
    """MNIST shifted by up to four pixels: the mean template loses most of what it had; neighbours less."""
    from tooeasy.ladder import Perturbation

    only, options = ["one-pixel", "mean-template", "cnn"], ClimbOptions(budget=40, cache=False)
    pytest.importorskip("torch", reason="the rung cnn: pip install torch")
    data = full_data("mnist")
    plain = climb(data, only=only, options=options)
    moved = climb(data, only=only, options=options, perturbation=Perturbation(jitter=4))
    lost = {name: plain.rung(name).test_accuracy - moved.rung(name).test_accuracy for name in only}
    assert lost["mean-template"] > 0.25
    assert lost["cnn"] < 0.03
