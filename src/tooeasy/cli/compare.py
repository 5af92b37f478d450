"""``tooeasy compare``: datasets side by side."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import (
    BudgetOption,
    DarkOption,
    FigureOption,
    FullOption,
    JsonOption,
    UpToOption,
    check_figure,
    climb_options,
    print_json,
    progress,
    telling_progress,
    with_reading,
)


@with_reading
def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE SOURCE...",
            help="Datasets, or their cards (.json), two or more.",
            autocompletion=completion.sources,
        ),
    ],
    up_to: UpToOption = None,
    budget: BudgetOption = None,
    full: FullOption = False,
    json: JsonOption = False,
    figure: FigureOption = None,
    dark: DarkOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Put datasets side by side: the ladder, one pixel for each pair, and which is easier for which rung."""
    from tooeasy.errors import OptionError

    check_figure(figure, dark=dark)
    if len(sources) < 2:
        raise OptionError(f"comparing takes two datasets or more; found {len(sources)}")
    options = climb_options(budget, full=full, seed=reading["seed"])
    with telling_progress("starting") as tell:
        from tooeasy.ladder import card_or_dataset
        from tooeasy.ladder import compare as compare_all

        found = [card_or_dataset(source, up_to=up_to, options=options, **reading) for source in sources]
        result = compare_all(*found, up_to=up_to, options=options, on_progress=tell)
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            save([result], figure, dark=dark)
    if json:
        print_json(result.to_dict())
    else:
        from tooeasy.cli import compare_screen

        compare_screen.show(result)
