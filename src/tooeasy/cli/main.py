"""All commands, and what becomes of their errors."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from tooeasy.cli import (
    audit,
    benchmark,
    card,
    check,
    compare,
    completion,
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
from tooeasy.cli.streams import with_streams
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
_COMMANDS: tuple[Callable[..., None], ...] = (
    pixels.pixels,
    show.show,
    templates.templates,
    ladder.ladder,
    compare.compare,
    card.card,
    check.check,
    complexity.complexity,
    benchmark.benchmark,
    audit.audit,
    report.report,
    sketch.sketch,
    merge.merge,
)
for _command in _COMMANDS:
    app.command(_command.__name__)(with_streams(_command))
app.add_typer(datasets.app, name="datasets")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tooeasy {version('tooeasy')}")
        raise typer.Exit


def _print_schema(name: str | None) -> None:
    if name is not None:
        import json

        from tooeasy.schemas import schema

        typer.echo(json.dumps(schema(name), indent=2, ensure_ascii=False))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    json_schema: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            callback=_print_schema,
            is_eager=True,
            help="Print the JSON Schema of what a command prints with --json, and exit.",
            autocompletion=completion.schemas,
        ),
    ] = None,
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
        code = app(arguments, standalone_mode=False, prog_name="tooeasy")  # also as python -m tooeasy
        if sys.stdout is not None:
            sys.stdout.flush()
    except _UsageError as error:
        return _fail(error.format_message().replace("Value error, ", ""))  # type: ignore[attr-defined]
    except TooeasyError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        return _left(error)
    except OSError as error:
        return _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
    except MemoryError as error:
        return _fail(f"not enough memory: {error}; use smaller images or fewer levels")
    return _exit_code(code, sys.argv[1:] if arguments is None else arguments)


def _exit_code(code: object, arguments: Sequence[str]) -> int:
    """Of a command that ended by itself. Typer says 1 of a shell that it does not know; 1 is kept for the gate."""
    if code and list(arguments[:1]) in (["--install-completion"], ["--show-completion"]):
        return WRONG_INPUT
    return code if isinstance(code, int) else FINE


def _left(error: BrokenPipeError | SystemExit) -> int:
    """Say with which exit code something else has ended the command."""
    if isinstance(error, SystemExit) and not isinstance(error.__context__, OSError):
        return error.code if isinstance(error.code, int) else FINE  # by which completion speaks to the shell
    # Typer and Rich exit on a broken pipe; `tooeasy ... | head` has what it wanted
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return FINE


def _fail(message: str) -> int:
    """Print one line: file and class names may hold line breaks and control characters."""
    if not message.strip():  # no arguments: the help has been printed
        return WRONG_INPUT
    line = "".join(char if char.isprintable() else " " for char in message)
    print(f"tooeasy: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201
    return WRONG_INPUT
