"""Masks by hand, and that each region sees what is in it and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from tooeasy import from_arrays
from tooeasy.giveaways.regions import REGIONS, background, border, corners, probe_regions, probe_whole
from tooeasy.giveaways.sample import take_sample


def drawn(mask: np.ndarray) -> list[str]:
    return ["".join(".#"[int(one)] for one in row) for row in mask]


def test_masks_of_a_small_image():
    """Frame, corners and surroundings of 8x6 pixels."""
    assert drawn(border(6, 8)) == ["########", *["#......#"] * 4, "########"]
    assert drawn(corners(6, 8)) == ["#......#", *["........"] * 4, "#......#"]
    assert drawn(background(6, 8)) == ["########", "########", "##....##", "##....##", "########", "########"]


def test_masks_of_mnists_size():
    """Of 28x28: a frame of 2, corners of 5, and the middle 14 hidden."""
    assert border(28, 28).sum() == 28**2 - 24**2
    assert corners(28, 28).sum() == 4 * 5**2
    assert background(28, 28).sum() == 28**2 - 14**2


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (3, 2), (5, 1), (32, 7)])
def test_masks_of_any_size(size):
    """Some pixels are always left to look at, and masks are symmetric."""
    for where in REGIONS.values():
        mask = where(*size)
        assert mask.shape == size
        assert mask.any()
        assert (mask == mask[::-1]).all()
        assert (mask == mask[:, ::-1]).all()


@pytest.mark.parametrize(
    ("row", "column", "seen"),
    [(0, 0, set(REGIONS)), (0, 12, {"border-only", "background-only"}), (3, 12, {"background-only"}), (12, 12, set())],
)
def test_each_region_sees_what_is_in_it(row, column, seen):
    """A telling pixel in a corner, at the edge, inside, in the middle: regions with it score, the others guess."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (2, 400, 24, 24, 1)).astype(np.uint8), np.arange(400) % 2
    images[:, :, row, column, 0] = 255 * labels
    data = from_arrays((images[0], labels), (images[1], labels))
    both = take_sample(data.train, "train", 0), take_sample(data.test, "test", 0)
    skills = {one.probe.check: one.probe.skill for one in probe_regions(*both, 2, 0)}
    assert {check for check, skill in skills.items() if skill > 0.5} == seen
    assert all(abs(skill) < 0.25 for check, skill in skills.items() if check not in seen)
    assert probe_whole(*both, 2, 0).skill > 0.5
