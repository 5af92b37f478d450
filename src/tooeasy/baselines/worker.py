"""One fit in a process of its own: ``python -m tooeasy.baselines.worker FOLDER JOB``.

It says ``ready`` when its data is open, and its result as one line of JSON when it is done. It ends when its standard
input does: that is when the process that started it has ended, however that came.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tooeasy.baselines.mapping import make_estimator
from tooeasy.baselines.pixels import open_prepared
from tooeasy.baselines.settings import all_settings

READY = "ready"


def main(folder: str, job: str) -> None:
    """Fit and score what a job describes, and print the result."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    told = json.loads(job)
    setting = next(setting for setting in all_settings() if str(setting) == told["setting"])
    estimator = make_estimator(setting, classes=told["classes"], seed=told["seed"])
    arrays = open_prepared(Path(folder))
    print(READY, flush=True)  # noqa: T201
    try:
        with limited_memory(told["memory_limit"]):
            result = fit_and_score(estimator, arrays, told["seed"])
    except MemoryError as error:
        result = {"status": "over memory", "why": _line(error) or "no memory"}
    except Exception as error:  # whatever an estimator raises is a result
        result = {"status": "failed", "why": f"{type(error).__name__}: {_line(error)}"}
    print(json.dumps(result, allow_nan=False), flush=True)  # noqa: T201


def fit_and_score(estimator: Any, arrays: list[Any], seed: int) -> dict[str, Any]:
    """Fit on the training images in an order that the seed gives, and count what is right of the others."""
    train, train_labels, test, test_labels = arrays
    order = np.random.default_rng(seed).permutation(len(train))
    images, labels = train[order], train_labels[order]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        estimator.fit(images, labels)
        fitted = time.perf_counter()
        right = int((estimator.predict(test) == test_labels).sum())
    said = dict.fromkeys(f"{warning.category.__name__}: {_line(warning.message)}" for warning in caught)
    return {
        "status": "ok",
        "right": right,
        "fit_seconds": round(fitted - start, 6),
        "score_seconds": round(time.perf_counter() - fitted, 6),
        "warnings": list(said),
    }


@contextmanager
def limited_memory(most: int | None) -> Iterator[None]:
    """Let the process hold so many bytes of data of its own; files that it maps do not count."""
    if most is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    try:
        yield
    finally:  # so that there is memory to say that there was none
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _end_with_parent() -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


def _line(message: object) -> str:
    return " ".join(str(message).split())[:500]


if __name__ == "__main__":
    main(*sys.argv[1:])
