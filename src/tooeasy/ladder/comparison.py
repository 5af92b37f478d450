"""Datasets side by side, rung by rung."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, groupby
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tooeasy.data import Source
from tooeasy.errors import OptionError
from tooeasy.ladder.card import Card, make_card
from tooeasy.ladder.climbing import ClimbOptions
from tooeasy.ladder.rungs import in_order
from tooeasy.ladder.shipped import card_or_dataset
from tooeasy.plotting import Plottable

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/compare/1"
PIXEL = "one pixel per pair"
Answer = Literal["easier", "harder", "no different"]
_Z = 1.959963984540054  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Difference:
    """How much easier one dataset is than another for one rung.

    Attributes
    ----------
    what : str
        The rung, or "one pixel per pair": the mean over all pairs of classes of the best pixel's accuracy.
    measure : {"accuracy", "bits"}
        What is compared: held-out accuracy, or, of datasets with different numbers of classes, the fraction of the
        class's entropy that is usable information.
    first, second : float
    interval : tuple of float
        95 % interval of ``first - second``.
    """

    what: str
    measure: Literal["accuracy", "bits"]
    first: float
    second: float
    interval: tuple[float, float]

    @property
    def answer(self) -> Answer:
        """What the first dataset is, compared with the second."""
        if self.interval[0] > 0:
            return "easier"
        return "harder" if self.interval[1] < 0 else "no different"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        names = ("what", "measure", "first", "second", "answer")
        return {**{name: getattr(self, name) for name in names}, "interval": list(self.interval)}


@dataclass(frozen=True, eq=False)
class Comparison(Plottable):
    """Several datasets, rung by rung.

    Attributes
    ----------
    cards : tuple of Card

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.compare("mnist", "cifar-10")
    >>> found.rungs[:3]
    ['nothing', 'brightness', 'border']
    >>> found.differences(*found.cards)[0].answer
    'easier'
    """

    cards: tuple[Card, ...]

    @property
    def rungs(self) -> list[str]:
        """Names of the rungs that any of the datasets has a score of, from the lowest to the highest."""
        return in_order(name for card in self.cards for name in card.rungs)

    def differences(self, first: Card, second: Card) -> list[Difference]:
        """Compare two of the datasets: one pixel per pair, then every rung that both have a score of.

        Parameters
        ----------
        first, second : Card
            Two of ``cards``.

        Returns
        -------
        list of Difference
            From the lowest rung to the highest.
        """
        same = len(first.classes) == len(second.classes)
        found = [_pixel_difference(first, second)] if same else []
        for name, rung in first.rungs.items():
            if name in second.rungs and name != "nothing":
                difference = _rung_difference(name, (first, rung), (second, second.rungs[name]), same=same)
                if difference is not None:
                    found.append(difference)
        return [difference for difference in found if not np.isnan(difference.first - difference.second)]

    def verdict(self) -> list[str]:
        """Say in words which dataset is easier, for which rungs; a line for each pair of datasets.

        Returns
        -------
        list of str
            Lines.
        """
        return [_words(a, b, self.differences(a, b)) for a, b in combinations(self.cards, 2)]

    def to_frame(self) -> pd.DataFrame:
        """Return one row for each two datasets and each thing compared, as a pandas DataFrame.

        Returns
        -------
        DataFrame
            Columns ``first_dataset``, ``second_dataset``, and those of each thing compared.
        """
        import pandas as pd

        rows = [
            {"first_dataset": a.name, "second_dataset": b.name, **one.to_dict()}
            for a, b in combinations(self.cards, 2)
            for one in self.differences(a, b)
        ]
        for row in rows:
            row["low"], row["high"] = row.pop("interval")
        columns = ["first_dataset", "second_dataset", "what", "measure", "first", "second", "low", "high", "answer"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            What ``tooeasy compare --json`` prints.
        """
        return {
            "schema": SCHEMA,
            "cards": [card.content for card in self.cards],
            "pairs": [
                {"first": a.name, "second": b.name, "differences": [one.to_dict() for one in self.differences(a, b)]}
                for a, b in combinations(self.cards, 2)
            ],
            "shipped": [card.name for card in self.cards if card.shipped],
            "verdict": self.verdict(),
        }


def compare(
    *sources: Source | Card,
    up_to: str | None = None,
    options: ClimbOptions | None = None,
    on_progress: Callable[[str], object] = lambda _: None,
) -> Comparison:
    """Put datasets side by side.

    Parameters
    ----------
    *sources : Card, path of a card (``.json``), or whatever `load` takes
        Two or more. A card needs no images. A name of the catalog stands for the card that comes with the package, see
        `shipped_cards`, unless the options are others than that was made with.
    up_to : str, optional
        The highest rung to climb, for those that are no cards; cards that come with the package are cut there.
    options : ClimbOptions, optional
        Time, seed, border, cache.
    on_progress : callable
        Called with what is being done.

    Returns
    -------
    Comparison

    Raises
    ------
    OptionError
        If there are fewer than two.
    TooeasyError
        As `climb` does.

    Examples
    --------
    >>> result = compare("mnist", "fashion-mnist", up_to="one-pixel", options=ClimbOptions(cache=False))
    >>> result.differences(*result.cards)[0].answer
    'harder'
    """
    if len(sources) < 2:
        raise OptionError(f"comparing takes two datasets or more; found {len(sources)}")
    # All sources are found before any is climbed: what is missing is told at once.
    found = [card_or_dataset(source, up_to=up_to, options=options) for source in sources]
    cards = [
        one
        if isinstance(one, Card)
        else make_card(one, up_to=up_to, options=options, on_progress=partial(_tell, on_progress, one.name))
        for one in found
    ]
    return Comparison(tuple(cards))


def _tell(on_progress: Callable[[str], object], name: str, rung: str, words: str) -> None:
    on_progress(f"{name}, {rung}: {words}")


def _pixel_difference(first: Card, second: Card) -> Difference:
    """Mean accuracy over all pairs; the interval is as wide as if an image were right or wrong in all its pairs."""
    values, errors = [], []
    for card in (first, second):
        mean = card.content["pixels"]["summary"]["mean_test_accuracy"]
        values.append(np.nan if mean is None else float(mean))
        errors.append(_squared_error(values[-1], card.content["dataset"]["n_test"]))
    return _difference(PIXEL, "accuracy", values, errors)


def _rung_difference(
    name: str, first: tuple[Card, dict[str, Any]], second: tuple[Card, dict[str, Any]], *, same: bool
) -> Difference | None:
    """Compare accuracies of datasets with as many classes, and fractions of the entropy of others."""
    if same:
        rates = [rung["test_accuracy"] for _, rung in (first, second)]
        errors = [_squared_error(rung["test_accuracy"], rung["n_test"]) for _, rung in (first, second)]
        return _difference(name, "accuracy", rates, errors)
    if any(rung[key] is None for _, rung in (first, second) for key in ("usable_bits", "usable_bits_error")):
        return None
    entropies = [card.content["ladder"]["entropy_bits"] for card, _ in (first, second)]
    pairs = list(zip((first[1], second[1]), entropies, strict=True))
    rates = [rung["usable_bits"] / entropy for rung, entropy in pairs]
    errors = [(rung["usable_bits_error"] / entropy) ** 2 for rung, entropy in pairs]
    return _difference(name, "bits", rates, errors)


def _squared_error(rate: float, n: int) -> float:
    """Variance of a rate, with two successes and two failures added (Agresti and Caffo, 2000)."""
    shrunk = (rate * n + 1) / (n + 2)
    return shrunk * (1 - shrunk) / (n + 2)


def _difference(
    what: str, measure: Literal["accuracy", "bits"], values: Sequence[float], errors: Sequence[float]
) -> Difference:
    half = _Z * float(np.sqrt(sum(errors)))
    gap = values[0] - values[1]
    return Difference(what, measure, values[0], values[1], (gap - half, gap + half))


def _words(first: Card, second: Card, differences: Sequence[Difference]) -> str:
    if not differences:
        return f"{first.name} and {second.name} have no rung in common"
    parts = []
    for answer, group in groupby(differences, key=lambda difference: difference.answer):
        names = [difference.what for difference in group]
        span = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}" if len(names) == 2 else ""
        parts.append(f"{answer} for {span or f'{names[0]} to {names[-1]}'}")
    return f"{first.name}, beside {second.name}, is {'; '.join(parts)}"
