"""Usable information: known values and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tooeasy.ladder import usable_bits
from tooeasy.ladder.information import MIXED, entropy_bits


def test_the_null_model_knows_nothing():
    """Probabilities that are the priors tell zero bits."""
    priors = np.array([0.5, 0.3, 0.2])
    labels = np.repeat([0, 1, 2], [5, 3, 2])
    assert usable_bits(np.tile(priors, (10, 1)), labels, priors) == pytest.approx(0, abs=1e-12)


@given(st.lists(st.integers(1, 50), min_size=2, max_size=6))
def test_certainty_knows_the_entropy_but_for_what_is_mixed_in(sizes):
    """A rung that is always sure and right knows H(Y), less the one per cent of the null model."""
    priors = np.array(sizes) / sum(sizes)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    found = usable_bits(np.eye(len(sizes))[labels], labels, priors)
    assert found <= entropy_bits(priors) + 1e-12
    assert found >= entropy_bits(priors) + np.log2(1 - MIXED) - 1e-12


def test_by_hand():
    """Two images of two equal classes, each given 3/4: the cross-entropy is -log2 of the mixture."""
    probabilities = np.array([[0.75, 0.25], [0.25, 0.75]])
    expected = 1 + np.log2(0.99 * 0.75 + 0.01 * 0.5)
    assert usable_bits(probabilities, np.array([0, 1]), np.array([0.5, 0.5])) == pytest.approx(expected)


def test_a_mistake_costs_a_bounded_number_of_bits():
    """Being sure and wrong costs at most log2 of a hundred."""
    wrong = np.array([[0.0, 1.0]])
    found = usable_bits(wrong, np.array([0]), np.array([0.5, 0.5]))
    assert found == pytest.approx(-np.log2(1 / MIXED))


def test_entropy_is_scipys():
    """H(Y) of the priors, in bits."""
    from scipy.stats import entropy

    priors = np.array([0.1, 0.2, 0.7])
    assert entropy_bits(priors) == pytest.approx(entropy(priors, base=2))
