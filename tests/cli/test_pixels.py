"""``tooeasy pixels``: sources, options, and the files it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from samples import random_images, write_idx

import tooeasy
from tooeasy.pixels import to_json_object


def read_json(result):
    """Parse what was printed, which must be one line, and nothing else."""
    assert result.code == 0, result.err
    assert result.err == ""
    assert result.out.count("\n") == 1
    return json.loads(result.out)


@pytest.mark.parametrize(("name", "hardest"), [("mnist", ["3", "5"]), ("fashion-mnist", ["Coat", "Shirt"])])
def test_bundled_datasets_are_studied_in_full_and_equal_to_the_python_api(command, name, hardest):
    """The bundled datasets give 60,000 training and 10,000 test images, and the numbers that Python gives."""
    printed = read_json(command("pixels", name, "--json"))
    assert printed == json.loads(json.dumps(to_json_object([tooeasy.study_pixels(name)])))
    result = printed["results"][0]
    assert (result["n_train"], result["n_test"], result["held_out"]) == (60_000, 10_000, "test split")
    assert result["summary"]["pairs"] == 45
    assert result["summary"]["hardest"]["classes"] == hardest
    if name == "mnist":  # as everybody knows it
        first = result["pairs"][0]
        assert (first["a"], first["b"], first["row"], first["column"]) == (0, 1, 15, 14)
        assert first["train_accuracy"] == pytest.approx(0.98808, abs=5e-6)
        assert result["summary"]["easiest"]["classes"] == ["0", "1"]


def test_digits_say_that_images_were_held_out(command):
    """Digits have no test split, and the output says which images were held out instead."""
    result = command("pixels", "digits")
    assert result.code == 0
    assert "1,438 training images of 8x8x1, 17 levels; tested on 359: 20% of the images, stratified, seed 0" in (
        result.words
    )


def test_folder_of_idx_files(command, folder):
    """A folder of IDX files, by its path with and without a slash at its end, is a source under the folder's name."""
    result = read_json(command("pixels", folder, "--json"))["results"][0]
    assert (result["dataset"], result["n_train"], result["n_test"]) == ("small", 60, 30)
    assert read_json(command("pixels", f"{folder}/", "--json"))["results"][0] == result


def test_one_idx_file_stands_for_its_part(command, folder):
    """One of the files stands for the images and labels that it belongs to, here for the test images alone."""
    result = read_json(command("pixels", folder / "t10k-images-idx3-ubyte", "--json"))["results"][0]
    assert result["n_train"] + result["n_test"] == 30
    assert result["held_out"].startswith("20%")


def test_zipped_folder_equals_the_raw_one(command, here):
    """The same images in zipped files under the other spelling give the same numbers."""
    images, labels = random_images(3, n=50)
    write_idx(here / "raw" / "same", "train", images[..., 0], labels)
    write_idx(
        here / "zipped" / "same", "train", images[..., 0], labels, zipped=True, spelling="{part}-{kind}.idx{n}-ubyte"
    )
    raw, zipped = (command("pixels", here / form / "same", "--json").out for form in ("raw", "zipped"))
    assert json.loads(raw) == json.loads(zipped)


def test_sketch_file_equals_its_images(command, folder):
    """A sketch file of each split gives the scores that the images themselves give."""
    command("sketch", folder, "-o", "small.sketch")
    command("sketch", folder, "--split", "test", "-o", "test.sketch")
    images = read_json(command("pixels", folder, "--json"))["results"][0]
    sketches = read_json(command("pixels", "small.sketch", "--test", "test.sketch", "--json"))["results"][0]
    assert sketches.pop("held_out") == "test (all)"
    assert images.pop("held_out") == "test split"
    assert sketches == images


@pytest.mark.parametrize("rule", ["lookup", "threshold", "logistic"])
@pytest.mark.parametrize("normalize", ["none", "l2"])
def test_rule_and_normalize_reach_the_study(command, folder, rule, normalize):
    """Each rule, on plain and on normalised images, gives what the Python API gives, and is named in the output."""
    printed = read_json(command("pixels", folder, "--rule", rule, "--normalize", normalize, "--json"))
    study = tooeasy.study_pixels(folder, rule=rule, normalize=normalize)
    assert printed == json.loads(json.dumps(to_json_object([study])))
    assert (printed["rule"], printed["normalize"]) == (rule, normalize)


def test_levels_are_counted(command, folder):
    """With four levels a lookup rule has four answers, as in Python."""
    result = read_json(command("pixels", folder, "--levels", "4", "--json"))
    assert result["levels"] == 4
    assert {len(pair["parameters"]["answers"]) for pair in result["results"][0]["pairs"]} == {4}
    assert result["results"][0] == json.loads(json.dumps(tooeasy.study_pixels(folder, levels=4).to_dict()))


def test_penalty_shrinks_the_coefficient(command, folder):
    """A small C pulls the coefficients of the logistic rule towards zero, and is named in the JSON."""

    def coefficients(C):
        printed = read_json(command("pixels", folder, "--rule", "logistic", "--C", C, "--json"))
        assert printed["C"] == float(C)
        return [abs(pair["parameters"]["coefficient"]) for pair in printed["results"][0]["pairs"]]

    assert max(coefficients("0.001")) < min(coefficients("10"))


def test_other_test_images(command, folder, here):
    """``--test`` takes the test split of another source, and names it."""
    images, labels = random_images(9, n=33)
    write_idx(here / "other", "train", images[..., 0], labels)
    write_idx(here / "other", "test", images[:21, ..., 0], labels[:21])
    result = read_json(command("pixels", folder, "--test", here / "other", "--json"))["results"][0]
    assert (result["n_train"], result["n_test"], result["held_out"]) == (60, 21, "other (test split)")


def test_seed_chooses_the_hold_out(command, unsplit):
    """The same seed holds out the same images; another seed others; the output names it."""
    first, again, other = (
        read_json(command("pixels", unsplit, "--seed", seed, "--json"))["results"][0] for seed in ("0", "0", "5")
    )
    assert first == again
    assert first["held_out"] == "20% of the images, stratified, seed 0"
    assert other["held_out"] == "20% of the images, stratified, seed 5"
    assert first["pairs"] != other["pairs"]


def test_several_sources_are_put_side_by_side(command, folder, unsplit):
    """Several sources are studied in the order given, and their summaries stand in one table."""
    result = command("pixels", folder, unsplit)
    table = result.out[result.out.index("side by side") :]
    rows = [line.split()[0] for line in table.splitlines()[2:4]]
    assert rows == ["small", "unsplit"]
    assert "easiest first: " in table
    assert "side by side" not in command("pixels", folder).out


def test_the_easiest_is_named_first(command, make_sketch, unsplit):
    """The ranking puts the dataset first whose pixel gives the class away; train and test accuracies are not ranked."""
    easy = make_sketch("easy.sketch", ["a", "b", "c"])
    assert command("sketch", unsplit, "-o", "hard.sketch").code == 0
    for order in ((easy, "hard.sketch"), ("hard.sketch", easy)):
        assert command("pixels", *order).out.rstrip().endswith("the easiest first: easy, hard")
    assert "easiest first" not in command("pixels", easy, unsplit).out


def test_csv_has_a_row_for_each_pair_of_each_source(command, folder, make_sketch):
    """The CSV names dataset and classes, and holds the numbers of the Python API; what is not known stays empty."""
    sketch = make_sketch("only.sketch", ["x, y", 'say "z"'])
    result = command("pixels", folder, sketch, "--csv", "pairs.csv")
    assert result.code == 0
    with Path("pairs.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    study = tooeasy.study_pixels(folder)
    assert [row["dataset"] for row in rows] == ["small"] * 3 + ["only"]
    for row, pair in zip(rows, study.pairs, strict=False):
        assert (int(row["row"]), int(row["column"]), int(row["channel"])) == (pair.row, pair.column, pair.channel)
        assert float(row["test_accuracy"]) == pair.test_accuracy
        assert (float(row["test_low"]), float(row["test_high"])) == pair.test_interval
    assert (rows[3]["class_a"], rows[3]["class_b"]) == ("x, y", 'say "z"')
    assert rows[3]["test_accuracy"] == rows[3]["test_low"] == ""
    assert result.out.startswith("small  one pixel")


def test_csv_has_the_columns_of_the_frame(command, folder):
    """The CSV and the DataFrame have the same columns."""
    command("pixels", folder, "--csv", "pairs.csv")
    header = Path("pairs.csv").read_text("utf-8").splitlines()[0]
    assert header.split(",") == list(tooeasy.study_pixels(folder).to_frame().columns)


def test_an_older_file_is_replaced(command, folder):
    """A CSV that was there is replaced, and no temporary file stays behind."""
    Path("pairs.csv").write_text("old")
    command("pixels", folder, "--csv", "pairs.csv")
    assert Path("pairs.csv").read_text("utf-8").startswith("dataset,")
    assert sorted(path.name for path in Path().iterdir()) == ["pairs.csv", "small"]


@pytest.mark.parametrize(
    ("name", "start"), [("pairs.png", b"\x89PNG\r\n"), ("pairs.svg", b"<?xml"), ("pairs.pdf", b"%PDF-")]
)
def test_figure_is_of_the_kind_that_its_ending_says(command, folder, name, start):
    """The figure is a whole file of the right kind, and the screen output is printed all the same."""
    result = command("pixels", folder, "--figure", name)
    assert result.code == 0
    assert Path(name).read_bytes().startswith(start)
    assert "pairs at 90% or more" in result.words
    assert result.err == ""


def test_figure_of_a_map(command, folder):
    """With ``--map`` the figure is the map of the pair, not the matrix."""
    command("pixels", folder, "--map", "0", "2", "--figure", "map.svg")
    drawn = Path("map.svg").read_text("utf-8")
    assert "0 or 2, lookup rule" in drawn
    assert "one pixel for each pair" not in drawn


def test_map_in_json_equals_the_python_api(command, folder):
    """``--map`` adds the maps of the pair, as arrays of height, width and channels; the order of the pair is free."""
    printed = read_json(command("pixels", folder, "--map", "2", "0", "--json"))["results"][0]["map"]
    found = tooeasy.study_pixels(folder).map("0", "2")
    assert (printed["a"], printed["b"]) == ("0", "2")
    assert set(printed) == {"a", "b", "train_accuracy", "test_accuracy", "mutual_information_bits"}
    np.testing.assert_array_equal(printed["train_accuracy"], found.train_accuracy)
    np.testing.assert_array_equal(printed["test_accuracy"], found.test_accuracy)
    np.testing.assert_array_equal(printed["mutual_information_bits"], found.mutual_information_bits)


def test_all_outputs_at_once(command, folder):
    """JSON, CSV and figure can be had from one run, and stdout is still one JSON object."""
    printed = read_json(command("pixels", folder, "--json", "--csv", "a.csv", "--figure", "a.png"))
    assert printed["schema"] == "tooeasy/pixels/1"
    assert Path("a.csv").stat().st_size > 0
    assert Path("a.png").stat().st_size > 0


def test_options_may_stand_before_sources(command, folder):
    """Options and sources may be given in any order."""
    assert command("pixels", "--rule", "threshold", folder, "--json").out == (
        command("pixels", folder, "--json", "--rule", "threshold").out
    )
