"""Parts of a split on the workers of a Dask cluster: they read and count; sums are added up there, in a tree.

Dask pickles what it sends between the machines of the user's own cluster. Nothing of that is ever written to a file or
read from one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tooeasy.data.cluster import News, connect, lost, release, threads_of
from tooeasy.data.compiling import compiling_alone
from tooeasy.data.parts import Part, Range, add_part
from tooeasy.data.sent import Sent, handing_of
from tooeasy.data.split import Batch
from tooeasy.errors import ClusterError
from tooeasy.sketch import Quantization, Sketch
from tooeasy.threads import at_most

if TYPE_CHECKING:
    from distributed import Client, Future

    from tooeasy.data.driver import Done, Work

FAN_IN = 4  # sums that a worker adds up at once: it holds as many
_TASKS = 8  # a thread of the cluster gets, about: few sums travel, and none waits long for the last
_ROUNDS = 32  # sums that come back where a checkpoint is kept, at least, if there are so many parts


# -- on the workers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """What to make of each part."""

    quantization: Quantization
    moments: bool
    strict: bool
    versions: tuple[str, str]


@dataclass(frozen=True)
class Sum:
    """Sketch of some parts, and rows of them that were left out."""

    sketch: Sketch
    unread: dict[int, str]


def count_parts(job: Job, *parts: Part | Sent) -> Sum:
    """Sketch some parts, in one thread: Dask runs as many of these in a worker as it has threads."""
    if job.versions != versions():
        found, wanted = (" with Pillow ".join(versions) for versions in (versions(), job.versions))
        raise ClusterError(f"a worker has tooeasy {found}, the run tooeasy {wanted}: install the same on all")
    first, left_out = parts[0].open(), dict[int, str]()
    sketch = Sketch(first.shape, first.classes, job.quantization, moments=job.moments, provenance=[first.origin])
    with at_most(1), _one_blas_thread(moments=job.moments):
        for part in parts:
            split, sent = part.open(), isinstance(part, Sent)
            rows = (0, len(split.index)) if sent else (part.start, part.stop)
            unread = add_part(sketch, split, rows, strict=job.strict, updating=_compiling_alone)
            left_out |= {part.row(row): why for row, why in unread.items()}
    return Sum(sketch, left_out)


def add_sums(*sums: Sum) -> Sum:
    """Add up the sums of parts."""
    sketch = sums[0].sketch.copy()  # what Dask keeps must not change
    for other in sums[1:]:
        sketch.merge(other.sketch)
    return Sum(sketch, {row: why for one in sums for row, why in one.unread.items()})


def versions() -> tuple[str, str]:
    """Of what decides what pixels are."""
    return version("tooeasy"), version("pillow")


@contextmanager
def _one_blas_thread(*, moments: bool) -> Iterator[None]:
    if not moments:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def _compiling_alone(sketch: Sketch, batch: Batch) -> AbstractContextManager[object]:
    images, kind = batch.images, (sketch.pixels % 8, str(sketch.counts.dtype), sketch.quantization.normalize)
    return compiling_alone(*kind, images.flags.writeable, images.flags.c_contiguous)


# -- here --------------------------------------------------------------------------------------------------------------


def run_on_cluster(
    work: Work, todo: Sequence[Range], fingerprint: Callable[[Range], str], scheduler: str | Client, *, several: bool
) -> Generator[Done, None, None]:
    """Do parts on a cluster, adding to ``work.total``.

    Parameters
    ----------
    work : Work
    todo : sequence of (start, stop)
    fingerprint : callable
        Of a part.
    scheduler : str or distributed.Client
    several : bool
        Let sums come back every now and then, instead of one when all is done.

    Yields
    ------
    parts : dict of (start, stop) to str
        What has been added, and the fingerprints.
    unread : dict of int to str
    """
    with connect(scheduler) as client:
        run = _Run(client, work)
        try:
            yield from run.all(todo, fingerprint, several=several)
        finally:
            run.forget()


class _Run:
    """What of one run is on the cluster."""

    def __init__(self, client: Client, work: Work) -> None:
        self._client, self._work, self._name = client, work, f"tooeasy-{secrets.token_hex(4)}"
        self._job = Job(work.total.quantization, work.total.gram is not None, work.strict, versions())
        self._handing = handing_of(work.split, self._name)
        self._leaves: dict[str, tuple[Future, list[Range]]] = {}
        self._roots: dict[str, tuple[Future, dict[Range, str]]] = {}
        self._news = News(client)

    def all(
        self, todo: Sequence[Range], fingerprint: Callable[[Range], str], *, several: bool
    ) -> Generator[Done, None, None]:
        """Do all parts."""
        left, together = self._rounds(todo, several=several), self._together(todo)
        at_once = 2 if self._handing.most else len(left)
        while left or self._roots:
            while left and len(self._roots) < at_once:
                self._submit({part: fingerprint(part) for part in left.pop(0)}, together)
            future = self._news.next()
            if future.key in self._leaves:
                self._work.tell(*self._leaves.pop(future.key)[1])
                future.release()  # the sum of it and others is still wanted: the workers keep it for that alone
            elif future.key in self._roots:
                yield self._take(future)

    def forget(self) -> None:
        """Let the workers drop what is not done."""
        release(*(future for future, _ in (*self._leaves.values(), *self._roots.values())))
        self._leaves.clear()
        self._roots.clear()

    def _rounds(self, todo: Sequence[Range], *, several: bool) -> list[list[Range]]:
        size = max(1, len(todo) // _ROUNDS) if several else len(todo)
        size = min(size, self._handing.most or size)
        return [list(todo[start : start + size]) for start in range(0, len(todo), size)]

    def _together(self, todo: Sequence[Range]) -> int:
        """How many parts a task does."""
        return 1 if self._handing.large else max(1, len(todo) // (_TASKS * threads_of(self._client)))

    def _submit(self, parts: dict[Range, str], together: int) -> None:
        if self._client.status != "running":
            raise lost(self._client)
        todo = list(parts)
        for start in range(0, len(todo), together):
            some = todo[start : start + together]
            future = self._call(count_parts, self._job, *map(self._handing.of, some), level=0, number=some[0][0])
            self._leaves[future.key] = future, some
        leaves = [future for future, some in self._leaves.values() if some[0] in parts]
        sums, level = leaves, 1
        while len(sums) > 1 or level == 1:
            # Adding up goes before reading on: else all sums would lie about until all parts are read.
            sums = [
                self._call(add_sums, *sums[start : start + FAN_IN], level=level, number=todo[0][0] + start)
                for start in range(0, len(sums), FAN_IN)
            ]
            level += 1
        self._roots[sums[0].key] = sums[0], parts
        for future in (*leaves, sums[0]):
            self._news.watch(future)

    def _call(self, function: Callable[..., Sum], *arguments: Any, level: int, number: int) -> Future:
        key = f"{function.__name__}-{self._name}-{level}-{number}"
        return self._client.submit(function, *arguments, key=key, priority=level, pure=False)

    def _take(self, future: Future) -> Done:
        parts = self._roots.pop(future.key)[1]
        found: Sum = self._news.result(future)
        self._work.total.merge(found.sketch)
        return parts, found.unread
