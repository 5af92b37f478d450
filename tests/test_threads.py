"""Work is shared so that each piece is done once."""

from __future__ import annotations

import gc
import threading
import time

import pytest

from tooeasy.threads import ahead, available_cores, share


@pytest.mark.parametrize("threads", [None, 1, 2, 3, 7, 100])
@pytest.mark.parametrize("size", [0, 1, 2, 5, 100])
def test_every_piece_is_done_once(size, threads):
    """Whatever the number of threads, the parts cover the range, without gap or overlap, and none is empty."""
    done, lock = [], threading.Lock()

    def work(start: int, stop: int) -> None:
        with lock:
            done.append((start, stop))

    share(work, size, threads)
    assert sorted(piece for start, stop in done for piece in range(start, stop)) == list(range(size))
    if size:
        assert all(start < stop for start, stop in done)
        assert len(done) == min(threads or available_cores(), size)


def test_threads_run_at_the_same_time():
    """Two parts wait for one another, which one thread alone could not."""
    barrier = threading.Barrier(2, timeout=30)
    share(lambda start, stop: barrier.wait(), 2, threads=2)


def test_an_exception_of_a_thread_is_not_lost():
    """What goes wrong in a thread is raised where the work was asked for."""

    def work(start: int, stop: int) -> None:
        if start:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        share(work, 4, threads=4)


def test_there_is_at_least_one_core():
    """The default number of threads is positive."""
    assert available_cores() >= 1


def test_items_are_made_ahead_in_order():
    """All of them, each while the one before is in use."""
    made = []

    def make():
        for number in range(4):
            made.append(number)
            yield number

    for expected, item in enumerate(ahead(make())):
        assert item == expected
        deadline = time.monotonic() + 10
        while len(made) < min(item + 2, 4) and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(made) >= min(item + 2, 4)
    assert made == [0, 1, 2, 3]


def test_what_goes_wrong_is_raised_where_the_item_is_wanted():
    """After those that could be made."""

    def make():
        yield 1
        raise ValueError("the second")

    items = ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="the second"):
        next(items)


def test_items_that_nobody_wants_end_the_thread():
    """A loop that is left early leaves no thread behind."""
    before = threading.active_count()
    for item in ahead(range(10)):
        if item == 3:
            break
    gc.collect()
    assert threading.active_count() <= before
