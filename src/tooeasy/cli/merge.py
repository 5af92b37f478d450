"""``tooeasy merge``: sketch files to one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tooeasy.cli.console import JsonOption, OutputOption, check_sketch_name, print_json


def merge(
    sketches: Annotated[list[Path], typer.Argument(metavar="SKETCH...", help="Sketch files of the same classes.")],
    output: OutputOption,
    json: JsonOption = False,
) -> None:
    """Add up sketches of parts into the sketch of the whole."""
    from tooeasy.sketch import Sketch

    check_sketch_name(output)
    total = Sketch.load(sketches[0])
    for path in sketches[1:]:
        total.merge(Sketch.load(path))
    total.save(output)
    images = int(total.images_per_class.sum())
    if json:
        print_json({"schema": "tooeasy/merge/1", "output": str(output), "merged": len(sketches), "images": images})
    else:
        typer.echo(f"{output}: {total!r} from {len(sketches)} sketch{'es' if len(sketches) > 1 else ''}")
