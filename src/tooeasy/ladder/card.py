"""A dataset's results as a small JSON file that can be shipped and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeGuard

from tooeasy.data import Dataset, Source, load
from tooeasy.data.formats.croissant import find
from tooeasy.errors import SourceError, SourceNotFoundError
from tooeasy.files import write_whole
from tooeasy.ladder.card_schema import fault_of
from tooeasy.ladder.climbing import ClimbOptions, climb
from tooeasy.ladder.published import PublishedScore
from tooeasy.ladder.result import Ladder
from tooeasy.pixels import PixelStudy, study_pixels
from tooeasy.text import printable

SCHEMA = "tooeasy/card/1"
MOST_BYTES = 2**24  # of a card: a larger file is no card
PAIRS = 20  # of the hardest and of the easiest pairs that a card keeps


@dataclass(frozen=True, eq=False)
class Card:
    """What tooeasy found of a dataset.

    Attributes
    ----------
    content : dict
        Plain values, as the schema ``tooeasy/card/1`` describes them: docs/ladder.md.
    shipped : bool
        Whether it came with the package.

    Examples
    --------
    >>> import tooeasy
    >>> card = tooeasy.compare("mnist", "digits").cards[0]
    >>> card.name, card.shipped, list(card.rungs)[:3]
    ('mnist', True, ['nothing', 'brightness', 'border'])
    """

    content: dict[str, Any]
    shipped: bool = False

    def __repr__(self) -> str:
        return f"Card({self.name}: {len(self.rungs)} rung{'s' if len(self.rungs) != 1 else ''})"

    @property
    def name(self) -> str:
        """Name of the dataset."""
        return str(self.content["dataset"]["name"])

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return list(self.content["dataset"]["classes"])

    @property
    def rungs(self) -> dict[str, dict[str, Any]]:
        """Rungs that have a score, by name, from the lowest to the highest."""
        return {rung["rung"]: rung for rung in self.content["ladder"]["rungs"] if rung["test_accuracy"] is not None}

    @property
    def published(self) -> tuple[PublishedScore, ...]:
        """What people and records are said to reach."""
        names = ("kind", "accuracy", "what", "source")
        return tuple(PublishedScore(*(known[name] for name in names)) for known in self.content["ladder"]["published"])

    @property
    def audit(self) -> dict[str, Any] | None:
        """What an audit found, as ``Audit.to_dict`` says it; None if there was none."""
        found: dict[str, Any] | None = self.content.get("audit")
        return found

    def with_audit(self, audit: dict[str, Any]) -> Card:
        """Return the same card with what an audit found.

        Parameters
        ----------
        audit : dict
            As ``Audit.to_dict`` returns it, under the schema ``tooeasy/audit/1``.

        Returns
        -------
        Card

        Raises
        ------
        SourceError
            If it does not follow that schema.
        """
        return Card(_checked({**self.content, "audit": audit}, self.name))

    def to_json(self) -> str:
        """Return the card as JSON.

        Returns
        -------
        str
            The same results give the same text.
        """
        return json.dumps(self.content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the card as JSON, whole or not at all.

        Parameters
        ----------
        path : str or Path
            The file; a file of this name is replaced.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        with write_whole(path) as temporary:
            temporary.write_text(self.to_json(), "utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Card:
        """Read a card.

        Parameters
        ----------
        path : str or Path
            The file.

        Returns
        -------
        Card

        Raises
        ------
        SourceNotFoundError
            If there is no such file.
        SourceError
            If it is not a card, or one of a newer format.
        """
        path = Path(path)
        if not path.is_file():
            raise SourceNotFoundError(f"{path}: no such card")
        if path.stat().st_size > MOST_BYTES:
            raise SourceError(f"{path}: {path.stat().st_size:,} bytes are too many for a card")
        try:
            content = json.loads(path.read_text("utf-8"))
            json.dumps(content, ensure_ascii=False, allow_nan=False).encode()  # what could not be written again
        except (ValueError, RecursionError) as error:
            raise SourceError(f"{path}: not a card: {error}") from error
        return cls(_checked(content, str(path)))


def is_card_file(source: object) -> TypeGuard[str | Path]:
    """Whether a source is a file to be read as a card: it ends in .json, and does not hold a dataset's metadata."""
    return isinstance(source, (str, Path)) and str(source).endswith(".json") and find(Path(source)) is None


def make_card(
    source: Source,
    *,
    up_to: str | None = None,
    options: ClimbOptions | None = None,
    on_progress: Callable[[str, str], object] = lambda *_: None,
) -> Card:
    """Study a dataset and put what was found on a card: its facts, one pixel for each pair, and the ladder.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes.
    up_to : str, optional
        The highest rung to climb.
    options : ClimbOptions, optional
        Time, seed, border, cache.
    on_progress : callable
        Called with the name of a rung and what it is doing.

    Returns
    -------
    Card
        The same data, seed and versions give the same card on the same machine, bit for bit.

    Raises
    ------
    TooeasyError
        As `climb` does.

    Examples
    --------
    >>> import tooeasy
    >>> options = tooeasy.ClimbOptions(cache=False)
    >>> card = tooeasy.make_card("digits", up_to="border", options=options)
    >>> list(card.rungs)
    ['nothing', 'brightness', 'border']
    """
    options = options or ClimbOptions()
    data = load(source).with_hold_out(seed=options.seed)
    ladder = climb(data, up_to=up_to, options=options, on_progress=on_progress)
    return card_of(data, ladder, study_pixels(data, seed=options.seed), options, up_to)


def card_of(data: Dataset, ladder: Ladder, study: PixelStudy, options: ClimbOptions, up_to: str | None = None) -> Card:
    """Put what was found of a dataset on a card.

    Parameters
    ----------
    data : Dataset
    ladder : Ladder
        Of this dataset, climbed with the options up to this rung.
    study : PixelStudy
        Of this dataset.
    options : ClimbOptions
    up_to : str, optional

    Returns
    -------
    Card
    """
    kept = study.hardest_and_easiest(2 * PAIRS)
    names = ("test_accuracy", "test_interval", "train_accuracy", "row", "column", "channel")
    pairs = [
        {"a": pair.classes[0], "b": pair.classes[1], **{name: pair.to_dict()[name] for name in names}} for pair in kept
    ]
    results = ladder.to_dict(timings=False)
    content = {
        "schema": SCHEMA,
        "made_by": _made_by(ladder),
        "dataset": {
            "name": data.name,
            "classes": list(data.classes),
            "image_shape": list(data.shape),
            "n_train": len(data.train),
            "n_test": 0 if data.test is None else len(data.test),
            "held_out": data.held_out,
            "checksum": ladder.checksum,
            "images_per_class": data.train.images_per_class.tolist(),
        },
        "options": described(options, up_to),
        "pixels": {"summary": study.summary(), "pairs": pairs},
        "ladder": {key: results[key] for key in ("entropy_bits", "rungs", "published", "verdict", "notes")},
    }
    return Card(content)


def described(options: ClimbOptions, up_to: str | None) -> dict[str, Any]:
    """Say as a card does how it was made."""
    return {"seed": options.seed, "budget_seconds": options.budget, "border": options.border, "up_to": up_to}


def _made_by(ladder: Ladder) -> dict[str, str]:
    """Versions of the packages that results depend on."""
    packages = ["tooeasy", "scikit-learn", "numpy"]
    scored = {rung.rung for rung in ladder.rungs if rung.score is not None}
    if "cnn" in scored and find_spec("torch") is not None:  # it may have come from the cache
        packages.append("torch")
    return {package: version(package) for package in packages}


def _checked(content: Any, where: str) -> dict[str, Any]:
    """Check that a card follows the schema, and does not contradict itself."""
    if not isinstance(content, dict) or not str(content.get("schema", "")).startswith("tooeasy/card/"):
        raise SourceError(f"{where}: not a card: it has no schema tooeasy/card")
    if content["schema"] != SCHEMA:
        raise SourceError(f"{where}: a card of another version, {content['schema']}; this tooeasy reads {SCHEMA}")
    fault = fault_of(content) or _contradiction(content)
    if fault:
        raise SourceError(f"{where}: a damaged card: {printable(fault[:200])}")
    return content


def _contradiction(content: dict[str, Any]) -> str | None:
    """Say where parts of a card do not fit together, as far as its use depends on it."""
    classes = len(content["dataset"]["classes"])
    if any(pair[side] >= classes for pair in content["pixels"]["pairs"] for side in "ab"):
        return f"pairs has a class beyond the {classes}"
    for rung in content["ladder"]["rungs"]:
        if len({rung[key] is None for key in ("n_test", "test_accuracy", "test_interval")}) > 1:
            return f"{rung['rung']} has a part of a score"
    return None
