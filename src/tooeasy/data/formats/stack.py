"""Images that lie in several places, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.images import Images, Rows


@dataclass(frozen=True, eq=False)
class StackedImages:
    """Images of one shape from several places, as if they were one array.

    Parameters
    ----------
    parts : sequence of Images
        At least one; all of the same height, width and channels.
    """

    parts: Sequence[Images]
    _starts: NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        counts = [part.shape[0] for part in self.parts]
        object.__setattr__(self, "_starts", np.concatenate([[0], np.cumsum(counts)]).astype(np.intp))

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, height, width, channels)``."""
        return int(self._starts[-1]), *self.parts[0].shape[1:]

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        if isinstance(rows, slice) and rows.step in (None, 1):
            return self._range(*rows.indices(self.shape[0])[:2])
        chosen = np.arange(self.shape[0])[rows] if isinstance(rows, slice) else np.asarray(rows)
        out = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        owners = np.searchsorted(self._starts, chosen, side="right") - 1
        for owner in np.unique(owners):
            mine = owners == owner
            out[mine] = self.parts[owner][chosen[mine] - self._starts[owner]]
        return out

    def _range(self, start: int, stop: int) -> NDArray[np.uint8]:
        pieces = [np.empty((0, *self.shape[1:]), np.uint8)]
        for part, first in zip(self.parts, self._starts.tolist(), strict=False):
            low, high = max(start - first, 0), min(stop - first, part.shape[0])
            if low < high:
                pieces.append(part[low:high])
        return pieces[1] if len(pieces) == 2 else np.concatenate(pieces)


@dataclass(frozen=True, eq=False)
class RearrangedImages:
    """Stored rows that become images when they are looked at.

    Parameters
    ----------
    stored : uint8 array of shape (n, ...)
        As it lies on disk; usually a memory map.
    shape : tuple of int
        ``(n, height, width, channels)``.
    rearrange : callable
        From some of the stored rows to uint8 images of shape (rows, height, width, channels).
    """

    stored: NDArray[np.uint8]
    shape: tuple[int, ...]
    rearrange: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self.rearrange(self.stored[rows]))
