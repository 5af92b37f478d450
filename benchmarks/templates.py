"""How fast do templates come? tooeasy from a sketch, beside NumPy and scikit-learn on the images, on the same machine.

    python benchmarks/templates.py --data FOLDER

FOLDER has the IDX files of MNIST and Fashion-MNIST in folders ``mnist`` and ``fashion-mnist``; by default it is what
TOOEASY_TEST_DATA names. All numbers are measured in the run, in rounds that take turns; what would take minutes is
measured once, or for one class and scaled, and says so. Before anything is timed, the peers' results are compared, and
the script ends if they differ.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import _templates_peers as peers
import numpy as np
from _timing import Timing, describe_machine, print_table, seconds_of, time_in_turn, verdict
from numpy.typing import NDArray

import tooeasy
from tooeasy.templates import FROM_SKETCH, Settings, study_budget, study_templates
from tooeasy.templates.features import moments_of, score_all
from tooeasy.templates.fit import fit_moments, least_squares
from tooeasy.templates.lasso import LassoPath, lasso_alphas, lasso_path
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments

PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "tooeasy")
SCORES = 1e-6  # how near scores of least squares are, relative to the range of what they predict
COEFFICIENTS = 1e-6  # how near coefficients of the lasso are, with scikit-learn's tolerance at GRAM_TOLERANCE
GRAM_TOLERANCE = 1e-8  # of the duality gap: at the default of 1e-4, coefficients differ in their third digit
SLOPE = 1e-4  # of the mean loss, at which softmax may stop
CLASS = 0  # whose path is timed on the images
LOOSE = 2e-2  # what is asked of that path, whose tolerance is the default


@dataclass(frozen=True)
class Work:
    """A dataset in every form that a peer takes."""

    name: str
    data: tooeasy.Dataset
    X: NDArray[np.float64]
    labels: NDArray[np.intp]
    sketch: tooeasy.Sketch

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.data.classes)

    def moments(self) -> Moments:
        """Moments, scaled anew from the sketch."""
        return Moments.of_sketch(self.sketch)


def main() -> None:
    """Check that all agree, time them, print the tables."""
    options = parse_arguments()
    print("Templates: one picture of weights for each class, of 60,000 images of 28x28 pixels.")
    print(describe_machine(PACKAGES))
    print(f"Medians of {options.rounds} rounds, unless it says one round; every call in rounds is made once before.")
    works = [load_work(options.root, name) for name in ("mnist", "fashion-mnist")]
    print_table("Least squares, ten classes, MNIST", least_squares_rows(works[0], options))
    for work in works:
        print_table(f"Lasso path of 50 penalties, ten classes, {work.name}", lasso_rows(work, options))
    print_table("Studies, MNIST: fitted from the sketch, scored on 10,000 images", study_rows(works[0], options))
    if not options.quick:
        for work in works:
            print_table(f"Softmax to a slope of {SLOPE:g}, C = 1, {work.name}, one round", softmax_rows(work))


def parse_arguments() -> argparse.Namespace:
    """Read the command line; one line on stderr and exit code 2 if the data are not there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", default=os.environ.get("TOOEASY_TEST_DATA"))
    parser.add_argument("--rounds", type=int, help="rounds to time (default 5; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="few rounds, and no softmax: rough numbers soon")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 2 if options.quick else 5
    if options.rounds < 1:
        parser.exit(2, "templates.py: --rounds is 1 or more\n")
    if not options.data:
        parser.exit(2, "templates.py: say where the IDX files are, with --data FOLDER or TOOEASY_TEST_DATA\n")
    options.root = Path(options.data)
    for name in ("mnist", "fashion-mnist"):
        if not (options.root / name).is_dir():
            parser.exit(2, f"templates.py: no such folder: {options.root / name}; it should hold the IDX files\n")
    return options


def load_work(root: Path, name: str) -> Work:
    """Load the images, and sketch them."""
    try:
        data = tooeasy.load(root / name)
    except tooeasy.TooeasyError as error:
        print(f"templates.py: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    images = data.train.images()
    return Work(name, data, images.reshape(len(images), -1) / 255, data.train.labels, data.train.sketch(moments=True))


def require(holds: bool, what: str) -> None:
    """End the script if peers differ: their times would say nothing."""
    if not holds:
        raise SystemExit(f"templates.py: results differ from tooeasy's: {what}")


# Least squares


def least_squares_rows(work: Work, options: argparse.Namespace) -> list[tuple[str, ...]]:
    """Rows on the least-squares templates."""
    solvers: dict[str, Callable[..., tuple[NDArray, NDArray]]] = {
        "numpy.linalg.lstsq on the images": peers.numpy_lstsq,
        "scikit-learn LinearRegression": peers.sklearn_linear,
        f"scikit-learn Ridge(alpha={peers.TINY:g}, cholesky)": peers.sklearn_ridge,
    }
    test = work.data.test.images()[:2000].reshape(2000, -1) / 255
    ours = least_squares(work.moments()).scores(work.X[::30])
    for name, solve in solvers.items():
        W, b = solve(work.X, work.labels)
        apart = float(np.abs(work.X[::30] @ W.T + b - ours).max())
        beyond = float(np.abs(test @ W.T + b - least_squares(work.moments()).scores(test)).max())
        print(f"agree: {name}: scores {apart:.0e} apart at most; {beyond:.0e} on test images")
        require(apart <= (SCORES if name.startswith("numpy") else 1e-3), name)
    calls: dict[str, Callable[[], object]] = {
        "tooeasy, from the sketch": lambda: least_squares(work.moments()),
        "tooeasy, images to sketch": partial(work.data.train.sketch, moments=True),
        **{name: partial(solve, work.X, work.labels) for name, solve in solvers.items()},
    }
    times = time_in_turn(calls, options.rounds)
    base = times["tooeasy, from the sketch"]
    limit = verdict(base.median <= 0.5)
    rows = [("", "median", "range", "x tooeasy", "target")]
    for name, timing in times.items():
        ratio = "" if timing is base else f"{timing.median / base.median:,.1f} x"
        rows.append((name, *timing.cells(), ratio, f"<= 0.5 s: {limit}" if timing is base else ""))
    return rows


# The lasso


def lasso_rows(work: Work, options: argparse.Namespace) -> list[tuple[str, ...]]:
    """Rows on the path."""
    moments = work.moments()
    alphas = lasso_alphas(moments)
    gram, away = np.ascontiguousarray(moments.scatter()), work.X - work.X.mean(axis=0)
    away = np.asfortranarray(away)
    Y = peers.one_hot(work.labels)
    cross = (Y - Y.mean(axis=0)).T.copy(), moments.cross().T.copy()
    with_gram = partial(peers.lasso_on_gram, away, cross, gram, alphas, GRAM_TOLERANCE)
    check_lasso(lasso_path(moments, alphas), with_gram(), work)
    on_images: list[NDArray] = []

    def one_class() -> None:
        on_images.append(peers.lasso_on_images(work.X, work.labels, CLASS, alphas))

    images = Timing((seconds_of(one_class) * work.classes,))
    apart = float(np.abs(on_images[0] - lasso_path(moments, alphas).weights[:, CLASS]).max())
    print(f"agree: scikit-learn's lasso_path on the images, default tolerance, one class: {apart:.0e} apart at most")
    calls: dict[str, Callable[[], object]] = {
        "tooeasy, from the sketch": lambda: lasso_path(work.moments()),
        "tooeasy, one thread": lambda: lasso_path(work.moments(), threads=1),
        "scikit-learn lasso_path, Gram matrix given": with_gram,
    }
    times = time_in_turn(calls, options.rounds)
    ours = times["tooeasy, from the sketch"]
    rows = [("", "median", "range", "x tooeasy", "target")]
    for name, timing in times.items():
        ratio = timing.median / ours.median
        goal = f">= 1 x: {verdict(ratio >= 1)}" if "Gram" in name else ""
        rows.append((name, *timing.cells(), "" if timing is ours else f"{ratio:.2f} x", goal))
    ratio = images.median / ours.median
    goal = f">= 5 x: {verdict(ratio >= 5)}"
    rows.append(("scikit-learn lasso_path on the images, 1 class x 10", *images.cells(), f"{ratio:,.0f} x", goal))
    return rows


def check_lasso(ours: LassoPath, theirs: NDArray, work: Work) -> None:
    """Coefficients of all classes and penalties are the same, as far as they are one point."""
    apart = float(np.abs(ours.weights - theirs).max())
    print(f"agree: scikit-learn's lasso_path with its Gram matrix, {work.name}: coefficients {apart:.0e} apart at most")
    require(apart <= LOOSE, "lasso_path with its Gram matrix")
    if apart > COEFFICIENTS:
        moments, alphas = work.moments(), ours.alphas
        gram, cross = moments.scatter() / moments.n, moments.cross().T / moments.n
        worst = [
            max(
                float((np.abs(cross[label] - gram @ path[number, label]) - alphas[number]).max() / alphas[number])
                for number in range(len(alphas))
                for label in range(work.classes)
            )
            for path in (ours.weights, theirs)
        ]
        print(f"       slopes beyond the penalty, relative: tooeasy {worst[0]:.0e}, scikit-learn {worst[1]:.0e}")


# Softmax


def softmax_rows(work: Work) -> list[tuple[str, ...]]:
    """Rows on scikit-learn's solvers, each as near to the minimum as the others."""
    X, labels = work.X, work.labels
    single = X.astype(np.float32)
    varies = np.flatnonzero(np.ptp(single, axis=0) > 0)
    mean = single[:, varies].mean(axis=0)
    calls: dict[str, Callable[[], peers.Fit]] = {
        "lbfgs, float64": partial(peers.softmax, X, labels, "lbfgs", SLOPE),
        "lbfgs, float32": partial(peers.softmax, single, labels, "lbfgs", SLOPE),
        "lbfgs, float32, without constant pixels": partial(peers.softmax, single[:, varies], labels, "lbfgs", SLOPE),
        "the same, less the mean image (tooeasy)": partial(
            peers.softmax, single[:, varies], labels, "lbfgs", SLOPE, mean
        ),
        "newton-cg, float32, without constant pixels": partial(
            peers.softmax, single[:, varies], labels, "newton-cg", SLOPE
        ),
    }
    rows = [("", "seconds", "", "iterations", "largest slope", "test accuracy")]
    for name, call in calls.items():
        found: list[peers.Fit] = []
        timing = Timing((seconds_of(lambda call=call, found=found: found.append(call())),))
        fit = found[0]
        weights = np.zeros((work.classes, X.shape[1]))
        weights[:, slice(None) if fit.weights.shape == weights.shape else varies] = fit.weights
        whole = peers.Fit(weights, fit.intercepts, fit.iterations)
        slope = peers.largest_slope(whole, X, labels)
        accuracy = score_all([Linear(weights, fit.intercepts)], work.data.test)[0].test_accuracy
        rows.append((name, *timing.cells(), str(fit.iterations), f"{slope:.1e}", f"{accuracy:.4f}"))
    return rows


# Studies


def study_rows(work: Work, options: argparse.Namespace) -> list[tuple[str, ...]]:
    """Rows on what a user calls."""
    data = tooeasy.load(work.sketch).with_test(work.data)
    kinds = [Settings(kind=kind) for kind in FROM_SKETCH]
    direct = moments_of(work.data.train)
    for study in study_templates(data, kinds):
        again, _ = fit_moments(direct, study.settings)
        require(np.array_equal(study.linear.weights, again.weights), study.settings.kind)
    print("agree: templates from the sketch and from the images: equal")
    calls: dict[str, Callable[[], object]] = {
        f"study_templates, {len(kinds)} kinds": partial(study_templates, data, kinds),
        "study_budget": partial(study_budget, work.sketch, test=work.data),
    }
    times = time_in_turn(calls, options.rounds)
    return [("", "median", "range"), *((name, *timing.cells()) for name, timing in times.items())]


if __name__ == "__main__":
    main()
