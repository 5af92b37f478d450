"""Parts of a split on the workers of a Dask cluster: they read and count; sums are added up there, in a tree.

Dask pickles what it sends between the machines of the user's own cluster. Nothing of that is ever written to a file or
read from one.
"""

from __future__ import annotations

import logging
import queue
import re
import secrets
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tooeasy.data.parts import Part, Range, add_part, identify
from tooeasy.data.places import cache_folder
from tooeasy.data.sent import Sent, name_part, send_part
from tooeasy.data.split import Batch
from tooeasy.errors import ClusterError, OptionError, TooeasyError
from tooeasy.optional import require
from tooeasy.sketch import Quantization, Sketch
from tooeasy.text import printable
from tooeasy.threads import at_most, available_cores

if TYPE_CHECKING:
    from distributed import Client, Future

    from tooeasy.data.driver import Done, Work

FAN_IN = 4  # sums that a worker adds up at once: it holds as many
CONNECT_SECONDS = 15.0
PATIENCE_SECONDS = 120.0  # without a worker, or with none that goes on
_LOOK_SECONDS = 2.0  # between two looks at the workers while nothing is done
_SENT_AT_ONCE = 64  # pieces of arrays
_NAMED_AT_ONCE = 256  # of lists of files
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
            unread = add_part(sketch, split, rows, strict=job.strict, updating=_first_alone)
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


_counted: set[tuple[object, ...]] = set()


def _first_alone(sketch: Sketch, batch: Batch) -> AbstractContextManager[object]:
    images, kind = batch.images, (sketch.pixels % 8, str(sketch.counts.dtype), sketch.quantization.normalize)
    return first_alone(*kind, images.flags.writeable, images.flags.c_contiguous)


def first_alone(*kind: object) -> AbstractContextManager[object]:
    """Let one process of a machine at a time compile kernels for a kind of arrays, or fetch them from Numba's cache.

    Numba replaces the files of its cache whole, but its index and the code it leads to one after the other: two
    processes that compile for different types at once could make it lead to the wrong one.
    """
    from filelock import FileLock

    if kind in _counted:
        return nullcontext()
    stack = ExitStack()  # true, which a context that does nothing is not
    with suppress(OSError):  # no folder to lock in: as it would be without
        cache_folder().mkdir(parents=True, exist_ok=True)
        stack.enter_context(FileLock(cache_folder() / ".kernels.lock", thread_local=False))
    stack.callback(_counted.add, kind)  # before the lock is left: other threads of this process wait at it, too
    return stack


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
        self._named = name_part(work.split, (0, 1)) is not None
        self._identity = "" if self._named or work.split.recipe is None else identify(work.split)
        self._leaves: dict[str, tuple[Future, list[Range]]] = {}
        self._roots: dict[str, tuple[Future, dict[Range, str]]] = {}
        self._news = News(client)

    def all(
        self, todo: Sequence[Range], fingerprint: Callable[[Range], str], *, several: bool
    ) -> Generator[Done, None, None]:
        """Do all parts."""
        left, together = self._rounds(todo, several=several), self._together(todo)
        at_once = 2 if self._named or self._work.split.recipe is None else len(left)
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
        if self._named:
            size = min(size, _NAMED_AT_ONCE)
        elif self._work.split.recipe is None:
            size = _SENT_AT_ONCE
        return [list(todo[start : start + size]) for start in range(0, len(todo), size)]

    def _together(self, todo: Sequence[Range]) -> int:
        """How many parts a task does: those of arrays are large to send."""
        if self._work.split.recipe is None and not self._named:
            return 1
        threads: int = sum(worker.get("nthreads", 1) for worker in _workers(self._client).values())
        return max(1, len(todo) // (_TASKS * max(1, threads)))

    def _submit(self, parts: dict[Range, str], together: int) -> None:
        if self._client.status != "running":
            raise lost(self._client)
        todo = list(parts)
        for start in range(0, len(todo), together):
            some = todo[start : start + together]
            future = self._call(count_parts, self._job, *map(self._part, some), level=0, number=some[0][0])
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

    def _part(self, part: Range) -> Part | Sent:
        split = self._work.split
        if self._named or split.recipe is None:
            return name_part(split, part) or send_part(split, part)
        return Part(split.recipe, *part, self._identity, self._name)

    def _take(self, future: Future) -> Done:
        parts = self._roots.pop(future.key)[1]
        found: Sum = self._news.result(future)
        self._work.total.merge(found.sketch)
        return parts, found.unread


class News:
    """Futures of a client as they are done, as long as there is hope."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._done: queue.SimpleQueue[Future] = queue.SimpleQueue()

    def watch(self, future: Future) -> None:
        """Have a future come when it is done."""
        future.add_done_callback(self._done.put)

    def next(self) -> Future:
        """Wait for the next.

        Raises
        ------
        TooeasyError
            If its task failed, the scheduler is lost, or no worker has gone on for long.
        """
        waiting = time.monotonic()
        while True:
            with suppress(queue.Empty):
                future = self._done.get(timeout=_LOOK_SECONDS)
                if future.status == "error":
                    raise as_ours(future.exception())
                if future.status == "cancelled":
                    raise lost(self._client)
                return future
            if self._client.status not in ("running", "connecting"):
                raise lost(self._client)
            if why := stuck(self._client):
                if time.monotonic() - waiting > PATIENCE_SECONDS:
                    raise ClusterError(why)
            else:
                waiting = time.monotonic()

    def result(self, future: Future) -> Any:
        """Fetch what a task made."""
        try:
            found = future.result(timeout=PATIENCE_SECONDS)
        except Exception as error:  # a task's, raised anew, or that of a connection
            raise as_ours(error) if future.status == "error" else lost(self._client) from error
        future.release()
        return found


_MORE_MEMORY = "give each more memory (or fewer threads), or count fewer levels, smaller images, or without moments"


# -- clusters ----------------------------------------------------------------------------------------------------------


@contextmanager
def connect(scheduler: str | Client) -> Iterator[Client]:
    """Connect to a cluster, or start one on this machine; a user's own client stays as it is.

    Raises
    ------
    OptionError
        If it is none of these.
    ClusterError
        If nobody answers.
    MissingExtraError
        If Dask is not installed.
    """
    distributed = require("distributed", extra="dask", why="sketching on several machines")
    if isinstance(scheduler, distributed.Client):
        if scheduler.status != "running":
            raise lost(scheduler)
        yield scheduler  # the user's: not ours to close
        return
    with ExitStack() as stack:
        stack.enter_context(_quiet())
        if match := re.fullmatch(r"local(?::(\d+))?", str(scheduler)):
            scheduler = stack.enter_context(_local_cluster(int(match[1] or available_cores())))
        elif not re.fullmatch(
            r"((tcp|tls|wss?|ucx)://)?[^\s:/]+:\d+/?|(tcp|tls)://\[[0-9a-f:.]+\]:\d+", str(scheduler)
        ):
            # Not left to Dask: what it makes of such a text hangs when it is thrown away.
            raise OptionError(f"a scheduler is local, local:N or an address as tcp://host:8786; found {scheduler!r}")
        yield stack.enter_context(_client(scheduler))


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Processes on this machine, of one thread each: what decodes images is one thread a process."""
    import distributed

    if workers < 1:
        raise OptionError("local:N is so many processes on this machine, at least 1; found local:0")
    with (
        tempfile.TemporaryDirectory(prefix="tooeasy-", ignore_cleanup_errors=True) as scratch,
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",  # any that is free, for this machine alone
            silence_logs=logging.CRITICAL,
            local_directory=scratch,
        ) as cluster,
    ):
        yield cluster


@contextmanager
def _client(scheduler: Any) -> Iterator[Client]:
    import distributed

    try:
        client = distributed.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        where = printable(str(scheduler))
        raise ClusterError(
            f"there is no Dask scheduler at {where}: start it, or give another address, or local for this machine"
        ) from error
    try:
        yield client
    finally:
        client.close(timeout=CONNECT_SECONDS)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log to itself while the cluster is ours: what matters of it comes as an error."""
    logger = logging.getLogger("distributed")
    names = ["distributed", *(name for name in logger.manager.loggerDict if name.startswith("distributed."))]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _workers(client: Client) -> dict[str, Any]:
    try:
        info = client.scheduler_info(n_workers=-1)
    except TypeError:  # before 2025, it told of all workers anyway
        info = client.scheduler_info()
    found: dict[str, Any] = info.get("workers", {})
    return found


def stuck(client: Client) -> str | None:
    """Why nothing can go on, if so."""
    workers = _workers(client)
    if not workers:
        return f"the scheduler {_address(client)} has no workers: start some"
    if all(worker.get("status") == "paused" for worker in workers.values()):
        return f"all workers have paused, as their memory is full: {_MORE_MEMORY}"
    return None


def _address(client: Client) -> str:
    return printable(str(getattr(client.scheduler, "address", "")))


def release(*futures: Future) -> None:
    """Want futures no more: what nobody wants is not done.

    Not by Dask's ``cancel``: where sums between the futures are wanted by no client, its scheduler fails at them, and
    drops the connection (seen with 2026.8).
    """
    for future in futures:
        future.release()


def lost(client: Client) -> ClusterError:
    """Error that says that nothing more is heard of the work."""
    where = _address(client)
    return ClusterError(
        f"the Dask scheduler{f' {where}' if where else ''} is lost, or dropped the work: start it, and run this again"
    )


def as_ours(error: BaseException | None) -> TooeasyError:
    """Error of a task as one of ours, in a line."""
    import distributed

    if isinstance(error, TooeasyError):
        return error
    if isinstance(error, (distributed.KilledWorker, MemoryError)):
        how = "ran out of memory" if isinstance(error, MemoryError) else "died again and again, most often of memory"
        return ClusterError(f"workers {how}: {_MORE_MEMORY}")
    if isinstance(error, ImportError):
        return ClusterError(f"a worker cannot import what it needs ({printable(str(error))}): install the same on all")
    why = printable(" ".join(f"{type(error).__name__}: {error}".split()))
    return ClusterError(f"a worker failed: {why[:300]}")
