"""``tooeasy datasets``: what is known by name, what of it is on this machine, and how to get the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import JsonOption, print_json
from tooeasy.cli.streams import shows_progress, stderr_console, with_streams

if TYPE_CHECKING:
    from tooeasy.data import CatalogEntry
    from tooeasy.data.known.downloads import Progress

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the dataset.", autocompletion=completion.known_names)
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Do not touch the network: only check what is here.")]

_BARS = 4  # shown at once

app = typer.Typer(help="List, describe, download and name datasets.")


@app.callback(invoke_without_command=True)
@with_streams
def datasets(context: typer.Context, json: JsonOption = False) -> None:
    """List the datasets that are known by name, and what of them is on this machine."""
    if context.invoked_subcommand is not None:
        if any(context.params.values()):
            raise typer.BadParameter(f"give options after the word {context.invoked_subcommand}, not before it")
        return
    from tooeasy.data import known_datasets
    from tooeasy.data.known.own import own_datasets

    own, known = own_datasets(), list(known_datasets().values())
    if json:
        listed = [_summary(entry) for entry in known]
        given = [{"name": name, "source": source} for name, source in own.items()]
        print_json({"schema": "tooeasy/datasets/1", "datasets": listed, "own": given})
    else:
        _print_list(known, own)


@app.command("info")
@with_streams
def info(name: NameArgument, json: JsonOption = False) -> None:
    """Tell everything that is known of a dataset without looking at it."""
    entry = _entry(name)
    if json:
        print_json({"schema": "tooeasy/datasets-info/1", **_everything(entry)})
    else:
        _print_info(entry)


@app.command("get")
@with_streams
def get(name: NameArgument, offline: OfflineOption = False, json: JsonOption = False) -> None:
    """Download a dataset, or check what was downloaded; goes on where an earlier run stopped."""
    from tooeasy.data import download

    with _download_progress() as progress:
        folder = download(name, offline=offline, progress=progress)
    files = [file.name for file in _entry(name).files]
    if json:
        print_json({"schema": "tooeasy/datasets-get/1", "name": name, "folder": str(folder), "files": files})
    else:
        typer.echo(f"{name}: {len(files)} file{'s' if len(files) > 1 else ''} in {folder}")


@app.command("add")
@with_streams
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A new name for it.")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="What the name stands for: a path, a URL.")],
    json: JsonOption = False,
) -> None:
    """Give a dataset a name of your own, to be used wherever a source is wanted."""
    from tooeasy.data.known.own import add_dataset

    source = add_dataset(name, path)
    if json:
        print_json({"schema": "tooeasy/datasets-add/1", "name": name, "source": source})
    else:
        typer.echo(f"{name}: {source}")


@app.command("remove")
@with_streams
def remove(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name that you gave.", autocompletion=completion.own_names)
    ],
    json: JsonOption = False,
) -> None:
    """Forget a name that you gave. The dataset itself stays where it is."""
    from tooeasy.data.known.own import remove_dataset

    remove_dataset(name)
    if json:
        print_json({"schema": "tooeasy/datasets-remove/1", "name": name})
    else:
        typer.echo(f"{name} is forgotten; the dataset itself is where it was")


def _entry(name: str) -> CatalogEntry:
    from tooeasy.data import known_datasets
    from tooeasy.data.known.catalog import nearest_names
    from tooeasy.errors import SourceNotFoundError

    if name not in known_datasets():
        raise SourceNotFoundError(
            f"the catalog has no dataset {name!r}; it has {', '.join(nearest_names(name))} "
            "(`tooeasy datasets` lists all)"
        )
    return known_datasets()[name]


def _summary(entry: CatalogEntry) -> dict[str, Any]:
    from tooeasy.data.known.at_hand import state_of

    return {
        "name": entry.name,
        "title": entry.title,
        "bundled": entry.bundled,
        "images_are": state_of(entry),
        "classes": entry.class_count,
        "images": entry.images,
        "shape": list(entry.shape),
        "download_bytes": entry.download_bytes,
        "licence": entry.licence,
    }


def _everything(entry: CatalogEntry) -> dict[str, Any]:
    from dataclasses import asdict

    from tooeasy.data.known.published import download_folder

    return {
        **_summary(entry),
        "class_names": list(entry.classes),
        "homepage": entry.homepage,
        "citation": entry.citation,
        "folder": str(download_folder(entry)),
        "files": [asdict(file) for file in entry.files],
        "one_source": entry.one_source,
        "figures": [asdict(figure) for figure in entry.figures],
    }


def _print_list(known: list[CatalogEntry], own: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("dataset", "here", "classes", "images", "pixels", "download"):
        justify: Any = "right" if column in ("classes", "images", "download") else "left"
        table.add_column(column, justify=justify, no_wrap=True)
    table.add_column("licence")
    for entry in known:
        facts = _summary(entry)
        table.add_row(
            entry.name,
            _state_words(facts),
            f"{entry.class_count:,}",
            f"{sum(entry.images.values()):,}",
            "x".join(map(str, entry.shape)),
            _size_words(entry),
            Text(entry.licence),
        )
    console = Console(highlight=False)
    console.print(table)
    for name, source in own.items():
        console.print(Text(f"{name}  yours: {_plain(source)}"))
    console.print(
        "[dim]bundled: comes along, MNIST's and Fashion-MNIST's training images as sketches.  "
        "tooeasy datasets info NAME says more, tooeasy datasets get NAME downloads.[/]"
    )


def _state_words(facts: dict[str, Any]) -> str:
    if not facts["bundled"] or facts["images_are"] == "bundled":
        return str(facts["images_are"])
    return "bundled" if facts["images_are"] == "needs download" else f"bundled, {facts['images_are']}"


def _size_words(entry: CatalogEntry) -> str:
    if not entry.files:
        return ""
    size = entry.download_bytes
    if size is None:
        return "?"
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"


def _print_info(entry: CatalogEntry) -> None:
    from rich.console import Console
    from rich.text import Text

    facts = _everything(entry)
    shown = 12
    names = ", ".join(entry.classes[:shown]) + (", ..." if len(entry.classes) > shown else "")
    lines = [
        ("here", _state_words(facts)),
        ("classes", f"{entry.class_count:,}: {names}" if names else f"{entry.class_count:,}, named in its files"),
        ("images", ", ".join(f"{split} {count:,}" for split, count in entry.images.items())),
        ("pixels", "x".join(map(str, entry.shape))),
        ("licence", entry.licence),
        ("homepage", entry.homepage),
        ("cite", entry.citation),
    ]
    lines += [(figure.kind, f"{figure.accuracy:.2%}  {figure.what} ({figure.source})") for figure in entry.figures]
    if entry.files:
        lines += [("download", f"{_size_words(entry)}, {len(entry.files)} files, to {facts['folder']}")]
        lines += [("from", url) for url in entry.files[0].urls]
    if entry.one_source:
        lines += [("note", entry.one_source)]
    console = Console(highlight=False)
    console.print(Text(f"{entry.name}  {entry.title}", style="bold"))
    for label, value in lines:
        console.print(Text(f"  {label:9} {value}"), soft_wrap=True)


def _plain(text: str) -> str:
    """Text without what a terminal would act on."""
    return "".join(char if char.isprintable() else " " for char in text)


@contextmanager
def _download_progress() -> Iterator[Progress]:
    """Show a bar for the file that is being downloaded, on stderr."""
    from rich import progress as bars

    shown = bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TransferSpeedColumn(),
        bars.TimeRemainingColumn(),
        console=stderr_console(),
        disable=not shows_progress(),
    )
    tasks: dict[str, bars.TaskID] = {}

    def tell(name: str, done: int, total: int | None) -> None:
        if name not in tasks:
            shown.start()
            for earlier in list(tasks.values())[: -_BARS + 1]:
                shown.update(earlier, visible=False)
            tasks[name] = shown.add_task(name, total=total)
        shown.update(tasks[name], completed=done, total=total)

    try:
        yield tell
    finally:
        if tasks:
            shown.stop()
