"""The sketch of a split, part by part: here or on a cluster, with a checkpoint or without. The bits are the same."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tooeasy.data.checkpoint import SAVE_SECONDS, Checkpoint, open_checkpoint
from tooeasy.data.parts import PART_BYTES, Fingerprints, Range, add_part, describe, plan_parts
from tooeasy.data.split import ImageSplit, Split
from tooeasy.errors import OptionError
from tooeasy.logs import timed
from tooeasy.sketch import Normalize, Sketch

if TYPE_CHECKING:
    from distributed import Client


_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartDone:
    """How far a sketch has come.

    Attributes
    ----------
    parts, of : int
        Parts that are done, and all; those that a checkpoint had included.
    images, of_images : int
        The same in images.

    Examples
    --------
    >>> import tooeasy
    >>> told = []
    >>> split = tooeasy.load("digits").train
    >>> sketch = tooeasy.sketch_split(split, on_part=told.append)
    >>> told[-1]
    PartDone(parts=1, of=1, images=1797, of_images=1797)
    """

    parts: int
    of: int
    images: int
    of_images: int


OnPart = Callable[[PartDone], object]
Done = tuple[Mapping[Range, str], Mapping[int, str]]  # parts with their fingerprints; rows left out, and why


def sketch_split(
    split: Split,
    *,
    normalize: Normalize = "none",
    levels: int | None = None,
    moments: bool = False,
    checkpoint: str | Path | None = None,
    scheduler: str | Client | None = None,
    on_part: OnPart | None = None,
    part_bytes: int = PART_BYTES,
    save_seconds: float = SAVE_SECONDS,
) -> Sketch:
    """Sketch a split part by part, on this machine or on others.

    Parameters
    ----------
    split : Split
        Of a `Dataset`.
    normalize : {"none", "l2"}, default "none"
        As `Split.sketch` takes it.
    levels : int, optional
        As `Split.sketch` takes it.
    moments : bool, default False
        As `Split.sketch` takes it.
    checkpoint : str or Path, optional
        Folder in which sums so far are kept. The same call goes on with them, however the run before ended. A finished
        checkpoint stays: the same call then reads the sketch from it; remove the folder once the sketch is saved.
    scheduler : str or distributed.Client, optional
        Where to do the work: ``"local"`` or ``"local:4"`` for processes on this machine, the address of a Dask
        scheduler, or a client of one. By default here, in threads. Workers read the images by themselves, and must see
        them under the same name; images that only this process has are sent to them.
    on_part : callable, optional
        Called with a `PartDone` whenever a part is done.
    part_bytes : int, default 64 MiB
        About so many bytes of pixels are a part.
    save_seconds : float, default 30
        Time between two savings of the checkpoint, at least.

    Returns
    -------
    Sketch
        Bit-identical to ``split.sketch``, whatever the parts, and whoever counted them.

    Raises
    ------
    SourceError
        If an image cannot be read and the split was loaded with ``strict``, or no image of a class can be read. Other
        images that cannot be read are left out, and ``split.remarks()`` names them. Also if the checkpoint is damaged,
        or of other settings or images.
    OutputError
        If no checkpoint can be kept there.
    ClusterError
        If the scheduler or workers are lost, or workers see other images or have another version of tooeasy.
    MissingExtraError
        If a scheduler is given, and Dask is not installed.

    Examples
    --------
    >>> import tooeasy
    >>> split = tooeasy.load("digits").train
    >>> tooeasy.sketch_split(split, part_bytes=2**14) == split.sketch()
    True
    """
    if part_bytes < 1:
        raise OptionError(f"part_bytes is a number of at least 1; found {part_bytes}")
    if not isinstance(split, ImageSplit):  # it is a sketch already, or has one
        return split.sketch(normalize=normalize, levels=levels, moments=moments)
    quantization = split.quantization(normalize, levels)
    total = Sketch(split.shape, split.classes, quantization, moments=moments, provenance=[split.origin])
    work = Work(split, plan_parts(split, part_bytes), total, on_part)
    with timed(_LOGGER, "%s is sketched in %d parts: %d images", split.origin, len(work.plan), len(split)):
        if checkpoint is None:
            work.run(scheduler)
        else:
            with open_checkpoint(checkpoint, _settings(split, total, part_bytes), save_seconds) as kept:
                work.run(scheduler, kept)
    split.unread.update(work.unread)
    split.check_read(work.total)
    return work.total


class Work:
    """Parts to do, and the sums of those that are done."""

    def __init__(self, split: ImageSplit, plan: Sequence[Range], total: Sketch, on_part: OnPart | None) -> None:
        self.split, self.plan, self.total = split, plan, total
        self.unread: dict[int, str] = {}
        self._on_part = on_part
        self._parts = self._images = 0

    @property
    def strict(self) -> bool:
        """Whether an image that cannot be read ends the run. Those in memory can be."""
        return self.split.recipe is None or self.split.recipe.options.strict

    def run(self, scheduler: str | Client | None, kept: Checkpoint | None = None) -> None:
        """Do all parts that are not done yet."""
        fingerprint: Callable[[Range], str] = Fingerprints(self.split).of if kept else lambda _: ""
        todo = self.plan
        if kept:
            sums, done, self.unread = kept.resume(fingerprint)
            self.total = sums or self.total
            todo = [part for part in self.plan if part not in done]
            self.tell(*done)
        if not todo:
            return
        with closing(self._start(todo, fingerprint, scheduler, several=kept is not None)) as runner:
            for parts, unread in runner:
                self.unread.update(unread)
                if kept:
                    kept.add(parts, unread)
                    if kept.is_due:
                        kept.save(self.total)
        if kept:
            kept.save(self.total)

    def tell(self, *parts: Range) -> None:
        """Say that parts are done."""
        for start, stop in parts:
            self._parts += 1
            self._images += stop - start
            if self._on_part is not None:
                self._on_part(PartDone(self._parts, len(self.plan), self._images, len(self.split.index)))

    def _start(
        self,
        todo: Sequence[Range],
        fingerprint: Callable[[Range], str],
        scheduler: str | Client | None,
        *,
        several: bool,
    ) -> Generator[Done, None, None]:
        if scheduler is None:
            return self._run_here(todo, fingerprint)
        from tooeasy.data.counting import run_on_cluster

        return run_on_cluster(self, todo, fingerprint, scheduler, several=several)

    def _run_here(self, todo: Sequence[Range], fingerprint: Callable[[Range], str]) -> Generator[Done, None, None]:
        for part in todo:
            before = fingerprint(part)  # what changes while it is read, shows when the run goes on
            unread = add_part(self.total, self.split, part, strict=self.strict)
            self.tell(part)
            yield {part: before}, unread


def _settings(split: ImageSplit, sketch: Sketch, part_bytes: int) -> dict[str, Any]:
    """What two runs must have in common for the one to go on with the sums of the other."""
    return {
        "source": describe(split.recipe) if split.recipe else "memory",
        "options": asdict(split.recipe.options) if split.recipe else {},
        "split": split.origin,
        "images": len(split.index),
        "image_shape": split.shape,
        "classes": hashlib.sha256(json.dumps(split.classes).encode()).hexdigest(),
        "levels": sketch.levels,
        "source_levels": split.levels,
        "normalize": sketch.quantization.normalize,
        "moments": sketch.gram is not None,
        "part_bytes": part_bytes,
        "versions": {name: version(name) for name in ("tooeasy", "pillow")},  # they decide what pixels are
    }
