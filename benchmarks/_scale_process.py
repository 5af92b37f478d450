"""A sketch in a process of its own: prints what it took as a JSON object. ``scale.py`` runs it.

    python benchmarks/_scale_process.py PATH WORKERS

With 0 workers this process does it, in its threads; otherwise so many processes of one thread each, which are started
before the clock.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager

from _timing import own_memory, watched_memory

import tooeasy


@contextmanager
def workers(number: int):
    """Yield a client of so many processes with one thread each, or None for this process alone."""
    if number == 0:
        yield None
        return
    import distributed

    with (
        distributed.LocalCluster(n_workers=number, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def main() -> None:
    """Sketch the dataset at the first argument's path with so many workers."""
    path, number = sys.argv[1], int(sys.argv[2])
    split = tooeasy.load(path).train
    warm = tooeasy.load("digits").train
    imported = own_memory()
    with workers(number) as client:
        for _ in range(2 * number or 1):  # kernels are compiled, and workers have imported what they need
            tooeasy.sketch_split(warm, scheduler=client, part_bytes=2**14)
        with watched_memory() as most:
            start = time.perf_counter()
            sketch = tooeasy.sketch_split(split, scheduler=client)
            seconds = time.perf_counter() - start
    images = int(sketch.images_per_class.sum())
    print(json.dumps({"images": images, "seconds": seconds, "imported": imported, "peak": most()}))


if __name__ == "__main__":
    main()
