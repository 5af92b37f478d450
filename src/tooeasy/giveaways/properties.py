"""What files tell besides their pixels: size, dimensions, format, camera, compression, and their names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.images import FileProperties
from tooeasy.giveaways.classifiers import Lookup
from tooeasy.giveaways.finding import Histograms
from tooeasy.giveaways.judge import TOGETHER, Probed
from tooeasy.giveaways.probe import Probe
from tooeasy.giveaways.sample import Sample

Values = NDArray[np.generic]
TREES, LEAF = 50, 3  # of the forest on all properties together
_OF_FILES: dict[str, tuple[str, Callable[[FileProperties], float | str]]] = {
    "file size": ("bytes", lambda one: one.bytes),
    "width": ("pixels", lambda one: one.width),
    "height": ("pixels", lambda one: one.height),
    "aspect": ("width / height", lambda one: one.width / one.height),
    "compression": ("bytes a pixel", lambda one: one.bytes / (one.width * one.height)),
    "mode": ("", lambda one: one.mode),
    "format": ("", lambda one: one.format),
    "camera": ("EXIF make and model", lambda one: one.camera),
    "JPEG quality": ("1 to 100; 0 for other formats", lambda one: one.jpeg_quality),
}
_OF_NAMES: dict[str, tuple[str, Callable[[str], float | str]]] = {
    "pattern": ("digits as 0, letters as they are", lambda name: re.sub(r"\d+", "0", name)[:64]),
    "beginning": ("first three letters", lambda name: name[:3].lower()),
    "ending": ("", lambda name: PurePosixPath(name).suffix),
    "number": ("the last number in the name", lambda name: float((re.findall(r"\d{1,15}", name) or ["-1"])[-1])),
    "length": ("characters", lambda name: len(name)),
}


class Column:
    """One value of each image of both samples that can vary: a property of its file, or a part of its name."""

    def __init__(self, subject: str, unit: str, train: Values, test: Values) -> None:
        self.subject, self.unit, self.train, self.test = subject, unit, train, test

    @property
    def varies(self) -> bool:
        """Whether training images differ in it."""
        return bool((self.train != self.train[0]).any())


def property_columns(train: Sample, test: Sample) -> list[Column] | None:
    """Properties of the files; None where images are not files."""
    known = train.properties, test.properties
    if known[0] is None or known[1] is None or None in (*known[0], *known[1]):
        return None
    columns = _columns(_OF_FILES, *known)
    if not {"width", "height"} & {column.subject for column in columns}:  # then it is the file size once more
        columns = [column for column in columns if column.subject != "compression"]
    return columns


def name_columns(train: Sample, test: Sample) -> list[Column] | None:
    """Parts of the file names, without the folders, which often name the class; None where images are not files."""
    if train.name(0).file is None:
        return None
    names = [[sample.name(number).file for number in range(len(sample))] for sample in (train, test)]
    if any(name is None for part in names for name in part):
        return None
    return _columns(_OF_NAMES, *([PurePosixPath(str(name)).name for name in part] for part in names))


def _columns(table, *known) -> list[Column]:  # type: ignore[no-untyped-def]
    columns = [
        Column(subject, unit, *(np.array([of(one) for one in part]) for part in known))
        for subject, (unit, of) in table.items()
    ]
    return [column for column in columns if column.varies]


def probe_columns(
    check: str, columns: list[Column], train: Sample, test: Sample, classes: int, seed: int
) -> list[Probed]:
    """Score the lookup rule on each column, and show how its values are distributed in each class."""
    found = []
    for column in columns:
        rule = Lookup(column.train, train.labels, classes)
        about = (check, column.subject, column.unit or column.subject)
        probe = Probe.of(about, test.labels, rule.answer(column.test), classes, seed)
        label = f"{column.subject}, {column.unit}" if column.unit else column.subject
        counts = rule.counts(column.train, train.labels, classes)
        found.append(Probed(probe, Histograms(label, rule.bins, counts, train.split.classes)))
    return found


def probe_together(check: str, columns: list[Column], train: Sample, test: Sample, classes: int, seed: int) -> Probed:
    """Score a forest on all columns at once."""
    from sklearn.ensemble import RandomForestClassifier

    tables = [_table(columns, [getattr(column, part) for column in columns]) for part in ("train", "test")]
    forest = RandomForestClassifier(TREES, min_samples_leaf=LEAF, class_weight="balanced", random_state=seed)
    answers = forest.fit(tables[0], train.labels).predict(tables[1]).astype(np.intp)
    looks_at = ", ".join(column.subject for column in columns)
    return Probed(Probe.of((check, TOGETHER, looks_at), test.labels, answers, classes, seed))


def _table(columns: list[Column], values: list[Values]) -> NDArray[np.float32]:
    """Numbers as they are, words as one column for each word that training images have."""
    parts: list[NDArray[np.generic]] = []
    for column, some in zip(columns, values, strict=True):
        numbers = np.issubdtype(some.dtype, np.number)
        parts += [some] if numbers else [some == word for word in np.unique(column.train)[:50]]
    return np.stack(parts, axis=1).astype(np.float32)
