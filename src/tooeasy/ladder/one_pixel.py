"""One pixel, and a few."""

from __future__ import annotations

from tooeasy.ladder.linear import linear_answers, sharpness_of
from tooeasy.ladder.rung import Answers, Predict, Progress, Rung
from tooeasy.ladder.task import Part, Task
from tooeasy.pixels.search import best_pixel_of_all
from tooeasy.templates.selection import forward_selection, refit

FEW = (2, 4, 8, 16, 32, 64)


class OnePixel(Rung):
    """The most frequent class at each level of the best pixel."""

    name = "one-pixel"
    looks_at = "the one pixel that is best for all classes"
    needs = "sketch"

    def pixels(self, task: Task) -> int:  # noqa: ARG002
        return 1

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        pixel, rule = best_pixel_of_all(task.counts.counts, "lookup")
        bins = task.counts.quantization.bins()

        def predict(part: Part) -> Answers:
            level = bins[part.images.reshape(len(part), -1)[:, pixel]]
            return Answers(rule.answers[level], rule.probabilities[level])

        return predict


class FewPixels(Rung):
    """Least squares on the pixels that forward selection takes first."""

    needs = "sketch"

    def __init__(self, k: int) -> None:
        self.k = k
        self.name = f"{k}-pixels"
        self.looks_at = f"the {k} pixels that a linear rule wants first"

    def pixels(self, task: Task) -> int:
        return min(self.k, task.pixels)

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        pixels = forward_selection(task.moments, self.k)
        linear = refit(task.moments, pixels)
        sharpness = sharpness_of(task.calibration, lambda moments: refit(moments, pixels))
        return lambda part: linear_answers(linear, part, sharpness)


def few_pixels() -> list[Rung]:
    """Two, four, ... pixels."""
    return [FewPixels(k) for k in FEW]
