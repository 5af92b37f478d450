"""What arrays, columns and files are called: which hold images, which labels, and of which split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tooeasy.data.assemble import TEST_NAMES, TRAIN_NAMES
from tooeasy.errors import SourceError
from tooeasy.text import printable

# In the order of preference: scikit-learn's digits have both "images" and "data".
IMAGE_WORDS = ("images", "image", "imgs", "img", "pictures", "picture", "photo", "pixel_values", "pixels", "x", "data")
LABEL_WORDS = ("labels", "label", "y", "targets", "target", "class", "category", "fine_label", "fine_labels")
CLASS_WORDS = ("names", "classes", "class_names", "label_names", "target_names", "categories")
SPLIT_WORDS = (*TRAIN_NAMES, *TEST_NAMES)
_MOST_NAMED = 20

_SPLIT = "|".join(sorted(SPLIT_WORDS, key=len, reverse=True))
_SHARD = r"(?:[-_.]\d+(?:-of-\d+)?(?:-[0-9a-f]{6,})?)?"  # train-00000-of-00002, with a hash in older files of the hub
_SPLIT_FILE = re.compile(rf"(?:.*[-_. ])?(?P<split>{_SPLIT}){_SHARD}", re.IGNORECASE | re.DOTALL)


def split_of(stem: str) -> str | None:
    """Split that a file or folder is named after, such as ``mnist_train`` or ``test-00000-of-00002``; or None."""
    match = _SPLIT_FILE.fullmatch(stem)
    return match["split"].lower() if match else None


def split_and_word(name: str, words: Iterable[str]) -> tuple[str, str] | None:
    """Split and word of a name such as ``x_train``, ``train_images`` or ``labels`` (then the split is "")."""
    wanted = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    match = re.fullmatch(
        rf"(?P<a>{wanted})(?:[-_. ]?(?P<after>{_SPLIT}))?|(?P<before>{_SPLIT})[-_. ]?(?P<b>{wanted})",
        name,
        re.IGNORECASE,
    )
    if match is None:
        return None
    return (match["after"] or match["before"] or "").lower(), (match["a"] or match["b"]).lower()


def pick(names: Sequence[str], chosen: str | None, words: Sequence[str], *, origin: str, kind: str) -> str | None:
    """Choose the column of images or labels: the one asked for, else the first whose name is one of the words.

    Raises
    ------
    SourceError
        If the one asked for is not there.
    """
    if chosen is not None:
        if chosen not in names:
            raise SourceError(f"{origin} has no {kind} column {chosen!r}; it has {listed(names)}")
        return chosen
    by_word = {name.lower(): name for name in reversed(names)}
    return next((by_word[word] for word in words if word in by_word), None)


def listed(names: Sequence[str]) -> str:
    """Names for a message: one line, and not too many."""
    shown = ", ".join(printable(name) for name in names[:_MOST_NAMED]) or "none"
    return shown if len(names) <= _MOST_NAMED else f"{shown}, and {len(names) - _MOST_NAMED} more"
