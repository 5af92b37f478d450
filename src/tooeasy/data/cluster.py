"""Dask clusters: a connection, what is done there as it is done, and errors in words of ours."""

from __future__ import annotations

import logging
import queue
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tooeasy.errors import ClusterError, OptionError, TooeasyError
from tooeasy.optional import require
from tooeasy.text import printable
from tooeasy.threads import available_cores

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 15.0
PATIENCE_SECONDS = 120.0  # without a worker, or with none that goes on
_LOOK_SECONDS = 2.0  # between two looks at the workers while nothing is done
_MORE_MEMORY = "give each more memory (or fewer threads), or count fewer levels, smaller images, or without moments"


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


def threads_of(client: Client) -> int:
    """Threads of all workers that there are, at least 1."""
    threads: int = sum(worker.get("nthreads", 1) for worker in _workers(client).values())
    return max(1, threads)


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
