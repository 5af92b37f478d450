"""``tooeasy benchmark``: simple classifiers in their published settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import JsonOption, print_json, telling_progress, with_reading

if TYPE_CHECKING:
    from tooeasy.baselines import Benchmark, Setting


@with_reading
def benchmark(
    source: Annotated[
        str | None,
        typer.Argument(metavar="SOURCE", help="A name of the catalog, or a path.", autocompletion=completion.sources),
    ] = None,
    family: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Only these families of classifiers; --list names all.",
            autocompletion=completion.families,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(metavar="N", help="Processes at work at once; -1 for one a core.")] = 1,
    repeats: Annotated[int, typer.Option(metavar="R", help="Fit each setting so often, with other seeds.")] = 1,
    time_limit: Annotated[
        float | None, typer.Option(metavar="S", help="Seconds that one fit may take.", show_default=False)
    ] = None,
    memory_limit: Annotated[
        float | None, typer.Option(metavar="GB", help="Gigabytes that one fit may hold (Linux).", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Keep finished runs here, and go on from those here."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write all settings as CSV.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the settings, and run nothing.")] = False,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Fit 14 families of simple classifiers in the settings that were published with Fashion-MNIST."""
    families = None if family is None else family.split(",")
    if list_:
        _list(families, json=json)
        return
    if source is None:
        raise typer.BadParameter("give a SOURCE to run the benchmark on, or --list")
    if csv is not None:
        from tooeasy.files import check_writable

        check_writable(csv)
    limits = {"time_limit": time_limit, "memory_limit": memory_limit}
    with _counted(f"benchmark of {source}") as progress:
        from tooeasy.baselines import run_benchmark, settings_of
        from tooeasy.data import load

        settings_of(families)  # a wrong name is found before anything is read
        found = run_benchmark(
            load(source, **reading),
            families=families,
            folder=output,
            jobs=jobs,
            repeats=repeats,
            seed=reading["seed"],
            progress=progress,
            **limits,
        )
    _report(found, csv, json=json)


def _report(found: Benchmark, csv: Path | None, *, json: bool) -> None:
    if csv is not None:
        _write_csv(found.to_records(), csv)
    if json:
        print_json(found.to_dict())
    else:
        from tooeasy.cli import benchmark_screen

        benchmark_screen.show(found)


@contextmanager
def _counted(what: str) -> Iterator[Callable[[int, int, str], None]]:
    """Show on stderr what is being done, and how many settings are."""
    with telling_progress(what) as tell:
        yield lambda done, of_all, last: tell(f"{what}: {done} of {of_all} settings, the last {last}")


def _list(families: Sequence[str] | None, *, json: bool) -> None:
    """Print the settings, and what becomes of each in today's scikit-learn."""
    from tooeasy.baselines import settings_of

    wanted = settings_of(families)
    if json:
        print_json({"schema": "tooeasy/benchmark-settings/1", "settings": [_described(one) for one in wanted]})
    else:
        from tooeasy.cli import benchmark_screen

        benchmark_screen.show_settings(wanted)


def _described(setting: Setting) -> dict[str, Any]:
    from tooeasy.baselines import published_of, refusal

    return {**setting.to_dict(), "published_accuracy": published_of(setting), "why_not_run": refusal(setting)}


def _write_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    import csv

    from tooeasy.files import write_whole

    with write_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
