"""What a climb found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tooeasy.errors import OptionError
from tooeasy.ladder.published import PublishedScore
from tooeasy.plotting import Plottable
from tooeasy.scores import Score
from tooeasy.text import in_hundredths

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/ladder/1"
REACHED = (0.90, 0.95, 0.99)  # of the best rung's accuracy


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
    bits_error : float or None
        Its standard error; None for a single image.
    fit_seconds, predict_seconds : float
    why : str
        Why there is no score.
    cached : bool
        Whether the score is kept from an earlier climb.

    Examples
    --------
    >>> import tooeasy
    >>> options = tooeasy.ClimbOptions(cache=False)
    >>> one = tooeasy.climb("digits", only=["border"], options=options).rung("border")
    >>> one.pixels, one.images, round(one.test_accuracy, 1)
    (48, 1438, 0.9)
    """

    rung: str
    looks_at: str
    pixels: int
    images: int
    of: int
    score: Score | None
    bits: float | None
    bits_error: float | None
    fit_seconds: float
    predict_seconds: float
    why: str = ""
    cached: bool = False

    @property
    def test_accuracy(self) -> float:
        """Fraction of held-out images right; NaN without a score."""
        return np.nan if self.score is None else self.score.test_accuracy

    def to_dict(self, *, timings: bool = True) -> dict[str, Any]:
        """Return plain values for JSON.

        Parameters
        ----------
        timings : bool, default True
            With seconds, which differ from run to run, and whether the score is from the cache.

        Returns
        -------
        dict
        """
        unknown = dict.fromkeys(("n_test", "test_accuracy", "test_interval", "balanced_test_accuracy", "confusion"))
        run = {"fit_seconds": self.fit_seconds, "predict_seconds": self.predict_seconds, "cached": self.cached}
        return {
            "rung": self.rung,
            "looks_at": self.looks_at,
            "pixels": self.pixels,
            "images": self.images,
            "of": self.of,
            **(unknown if self.score is None else self.score.to_dict()),
            "usable_bits": self.bits,
            "usable_bits_error": self.bits_error,
            **(run if timings else {}),
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

    Examples
    --------
    >>> import tooeasy
    >>> options = tooeasy.ClimbOptions(cache=False)
    >>> ladder = tooeasy.climb("digits", up_to="one-pixel", options=options)
    >>> ladder.best.rung
    'border'
    >>> round(ladder.entropy_bits, 2)
    3.32
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
        """Return a rung by its name.

        Parameters
        ----------
        name : str
            Such as ``"one-pixel"``.

        Returns
        -------
        RungScore

        Raises
        ------
        OptionError
            If it was not climbed.
        """
        for rung in self.rungs:
            if rung.rung == name:
                return rung
        raise OptionError(f"{name} is not on this ladder; it has {', '.join(rung.rung for rung in self.rungs)}")

    def first_reaching(self, accuracy: float) -> RungScore | None:
        """Return the lowest rung whose held-out accuracy is at least so much.

        Parameters
        ----------
        accuracy : float
            A fraction.

        Returns
        -------
        RungScore or None
            None if no rung reaches it.
        """
        return next((rung for rung in self.rungs if rung.test_accuracy >= accuracy), None)

    def verdict(self) -> list[str]:
        """Say in words how far up one must climb.

        Returns
        -------
        list of str
            Lines.
        """
        best = self.best
        if best is None or best.test_accuracy == 0:
            return ["no rung could be climbed"]
        lines = [f"the best rung is {best.rung}: {best.test_accuracy:.1%} of held-out images right"]
        reached = {fraction: self.first_reaching(fraction * best.test_accuracy) for fraction in REACHED}
        words = [
            f"{fraction:.0%} ({fraction * best.test_accuracy:.1%}) needs {rung.rung}"
            for fraction, rung in reached.items()
            if rung is not None
        ]
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
            f"{words} {in_hundredths(rung.bits)}"
            if rung.bits > 0
            else f"{words} nothing usable ({in_hundredths(rung.bits)})"
            for name, words in (("one-pixel", "a single pixel tells"), ("mean-template", "one template for each class"))
            for rung in self.rungs
            if rung.rung == name and rung.bits is not None
        ]
        return [f"of {self.entropy_bits:.2f} bits that tell the class, {', '.join(told)}"] if told else []

    def to_dict(self, *, timings: bool = True) -> dict[str, Any]:
        """Return plain values for JSON.

        Parameters
        ----------
        timings : bool, default True
            With seconds, which differ from run to run, and whether a score is from the cache.

        Returns
        -------
        dict
        """
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
        """Return one row a rung as a pandas DataFrame, without confusion matrices.

        Returns
        -------
        DataFrame
            From the lowest rung to the highest.
        """
        import pandas as pd

        rows = [rung.to_dict() for rung in self.rungs]
        for row in rows:
            del row["confusion"]
            row["test_low"], row["test_high"] = row.pop("test_interval") or (None, None)
        return pd.DataFrame(rows)


def to_json_object(ladders: Sequence[Ladder]) -> dict[str, Any]:
    """Return what ``tooeasy ladder --json`` prints: the ladder, and the one of perturbed images if there is one."""
    return {"schema": SCHEMA, "results": [ladder.to_dict() for ladder in ladders]}
