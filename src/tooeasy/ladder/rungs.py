"""All rungs in their order, and which of them to climb."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tooeasy.errors import OptionError
from tooeasy.ladder.classical import classical
from tooeasy.ladder.cnn import Cnn
from tooeasy.ladder.linear import templates
from tooeasy.ladder.low import Border, Brightness, Metadata, Nothing
from tooeasy.ladder.one_pixel import OnePixel, few_pixels
from tooeasy.ladder.rung import Rung


def all_rungs(*, border: int = 2, full: bool = False) -> list[Rung]:
    """From the rung that looks at nothing to the CNN."""
    return [
        Nothing(),
        Metadata(),
        Brightness(),
        Border(border),
        OnePixel(),
        *few_pixels(),
        *templates(),
        *classical(),
        Cnn(full=full),
    ]


def in_order(names: Iterable[str]) -> list[str]:
    """Names of rungs, each once, from the lowest to the highest; those of one's own come last, as they came.

    Examples
    --------
    >>> in_order(["softmax", "own", "nothing", "softmax"])
    ['nothing', 'softmax', 'own']
    """
    places = {rung.name: place for place, rung in enumerate(all_rungs())}
    return sorted(dict.fromkeys(names), key=lambda name: places.get(name, len(places)))


def choose(rungs: Sequence[Rung], up_to: str | None, only: Sequence[str] | None) -> list[Rung]:
    """Take some rungs, in their order.

    Raises
    ------
    OptionError
        If one is not known, two have the same name, or both ways of choosing are used.
    """
    names = [rung.name for rung in rungs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise OptionError(f"two rungs are called {twice!r}; give one of them another name")
    if up_to is not None and only is not None:
        raise OptionError("give the highest rung (up_to) or a list of rungs (only), not both")
    few = [name for name in names if name.endswith("-pixels")]
    wanted = [name for given in only or () for name in (few if given == "k-pixels" else [given])]
    top = few[-1] if up_to == "k-pixels" else up_to
    for name in [*wanted, *([top] if top else [])]:
        if name not in names:
            raise OptionError(f"there is no rung {name!r}; they are {', '.join(names)}")
    if only is not None:
        return [rung for rung in rungs if rung.name in wanted]
    return list(rungs[: names.index(top) + 1] if top else rungs)
