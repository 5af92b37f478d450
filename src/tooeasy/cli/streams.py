"""What goes to stderr beside errors: progress and notes, with --verbose the log, with --quiet nothing."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, Literal

import typer

from tooeasy.errors import OptionError
from tooeasy.text import printable

VARIABLE = "TOOEASY_LOG"
LEVELS = {name: getattr(logging, name.upper()) for name in ("debug", "info", "warning", "error")}

_QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing on stderr but errors.")]
_VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Tell on stderr what is done, and how long it takes.")
]
_STREAMS = {
    "quiet": {"annotation": _QuietOption, "default": False},
    "verbose": {"annotation": _VerboseOption, "default": False},
}
_shown: ContextVar[Literal["progress", "log", "nothing"]] = ContextVar("shown", default="progress")


def give_options(wrapper: Callable[..., None], own: Callable[..., None], hidden: str, options: dict[str, Any]) -> None:
    """Let Typer see a command's own parameters, but for the one that is made of the options, and the options."""
    parameters = [one for one in signature(own, eval_str=True).parameters.values() if one.name != hidden]
    parameters += [Parameter(name, Parameter.KEYWORD_ONLY, **what) for name, what in options.items()]
    wrapper.__signature__ = Signature(  # type: ignore[attr-defined]  # Typer reads the options from here
        [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in parameters]
    )
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


def with_streams(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--quiet`` and ``--verbose``."""

    @wraps(command)
    def wrapper(**arguments: Any) -> None:
        quiet, verbose = arguments.pop("quiet"), arguments.pop("verbose")
        with _streams(quiet=quiet, verbose=verbose):
            command(**arguments)

    give_options(wrapper, command, "", _STREAMS)
    return wrapper


def shows_progress() -> bool:
    """Whether what is being done is shown while it is."""
    return _shown.get() == "progress"


def stderr_console() -> Any:
    """Make a console on stderr, that prints nothing if nothing is wanted there."""
    from rich.console import Console

    return Console(stderr=True, quiet=_shown.get() == "nothing")


def note(line: str) -> None:
    """Print a remark on stderr that is no error."""
    if _shown.get() != "nothing":
        typer.echo(f"tooeasy: {line}", err=True)


@contextmanager
def _streams(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Show what is wanted, while a command runs in this process."""
    if quiet and verbose:
        raise OptionError("--quiet and --verbose exclude each other; give one of them")
    level = None if quiet else _level(verbose=verbose)
    token = _shown.set("nothing" if quiet else "progress" if level is None else "log")
    with ExitStack() as stack:
        stack.callback(_shown.reset, token)
        if quiet:
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
        if level is not None:
            stack.enter_context(_log(level))
        yield


def _level(*, verbose: bool) -> int | None:
    """From which level on records are shown; None for no log."""
    named = os.environ.get(VARIABLE, "").strip().lower()
    if named and named not in LEVELS:
        raise OptionError(f"{VARIABLE} is one of {', '.join(LEVELS)}; found {named!r}")
    wanted = [LEVELS[named]] if named else []
    return min([*wanted, logging.INFO] if verbose else wanted, default=None)


@contextmanager
def _log(level: int) -> Iterator[None]:
    """Print the library's records on stderr: for people on a terminal, else one line each."""
    handler: logging.Handler
    if sys.stderr.isatty():
        from rich.logging import RichHandler

        handler = RichHandler(console=stderr_console(), show_path=False, omit_repeated_times=False)
        handler.setFormatter(_Printable("%(message)s", "%H:%M:%S"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(_Printable("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("tooeasy")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Printable(logging.Formatter):
    """A record is one line: names of files and classes may hold line breaks and control characters."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))
