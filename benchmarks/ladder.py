"""What does the ladder cost? Each classical rung beside the same estimator called by hand on the same arrays.

    python benchmarks/ladder.py --data FOLDER [--budget SECONDS]

FOLDER has the IDX files of MNIST in a folder ``mnist``; by default it is what TOOEASY_TEST_DATA names. The answers of
a rung and of the estimator by hand are compared first; then both are fitted and asked in turn. The whole ladder is
climbed in a process of its own, whose time and peak memory are given.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _timing import MEGABYTE, describe_machine, print_table, run_json, seconds_of, verdict
from sklearn.base import clone

import tooeasy
from tooeasy.ladder import Task
from tooeasy.ladder.classical import Estimator, classical
from tooeasy.ladder.climbing import BUDGET
from tooeasy.ladder.rung import Rung

PACKAGES = ("numpy", "scikit-learn", "torch", "tooeasy")
PROCESS = Path(__file__).with_name("_ladder_process.py")
IMAGES = {"boosting": 4_000}  # of the dear one, which is as dear by hand; the others get more
OTHERS = 20_000
MOST_RATIO, MOST_OVER, MOST_MEMORY = 1.1, 1.2, 2_000
ROUNDS = 3


def silent(_: str) -> None:
    """Say nothing of what a rung is doing."""


def by_rung(rung: Rung, task: Task, images: int) -> Callable[[], np.ndarray]:
    """Fit and ask through the ladder."""
    return lambda: rung.fit(task, images, silent)(task.test).answers


def by_hand(rung: Estimator, task: Task, images: int) -> Callable[[], np.ndarray]:
    """Fit and ask the estimator itself, on the arrays that the rung makes of the images."""

    def call() -> np.ndarray:
        part, test = task.train(images), task.test
        model = clone(rung.estimator)
        seeds = [name for name in model.get_params() if name.split("__")[-1] == "random_state"]
        model.set_params(**dict.fromkeys(seeds, task.seed))
        model.fit(part.features(), part.labels)
        if hasattr(model, "predict_proba"):
            return np.asarray(model.classes_[model.predict_proba(test.features()).argmax(axis=1)])
        return np.asarray(model.predict(test.features()))

    return call


def compare(rung: Estimator, task: Task) -> list[str]:
    """Time one rung and its estimator in turn; end if they answer differently."""
    images = IMAGES.get(rung.name, OTHERS)
    calls = by_rung(rung, task, images), by_hand(rung, task, images)
    first, second = (call() for call in calls)
    if np.mean(first == second) < 0.9999:
        sys.exit(f"{rung.name}: the rung and the estimator by hand differ")
    times = np.array([[seconds_of(call) for call in calls] for _ in range(ROUNDS)])
    ours, theirs = np.median(times, axis=0)
    ratio = float(np.median(times[:, 0] / times[:, 1]))
    return [rung.name, f"{images:,}", f"{ours:.2f} s", f"{theirs:.2f} s", f"{ratio:.2f}", verdict(ratio <= MOST_RATIO)]


def compare_components(rung: Estimator, task: Task) -> list[list[str]]:
    """Time support vectors on principal components and on all pixels, in turn, on half of the images."""
    calls = by_rung(rung, task, OTHERS // 2), by_hand(Estimator("pixels", rung.estimator[-1]), task, OTHERS // 2)
    right = [np.mean(call() == task.test.labels) for call in calls]
    times = np.array([[seconds_of(call) for call in calls] for _ in range(ROUNDS)])
    ratio = np.median(times[:, 1] / times[:, 0])
    names = "svm, 100 components", "its SVC on all pixels"
    rows = zip(names, right, np.median(times, axis=0), ("", f"{ratio:.1f} times as long"), strict=True)
    return [[name, f"{share:.4f}", f"{seconds:.2f} s", words] for name, share, seconds, words in rows]


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--budget", type=float, default=BUDGET)
    given = parser.parse_args()
    if given.data is None:
        parser.error("give --data FOLDER, or set TOOEASY_TEST_DATA")
    print(describe_machine(PACKAGES))
    task = Task(tooeasy.load(Path(given.data) / "mnist"))
    rungs = [rung for rung in classical() if isinstance(rung, Estimator)]
    head = ["rung", "images", "tooeasy", "by hand", "ratio", f"at most {MOST_RATIO}"]
    print_table("classical rungs, MNIST, fitted and asked of 10,000 images", [head, *(compare(r, task) for r in rungs)])
    svm = next(rung for rung in rungs if rung.name == "svm")
    head = ["support vectors, 10,000 images", "test accuracy", "seconds", ""]
    print_table("principal components, MNIST", [head, *compare_components(svm, task)])
    found = run_json(PROCESS, [str(Path(given.data) / "mnist"), str(given.budget)])
    seconds, memory = found["seconds"], found["peak_bytes"] / MEGABYTE
    rows = [["rung", "test accuracy", "images", "seconds"]]
    rows += [[r["rung"], f"{r['accuracy']:.4f}", f"{r['images']:,}", f"{r['seconds']:.1f}"] for r in found["rungs"]]
    print_table(f"the whole ladder, budget {given.budget:g} s", rows)
    print(f"whole climb {seconds:.0f} s: {verdict(seconds <= MOST_OVER * given.budget)} (budget and 20 %)")
    print(f"peak memory {memory:,.0f} MB: {verdict(memory <= MOST_MEMORY)} ({MOST_MEMORY:,} MB)")


if __name__ == "__main__":
    main()
