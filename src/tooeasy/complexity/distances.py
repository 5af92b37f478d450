"""Exact squared distances of images, a tile at a time: never all of them in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

TILE = 2048  # images: 2048 x 2048 dot products in float32 are 16 MB
_CENTRE = 128
_EXACT = 1024  # pixels: sums of as many products of numbers from -128 to 127 are exact in float32

Tile = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]


class Points:
    """Images as points, whose distances are whole numbers.

    Parameters
    ----------
    pixels : uint8 array of shape (n, pixels)
    labels : intp array of shape (n,)

    Notes
    -----
    Pixels that never change are left out; of the others 128 is taken off, which changes no distance. Dot products of
    such rows by BLAS are exact whole numbers: in float32 up to 1,024 pixels, in float64 beyond. So nothing depends on
    how the work is cut up.
    """

    def __init__(self, pixels: NDArray[np.uint8], labels: NDArray[np.intp]) -> None:
        changing = (pixels != pixels[:1]).any(axis=0)
        self.rows = (pixels[:, changing] ^ _CENTRE).view(np.int8)  # the same bits, read as the value less 128
        self.labels = labels
        self.dtype: type[np.floating[Any]] = np.float32 if self.rows.shape[1] <= _EXACT else np.float64
        self.squares = self._squares()

    def __len__(self) -> int:
        return len(self.rows)

    def _squares(self) -> NDArray[np.int64]:
        blocks = (self.rows[rows].astype(np.int64) for rows in _blocks(np.arange(len(self))))
        return np.concatenate([np.einsum("ij,ij->i", block, block) for block in blocks])

    def _floats(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        return self.rows[numbers].astype(self.dtype)

    def tiles(self) -> Iterator[Tile]:
        """Yield dot products of all images with all: rows, columns, dots; for each image in ascending order of others.

        Each product is computed once: a tile beside the diagonal comes a second time, turned over.
        """
        blocks = list(_blocks(np.arange(len(self))))
        for number, rows in enumerate(blocks):
            left = self._floats(rows)
            for columns in blocks[number:]:
                dots = left @ self._floats(columns).T
                yield rows, columns, dots
                if columns is not rows:
                    yield columns, rows, np.ascontiguousarray(dots.T)

    def tiles_of(self, wanted: NDArray[np.int64]) -> Iterator[Tile]:
        """Dot products of some images with all."""
        for rows in _blocks(wanted):
            left = self._floats(rows)
            for columns in _blocks(np.arange(len(self))):
                yield rows, columns, left @ self._floats(columns).T


def _blocks(numbers: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(numbers), TILE):
        yield numbers[start : start + TILE]
