"""Print the tables of docs/reproduction.md, or write them there with their pictures: published studies beside ours.

python scripts/make_reproduction.py [--data FOLDER] [--benchmark FOLDER] [--write]

FOLDER of --data has full ``mnist/`` (IDX files), for what needs the training images; that of --benchmark has
``mnist.csv`` and ``fashion-mnist.csv``, written by ``tooeasy benchmark NAME --csv``. What is not given is left as is.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from tooeasy import PixelStudy, fit_templates, load, study_pixels
from tooeasy.figures.base import STYLE

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reproduction.md"
IMAGES = ROOT / "docs" / "images"
CELLS = ROOT / "tests" / "reference" / "hargreaves_mnist_one_pixel.csv"
DASH = " \N{EN DASH} "
DIFFERENCE = ("published", "tooeasy", "difference")
THEIRS, OURS, FASHION = "#1f4e79", "#d1495b", "#2a9d8f"


Points = list[tuple[float, float]]  # published, ours


class Template(NamedTuple):
    """A template of the question and its answers: what was published, and the options of ours."""

    words: str
    published: float
    options: dict[str, Any]


FROM_SKETCH = (
    Template("class means, dot product", 0.64, {"kind": "means"}),
    Template("class means, pixels less 0.2", 0.75, {"kind": "centred-means"}),
    Template("least squares", 0.87, {"kind": "least-squares"}),
)
FROM_IMAGES = (
    Template("class means, black and white at 0.5", 0.64, {"kind": "means", "binarize": 0.5}),
    Template("least squares, black and white at 0.5", 0.87, {"kind": "least-squares", "binarize": 0.5}),
    Template("least squares, any ink is white", 0.87, {"kind": "least-squares", "binarize": 1 / 255}),
    Template("softmax, 1,000 steps of gradient descent", 0.92, {"kind": "sgd"}),
    Template("softmax regression", 0.92, {"kind": "softmax"}),
)


def lookup_rows(study: PixelStudy) -> list[list[str]]:
    """Training accuracy of the best pixel of each pair, three pairs in a row."""
    cells = [
        [f"{a}{DASH}{b}", f"{theirs:.1f}", f"{ours:.1f}", signed(round(ours, 1) - theirs, 1)]
        for a, b, theirs, ours in lookup_cells(study)
    ]
    third = -(-len(cells) // 3)
    columns = [cells[start : start + third] for start in range(0, len(cells), third)]
    return [[text for cell in row for text in cell] for row in zip_longest(*columns, fillvalue=[""] * 4)]


def lookup_cells(study: PixelStudy) -> list[tuple[str, str, float, float]]:
    """Both classes of each published pair, its accuracy and ours in percent. Positions must agree."""
    found = []
    with CELLS.open(newline="") as file:
        for cell in csv.DictReader(file):
            a, b = cell["first_class"], cell["second_class"]
            pair = study.pair(a, b)
            if (pair.row + 1, pair.column + 1) != (int(cell["row_1based"]), int(cell["column_1based"])):
                raise SystemExit(f"{a}{DASH}{b}: another pixel than the published one")
            found.append((a, b, float(cell["train_accuracy_percent"]), 100 * pair.train_accuracy))
    return found


def logistic_rows(study: PixelStudy, worst: float, best: float, pairs: int) -> list[list[str]]:
    """Worst and best pair, and pairs at 0.90, as they were printed: with two decimals."""
    printed = [round(accuracy, 2) for accuracy in study.accuracies]
    at_least = sum(accuracy >= 0.90 for accuracy in printed)
    rows = []
    for word, theirs, pair in (("worst", worst, study.hardest), ("best", best, study.easiest)):
        name = DASH.join(study.classes[label] for label in pair.classes)
        ours = round(pair.test_accuracy, 2)
        rows.append([f"{study.dataset}, {word} pair: {name}", f"{theirs:.2f}", f"{ours:.2f}", signed(ours - theirs, 2)])
    return [
        *rows,
        [f"{study.dataset}, pairs at 0.90 or more", str(pairs), str(at_least), signed(at_least - pairs, 0)],
    ]


def template_rows(templates: Sequence[Template], accuracies: Iterable[float]) -> list[list[str]]:
    """Test accuracy of templates."""
    return [
        [template.words, f"{template.published:.2f}", f"{ours:.4f}", signed(ours - template.published, 4)]
        for template, ours in zip(templates, accuracies, strict=True)
    ]


def benchmark_rows(settings: dict[str, list[dict[str, str]]]) -> list[list[str]]:
    """Of each dataset and family: the mean over its settings, and the setting that differs most."""
    rows = []
    for name, found in settings.items():
        for family in dict.fromkeys(row["family"] for row in found):
            members = [row for row in found if row["family"] == family]
            theirs, ours = (mean(float(row[key]) for row in members) for key in ("published_accuracy", "test_accuracy"))
            most = max((difference(row) for row in members), key=abs)
            inside = f"{sum(map(within, members))} of {len(members)}"
            texts = (f"{theirs:.3f}", f"{ours:.3f}", signed(ours - theirs, 3), signed(most, 3), inside)
            rows.append([f"{name}, {family}", *texts])
    return rows


def signed(value: float, digits: int) -> str:
    """Write a difference with its sign; none where it is zero."""
    text = f"{value:+.{digits}f}"
    return text if any(digit in text for digit in "123456789") else text[1:]


def difference(row: dict[str, str]) -> float:
    """Our accuracy less the published one."""
    return float(row["test_accuracy"]) - float(row["published_accuracy"])


def within(row: dict[str, str]) -> bool:
    """Whether the published accuracy, which has three decimals, may be in the 95 % interval of ours."""
    low, high = float(row["test_interval_low"]), float(row["test_interval_high"])
    return low - 5e-4 <= float(row["published_accuracy"]) <= high + 5e-4


def read_benchmark(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Settings that were run and are published, by dataset."""
    found = {}
    for name in ("mnist", "fashion-mnist"):
        with (folder / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        found[name] = [row for row in rows if row["status"] == "ok" and row["published_accuracy"]]
    return found


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def bundled_tables() -> list[str]:
    """The tables that follow from what the package brings."""
    published = {"mnist": (0.76, 0.99, 15), "fashion-mnist": (0.67, 0.99, 33)}
    logistic = [
        row for name, figures in published.items() for row in logistic_rows(study_of(name, logistic=True), *figures)
    ]
    accuracies = (fit_templates("mnist", **template.options).test_accuracy for template in FROM_SKETCH)
    return [
        table(("pair", *DIFFERENCE) * 3, lookup_rows(study_of("mnist"))),
        table(("logistic rule", *DIFFERENCE), logistic),
        table(("template, from the sketch", *DIFFERENCE), template_rows(FROM_SKETCH, accuracies)),
    ]


def study_of(name: str, *, logistic: bool = False) -> PixelStudy:
    """The study that is published: the lookup rule, or the logistic rule on normalised images."""
    return study_pixels(name, rule="logistic", normalize="l2") if logistic else study_pixels(name)


def draw_pixels(path: Path) -> None:
    """Draw the 45 pairs of both studies of one pixel."""
    with plt.style.context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", sharey=True)
        cells = sorted(lookup_cells(study_of("mnist")), key=lambda cell: cell[2])
        left.plot([cell[2] for cell in cells], "o", mfc="none", mec=THEIRS, ms=7, label="published (T. Hargreaves)")
        left.plot([cell[3] for cell in cells], "o", color=OURS, ms=3, label="tooeasy")
        left.set_title("Lookup rule, MNIST, training images")
        left.set_ylabel("accuracy of the best pixel, %")
        for name, colour, ends in (("mnist", OURS, (0.76, 0.99)), ("fashion-mnist", FASHION, (0.67, 0.99))):
            study = study_of(name, logistic=True)
            right.plot(sorted(100 * study.accuracies), "o", color=colour, ms=3, label=f"tooeasy, {name}")
            right.plot([0, 44], [100 * end for end in ends], "o", mfc="none", mec=colour, ms=9)
        right.plot([], [], "o", mfc="none", mec="black", ms=9, label="published (L. Franceschini): worst, best")
        right.axhline(89.5, color="grey", lw=0.8)
        right.set_title("Logistic rule, normalised, test images")
        for ax in (left, right):
            ax.set_xlabel("45 pairs of classes, the hardest first")
            ax.legend(frameon=False, loc="lower right")
        figure.savefig(path, dpi=110)


def draw_classifiers(path: Path, templates: Points, settings: dict[str, list[dict[str, str]]]) -> None:
    """Draw published over our accuracies: templates, and simple classifiers."""
    with plt.style.context(STYLE):
        figure, ax = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
        ax.axline((70, 70), slope=1, color="grey", lw=0.8)
        for name, colour in (("mnist", OURS), ("fashion-mnist", FASHION)):
            points = [(float(row["published_accuracy"]), float(row["test_accuracy"])) for row in settings[name]]
            ax.plot(*in_percent(points), "o", color=colour, ms=3.5, alpha=0.7, label=f"simple classifiers, {name}")
        ax.plot(*in_percent(templates), "s", mfc="none", mec=THEIRS, label="templates, mnist")
        ax.set_xlabel("published test accuracy, %")
        ax.set_ylabel("tooeasy's test accuracy, %")
        ax.set_aspect("equal")
        ax.legend(frameon=False, loc="lower right")
        figure.savefig(path, dpi=110)


def in_percent(points: Points) -> tuple[list[float], list[float]]:
    """Split pairs of fractions into two lists, in percent."""
    return [100 * theirs for theirs, _ in points], [100 * ours for _, ours in points]


def replaced(page: str, made: Iterable[str]) -> str:
    """Return the page with tables in place of those with the same head."""
    for one in made:
        head = one.partition("\n")[0] + "\n"
        before, _, rest = page.partition(head)
        if not rest:
            raise SystemExit(f"the page has no table with the head {head}")
        page = before + one + rest[rest.index("\n\n") + 1 :]
    return page


def main() -> None:
    """Make the tables; write them, and the pictures, where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the full mnist/")
    parser.add_argument("--benchmark", type=Path, help="folder with mnist.csv and fashion-mnist.csv")
    parser.add_argument("--write", action="store_true", help="replace tables and pictures of docs/reproduction.md")
    given = parser.parse_args()
    made, ours, settings = bundled_tables(), [], {}
    if given.data:
        mnist = load(given.data / "mnist")
        ours = [fit_templates(mnist, **template.options).test_accuracy for template in FROM_IMAGES]
        made.append(table(("template, from the images", *DIFFERENCE), template_rows(FROM_IMAGES, ours)))
    if given.benchmark:
        settings = read_benchmark(given.benchmark)
        made.append(table(("simple classifiers", *DIFFERENCE, "largest", "in our interval"), benchmark_rows(settings)))
    print("\n".join(made), end="")
    if given.write:
        PAGE.write_text(replaced(PAGE.read_text("utf-8"), made), "utf-8")
        draw_pixels(IMAGES / "reproduction-pixels.png")
        if ours and settings:
            points = [(template.published, found) for template, found in zip(FROM_IMAGES, ours, strict=True)]
            draw_classifiers(IMAGES / "reproduction-classifiers.png", points, settings)


if __name__ == "__main__":
    main()
