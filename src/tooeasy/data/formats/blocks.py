"""A column of a table that lies in blocks, of which a few are kept."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.formats.trees import UnreadableFileError
from tooeasy.optional import require

EXTRA = "hf"  # brings pyarrow, with datasets
BLOCKS_KEPT = 8  # threads that decode neighbouring rows need neighbouring blocks


def pyarrow() -> Any:
    """Import pyarrow with what is used of it.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    for part in ("compute", "parquet"):
        require(f"pyarrow.{part}", extra=EXTRA, why="reading Parquet and Arrow")
    return require("pyarrow", extra=EXTRA, why="reading Parquet and Arrow")


class BlockRows:
    """Rows of a column, read block by block. A block is read once while all go through in about the same order.

    Parameters
    ----------
    lengths : sequence of int
        Rows of each block.
    load : callable
        From the number of a block to its values, a pyarrow.Array; called by one thread at a time. Whatever it raises
        makes the block's rows unreadable.
    name : callable
        From the number of a row to its name.
    kind : pyarrow.DataType
        Of the values.
    starts : sequence of int
        Rows at which a reader had best begin: those of row groups.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        load: Callable[[int], Any],
        name: Callable[[int], str],
        kind: Any,
        starts: Sequence[int] = (),
    ) -> None:
        self.starts = starts
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64).tolist()
        self._load, self.name, self._kind = load, name, kind
        self._kept: OrderedDict[int, Any] = OrderedDict()
        self._failed: dict[int, str] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stamps(self, rows: NDArray[np.intp]) -> Iterable[str] | None:
        """What tells versions of the files of some rows apart."""
        return self.name.stamps(rows) if hasattr(self.name, "stamps") else None

    def take(self, rows: NDArray[np.intp]) -> Any:
        """Values of some rows, as a pyarrow.ChunkedArray."""
        pieces, position, wanted = [], 0, rows.tolist()
        while position < len(wanted):
            block = bisect_right(self._starts, wanted[position]) - 1
            start, stop = self._starts[block], self._starts[block + 1]
            end = position + 1
            while end < len(wanted) and start <= wanted[end] < stop:
                end += 1
            pieces.append(_some(self._block(block), [row - start for row in wanted[position:end]]))
            position = end
        return pyarrow().chunked_array(pieces, self._kind)

    def _block(self, block: int) -> Any:
        with self._lock:
            if block in self._failed:
                raise UnreadableFileError(self._failed[block])
            if block not in self._kept:
                try:
                    self._kept[block] = self._load(block)
                except Exception as error:  # of damaged data, pyarrow raises much; every row of the block is broken
                    self._failed[block] = " ".join(str(error).split()) or type(error).__name__
                    raise UnreadableFileError(self._failed[block]) from error
            self._kept.move_to_end(block)
            while len(self._kept) > BLOCKS_KEPT:
                self._kept.popitem(last=False)
            return self._kept[block]


def _some(block: Any, rows: list[int]) -> Any:
    if rows[-1] - rows[0] == len(rows) - 1 and all(b - a == 1 for a, b in pairwise(rows)):
        return block.slice(rows[0], len(rows))
    return block.take(pyarrow().array(rows))
