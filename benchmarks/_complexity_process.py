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
    before = memory_in_use()
    run = ours if library == "tooeasy" else theirs
    values, seconds = run(images, labels, names.split(","))
    print(json.dumps({"values": values, "seconds": seconds, "before": before, "peak": peak_memory()}))


def ours(images: np.ndarray, labels: np.ndarray, names: list[str]) -> tuple[dict[str, float], float]:
    """Values and seconds of tooeasy; kernels are compiled before the clock runs."""
    data = tooeasy.from_arrays((images, labels))
    tooeasy.measure_complexity(data, sample=50, measures=names)
    start = time.perf_counter()
    found = tooeasy.measure_complexity(data, measures=names, sample="all")
    return dict(found.values), time.perf_counter() - start


def theirs(images: np.ndarray, labels: np.ndarray, names: list[str]) -> tuple[dict[str, float], float]:
    """Values and seconds of problexity's functions; scaling pixels to [0, 1] is not timed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own source
        import problexity
    rows = images.reshape(len(images), -1) / 255
    start = time.perf_counter()
    found = {name: float(getattr(problexity, name.lower())(rows, labels)) for name in names}
    return found, time.perf_counter() - start


if __name__ == "__main__":
    main()
