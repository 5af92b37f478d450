"""The measures by name: what each says, and what it is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tooeasy.errors import OptionError


@dataclass(frozen=True)
class Measure:
    """One measure of complexity. All are at least 0, and higher is harder.

    Attributes
    ----------
    name : str
    title : str
        What it is, in a few words.
    needs : {"sketch", "images"}
        "sketch" if it follows exactly from how often each pixel of each class has each level.
    bounded : bool
        Whether it is at most 1.
    """

    name: str
    title: str
    needs: Literal["sketch", "images"]
    bounded: bool = True


MEASURES = {
    measure.name: measure
    for measure in (
        Measure("F1", "spread within classes, at the best pixel", "sketch"),
        Measure("F1v", "spread within classes, in the best direction", "images"),
        Measure("F2", "volume in which classes overlap", "sketch"),
        Measure("F3", "images in the overlap of the best pixel", "sketch"),
        Measure("L1", "distance of a linear classifier's errors", "images"),
        Measure("L2", "error rate of a linear classifier", "images"),
        Measure("N1", "images at the border, by spanning tree", "images"),
        Measure("N3", "error rate of the nearest neighbour", "images"),
        Measure("C1", "imbalance, by entropy", "sketch"),
        Measure("C2", "imbalance, by ratio", "sketch"),
        Measure("CSG", "cumulative spectral gradient", "images", bounded=False),
    )
}


def check_measures(names: Sequence[str] | None) -> list[str]:
    """Return the wanted measures in the order of `MEASURES`, all by default. Raises OptionError if one is unknown."""
    if names is None:
        return list(MEASURES)
    known = {name.lower(): name for name in MEASURES}
    listed = [] if isinstance(names, str) else [str(name).strip() for name in names]
    unknown = [name for name in listed if name.lower() not in known]
    if unknown or not listed:
        found = ", ".join(unknown) or repr(names)
        raise OptionError(f"measures are a list of {', '.join(MEASURES)}; found {found}")
    wanted = {known[name.lower()] for name in listed}
    return [name for name in MEASURES if name in wanted]
