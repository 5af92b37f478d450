"""One picture of weights for each class of a dataset, and how well these pictures classify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Source, load
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.plotting import Plottable
from tooeasy.scores import Confusion, Score
from tooeasy.sketch import Shape
from tooeasy.templates.features import features_of, moments_of, score_all
from tooeasy.templates.fit import fit_moments
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Moments
from tooeasy.templates.settings import Kind, Settings
from tooeasy.templates.softmax import TrainingCurve, fit_sgd, fit_softmax

SCHEMA = "tooeasy/templates/1"


@dataclass(frozen=True, eq=False)
class TemplateStudy(Plottable):
    """Templates of one kind, and their score.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    settings : Settings
        How the templates were fitted.
    linear : Linear
        The templates as rows.
    score : Score or None
        On held-out images; None where nothing is held out.
    held_out : str or None
        What the held-out images are.
    curve : TrainingCurve or None
        How gradient descent went, for sgd.
    notes : tuple of str
        What a reader should know.
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    settings: Settings
    linear: Linear
    score: Score | None
    held_out: str | None
    curve: TrainingCurve | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        score = "not scored" if self.score is None else f"test accuracy {self.score.test_accuracy:.3f}"
        return f"TemplateStudy({self.dataset}, {self.settings.kind}: {len(self.classes)} classes, {score})"

    @property
    def weights(self) -> NDArray[np.float64]:
        """Templates as pictures: float64 array of shape (classes, height, width, channels), for pixels in [0, 1]."""
        return self.linear.weights.reshape(-1, *self.shape)

    @property
    def intercepts(self) -> NDArray[np.float64]:
        """What is added to each class's score: float64 array of shape (classes,)."""
        return self.linear.intercepts

    def confusion(self) -> Confusion:
        """Return the confusion matrix, ready to draw. Raises NotAtHandError where nothing is held out."""
        if self.score is None:
            raise NotAtHandError(f"{self.dataset} has no held-out images, so that there is no confusion matrix")
        return Confusion(f"{self.dataset}: {self.settings.kind}", self.classes, self.score)

    @property
    def test_accuracy(self) -> float:
        """Fraction of held-out images right; NaN where nothing is held out."""
        return np.nan if self.score is None else self.score.test_accuracy

    def to_dict(self, *, weights: bool = False) -> dict[str, Any]:
        """Return plain values for JSON; the weights, which are long, if wanted."""
        scores = dict.fromkeys(("n_test", "test_accuracy", "test_interval", "balanced_test_accuracy", "confusion"))
        confused = []
        if self.score is not None:
            scores = self.score.to_dict()
            keys = ("class", "answer", "images")
            confused = [dict(zip(keys, found, strict=True)) for found in self.score.most_confused()]
        pictures = {"weights": self.weights.tolist(), "intercepts": self.intercepts.tolist()} if weights else {}
        return {
            **self.settings.to_dict(),
            **scores,
            "most_confused": confused,
            "curve": self.curve and self.curve.to_dict(),
            "notes": list(self.notes),
            **pictures,
        }


def fit_templates(
    source: Source,
    kind: Kind = "least-squares",
    *,
    centre: float | Literal["global"] | None = None,
    intercept: bool = True,
    alpha: float | None = None,
    penalty: Literal["l2", "l1"] = "l2",
    binarize: float | None = None,
    test: Source | None = None,
    seed: int = 0,
    threads: int | None = None,
) -> TemplateStudy:
    """Fit one picture of weights for each class, and score them on held-out images.

    Parameters
    ----------
    source : str, Path, Dataset, Sketch or arrays
        Whatever `load` takes. All kinds but softmax and sgd follow from the sketch of the training images.
    kind : str, default "least-squares"
        means, centred-means, nearest-mean, difference, least-squares, lda, lasso, softmax or sgd: see `Settings` and
        docs/templates.md.
    centre, intercept, alpha, penalty, binarize
        See `Settings`.
    test : source, optional
        Score on these images instead of the dataset's own test split.
    seed : int, default 0
        For the hold-out (20 % of each class) where there is no test split, and for sgd.
    threads : int, optional
        By default one for each core.

    Returns
    -------
    TemplateStudy

    Raises
    ------
    TooeasyError
        If a source cannot be used, an option is out of range, or images are needed and only a sketch is here.

    References
    ----------
    "How can logistic regression reach 92 % on MNIST?", https://stats.stackexchange.com/q/426873.

    Examples
    --------
    >>> study = fit_templates("mnist", "least-squares")
    >>> study.weights.shape, round(study.test_accuracy, 3)
    ((10, 28, 28, 1), 0.86)
    """
    settings = Settings(
        kind=kind, centre=centre, intercept=intercept, alpha=alpha, penalty=penalty, binarize=binarize, seed=seed
    )
    return study_templates(held_out(source, test, seed), [settings], threads=threads)[0]


def held_out(source: Source, test: Source | None, seed: int) -> Dataset:
    """Load a dataset with images to score on, if there can be any."""
    data = load(source)
    return data.with_hold_out(seed=seed) if test is None else data.with_test(load(test))


def study_templates(data: Dataset, wanted: Sequence[Settings], *, threads: int | None = None) -> list[TemplateStudy]:
    """Fit several kinds of templates: one sketch, and one pass over the held-out images, for all.

    Raises
    ------
    OptionError
        If some want images black and white and some do not: they look at different images.
    """
    if not wanted:
        return []
    cuts = {settings.binarize for settings in wanted}
    if len(cuts) > 1:
        raise OptionError(f"binarize is the same for all kinds of a study; found {sorted(map(str, cuts))}")
    binarize = cuts.pop()
    moments = None
    if any(settings.from_sketch for settings in wanted):
        moments = moments_of(data.train, binarize=binarize, threads=threads)
    fits = [_fit(data, settings, moments, threads) for settings in wanted]
    scored = data.test is not None
    scores = score_all([fit.linear for fit in fits], data.test, binarize=binarize) if data.test is not None else []
    remarks = data.remarks()
    return [
        TemplateStudy(
            data.name,
            data.classes,
            data.shape,
            fit.settings,
            fit.linear,
            scores[number] if scored else None,
            data.held_out,
            fit.curve,
            (*remarks, *fit.notes),
        )
        for number, fit in enumerate(fits)
    ]


@dataclass(frozen=True, eq=False)
class _Fit:
    settings: Settings
    linear: Linear
    curve: TrainingCurve | None = None
    notes: tuple[str, ...] = ()


def _fit(data: Dataset, settings: Settings, moments: Moments | None, threads: int | None) -> _Fit:
    if moments is not None and settings.from_sketch:
        return _Fit(settings, fit_moments(moments, settings, threads))
    features, labels = features_of(data.train, binarize=settings.binarize)
    if settings.kind == "softmax":
        linear, converged = fit_softmax(features, labels, len(data.classes), settings)
        notes = () if converged else ("softmax stopped before it had converged; a larger alpha helps",)
        return _Fit(settings, linear, notes=notes)

    def accuracy(linear: Linear) -> float:
        if data.test is None:
            return np.nan
        return score_all([linear], data.test, binarize=settings.binarize)[0].test_accuracy

    linear, curve = fit_sgd(features, labels, len(data.classes), settings, accuracy)
    return _Fit(settings, linear, curve)


def to_json_object(studies: Sequence[Sequence[TemplateStudy]], *, weights: bool = False) -> dict[str, Any]:
    """Return what ``tooeasy templates --json`` prints: for each dataset, templates of some kinds."""
    return {
        "schema": SCHEMA,
        "results": [
            {
                "dataset": of_one[0].dataset,
                "classes": list(of_one[0].classes),
                "image_shape": list(of_one[0].shape),
                "held_out": of_one[0].held_out,
                "templates": [study.to_dict(weights=weights) for study in of_one],
            }
            for of_one in studies
        ],
    }
