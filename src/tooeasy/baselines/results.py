"""What the benchmark found: each run, each setting over its repeats, and all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tooeasy.baselines import published, settings
from tooeasy.baselines.settings import Setting
from tooeasy.measures import wilson_interval
from tooeasy.sketch import Shape

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "tooeasy/benchmark/1"

Status = Literal["ok", "over time", "over memory", "failed", "not run"]


@dataclass(frozen=True)
class Run:
    """One fit of a setting.

    Attributes
    ----------
    seed : int
        Of the order of the training images, and of the estimator.
    status : str
        "ok", "over time", "over memory" or "failed".
    right : int or None
        Held-out images right; None unless ok.
    fit_seconds, score_seconds : float or None
        How long fitting and answering took, on one thread.
    warnings : tuple of str
        What scikit-learn said, such as that a fit has not converged.
    why : str or None
        What went wrong.
    time_limit : float or None
        Seconds that it had, where it was over time.
    memory_limit : float or None
        Gigabytes that it had, where it was over memory.
    """

    seed: int
    status: Status
    right: int | None = None
    fit_seconds: float | None = None
    score_seconds: float | None = None
    warnings: tuple[str, ...] = ()
    why: str | None = None
    time_limit: float | None = None
    memory_limit: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**self.__dict__, "warnings": list(self.warnings)}


@dataclass(frozen=True)
class SettingResult:
    """A setting over its repeats.

    Attributes
    ----------
    setting : Setting
    n_test : int
        Held-out images.
    runs : tuple of Run
        One a repeat; after one that is not ok there are no more. None at all if the setting cannot be run.
    why : str or None
        Why there is no accuracy.
    published_accuracy : float or None
        What was published, where the dataset is MNIST or Fashion-MNIST in full.
    """

    setting: Setting
    n_test: int
    runs: tuple[Run, ...] = ()
    why: str | None = None
    published_accuracy: float | None = None

    @property
    def status(self) -> Status:
        """That of the last run; "not run" if there is none."""
        return self.runs[-1].status if self.runs else "not run"

    @property
    def accuracies(self) -> list[float]:
        """Test accuracy of each run that is ok."""
        return [run.right / self.n_test for run in self.runs if run.right is not None]

    @property
    def test_accuracy(self) -> float:
        """Mean over the repeats of the fraction of held-out images right; NaN if not every run is ok."""
        return float(np.mean(self.accuracies)) if self.status == "ok" else np.nan

    @property
    def spread(self) -> float:
        """Standard deviation of the accuracy over the repeats; NaN for fewer than two."""
        return float(np.std(self.accuracies, ddof=1)) if len(self.accuracies) > 1 else np.nan

    @property
    def test_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the mean accuracy on so many images; NaN if not every run is ok."""
        low, high = wilson_interval(self.test_accuracy * self.n_test, self.n_test)
        return float(low), float(high)

    @property
    def fit_seconds(self) -> float:
        """Mean seconds of a fit; NaN if not every run is ok."""
        seconds = [run.fit_seconds for run in self.runs if run.fit_seconds is not None]
        return float(np.mean(seconds)) if self.status == "ok" else np.nan

    @property
    def warnings(self) -> tuple[str, ...]:
        """What scikit-learn said in any of the runs."""
        return tuple(dict.fromkeys(said for run in self.runs for said in run.warnings))

    def to_record(self) -> dict[str, Any]:
        """Return one flat row; what is not known is None."""
        fine = self.status == "ok"
        low, high = self.test_interval if fine else (None, None)
        return {
            "family": self.setting.family,
            "setting": str(self.setting),
            "status": self.status,
            "repeats": len(self.accuracies),
            "test_accuracy": self.test_accuracy if fine else None,
            "spread": None if np.isnan(self.spread) else self.spread,
            "test_interval_low": low,
            "test_interval_high": high,
            "fit_seconds": self.fit_seconds if fine else None,
            "published_accuracy": self.published_accuracy,
            "why": self.why,
            "warnings": "; ".join(self.warnings),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        record = self.to_record()
        interval = [record.pop("test_interval_low"), record.pop("test_interval_high")]
        return {
            **self.setting.to_dict(),
            **record,
            "test_interval": interval if self.status == "ok" else None,
            "warnings": list(self.warnings),
            "runs": [run.to_dict() for run in self.runs],
        }


@dataclass(frozen=True, eq=False)
class Benchmark:
    """Simple classifiers on one dataset.

    Attributes
    ----------
    dataset : str
    classes : tuple of str
    shape : tuple of int
        Height, width and channels of an image, in pixels.
    n_train, n_test : int
        Images fitted to, and images scored on.
    held_out : str or None
        What the images scored on are.
    checksum : str
        SHA-256 of the pixels and labels.
    published : str or None
        "mnist" or "fashion-mnist" if the dataset is that one in full, so that published accuracies stand beside ours.
    repeats, seed : int
    scikit_learn : str
        Version of scikit-learn.
    results : tuple of SettingResult
        In the published order.
    notes : tuple of str
        What a reader should know.

    Examples
    --------
    >>> import tooeasy
    >>> found = tooeasy.run_benchmark("digits", families=["GaussianNB"])
    >>> found.n_train, found.n_test, len(found.results)
    (1438, 359, 1)
    """

    dataset: str
    classes: tuple[str, ...]
    shape: Shape
    n_train: int
    n_test: int
    held_out: str | None
    checksum: str
    published: str | None
    repeats: int
    seed: int
    scikit_learn: str
    results: tuple[SettingResult, ...]
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        done = sum(result.status == "ok" for result in self.results)
        return f"Benchmark({self.dataset}: {done} of {len(self.results)} settings)"

    @cached_property
    def best(self) -> dict[str, SettingResult]:
        """The best setting of each family that has one, the best family first.

        Settings are compared by their accuracy on the images scored on: a table to compare with, not a choice of model.
        """
        fine = [result for result in self.results if result.status == "ok"]
        ordered = sorted(fine, key=lambda result: -result.test_accuracy)
        found: dict[str, SettingResult] = {}
        for result in ordered:
            found.setdefault(result.setting.family, result)
        return found

    def to_records(self) -> list[dict[str, Any]]:
        """Return one flat row a setting.

        Returns
        -------
        list of dict
            In the published order.
        """
        return [{"dataset": self.dataset, **result.to_record()} for result in self.results]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a setting as a pandas DataFrame.

        Returns
        -------
        DataFrame
            In the order of ``results``.
        """
        import pandas as pd

        return pd.DataFrame(self.to_records())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON.

        Returns
        -------
        dict
            What ``tooeasy benchmark --json`` prints.
        """
        return {
            "schema": SCHEMA,
            "dataset": self.dataset,
            "classes": list(self.classes),
            "image_shape": list(self.shape),
            "n_train": self.n_train,
            "n_test": self.n_test,
            "held_out": self.held_out,
            "checksum": self.checksum,
            "published": self.published,
            "sources": {"settings": settings.SOURCE, "published": published.SOURCE},
            "repeats": self.repeats,
            "seed": self.seed,
            "scikit_learn": self.scikit_learn,
            "notes": list(self.notes),
            "best": {family: str(result.setting) for family, result in self.best.items()},
            "results": [result.to_dict() for result in self.results],
        }
