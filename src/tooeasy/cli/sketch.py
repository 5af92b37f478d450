"""``tooeasy sketch``: images to a sketch file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from tooeasy.cli.console import (
    JsonOption,
    LevelsOption,
    NormalizeOption,
    OutputOption,
    SchedulerOption,
    SourceArgument,
    check_sketch_name,
    print_json,
    telling_progress,
    with_reading,
)
from tooeasy.cli.streams import note

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
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Keep sums so far in this folder, and go on with them if there are some.",
            show_default=False,
        ),
    ] = None,
    scheduler: SchedulerOption = None,
    json: JsonOption = False,
    *,
    reading: dict[str, Any],
) -> None:
    """Sum up a split in one small file that can be merged, shared and studied without the images."""
    from tooeasy.data import PartDone, load, sketch_split
    from tooeasy.data.checkpoint import remove_checkpoint

    check_sketch_name(output)
    part = load(source, **reading).train
    doing = f"sketching {len(part):,} images of {part.origin}"
    with telling_progress(doing) as tell:

        def on_part(done: PartDone) -> None:
            tell(f"{doing}: {done.images:,} done")

        if moments is None:
            moments = math.prod(part.shape) <= MOST_PIXELS
        made = sketch_split(
            part,
            normalize=normalize,
            levels=levels,
            moments=moments,
            checkpoint=checkpoint,
            scheduler=scheduler,
            on_part=on_part,
        )
        made.save(output)
    if checkpoint is not None:
        remove_checkpoint(checkpoint)  # not before the sketch is written
    for remark in part.remarks():
        note(remark)
    facts = {"output": str(output), "images": int(made.images_per_class.sum()), "classes": list(made.classes)}
    if json:
        print_json({"schema": "tooeasy/sketch/1", **facts, "image_shape": list(made.shape), "levels": made.levels})
    else:
        typer.echo(f"{output}: {made!r}, {output.stat().st_size:,} bytes")
