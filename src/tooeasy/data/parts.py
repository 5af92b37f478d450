"""Parts of a split: ranges of its rows, which any process can read by itself, and whose sketches add up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.decode import DecodedImages
from tooeasy.data.formats.remote import is_url, shown
from tooeasy.data.images import BreakableImages
from tooeasy.data.recipe import Recipe
from tooeasy.data.source import is_name_only, load
from tooeasy.data.split import BATCH_BYTES, Batch, ImageSplit, Split
from tooeasy.data.stamps import located, stamps_below
from tooeasy.errors import ClusterError, DownloadError, MissingExtraError, SourceError, TooeasyError
from tooeasy.sketch import Sketch
from tooeasy.threads import ahead, available_cores

PART_BYTES = 2**26  # of pixels: some seconds of work, against milliseconds of telling another process of it
SENT_BYTES = 2**22  # of pixels, where they must be sent: in pieces that a scheduler can keep for a second try
FILE_BYTES = 2**16  # of pixels: as long to count as a small image file takes to open and decode
_LARGEST = 4  # times that, up to which a group of rows that a file keeps together is one part

Range = tuple[int, int]
Updating = Callable[[Sketch, Batch], AbstractContextManager[object]]


def plan_parts(split: ImageSplit, part_bytes: int = PART_BYTES) -> list[Range]:
    """Divide the rows of a split into ranges.

    Parameters
    ----------
    split : ImageSplit
    part_bytes : int
        About so many bytes of pixels each; a file counts as 64 KiB at least. Groups of rows that a file keeps together
        (Parquet's row groups, record batches) are not divided, unless one alone has more than four times that. Of
        images that only this process has, at most 4 MiB.

    Returns
    -------
    list of (start, stop)
        Of rows of the split, in order, without gaps. The same split and size give the same list.
    """
    if split.recipe is None:
        part_bytes = min(part_bytes, SENT_BYTES)
    image_bytes = int(np.prod(split.shape))
    if isinstance(split.pixels, DecodedImages):
        image_bytes = max(image_bytes, FILE_BYTES)
    rows = max(1, part_bytes // image_bytes)
    found = located(split.pixels)
    starts = np.asarray(found.starts if found else (), np.intp)
    edges = sorted({0, len(split.index), *_positions(split, starts).tolist()})
    return list(_cut(edges, rows, _LARGEST if len(starts) else 1))


def _positions(split: ImageSplit, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows of a source as rows of the split, which has some of them, in order."""
    if split.rows is not None:
        return np.searchsorted(split.rows, rows)
    return np.minimum(rows, len(split.index))


def _cut(edges: Sequence[int], rows: int, largest: int) -> Iterator[Range]:
    begin = 0
    for start, stop in pairwise(edges):
        if begin < start and stop - begin > rows:
            yield begin, start
            begin = start
        if stop - begin > largest * rows:
            pieces = -(-(stop - begin) // rows)
            yield from pairwise(begin + (stop - begin) * piece // pieces for piece in range(pieces + 1))
            begin = stop
        elif stop - begin >= rows:
            yield begin, stop
            begin = stop
    if begin < edges[-1]:
        yield begin, edges[-1]


# -- reading -----------------------------------------------------------------------------------------------------------


def add_part(
    sketch: Sketch, split: ImageSplit, part: Range, *, strict: bool, updating: Updating | None = None
) -> dict[int, str]:
    """Add the images of a part to a sketch.

    Parameters
    ----------
    sketch : Sketch
        It is changed.
    split : ImageSplit
    part : (start, stop)
    strict : bool
        Raise SourceError at the first image that cannot be read, instead of leaving it out.
    updating : callable, optional
        Gives a context for the update of a sketch with a batch.

    Returns
    -------
    dict of int to str
        Rows of the split's ``pixels`` that were left out, and why.
    """
    unread: dict[int, str] = {}
    batches = _batches(split, part, unread, strict=strict)
    for batch in ahead(batches) if available_cores() > 1 else batches:
        with updating(sketch, batch) if updating else nullcontext():
            sketch.update(batch.images, batch.labels)
    if isinstance(split.pixels, BreakableImages) and split.pixels.broken:
        mine = {_row(split, row) for row in range(*part)}
        unread |= {row: why for row, why in split.pixels.broken.items() if row in mine}
    return unread


def _batches(split: ImageSplit, part: Range, unread: dict[int, str], *, strict: bool) -> Iterator[Batch]:
    size = max(1, BATCH_BYTES // int(np.prod(split.shape)))
    for start in range(*part, size):
        yield from _read(split, start, min(start + size, part[1]), unread, strict=strict)


def _read(split: ImageSplit, start: int, stop: int, unread: dict[int, str], *, strict: bool) -> Iterator[Batch]:
    """Read rows at once; where that fails, by halves, so that what is left out does not depend on the parts."""
    try:
        found = list(split.part(slice(start, stop)).batches(stop - start))
    except (DownloadError, MissingExtraError):
        raise  # not the images' fault
    except (SourceError, OSError) as error:
        if strict:
            raise
        if stop - start > 1:
            middle = (start + stop) // 2
            yield from _read(split, start, middle, unread, strict=strict)
            yield from _read(split, middle, stop, unread, strict=strict)
            return
        unread[_row(split, start)] = " ".join(str(error).split()) or type(error).__name__
        return
    yield from found


def _row(split: ImageSplit, row: int) -> int:
    return row if split.rows is None else int(split.rows[row])


# -- in another process ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A range of rows, and how to load the split that has them.

    Parameters
    ----------
    recipe : Recipe
    start, stop : int
    identity : str
        Of the split, as `identify` gives it: whoever loads another one must not count it.
    run : str
        What one run is told from another by; within one, a process loads a dataset once.
    """

    recipe: Recipe
    start: int
    stop: int
    identity: str
    run: str

    def open(self) -> ImageSplit:
        """Load the split, or take the one loaded last.

        Raises
        ------
        ClusterError
            If it is not the one that the part is of, or cannot be loaded here.
        """
        global _last  # what a process keeps from part to part
        with _LOADING:
            key = (self.recipe, self.run)
            if _last is None or _last[0] != key:
                _last = key, self._load()
            return _last[1]

    def row(self, number: int) -> int:
        """Which of the split's images one is: they are counted alike."""
        return number

    def _load(self) -> ImageSplit:
        options = {name: getattr(self.recipe.options, name) for name in asdict(self.recipe.options)}
        where = describe(self.recipe)
        try:
            data = load(self.recipe.source, **options)
        except (TooeasyError, OSError) as error:
            raise ClusterError(
                f"{where} cannot be loaded where it is to be sketched ({error}): every worker must see it under the "
                "same name"
            ) from error
        split: Split | None = getattr(data, self.recipe.role)
        if not isinstance(split, ImageSplit) or identify(split) != self.identity:
            raise ClusterError(
                f"{where} has other images where it is to be sketched: every worker must see the same, unchanged"
            )
        return split


_LOADING = Lock()
_last: tuple[tuple[Recipe, str], ImageSplit] | None = None


def identify(split: ImageSplit) -> str:
    """Shape, classes and all labels of a split, as a digest."""
    digest = _digest([split.origin, split.shape, split.classes, split.levels])
    digest.update(split.index.astype("<i8").tobytes())
    return digest.hexdigest()


def describe(recipe: Recipe) -> str:
    """Source of a recipe, without what may be secret in a URL."""
    return shown(str(recipe.source)) if is_url(str(recipe.source)) else str(recipe.source)


# -- what tells versions apart -----------------------------------------------------------------------------------------


class Fingerprints:
    """What changes when the data of a part change, for the parts of a split.

    The rows, their labels, the classes and the shape; and of the files that the rows are in, names, sizes and times of
    change (of files at a URL what the server tells versions apart by). Where it is not known which files these are,
    all files of the source; where there are none, the pixels themselves.
    """

    def __init__(self, split: ImageSplit) -> None:
        self._split, self._located = split, located(split.pixels)
        self._whole = self._stamps_of_source()

    def of(self, part: Range) -> str:
        """Fingerprint of a part."""
        split, (start, stop) = self._split, part
        digest = _digest([split.origin, split.shape, split.classes, split.levels, start, stop])
        digest.update(split.index[start:stop].astype("<i8").tobytes())
        rows = np.array([_row(split, row) for row in range(start, stop)], np.intp)
        digest.update(rows.astype("<i8").tobytes())
        stamps = self._located.stamps(rows) if self._located else None
        if stamps is None and self._whole is None:
            for batch in split.part(slice(start, stop)).batches():
                digest.update(batch.images.tobytes())
        else:
            digest.update("\n".join(self._whole or () if stamps is None else stamps).encode("utf-8", "replace"))
        return digest.hexdigest()

    def _stamps_of_source(self) -> list[str] | None:
        recipe = self._split.recipe
        if recipe is None or is_url(str(recipe.source)) or is_name_only(recipe.source):
            return None
        return list(stamps_below(Path(recipe.source)))


def _digest(facts: Iterable[object]) -> hashlib._Hash:
    return hashlib.sha256(json.dumps(list(facts)).encode())
