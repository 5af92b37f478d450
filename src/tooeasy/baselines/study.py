"""The benchmark that Zalando published with Fashion-MNIST, on any dataset."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tooeasy.baselines.mapping import kernel_bytes, refusal
from tooeasy.baselines.pixels import Prepared, prepare
from tooeasy.baselines.processes import GIGABYTE, Processes
from tooeasy.baselines.published import published_of
from tooeasy.baselines.results import Benchmark, Run, SettingResult
from tooeasy.baselines.settings import Setting, settings_of
from tooeasy.baselines.store import Store, make_folder
from tooeasy.data import Source, load
from tooeasy.errors import OptionError
from tooeasy.threads import available_cores

Progress = Callable[[int, int, str], object]


def run_benchmark(
    source: Source,
    *,
    families: Sequence[str] | None = None,
    folder: str | Path | None = None,
    jobs: int = 1,
    repeats: int = 1,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Benchmark:
    """Fit simple classifiers in their published settings, and score them on held-out images.

    Parameters
    ----------
    source : str, Path, Dataset or arrays
        Whatever `load` takes, with images.
    families : sequence of str, optional
        Names of scikit-learn's classes, such as ``"SVC"``; by default all 14.
    folder : str or Path, optional
        Where finished runs are kept, a file each; those that are there are not run again. It is made if need be. By
        default nothing is kept.
    jobs : int, default 1
        Processes at work at once, each on one thread; -1 for one a core.
    repeats : int, default 1
        How often each setting is fitted: with the seeds ``seed``, ``seed + 1``, ...
    time_limit : float, optional
        Seconds for one fit and its scoring.
    memory_limit : float, optional
        Gigabytes (10**9 bytes) that one fit may hold; only on Linux.
    seed : int, default 0
        Also for the hold-out (20 % of each class) where there is no test split.
    progress : callable, optional
        Called with the number of settings done, of all, and the name of the last.

    Returns
    -------
    Benchmark

    Raises
    ------
    TooeasyError
        If the source cannot be used, an option is out of range, or the folder cannot be written.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
    2017, arXiv:1708.07747. The settings: `settings.toml`; what is different today: `mapping.py` and docs/benchmark.md.

    Examples
    --------
    >>> found = run_benchmark("digits", families=["GaussianNB"])
    >>> found
    Benchmark(digits: 1 of 1 settings)
    """
    jobs = _check(jobs, repeats, time_limit, memory_limit, seed)
    wanted = settings_of(families)
    where = None if folder is None else make_folder(folder)
    data = load(source).with_hold_out(seed=seed)
    with tempfile.TemporaryDirectory(prefix="tooeasy-") as arrays:
        prepared = prepare(data, Path(arrays))
        version = _scikit_learn()
        work = _Work(
            Store(where, prepared.checksum, version),
            Processes(Path(arrays), prepared.classes, time_limit, memory_limit),
            prepared,
            range(seed, seed + repeats),
        )
        results = _run_all(work, wanted, jobs, progress)
    return Benchmark(
        data.name,
        data.classes,
        data.shape,
        prepared.n_train,
        prepared.n_test,
        data.held_out,
        prepared.checksum,
        prepared.published,
        repeats,
        seed,
        version,
        tuple(results),
        (*data.remarks(), *sorted(work.store.notes)),
    )


@dataclass(frozen=True)
class _Work:
    """What is the same for all settings."""

    store: Store
    processes: Processes
    prepared: Prepared
    seeds: range

    def result(self, setting: Setting) -> SettingResult:
        """A setting over its repeats; after one that is not ok, the others would not be either."""
        runs: list[Run] = []
        why = refusal(setting)
        for seed in self.seeds if why is None else ():
            runs.append(self._run(setting, seed))
            if runs[-1].status != "ok":
                why = runs[-1].why
                break
        name = self.prepared.published
        accuracy = None if name is None else published_of(setting)[name]
        return SettingResult(setting, self.prepared.n_test, tuple(runs), why, accuracy)

    def _run(self, setting: Setting, seed: int) -> Run:
        found = self.store.find(setting, seed)
        if found is not None and self._final(found):
            return found
        run = self._too_large(setting, seed) or self.processes.run(setting, seed)
        self.store.keep(setting, run)
        return run

    def _final(self, run: Run) -> bool:
        """Whether it would not be otherwise another time: it may have failed for lack of time or memory."""
        limits = self.processes
        if run.status == "over time":
            return limits.time_limit is not None and limits.time_limit <= (run.time_limit or 0)
        if run.status == "over memory":
            return limits.memory_limit is not None and limits.memory_limit <= (run.memory_limit or 0)
        return run.status == "ok"

    def _too_large(self, setting: Setting, seed: int) -> Run | None:
        """Refuse a Gaussian process whose matrices cannot fit, before it takes the machine down."""
        need = kernel_bytes(setting, self.prepared.n_train, self.prepared.classes) / GIGABYTE
        limit = self.processes.memory_limit or _machine_gigabytes()
        if limit is None or need <= limit:
            return None
        why = f"its kernel matrices alone take {need:,.1f} GB; there are {limit:,.1f}"
        return Run(seed, "over memory", why=why, memory_limit=limit)


def _run_all(work: _Work, wanted: list[Setting], jobs: int, progress: Progress | None) -> list[SettingResult]:
    """Share the settings among threads, each of which waits for a process at a time."""
    results = []
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for result in pool.map(work.result, wanted):
                results.append(result)
                if progress is not None:
                    progress(len(results), len(wanted), str(result.setting))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            work.processes.stop()
            raise
    return results


def _check(jobs: int, repeats: int, time_limit: float | None, memory_limit: float | None, seed: int) -> int:
    """Check numbers, and return how many processes are wanted."""
    if jobs == -1:
        jobs = available_cores()
    if jobs < 1:
        raise OptionError(f"jobs is a number of at least 1, or -1 for one a core; found {jobs}")
    if repeats < 1:
        raise OptionError(f"repeats is a number of at least 1; found {repeats}")
    if not 0 <= seed <= 2**32 - 1 - repeats:  # what NumPy and scikit-learn take
        raise OptionError(f"seed is a whole number of at least 0 and below 2**32; found {seed}")
    for name, limit in (("time_limit", time_limit), ("memory_limit", memory_limit)):
        if limit is not None and not 0 < limit < float("inf"):
            raise OptionError(f"{name} is a number above 0; found {limit:g}")
    if memory_limit is not None and os.name != "posix":
        raise OptionError("memory_limit needs a POSIX system; leave it out")
    return jobs


def _machine_gigabytes() -> float | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIGABYTE
    except (AttributeError, ValueError, OSError):
        return None


def _scikit_learn() -> str:
    from importlib.metadata import version

    return version("scikit-learn")
