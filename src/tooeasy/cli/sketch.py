"""``tooeasy sketch``: images to a sketch file."""

from __future__ import annotations

import math
from typing import Annotated, Any

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
    with_reading,
)

MOST_PIXELS = 4096  # whose Gram matrix is made unasked: it takes 8 bytes for each pair of pixels, and time with it


@with_reading
def sketch(
    source: SourceArgument,
    output: OutputOption,
    normalize: NormalizeOption = "none",
    levels: LevelsOption = None,
    moments: Annotated[
        bool | None,
        typer.Option(
            "--moments/--no-moments",
            help="Add up the Gram matrix too, for linear templates; by default up to 4,096 pixels.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Sum up a split in one small file that can be merged, shared and studied without the images."""
    from tooeasy.data import load

    check_sketch_name(output)
    part = load(source, **reading).train
    with progress(f"sketching {len(part):,} images of {part.origin}"):
        if moments is None:
            moments = math.prod(part.shape) <= MOST_PIXELS
        made = part.sketch(normalize=normalize, levels=levels, moments=moments)
        made.save(output)
    facts = {"output": str(output), "images": int(made.images_per_class.sum()), "classes": list(made.classes)}
    if json:
        print_json({"schema": "tooeasy/sketch/1", **facts, "image_shape": list(made.shape), "levels": made.levels})
    else:
        typer.echo(f"{output}: {made!r}, {output.stat().st_size:,} bytes")
