"""Cards that come with the package: known datasets to compare with, without their images.

``scripts/make_cards.py`` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files
from typing import Any

import numpy as np

from tooeasy.data import Dataset, Source, load
from tooeasy.data.options import LoadOptions
from tooeasy.errors import NotAtHandError
from tooeasy.ladder.card import Card, described, is_card_file
from tooeasy.ladder.climbing import ClimbOptions
from tooeasy.ladder.result import Ladder, RungScore
from tooeasy.ladder.rungs import all_rungs, choose
from tooeasy.scores import Score

_ONLY = "is of another seed, budget or size: make a card of your own data with these, and compare that without them"


def shipped_cards() -> tuple[str, ...]:
    """Names of the datasets whose cards come with the package.

    Examples
    --------
    >>> shipped_cards()
    ('cifar-10', 'digits', 'fashion-mnist', 'mnist')
    """
    return tuple(sorted(path.name.removesuffix(".json") for path in (files("tooeasy.ladder") / "cards").iterdir()))


def shipped_card(name: str) -> Card | None:
    """Return the card of a dataset of the catalog that comes with the package; None where none does.

    Examples
    --------
    >>> shipped_card("mnist").rungs["svm"]["test_accuracy"] > 0.97
    True
    """
    if name not in shipped_cards():
        return None
    text = (files("tooeasy.ladder") / "cards" / f"{name}.json").read_text("utf-8")
    return Card(json.loads(text), shipped=True)


def card_or_dataset(
    source: Source | Card, *, up_to: str | None = None, options: ClimbOptions | None = None, **reading: Any
) -> Card | Dataset:
    """Find the card that a source is or has, else load the dataset, of which one can be made.

    Parameters
    ----------
    source : Card, path of a card (``.json``), or whatever `load` takes
        A name of the catalog stands for the card that comes with the package, if that was made with these options.
    up_to : str, optional
        The highest rung that is wanted: the others are cut from a card that comes with the package.
    options : ClimbOptions, optional
        How the dataset would be climbed.
    **reading
        As `load` takes them.

    Raises
    ------
    TooeasyError
        As `load` and `Card.load` do; OptionError if the rung is not known.
    """
    if isinstance(source, Card):
        return source
    if is_card_file(source):
        return Card.load(source)
    known = shipped_card(source) if isinstance(source, str) else None
    card = known if LoadOptions(**reading).keeps_images else None
    if card is None or card.content["options"] != described(options or ClimbOptions(), None):
        try:
            return load(source, **reading)
        except NotAtHandError as error:
            if known is None:
                raise
            raise NotAtHandError(f"{error}. Its card comes with tooeasy, but {_ONLY}") from error
    return card if up_to is None else _cut(card, up_to)


def _cut(card: Card, up_to: str) -> Card:
    """Leave out the rungs above one, and say anew what is best."""
    wanted = {rung.name for rung in choose(all_rungs(), up_to, None)}
    told = card.content["ladder"]
    rungs = [rung for rung in told["rungs"] if rung["rung"] in wanted]
    return replace(card, content={**card.content, "ladder": {**told, "rungs": rungs, "verdict": _verdict(card, rungs)}})


def _verdict(card: Card, rungs: Sequence[dict[str, Any]]) -> list[str]:
    facts, told = card.content["dataset"], card.content["ladder"]
    return Ladder(
        card.name,
        tuple(card.classes),
        facts["held_out"],
        told["entropy_bits"],
        tuple(map(_score, rungs)),
        card.published,
        card.content["options"]["seed"],
        "",
        facts["checksum"],
    ).verdict()


def _score(rung: dict[str, Any]) -> RungScore:
    return RungScore(
        rung=rung["rung"],
        looks_at=rung["looks_at"],
        pixels=rung["pixels"],
        images=rung["images"],
        of=rung["of"],
        score=None if rung["confusion"] is None else Score(np.array(rung["confusion"], np.int64)),
        bits=rung["usable_bits"],
        bits_error=rung["usable_bits_error"],
        fit_seconds=0.0,  # a card has no timings
        predict_seconds=0.0,
        why=rung["why"] or "",
    )
