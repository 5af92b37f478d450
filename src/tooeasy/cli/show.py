"""``tooeasy show``: look at a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tooeasy.cli.console import JsonOption, SourcesArgument, print_json, progress, with_reading

SCHEMA = "tooeasy/show/1"
WIDEST = 16.5  # inches of results side by side; wider ones stand below one another
APPLIES = {
    "--per-class": ("samples", "atypical"),
    "--random": ("samples",),
    "--median": ("means",),
    "--std": ("means",),
}


@with_reading
def show(
    what: Annotated[
        Literal["samples", "means", "differences", "distribution", "atypical", "classes"],
        typer.Argument(metavar="WHAT", help="samples, means, differences, distribution, atypical or classes."),
    ],
    sources: SourcesArgument,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Draw into a file: PNG, SVG or PDF.")
    ] = None,
    per_class: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Images of each class, 10 by default.", show_default=False),
    ] = None,
    random: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="N images of all classes, in a square.", show_default=False),
    ] = None,
    median: Annotated[bool, typer.Option("--median", help="Medians instead of means.")] = False,
    std: Annotated[bool, typer.Option("--std", help="Standard deviations instead of means.")] = False,
    dark: Annotated[bool, typer.Option("--dark", help="Draw light on dark.")] = False,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Look at a dataset: its images, mean images, grey levels, classes, and the images least like their class."""
    _check({"--per-class": per_class, "--random": random, "--median": median, "--std": std}, what)
    _check_output(output, dark=dark)
    results = []
    for source in sources:
        with progress(f"looking at {source}"):
            from tooeasy.data import load

            data = load(source, **reading)
            results.append(_look(what, data, per_class, random, _statistic(median=median, std=std), reading["seed"]))
    if output is not None:
        from tooeasy.figures import save, size_of

        with progress(f"drawing {output}"):
            wide = sum(size_of(result)[0] for result in results) > WIDEST
            save(results, output, dark=dark, columns=1 if wide else None)
    if json:
        print_json({"schema": SCHEMA, "what": what, "results": [result.to_dict() for result in results]})
        return
    from tooeasy.cli import show_screen

    if output is None:
        show_screen.show(results)
    else:
        show_screen.show_written(output, results)


def _look(what: str, data: Any, per_class: int | None, random: int | None, statistic: Any, seed: int) -> Any:
    """Look at a dataset in one of the ways."""
    from tooeasy import explore

    if what == "samples":
        return explore.pick_samples(data, per_class=per_class, random=random, seed=seed)
    if what == "means":
        return explore.mean_images(data, statistic=statistic)
    if what == "atypical":
        return explore.find_atypical(data) if per_class is None else explore.find_atypical(data, per_class=per_class)
    looks = {
        "differences": explore.compare_means,
        "distribution": explore.count_levels,
        "classes": explore.count_classes,
    }
    return looks[what](data)


def _statistic(*, median: bool, std: bool) -> str:
    return "median" if median else "std" if std else "mean"


def _check(given: dict[str, Any], what: str) -> None:
    """Refuse what does not apply, and what excludes each other."""
    names = [name for name, value in given.items() if value not in (None, False)]
    for name in names:
        if what not in APPLIES[name]:
            raise typer.BadParameter(f"{name} is for {' and '.join(APPLIES[name])}; found {what}")
    if len(names) > 1:
        raise typer.BadParameter(f"{' and '.join(names)} exclude each other; give one of them")


def _check_output(output: Path | None, *, dark: bool) -> None:
    if output is None:
        if dark:
            raise typer.BadParameter("--dark is for figures; name a file with --output")
        return
    from tooeasy.figures import check_format
    from tooeasy.files import check_writable

    check_writable(output)
    check_format(output)
