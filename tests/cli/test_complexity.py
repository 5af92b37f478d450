"""``tooeasy complexity``: the library's numbers, as a table and as JSON."""

from __future__ import annotations

import json

import pytest

import tooeasy

ALL = ["F1", "F1v", "F2", "F3", "L1", "L2", "N1", "N3", "C1", "C2", "CSG"]


def test_all_measures_are_printed(command, folder):
    """A row for each measure, and nothing on stderr."""
    result = command("complexity", "small")
    assert (result.code, result.err) == (0, "")
    assert [line.split()[0] for line in result.out.splitlines()[3:]] == ALL


def test_json_is_what_the_library_says(command, folder):
    """One object with the schema, and of each source the dictionary of the library."""
    result = json.loads(command("complexity", "small", "small", "--sample", "40", "--seed", "3", "--json").out)
    assert result["schema"] == "tooeasy/complexity/1"
    assert result["results"] == [tooeasy.measure_complexity(folder, sample=40, seed=3).to_dict()] * 2
    assert result["results"][0]["sampled"] == 40


def test_only_some_measures(command, folder):
    """Names with commas between, in any case, and all images."""
    found = json.loads(command("complexity", "small", "--only", "n3, F1", "--sample", "all", "--json").out)
    assert list(found["results"][0]["values"]) == ["F1", "N3"]


def test_datasets_stand_side_by_side(command, folder, make_sketch):
    """What one has and the other has not is a dash, and a line says what the other needs."""
    make_sketch("s.sketch", ["a", "b", "c"])
    words = command("complexity", "small", "s.sketch").words
    assert "without F1v, L1, L2, N1, N3, CSG: s" in words
    assert "–" in words  # noqa: RUF001


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--only", "N9"), "found N9"),
        (("--only", ""), "measures are a list of"),
        (("--sample", "few"), "'few' is neither a whole number nor 'all'"),
        (("--sample", "1"), "sample is 'all' or a whole number of at least 2; found 1"),
    ],
)
def test_wrong_options_are_refused(refused, folder, arguments, line):
    """In one line."""
    assert line in refused("complexity", "small", *arguments)


def test_a_sketch_is_refused_where_images_are_asked_for(refused, make_sketch):
    """N3 by name of a sketch: one line."""
    make_sketch("s.sketch", ["a", "b"])
    assert "without images" in refused("complexity", "s.sketch", "--only", "N3")
