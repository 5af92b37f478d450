"""One whole one-pixel study in a process of its own: prints how long it took and what memory, as a JSON object.

Nothing else is imported here, so that the peak is the study's. ``one_pixel.py`` runs it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from _timing import memory_in_use, peak_memory, seconds_of

import tooeasy

RULES = ("lookup", "threshold", "logistic")

Arrays = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def load_arrays(folder: str) -> Arrays:
    """Images and labels of both splits, in memory: uint8 arrays (n, 28, 28, 1) and intp arrays (n,)."""
    data = tooeasy.load(folder)
    if data.test is None:
        raise tooeasy.SourceError(f"{folder} has no test split")
    return (data.train.images(), data.train.labels), (data.test.images(), data.test.labels)


def whole_study(arrays: Arrays, normalize: str = "none", threads: int | None = None) -> dict[str, Any]:
    """All three rules at all pixels of all pairs, with held-out scores; each split is sketched once."""
    data = tooeasy.from_arrays(*arrays)
    train = data.train.sketch(normalize=normalize, threads=threads)
    test = data.test.sketch(normalize=normalize, threads=threads)
    return {
        rule: tooeasy.study_pixels(train, test=test, rule=rule, normalize=normalize, threads=threads) for rule in RULES
    }


def main() -> None:
    """Study the IDX files of the folder that is the first argument."""
    imported = memory_in_use()
    arrays = load_arrays(sys.argv[1])
    loaded, peak_loaded = memory_in_use(), peak_memory()
    seconds = seconds_of(lambda: whole_study(arrays))
    memory = {"imported": imported, "loaded": loaded, "peak_loaded": peak_loaded, "peak": peak_memory()}
    print(json.dumps({"seconds": seconds, "memory": memory}))


if __name__ == "__main__":
    main()
