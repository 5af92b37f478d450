"""All commands, and what becomes of their errors."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from tooeasy.cli import (
    audit,
    benchmark,
    card,
    check,
    compare,
    complexity,
    datasets,
    ladder,
    merge,
    pixels,
    report,
    show,
    sketch,
    templates,
)
from tooeasy.errors import TooeasyError

FINE, WRONG_INPUT, INTERRUPTED = 0, 2, 130

# What Typer raises for wrong usage has no public name of its own; this is its public subclass's parent.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="tooeasy",
    help="Tell how easy a labelled image dataset is, and what gives it away.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("pixels")(pixels.pixels)
app.command("show")(show.show)
app.command("templates")(templates.templates)
app.command("ladder")(ladder.ladder)
app.command("compare")(compare.compare)
app.command("card")(card.card)
app.command("check")(check.check)
app.command("complexity")(complexity.complexity)
app.command("benchmark")(benchmark.benchmark)
app.command("audit")(audit.audit)
app.command("report")(report.report)
app.command("sketch")(sketch.sketch)
app.command("merge")(merge.merge)
app.add_typer(datasets.app, name="datasets")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tooeasy {version('tooeasy')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code: 0 fine, 1 a gate that does not hold, 2 wrong usage or bad input, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a question mark
    try:
        code = app(arguments, standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except _UsageError as error:
        return _fail(error.format_message())  # type: ignore[attr-defined]
    except TooeasyError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (
        BrokenPipeError,
        SystemExit,
    ):  # Typer and Rich exit on a broken pipe; `tooeasy ... | head` has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return FINE
    except OSError as error:
        return _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
    except MemoryError as error:
        return _fail(f"not enough memory: {error}; use smaller images or fewer levels")
    return code if isinstance(code, int) else FINE


def _fail(message: str) -> int:
    """Print one line: file and class names may hold line breaks and control characters."""
    if not message.strip():  # no arguments: the help has been printed
        return WRONG_INPUT
    line = "".join(char if char.isprintable() else " " for char in message)
    print(f"tooeasy: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201
    return WRONG_INPUT
