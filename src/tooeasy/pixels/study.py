"""How well one pixel tells each pair of classes apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tooeasy.data import Dataset, Source, Split, load, sketch_split
from tooeasy.errors import OptionError
from tooeasy.logs import timed
from tooeasy.pixels.pairs import Pairs
from tooeasy.pixels.result import PixelStudy
from tooeasy.pixels.rules import RuleName, check_rule
from tooeasy.pixels.score import score_pixel
from tooeasy.pixels.search import best_pixel_of_all, best_pixels_of_pairs
from tooeasy.sketch import Normalize, Sketch
from tooeasy.sketch.memory import FRACTION, available_memory, counts_bytes, levels_that_fit
from tooeasy.text import size_in_words

if TYPE_CHECKING:
    from distributed import Client

_LOGGER = logging.getLogger(__name__)


def study_pixels(
    source: Source,
    *,
    rule: RuleName = "lookup",
    normalize: Normalize = "none",
    levels: int | None = None,
    C: float = 1.0,
    test: Source | None = None,
    seed: int = 0,
    threads: int | None = None,
    memory: int | None = None,
    scheduler: str | Client | None = None,
) -> PixelStudy:
    """Find, for each pair of classes, the single pixel that tells them apart best, and score it on held-out images.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes.
    rule : {"lookup", "threshold", "logistic"}, default "lookup"
        See `Rule` and docs/pixels.md.
    normalize : {"none", "l2"}, default "none"
        ``"l2"`` divides each image by its Euclidean norm first.
    levels : int, optional
        Count fewer levels than the images have.
    C : float, default 1.0
        Inverse strength of the logistic rule's L2 penalty.
    test : source, optional
        Score on these images instead of the dataset's own test split.
    seed : int, default 0
        For the hold-out (20 % of each class) where there is no test split.
    threads : int, optional
        Threads to count and search with; by default one for each core.
    memory : int, optional
        Bytes that counts may take, where ``levels`` is not given: fewer levels are counted if all do not fit, and a
        note says so. By default half of the memory that is free.
    scheduler : str or distributed.Client, optional
        Count and search on the workers of a Dask cluster, as `sketch_split` takes it; the result is the same.

    Returns
    -------
    PixelStudy
        Pixels are selected by training accuracy (ties: lowest row, then column) and scored on held-out images. Where
        there is only a sketch and no ``test``, nothing can be held out, and only training accuracies are given.

    Raises
    ------
    TooeasyError
        If a source cannot be used, an option is out of range, images are needed and only a sketch is here, or a cluster
        is lost.

    References
    ----------
    T. Hargreaves, "Is it time to ditch the MNIST dataset?", 2020 (lookup). L. Franceschini (lucafrance),
    "Distinguishing pairs of classes on MNIST and Fashion-MNIST with just one pixel", 2021 (logistic, l2).

    Examples
    --------
    >>> study = study_pixels("mnist")
    >>> best = study.pair("0", "1")
    >>> best.row, best.column, round(best.train_accuracy, 3), round(best.test_accuracy, 3)
    (15, 14, 0.988, 0.99)
    """
    check_rule(rule, C)
    data = load(source)
    data = data.with_hold_out(seed=seed) if test is None else data.with_test(load(test))
    levels, told = (levels, ()) if levels is not None else _fit(data, normalize, memory)
    with _cluster(scheduler) as client:
        train = _sketch(data.train, normalize, levels, threads, client)
        held_out = None if data.test is None else _sketch(data.test, normalize, train.levels, threads, client)
        if test is not None and held_out == train:
            raise OptionError(f"the test images are the training images of {data.name}: scoring on them says nothing")
        with timed(_LOGGER, "the best pixels of %s are found by the rule %s", data.name, rule):
            best = best_pixels_of_pairs(train.counts, rule, C, threads=threads, scheduler=client)
    pairs = Pairs(train, held_out, rule, C, best, threads)
    everyone = tuple(range(len(data.classes)))
    everything = score_pixel(train, held_out, everyone, *best_pixel_of_all(train.counts, rule, C))
    notes = (*data.remarks(), *told, *_notes(pairs, held_out))
    return PixelStudy(data.name, train, held_out, data.held_out, rule, C, pairs, everything, notes)


@contextmanager
def _cluster(scheduler: str | Client | None) -> Iterator[Client | None]:
    """Connect once for all that is to be done."""
    if scheduler is None:
        yield None
        return
    from tooeasy.data.cluster import connect

    with connect(scheduler) as client:
        yield client


def _sketch(
    split: Split, normalize: Normalize, levels: int | None, threads: int | None, client: Client | None
) -> Sketch:
    if client is None:
        return split.sketch(normalize=normalize, levels=levels, threads=threads)
    return sketch_split(split, normalize=normalize, levels=levels, scheduler=client)


def _fit(data: Dataset, normalize: Normalize, memory: int | None) -> tuple[int | None, tuple[str, ...]]:
    """Levels to count, None for those that there are; and what to say if these would not fit."""
    splits = [split for split in (data.train, data.test) if split is not None and split.has_images]
    if not splits:
        return None, ()
    within = int(FRACTION * available_memory()) if memory is None else memory
    largest = [int(split.images_per_class.max()) for split in splits]
    there = data.train.quantization(normalize, None).levels
    levels = levels_that_fit(data.shape, largest, len(data.classes), there, within)
    if levels == there:
        return None, ()
    needed = size_in_words(counts_bytes(data.shape, largest, len(data.classes), there))
    told = f"{levels} of {there} levels are counted: all would take {needed}, and {size_in_words(within)} may be used"
    return levels, (told,)


def _notes(pairs: Pairs, test: Sketch | None) -> list[str]:
    """What would mislead a reader of the accuracies."""
    if test is None:
        return []
    notes = []
    missing = [name for name, n in zip(test.classes, test.images_per_class, strict=True) if n == 0]
    if missing:
        notes.append(f"no held-out image of class {', '.join(missing[:5])}: its pairs are not scored")
    idle = int((pairs.accuracy <= pairs.majority).sum())
    if idle:
        notes.append(f"{idle} of {len(pairs)} pairs are told apart no better than by always answering one class")
    return notes
