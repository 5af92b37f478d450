"""Climb the whole ladder of a dataset in a process of its own, and print what it took as JSON."""

from __future__ import annotations

import json
import sys
import time

from _timing import peak_memory

from tooeasy.ladder import ClimbOptions, climb

if __name__ == "__main__":
    source, budget = sys.argv[1], float(sys.argv[2])
    start = time.perf_counter()
    ladder = climb(source, options=ClimbOptions(budget=budget, cache=False))
    seconds = time.perf_counter() - start
    rungs = [
        {
            "rung": rung.rung,
            "accuracy": rung.test_accuracy,
            "images": rung.images,
            "seconds": rung.fit_seconds + rung.predict_seconds,
        }
        for rung in ladder.rungs
        if rung.score is not None
    ]
    print(json.dumps({"seconds": seconds, "peak_bytes": peak_memory(), "rungs": rungs}))
