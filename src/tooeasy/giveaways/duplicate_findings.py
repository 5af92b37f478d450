"""What duplicates say of a dataset: leaked images, repeated images, and labels that conflict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Split
from tooeasy.explore.reading import read_rows
from tooeasy.giveaways.checks import Severity
from tooeasy.giveaways.copies import EXACT, NEAR, Marks
from tooeasy.giveaways.duplicates import Duplicates
from tooeasy.giveaways.finding import NAMED, Finding, ImageName, Pictures, Value
from tooeasy.text import printable

GRAVE = 0.01  # fraction of the images from which leaks and exact conflicts are errors, and repeats warnings
SHOWN = 4  # pairs in pictures
KINDS = (("exact", EXACT), ("near", NEAR))

Chosen = NDArray[np.intp]


def duplicate_findings(data: Dataset, duplicates: Duplicates) -> list[Finding]:
    """Tell what duplicates mean for training and for scores.

    Parameters
    ----------
    data : Dataset
        The same that the duplicates were found in: images are read from it to be shown.
    duplicates : Duplicates

    Returns
    -------
    list of Finding
        Of the checks `leaked-images` (exact copies: an error from 1 % of the test images, otherwise a warning; near
        copies: an error from 1 %, otherwise a note), `duplicates` (a warning from 1 % of the split's images, otherwise
        a note) and `conflicting-labels` (exact copies: an error from 1 % of all images; otherwise a warning).

    Examples
    --------
    >>> import tooeasy
    >>> from tooeasy.giveaways.duplicates import find_duplicates
    >>> images = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 1), dtype=np.uint8)
    >>> images[5] = images[0]
    >>> data = tooeasy.from_arrays((images, [0, 1, 0, 1, 0, 1]))
    >>> for finding in duplicate_findings(data, find_duplicates(data)):
    ...     print(finding)
    Finding(warning, duplicates/train: 1 of 6 images (16.67%) has a copy earlier in the dataset: 1 exact, 0 near)
    Finding(error, conflicting-labels/exact-copies: 2 of 6 images (33.33%) have an exact copy with another label)
    """
    found = [_leaks(data, duplicates, kind, mark) for kind, mark in KINDS]
    found += [_repeats(data, duplicates, name) for name in ("train", "test")]
    found += [_conflicts(data, duplicates, kind, mark) for kind, mark in KINDS]
    return [finding for finding in found if finding is not None]


def _leaks(data: Dataset, duplicates: Duplicates, kind: str, mark: int) -> Finding | None:
    rows = np.flatnonzero(duplicates.leaked == mark)
    if not len(rows):
        return None
    rate = len(rows) / duplicates.n_test
    mild: Severity = "warning" if kind == "exact" else "note"
    pairs = (duplicates.where() == "across") & (duplicates.kind == kind)
    return Finding(
        check="leaked-images",
        subject=f"{kind} copies",
        severity="error" if rate >= GRAVE else mild,
        message=f"{_of(len(rows), duplicates.n_test, 'test images')} {_an(kind)} copy in train",
        evidence={
            "images": len(rows),
            "test_images": duplicates.n_test,
            "fraction": rate,
            "memoriser_accuracy": duplicates.memoriser,
            "memoriser_accuracy_on_leaked": duplicates.memoriser_leaked,
            "majority_accuracy": duplicates.majority,
        },
        strength=rate,
        exhibit=_pictures(data, duplicates, pairs),
        images=_names(data, "test", rows),
    )


def _repeats(data: Dataset, duplicates: Duplicates, name: str) -> Finding | None:
    marks: Marks = getattr(duplicates, f"repeated_{name}")
    n = int(np.count_nonzero(marks))
    if not n:
        return None
    exact, rate = int((marks == EXACT).sum()), n / len(marks)
    what, where = ("images", "the dataset") if data.test is None else (f"{name} images", name)
    copies = f"a copy earlier in {where}: {exact:,} exact, {n - exact:,} near"
    pairs = duplicates.where() == name
    return Finding(
        check="duplicates",
        subject=name,
        severity="warning" if rate >= GRAVE else "note",
        message=f"{_of(n, len(marks), what)} {copies}",
        evidence={"images": n, "exact": exact, "near": n - exact, "split_images": len(marks), "fraction": rate},
        strength=rate,
        exhibit=_pictures(data, duplicates, pairs),
        images=_names(data, name, np.flatnonzero(marks)),
    )


def _conflicts(data: Dataset, duplicates: Duplicates, kind: str, mark: int) -> Finding | None:
    train = np.flatnonzero(duplicates.conflicting_train == mark)
    test = np.flatnonzero(duplicates.conflicting_test == mark)
    n, of = len(train) + len(test), duplicates.n_train + duplicates.n_test
    if not n:
        return None
    rate = n / of
    differs = duplicates.labels[:, 0] != duplicates.labels[:, 1]
    pairs = differs & (duplicates.kind == kind)
    evidence: dict[str, Value] = {"images": n, "all_images": of, "fraction": rate}
    return Finding(
        check="conflicting-labels",
        subject=f"{kind} copies",
        severity="error" if kind == "exact" and rate >= GRAVE else "warning",
        message=f"{_of(n, of, 'images')} {_an(kind)} copy with another label",
        evidence=evidence,
        strength=rate,
        exhibit=_pictures(data, duplicates, pairs),
        images=(_names(data, "train", train) + _names(data, "test", test))[:NAMED],
    )


def _of(n: int, of: int, what: str) -> str:
    """A count in words, up to the verb."""
    return f"{n:,} of {of:,} {what} ({n / of:.2%}) {'has' if n == 1 else 'have'}"


def _an(kind: str) -> str:
    return "an exact" if kind == "exact" else "a near"


def _split(data: Dataset, name: str) -> Split:
    split = data.train if name == "train" else data.test
    assert split is not None  # noqa: S101  # a pair is of splits that are there
    return split


def _names(data: Dataset, split: str, rows: Chosen) -> tuple[ImageName, ...]:
    """Name the first images of some rows of a split."""
    return tuple(ImageName(split, int(row), _split(data, split).name(int(row))) for row in rows[:NAMED])


def _pictures(data: Dataset, duplicates: Duplicates, wanted: NDArray[np.bool_]) -> Pictures | None:
    """Show the first of the wanted pairs, both images side by side."""
    pairs = np.flatnonzero(wanted)[:SHOWN]
    images, captions = [], []
    for pair in pairs:
        for at in range(2):
            name, row = str(duplicates.splits[pair, at]), int(duplicates.rows[pair, at])
            images += [read.batch.images for read in read_rows(_split(data, name), np.array([row]))]
            captions.append(f"{name} {row}, label {printable(data.classes[duplicates.labels[pair, at]])}")
        transform = str(duplicates.transform[pair])
        captions[-1] += f", {transform}" if transform else ""
    return Pictures.of(np.concatenate(images), data.train.levels, captions) if images else None
