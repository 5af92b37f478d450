"""How fast is the one-pixel study? tooeasy beside scikit-learn's loop, plain Python and NumPy, on the same machine.

    python benchmarks/one_pixel.py --data FOLDER

FOLDER has the IDX files of MNIST in a folder ``mnist``; by default it is what TOOEASY_TEST_DATA names. All numbers are
measured in the run, in rounds that take turns; what would take minutes is measured on a sample and scaled, and says
so. Before anything is printed, the peers' results are compared, and the script ends if they differ.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import _one_pixel_peers as peers
import numpy as np
from _one_pixel_process import RULES, Arrays, load_arrays, whole_study
from _timing import (
    MEGABYTE,
    Timing,
    describe_machine,
    print_table,
    run_command,
    run_json,
    seconds_of,
    time_in_turn,
    usable_cores,
    verdict,
)

import tooeasy

PACKAGES = ("numpy", "numba", "scikit-learn", "tooeasy")
PROCESS = Path(__file__).with_name("_one_pixel_process.py")
# scikit-learn's loop and tooeasy solve slightly different problems: sag stops before it has converged (at dark pixels
# after one step, with the wrong majority), and tooeasy rounds pixel / norm to 256 levels, which loses what a dark
# pixel says. So single sampled pixels may differ much, which is printed. Held are the median of the sample, the best
# pixel of each pair with a solver that converges, and, strictly, regressions that converge on the same levels.
MEDIAN_TOLERANCE = 0.01  # in accuracy
BEST_TOLERANCE = 0.01  # in accuracy
FIT_TOLERANCE = 1e-6  # relative, of coefficients


@dataclass(frozen=True)
class Workload:
    """What is timed: the dataset in every form that a peer takes, and the sample of pairs and pixels."""

    name: str
    arrays: Arrays
    train: peers.Part
    test: peers.Part
    classes: int
    sample: list[peers.Cell]

    @property
    def pixels(self) -> int:
        """Pixels of an image."""
        return self.train.images.shape[1]

    @property
    def pairs(self) -> int:
        """Pairs of classes."""
        return len(peers.pairs_of(self.classes))

    @property
    def scale(self) -> float:
        """From the sample to all pairs and pixels."""
        return self.pairs * self.pixels / len(self.sample)

    def position(self, pixel: int) -> tuple[int, int, int]:
        """Row, column, channel of a pixel."""
        row, column, channel = np.unravel_index(pixel, self.arrays[0][0].shape[1:])
        return int(row), int(column), int(channel)

    def flat(self, best: tooeasy.PixelScore) -> int:
        """Position of a score's pixel among all pixels."""
        return int(np.ravel_multi_index((best.row, best.column, best.channel), self.arrays[0][0].shape[1:]))


def main() -> None:
    """Check that all agree, time them, print the tables."""
    options = parse_arguments()
    work = load_workload(options)
    print(f"One pixel of {work.name}: {len(work.train.labels):,} training and {len(work.test.labels):,} test images,")
    print(f"{work.pairs} pairs of classes, {work.pixels} pixels; rules {', '.join(RULES)}; held-out scores.")
    print(describe_machine(PACKAGES))
    print(f"Medians of {options.rounds} rounds; every call is made once untimed before.")
    for line in check_agreement(work):
        print(f"agree: {line}")
    times = time_library(work, options.rounds)
    loops = time_loops(work, options.rounds)
    print_table("tooeasy, from arrays in memory", library_rows(times, work))
    print_table("The same without tooeasy", peer_rows(times, loops, work))
    for note in notes(work):
        print(note)
    print_table("Memory of the study, in a fresh process", memory_rows(options.folder))
    print_table("Commands and first run, each in a fresh process", command_rows(options.dataset, options))


def parse_arguments() -> argparse.Namespace:
    """Read the command line; one line on stderr and exit code 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--dataset", default="mnist", help="folder in FOLDER: mnist (default) or fashion-mnist")
    parser.add_argument("--rounds", type=int, help="rounds to time (default 7; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="a small sample and few rounds: rough numbers soon")
    parser.add_argument("--seed", type=int, default=0, help="of the sample of pixels (default 0)")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 7)
    if options.rounds < 1:
        parser.exit(2, "one_pixel.py: --rounds is 1 or more\n")
    if not options.data:
        parser.exit(2, "one_pixel.py: say where the IDX files are, with --data FOLDER or TOOEASY_TEST_DATA\n")
    options.folder = Path(options.data) / options.dataset
    if not options.folder.is_dir():
        parser.exit(2, f"one_pixel.py: no such folder: {options.folder}; it should hold the IDX files\n")
    return options


def load_workload(options: argparse.Namespace) -> Workload:
    """Load the images, and draw the sample."""
    try:
        arrays = load_arrays(str(options.folder))
    except tooeasy.TooeasyError as error:
        print(f"one_pixel.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    train, test = (peers.Part(images.reshape(len(images), -1), labels) for images, labels in arrays)
    classes = int(train.labels.max()) + 1
    sample = peers.sample_cells(classes, train.images.shape[1], 1 if options.quick else 8, options.seed)
    return Workload(options.dataset, arrays, train, test, classes, sample)


# Agreement


def check_agreement(work: Workload) -> list[str]:
    """Compare all results; return what was found, or end the script."""
    plain, normalized = whole_study(work.arrays), whole_study(work.arrays, "l2")
    return [
        check_numpy(plain, work),
        check_python(plain["lookup"], work),
        check_sag(normalized["logistic"], work),
        check_converged(normalized["logistic"], work),
    ]


def check_numpy(studies: Mapping[str, tooeasy.PixelStudy], work: Workload) -> str:
    """Best pixels, training and held-out accuracies of all pairs are the same numbers."""
    counts = peers.numpy_sketches(work.train, work.test, work.classes)
    require(np.array_equal(counts[0], studies["lookup"].train.counts), "NumPy's counts")
    for rule, found in numpy_rules(counts).items():
        pairs = studies[rule].pairs
        best = [work.flat(pair) for pair in pairs]
        require(np.array_equal(found.pixels, best), f"NumPy's pixels, {rule}")
        require(np.array_equal(found.train, [p.train_accuracy for p in pairs]), f"NumPy's training accuracies, {rule}")
        require(np.array_equal(found.test, [p.test_accuracy for p in pairs]), f"NumPy's test accuracies, {rule}")
    every = peers.numpy_logistic(*counts, block=work.pixels)
    require(np.array_equal(every.pixels, found.pixels), "NumPy's pixels, logistic with all pixels fitted")
    return f"NumPy, counts, and pixel, training and test accuracy of {work.pairs} pairs by {len(RULES)} rules: equal"


def numpy_rules(counts: tuple[Any, Any]) -> dict[str, peers.Found]:
    """All three rules in NumPy."""
    return {
        "lookup": peers.numpy_lookup(*counts),
        "threshold": peers.numpy_threshold(*counts),
        "logistic": peers.numpy_logistic(*counts),
    }


def check_python(study: tooeasy.PixelStudy, work: Workload) -> str:
    """Lookup accuracies of the sample are the same numbers."""
    train, test = (peers.images_as_bytes(part, work.classes) for part in (work.train, work.test))
    for cell in work.sample:
        ours = score(study, cell, work)
        require(
            (ours.train_accuracy, ours.test_accuracy) == peers.python_cell(train, test, cell), f"plain Python, {cell}"
        )
    return f"plain Python, training and test accuracy at {len(work.sample)} sampled pixels: equal"


def check_sag(study: tooeasy.PixelStudy, work: Workload) -> str:
    """In-sample accuracies of scikit-learn's loop are near, as near as the two problems are."""
    ours = [score(study, cell, work).train_accuracy for cell in work.sample]
    sag = np.abs(np.subtract(ours, peers.sklearn_loop(peers.normalized_columns(work.train, work.sample))))
    require(np.median(sag) <= MEDIAN_TOLERANCE, f"scikit-learn's loop, {np.median(sag):.4f} apart in the median")
    best = [peers.Cell(*pair.classes, work.flat(pair)) for pair in study.pairs]
    theirs = peers.sklearn_loop_converged(peers.normalized_columns(work.train, best))
    apart = float(np.abs(np.subtract([pair.train_accuracy for pair in study.pairs], theirs)).max())
    require(apart <= BEST_TOLERANCE, f"scikit-learn's loop with a solver that converges, {apart:.4f} at best pixels")
    return (
        f"scikit-learn's loop, in-sample accuracy: {np.median(sag):.4f} apart in the median, {sag.max():.4f} at worst "
        f"(sag stops early,\n       tooeasy rounds); at the pairs' best pixels, with a solver that converges, "
        f"{apart:.4f} at worst"
    )


def check_converged(study: tooeasy.PixelStudy, work: Workload) -> str:
    """Regressions on the same levels, both run to convergence, are the same."""
    largest = 0.0
    for a, b, pixel in work.sample:
        zeros, ones = study.train.counts[[a, b], pixel]
        theirs = np.array(peers.sklearn_converged(zeros, ones))
        parameters = score(study, peers.Cell(a, b, pixel), work).rule.parameters
        ours = np.array([parameters["coefficient"], parameters["intercept"]])
        largest = max(largest, float((np.abs(ours - theirs) / (1.0 + np.abs(theirs))).max()))
    require(largest <= FIT_TOLERANCE, f"scikit-learn run to convergence, {largest:.1e} apart")
    return f"scikit-learn run to convergence on the same levels: coefficients {largest:.0e} apart at most, relative"


def score(study: tooeasy.PixelStudy, cell: peers.Cell, work: Workload) -> tooeasy.PixelScore:
    """Score of one pixel of one pair."""
    return study.score(cell.a, cell.b, work.position(cell.pixel))


def require(holds: bool, what: str) -> None:
    """End the script if peers differ: their times would say nothing."""
    if not holds:
        raise SystemExit(f"one_pixel.py: results differ from tooeasy's: {what}")


# Timing


def time_library(work: Workload, rounds: int) -> dict[str, Timing]:
    """Time tooeasy and NumPy, taking turns; the parts as well as the whole."""
    data = tooeasy.from_arrays(*work.arrays)
    sketches = {normalize: data.train.sketch(normalize=normalize) for normalize in ("none", "l2")}
    test = data.test.sketch()
    counts = peers.numpy_sketches(work.train, work.test, work.classes)
    calls: dict[str, Callable[[], object]] = {
        "whole": partial(whole_study, work.arrays),
        "one thread": partial(whole_study, work.arrays, threads=1),
        "whole l2": partial(whole_study, work.arrays, "l2"),
        "resketched": partial(resketching_study, work.arrays),
        "sketch train": data.train.sketch,
        "sketch test": data.test.sketch,
        "numpy sketches": partial(peers.numpy_sketches, work.train, work.test, work.classes),
        "numpy lookup": partial(peers.numpy_lookup, *counts),
        "numpy threshold": partial(peers.numpy_threshold, *counts),
        "numpy logistic": partial(peers.numpy_logistic, *counts),
        "numpy logistic all": partial(peers.numpy_logistic, *counts, block=work.pixels),
    }
    for rule in RULES:
        calls[rule] = partial(tooeasy.study_pixels, sketches["none"], test=test, rule=rule)
    return time_in_turn(calls, rounds)


def resketching_study(arrays: Arrays) -> None:
    """Make three studies of the dataset: each sketches both splits anew."""
    data = tooeasy.from_arrays(*arrays)
    for rule in RULES:
        tooeasy.study_pixels(data, rule=rule)


def time_loops(work: Workload, rounds: int) -> dict[str, Timing]:
    """Time the loops on the sample, taking turns, and scale to all pairs and pixels."""
    columns = peers.normalized_columns(work.train, work.sample)
    train, test = (peers.images_as_bytes(part, work.classes) for part in (work.train, work.test))
    with ProcessPoolExecutor(usable_cores()) as pool:
        calls: dict[str, Callable[[], object]] = {
            "sklearn": partial(peers.sklearn_loop, columns),
            "sklearn pool": partial(peers.sklearn_pool, pool, columns),
            "python": lambda: [peers.python_cell(train, test, cell) for cell in work.sample],
        }
        return {name: timing * work.scale for name, timing in time_in_turn(calls, rounds).items()}


# Tables


def library_rows(times: Mapping[str, Timing], work: Workload) -> list[tuple[str, ...]]:
    """Rows on tooeasy alone."""
    whole = times["whole"]
    names = {
        "one thread": "  the same on one thread",
        "whole l2": "  the same on L2-normalised images",
        "resketched": "  three calls on the Dataset: both splits sketched 3 times",
        "sketch train": f"  part: sketch of {len(work.train.labels):,}",
        "sketch test": f"  part: sketch of {len(work.test.labels):,}",
        **{rule: f"  part: {rule}, from sketches" for rule in RULES},
    }
    limit = verdict(whole.median <= 0.5)
    return [
        ("", "median", "range", "target"),
        (f"whole study, {usable_cores()} cores: both splits, three rules", *whole.cells(), f"<= 0.5 s: {limit}"),
        *((label, *times[name].cells(), "") for name, label in names.items()),
    ]


def peer_rows(
    times: Mapping[str, Timing], loops: Mapping[str, Timing], work: Workload
) -> list[tuple[str, str, str, str, str]]:
    """Rows on the peers, each beside tooeasy's time for at least the same work."""
    whole, normalized = times["whole"], times["whole l2"]
    sketches, two = times["sketch train"] + times["sketch test"], times["lookup"] + times["threshold"]
    numpy_two = times["numpy lookup"] + times["numpy threshold"]
    numpy_counts = times["numpy sketches"]
    rows: list[tuple[str, Timing, Timing, float]] = [
        ("scikit-learn loop [1], one process, scaled", loops["sklearn"], normalized, 0),
        (f"scikit-learn loop [1], pool of {usable_cores()}, scaled", loops["sklearn pool"], normalized, 1000),
        ("plain Python loop [2], lookup only, scaled", loops["python"], sketches + times["lookup"], 0),
        ("NumPy [3]: sketches", numpy_counts, sketches, 0),
        ("NumPy: sketches, lookup, threshold", numpy_counts + numpy_two, sketches + two, 0),
        ("NumPy: whole study, all logistic fits", numpy_counts + numpy_two + times["numpy logistic all"], whole, 3),
        ("NumPy: whole study, tooeasy's bound on fits", numpy_counts + numpy_two + times["numpy logistic"], whole, 3),
    ]
    header = ("", "median", "range", f"x tooeasy, {work.name}", "target")
    return [header, *(_peer_row(*row) for row in rows)]


def _peer_row(name: str, peer: Timing, ours: Timing, target: float) -> tuple[str, str, str, str, str]:
    ratio = peer.median / ours.median
    goal = f">= {target:,.0f} x: {verdict(ratio >= target)}" if target else ""
    return name, *peer.cells(), f"{ratio:,.1f} x of {ours.cells()[0]}", goal


def notes(work: Workload) -> list[str]:
    """What the numbers stand for."""
    cells, sample, per_pair = work.pairs * work.pixels, len(work.sample), len(work.sample) // work.pairs
    return [
        "[1] LogisticRegression(solver='sag'), C = 1, L2 penalty, on pixel / norm: fit and in-sample score. Measured",
        f"    at {sample} of {cells:,} pixels of pairs ({per_pair} a pair, drawn with a seed), times {work.scale:g}.",
        "    The first study used a pool of processes over the pixels; here it is started before the clock. Not",
        "    timed: normalising, cutting out pairs and columns, held-out scores. Beside tooeasy's three rules on",
        "    L2-normalised images.",
        "[2] For each pair and pixel, images counted in a dict, and the held-out score; same sample, same scaling.",
        "[3] One thread, as NumPy is. tooeasy's times include what no peer here computes: the best pixel for all",
        "    classes at once, mutual information, intervals, balanced accuracy.",
    ]


def memory_rows(folder: Path) -> list[tuple[str, ...]]:
    """Rows on resident memory."""
    memory = run_json(PROCESS, [str(folder)])["memory"]
    size = {name: f"{number / MEGABYTE:.0f} MB" for name, number in memory.items()}
    return [
        ("", "resident", "target"),
        ("after importing tooeasy and NumPy", size["imported"], ""),
        ("images of both splits loaded", size["loaded"], ""),
        ("peak while loading them", size["peak_loaded"], ""),
        ("peak, with the whole study", size["peak"], f"< 400 MB: {verdict(memory['peak'] < 400 * MEGABYTE)}"),
    ]


def command_rows(dataset: str, options: argparse.Namespace) -> list[tuple[str, ...]]:
    """Rows on what a user waits for; commands that fail are said to and left out."""
    rounds = min(options.rounds, 5)
    rows = [("", "median", "range", "target")]
    for arguments, limit in ((["pixels", dataset], 2.0), (["--help"], 0.4)):
        name = " ".join(["tooeasy", *arguments])
        try:
            timing = time_in_turn({name: partial(run_command, [executable(), *arguments])}, rounds)[name]
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"\nleft out: {name}: {_reason(error)}")
            continue
        rows.append((name, *timing.cells(), f"<= {limit:g} s: {verdict(timing.median <= limit)}"))
    return [*rows, *first_run_rows(options.folder, dataset)]


def first_run_rows(folder: Path, dataset: str) -> list[tuple[str, ...]]:
    """Rows on compilation: the same process with an empty cache of kernels, then with what it left there."""
    with tempfile.TemporaryDirectory() as cache:
        first, second = (run_json(PROCESS, [str(folder)], {"NUMBA_CACHE_DIR": cache})["seconds"] for _ in range(2))
    compiling = Timing((first - second,))
    rows = [
        ("whole study in a fresh process, kernels from the cache", *Timing((second,)).cells(), ""),
        ("compiling all its kernels, cache empty", *compiling.cells(), f"<= 10 s: {verdict(compiling.median <= 10)}"),
    ]
    with tempfile.TemporaryDirectory() as cache:
        command = partial(run_command, [executable(), "pixels", dataset], {"NUMBA_CACHE_DIR": cache})
        try:
            rows.append((f"tooeasy pixels {dataset}, cache empty", *Timing((seconds_of(command),)).cells(), ""))
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"\nleft out: tooeasy pixels {dataset}, cache empty: {_reason(error)}")
    return rows


def executable() -> str:
    """Path of the command that belongs to this Python."""
    return str(Path(sys.executable).with_name("tooeasy"))


def _reason(error: OSError | subprocess.CalledProcessError) -> str:
    output: Sequence[str] = (getattr(error, "stderr", None) or "").strip().splitlines()
    return output[-1] if output else str(error)


if __name__ == "__main__":
    main()
