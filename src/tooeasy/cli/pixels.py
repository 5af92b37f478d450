"""``tooeasy pixels``: what one pixel gives away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tooeasy.cli.console import (
    DarkOption,
    FigureOption,
    JsonOption,
    LevelsOption,
    MemoryOption,
    NormalizeOption,
    SchedulerOption,
    SourcesArgument,
    TestOption,
    check_figure,
    print_json,
    progress,
    with_reading,
)

if TYPE_CHECKING:
    from tooeasy.pixels import PixelStudy


@with_reading
def pixels(
    sources: SourcesArgument,
    rule: Annotated[
        Literal["lookup", "threshold", "logistic"],
        typer.Option(help="lookup: the best class for each level; threshold: one cut; logistic: regression."),
    ] = "lookup",
    normalize: NormalizeOption = "none",
    levels: LevelsOption = None,
    memory: MemoryOption = None,
    C: Annotated[float, typer.Option("--C", help="Inverse strength of the logistic rule's penalty.")] = 1.0,
    test: TestOption = None,
    scheduler: SchedulerOption = None,
    map_: Annotated[
        tuple[str, str] | None, typer.Option("--map", metavar="A B", help="Map of one pair of classes.")
    ] = None,
    json: JsonOption = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the pairs as CSV, or as Parquet (.parquet).")
    ] = None,
    figure: FigureOption = None,
    dark: DarkOption = False,
    budget: Annotated[
        bool, typer.Option("--budget", help="Instead: how many pixels a linear rule needs, and which.")
    ] = False,
    pair: Annotated[
        tuple[str, str] | None, typer.Option("--pair", metavar="A B", help="With --budget: for one pair of classes.")
    ] = None,
    *,
    reading: dict[str, Any],
) -> None:
    """Find the single pixel that tells each pair of classes apart best, scored on held-out images."""
    from tooeasy.errors import OptionError
    from tooeasy.files import check_writable

    check_figure(figure, dark=dark)
    if csv is not None:
        check_writable(csv)
        if figure is not None and figure.resolve() == csv.resolve():
            raise OptionError(f"--csv and --figure would write the same file: {figure}")
    if budget:
        others = {"--rule": rule != "lookup", "--normalize": normalize != "none", "--C": C != 1.0}
        _refuse(
            {"--map": map_, "--csv": csv, "--levels": levels, "--scheduler": scheduler, "--memory": memory, **others}
        )
        with progress("starting"):
            from tooeasy.cli import budget as how_many
        how_many.run(sources, pair, test, figure=figure, dark=dark, json=json, reading=reading)
        return
    if pair is not None:
        raise OptionError("--pair belongs to --budget; --map A B maps one pair")
    options = {"rule": rule, "normalize": normalize, "levels": levels, "C": C, "memory": memory, "scheduler": scheduler}
    studies = [_study(source, test, options, reading) for source in sources]
    maps = [study.map(*map_) for study in studies] if map_ else []
    if csv is not None:
        _write_table(studies, csv)
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            save(maps or studies, figure, dark=dark)
    if json:
        from tooeasy.pixels import to_json_object

        result = to_json_object(studies)
        for entry, map_of_pair in zip(result["results"], maps, strict=False):
            entry["map"] = map_of_pair.to_dict()
        print_json(result)
    else:
        from tooeasy.cli import pixels_screen

        pixels_screen.show(studies, maps)


def _refuse(given: dict[str, Any]) -> None:
    """Raise OptionError for what has no meaning when pixels are counted for a linear rule."""
    from tooeasy.errors import OptionError

    if wrong := [name for name, value in given.items() if value]:
        raise OptionError(f"{', '.join(wrong)} does not belong to --budget, which fits least squares")


def _study(source: str, test: str | None, options: dict[str, Any], reading: dict[str, Any]) -> PixelStudy:
    with progress(f"studying {source}"):
        from tooeasy.data import load
        from tooeasy.pixels import study_pixels

        data = load(source, **reading)
        held_out = None if test is None else load(test, **{**reading, "split": None})
        return study_pixels(data, test=held_out, seed=reading["seed"], **options)


def _write_table(studies: list[PixelStudy], path: Path) -> None:
    import pandas as pd

    from tooeasy.files import write_whole
    from tooeasy.optional import require

    frame = pd.concat([study.to_frame() for study in studies], ignore_index=True)
    with write_whole(path) as temporary:
        if path.suffix.lower() == ".parquet":
            require("pyarrow", extra="hf", why="writing Parquet")
            frame.to_parquet(temporary, index=False)
        else:
            frame.to_csv(temporary, index=False)
