"""The lowest rungs: they look at next to nothing."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tooeasy.data.images import FileProperties
from tooeasy.ladder.rung import Answers, Predict, Progress, Rung
from tooeasy.ladder.task import Features, Part, Task

TREES = 100


class Nothing(Rung):
    """Always the class that is most frequent in training: the null model."""

    name = "nothing"
    looks_at = "nothing: the most frequent class"
    needs = "labels"

    def pixels(self, task: Task) -> int:  # noqa: ARG002
        return 0

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        return lambda part: Answers.of(np.tile(task.priors, (len(part), 1)))


class Metadata(Rung):
    """A forest on the properties of the image files."""

    name = "metadata"
    looks_at = "file size, dimensions, mode, format, camera, JPEG quality"
    needs = "properties"

    def pixels(self, task: Task) -> int:  # noqa: ARG002
        return 0

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        found, labels = task.properties(test=False)
        words = _words(found)
        model = _forest(task).fit(_table(found, words), labels)
        return lambda _: _answers(model, _table(task.properties(test=True)[0], words), task.classes)


class Brightness(Rung):
    """A forest on the mean and the standard deviation of an image, and on the mean of each channel."""

    name = "brightness"
    looks_at = "mean and deviation of all pixels, mean of each channel"

    def seconds(self, task: Task, images: int) -> float:
        return images * (2e-5 + 3e-9 * task.pixels)

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        part = task.train(images)
        model = _forest(task).fit(brightness(part), part.labels)
        return lambda part: _answers(model, brightness(part), task.classes)


class Border(Rung):
    """A forest on the outer frame of pixels."""

    name = "border"

    def __init__(self, width: int = 2) -> None:
        self.width = width
        self.looks_at = f"the outer frame, {width} pixel{'s' if width > 1 else ''} wide"

    @property
    def settings(self) -> str:
        return str(self.width)

    def pixels(self, task: Task) -> int:
        return int(frame(task.shape[:2], self.width).sum()) * task.shape[2]

    def seconds(self, task: Task, images: int) -> float:
        return 1.2e-7 * images * math.sqrt(self.pixels(task)) * math.log2(max(images, 2))

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        outer = frame(task.shape[:2], self.width)

        def look(part: Part) -> Features:
            return part.images[:, outer].reshape(len(part), -1).astype(np.float32)

        part = task.train(images)
        model = _forest(task).fit(look(part), part.labels)
        return lambda part: _answers(model, look(part), task.classes)


def frame(size: tuple[int, int], width: int) -> NDArray[np.bool_]:
    """Where the outer frame is: bool array of shape (height, width)."""
    inside = np.zeros(size, bool)
    inside[width : max(size[0] - width, width), width : max(size[1] - width, width)] = True
    return ~inside


def brightness(part: Part) -> Features:
    """Mean and standard deviation of each image, and the mean of each channel, in levels."""
    flat = part.images.reshape(len(part), -1)
    columns = [flat.mean(axis=1), flat.std(axis=1), *part.images.mean(axis=(1, 2)).T]
    return np.stack(columns, axis=1).astype(np.float32)


def _forest(task: Task):  # type: ignore[no-untyped-def]
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(TREES, min_samples_leaf=3, n_jobs=-1, random_state=task.seed)


def _answers(model, features: NDArray[np.float32], classes: int) -> Answers:  # type: ignore[no-untyped-def]
    probabilities = np.zeros((len(features), classes))
    probabilities[:, model.classes_] = model.predict_proba(features)
    return Answers.of(probabilities)


def _words(found: list[FileProperties]) -> list[tuple[str, str]]:
    """Modes, formats and cameras that occur in training."""
    return sorted({(kind, getattr(one, kind)) for one in found for kind in ("mode", "format", "camera")})


def _table(found: list[FileProperties], words: list[tuple[str, str]]) -> Features:
    rows = [
        [
            one.bytes,
            one.width,
            one.height,
            one.width / one.height,
            one.bytes / (one.width * one.height),
            one.jpeg_quality,
            *(getattr(one, kind) == word for kind, word in words),
        ]
        for one in found
    ]
    return np.array(rows, np.float32)
