"""What the explorer of single pixels knows: for some pairs of classes, how each rule does at each pixel."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from tooeasy.measures import mutual_information
from tooeasy.pixels import PixelScore, PixelStudy, answered_right, best_pixels, pair_answers
from tooeasy.pixels.rules import RuleName
from tooeasy.sketch import Sketch

RULES: tuple[RuleName, ...] = get_args(RuleName)
MOST_CELLS = 150_000  # pairs times pixels that a page holds, about 4 bytes each and rule
MOST_PAIRS = 100
GROUPS = 32  # of levels, in the distribution of a pixel's levels; fewer where classes times pixels are many:
MOST_SHARES = 1_500_000  # bytes
COLOURS = 64


@dataclass(frozen=True)
class Explorer:
    """What the template and the script need.

    Attributes
    ----------
    name : str
        Of the dataset.
    title : str
    number : int
        Of the dataset on its page, for ids.
    pairs : tuple of PixelScore
        Those that are embedded, the hardest first.
    all_pairs : int
        How many there are.
    classes : tuple of str
    scored_on : str
    channels : int
    data : dict
        For the script: plain values, and ``payload``, the arrays as base64 of zlib's deflate, which ``arrays`` finds
        in it: (name, first byte, number of values, bytes of a value). The bytes of an array's values stand in planes,
        all lowest bytes first, which halves their size.
    """

    name: str
    title: str
    number: int
    pairs: tuple[PixelScore, ...]
    all_pairs: int
    classes: tuple[str, ...]
    scored_on: str
    channels: int
    data: dict[str, Any]

    @property
    def remark(self) -> str:
        """Which pairs are embedded, where not all are."""
        if len(self.pairs) == self.all_pairs:
            return ""
        half = len(self.pairs) // 2
        return (
            f"{len(self.pairs):,} of {self.all_pairs:,} pairs are in this page: "
            f"the {len(self.pairs) - half:,} hardest and the {half:,} easiest."
        )


def explorer(study: PixelStudy, *, number: int = 1, title: str = "", most_cells: int = MOST_CELLS) -> Explorer:
    """Gather what the explorer of a dataset shows; of too many pairs the hardest and the easiest.

    Parameters
    ----------
    study : PixelStudy
    number : int
        Of the dataset on its page.
    title : str
    most_cells : int
        Pairs times pixels.
    """
    pairs = study.hardest_and_easiest(min(max(1, most_cells // int(np.prod(study.shape))), MOST_PAIRS))
    members = [(pair.classes[0], pair.classes[1]) for pair in pairs]
    used = sorted({member for pair in members for member in pair})
    groups = max(2, min(GROUPS, study.train.levels, MOST_SHARES // (len(used) * int(np.prod(study.shape)))))
    values, payload = _packed(_arrays(study, members, used, groups))
    data = {
        "name": study.dataset,
        "classes": list(study.classes),
        "shape": list(study.shape),
        "levels": study.train.levels,
        "scoredOn": study.scored_on,
        "train": study.train.images_per_class.tolist(),
        "test": None if study.test is None else study.test.images_per_class.tolist(),
        "pairs": [list(pair) for pair in members],
        "used": used,
        "rules": list(RULES),
        "best": {rule: best_pixels(study.train.counts, members, rule, study.C).tolist() for rule in RULES},
        "groups": groups,
        "colours": viridis(COLOURS),
        "arrays": values,
        "payload": payload,
    }
    all_pairs = len(study.pairs)
    title = title or study.dataset
    channels = study.shape[2]
    return Explorer(
        study.dataset, title, number, tuple(pairs), all_pairs, study.classes, study.scored_on, channels, data
    )


@cache
def viridis(n: int) -> list[str]:
    """So many colours from dark to light, as ``#rrggbb``: perceptually even, and readable by the colour-blind."""
    return [to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 1, n))]


def _arrays(
    study: PixelStudy, members: Sequence[tuple[int, int]], used: Sequence[int], groups: int
) -> Iterable[tuple[str, NDArray[Any]]]:
    train = study.train
    means = train.sums[used] / train.images_per_class[used, np.newaxis] / (train.levels - 1)
    yield "means", np.rint(means * 255).astype(np.uint8)
    yield "levels", _grouped(train, used, groups)
    information = np.array([mutual_information(train.counts[list(pair)]) for pair in members])
    yield "information", np.rint(information * (2**24 - 1)).astype(np.uint32)  # of at most one bit
    for rule in RULES:
        yield from _right(study, members, rule)


def _grouped(sketch: Sketch, used: Sequence[int], groups: int) -> NDArray[np.uint8]:
    """How often each pixel of a class has a level of each group: the square root of the fraction, times 255."""
    counts = sketch.counts[used]
    starts = np.arange(groups) * sketch.levels // groups
    grouped = np.add.reduceat(counts, starts, axis=2, dtype=np.int64)
    fractions = grouped / sketch.images_per_class[used][:, np.newaxis, np.newaxis]
    return np.asarray(np.rint(np.sqrt(fractions) * 255), np.uint8)


def _right(study: PixelStudy, members: Sequence[tuple[int, int]], rule: RuleName) -> Iterable[tuple[str, NDArray[Any]]]:
    """Images right at each pixel of each pair, and, of rules that change their answer once, where they do."""
    train, test, cuts, firsts = [], [], [], []
    for pair in members:
        answers = pair_answers(study.train.counts, *pair, rule, study.C)
        train.append(answered_right(study.train.counts, *pair, answers))
        if study.test is not None:
            test.append(answered_right(study.test.counts, *pair, answers))
        cuts.append((answers == answers[:, :1]).sum(axis=1))  # levels that have the first answer
        firsts.append(answers[:, 0])
    yield f"{rule}-train", _smallest(np.array(train))
    if study.test is not None:
        yield f"{rule}-test", _smallest(np.array(test))
    if rule != "lookup":
        yield f"{rule}-cut", _smallest(np.array(cuts))
        yield f"{rule}-first", np.array(firsts).astype(np.uint8)


def _smallest(values: NDArray[np.int64]) -> NDArray[Any]:
    """Whole numbers in the narrowest type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _packed(arrays: Iterable[tuple[str, NDArray[Any]]]) -> tuple[list[list[Any]], str]:
    """Arrays one after the other, each as planes of bytes, compressed; and where each is."""
    values, planes, start = [], [], 0
    for name, array in arrays:
        width = array.itemsize
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        planes.append(little.reshape(-1).view(np.uint8).reshape(-1, width).T.tobytes())
        values.append([name, start, array.size, width])
        start += array.size * width
    return values, base64.b64encode(zlib.compress(b"".join(planes), 9)).decode()
