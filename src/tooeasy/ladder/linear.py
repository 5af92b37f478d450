"""One template for each class; and what makes probabilities of linear scores."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tooeasy.ladder.rung import Answers, Predict, Progress, Rung
from tooeasy.ladder.task import Calibration, Part, Task
from tooeasy.templates.fit import fit_moments
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats, Moments
from tooeasy.templates.settings import WITH_GRAM, Kind, Settings
from tooeasy.templates.softmax import fit_softmax

# MNIST converges in 95 steps, Fashion-MNIST in 277. A sample of 27,000 images of CIFAR-10 has not after 200, and learns
# noise: 38.4 % of held-out images are right after 100 steps, 37.0 % after 200.
MOST_STEPS = 300
_LOG_SHARPNESSES = np.linspace(-4, 8, 121)  # natural logarithms


class Template(Rung):
    """A linear rule that follows from the sketch."""

    needs = "sketch"

    def __init__(self, name: str, kind: Kind, looks_at: str) -> None:
        self.name = name
        self.kind: Kind = kind
        self.looks_at = looks_at

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        def fitted(moments: Moments) -> Linear:
            return fit_moments(moments, Settings(kind=self.kind), task.threads)[0]

        if self.kind in WITH_GRAM:
            linear, sharpness = fitted(task.moments), sharpness_of(task.calibration, fitted)
        else:
            linear, sharpness = fitted(task.sums), sharpness_of(task.calibration_of_sums, fitted)
        return lambda part: linear_answers(linear, part, sharpness)


class Softmax(Rung):
    """Multinomial logistic regression, for so many steps that the cost model holds."""

    name = "softmax"
    looks_at = "one template for each class, by softmax regression"

    @property
    def settings(self) -> str:
        return str(MOST_STEPS)

    def seconds(self, task: Task, images: int) -> float:
        return 5e-8 * images * task.pixels * task.classes

    def fit(self, task: Task, images: int, progress: Progress) -> Predict:  # noqa: ARG002
        part = task.train(images)
        settings = Settings(kind="softmax")
        linear, _ = fit_softmax(part.features(), part.labels, task.classes, settings, most=MOST_STEPS)
        return lambda part: linear_answers(linear, part, 1.0)


def templates() -> list[Rung]:
    """Those that follow from the sketch, and softmax regression."""
    return [
        Template("mean-template", "nearest-mean", "one template for each class: its mean image"),
        Template("least-squares", "least-squares", "one template for each class, by least squares"),
        Softmax(),
    ]


def linear_answers(linear: Linear, part: Part, sharpness: float | None) -> Answers:
    """Answers of templates; probabilities are the softmax of the scores times the sharpness, one over a temperature."""
    scores = linear.scores(part.features()).astype(np.float64)
    answers = scores.argmax(axis=1)
    return Answers(answers, None if sharpness is None else softmax(scores * sharpness))


def softmax(scores: Floats) -> Floats:
    """Probabilities in proportion to the exponentials of the scores, row by row."""
    tails = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(tails / tails.sum(axis=1, keepdims=True), np.float64)


def sharpness_of(calibration: Calibration | None, fit: Callable[[Moments], Linear]) -> float | None:
    """Find the sharpness, one over a temperature, that makes probabilities of a linear rule's scores.

    The rule is fitted again without a fold of the training images, whose moments are taken off those of all, and the
    sharpness with the lowest cross-entropy on the fold is taken. None if the training images are not here.
    """
    if calibration is None:
        return None
    fold, rest = calibration
    scores = fit(rest).scores(fold.features()).astype(np.float64)
    losses = [
        -np.log(np.maximum(softmax(scores * np.exp(log))[np.arange(len(fold)), fold.labels], 1e-30)).mean()
        for log in _LOG_SHARPNESSES
    ]
    return float(np.exp(_LOG_SHARPNESSES[int(np.argmin(losses))]))
