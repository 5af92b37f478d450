"""``audit``: everything that gives the classes of a dataset away, ranked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Source, load
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.giveaways import oddities
from tooeasy.giveaways.brightness import brightness_columns
from tooeasy.giveaways.checks import SEVERITIES
from tooeasy.giveaways.duplicate_findings import duplicate_findings
from tooeasy.giveaways.duplicates import Duplicates, find_duplicates
from tooeasy.giveaways.easy import easy_findings
from tooeasy.giveaways.finding import Finding
from tooeasy.giveaways.judge import Probed, judge_probes, judge_spots
from tooeasy.giveaways.properties import name_columns, probe_columns, probe_together, property_columns
from tooeasy.giveaways.regions import probe_regions, probe_whole
from tooeasy.giveaways.result import Audit
from tooeasy.giveaways.sample import Sample, take_sample
from tooeasy.giveaways.shift import probe_shift
from tooeasy.giveaways.spots import LEAST_SIDE, find_spots, large_enough
from tooeasy.ladder import Ladder
from tooeasy.ladder.cache import data_checksum
from tooeasy.limits import LOWEST_RATE
from tooeasy.logs import timed
from tooeasy.pixels import study_pixels

_LOGGER = logging.getLogger(__name__)
OnPart = Callable[[str], object]
COPIES = ("leaked-images", "duplicates", "conflicting-labels", "constant-images")  # checks that hashes tell
# Checks of what predicts the class, or the split.
PREDICTIONS = (
    "file-properties",
    "file-names",
    "brightness",
    "giveaway-pixels",
    "constant-marker",
    "border-only",
    "corners-only",
    "background-only",
    "label-order",
    "split-shift",
)
FEWEST = 20  # held-out images, below which nothing is said to predict the class
FAMILIES = 2  # of tests, that share the rate: probes, and spots
MOST_LOOKS = 2 * 10**10  # at a pixel's level, for a pair of classes: a few seconds
# Measures that are a probe's accuracy.
MEASURED = {
    "file-properties": "file_properties",
    "brightness": "brightness",
    "border-only": "border",
    "corners-only": "corners",
    "background-only": "background",
}


@dataclass(frozen=True)
class AuditOptions:
    """How to audit.

    Parameters
    ----------
    seed : int, default 0
        Of the hold-out, where a dataset brings no test split, of samples, and of shuffles.
    rate : float, default 0.01
        Of false discoveries among what is said to predict the class: a fraction from 0.005, below which the number of
        shuffles tells nothing.
    near : bool, default True
        Look for near duplicates, not only for exact ones.
    symmetries : bool, default False
        Look for mirrored and rotated copies too.

    Examples
    --------
    >>> import numpy as np
    >>> import tooeasy
    >>> random = np.random.default_rng(0)
    >>> images, labels = random.integers(0, 200, (400, 12, 12)).astype("uint8"), random.integers(0, 2, 400)
    >>> images[labels == 1, 1:3, 1:3] = 255
    >>> options = tooeasy.AuditOptions(seed=1, near=False)
    >>> tooeasy.audit((images, labels), options=options).seed
    1
    """

    seed: int = 0
    rate: float = 0.01
    near: bool = True
    symmetries: bool = False

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise OptionError(f"seed is a whole number of at least 0; found {self.seed}")
        if not LOWEST_RATE <= self.rate < 1:
            raise OptionError(f"rate is a fraction from {LOWEST_RATE} to 1; found {self.rate}")


def audit(
    source: Source,
    *,
    ladder: Ladder | None = None,
    options: AuditOptions | None = None,
    on_part: OnPart = lambda _: None,
) -> Audit:
    """Look for whatever gives the classes of a dataset away and should not, and for what makes scores mean less.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes.
    ladder : Ladder, optional
        A climb of the same dataset, to say whether low rungs suffice.
    options : AuditOptions, optional
        Seed, rate of false discoveries, which copies are looked for.
    on_part : callable
        Called with what is being looked at.

    Returns
    -------
    Audit
        The same data, seed and versions give the same audit.

    Raises
    ------
    TooeasyError
        If the source cannot be used.

    Notes
    -----
    What is said to predict the class was learned and selected on training images and scored on held-out ones. Its
    p-value says how often shuffled labels would score as high; Benjamini and Hochberg's procedure corrects for the
    number of things that were looked at. docs/giveaways.md has the definitions.

    Examples
    --------
    >>> import numpy as np
    >>> random = np.random.default_rng(0)
    >>> images, labels = random.integers(0, 200, (400, 12, 12)).astype("uint8"), random.integers(0, 2, 400)
    >>> images[labels == 1, 1:3, 1:3] = 255
    >>> found = audit((images, labels))
    >>> found.findings[0].id, found.findings[0].places
    ('constant-marker/1', (Place(row=1, column=1, height=2, width=2),))
    """
    options = options or AuditOptions()
    data, notes = _with_images(load(source))
    return _Inspection(data, options, on_part).audit(ladder, notes)


def _with_images(data: Dataset) -> tuple[Dataset, tuple[str, ...]]:
    """Take the test images as the dataset where only these are here, and say so."""
    if data.train.has_images or data.test is None or not data.test.has_images:
        return data, ()
    only = replace(data, name=data.test.origin, train=data.test, test=None, held_out=None)
    return only, (f"{data.train.origin}: the images are not here; {data.test.origin} was audited alone",)


class _Inspection:
    """One audit while it is being made: findings and measures add up, and what cannot be looked at is kept."""

    def __init__(self, data: Dataset, options: AuditOptions, on_part: OnPart) -> None:
        self.data = data
        self.held = data.with_hold_out(seed=options.seed)
        self.options, self.on_part = options, on_part
        self.classes = len(data.classes)
        self.findings: list[Finding] = []
        self.measures: dict[str, float] = {}
        self.skipped: dict[str, str] = {}
        self.notes: list[str] = []
        self.copies: Duplicates | None = None

    def audit(self, ladder: Ladder | None, notes: tuple[str, ...]) -> Audit:
        for what, names, look in self._parts():
            self.on_part(what)
            try:
                with timed(_LOGGER, "%s: looked", what):
                    look()
            except NotAtHandError as error:
                self.skipped |= {name: str(error) for name in names if name not in self.skipped}
        if ladder is None:
            self.skipped["too-easy"] = "no ladder was climbed"
        else:
            self.findings += easy_findings(ladder)
        return Audit(
            self.data.name,
            self.data.classes,
            oddities.readable(self.held.train),
            0 if self.held.test is None else oddities.readable(self.held.test),
            self.held.held_out or "",
            _ranked(self.findings),
            self.measures,
            self.skipped,
            self.options.seed,
            data_checksum(self.held),
            (*notes, *self.data.remarks(), *self.notes),
        )

    def _parts(self) -> tuple[tuple[str, tuple[str, ...], Callable[[], None]], ...]:
        """What is looked at, the checks or measures that are skipped if it cannot be, and how."""
        return (
            ("sizes of classes", ("few-images", "imbalance"), self._sizes),
            ("one pixel", ("one_pixel",), self._one_pixel),
            ("copies, and images of one colour", COPIES, self._duplicates),
            ("what predicts the class", PREDICTIONS, self._predictions),
            # Last: until all images were read, some may not be known to be broken.
            ("unreadable images", ("unreadable-images",), self._unreadable),
        )

    def _sizes(self) -> None:
        self.findings += oddities.size_findings(self.data)
        self.measures["imbalance"] = oddities.imbalance(self.data)

    def _one_pixel(self) -> None:
        pairs = self.classes * (self.classes - 1) // 2 * int(np.prod(self.data.shape))
        levels = min(self.held.train.levels, max(2, MOST_LOOKS // pairs))  # of the data alone, not of free memory
        study = study_pixels(self.held, levels=levels, seed=self.options.seed)
        scored = ~np.isnan(study.accuracies)
        if study.test is None or not scored.any():
            raise NotAtHandError(f"{self.data.name} has no held-out images to score on")
        # The pair is chosen, as the pixel is, by training images: the best of many held-out scores would flatter.
        easiest = int(np.where(scored, study.pairs.balanced_train_accuracy, -1).argmax())
        self.measures["one_pixel"] = float(study.pairs.balanced_test_accuracy[easiest])

    def _predictions(self) -> None:
        if self.held.test is None:
            raise NotAtHandError(f"{self.data.name} has no held-out images to score on")
        seed, rate = self.options.seed, self.options.rate
        of = self.data.train if self.data.test is None else None  # that is where a user finds what was held out
        train = take_sample(self.held.train, "train", seed, of=of)
        test = self._without_copies(take_sample(self.held.test, "test" if of is None else "train", seed, of=of), train)
        if any("resized" in note for note in self.data.notes):
            height, width = self.data.shape[:2]
            self.notes.append(f"marks that are lost at {height}x{width} are not seen: --size HxW reads images larger")
        whole = probe_whole(train, test, self.classes, seed)
        self.findings += judge_probes(self._probes(train, test), whole, rate / FAMILIES, self.data.classes)
        self.on_part("giveaway pixels")
        self.findings += judge_spots(find_spots(train, test, self.classes, seed), test, rate / FAMILIES)
        if not large_enough(self.data.shape):
            self.skipped["giveaway-pixels"] = (
                f"neighbours differ by themselves in images below {LEAST_SIDE} pixels a side"
            )

    def _without_copies(self, test: Sample, train: Sample) -> Sample:
        """Leave out held-out images that have a copy in training, or before them: copies share their label.

        Shuffled labels are no null distribution of them, and whoever remembers is right about them.
        """
        kept = test if self.copies is None else test.without(_copied(self.copies, train, test))
        if len(kept) < FEWEST:
            raise NotAtHandError(f"only {len(kept)} held-out images have no copy among the others; it takes {FEWEST}")
        return kept

    def _probes(self, train: Sample, test: Sample) -> list[Probed]:
        seed = self.options.seed
        probed = [*self._columns("file-properties", property_columns(train, test), train, test)]
        probed += self._columns("file-names", name_columns(train, test), train, test)
        probed += self._columns("brightness", brightness_columns(train, test), train, test)
        regions, hidden = probe_regions(train, test, self.classes, seed)
        self.skipped |= hidden
        probed += [*regions, *self._order(train), *self._shift(train, test)]
        # Of several of a check, the last looks at all together: the best of them would be chosen by held-out images.
        self.measures |= {
            MEASURED[one.probe.check]: one.probe.accuracy for one in probed if one.probe.check in MEASURED
        }
        return probed

    def _columns(self, check: str, columns: Sequence[Any] | None, train: Sample, test: Sample) -> list[Probed]:
        if columns is None:
            self.skipped[check] = "images are not files"
        if not columns:
            if columns is not None and check in MEASURED:  # all alike: it tells nothing
                self.measures[MEASURED[check]] = 1 / self.classes
            return []
        found = probe_columns(check, list(columns), train, test, self.classes, self.options.seed)
        if check != "file-names" and len(columns) > 1:
            together = probe_together(check, list(columns), train, test, self.classes, self.options.seed)
            found.append(together)
        return found

    def _order(self, train: Sample) -> list[Probed]:
        found = oddities.probe_order(train, self.classes, self.options.seed)
        if found is None:
            self.skipped["label-order"] = "images are files, or too few"
        return [] if found is None else [found]

    def _shift(self, train: Sample, test: Sample) -> list[Probed]:
        if self.data.test is None:
            self.skipped["split-shift"] = "the held-out images were drawn from the training images"
            return []
        found = probe_shift(train, test, self.classes, self.options.seed)
        if found is None:
            self.skipped["split-shift"] = "too few images of the same classes in both splits"
        return [] if found is None else [found]

    def _duplicates(self) -> None:
        self.copies = found = find_duplicates(self.data, near=self.options.near, symmetries=self.options.symmetries)
        self.measures |= found.measures()
        self.findings += duplicate_findings(self.data, found)
        self.measures["constant_images"] = found.constant
        self.findings += oddities.constant_findings(self.data, found)
        if self.measures.get("leaks"):
            told = f"{self.measures['leaks']:,.0f} test images have copies in training"
            self.notes.append(f"{told}: they are left out where it is scored what predicts the class")
        if self.data.test is None:
            self.skipped["leaked-images"] = "there is no test split of its own"

    def _unreadable(self) -> None:
        broken = oddities.unreadable(self.data)
        self.measures["unreadable"] = broken
        self.findings += oddities.unreadable_findings(self.data, broken)


def _copied(copies: Duplicates, train: Sample, test: Sample) -> NDArray[np.bool_]:
    """Which held-out images have a copy in training, or before them in the held-out images."""
    if test.part == "test":
        return np.asarray((copies.leaked[test.rows] != 0) | (copies.repeated_test[test.rows] != 0))
    first, second = np.sort(copies.rows, axis=1).T  # both within what was loaded
    held, fitted = test.places_of_split, train.places_of_split
    gone = np.concatenate(
        [first[np.isin(second, fitted)], second[np.isin(first, fitted)], second[np.isin(first, held)]]
    )
    return np.isin(test.numbers, gone)


def _ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The gravest first, and of one severity the strongest."""
    return tuple(sorted(findings, key=lambda one: (-SEVERITIES.index(one.severity), -one.strength, one.id)))
