"""What the shell offers for a word that is half typed. It is asked at every key: nothing heavy is loaded for it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterable
from importlib.resources import files
from pathlib import Path

from tooeasy.schemas import names

RUNGS = (
    "nothing",
    "metadata",
    "brightness",
    "border",
    "one-pixel",
    "2-pixels",
    "4-pixels",
    "8-pixels",
    "16-pixels",
    "32-pixels",
    "64-pixels",
    "mean-template",
    "least-squares",
    "softmax",
    "naive-bayes",
    "knn",
    "forest",
    "boosting",
    "svm",
    "mlp",
    "cnn",
)
KINDS = (
    "means",
    "centred-means",
    "nearest-mean",
    "difference",
    "least-squares",
    "lda",
    "lasso",
    "softmax",
    "sgd",
)
_PLAIN = re.compile(r"[\w.+-]+", re.ASCII)  # names that no shell takes for anything else
MEASURES = ("F1", "F1v", "F2", "F3", "L1", "L2", "N1", "N3", "C1", "C2", "CSG")


def one_of(known: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Offer the names that start with what is typed."""
    return lambda incomplete: [name for name in known() if name.startswith(incomplete)]


def some_of(known: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Offer names for the last of a list with commas."""

    def offer(incomplete: str) -> list[str]:
        before, comma, last = incomplete.rpartition(",")
        given = before.split(",")
        return [f"{before}{comma}{name}" for name in known() if name.startswith(last) and name not in given]

    return offer


def catalog_names() -> list[str]:
    """Names of the catalog, from its files."""
    entries = (files("tooeasy") / "data" / "known" / "entries").iterdir()
    tables = [tomllib.loads(entry.read_text("utf-8")) for entry in entries if entry.name.endswith(".toml")]
    return sorted(name for table in tables for name in table if name != "defaults")


def names_given() -> list[str]:
    """Names that the user gave, from the file that has them; none where it cannot be read."""
    import platformdirs

    folder = os.environ.get("TOOEASY_CONFIG") or platformdirs.user_config_path("tooeasy")
    try:
        names = json.loads((Path(folder) / "datasets.json").read_text("utf-8"))["datasets"]
        return sorted(name for name in names if _PLAIN.fullmatch(name))
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _families() -> list[str]:
    return list(tomllib.loads((files("tooeasy") / "baselines" / "settings.toml").read_text("utf-8")))


# Of files nothing is offered, so that the shell completes them, who knows how to quote: zsh would run what stands in
# the name of a file that another program offers.
sources = one_of(lambda: [*catalog_names(), *names_given()])
known_names = one_of(catalog_names)
own_names = one_of(names_given)
rungs = one_of(lambda: [*RUNGS, "k-pixels"])
several_rungs = some_of(lambda: [*RUNGS, "k-pixels"])
kinds = one_of(lambda: KINDS)
measures = some_of(lambda: MEASURES)
families = some_of(_families)
schemas = one_of(names)
