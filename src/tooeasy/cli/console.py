"""What the commands share: results on stdout, progress on stderr, JSON, and options in the same words."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from tooeasy.cli import completion
from tooeasy.cli.streams import give_options, shows_progress, stderr_console
from tooeasy.text import printable

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A name of the catalog, a path, a .sketch file.", autocompletion=completion.sources
    ),
]
SourcesArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...", help="Names of the catalog, paths, .sketch files.", autocompletion=completion.sources
    ),
]
NormalizeOption = Annotated[
    Literal["none", "l2"], typer.Option(help="l2: divide each image by its Euclidean norm first.")
]
LevelsOption = Annotated[
    int | None, typer.Option(metavar="N", help="Count N grey levels instead of all.", show_default=False)
]


def parse_size(text: str) -> tuple[int, int]:
    """Parse HEIGHTxWIDTH. Raises BadParameter if it is of another form."""
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise typer.BadParameter(f"{text!r} is not of the form HEIGHTxWIDTH, such as 32x32")
    return int(height), int(width)


def _reading(kind: Any, *names: str, default: Any = None, **option: Any) -> dict[str, Any]:
    described = typer.Option(*names, rich_help_panel="Reading the source", **option)
    return {"annotation": Annotated[kind, described], "default": default}


_READING = {
    "size": _reading(tuple | None, parser=parse_size, metavar="HxW", help="Resize and centre-crop to this size."),
    "color": _reading(bool | None, "--color/--gray", help="Three channels, or one; by default as the images are."),
    "image_column": _reading(str | None, metavar="NAME", help="The column that has the images."),
    "label_column": _reading(str | None, metavar="NAME", help="The column that has the labels."),
    "split": _reading(str | None, metavar="NAME", help="Use only this split, as the whole dataset."),
    "limit": _reading(int | None, metavar="N", help="Take at most N images of each split, stratified by class."),
    "seed": _reading(int, default=0, min=0, help="Of what is chosen at random: the hold-out, the limit."),
    "strict": _reading(bool, "--strict", default=False, help="Stop at the first broken image."),
    "offline": _reading(bool, "--offline", default=False, help="Make no request to the network."),
}

TestOption = Annotated[
    str | None,
    typer.Option(
        metavar="SOURCE", help="Score on these images instead of the test split.", autocompletion=completion.sources
    ),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Work on the workers of this Dask scheduler; local or local:N for N processes here.",
        show_default=False,
    ),
]
FigureOption = Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the result: PNG, SVG or PDF.")]
DarkOption = Annotated[bool, typer.Option("--dark", help="Draw light on dark.")]
UpToOption = Annotated[
    str | None, typer.Option(metavar="RUNG", help="The highest rung to climb.", autocompletion=completion.rungs)
]
FullOption = Annotated[bool, typer.Option("--full", help="Train every rung on all images, whatever it takes.")]


def _parse_time(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|)", text.strip().lower())
    if not match or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a time such as 90s, 3m or 1h")
    return float(match[1]) * {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}[match[2]]


def _parse_bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?", text.strip().lower())
    if not match or float(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a size such as 500M or 4G")
    return int(float(match[1]) * 1024 ** " kmgt".index(match[2] or " "))


RateOption = Annotated[
    float | None,
    typer.Option(metavar="F", help="Of false discoveries among what is said to predict the class; 0.01 by default."),
]
NearOption = Annotated[
    bool | None, typer.Option("--near/--no-near", help="Look for near copies too (the default), or exact ones only.")
]
SymmetriesOption = Annotated[
    bool | None, typer.Option("--symmetries", help="Look for mirrored and rotated copies of images too.")
]
MemoryOption = Annotated[
    int | None,
    typer.Option(parser=_parse_bytes, metavar="SIZE", help="For counts, such as 4G; by default half of what is free."),
]
BudgetOption = Annotated[
    float | None, typer.Option(parser=_parse_time, metavar="TIME", help="For all rungs together; 3m by default.")
]
OutputOption = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading a source; it gets them as ``reading``, keyword arguments of `load`."""

    @wraps(command)
    def wrapper(**arguments: Any) -> None:
        reading = {name: arguments.pop(name) for name in _READING}
        if reading.pop("offline"):
            os.environ["TOOEASY_OFFLINE"] = "1"  # for this process, wherever a request would be made
        command(**arguments, reading=reading)

    give_options(wrapper, command, "reading", _READING)
    return wrapper


def options_given(reading: dict[str, Any]) -> list[str]:
    """Names of the options of reading that are not as they are by default."""
    return [f"--{name.replace('_', '-')}" for name, value in reading.items() if value != _READING[name]["default"]]


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show on stderr what is being done, and say when kernels are compiled, which happens once on a machine."""
    with telling_progress(what):
        yield


@contextmanager
def telling_progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show on stderr what is being done, and what whoever does it tells of it."""
    from rich.text import Text

    from tooeasy.data.formats.remote import shown

    what = re.sub(r"\w+://\S+", lambda url: shown(url[0]), what)  # without what may be secret
    console = stderr_console()
    with _announce_compilation(console):
        if not shows_progress():
            logger = logging.getLogger(__name__)
            logger.info("%s", what)
            yield lambda words: logger.debug("%s", words)
            return
        with console.status(Text(f"{printable(what)} ...")) as status:
            yield lambda words: status.update(Text(f"{printable(words)} ..."))


@contextmanager
def _announce_compilation(console: Any) -> Iterator[None]:
    from numba.core import event

    announced = False

    class Announcer(event.Listener):
        def on_start(self, event: Any) -> None:  # noqa: ARG002
            nonlocal announced
            if not announced:
                console.print("compiling what this needs: some seconds, the first time", style="dim")
            announced = True

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Announcer()):
        yield


def check_figure(path: Path | None, *, dark: bool) -> None:
    """Fail before the work if a figure cannot be written there, or none is wanted."""
    from tooeasy.errors import OptionError

    if path is None:
        if dark:
            raise OptionError("--dark is for a figure; give its file too")
        return
    from tooeasy.figures import check_format
    from tooeasy.files import check_writable

    check_writable(path)
    check_format(path)


def climb_options(budget: float | None, *, full: bool, seed: int, **others: Any) -> Any:
    """Make the options of a climb: ``--full`` lifts the budget."""
    from tooeasy.errors import OptionError
    from tooeasy.ladder.climbing import BUDGET, ClimbOptions

    if full and budget is not None:
        raise OptionError("--full lifts the budget; give one of --full and --budget")
    return ClimbOptions(budget=None if full else BUDGET if budget is None else budget, seed=seed, **others)


def check_sketch_name(path: Path) -> None:
    """Fail early if a sketch cannot be written there, or would not be known as one when used as a source."""
    from tooeasy.errors import OptionError
    from tooeasy.files import check_writable

    check_writable(path)
    if path.suffix != ".sketch":
        raise OptionError(f"sketch files end in .sketch, so that they are known as sources; found {path.name!r}")


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object. NaN is not JSON and would be a bug."""
    typer.echo(json.dumps(value, allow_nan=False))
