"""Faults planted in real images, and what an audit says of them: what the tests assert, and docs/planted.md shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import tooeasy
from tooeasy.giveaways import AuditOptions, Finding, Place, audit
from tooeasy.giveaways.checks import SEVERITIES
from tooeasy.giveaways.duplicate_findings import duplicate_findings
from tooeasy.giveaways.duplicates import find_duplicates

Images, Labels = NDArray[np.uint8], NDArray[np.intp]
Labelled = tuple[Images, Labels]
Random = np.random.Generator

CORNER = Place(0, 26, 2, 2)
CODE = Place(3, 4, 1, 1)
SIDE = 64  # pixels: digits are as large in files
SEED = 0
PLANTED = 20_240  # seeds what is planted: with the audit's own seed, it would be the very images that are held out
# Facts about the data, that do not claim that anything predicts the class.
FACTS = {"imbalance", "few-images", "constant-images", "unreadable-images", "duplicates", "leaked-images"}
FACTS |= {"conflicting-labels"}


# --- real images, and their labels ---------------------------------------------------------------------------------


@cache
def digits() -> Labelled:
    """MNIST's 10,000 test images and their labels."""
    test = tooeasy.load("mnist").test
    return test.images(), test.labels


def dealt(images: Images, sizes: Sequence[int], seed: int) -> Labelled:
    """Images drawn at random and dealt out to classes of given sizes: nothing tells the class."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    return images[random.permutation(len(images))[: len(labels)]], random.permutation(labels)


def true(classes: Sequence[int], n: int, seed: int) -> Labelled:
    """Digits of some classes with their own labels, counted from 0."""
    images, labels = digits()
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(np.isin(labels, classes)))[:n]
    return images[rows], np.searchsorted(np.array(classes), labels[rows])


LABELS: dict[str, Callable[[], Labelled]] = {
    "2 random": lambda: dealt(digits()[0], (500, 500), SEED),
    "10 random": lambda: dealt(digits()[0], (300,) * 10, SEED),
    "0 and 1": lambda: true((0, 1), 1000, SEED),
    "3 and 8": lambda: true((3, 8), 1000, SEED),
    "ten digits": lambda: true(range(10), 3000, SEED),
    "2 random, 5,000 images": lambda: dealt(digits()[0], (2500, 2500), SEED),
}


class Kept:
    """Images in memory that have names, as files have."""

    def __init__(self, images: Images, names: Sequence[str]) -> None:
        self.images, self.names = images, names
        self.broken: dict[int, str] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        return self.images.shape

    def __getitem__(self, rows: slice | NDArray[np.intp]) -> Images:
        return self.images[rows]

    def name(self, row: int) -> str:
        return self.names[row]


def photographs(folder: Path, side: int = SIDE) -> tooeasy.Dataset:
    """All photographs of a folder in one split, decoded once, with names and properties of their files."""
    data = tooeasy.load(folder, size=(side, side))
    parts = [part for part in (data.train, data.test) if part is not None]
    names = [str(part.name(row)) for part in parts for row in range(len(part))]
    split = replace(
        data.train,
        pixels=Kept(np.concatenate([part.images() for part in parts]), names),
        index=np.concatenate([part.labels for part in parts]),
        rows=None,
        properties=[known for part in parts for known in part.properties],
    )
    return replace(data, train=split, test=None, held_out=None)


def relabelled(data: tooeasy.Dataset, labels: Labels, classes: int) -> tooeasy.Dataset:
    """The same images with other labels."""
    split = replace(data.train, index=labels, classes=tuple(f"class {label}" for label in range(classes)))
    return replace(data, train=split)


# --- faults of pixels ----------------------------------------------------------------------------------------------


def some_of(labels: Labels, label: int, share: float, random: Random) -> NDArray[np.intp]:
    """Rows of a share of a class's images."""
    rows = random.permutation(np.flatnonzero(labels == label))
    return rows[: round(share * len(rows))]


def plant_marker(images: Images, labels: Labels, share: float, random: Random, place: Place = CORNER) -> None:
    """A white square in one place, in a share of class 1."""
    row, column, height, width = place
    rows = some_of(labels, 1, share, random)
    images[rows, row : row + height, column : column + width] = 255


def plant_code(images: Images, labels: Labels, share: float, random: Random) -> None:
    """One pixel whose value stands for the class, in a share of each class."""
    for label in np.unique(labels):
        rows = some_of(labels, int(label), share, random)
        images[rows, CODE.row, CODE.column] = 17 + 7 * label


def plant_brighter(images: Images, labels: Labels, shift: float, random: Random) -> None:
    """So much of the range is added to each pixel of class 1, and cut off at white."""
    ours = images[labels == 1].astype(int) + round(255 * shift)
    images[labels == 1] = ours.clip(0, 255)


def plant_dimmer(images: Images, labels: Labels, shift: float, random: Random) -> None:
    """Each pixel of class 1 is multiplied by one less so much."""
    images[labels == 1] = np.rint(images[labels == 1] * (1 - shift))


def plant_tint(images: Images, labels: Labels, shift: float, random: Random) -> None:
    """So much of the range is added to the outermost pixels of class 1."""
    frame = np.ones(images.shape[1:3], bool)
    frame[1:-1, 1:-1] = False
    ours = images[labels == 1]
    ours[:, frame] = (ours[:, frame].astype(int) + round(255 * shift)).clip(0, 255)
    images[labels == 1] = ours


@dataclass(frozen=True)
class PixelFault:
    """Something that is done to the pixels of a class.

    Attributes
    ----------
    name, of : str
        For the table: the fault, and what a strength is of.
    plant : callable
        Changes images in place: ``plant(images, labels, strength, random)``.
    strengths : tuple of float
        The strongest first.
    checks : tuple of str
        Any of which tells of it.
    place : Place, optional
        Where it is.
    """

    name: str
    of: str
    plant: Callable[[Images, Labels, float, Random], None]
    strengths: tuple[float, ...]
    checks: tuple[str, ...]
    place: Place | None = None


SHARES = (1.0, 0.5, 0.2, 0.05)
GLOBAL = ("brightness", "border-only", "corners-only", "background-only", "constant-marker")
PIXEL_FAULTS = (
    PixelFault("a white square of 2x2 in a corner", "class 1", plant_marker, SHARES, ("constant-marker",), CORNER),
    PixelFault("one pixel whose value is a code", "each class", plant_code, SHARES, ("constant-marker",), CODE),
    PixelFault("class 1 brighter, added", "the range", plant_brighter, (0.05, 0.02, 0.005), GLOBAL),
    PixelFault("class 1 darker, multiplied", "each value", plant_dimmer, (0.5, 0.2, 0.05), GLOBAL),
    PixelFault(
        "the outermost pixels of class 1 brighter",
        "the range",
        plant_tint,
        (0.1, 0.05, 0.02, 0.005),
        ("border-only", "corners-only", "background-only", "constant-marker"),
    ),
)


def with_fault(fault: PixelFault, strength: float, labelled: Labelled, seed: int = PLANTED) -> tooeasy.Dataset:
    """Copies of the images, with the fault."""
    images, labels = labelled[0].copy(), labelled[1]
    fault.plant(images, labels, strength, np.random.default_rng(seed))
    return tooeasy.from_arrays((images, labels))


# --- faults of files -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """How an image is written to a file."""

    side: int = SIDE
    format: str = "PNG"
    quality: int = 95
    name: str = "{number:05d}"


def write_files(folder: Path, labelled: Labelled, stored: Callable[[int, int], Stored]) -> Path:
    """A file for each image, a folder for each class; ``stored(number, label)`` says how."""
    for number, (image, label) in enumerate(zip(*labelled, strict=True)):
        how = stored(number, int(label))
        path = folder / f"class {label}" / f"{how.name.format(number=number)}.{how.format.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        resized = Image.fromarray(image.squeeze()).resize((how.side, how.side))
        resized.save(path, how.format, **({"quality": how.quality} if how.format == "JPEG" else {}))
    return folder


def _mixed(share: float, fault: Stored, usual: Stored) -> Callable[[int, int], Stored]:
    random = np.random.default_rng(PLANTED)
    return lambda _, label: fault if label == 1 and random.random() < share else usual


@dataclass(frozen=True)
class FileFault:
    """A share of the files of class 1 are stored in another way."""

    name: str
    fault: Stored
    usual: Stored
    checks: tuple[str, ...]
    subjects: tuple[str, ...]  # of the findings that name what was done
    strengths: tuple[float, ...] = (1.0, 0.5, 0.2, 0.05)


JPEG = Stored(format="JPEG")
FILE_FAULTS = (
    FileFault(
        "JPEG of quality 75 instead of 95",
        Stored(format="JPEG", quality=75),
        JPEG,
        ("file-properties",),
        ("JPEG quality",),
    ),
    FileFault("60x60 pixels instead of 64x64", Stored(side=60), Stored(), ("file-properties",), ("width", "height")),
    FileFault("PNG instead of JPEG", Stored(), JPEG, ("file-properties",), ("format",)),
    FileFault("other file names", Stored(name="scan-{number:05d}"), Stored(), ("file-names",), ("pattern", "length")),
)


def with_file_fault(folder: Path, fault: FileFault, strength: float, labelled: Labelled) -> Path:
    """A folder of files with the fault."""
    return write_files(folder, labelled, _mixed(strength, fault.fault, fault.usual))


# --- copies --------------------------------------------------------------------------------------------------------


def as_jpeg(image: Images) -> Images:
    """Written as JPEG of quality 75, and read again."""
    file = io.BytesIO()
    Image.fromarray(image.squeeze()).save(file, "JPEG", quality=75)
    return np.asarray(Image.open(file)).reshape(image.shape)


COPIES: dict[str, Callable[[Images], Images]] = {
    "exact": lambda image: image,
    "as JPEG of quality 75": as_jpeg,
    "shifted by a pixel": lambda image: np.roll(image, 1, axis=1),
    "mirrored": lambda image: image[:, ::-1],
}


def with_leaks(share: float, copied: Callable[[Images], Images], n: int = 1000) -> tooeasy.Dataset:
    """Twice so many training as test images; a share of the test images is copied into training."""
    images, labels = (part.copy() for part in true(range(10), 3 * n, SEED))
    for number in range(round(share * n)):
        images[number], labels[number] = copied(images[2 * n + number]), labels[2 * n + number]
    return tooeasy.from_arrays((images[: 2 * n], labels[: 2 * n]), (images[2 * n :], labels[2 * n :]))


def with_swapped_labels(share: float, n: int = 1000) -> tooeasy.Dataset:
    """A share of the images occurs once more with the label of the next class."""
    images, labels = true(range(10), n, SEED)
    twice = np.arange(round(share * n))
    swapped = (labels[twice] + 1) % 10
    return tooeasy.from_arrays((np.concatenate([images, images[twice]]), np.concatenate([labels, swapped])))


def findings_of_copies(data: tooeasy.Dataset, symmetries: bool = False) -> list[Finding]:
    """What is said of copies alone."""
    return duplicate_findings(data, find_duplicates(data, symmetries=symmetries))


# --- what is said of them ------------------------------------------------------------------------------------------


def said(source: tooeasy.Dataset | Path) -> tuple[Finding, ...]:
    """What an audit finds."""
    return audit(source, options=AuditOptions(seed=SEED)).findings


def claims(findings: Sequence[Finding]) -> list[Finding]:
    """Warnings and errors that say that something predicts the class."""
    return [finding for finding in findings if finding.check not in FACTS and finding.severity != "note"]


def located(findings: Sequence[Finding], place: Place) -> bool:
    """Whether one of them is at exactly this place."""
    return any(finding.places == (place,) for finding in findings)


@cache
def clean(labels: str) -> tuple[Finding, ...]:
    """What an audit finds in the images as they are."""
    return said(tooeasy.from_arrays(LABELS[labels]()))


# --- the table -----------------------------------------------------------------------------------------------------

HEADER = ("fault", "strength is of", "labels", "error", "warning", "note", "missed", "by")
Row = tuple[str, ...]
Outcomes = dict[float, list[Finding]]  # what was found, for each strength


def rows() -> Iterator[Row]:
    """One row for each fault and kind of labels: the strengths at which it is found, as what, and by which checks."""
    for fault in PIXEL_FAULTS:
        for labels, make in LABELS.items():
            found: Outcomes = {}
            for strength in fault.strengths:
                findings = said(with_fault(fault, strength, make()))
                found[strength] = of_checks(findings, fault.checks, clean(labels))
            yield fault.name, fault.of, labels, *_told(found, fault.place)
    yield from _rows_of_files()
    yield from _rows_of_copies()


def _rows_of_files() -> Iterator[Row]:
    labelled = dealt(digits()[0], (300, 300), SEED)
    for fault in FILE_FAULTS:
        found: Outcomes = {}
        for strength in fault.strengths:
            with TemporaryDirectory() as folder:
                found[strength] = of_checks(
                    said(with_file_fault(Path(folder), fault, strength, labelled)), fault.checks
                )
        yield fault.name, "class 1", "2 random, 600 files", *_told(found)


def _rows_of_copies() -> Iterator[Row]:
    for name, copied in COPIES.items():
        found = {
            share: of_checks(findings_of_copies(with_leaks(share, copied), name == "mirrored"), ("leaked-images",))
            for share in (0.1, 0.01)
        }
        yield f"test images in training: {name}", "the test images", "ten digits", *_told(found)
    found = {
        share: of_checks(findings_of_copies(with_swapped_labels(share)), ("conflicting-labels",))
        for share in (0.02, 0.002)
    }
    yield "images twice, once with another label", "the images", "ten digits", *_told(found)


def of_checks(findings: Sequence[Finding], checks: Sequence[str], clean: Sequence[Finding] = ()) -> list[Finding]:
    """Findings of some checks that the clean images have not, or not as grave."""
    before = {finding.id: SEVERITIES.index(finding.severity) for finding in clean}
    return [one for one in findings if one.check in checks and SEVERITIES.index(one.severity) > before.get(one.id, -1)]


def _told(found: Outcomes, place: Place | None = None) -> Row:
    """Strengths by the gravest severity that they are found with; and the checks that tell of any as gravely."""
    by: dict[str, list[str]] = {"error": [], "warning": [], "note": [], "missed": []}
    checks: set[str] = set()
    for strength, findings in found.items():
        worst = max((one.severity for one in findings), key=SEVERITIES.index, default="missed")
        elsewhere = place is not None and bool(findings) and not located(findings, place)
        by[worst].append(f"{100 * strength:g} %{' (other place)' if elsewhere else ''}")
        checks |= {one.check for one in findings if one.severity == worst}
    return *(", ".join(strengths) for strengths in by.values()), ", ".join(sorted(checks))


def table() -> str:
    """The table in Markdown."""
    lines = [HEADER, ("---",) * len(HEADER), *rows()]
    return "".join("|" + "".join(f" {cell} |" if cell else " |" for cell in line) + "\n" for line in lines)
