"""One picture of weights for each class of a dataset, and how well these pictures classify."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from tooeasy.data import Dataset, Source, load
from tooeasy.errors import NotAtHandError, OptionError
from tooeasy.logs import timed
from tooeasy.measures import wilson_interval
from tooeasy.plotting import Plottable
from tooeasy.scores import Confusion, Score
from tooeasy.sketch import Shape
from tooeasy.templates.features import Features, features_of, moments_of, score_all
from tooeasy.templates.fit import fit_moments
from tooeasy.templates.linear import Linear
from tooeasy.templates.moments import Floats
from tooeasy.templates.settings import WITH_GRAM, Kind, Settings
from tooeasy.templates.softmax import EVERY, TrainingCurve, fit_sgd, fit_softmax
from tooeasy.text import named

if TYPE_CHECKING:
    import pandas as pd

_LOGGER = logging.getLogger(__name__)
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
    n_train : int
        Number of training images.
    curve : TrainingCurve or None
        How gradient descent went, for sgd.
    notes : tuple of str
        What a reader should know.

    Examples
    --------
    >>> import tooeasy
    >>> study = tooeasy.fit_templates("mnist", "nearest-mean")
    >>> study.weights.shape, round(study.test_accuracy, 3)
    ((10, 28, 28, 1), 0.82)
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    settings: Settings
    linear: Linear
    score: Score | None
    held_out: str | None
    n_train: int
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
        """Return the confusion matrix, ready to draw.

        Returns
        -------
        Confusion

        Raises
        ------
        NotAtHandError
            If nothing is held out.
        """
        if self.score is None:
            raise NotAtHandError(f"{self.dataset} has no held-out images, so that there is no confusion matrix")
        return Confusion(f"{self.dataset}: {self.settings.kind}", self.classes, self.score)

    @property
    def test_accuracy(self) -> float:
        """Fraction of held-out images right; NaN where nothing is held out."""
        return np.nan if self.score is None else self.score.test_accuracy

    def to_dict(self, *, weights: bool = False) -> dict[str, Any]:
        """Return plain values for JSON.

        Parameters
        ----------
        weights : bool, default False
            With the weights, which are long.

        Returns
        -------
        dict
            One entry of ``results`` in ``tooeasy templates --json``.
        """
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

    def to_frame(self) -> pd.DataFrame:
        """Return one row a class as a pandas DataFrame.

        Returns
        -------
        DataFrame
            Held-out images of the class (``n_test``), the fraction of them that are right, its interval, and the class
            that most others are taken for, with how many; NaN and None where the class has none.

        Examples
        --------
        >>> frame = fit_templates("mnist", "nearest-mean").to_frame()
        >>> print(*frame.loc[5, ["class", "n_test", "confused_with", "confused"]])
        5 892 3 118
        """
        import pandas as pd

        classes = len(self.classes)
        table = np.zeros((classes, classes), np.int64) if self.score is None else self.score.confusion
        images, right = table.sum(axis=1), np.diag(table)
        wrong = table - np.diag(right)
        low, high = wilson_interval(right, images)
        columns = {
            "n_test": images,
            "test_accuracy": np.divide(right, images, out=np.full(classes, np.nan), where=images > 0),
            "test_low": low,
            "test_high": high,
            "confused_with": [self.classes[row.argmax()] if row.any() else None for row in wrong],
            "confused": wrong.max(axis=1),
        }
        return pd.DataFrame({"dataset": self.dataset, "kind": self.settings.kind, "class": self.classes, **columns})


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
        means, centred-means, nearest-mean, difference, least-squares, lda, lasso, softmax or sgd: see
        docs/templates.md.
    centre : float or "global", optional
        For centred-means: a fraction of the highest level, 0.2 by default, or the mean of all images.
    intercept : bool, default True
        For least-squares, lasso, softmax and sgd.
    alpha : float, optional
        Strength of the penalty. Least squares (ridge): of ``alpha ||w||**2`` beside the sum of squares; 0 by default.
        Lasso: as scikit-learn's; by default a thousandth of the smallest that makes all weights zero, or a hundredth
        where there are fewer images than pixels. Softmax: of ``alpha ||w||**2 / 2`` or ``alpha ||w||_1`` beside the
        summed loss, 1 / C in scikit-learn; 1 by default.
    penalty : {"l2", "l1"}, default "l2"
        For softmax.
    binarize : float, optional
        Make images black and white first: white from this fraction of the highest level on.
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
    fits = _fit_all(data, wanted, cuts.pop(), threads)
    stages = [linear for fit in fits for linear in fit.stages]
    found = [] if data.test is None else score_all(stages, data.test, binarize=wanted[0].binarize)
    remarks, studies = (*data.remarks(), *_missing(data)), []
    for fit in fits:
        own, found = found[: len(fit.stages)], found[len(fit.stages) :]
        studies.append(
            TemplateStudy(
                data.name,
                data.classes,
                data.shape,
                fit.settings,
                fit.stages[-1],
                own[-1] if own else None,
                data.held_out,
                len(data.train),
                None if fit.losses is None else _curve(fit.losses, own),
                (*remarks, *fit.notes, *_fits_noise(data, fit.settings)),
            )
        )
    return studies


@dataclass(frozen=True, eq=False)
class _Fit:
    """Templates of one kind; of gradient descent, those on the way too."""

    settings: Settings
    stages: Sequence[Linear]
    losses: Floats | None = None
    notes: tuple[str, ...] = ()


def _fit_all(data: Dataset, wanted: Sequence[Settings], binarize: float | None, threads: int | None) -> list[_Fit]:
    moments = features = None
    if any(settings.from_sketch for settings in wanted):
        gram = any(settings.kind in WITH_GRAM for settings in wanted)
        moments = moments_of(data.train, gram=gram, binarize=binarize, threads=threads)
    if not all(settings.from_sketch for settings in wanted):
        features = features_of(data.train, binarize=binarize)
    fits = []
    for settings in wanted:
        with timed(_LOGGER, "templates of %s are fitted: %s", data.name, settings.kind):
            if settings.from_sketch and moments is not None:
                linear, used = fit_moments(moments, settings, threads)
                fits.append(_Fit(used, [linear]))
            elif features is not None:
                fits.append(_fit_features(*features, len(data.classes), settings))
    return fits


def _fit_features(features: Features, labels: NDArray[np.intp], classes: int, settings: Settings) -> _Fit:
    if settings.kind == "sgd":
        stages, losses = fit_sgd(features, labels, classes, settings)
        wild = losses[-1] > np.log2(classes)
        notes = ("sgd went wild: its loss at the end is above that of guessing",) if wild else ()
        return _Fit(settings, stages, losses, notes)
    linear, converged = fit_softmax(features, labels, classes, settings)
    notes = () if converged else ("softmax stopped before it had converged; a larger alpha helps",)
    return _Fit(settings, [linear], notes=notes)


def _missing(data: Dataset) -> list[str]:
    """Name the classes that cannot be scored."""
    if data.test is None:
        return []
    missing = [data.classes[label] for label in np.flatnonzero(data.test.images_per_class == 0)]
    return [f"no held-out image of class {named(missing)}"] if missing else []


def _fits_noise(data: Dataset, settings: Settings) -> list[str]:
    """Warn of exact fits to fewer than two images for each pixel."""
    pixels, n = int(np.prod(data.shape)), len(data.train)
    if settings.kind not in ("least-squares", "lda") or settings.alpha or n >= 2 * pixels:
        return []
    return [
        f"{n:,} training images and {pixels:,} pixels: {settings.kind} fits noise; least-squares with an alpha does not"
    ]


def _curve(losses: Floats, scores: Sequence[Score]) -> TrainingCurve:
    steps = EVERY * np.arange(1, len(losses) + 1)
    unknown = np.full(len(losses), np.nan)
    return TrainingCurve(steps, losses, np.array([score.test_accuracy for score in scores]) if scores else unknown)


def to_json_object(studies: Sequence[Sequence[TemplateStudy]], *, weights: bool = False) -> dict[str, Any]:
    """Return what ``tooeasy templates --json`` prints: for each dataset, templates of some kinds."""
    return {
        "schema": SCHEMA,
        "results": [
            {
                "dataset": of_one[0].dataset,
                "classes": list(of_one[0].classes),
                "image_shape": list(of_one[0].shape),
                "n_train": of_one[0].n_train,
                "held_out": of_one[0].held_out,
                "templates": [study.to_dict(weights=weights) for study in of_one],
            }
            for of_one in studies
        ],
    }
