"""``tooeasy audit``: what gives the class away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tooeasy.cli.console import (
    DarkOption,
    FigureOption,
    JsonOption,
    NearOption,
    RateOption,
    SourceArgument,
    SymmetriesOption,
    UpToOption,
    check_figure,
    print_json,
    progress,
    telling_progress,
    with_reading,
)

if TYPE_CHECKING:
    from tooeasy.ladder import Ladder


@with_reading
def audit(
    source: SourceArgument,
    symmetries: SymmetriesOption = None,
    near: NearOption = None,
    rate: RateOption = None,
    with_ladder: Annotated[
        bool, typer.Option("--ladder", help="Climb the ladder too, and say whether low rungs suffice.")
    ] = False,
    up_to: UpToOption = None,
    json: JsonOption = False,
    figure: FigureOption = None,
    dark: DarkOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Find what predicts the class and should not, and what makes scores mean less than they seem to."""
    check_figure(figure, dark=dark)
    with telling_progress("reading") as tell:
        from tooeasy.data import load
        from tooeasy.giveaways import AuditOptions
        from tooeasy.giveaways import audit as look

        wanted = {"rate": rate, "near": near, "symmetries": symmetries}
        given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        options = AuditOptions(seed=reading["seed"], **given)
        data = load(source, **reading)
        ladder = _climb(data, up_to, reading["seed"], tell) if with_ladder or up_to is not None else None
        found = look(data, ladder=ladder, options=options, on_part=tell)
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            save([found], figure, dark=dark)
    if json:
        print_json(found.to_dict())
    else:
        from tooeasy.cli import audit_screen

        audit_screen.show(found, ladder)


def _climb(data: Any, up_to: str | None, seed: int, tell: Any) -> Ladder:
    from tooeasy.ladder import ClimbOptions, climb

    held = data.with_hold_out(seed=seed)
    return climb(
        held, up_to=up_to, options=ClimbOptions(seed=seed), on_progress=lambda rung, words: tell(f"{rung}: {words}")
    )
