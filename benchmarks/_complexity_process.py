"""Some measures of complexity in a process of their own: prints values, seconds and peak memory, as a JSON object.

``_complexity_process.py FOLDER tooeasy|problexity MEASURES IMAGES``: of the first so many training images of each class
of the IDX files, or "all". Nothing else is imported here, so that the peak is theirs.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np
from _timing import memory_in_use, peak_memory

import tooeasy


def main() -> None:
    """Measure, and print what it took."""
    folder, library, names, number = sys.argv[1:]
    data = tooeasy.load(folder)
    images, labels = data.train.images(), data.train.labels
    if number != "all":
        each = int(number) // len(data.classes)
        rows = np.sort(np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(len(data.classes))]))
        images, labels = images[rows], labels[rows]
    measure = ours if library == "tooeasy" else theirs
    some = np.concatenate([np.flatnonzero(labels == label)[:5] for label in range(len(data.classes))])
    measure(images[some], labels[some], names.split(","))  # compiles and loads what it needs
    before = memory_in_use()
    start = time.perf_counter()
    values = measure(images, labels, names.split(","))
    seconds = time.perf_counter() - start
    print(json.dumps({"values": values, "seconds": seconds, "before": before, "peak": peak_memory()}))


def ours(images: np.ndarray, labels: np.ndarray, names: list[str]) -> dict[str, float]:
    """Values of tooeasy."""
    return dict(tooeasy.measure_complexity((images, labels), measures=names, sample="all").values)


def theirs(images: np.ndarray, labels: np.ndarray, names: list[str]) -> dict[str, float]:
    """Values of problexity's functions, of pixels scaled to [0, 1]."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own source
        import problexity
    rows = images.reshape(len(images), -1) / 255
    return {name: float(getattr(problexity, name.lower())(rows, labels)) for name in names}


if __name__ == "__main__":
    main()
