"""Where nothing tells the class, nothing is said to: real images with labels dealt out at random."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tests.giveaways import planting

from tooeasy import Dataset, from_arrays
from tooeasy.giveaways import AuditOptions, audit

MIXES = {"balanced": (1, 1), "75 to 25": (3, 1), "95 to 5": (19, 1), "ten classes": (1,) * 10}
MOST = 0.03  # of the audits, with a warning; 1 % is promised, and more than 3 % of 200 are less likely than 1 in 200


def sizes(mix: tuple[int, ...], n: int) -> list[int]:
    """Images of each class."""
    return [n * part // sum(mix) for part in mix]


def worst(data: Dataset, seed: int) -> str:
    """The gravest claim that something predicts the class: a warning, an error, or none."""
    severities = {one.severity for one in planting.claims(audit(data, options=AuditOptions(seed=seed)).findings)}
    return "error" if "error" in severities else "warning" if severities else "none"


def alarms(mix: tuple[int, ...], n: int, audits: int) -> Counter[str]:
    """How many audits have a warning, and how many an error, each of other images and labels."""
    images = planting.digits()[0]
    return Counter(
        worst(from_arrays(planting.dealt(images, sizes(mix, n), 10_000 + seed)), seed) for seed in range(audits)
    )


@pytest.mark.parametrize("mix", MIXES)
def test_shuffled_labels_raise_no_alarm(mix):
    """Ten shuffles of 1,000 digits each: at most one with a warning, none with an error."""
    found = alarms(MIXES[mix], 1000, 10)
    assert found["warning"] <= 1
    assert found["error"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mix", "audits"), [("balanced", 200), ("75 to 25", 200), ("95 to 5", 200), ("ten classes", 60)]
)
def test_few_of_many_shuffles_raise_an_alarm(mix, audits):
    """Of many shuffles of 1,000 digits, next to none has a warning, and none an error."""
    found = alarms(MIXES[mix], 1_000, audits)
    assert found["warning"] <= MOST * audits
    assert found["error"] == 0


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 10])
def test_shuffled_photographs_raise_no_alarm(full_data, classes):
    """Photographs of all sizes with their files' properties and names, 12 shuffles: hardly a warning."""
    data = planting.photographs(full_data("clothing"))
    found: Counter[str] = Counter()
    for seed in range(12):
        labels = np.random.default_rng(20_000 + seed).permutation(np.arange(len(data.train)) % classes)
        found[worst(planting.relabelled(data, labels, classes), seed)] += 1
    assert found["warning"] <= 1
    assert found["error"] == 0
