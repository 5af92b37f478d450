"""What is kept of a sketch while it is made, so that a run that was killed goes on: sums so far, and of which parts.

::

    checkpoint.json         settings, the parts that are done with their fingerprints, the name and checksum of the sums
    sums-<number>.sketch    the sketch of these parts

Both are written whole or not at all, the sums first; the JSON names the sums that belong to it. No pickle.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tooeasy.data.parts import Range
from tooeasy.errors import OutputError, SourceError
from tooeasy.files import TEMPORARY, write_whole
from tooeasy.sketch import Sketch
from tooeasy.sketch.file import from_bytes, to_bytes
from tooeasy.text import printable

SAVE_SECONDS = 30.0  # of work between two savings, at least
_SHARE = 10  # work between two savings takes so many times as long as saving did, at least
_FORMAT = 1
_JSON, _LOCK = "checkpoint.json", ".lock"


class Checkpoint:
    """A checkpoint in a folder; `open_checkpoint` makes one.

    Parameters
    ----------
    folder : Path
    settings : mapping
        What the run is of; one of other settings does not go on with it. JSON's types.
    seconds : float
        Between two savings, at least.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], seconds: float = SAVE_SECONDS) -> None:
        self._folder, self._settings, self._seconds = folder, dict(settings), seconds
        self._done: dict[Range, str] = {}
        self._unread: dict[int, str] = {}
        self._number, self._saved, self._took = 0, time.monotonic(), 0.0

    def resume(self, fingerprint: Callable[[Range], str]) -> tuple[Sketch | None, set[Range], dict[int, str]]:
        """Read what an earlier run has left.

        Parameters
        ----------
        fingerprint : callable
            Of a part as it is now.

        Returns
        -------
        sketch : Sketch or None
            Sums so far; None where there are none.
        done : set of (start, stop)
            The parts that they are of.
        unread : dict of int to str
            Rows among these that were left out, and why.

        Raises
        ------
        SourceError
            If it is damaged, of other settings, or of parts that have changed since.
        """
        path = self._folder / _JSON
        if not path.exists():
            return None, set(), {}
        found, sketch = self._read(path)
        self._check_settings(found["settings"])
        done = {(int(start), int(stop)): str(of) for start, stop, of in found["done"]}
        for part, of in done.items():
            if fingerprint(part) != of:
                raise SourceError(
                    f"images {part[0]} to {part[1] - 1} of {self._settings['split']} have changed, or are gone, since "
                    f"they were counted in the checkpoint {self._shown}: {_ANEW}"
                )
        self._done, self._number = done, int(found["number"])
        self._unread = {int(row): str(why) for row, why in found["unread"].items()}
        self._remove_others()
        return sketch, set(done), dict(self._unread)

    def add(self, parts: Mapping[Range, str], unread: Mapping[int, str]) -> None:
        """Note parts that are done, with their fingerprints, and rows of them that were left out."""
        self._done.update(parts)
        self._unread.update(unread)

    @property
    def is_due(self) -> bool:
        """Whether so much was done since the last saving that it is worth another."""
        return time.monotonic() - self._saved >= max(self._seconds, _SHARE * self._took)

    def save(self, sketch: Sketch) -> None:
        """Save the sums of all parts that were noted."""
        begun = time.monotonic()
        self._number += 1
        data, sums = to_bytes(sketch), f"sums-{self._number}.sketch"
        with write_whole(self._folder / sums) as temporary:
            temporary.write_bytes(data)
        content = {
            "format": _FORMAT,
            "settings": self._settings,
            "number": self._number,
            "sums": sums,
            "sha256": hashlib.sha256(data).hexdigest(),
            "done": [[*part, of] for part, of in sorted(self._done.items())],
            "unread": {str(row): why for row, why in sorted(self._unread.items())},
        }
        with write_whole(self._folder / _JSON) as temporary:
            temporary.write_text(json.dumps({**content, "digest": _digest(content)}), "utf-8")
        self._remove_others()
        self._saved = time.monotonic()
        self._took = self._saved - begun

    def _read(self, path: Path) -> tuple[dict[str, Any], Sketch]:
        try:
            found = json.loads(path.read_text("utf-8"))
            if found.pop("digest") != _digest(found):
                raise ValueError("its checksum does not fit")
            if found["format"] != _FORMAT:
                raise ValueError(f"it has the format {found['format']}, this tooeasy reads {_FORMAT}")
            data = (self._folder / Path(found["sums"]).name).read_bytes()
            if hashlib.sha256(data).hexdigest() != found["sha256"]:
                raise ValueError("its sums are other ones")
            return found, from_bytes(data, found["sums"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = getattr(error, "strerror", None) or error
            raise SourceError(f"the checkpoint {self._shown} is damaged ({printable(str(why))}): {_ANEW}") from error

    def _check_settings(self, found: Mapping[str, Any]) -> None:
        for name in sorted({*found, *self._settings}):
            was, is_now = found.get(name), json.loads(json.dumps(self._settings.get(name)))
            if was != is_now:
                raise SourceError(
                    f"the checkpoint {self._shown} is of another run: {name} was {_short(was)}, and is "
                    f"{_short(is_now)}: {_ANEW}"
                )

    def _remove_others(self) -> None:
        """Remove what killed runs have left."""
        for path in list(self._folder.iterdir()):
            sums = path.match("sums-*.sketch") and path.name != f"sums-{self._number}.sketch"
            if sums or path.name.startswith(TEMPORARY):
                path.unlink(missing_ok=True)

    @property
    def _shown(self) -> str:
        return printable(str(self._folder))


_ANEW = "remove it to start anew, or give another folder"


@contextmanager
def open_checkpoint(folder: str | Path, settings: Mapping[str, Any], seconds: float) -> Iterator[Checkpoint]:
    """Open a checkpoint, which may not be there yet, for one run at a time.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to, has other files, or another run uses it.
    """
    from filelock import FileLock, Timeout

    folder = Path(folder)
    is_new = not folder.exists()
    try:
        folder.mkdir(exist_ok=True)
        others = [path.name for path in folder.iterdir() if not _is_ours(path)]
    except OSError as error:
        raise OutputError(f"no checkpoint can be kept in {folder}: {error.strerror}; give another folder") from error
    if others:
        raise OutputError(
            f"no checkpoint can be kept in {folder}, which has other files ({printable(sorted(others)[0])}): "
            "give an empty or a new folder"
        )
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"another run uses the checkpoint {folder}: wait for it, or give another folder") from error
    except OSError as error:
        raise OutputError(f"no checkpoint can be kept in {folder}: {error.strerror}; give another folder") from error
    try:
        yield Checkpoint(folder, settings, seconds)
    finally:
        lock.release()
        if is_new and not (folder / _JSON).exists():  # nothing came of it
            remove_checkpoint(folder)


def remove_checkpoint(folder: str | Path) -> None:
    """Remove a checkpoint, and its folder if nothing else is in it. The sketch must be in safety then.

    Parameters
    ----------
    folder : str or Path
        As it was given to `sketch_split`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name != _JSON):  # it goes first: the rest is then void
        if _is_ours(path):
            path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _is_ours(path: Path) -> bool:
    return path.name in (_JSON, _LOCK) or path.match("sums-*.sketch") or path.name.startswith(TEMPORARY)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _short(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= 60 else text[:57] + "..."
