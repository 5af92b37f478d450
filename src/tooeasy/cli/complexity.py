"""``tooeasy complexity``: how complex a classification problem is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import JsonOption, SourcesArgument, print_json, progress, with_reading


def _parse_sample(text: str) -> int | str:
    if text == "all":
        return text
    if not text.isdecimal():
        raise typer.BadParameter(f"{text!r} is neither a whole number nor 'all'")
    return int(text)


@with_reading
def complexity(
    sources: SourcesArgument,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="M,M",
            help="Of F1, F1v, F2, F3, L1, L2, N1, N3, C1, C2, CSG.",
            show_default=False,
            autocompletion=completion.measures,
        ),
    ] = None,
    sample: Annotated[
        Any,
        typer.Option(
            parser=_parse_sample,
            metavar="N|all",
            help="Images that L1, L2, N1, N3 and CSG use at most; 10000 by default.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Measure how complex the classification problem is, by measures of the literature."""
    measures = None if only is None else only.split(",")
    results = []
    for source in sources:
        with progress(f"measuring {source}"):
            from tooeasy.complexity import measure_complexity
            from tooeasy.data import load

            data = load(source, **reading)
            results.append(measure_complexity(data, measures=measures, sample=sample, seed=reading["seed"]))
    if json:
        from tooeasy.complexity import to_json_object

        print_json(to_json_object(results))
        return
    from tooeasy.cli import complexity_screen

    complexity_screen.show(results)
