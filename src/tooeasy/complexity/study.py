"""How complex the classification problem is that a dataset poses."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tooeasy.complexity.definitions import MEASURES, check_measures
from tooeasy.complexity.direction import MOST_BYTES, directional_fisher, gram_bytes
from tooeasy.complexity.distances import Points
from tooeasy.complexity.linear import linear_errors
from tooeasy.complexity.neighbours import borderline_fraction, neighbour_error
from tooeasy.complexity.overlap import (
    Ranges,
    entropy_imbalance,
    feature_efficiency,
    fisher,
    overlap_volume,
    ratio_imbalance,
)
from tooeasy.complexity.reading import Images, read_images
from tooeasy.complexity.spectral import spectral_gradient
from tooeasy.data import Dataset, Source, load
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.logs import timed
from tooeasy.sketch import Shape, Sketch

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger(__name__)
SCHEMA = "tooeasy/complexity/1"
SAMPLE = 10_000  # images: distances of all 60,000 of MNIST take minutes
SAMPLED = ("L1", "L2", "N1", "N3", "CSG")


@dataclass(frozen=True, eq=False)
class Complexity:
    """How complex the classification problem is that the training images of a dataset pose.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    images : int
        Training images.
    values : mapping of str to float
        By the measure's name. All are at least 0, and higher is harder:

        - F1, maximum Fisher's discriminant ratio, 0 to 1
        - F1v, its directional-vector form, 0 to 1
        - F2, volume of the overlapping region, 0 to 1
        - F3, maximum individual feature efficiency, 0 to 1
        - L1, error distance of a linear classifier, 0 to 1
        - L2, error rate of a linear classifier, 0 to 1
        - N1, fraction of borderline points, 0 to 1
        - N3, leave-one-out error rate of the nearest neighbour, 0 to 1
        - C1, imbalance by the entropy of class proportions, 0 to 1
        - C2, imbalance ratio, 0 to 1
        - CSG, cumulative spectral gradient, from 0
    missing : mapping of str to str
        Why a measure is not among the values.
    sampled : int or None
        Images that L1, L2, N1, N3 and CSG were computed on, if not on all.
    seed : int
        Of what was drawn.
    notes : tuple of str
        What a reader should know.

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.measure_complexity("digits", measures=["F1", "F3"])
    >>> {name: round(value, 3) for name, value in found.values.items()}
    {'F1': 0.388, 'F3': 0.521}
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    images: int
    values: Mapping[str, float]
    missing: Mapping[str, str]
    sampled: int | None
    seed: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Complexity({self.dataset}: {', '.join(f'{name} {value:.3g}' for name, value in self.values.items())})"

    def __getitem__(self, name: str) -> float:
        """Value of a measure. Raises OptionError if it is not known, NotAtHandError if it is missing here."""
        if name in self.values:
            return self.values[name]
        check_measures([name])
        raise NotAtHandError(f"{self.dataset} has no {name}: {self.missing.get(name, 'it was not asked for')}")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a measure as a pandas DataFrame; of one that is missing, the value is NaN, and why.

        Returns
        -------
        DataFrame
            Columns ``dataset``, ``measure``, ``value`` and ``why``.
        """
        import pandas as pd

        rows = [(name, self.values.get(name), self.missing.get(name)) for name in (*self.values, *self.missing)]
        frame = pd.DataFrame(rows, columns=["measure", "value", "why"]).astype({"value": float})
        frame.insert(0, "dataset", self.dataset)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
        """
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "image_shape": list(self.shape),
            "n_train": self.images,
            "sampled": self.sampled,
            "seed": self.seed,
            "values": dict(self.values),
            "missing": dict(self.missing),
            "notes": list(self.notes),
        }


def measure_complexity(
    source: Source,
    *,
    measures: Sequence[str] | None = None,
    sample: int | Literal["all"] | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> Complexity:
    """Measure how complex the classification problem is that the training images of a dataset pose.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes.
    measures : sequence of str, optional
        Of F1, F1v, F2, F3, L1, L2, N1, N3, C1, C2 and CSG; by default all that can be had.
    sample : int or "all", optional
        Images that L1, L2, N1, N3 and CSG use at most, stratified by class; 10,000 by default. N1 and N3 fall as there
        are more images, so that only values of samples of one size compare.
    seed : int, default 0
        Of the sample, and of CSG's draws.
    threads : int, optional
        By default one for each core.

    Returns
    -------
    Complexity
        Where there is only a sketch: what follows from it exactly (F1, F2, F3, C1, C2; F1v of two classes if it has
        moments), and why the rest is missing.

    Raises
    ------
    NotAtHandError
        If a measure is asked for by name that needs images which are not here.
    OptionError
        If an argument is out of range, or a measure that is asked for by name takes more memory than is sane.
    TooeasyError
        If the source cannot be used.

    References
    ----------
    T. K. Ho, M. Basu, "Complexity measures of supervised classification problems", IEEE TPAMI 24 (2002). A. C. Lorena
    et al., "How complex is your classification problem?", ACM Computing Surveys 52 (2019). F. Branchaud-Charron et al.,
    "Spectral metric for dataset complexity assessment", CVPR 2019.

    Examples
    --------
    >>> found = measure_complexity("digits", measures=["F1", "N3"])
    >>> found
    Complexity(digits: F1 0.388, N3 0.0117)
    >>> measure_complexity("digits", measures=["C2"])["C2"] < 0.001
    True
    """
    wanted = check_measures(measures)
    most = _check_sample(sample)
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise OptionError(f"seed is a whole number of at least 0; found {seed!r}")
    data = load(source)
    study = _Study(data, wanted, required=measures is not None)
    with timed(_LOGGER, "complexity of %s is measured: %s", data.name, ", ".join(wanted)):
        study.from_sketch(threads)
        study.directional(threads)
        study.from_images(most, int(seed), threads)
    values = {name: study.values[name] for name in MEASURES if name in study.values}
    return Complexity(
        data.name,
        data.classes,
        data.shape,
        len(data.train),
        MappingProxyType(values),
        MappingProxyType(study.missing),
        study.sampled,
        int(seed),
        (*data.remarks(), *study.notes),
    )


def _check_sample(sample: int | Literal["all"] | None) -> int | None:
    """Return the most images to use, None for all."""
    if sample is None:
        return SAMPLE
    if sample == "all":
        return None
    if not isinstance(sample, (int, np.integer)) or sample < 2:
        raise OptionError(f"sample is 'all' or a whole number of at least 2; found {sample!r}")
    return int(sample)


class _Study:
    """What has been found so far."""

    def __init__(self, data: Dataset, wanted: Sequence[str], *, required: bool) -> None:
        self.data = data
        self.wanted = wanted
        self.required = required
        self.values: dict[str, float] = {}
        self.missing: dict[str, str] = {}
        self.notes: list[str] = []
        self.sampled: int | None = None

    def from_sketch(self, threads: int | None) -> None:
        """F1, F2, F3, C1, C2."""
        wanted = [name for name in self.wanted if MEASURES[name].needs == "sketch"]
        if wanted:
            self.values |= _of_sketch(self.data.train.sketch(threads=threads), wanted)

    def directional(self, threads: int | None) -> None:
        """F1v: of two classes from the sketch, of more from the images."""
        if "F1v" not in self.wanted:
            return
        try:
            needed = gram_bytes(self.data.train)
            if needed > MOST_BYTES:
                raise OptionError(
                    f"F1v of {self.data.name} would take {needed / 2**30:.1f} GiB for the scatter of the classes, more "
                    f"than {MOST_BYTES / 2**30:.0f}: use smaller images"
                )
            self.values["F1v"] = directional_fisher(self.data.train, threads=threads)
        except (NotAtHandError, OptionError) as error:
            self._miss(["F1v"], error)

    def from_images(self, most: int | None, seed: int, threads: int | None) -> None:
        """L1, L2, N1, N3, CSG."""
        wanted = [name for name in self.wanted if name in SAMPLED]
        if not wanted:
            return
        try:
            images = read_images(self.data.train, most, seed)
        except NotAtHandError as error:
            self._miss(wanted, error)
            return
        if most is not None and most < len(self.data.train):
            self.sampled = len(images.labels)
            self.notes.append(f"{', '.join(wanted)}: of {self.sampled:,} images, stratified by class, seed {seed}")
        self._linear(images, wanted, seed, threads)
        self._near(images, wanted, seed, threads)

    def _linear(self, images: Images, wanted: Sequence[str], seed: int, threads: int | None) -> None:
        if not {"L1", "L2"} & set(wanted):
            return
        found = linear_errors(*images, self.data.train.levels, seed=seed, threads=threads)
        self.values |= {name: value for name, value in (("L1", found.distance), ("L2", found.rate)) if name in wanted}
        if found.unfinished:
            self.notes.append(f"L1, L2: the solver stopped before it had converged for {found.unfinished} pairs")

    def _near(self, images: Images, wanted: Sequence[str], seed: int, threads: int | None) -> None:
        if not {"N1", "N3", "CSG"} & set(wanted):
            return
        points = Points(*images)
        if "N1" in wanted:
            self.values["N1"] = borderline_fraction(points, threads=threads)
        if "N3" in wanted:
            self.values["N3"] = neighbour_error(points, threads=threads)
        if "CSG" in wanted:
            self.values["CSG"] = spectral_gradient(points, images.pixels, self.data.train.levels, seed=seed)

    def _miss(self, names: Sequence[str], error: NotAtHandError | OptionError) -> None:
        """Say why measures are missing, or raise if they were asked for."""
        if self.required:
            raise error
        self.missing |= dict.fromkeys(names, str(error))


def _of_sketch(sketch: Sketch, wanted: Sequence[str]) -> dict[str, float]:
    n = sketch.images_per_class
    found = {"C1": entropy_imbalance(n), "C2": ratio_imbalance(n)}
    if "F1" in wanted:
        found["F1"] = fisher(sketch.counts)
    if {"F2", "F3"} & set(wanted):
        ranges = Ranges(sketch.counts)
        found |= {"F2": overlap_volume(ranges), "F3": feature_efficiency(ranges)}
    return {name: found[name] for name in wanted}


def to_json_object(results: Sequence[Complexity]) -> dict[str, Any]:
    """Return what ``tooeasy complexity --json`` prints."""
    return {"schema": SCHEMA, "results": [result.to_dict() for result in results]}
