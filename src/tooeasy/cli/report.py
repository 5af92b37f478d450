"""``tooeasy report``: a dataset, or several, on one page."""

from __future__ import annotations

import shlex
import sys
import webbrowser
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

import typer

from tooeasy.cli.console import (
    BudgetOption,
    FullOption,
    JsonOption,
    SourcesArgument,
    TestOption,
    UpToOption,
    climb_options,
    print_json,
    telling_progress,
    with_reading,
)


@with_reading
def report(
    sources: SourcesArgument,
    output: Annotated[
        list[Path] | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write .html (the page) or .json; may be given twice."),
    ] = None,
    up_to: UpToOption = None,
    budget: BudgetOption = None,
    full: FullOption = False,
    test: TestOption = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Explain a dataset, or several side by side, on one HTML page that needs nothing else."""
    from tooeasy.errors import OptionError
    from tooeasy.files import check_writable

    if not output and not json:
        raise OptionError("nothing to write: give a file with -o, such as -o report.html")
    output = output or []
    options = climb_options(budget, full=full, seed=reading["seed"])
    with telling_progress("reading") as tell:
        from tooeasy.data import load
        from tooeasy.report import check_form, make_report

        pages = [path for path in map(check_writable, output) if check_form(path) == ".html"]
        if open_page and not pages:
            raise OptionError("--open is for a page; give a file that ends in .html too")
        if test is not None and len(sources) > 1:
            raise OptionError(f"--test is for one dataset; found {len(sources)}")
        command = shlex.join(["tooeasy", *map(_shown, sys.argv[1:])])
        data = [load(source, **reading) for source in sources]
        if test is not None:
            data = [data[0].with_test(load(test, **{**reading, "split": None}))]
        made = make_report(data, up_to, options, on_part=tell, command=command)
        for path in output:
            tell(f"building {path}")
            made.save(path)
    if json:
        print_json(made.to_dict())
    else:
        for path in output:
            typer.echo(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    if open_page:
        webbrowser.open(pages[0].resolve().as_uri())


def _shown(argument: str) -> str:
    """Leave out what a URL holds for nobody else: user, password and query."""
    if "://" not in argument:
        return argument
    parts = urlsplit(argument)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
