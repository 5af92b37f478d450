"""How far up the ladder one must climb to tell the classes of a dataset apart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from tooeasy.data import Source, load
from tooeasy.errors import NotAtHandError, OptionError, TooeasyError
from tooeasy.ladder.cache import Cache, data_checksum
from tooeasy.ladder.information import entropy_bits, usable_bits
from tooeasy.ladder.perturb import Perturbation, perturb
from tooeasy.ladder.published import PublishedScore, published_scores
from tooeasy.ladder.rung import Rung
from tooeasy.ladder.rungs import all_rungs, choose
from tooeasy.ladder.task import Task
from tooeasy.plotting import Plottable
from tooeasy.scores import Score

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/ladder/1"
BUDGET = 180.0  # seconds
REACHED = (0.90, 0.95, 0.99)  # of the best rung's accuracy
FEWEST = 200  # images that a rung is trained on, however small its share


@dataclass(frozen=True, eq=False)
class RungScore:
    """How well one rung does.

    Attributes
    ----------
    rung : str
    looks_at : str
    pixels : int
        Pixels of an image that it looks at.
    images, of : int
        Training images that it was fitted to, and how many there are.
    score : Score or None
        On held-out images; None if it could not be climbed, and ``why`` says why.
    bits : float or None
        Usable information, see `usable_bits`; None where the rung has no probabilities.
    fit_seconds, predict_seconds : float
    why : str
        Why there is no score.
    """

    rung: str
    looks_at: str
    pixels: int
    images: int
    of: int
    score: Score | None
    bits: float | None
    fit_seconds: float
    predict_seconds: float
    why: str = ""

    @property
    def test_accuracy(self) -> float:
        """Fraction of held-out images right; NaN without a score."""
        return np.nan if self.score is None else self.score.test_accuracy

    def to_dict(self, *, timings: bool = True) -> dict[str, Any]:
        """Return plain values for JSON; timings differ from run to run."""
        unknown = dict.fromkeys(("n_test", "test_accuracy", "test_interval", "balanced_test_accuracy", "confusion"))
        seconds = {"fit_seconds": self.fit_seconds, "predict_seconds": self.predict_seconds} if timings else {}
        return {
            "rung": self.rung,
            "looks_at": self.looks_at,
            "pixels": self.pixels,
            "images": self.images,
            "of": self.of,
            **(unknown if self.score is None else self.score.to_dict()),
            "usable_bits": self.bits,
            **seconds,
            "why": self.why or None,
        }


@dataclass(frozen=True, eq=False)
class Ladder(Plottable):
    """The rungs of a dataset, from the lowest to the highest.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    held_out : str
        What the held-out images are.
    entropy_bits : float
        Entropy of the class: the most that any rung can know.
    rungs : tuple of RungScore
        Those that were asked for, in order.
    published : tuple of PublishedScore
        What people and records are said to reach.
    seed : int
    perturbation : str
        What was done to the images first; empty if nothing.
    checksum : str
        Of the data: images and labels of both splits.
    notes : tuple of str
    """

    dataset: str
    classes: tuple[str, ...]
    held_out: str
    entropy_bits: float
    rungs: tuple[RungScore, ...]
    published: tuple[PublishedScore, ...]
    seed: int
    perturbation: str
    checksum: str
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        scored = [rung for rung in self.rungs if rung.score is not None]
        return f"Ladder({self.dataset}: {', '.join(f'{rung.rung} {rung.test_accuracy:.3f}' for rung in scored)})"

    @property
    def best(self) -> RungScore | None:
        """The rung with the highest held-out accuracy; of equals the lowest. None if none has a score."""
        scored = [rung for rung in self.rungs if rung.score is not None]
        return max(scored, key=lambda rung: rung.test_accuracy) if scored else None

    def rung(self, name: str) -> RungScore:
        """Return a rung by its name. Raises OptionError if it was not climbed."""
        for rung in self.rungs:
            if rung.rung == name:
                return rung
        raise OptionError(f"{name} is not on this ladder; it has {', '.join(rung.rung for rung in self.rungs)}")

    def first_reaching(self, accuracy: float) -> RungScore | None:
        """Return the lowest rung whose held-out accuracy is at least so much."""
        return next((rung for rung in self.rungs if rung.test_accuracy >= accuracy), None)

    def verdict(self) -> list[str]:
        """Say in words how far up one must climb."""
        best = self.best
        if best is None or best.test_accuracy == 0:
            return ["no rung could be climbed"]
        lines = [f"the best rung is {best.rung}: {best.test_accuracy:.1%} of held-out images right"]
        reached = {fraction: self.first_reaching(fraction * best.test_accuracy) for fraction in REACHED}
        words = [f"{fraction:.0%} is reached by {rung.rung}" for fraction, rung in reached.items() if rung is not None]
        lines.append(f"of that, {', '.join(words)}")
        for known in self.published:
            rung = self.first_reaching(known.accuracy)
            missing = 100 * (known.accuracy - best.test_accuracy)
            reaches = f"is reached by {rung.rung}" if rung else f"is {missing:.1f} points above"
            lines.append(f"published {known.kind}, {known.accuracy:.1%} ({known.what}), {reaches}")
        lines += self._bits_lines()
        return lines

    def _bits_lines(self) -> list[str]:
        told = [
            f"{words} {rung.bits:.2f}"
            for name, words in (("one-pixel", "a single pixel tells"), ("mean-template", "one template for each class"))
            for rung in self.rungs
            if rung.rung == name and rung.bits is not None
        ]
        return [f"of {self.entropy_bits:.2f} bits that tell the class, {', '.join(told)}"] if told else []

    def to_dict(self, *, timings: bool = True) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "dataset": self.dataset,
            "classes": list(self.classes),
            "held_out": self.held_out,
            "entropy_bits": self.entropy_bits,
            "seed": self.seed,
            "perturbation": self.perturbation or None,
            "checksum": self.checksum,
            "rungs": [rung.to_dict(timings=timings) for rung in self.rungs],
            "published": [known.to_dict() for known in self.published],
            "verdict": self.verdict(),
            "notes": list(self.notes),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row a rung as a pandas DataFrame, without confusion matrices."""
        import pandas as pd

        rows = [rung.to_dict() for rung in self.rungs]
        for row in rows:
            del row["confusion"]
            row["test_low"], row["test_high"] = row.pop("test_interval") or (None, None)
        return pd.DataFrame(rows)


@dataclass(frozen=True)
class ClimbOptions:
    """How to climb.

    Parameters
    ----------
    budget : float or None, default 180
        Seconds for all rungs together, as the cost model counts them; None trains every rung on all images.
    seed : int, default 0
    border : int, default 2
        Width of the frame that the rung border looks at, in pixels.
    cache : bool, default True
        Keep results on disk, and take those that are there.
    """

    budget: float | None = BUDGET
    seed: int = 0
    border: int = 2
    cache: bool = True

    def __post_init__(self) -> None:
        if self.budget is not None and not self.budget > 0:
            raise OptionError(f"budget is a number of seconds above 0; found {self.budget}")
        if self.border < 1:
            raise OptionError(f"border is a width of at least 1 pixel; found {self.border}")
        if self.seed < 0:
            raise OptionError(f"seed is a whole number of at least 0; found {self.seed}")


def climb(
    source: Source,
    *,
    up_to: str | None = None,
    only: Sequence[str] | None = None,
    extra: Sequence[Rung] = (),
    perturbation: Perturbation | None = None,
    test: Source | None = None,
    options: ClimbOptions | None = None,
    on_rung: Callable[[RungScore], object] = lambda _: None,
    on_progress: Callable[[str, str], object] = lambda *_: None,
) -> Ladder:
    """Climb from a classifier that looks at nothing to a small CNN, on one fixed split.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes.
    up_to : str, optional
        The highest rung.
    only : sequence of str, optional
        Only these rungs; "k-pixels" stands for all that look at a few pixels.
    extra : sequence of Rung
        Rungs of one's own, such as `Estimator`, above the others.
    perturbation : Perturbation, optional
        Done to all images first.
    test : source, optional
        Score on these images instead of the dataset's own test split.
    options : ClimbOptions, optional
    on_rung : callable
        Called with each `RungScore` when it is done.
    on_progress : callable
        Called with the name of a rung and what it is doing.

    Returns
    -------
    Ladder
        With KeyboardInterrupt, what is done is kept and returned.

    Raises
    ------
    TooeasyError
        If a source cannot be used, nothing is held out, or a rung is not known.

    Examples
    --------
    >>> ladder = climb("digits", up_to="one-pixel", options=ClimbOptions(cache=False))
    >>> [rung.rung for rung in ladder.rungs]
    ['nothing', 'metadata', 'brightness', 'border', 'one-pixel']
    >>> ladder.rung("border").test_accuracy > ladder.rung("nothing").test_accuracy
    True
    """
    options = options or ClimbOptions()
    rungs = choose([*all_rungs(border=options.border, full=options.budget is None), *extra], up_to, only)
    data = load(source)
    data = data.with_hold_out(seed=options.seed) if test is None else data.with_test(load(test))
    if data.test is None:
        raise NotAtHandError(f"{data.name} has no held-out images to score on; give the test images with test=")
    if perturbation:
        data = perturb(data, perturbation)
    checksum = data_checksum(data)
    task = Task(data, options.seed)
    done = list(_climb(task, rungs, options, Cache(checksum, enabled=options.cache), on_rung, on_progress))
    return Ladder(
        data.name,
        data.classes,
        data.held_out or "",
        entropy_bits(task.priors),
        tuple(done),
        () if perturbation else published_scores(data),
        options.seed,
        str(perturbation) if perturbation else "",
        checksum,
        data.remarks(),
    )


def _climb(
    task: Task,
    rungs: Sequence[Rung],
    options: ClimbOptions,
    cache: Cache,
    on_rung: Callable[[RungScore], object],
    on_progress: Callable[[str, str], object],
) -> Iterator[RungScore]:
    try:
        for rung in rungs:
            images = images_for(rung, task, rungs, options.budget)
            on_progress(rung.name, f"{images:,} images")
            key = (rung.name, rung.settings, images, options.seed)
            score = cache.get(key)
            if score is None:
                score = _score(rung, task, images, partial(on_progress, rung.name))
                cache.put(key, score)
            on_rung(score)
            yield score
    except KeyboardInterrupt:
        return  # what is done is kept


def images_for(rung: Rung, task: Task, rungs: Sequence[Rung], budget: float | None) -> int:
    """Training images for a rung: all, unless the cost model says that they take longer than its share.

    Each rung may take the same share of the budget, and what cheap ones leave over goes to the others.
    """
    if budget is None or rung.seconds(task, task.n_train) == 0:
        return task.n_train
    share = fair_share([other.seconds(task, task.n_train) for other in rungs], budget)
    if rung.seconds(task, task.n_train) <= share:
        return task.n_train
    low, high = min(FEWEST, task.n_train), task.n_train
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rung.seconds(task, middle) <= share else (low, middle)
    digit = int(10 ** max(len(str(low)) - 2, 0))
    return low // digit * digit  # two digits: nobody needs to know the rest


def fair_share(costs: Sequence[float], budget: float) -> float:
    """Largest share for which costs, each cut off at the share, add up to the budget.

    Examples
    --------
    >>> fair_share([1, 2, 100, 200], 63)
    30.0
    """
    left, rest = budget, sorted(costs)
    while rest and rest[0] <= left / len(rest):
        left -= rest.pop(0)
    return left / len(rest) if rest else np.inf


def _score(rung: Rung, task: Task, images: int, progress: Callable[[str], object]) -> RungScore:
    try:
        start = time.perf_counter()
        predict = rung.fit(task, images, progress)
        fitted = time.perf_counter()
        test = task.test
        before = time.perf_counter()
        answers = predict(test)
        after = time.perf_counter()
    except (NotAtHandError, TooeasyError) as error:
        return RungScore(rung.name, rung.looks_at, rung.pixels(task), 0, task.n_train, None, None, 0.0, 0.0, str(error))
    labels = task.test_labels(rung.needs == "properties")
    bits = None if answers.probabilities is None else usable_bits(answers.probabilities, labels, task.priors)
    return RungScore(
        rung.name,
        rung.looks_at,
        rung.pixels(task),
        images,
        task.n_train,
        Score.of(labels, answers.answers, task.classes),
        bits,
        fitted - start,
        after - before,
    )
