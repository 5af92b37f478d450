"""Nearest images, from a tile of dot products at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.compiled import compiled


@compiled
def nearest(
    dots: NDArray[Any],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    squares: NDArray[np.int64],
    labels: NDArray[np.intp],
    first: int,
    last: int,
    best: NDArray[np.int64],
    tied: NDArray[np.int64],
    wrong: NDArray[np.int64],
) -> None:
    """For each row its smallest squared distance, how many others are so near, and how many of these are not its class.

    ``dots[i, j]`` is the dot product of the images ``rows[i]`` and ``columns[j]``; no image is its own neighbour.
    """
    for i in range(first, last):
        own = rows[i]
        for j in range(len(columns)):
            other = columns[j]
            distance = squares[own] + squares[other] - 2 * np.int64(dots[i, j])
            if distance > best[own] or own == other:
                continue
            if distance < best[own]:
                best[own] = distance
                tied[own] = 0
                wrong[own] = 0
            tied[own] += 1
            wrong[own] += labels[own] != labels[other]


@compiled
def nearest_outside(
    dots: NDArray[Any],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    squares: NDArray[np.int64],
    labels: NDArray[np.intp],
    first: int,
    last: int,
    group: NDArray[np.int64],
    best: NDArray[np.int64],
    partner: NDArray[np.int64],
) -> None:
    """For each row the nearest image of another group: of equally near ones one of its class, then the first.

    ``best`` is twice the squared distance, and one more where the classes differ. Columns come in ascending order.
    """
    for i in range(first, last):
        own = rows[i]
        for j in range(len(columns)):
            other = columns[j]
            weight = 2 * (squares[own] + squares[other] - 2 * np.int64(dots[i, j]))
            if weight >= best[own] or group[own] == group[other]:
                continue
            weight += labels[own] != labels[other]
            if weight < best[own]:
                best[own] = weight
                partner[own] = other
