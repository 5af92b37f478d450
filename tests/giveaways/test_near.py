"""The search for near hashes finds all pairs, as comparing each with each does."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tooeasy import OptionError
from tooeasy.giveaways import near
from tooeasy.giveaways.near import near_pairs

HASHES = st.lists(
    st.one_of(
        st.integers(0, 2**64 - 1),
        st.sampled_from([0, 2**64 - 1, 2**63, 1, 3, 0xFFFF, 0xFFFF0000]),
        st.lists(st.integers(0, 63), max_size=6).map(lambda bits: sum(1 << bit for bit in set(bits))),
    ),
    min_size=1,
    max_size=40,
)


def as_set(found):
    """Pairs as a set; none twice."""
    pairs = set(map(tuple, found.pairs.tolist()))
    assert len(pairs) == len(found.pairs)
    return pairs


@given(HASHES, st.integers(0, 15), st.sampled_from([1, 2]))
def test_all_pairs_are_found(hashes, distance, threads):
    """The same pairs as every hash with every later one, among random, equal, blank and near hashes."""
    found = near_pairs(np.array(hashes, np.uint64), distance, threads=threads)
    assert found.complete
    assert as_set(found) == naive.near_pairs(hashes, distance)


@given(HASHES, HASHES, st.integers(0, 9))
def test_all_pairs_of_two_lists_are_found(hashes, others, distance):
    """Of two lists, every one of the first with every one of the second."""
    found = near_pairs(np.array(hashes, np.uint64), distance, others=np.array(others, np.uint64))
    both = naive.near_pairs([*hashes, *others], distance)
    n = len(hashes)
    assert as_set(found) == {(i, j - n) for i, j in both if i < n <= j}


@given(HASHES, st.integers(0, 7), st.randoms(use_true_random=False))
def test_the_order_of_the_hashes_does_not_matter(hashes, distance, random):
    """Shuffled hashes have the same pairs."""
    order = list(range(len(hashes)))
    random.shuffle(order)
    shuffled = near_pairs(np.array(hashes, np.uint64)[order], distance)
    renamed = {tuple(sorted((order[i], order[j]))) for i, j in as_set(shuffled)}
    assert renamed == as_set(near_pairs(np.array(hashes, np.uint64), distance))


@pytest.mark.compiled
def test_threads_and_small_buffers_change_nothing(monkeypatch):
    """Parts of the work, and room for one pair at first, give the same pairs in the same order."""
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**10, 600, dtype=np.uint64)
    reference = near_pairs(hashes, 4, threads=1)
    monkeypatch.setattr(near, "_CHUNK", 7)
    monkeypatch.setattr(near, "_ROOM", 1)
    for threads in (1, 2, 5):
        assert np.array_equal(near_pairs(hashes, 4, threads=threads).pairs, reference.pairs)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("most", [1, 10, 500])
def test_no_more_pairs_than_wanted(most, threads):
    """Where there are more, as many as wanted are returned, it is said, and threads change nothing."""
    hashes = np.random.default_rng(1).integers(0, 2**8, 300, dtype=np.uint64)
    found = near_pairs(hashes, 3, most=most, threads=threads)
    assert not found.complete
    assert 0 < len(found.pairs) <= most
    assert as_set(found) <= naive.near_pairs(hashes.tolist(), 3)
    assert np.array_equal(found.pairs, near_pairs(hashes, 3, most=most, threads=1).pairs)


def test_many_equal_hashes_do_not_explode():
    """A million equal hashes have 5e11 pairs: those that are wanted are returned soon."""
    found = near_pairs(np.zeros(1_000_000, np.uint64), 6, most=1000)
    assert not found.complete
    assert len(found.pairs) <= 1000


def test_nothing_is_near_nothing():
    """No hashes, and one hash, have no pairs."""
    for n in (0, 1):
        found = near_pairs(np.zeros(n, np.uint64), 6)
        assert (found.pairs.shape, found.complete) == ((0, 2), True)


@pytest.mark.parametrize("distance", [-1, 16, 1.5, None])
def test_a_distance_out_of_range(distance):
    """It is named, with what is allowed."""
    with pytest.raises(OptionError, match=r"0 to 15; found"):
        near_pairs(np.zeros(2, np.uint64), distance)
