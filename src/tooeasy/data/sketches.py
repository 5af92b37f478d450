"""A sketch where a dataset is wanted."""

from __future__ import annotations

from pathlib import Path

from tooeasy.data.dataset import Dataset
from tooeasy.data.split import SketchSplit
from tooeasy.sketch import Sketch


def load_sketch(path: str | Path) -> Dataset:
    """Load a ``.sketch`` file as a dataset that has a training split without images, and no test split."""
    return from_sketch(Sketch.load(path), Path(path).stem)


def from_sketch(sketch: Sketch, name: str = "sketch") -> Dataset:
    """Take a sketch as a dataset."""
    split = SketchSplit(
        origin=name,
        shape=sketch.shape,
        classes=sketch.classes,
        levels=sketch.quantization.source_levels,
        known=sketch,
    )
    return Dataset(name, split)
