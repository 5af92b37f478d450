"""``tooeasy pixels --json``: exactly the documented keys, with values of the right kind."""

from __future__ import annotations

import json
import math

import pytest
from samples import random_images, write_idx

POSITION = {"row": int, "column": int, "channel": int}
UNPAIRED = {
    **POSITION,
    "train_accuracy": float,
    "test_accuracy": float,
    "test_interval": list,
    "majority": float,
    "balanced_test_accuracy": float,
    "mutual_information_bits": float,
    "parameters": dict,
}
PAIR = {"a": int, "b": int, **UNPAIRED}
TOP = {"schema": str, "rule": str, "normalize": str, "levels": int, "C": float, "results": list}
RESULT = {
    "dataset": str,
    "classes": list,
    "image_shape": list,
    "levels": int,
    "n_train": int,
    "n_test": int,
    "held_out": str,
    "notes": list,
    "pairs": list,
    "all_classes": dict,
    "summary": dict,
}
SUMMARY = {
    "pairs": int,
    "scored_on": str,
    "at_least_0.90": int,
    "at_least_0.95": int,
    "easiest": dict,
    "hardest": dict,
    "mean_train_accuracy": float,
    "mean_test_accuracy": float,
}
PARAMETERS = {
    "lookup": {"answers": list},
    "threshold": {"threshold": int, "below": int, "above": int},
    "logistic": {"coefficient": float, "intercept": float},
}
FRACTIONS = ("train_accuracy", "test_accuracy", "majority", "balanced_test_accuracy")
UNKNOWN_WITHOUT_TEST = {"held_out", "test_accuracy", "test_interval", "balanced_test_accuracy", "mean_test_accuracy"}


def check(value, kinds, null=()):
    """The object has these keys, no other, and values of these kinds, or null where that is said."""
    assert set(value) == set(kinds)
    for key, kind in kinds.items():
        if key in null:
            assert value[key] is None, key
        else:
            assert type(value[key]) is kind, key


def check_score(score, kinds, rule, shape, *, null=()):
    """One pair, or all classes at once."""
    check(score, kinds, null)
    assert all(0 <= score[key] < side for key, side in zip(POSITION, shape, strict=True))
    assert all(0 <= score[key] <= 1 for key in FRACTIONS if key not in null)
    assert score["mutual_information_bits"] >= 0
    if "test_interval" not in null:
        low, high = score["test_interval"]
        assert 0 <= low <= score["test_accuracy"] <= high <= 1
    if "a" in kinds:
        check(score["parameters"], PARAMETERS[rule])
    else:
        assert set(score["parameters"]) == set(PARAMETERS[rule])


def parse(text):
    """JSON as the standard has it: NaN and Infinity are refused."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
@pytest.mark.parametrize("held_out", [True, False])
def test_exactly_the_documented_keys(command, folder, rule, held_out):
    """Every object has exactly the documented keys, with values of the right kind and range, held out or not."""
    source = folder
    if not held_out:
        command("sketch", folder, "-o", "whole.sketch")
        source = "whole.sketch"
    printed = parse(command("pixels", source, "--rule", rule, "--json").out)
    check(printed, TOP, null=() if rule == "logistic" else ("C",))
    assert (printed["schema"], printed["rule"]) == ("tooeasy/pixels/1", rule)
    (result,) = printed["results"]
    null = () if held_out else UNKNOWN_WITHOUT_TEST
    check(result, RESULT, null)
    n = len(result["classes"])
    assert [(pair["a"], pair["b"]) for pair in result["pairs"]] == [(a, b) for a in range(n) for b in range(a + 1, n)]
    for pair in result["pairs"]:
        check_score(pair, PAIR, rule, result["image_shape"], null=null)
    check_score(result["all_classes"], UNPAIRED, rule, result["image_shape"], null=null)
    check(result["summary"], SUMMARY, null)
    on = "test" if held_out else "train"
    assert result["summary"]["scored_on"] == on
    for extreme in (result["summary"]["easiest"], result["summary"]["hardest"]):
        check(extreme, {"a": int, "b": int, "classes": list, f"{on}_accuracy": float})
        assert extreme["classes"] == [result["classes"][extreme[key]] for key in "ab"]


def test_summary_follows_from_the_pairs(command, folder):
    """Counts, mean and extremes in the summary are those of the pairs beside it."""
    result = parse(command("pixels", folder, "--json").out)["results"][0]
    scores = [pair["test_accuracy"] for pair in result["pairs"]]
    summary = result["summary"]
    assert summary["pairs"] == len(scores)
    for share in ("0.90", "0.95"):
        assert summary[f"at_least_{share}"] == sum(score >= float(share) for score in scores)
    assert summary["mean_test_accuracy"] == pytest.approx(math.fsum(scores) / len(scores))
    assert summary["easiest"]["test_accuracy"] == max(scores)
    assert summary["hardest"]["test_accuracy"] == min(scores)


def test_levels_are_null_where_sources_differ(command, folder):
    """Sources of different numbers of levels have them in each result, and null above."""
    printed = parse(command("pixels", folder, "digits", "--json").out)
    assert printed["levels"] is None
    assert [result["levels"] for result in printed["results"]] == [256, 17]


def test_names_of_classes_come_through(command, make_sketch):
    """Any text is a name of a class and arrives as it is."""
    names = ["[bold]", "a\nb", "<script>", 'say "z"', "猫", "\x1b[31m"]
    printed = parse(command("pixels", make_sketch("names.sketch", names), "--json").out)
    assert printed["results"][0]["classes"] == names


def test_classes_without_test_images_have_no_test_number(command, here):
    """A pair without held-out images has null for every held-out number."""
    images, labels = random_images(5, n=60, levels=6)
    write_idx(here / "gap", "train", images[..., 0], labels)
    few = labels < 2
    write_idx(here / "gap", "test", images[few][..., 0], labels[few])
    pair = parse(command("pixels", here / "gap", "--json").out)["results"][0]["pairs"][2]
    assert (pair["a"], pair["b"]) == (1, 2)
    assert [pair[key] for key in ("test_accuracy", "test_interval", "balanced_test_accuracy")] == [None] * 3


def test_no_training_accuracy_passes_for_a_test_accuracy(command, here):
    """Where a pair has no held-out images, its training accuracy does not enter a number that is called test."""
    images, labels = random_images(5, n=60, levels=6)
    write_idx(here / "gap", "train", images[..., 0], labels)
    few = labels < 2
    write_idx(here / "gap", "test", images[few][..., 0], labels[few])
    result = parse(command("pixels", here / "gap", "--json").out)["results"][0]
    known = [pair["test_accuracy"] for pair in result["pairs"] if pair["test_accuracy"] is not None]
    assert result["summary"]["mean_test_accuracy"] == pytest.approx(sum(known) / len(known))
    assert result["summary"]["easiest"]["test_accuracy"] in known


def test_two_classes_give_the_same_keys(command, make_sketch):
    """With two classes, ``all_classes`` has the same keys as with more."""
    result = parse(command("pixels", make_sketch("two.sketch", ["a", "b"]), "--json").out)["results"][0]
    assert set(result["all_classes"]) == set(UNPAIRED)
