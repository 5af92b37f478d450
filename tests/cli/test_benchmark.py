"""``tooeasy benchmark``: tables, files, JSON, and what it refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest


def test_the_best_of_each_family_is_shown(command, folder):
    """The table has a line for each family, the best first, and says what was scored on."""
    result = command("benchmark", folder, "--family", "GaussianNB,Perceptron", "--jobs", "2", "--repeats", "2")
    assert (result.code, result.err) == (0, "")
    assert "4 settings" in result.words
    assert "tested on 30: test split; 2 repeats, seeds 0 to 1" in result.words
    assert result.words.count("GaussianNB(") == result.words.count("Perceptron(") == 1
    assert "published" not in result.words
    assert "±" in result.out


def test_json_is_one_object(command, folder):
    """``--json`` prints one object with every setting."""
    result = command("benchmark", folder, "--family", "gaussiannb", "--json", "--seed", "4")
    told = json.loads(result.out)
    assert (told["schema"], told["seed"], told["n_train"], told["n_test"]) == ("tooeasy/benchmark/1", 4, 60, 30)
    (found,) = told["results"]
    assert found["runs"][0]["seed"] == 4
    assert found["test_accuracy"] == found["runs"][0]["right"] / 30


@pytest.mark.slow
def test_csv_has_all_settings(command, folder):
    """``--csv`` writes a row a setting, those too that are not run, with the reason."""
    result = command("benchmark", folder, "--family", "LogisticRegression", "--time-limit", "1e-9", "--csv", "a.csv")
    rows = list(csv.DictReader(Path("a.csv").read_text("utf-8").splitlines()))
    assert len(rows) == 12
    assert {row["status"] for row in rows} == {"over time", "not run"}
    assert all(row["why"] for row in rows)
    assert "6 of LogisticRegression over time: not done after 1e-09 s" in result.words
    assert "6 of LogisticRegression not run: the default solver" in result.words


def test_output_is_gone_on_from(command, folder):
    """``-o`` keeps a file a fit, and a second command prints the same without another fit."""
    first, second = (command("benchmark", folder, "--family", "GaussianNB", "-o", "runs", "--json") for _ in range(2))
    assert first.out == second.out
    assert [path.suffix for path in Path("runs").iterdir()] == [".json"]


def test_limit_takes_some_of_the_images(command, folder):
    """Options of reading belong to the command: ``--limit`` takes some images of each split."""
    told = json.loads(command("benchmark", folder, "--family", "GaussianNB", "--limit", "20", "--json").out)
    assert (told["n_train"], told["n_test"]) == (20, 20)


def test_list_runs_nothing(command):
    """``--list`` prints every setting with what was published and why some are not run; as JSON too."""
    result = command("benchmark", "--list")
    assert "143 settings, 131 of which can be run" in result.words
    assert "6 of LogisticRegression not run" in result.words
    assert "89.7% 97.3%" in result.words
    told = json.loads(command("benchmark", "--list", "--json", "--family", "SVC,LinearSVC").out)
    assert told["schema"] == "tooeasy/benchmark-settings/1"
    assert len(told["settings"]) == 36
    assert sum(entry["why_not_run"] is not None for entry in told["settings"]) == 6


def test_wrong_use_is_one_line(refused, folder):
    """A family that there is not, no source, and what cannot be written are refused in one line each."""
    assert "'SVM'" in refused("benchmark", folder, "--family", "SVM")
    assert "give a SOURCE" in refused("benchmark")
    assert "does not exist" in refused("benchmark", folder, "--csv", "no/such.csv")
    assert "create it first" in refused("benchmark", folder, "-o", "no/such")
    assert "jobs" in refused("benchmark", folder, "--jobs", "0")
    assert "time_limit" in refused("benchmark", folder, "--time-limit", "0")


def test_a_sketch_is_refused(refused, make_sketch):
    """A sketch has no images to fit to, and one line says so."""
    assert "without images" in refused("benchmark", make_sketch("a.sketch", ["a", "b"]))
