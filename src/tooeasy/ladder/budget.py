"""How many images each rung may train on: by the cost model, never by a clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tooeasy.ladder.rung import Rung
from tooeasy.ladder.task import Task

FEWEST = 200  # images that a rung is trained on, however small its share
MOST_BYTES = 2**31  # of the pixels that it is trained on, as 32-bit numbers


def images_for(rung: Rung, task: Task, rungs: Sequence[Rung], budget: float | None) -> int:
    """Training images for a rung: all, unless they take more memory, or by the cost model longer, than its share.

    Each rung may take the same share of the budget, and what cheap ones leave over goes to the others. Without a
    budget, and from a sketch, all images are trained on.
    """
    if budget is None or rung.needs != "images":
        return task.n_train
    room = min(task.n_train, max(FEWEST, MOST_BYTES // (4 * task.pixels)))
    share = fair_share([other.seconds(task, task.n_train) for other in rungs], budget)
    if rung.seconds(task, room) <= share:
        return room if room == task.n_train else rounded(room)
    low, high = min(FEWEST, room), room
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rung.seconds(task, middle) <= share else (low, middle)
    return rounded(low)


def rounded(images: int) -> int:
    """Round down to two digits: nobody needs to know the rest.

    Examples
    --------
    >>> rounded(12345)
    12000
    """
    digit = int(10 ** max(len(str(images)) - 2, 0))
    return images // digit * digit


def fair_share(costs: Sequence[float], budget: float) -> float:
    """Largest share for which costs, each cut off at the share, add up to the budget.

    Examples
    --------
    >>> fair_share([1, 2, 100, 200], 63)
    30.0
    """
    left, rest = budget, sorted(costs)
    while rest and rest[0] <= left / len(rest):
        left -= rest.pop(0)
    return left / len(rest) if rest else np.inf
