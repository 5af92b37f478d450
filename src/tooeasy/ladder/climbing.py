"""How far up the ladder one must climb to tell the classes of a dataset apart."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tooeasy.data import Source, load
from tooeasy.errors import NotAtHandError, OptionError, TooeasyError
from tooeasy.ladder.budget import images_for
from tooeasy.ladder.cache import Cache, data_checksum
from tooeasy.ladder.information import bits_error, entropy_bits, usable_bits
from tooeasy.ladder.perturb import Perturbation, perturb
from tooeasy.ladder.published import published_scores
from tooeasy.ladder.result import Ladder, RungScore
from tooeasy.ladder.rung import Rung
from tooeasy.ladder.rungs import all_rungs, choose
from tooeasy.ladder.task import Task
from tooeasy.scores import Score

_LOGGER = logging.getLogger(__name__)
BUDGET = 180.0  # seconds
DIGITS = 9  # of bits


@dataclass(frozen=True)
class ClimbOptions:
    """How to climb.

    Parameters
    ----------
    budget : float or None, default 180
        Seconds for all rungs together, as the cost model counts them; None trains every rung on all images.
    seed : int, default 0
        Of the hold-out, where a dataset brings no test split, of samples, and of what the rungs draw.
    border : int, default 2
        Width of the frame that the rung border looks at, in pixels.
    cache : bool, default True
        Keep results on disk, and take those that are there.

    Examples
    --------
    >>> import tooeasy
    >>> options = tooeasy.ClimbOptions(border=1, cache=False)
    >>> ladder = tooeasy.climb("digits", only=["border"], options=options)
    >>> ladder.rung("border").pixels
    28
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
        Rungs of one's own, such as `Estimator`, above the others. Their results are not kept: nothing tells a
        classifier from the same one with another line of code.
    perturbation : Perturbation, optional
        Done to all images first.
    test : source, optional
        Score on these images instead of the dataset's own test split.
    options : ClimbOptions, optional
        Time, seed, border, cache.
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
        If a source cannot be used, nothing is held out, a rung is not known, or one in ``only`` needs a package that
        is not installed (`MissingExtraError`); without ``only``, such a rung is left out, and says why.

    Examples
    --------
    >>> ladder = climb("digits", up_to="one-pixel", options=ClimbOptions(cache=False))
    >>> [rung.rung for rung in ladder.rungs]
    ['nothing', 'metadata', 'brightness', 'border', 'one-pixel']
    >>> ladder.rung("border").test_accuracy > ladder.rung("nothing").test_accuracy
    True
    """
    options = options or ClimbOptions()
    own = all_rungs(border=options.border, full=options.budget is None)
    rungs = choose([*own, *extra], up_to, only)
    if only is not None:  # what is asked for by name is not left out
        for rung in rungs:
            rung.check()
    data = load(source)
    data = data.with_hold_out(seed=options.seed) if test is None else data.with_test(load(test))
    if data.test is None:
        raise NotAtHandError(f"{data.name} has no held-out images to score on; give the test images too")
    if perturbation:
        data = perturb(data, perturbation)
    checksum = data_checksum(data)
    task = Task(data, options.seed)
    cache = Cache(checksum, [rung.name for rung in own], enabled=options.cache)
    done = list(_climb(task, rungs, options, cache, on_rung, on_progress))
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
    sizes = [images_for(rung, task, rungs, options.budget) for rung in rungs]
    task.sizes = [size for rung, size in zip(rungs, sizes, strict=True) if rung.needs == "images"] + [task.fold]
    try:
        for rung, images in zip(rungs, sizes, strict=True):
            on_progress(rung.name, f"{images:,} images")
            key = (rung.name, rung.settings, images, options.seed)
            score = cache.get(key)
            if score is None:
                _LOGGER.info("%s: trains on %d of %d images", rung.name, images, task.n_train)
                score = _score(rung, task, images, partial(on_progress, rung.name))
                cache.put(key, score)
                done = score.why or f"done in {score.fit_seconds + score.predict_seconds:.2f} s"
                _LOGGER.info("%s: %s", rung.name, done)
            else:
                _LOGGER.info("%s: taken from the cache, %s", rung.name, cache.folder)
            on_rung(score)
            yield score
    except KeyboardInterrupt:
        return  # what is done is kept


def _score(rung: Rung, task: Task, images: int, progress: Callable[[str], object]) -> RungScore:
    about = (rung.name, rung.looks_at, rung.pixels(task))
    try:
        test = task.test
        start = time.perf_counter()
        predict = rung.fit(task, images, progress)
        fitted = time.perf_counter()
        answers = predict(test)
        done = time.perf_counter()
        labels = task.test_labels(rung.needs == "properties")
    except TooeasyError as error:
        return RungScore(*about, 0, task.n_train, None, None, None, 0.0, 0.0, str(error))
    score = Score.of(labels, answers.answers, task.classes)
    bits = error_of_bits = None
    if answers.probabilities is not None:
        # A forest adds up its trees' votes in the order in which threads finish: its last digits are chance.
        bits = round(usable_bits(answers.probabilities, labels, task.priors), DIGITS)
        if len(labels) > 1:
            error_of_bits = round(bits_error(answers.probabilities, labels, task.priors), DIGITS)
    return RungScore(*about, images, task.n_train, score, bits, error_of_bits, fitted - start, done - fitted)
