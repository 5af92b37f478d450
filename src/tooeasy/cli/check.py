"""``tooeasy check``: a gate for continuous integration."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import (
    NearOption,
    RateOption,
    SymmetriesOption,
    parse_size,
    telling_progress,
    with_reading,
)
from tooeasy.cli.streams import give_options
from tooeasy.limits import MEASURES

if TYPE_CHECKING:
    from tooeasy.giveaways.config import GateConfig
    from tooeasy.giveaways.gate import Verdict

DOES_NOT_HOLD = 1  # exit code
Form = Literal["text", "json", "junit", "sarif", "github"]
_STYLES = {"error": "bold red", "warning": "yellow", "limit": "bold red", "passed": "dim", "verdict": "bold"}


def with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each measure; it gets those that are given as ``limits``."""

    @wraps(command)
    def wrapper(**arguments: Any) -> None:
        given = {name: arguments.pop(f"max_{name}") for name in MEASURES}
        command(**arguments, limits={name: limit for name, limit in given.items() if limit is not None})

    give_options(wrapper, command, "limits", {f"max_{name}": _limit(name) for name in MEASURES})
    return wrapper


def _limit(name: str) -> dict[str, Any]:
    described = typer.Option(
        f"--max-{name.replace('_', '-')}", metavar="X", min=0, help=MEASURES[name], rich_help_panel="Limits: at most X"
    )
    return {"annotation": Annotated[float | None, described], "default": None}


@with_reading
@with_limits
def check(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="A dataset; by default that of the configuration.",
            autocompletion=completion.sources,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings; by default tooeasy.toml or pyproject.toml of this folder."),
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning", "never"] | None,
        typer.Option(help="Findings of this severity and graver ones fail; error by default."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(metavar="CARD", help="A card; only what is worse than there fails.")
    ] = None,
    rate: RateOption = None,
    near: NearOption = None,
    symmetries: SymmetriesOption = None,
    form: Annotated[Form | None, typer.Option("--format", help="What is printed; text by default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write .sarif, .json, .xml (JUnit) or .txt; others in --format. May be given more than once.",
        ),
    ] = None,
    *,
    limits: dict[str, float],
    reading: dict[str, Any],
) -> None:
    """Fail if anything gives the classes away: 0 if the gate holds, 1 if not, 2 if the input is wrong."""
    from tooeasy.errors import OptionError

    if json and form not in (None, "json"):
        raise OptionError(f"--json is short for --format json; found --format {form} too")
    form = "json" if json else form or "text"
    files = {path: form_of(path, form) for path in output or []}
    settings = _settings(config).but(
        limits,
        source=source,
        fail_on=fail_on,
        baseline=None if baseline is None else str(baseline),
        seed=reading["seed"] if _given(context, "seed") else None,
        rate=rate,
        near=near,
        symmetries=symmetries,
    )
    if settings.source is None:
        raise OptionError("nothing to check: give a SOURCE, or set source in tooeasy.toml")
    size = reading["size"] or (parse_size(settings.size) if settings.size else None)
    verdict = _verdict(settings, settings.source, {**reading, "seed": settings.seed, "size": size})
    _write(files, verdict, settings.source)
    _print("text" if form in files.values() and not json else form, verdict, settings.source)
    if not verdict.passed:
        raise typer.Exit(DOES_NOT_HOLD)


def form_of(path: Path, form: str) -> str:
    """Form of a file, by the end of its name; any other gets the form that is asked for. Fails if it is no file."""
    from tooeasy.files import check_writable
    from tooeasy.giveaways.formats import ENDINGS

    name = check_writable(path).name.lower()
    return next((ENDINGS[ending] for ending in ENDINGS if name.endswith(ending)), form)


def _settings(path: Path | None) -> GateConfig:
    from tooeasy.giveaways.config import read_config

    return read_config(path)


def _given(context: typer.Context, name: str) -> bool:
    """Whether an option stands on the command line."""
    where = context.get_parameter_source(name)
    return where is not None and where.name != "DEFAULT"


def _verdict(settings: GateConfig, source: str, reading: dict[str, Any]) -> Verdict:
    with telling_progress(f"checking {source}") as tell:
        from tooeasy.data import load
        from tooeasy.giveaways.audit import AuditOptions, audit
        from tooeasy.giveaways.baseline import read_baseline
        from tooeasy.giveaways.gate import check as judge

        options = AuditOptions(settings.seed, settings.rate, settings.near, settings.symmetries)
        before = None if settings.baseline is None else read_baseline(settings.baseline)
        found = audit(load(source, **reading), options=options, on_part=tell)
        return judge(found, settings, before)


def _write(files: dict[Path, str], verdict: Verdict, source: str) -> None:
    from tooeasy.files import write_whole
    from tooeasy.giveaways.formats import FORMATS

    texts = {path: FORMATS[form](verdict, source) for path, form in files.items()}
    for path, text in texts.items():
        with write_whole(path) as temporary:
            temporary.write_text(text, "utf-8")


def _print(form: str, verdict: Verdict, source: str) -> None:
    from tooeasy.giveaways.formats import FORMATS

    if form != "text":
        typer.echo(FORMATS[form](verdict, source), nl=False)
        return
    from rich.console import Console
    from rich.text import Text

    from tooeasy.giveaways.formats.plain import lines

    console = Console()
    for kind, line in lines(verdict):  # one line each, however wide the terminal is
        console.print(Text(line, style=_STYLES.get(kind, "")), soft_wrap=True)
