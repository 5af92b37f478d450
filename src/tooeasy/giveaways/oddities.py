"""Images and classes that are not as they should be: of one colour, unreadable, too few, sorted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Split
from tooeasy.data.images import BreakableImages
from tooeasy.data.split import ImageSplit
from tooeasy.giveaways.classifiers import Lookup
from tooeasy.giveaways.duplicates import Duplicates
from tooeasy.giveaways.finding import NAMED, Finding, Histograms, ImageName, Pictures
from tooeasy.giveaways.judge import Probed
from tooeasy.giveaways.probe import Probe
from tooeasy.giveaways.sample import Sample

FEW, VERY_FEW = 50, 10  # training images of a class: a note, a warning
RATIO, LARGE_RATIO = 3, 10  # of the largest class to the smallest: a note, a warning
CONSTANT_WARNING = 0.001  # of the images
UNREADABLE_WARNING = 0.001  # of the images
SHOWN = 8


def splits(data: Dataset) -> list[tuple[str, Split]]:
    """The splits, with what they are called."""
    return [("train", data.train), *([("test", data.test)] if data.test is not None else [])]


def constant_findings(data: Dataset, duplicates: Duplicates) -> list[Finding]:
    """Make a finding of the images of one colour, if there are any; the search for copies has seen them all."""
    rows = (duplicates.constant_train, duplicates.constant_test)
    constant = [
        ImageName(part, int(row), split.name(int(row)))
        for (part, split), own in zip(splits(data), rows, strict=False)
        for row in own
    ]
    if not constant:
        return []
    total = sum(len(split) for _, split in splits(data))
    by_part = dict(splits(data))
    labels = [int(by_part[image.split].labels[image.row]) for image in constant]
    per_class = np.bincount(labels, minlength=len(data.classes))
    most = int(per_class.argmax())
    share = len(constant) / total
    of_class = f"{per_class[most]:,} of class {data.classes[most]}"
    return [
        Finding(
            "constant-images",
            "",
            "warning" if share >= CONSTANT_WARNING else "note",
            f"{_count(len(constant), 'image')} of {total:,} of one colour, {of_class}",
            {"images": len(constant), "of": total, "share": share, "largest_class": data.classes[most]},
            strength=share,
            exhibit=_pictures(constant[:SHOWN], by_part),
            images=tuple(constant[:NAMED]),
        )
    ]


def _pictures(images: list[ImageName], by_part: dict[str, Split]) -> Pictures:
    shown = np.stack([next(by_part[one.split].part(np.array([one.row])).batches(1)).images[0] for one in images])
    captions = tuple(f"{one}, {by_part[one.split].classes[by_part[one.split].labels[one.row]]}" for one in images)
    return Pictures.of(shown, next(iter(by_part.values())).levels, captions)


def unreadable(data: Dataset) -> int:
    """Count the images that could not be read, once all have been looked at.

    Raises NotAtHandError where there is only a sketch, which holds none of them.
    """
    _ = data.train.labels
    return sum(_unreadable(split) for _, split in splits(data))


def readable(split: Split) -> int:
    """Count the images of a split that are not known to be broken."""
    return len(split) - _broken(split)


def _unreadable(split: Split) -> int:
    return _broken(split) + split.skipped if isinstance(split, ImageSplit) else 0


def _broken(split: Split) -> int:
    """Count the images that turned out to be broken when they were read."""
    if not (isinstance(split, ImageSplit) and isinstance(split.pixels, BreakableImages)):
        return 0
    rows = np.arange(len(split)) if split.rows is None else split.rows
    return int(np.isin(rows, list(split.pixels.broken)).sum())


def unreadable_findings(data: Dataset, broken: int) -> list[Finding]:
    """Make a finding of the unreadable images, if there are any."""
    if not broken:
        return []
    total = broken + sum(readable(split) for _, split in splits(data))
    severity = "warning" if broken / total >= UNREADABLE_WARNING else "note"
    message = f"{_count(broken, 'image')} of {total:,} cannot be read; the notes name some of them"
    return [Finding("unreadable-images", "", severity, message, {"images": broken}, strength=broken / total)]  # type: ignore[arg-type]


def size_findings(data: Dataset) -> list[Finding]:
    """Make findings of classes with few training images, and of sizes that differ much."""
    sizes = data.train.images_per_class
    images = "images" if data.test is None else "training images"
    found = []
    few = np.flatnonzero(sizes < FEW)
    least = int(sizes.argmin())
    if len(few):
        found.append(
            Finding(
                "few-images",
                "",
                "warning" if sizes[least] < VERY_FEW else "note",
                f"{_count(len(few), 'class')} with fewer than {FEW} {images}; {data.classes[least]!r} has "
                f"{sizes[least]:,}",
                {"classes": len(few), "of": len(sizes), "fewest": int(sizes[least]), "smallest": data.classes[least]},
                strength=len(few) / len(sizes),
            )
        )
    largest = int(sizes.argmax())
    if imbalance(data) >= RATIO:
        found.append(
            Finding(
                "imbalance",
                "",
                "warning" if imbalance(data) >= LARGE_RATIO else "note",
                f"{data.classes[largest]!r} has {sizes[largest]:,} {images}, {data.classes[least]!r} "
                f"{sizes[least]:,}: {imbalance(data):.1f} for one",
                {"ratio": imbalance(data), "majority": float(sizes[largest] / sizes.sum())},
                strength=1 - 1 / imbalance(data),
            )
        )
    return found


def imbalance(data: Dataset) -> float:
    """Training images of the largest class for each one of the smallest."""
    sizes = data.train.images_per_class
    return float(sizes.max() / sizes.min())


def probe_order(train: Sample, classes: int, seed: int) -> Probed | None:
    """Score the position in the file; None where images are files in folders, which have no order."""
    if len(train) < 4 * classes or train.name(0).file is not None:
        return None
    fit, score = train.halves(seed)
    rule = Lookup(train.rows[fit], train.labels[fit], classes)
    answers = rule.answer(train.rows[score])
    probe = Probe.of(("label-order", "", "rows"), train.labels[score], answers, classes, seed)
    counts: NDArray[np.int64] = rule.counts(train.rows, train.labels, classes)
    return Probed(probe, Histograms("position in the file, zero-based row", rule.bins, counts, train.split.classes))


def _count(n: int, what: str) -> str:
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{n:,} {what if n == 1 else plural}"
