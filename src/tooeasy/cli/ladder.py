"""``tooeasy ladder``: how far up one must climb."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import (
    BudgetOption,
    DarkOption,
    FigureOption,
    FullOption,
    JsonOption,
    SourceArgument,
    TestOption,
    UpToOption,
    check_figure,
    climb_options,
    print_json,
    progress,
    with_reading,
)

if TYPE_CHECKING:
    from tooeasy.ladder import Ladder, Perturbation


@with_reading
def ladder(
    source: SourceArgument,
    up_to: UpToOption = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Only these rungs; k-pixels stands for 2-pixels to 64-pixels.",
            autocompletion=completion.several_rungs,
        ),
    ] = None,
    budget: BudgetOption = None,
    full: FullOption = False,
    border: Annotated[int, typer.Option(min=1, metavar="N", help="Width of the frame of the rung border.")] = 2,
    jitter: Annotated[int, typer.Option(min=0, metavar="N", help="Shift all images at random by up to N pixels.")] = 0,
    scale: Annotated[float, typer.Option(metavar="F", help="Scale images at random by up to this fraction.")] = 0.0,
    contrast: Annotated[float, typer.Option(metavar="F", help="Lower contrast by up to this fraction.")] = 0.0,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither take results from the cache nor keep any.")
    ] = False,
    test: TestOption = None,
    json: JsonOption = False,
    figure: FigureOption = None,
    dark: DarkOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Climb from a classifier that looks at nothing to a small CNN, on one fixed split."""
    check_figure(figure, dark=dark)
    with progress("starting"):
        from tooeasy.data import load
        from tooeasy.ladder import Perturbation

        perturbation = Perturbation(jitter=jitter, scale=scale, contrast=contrast, seed=reading["seed"])
        options = climb_options(budget, full=full, seed=reading["seed"], border=border, cache=not no_cache)
        data = load(source, **reading)
        other = None if test is None else load(test, **{**reading, "split": None})
        data = data.with_hold_out(seed=reading["seed"]) if other is None else data.with_test(other)
    asked = {"up_to": up_to, "only": only.split(",") if only else None, "options": options}
    ladders = [_climb(data, asked, None, shown=not json)]
    if perturbation:
        ladders.append(_climb(data, asked, perturbation, shown=not json))
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            save(ladders, figure, dark=dark)
    if json:
        from tooeasy.ladder.result import to_json_object

        print_json(to_json_object(ladders))
    else:
        from tooeasy.cli import ladder_screen

        ladder_screen.show_verdicts(ladders)


def _climb(data: Any, asked: dict[str, Any], perturbation: Perturbation | None, *, shown: bool) -> Ladder:
    from tooeasy.cli import ladder_screen
    from tooeasy.ladder import climb

    with ladder_screen.live(data, perturbation) if shown else nullcontext() as screen:
        calls: dict[str, Any] = {} if screen is None else {"on_rung": screen.add, "on_progress": screen.tell}
        return climb(data, perturbation=perturbation, **asked, **calls)
