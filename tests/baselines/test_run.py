"""Runs of the benchmark: right, the same however they are shared, within their limits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import random_images
from sklearn.preprocessing import StandardScaler

import tooeasy
from tooeasy.baselines import all_settings, make_estimator, refusal, run_benchmark, settings_of, study
from tooeasy.baselines.pixels import open_prepared, prepare
from tooeasy.baselines.processes import Processes
from tooeasy.baselines.worker import fit_and_score
from tooeasy.errors import NotAtHandError, OptionError, OutputError, SourceError

linux = pytest.mark.skipif(not Path("/proc").exists(), reason="memory is limited on Linux")


def by_hand(data, setting, seed):
    """Accuracy of an estimator that is fitted without the benchmark."""
    train, test = data.train, data.test
    scaler = StandardScaler().fit(train.images().reshape(len(train), -1).astype(float))
    order = np.random.default_rng(seed).permutation(len(train))
    X = scaler.transform(train.images().reshape(len(train), -1).astype(float))[order]
    made = make_estimator(setting, classes=len(data.classes), seed=seed).fit(X, train.labels[order])
    return made.score(scaler.transform(test.images().reshape(len(test), -1).astype(float)), test.labels)


def same(found):
    """What does not depend on how long it took."""
    return [
        (str(result.setting), result.status, [(run.seed, run.right) for run in result.runs]) for result in found.results
    ]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_accuracy_is_that_of_the_estimator_called_by_hand(small):
    """Accuracies are those of scikit-learn on standardised pixels in an order of the seed; mean and spread follow."""
    found = run_benchmark(small, families=["GaussianNB", "Perceptron"], repeats=2, seed=3, jobs=2)
    for result in found.results:
        wanted = [by_hand(small, result.setting, seed) for seed in (3, 4)]
        assert result.accuracies == pytest.approx(wanted)
        assert result.test_accuracy == pytest.approx(np.mean(wanted))
        assert result.spread == pytest.approx(np.std(wanted, ddof=1))
        assert result.fit_seconds > 0
    assert len(found.best) == 2
    best = found.best["Perceptron"]
    assert best.test_accuracy == max(r.test_accuracy for r in found.results if r.setting.family == best.setting.family)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_all_settings_on_a_small_dataset(small, tmp_path):
    """Every setting that can be run has a result, by the very function that the processes call."""
    prepare(small, tmp_path)
    arrays = open_prepared(tmp_path)
    for setting in all_settings():
        if refusal(setting) is None:
            found = fit_and_score(make_estimator(setting, classes=10, seed=0), arrays, 0)
            assert found["status"] == "ok"
            assert 0 <= found["right"] <= 60
            json.dumps(found, allow_nan=False)


@pytest.mark.slow
def test_two_jobs_give_the_same_as_one(small):
    """The number of processes at work changes nothing but the time, and results come in the published order."""
    one, two = (run_benchmark(small, families=["Perceptron"], jobs=jobs) for jobs in (1, 2))
    assert same(one) == same(two)
    assert [result.setting for result in one.results] == settings_of(["Perceptron"])


def test_refused_settings_are_in_the_result(small, monkeypatch):
    """A setting that cannot be run is there, not run, with the reason, and without numbers."""
    refused = [setting for setting in settings_of(["LinearSVC"]) if refusal(setting)][:1]
    monkeypatch.setattr(study, "settings_of", lambda families: refused)
    (result,) = run_benchmark(small).results
    assert (result.status, result.runs) == ("not run", ())
    assert "liblinear" in result.why
    assert result.to_record()["test_accuracy"] is None


def test_over_time_is_recorded(small, tmp_path):
    """A fit that takes longer than the limit is stopped and recorded, its other repeats are not tried."""
    found = run_benchmark(small, families=["GaussianNB"], time_limit=1e-9, repeats=3, folder=tmp_path)
    (result,) = found.results
    assert (result.status, len(result.runs)) == ("over time", 1)
    assert "not done after 1e-09 s" in result.why
    assert len(list(tmp_path.iterdir())) == 1
    assert found.best == {}


@linux
def test_over_memory_is_recorded():
    """A fit that wants more memory than the limit is recorded: here for the copy of its training images."""
    images, labels = random_images(0, n=400, shape=(64, 64, 1))
    (result,) = run_benchmark((images, labels), families=["GaussianNB"], memory_limit=0.005).results
    assert result.status == "over memory"
    assert result.runs[0].memory_limit == 0.005


@linux
def test_memory_that_is_enough_changes_nothing(small):
    """A limit that is not reached leaves the result as it is."""
    limited, free = (run_benchmark(small, families=["GaussianNB"], memory_limit=limit) for limit in (4, None))
    assert same(limited) == same(free)


def test_matrices_larger_than_memory_are_not_tried(small, monkeypatch):
    """A Gaussian process whose matrices cannot fit is over memory without a process being started."""
    monkeypatch.setattr(Processes, "run", None)
    monkeypatch.setattr(study, "_machine_gigabytes", lambda: 1e-6)
    results = run_benchmark(small, families=["GaussianProcessClassifier"]).results
    assert [result.status for result in results] == ["over memory"] * 2
    assert "kernel matrices" in results[0].why


def test_an_error_of_an_estimator_is_a_result(small, tmp_path):
    """What an estimator raises is recorded in one line, as failed."""
    prepared = prepare(small, tmp_path)
    found = Processes(tmp_path, prepared.classes - 1).run(settings_of(["GaussianNB"])[0], 0)
    assert (found.status, found.right) == ("failed", None)
    assert "priors" in found.why


def test_a_process_that_does_not_start_is_a_result(tmp_path):
    """A process that ends before it has begun is recorded as failed, with the last that it said."""
    found = Processes(tmp_path, 3).run(settings_of(["GaussianNB"])[0], 0)
    assert found.status == "failed"
    assert "FileNotFoundError" in found.why


def test_nothing_is_imported_from_the_folder_where_a_user_works(small, tmp_path, monkeypatch):
    """A file of a user that has the name of a module is not executed by the processes."""
    (tmp_path / "json.py").write_text("raise SystemExit('executed')")
    monkeypatch.chdir(tmp_path)
    assert run_benchmark(small, families=["GaussianNB"]).results[0].status == "ok"


def test_a_dataset_without_test_split_holds_some_out(small):
    """A fifth of each class is held out by the seed, and the result says so."""
    found = run_benchmark(replace(small, test=None, held_out=None), families=["GaussianNB"])
    assert found.n_train + found.n_test == 120
    assert found.n_test in range(20, 29)
    assert found.held_out.startswith("20% of the images")


@pytest.mark.data
def test_published_accuracies_stand_beside_the_full_dataset(full_data):
    """MNIST in full is recognised by its bytes, wherever it is from; Gaussian naive Bayes is right as published."""
    (result,) = (found := run_benchmark(full_data("mnist"), families=["GaussianNB"])).results
    assert found.published == "mnist"
    assert result.published_accuracy == 0.524
    assert result.test_accuracy == pytest.approx(0.524, abs=0.0006)


@pytest.mark.data
def test_published_accuracies_do_not_stand_beside_a_part(full_data):
    """A part of MNIST is not what was published on."""
    found = run_benchmark(tooeasy.load(full_data("mnist"), limit=500), families=["GaussianNB"])
    assert found.published is None
    assert found.results[0].published_accuracy is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"jobs": 0}, "jobs is a number"),
        ({"repeats": 0}, "repeats is a number"),
        ({"time_limit": 0.0}, "time_limit is a number above 0"),
        ({"memory_limit": float("nan")}, "memory_limit is a number above 0"),
        ({"seed": -1}, "seed is a whole number"),
        ({"families": ["nope"]}, "there is no family"),
    ],
)
def test_options_out_of_range_are_refused(small, options, said):
    """Each option that is out of range is refused in one line, before anything is run."""
    with pytest.raises(OptionError, match=said):
        run_benchmark(small, **options)


def test_sources_without_images_are_refused(small):
    """A sketch has no images to fit to, and says so; a dataset too small to hold some out has none to score on."""
    with pytest.raises(NotAtHandError, match="without images"):
        run_benchmark(small.train.sketch())
    with pytest.raises(SourceError, match="no test images"):
        run_benchmark(([[0], [1]], [0, 1]))


def test_a_folder_that_is_none_is_refused(small, tmp_path):
    """A file where the folder should be, and a folder within one that is not there, are refused."""
    (tmp_path / "file").write_text("")
    for wrong in ("file", "no/such"):
        with pytest.raises(OutputError, match="cannot"):
            run_benchmark(small, folder=tmp_path / wrong)


def test_results_say_what_they_are(small):
    """The result is a short line, a row a setting, and JSON without NaN."""
    found = run_benchmark(small, families=["GaussianNB"])
    assert repr(found) == "Benchmark(small: 1 of 1 settings)"
    (row,) = found.to_records()
    assert row["dataset"] == "small"
    assert row["test_interval_low"] < row["test_accuracy"] < row["test_interval_high"]
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["schema"] == "tooeasy/benchmark/1"
    assert told["best"] == {"GaussianNB": "GaussianNB(priors=10 x 0.1)"}
