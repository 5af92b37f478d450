"""How many images each rung may train on: by the cost model, never by a clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tooeasy.ladder.rung import Rung
from tooeasy.ladder.task import Task

FEWEST = 200  # images that a rung is trained on, however small its share


def images_for(rung: Rung, task: Task, rungs: Sequence[Rung], budget: float | None) -> int:
    """Training images for a rung: all, unless the cost model says that they take longer than its share.

    Each rung may take the same share of the budget, and what cheap ones leave over goes to the others.
    """
    if budget is None or rung.seconds(task, task.n_train) == 0:
        return task.n_train
    share = fair_share([other.seconds(task, task.n_train) for other in rungs], budget)
    if rung.seconds(task, task.n_train) <= share:
        return task.n_train
    low, high = min(FEWEST, task.n_train), task.n_train
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rung.seconds(task, middle) <= share else (low, middle)
    digit = int(10 ** max(len(str(low)) - 2, 0))
    return low // digit * digit  # two digits: nobody needs to know the rest


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
