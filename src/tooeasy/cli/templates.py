"""``tooeasy templates``: one picture of weights for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import (
    DarkOption,
    FigureOption,
    JsonOption,
    SourcesArgument,
    TestOption,
    check_figure,
    print_json,
    progress,
    with_reading,
)

if TYPE_CHECKING:
    from tooeasy.templates import Settings, TemplateGrowth, TemplateStudy

KINDS_HELP = (
    "means, centred-means, nearest-mean, difference, least-squares, lda, lasso, softmax or sgd; may be given several "
    "times. By default all but the last two, which take longer."
)


def _parse_centre(text: str) -> float | str:
    if text == "global":
        return text
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither a number nor 'global'") from None


@with_reading
def templates(
    sources: SourcesArgument,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help=KINDS_HELP, show_default=False, autocompletion=completion.kinds),
    ] = None,
    centre: Annotated[
        Any, typer.Option(parser=_parse_centre, metavar="X|global", help="What centred-means takes off.")
    ] = None,
    intercept: Annotated[bool, typer.Option("--intercept/--no-intercept", help="Fit an intercept.")] = True,
    alpha: Annotated[
        float | None, typer.Option(metavar="A", help="Strength of the penalty: least-squares, lasso, softmax.")
    ] = None,
    penalty: Annotated[Literal["l2", "l1"], typer.Option(help="Of softmax.")] = "l2",
    binarize: Annotated[
        float | None, typer.Option(metavar="T", help="Black and white: white from this fraction on.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="How training images add up to the least-squares templates.")
    ] = False,
    confusion: Annotated[bool, typer.Option("--confusion", help="With --figure: draw confusion matrices too.")] = False,
    test: TestOption = None,
    json: JsonOption = False,
    weights: Annotated[bool, typer.Option("--weights", help="With --json: the templates themselves too.")] = False,
    figure: FigureOption = None,
    dark: DarkOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Fit one picture of weights for each class, and score it on held-out images."""
    check_figure(figure, dark=dark)
    _check_extras(weights=weights, json=json, why=why, plain=intercept and binarize is None)
    options = {"centre": centre, "intercept": intercept, "alpha": alpha, "penalty": penalty}
    wanted = _settings(kind, options, binarize, reading["seed"])
    ridge = alpha if any(settings.kind == "least-squares" for settings in wanted) else None
    studies, growths = [], []
    for source in sources:
        with progress(f"fitting templates of {source}"):
            from tooeasy.data import load
            from tooeasy.templates import explain_templates, held_out, study_templates

            data = load(source, **reading)
            other = None if test is None else load(test, **{**reading, "split": None})
            data = held_out(data, other, reading["seed"])
            studies.append(study_templates(data, wanted))
            if why:
                growths.append(explain_templates(data, alpha=ridge))
    if figure is not None:
        from tooeasy.figures import save

        with progress(f"drawing {figure}"):
            shown = _shown([study for of_one in studies for study in of_one], growths, confusion=confusion)
            save(shown, figure, dark=dark, columns=1)
    if json:
        from tooeasy.templates import to_json_object

        result = to_json_object(studies, weights=weights)
        for entry, growth in zip(result["results"], growths, strict=False):
            entry["growth"] = growth.to_dict()
        print_json(result)
    else:
        from tooeasy.cli import templates_screen

        templates_screen.show(studies, growths)


def _shown(studies: list[TemplateStudy], growths: list[TemplateGrowth], *, confusion: bool) -> list[Any]:
    """What a figure shows, from top to bottom."""
    shown: list[Any] = []
    for study in studies:
        shown += [study, *([study.curve] if study.curve else []), *([study.confusion()] if confusion else [])]
    return shown + [part for growth in growths for part in (growth, growth.histogram)]


def _check_extras(*, weights: bool, json: bool, why: bool, plain: bool) -> None:
    """Raise OptionError for what would be passed over in silence."""
    from tooeasy.errors import OptionError

    if weights and not json:
        raise OptionError("--weights is for --json, which prints them")
    if why and not plain:
        raise OptionError("--why explains least squares on images as they are, with an intercept")


def _settings(kinds: list[str] | None, options: dict[str, Any], binarize: float | None, seed: int) -> list[Settings]:
    """Give each kind those of the options that belong to it; each option must belong to one of them."""
    from tooeasy.errors import OptionError
    from tooeasy.templates import FROM_SKETCH, OPTIONS_OF, Settings, check_kind

    chosen = [check_kind(kind) for kind in dict.fromkeys(kinds)] if kinds else FROM_SKETCH
    given = {name: value for name, value in options.items() if value != {"intercept": True, "penalty": "l2"}.get(name)}
    for name in given:
        if not any(name in OPTIONS_OF[kind] for kind in chosen):
            takers = ", ".join(kind for kind, names in OPTIONS_OF.items() if name in names)
            raise OptionError(f"--{name} belongs to {takers}; found --kind {', '.join(chosen)}")
    return [
        Settings(
            kind=kind,
            binarize=binarize,
            seed=seed,
            **{name: value for name, value in given.items() if name in OPTIONS_OF[kind]},
        )
        for kind in chosen
    ]
