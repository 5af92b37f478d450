"""``tooeasy card``: a dataset's results as a small file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tooeasy.cli import completion
from tooeasy.cli.console import (
    BudgetOption,
    FullOption,
    UpToOption,
    climb_options,
    options_given,
    telling_progress,
    with_reading,
)

if TYPE_CHECKING:
    from tooeasy.data import Dataset
    from tooeasy.ladder import Card

FORMS = (".json", ".md", ".svg")


@with_reading
def card(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A dataset, or a card (.json) to show anew.", autocompletion=completion.sources
        ),
    ],
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write .json, .md (Markdown) or .svg (a badge). May be given more than once.",
        ),
    ] = None,
    croissant: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the numbers into this Croissant metadata, or begin it."),
    ] = None,
    up_to: UpToOption = None,
    budget: BudgetOption = None,
    full: FullOption = False,
    audit: Annotated[
        bool, typer.Option("--audit/--no-audit", help="Look for what gives the classes away, too.")
    ] = True,
    front_matter: Annotated[
        bool, typer.Option("--front-matter", help="Begin Markdown with the YAML of a Hugging Face dataset card.")
    ] = False,
    shipped: Annotated[
        bool, typer.Option("--shipped", help="The card of a known dataset that comes with tooeasy; nothing is made.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the card as JSON, not as Markdown.")] = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Put what is found of a dataset on a card that can be shipped, shown and compared."""
    from tooeasy.errors import OptionError
    from tooeasy.files import check_writable, write_whole

    files = output or []
    for path in files:
        check_writable(path)
        if path.suffix.lower() not in FORMS:
            raise OptionError(f"cards are written as {', '.join(FORMS)}; found {path.name!r}")
    before = None if croissant is None else _metadata(croissant, files)
    options = climb_options(budget, full=full, seed=reading["seed"])
    with telling_progress(f"making a card of {source}") as tell:
        from tooeasy.data import load
        from tooeasy.ladder import Card, make_card
        from tooeasy.ladder.badge import to_badge, to_markdown
        from tooeasy.ladder.croissant import to_croissant

        made = _there(source, shipped=shipped)
        if made is not None:
            chosen = {"--up-to": up_to, "--budget": budget, "--full": full, "--no-audit": not audit}
            _refuse([*(name for name, value in chosen.items() if value), *options_given(reading)])
        if made is None:
            data = load(source, **reading)
            made = make_card(data, up_to=up_to, options=options, on_progress=lambda *words: tell(": ".join(words)))
            if audit:
                made = made.with_audit(_audit(data, options.seed, tell))
    markdown = partial(to_markdown, front_matter=front_matter)
    write: dict[str, Callable[[Card], str]] = {".json": Card.to_json, ".md": markdown, ".svg": to_badge}
    texts = {path: write[path.suffix.lower()](made) for path in files}
    if croissant is not None:
        texts[croissant] = to_croissant(made, before)
    for path, text in texts.items():
        with write_whole(path) as temporary:
            temporary.write_text(text, "utf-8")
    if json:
        typer.echo(made.to_json(), nl=False)
    elif not texts:
        typer.echo(markdown(made), nl=False)
    else:
        typer.echo(f"{', '.join(map(str, texts))}: {made!r}")


def _refuse(given: Sequence[str]) -> None:
    from tooeasy.errors import OptionError

    if given:
        raise OptionError(f"{', '.join(given)}: for making a card, and this one is made; give the dataset itself")


def _there(source: str, *, shipped: bool) -> Card | None:
    """Find the card that need not be made."""
    from tooeasy.errors import OptionError
    from tooeasy.ladder import Card, is_card_file
    from tooeasy.ladder.shipped import shipped_card, shipped_cards

    if not shipped:
        return Card.load(source) if is_card_file(source) else None
    if card := shipped_card(source):
        return card
    raise OptionError(f"no card of {source!r} comes with tooeasy; there are those of {', '.join(shipped_cards())}")


def _metadata(path: Path, others: Sequence[Path]) -> dict[str, Any] | None:
    """Read the metadata so far, before anything is computed."""
    from tooeasy.errors import OptionError
    from tooeasy.files import check_writable
    from tooeasy.ladder.croissant import read_croissant

    check_writable(path)
    if path.suffix.lower() not in (".json", ".jsonld"):
        raise OptionError(f"Croissant metadata is in a file that ends in .json or .jsonld; found {path.name!r}")
    if path.resolve() in {other.resolve() for other in others}:
        raise OptionError(f"-o and --croissant would write the same file: {path}")
    return read_croissant(path)


def _audit(data: Dataset, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    from tooeasy.giveaways.audit import AuditOptions, audit

    return audit(data, options=AuditOptions(seed=seed), on_part=tell).to_dict()
