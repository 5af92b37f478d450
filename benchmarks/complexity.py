"""What do measures of complexity cost on full MNIST? tooeasy beside problexity, on the same machine.

    python benchmarks/complexity.py --data FOLDER

FOLDER has the IDX files of MNIST in a folder ``mnist``; by default it is what TOOEASY_TEST_DATA names. problexity's N1
holds all distances at once, so it is measured on growing numbers of images; what 60,000 would take is extrapolated, and
says so. Every run is a fresh process, once. Before anything is timed, values are compared on two digits.
"""

from __future__ import annotations

import argparse
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from _timing import MEGABYTE, describe_machine, print_table, run_json

import tooeasy
from tooeasy.complexity.distances import Points
from tooeasy.complexity.neighbours import spanning_tree

PACKAGES = ("numpy", "numba", "scikit-learn", "problexity", "tooeasy")
PROCESS = Path(__file__).with_name("_complexity_process.py")
OURS = ("F1,F2,F3,C1,C2", "F1v", "L1,L2", "N3", "N1", "CSG")
SAME = ("F2", "F3", "L1", "L2", "N3", "C1", "C2")


def main() -> None:
    """Compare, measure, print."""
    options = parse_arguments()
    print(f"Complexity of MNIST's training images. {describe_machine(PACKAGES)}")
    print(f"agree: {check_agreement(options.folder)}")
    rows = [("measures", "images", "seconds", "memory beside the images")]
    for names in OURS:
        rows.append(_row("tooeasy", names, "all", run(options.folder, "tooeasy", names, "all")))
        print(*rows[-1], flush=True)
    rows.append(_row("problexity", "N3", "all", run(options.folder, "problexity", "N3", "all")))
    found = {n: run(options.folder, "problexity", "N1", str(n)) for n in options.sizes}
    rows += [_row("problexity", "N1", str(n), result) for n, result in found.items()]
    rows.append(_extrapolated("N1", found))
    last = str(options.sizes[-1])
    rows.append(_row("tooeasy", "N1", last, run(options.folder, "tooeasy", "N1", last)))
    print_table("A fresh process each", rows)


def parse_arguments() -> argparse.Namespace:
    """Read the command line; one line on stderr and exit code 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1000, 2000], help="images for problexity's N1")
    options = parser.parse_args()
    if not options.data or not (Path(options.data) / "mnist").is_dir():
        parser.exit(2, "complexity.py: say where mnist/ with the IDX files is, with --data or TOOEASY_TEST_DATA\n")
    options.folder = Path(options.data) / "mnist"
    return options


def run(folder: Path, library: str, names: str, number: str) -> dict[str, Any]:
    """Measure in a fresh process."""
    return run_json(PROCESS, [str(folder), library, names, number])


def check_agreement(folder: Path) -> str:
    """Values of 3 against 5, of 400 images each, are the same; N1 and F1 but for what problexity counts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import problexity
    data = tooeasy.load(str(folder))
    rows = np.concatenate([np.flatnonzero(data.train.labels == digit)[:400] for digit in (3, 5)])
    images, labels = data.train.part(rows).images(), np.repeat([0, 1], 400)
    found = tooeasy.measure_complexity((images, labels), measures=[*SAME, "F1"])
    scaled = images.reshape(len(images), -1) / 255
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in SAME:
            theirs = getattr(problexity, name.lower())(scaled, labels)
            require(abs(found[name] - theirs) <= 1e-9, f"{name}: {found[name]} and {theirs}")
        require(np.isclose(1 / problexity.f1(scaled, labels) - 1, 2 * (1 / found["F1"] - 1)), "F1")
    edges = spanning_tree(Points(images.reshape(len(images), -1), labels))
    across = (labels[edges[:, 0]] != labels[edges[:, 1]]).sum()
    require(np.isclose(problexity.n1(scaled, labels), across / 2 / len(labels)), "N1")
    return f"{', '.join(SAME)} of 3 against 5 equal problexity's; F1 and N1 but for its factors of 2"


def require(holds: bool, what: str) -> None:
    """End the script if values differ: times would say nothing."""
    if not holds:
        raise SystemExit(f"complexity.py: values differ: {what}")


def _row(library: str, names: str, number: str, result: dict[str, Any]) -> tuple[str, ...]:
    memory = (result["peak"] - result["before"]) / MEGABYTE
    return f"{library}: {names.replace(',', ', ')}", number, f"{result['seconds']:.2f}", f"{memory:,.0f} MB"


def _extrapolated(names: str, found: dict[int, dict[str, Any]]) -> tuple[str, ...]:
    """Time and memory of 60,000 images: the largest sample's, times the square of how many times more images."""
    largest = max(found)
    factor = (60_000 / largest) ** 2
    seconds, memory = found[largest]["seconds"], found[largest]["peak"] - found[largest]["before"]
    return (
        f"problexity: {names}, extrapolated as n²",
        "60000",
        f"{factor * seconds:,.0f}",
        f"{factor * memory / 1e9:,.0f} GB",
    )


if __name__ == "__main__":
    main()
