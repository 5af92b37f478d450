"""Images as rows of pixels in [0, 1], and what is read of a split for templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Batch, Split
from tooeasy.errors import SourceError
from tooeasy.scores import Score
from tooeasy.sketch import Quantization, Sketch
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments
from tooeasy.text import printable

Features = NDArray[np.float32]


def scaled(images: NDArray[np.uint8], levels: int, binarize: float | None) -> Features:
    """Flatten uint8 images of shape (n, height, width, channels) to rows in [0, 1]."""
    rows = images.reshape(len(images), -1)
    if binarize is not None:
        return (rows >= binarize * (levels - 1)).astype(np.float32)
    return rows.astype(np.float32) / np.float32(levels - 1)


def members_only(batches: Iterator[Batch], members: Sequence[int] | None) -> Iterator[Batch]:
    """Images of some classes only, labelled by their position among these."""
    if members is None:
        yield from batches
        return
    position = np.full(max(members) + 1, -1)
    position[list(members)] = np.arange(len(members))
    for batch in batches:
        inside = np.isin(batch.labels, members)
        if inside.any():
            yield Batch(batch.images[inside], position[batch.labels[inside]])


def moments_of(
    split: Split, *, binarize: float | None = None, members: Sequence[int] | None = None, threads: int | None = None
) -> Moments:
    """Moments of a split: from its sketch, or by a pass over the images where black and white or a pair is wanted.

    Raises
    ------
    NotAtHandError
        If there is only a sketch, and what is wanted does not follow from it.
    """
    if binarize is None and members is None:
        return Moments.of_sketch(split.sketch(moments=True, threads=threads))
    classes = split.classes if members is None else [split.classes[member] for member in members]
    levels = split.levels if binarize is None else 2
    sketch = Sketch(split.shape, classes, Quantization(levels), moments=True)
    for images, labels in members_only(split.batches(), members):
        white = images if binarize is None else (images >= binarize * (split.levels - 1)).astype(np.uint8)
        sketch.update(white, labels, threads=threads)
    if (sketch.images_per_class == 0).any():
        raise SourceError(f"{split.origin}: no image of some class can be read; {'; '.join(split.remarks())}")
    return Moments.of_sketch(sketch)


def features_of(split: Split, *, binarize: float | None = None) -> tuple[Features, NDArray[np.intp]]:
    """All images of a split as rows, and their labels. Raises SourceError if no image of a class can be read."""
    rows, labels = [], []
    for batch in split.batches():
        rows.append(scaled(batch.images, split.levels, binarize))
        labels.append(batch.labels)
    found = np.concatenate(labels)
    unread = np.flatnonzero((split.images_per_class > 0) & (np.bincount(found, minlength=len(split.classes)) == 0))
    if len(unread):
        names = ", ".join(printable(split.classes[label]) for label in unread[:3])
        raise SourceError(f"no image of class {names} can be read: {'; '.join(split.remarks())}")
    return np.concatenate(rows), found


def score_all(
    linears: Sequence[Linear],
    split: Split,
    *,
    binarize: float | None = None,
    members: Sequence[int] | None = None,
) -> list[Score]:
    """Score several templates in one pass over a split."""
    n = len(linears[0].weights)
    confusions = np.zeros((len(linears), n, n), np.int64)
    for images, labels in members_only(split.batches(), members):
        rows = scaled(images, split.levels, binarize)
        for confusion, linear in zip(confusions, linears, strict=True):
            confusion += Score.of(labels, linear.answers(rows), n).confusion
    return [Score(confusion) for confusion in confusions]
