"""A sketch in a process of its own: prints what it took as a JSON object. ``scale.py`` runs it.

    python benchmarks/_scale_process.py PATH PROCESSES

With more than one process, the work is shared among that many on this machine, which are started before the clock.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager

from _timing import memory_in_use, peak_memory

import tooeasy


@contextmanager
def workers(processes: int):
    """Yield a client of so many processes with one thread each, or None for this process alone."""
    if processes == 1:
        yield None
        return
    import distributed

    with (
        distributed.LocalCluster(n_workers=processes, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def main() -> None:
    """Sketch the dataset at the first argument's path with so many processes."""
    path, processes = sys.argv[1], int(sys.argv[2])
    split = tooeasy.load(path).train
    warm = tooeasy.load("digits").train
    imported = memory_in_use()
    with workers(processes) as client:
        tooeasy.sketch_split(warm, scheduler=client)  # kernels are compiled, and workers have imported what they need
        start = time.perf_counter()
        sketch = tooeasy.sketch_split(split, scheduler=client)
        seconds = time.perf_counter() - start
    images = int(sketch.images_per_class.sum())
    print(json.dumps({"images": images, "seconds": seconds, "imported": imported, "peak": peak_memory()}))


if __name__ == "__main__":
    main()
