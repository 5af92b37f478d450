"""The loops of the sketch. No checks here: the callers have made them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.compiled import compiled


@compiled
def count(flat: NDArray[np.uint8], labels: NDArray[np.intp], first: int, last: int, counts: NDArray[np.uint32]) -> None:
    """Add ``flat[n, pixel]`` of the pixels first to last - 1 to ``counts[class, pixel, level]``.

    Threads share the pixels, not the images, so that none needs counts of its own. Reading image by image was as fast
    as image-major blocks of 64 to 392 pixels sorted by class (0.05 to 0.08 s for MNIST's 60,000 images, two cores).
    """
    for n in range(flat.shape[0]):
        of_class = counts[labels[n]]
        for pixel in range(first, last):
            of_class[pixel, flat[n, pixel]] += np.uint32(1)


@compiled
def count_words(
    words: NDArray[np.uint64],
    flat: NDArray[np.uint8],
    labels: NDArray[np.intp],
    first: int,
    last: int,
    counts: NDArray[np.uint32],
) -> None:
    """As `count`, for the pixels 8 * first to 8 * last - 1, with ``words`` the same bytes as ``flat``, 8 at a time.

    Most images have a background of zeros: eight of them are counted at once. On one core, MNIST takes 0.03 s instead
    of 0.08 s, Fashion-MNIST 0.05 s, and pure noise 0.06 s (the inner loop of known length).
    """
    blank = np.zeros((counts.shape[0], last - first), np.uint32)
    for n in range(flat.shape[0]):
        label = labels[n]
        of_class = counts[label]
        for word in range(first, last):
            if words[n, word] == 0:
                blank[label, word - first] += np.uint32(1)
            else:
                for pixel in range(8 * word, 8 * word + 8):
                    of_class[pixel, flat[n, pixel]] += np.uint32(1)
    for label in range(counts.shape[0]):
        for pixel in range(8 * first, 8 * last):
            counts[label, pixel, 0] += blank[label, pixel // 8 - first]


@compiled
def l2_levels(flat: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Divide each row by its Euclidean norm and round to the levels 0 to 255, halves up.

    The sum of squares is an integer; the rest is correctly rounded IEEE arithmetic: the same bits on every machine.
    """
    level = np.zeros(256, np.uint8)
    for n in range(flat.shape[0]):
        squares = np.int64(0)
        for pixel in range(flat.shape[1]):
            squares += np.int64(flat[n, pixel]) * np.int64(flat[n, pixel])
        if squares > 0:
            norm = np.sqrt(np.float64(squares))
            for value in range(256):
                level[value] = np.uint8(min(np.floor(value * 255.0 / norm + 0.5), 255.0))
        for pixel in range(flat.shape[1]):
            out[n, pixel] = level[flat[n, pixel]]
