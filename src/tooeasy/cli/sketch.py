"""``tooeasy sketch``: images to a sketch file."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tooeasy.cli.console import (
    JsonOption,
    LevelsOption,
    NormalizeOption,
    OutputOption,
    SourceArgument,
    check_sketch_name,
    print_json,
    progress,
)


def sketch(
    source: SourceArgument,
    output: OutputOption,
    split: Annotated[Literal["train", "test"], typer.Option(help="The split to sketch.")] = "train",
    normalize: NormalizeOption = "none",
    levels: LevelsOption = None,
    moments: Annotated[bool, typer.Option(help="Add up the Gram matrix too, for linear templates.")] = True,
    json: JsonOption = False,
) -> None:
    """Sum up a split in one small file that can be merged, shared and studied without the images."""
    from tooeasy.data import load
    from tooeasy.errors import SourceError

    check_sketch_name(output)
    data = load(source)
    part = data.train if split == "train" else data.test
    if part is None:
        raise SourceError(f"{data.name} has no test split")
    with progress(f"sketching {len(part):,} images of {part.origin}"):
        made = part.sketch(normalize=normalize, levels=levels, moments=moments)
        made.save(output)
    facts = {"output": str(output), "images": int(made.images_per_class.sum()), "classes": list(made.classes)}
    if json:
        print_json({"schema": "tooeasy/sketch/1", **facts, "image_shape": list(made.shape), "levels": made.levels})
    else:
        typer.echo(f"{output}: {made!r}, {output.stat().st_size:,} bytes")
