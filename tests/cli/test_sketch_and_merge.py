"""``tooeasy sketch`` and ``tooeasy merge``: sketches of parts add up, and are sources."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from samples import random_images, write_idx

import tooeasy


def test_parts_merged_are_the_whole(command, here):
    """Sketches of three parts, merged in any order, equal the sketch of the whole, and give the same bytes."""
    images, labels = random_images(4, n=90)
    write_idx(here / "whole", "train", images[..., 0], labels)
    command("sketch", here / "whole", "-o", "whole.sketch")
    order = np.concatenate([np.flatnonzero(labels == label) for label in range(3)])
    for number in range(3):  # every part has every class, and its images in another order
        rows = order[number::3]
        write_idx(here / f"part{number}", "train", images[rows][..., 0], labels[rows])
        assert command("sketch", here / f"part{number}", "-o", f"{number}.sketch").code == 0
    written = set()
    for numbers in ("012", "201"):
        result = command("merge", *(f"{number}.sketch" for number in numbers), "-o", "merged.sketch")
        assert result.code == 0
        assert tooeasy.Sketch.load("merged.sketch") == tooeasy.Sketch.load("whole.sketch")
        assert "Sketch(90 images" in result.out
        assert "from 3 sketches" in result.out
        written.add(Path("merged.sketch").read_bytes())
    assert len(written) == 1


def test_sketch_equals_the_python_api(command, folder):
    """The file holds the sketch that the Python API makes, moments included."""
    assert command("sketch", folder, "-o", "a.sketch").code == 0
    assert tooeasy.Sketch.load("a.sketch") == tooeasy.load(folder).train.sketch(moments=True)


def test_split_normalize_and_levels(command, folder):
    """The options choose the split, the normalisation and the levels."""
    command("sketch", folder, "--split", "test", "--normalize", "l2", "--levels", "16", "-o", "a.sketch")
    assert tooeasy.Sketch.load("a.sketch") == tooeasy.load(folder).test.sketch(normalize="l2", levels=16, moments=True)


def test_without_moments(command, folder):
    """``--no-moments`` leaves out the Gram matrix, which makes the file smaller, and the study is the same."""
    command("sketch", folder, "-o", "with.sketch")
    command("sketch", folder, "--no-moments", "-o", "without.sketch")
    assert tooeasy.Sketch.load("without.sketch").gram is None
    assert tooeasy.Sketch.load("with.sketch").gram is not None
    assert Path("without.sketch").stat().st_size < Path("with.sketch").stat().st_size
    studies = [json.loads(command("pixels", f"{name}.sketch", "--json").out) for name in ("with", "without")]
    assert studies[0]["results"][0]["pairs"] == studies[1]["results"][0]["pairs"]


def test_sketch_json(command, folder):
    """``sketch --json`` prints one object that says what was written."""
    result = command("sketch", folder, "-o", "a.sketch", "--json")
    assert json.loads(result.out) == {
        "schema": "tooeasy/sketch/1",
        "output": "a.sketch",
        "images": 60,
        "classes": ["0", "1", "2"],
        "image_shape": [3, 4, 1],
        "levels": 256,
    }
    assert result.err == ""


def test_merge_json(command, folder):
    """``merge --json`` prints one object that says what was added up."""
    command("sketch", folder, "-o", "a.sketch")
    command("sketch", folder, "--split", "test", "-o", "b.sketch")
    result = command("merge", "a.sketch", "b.sketch", "-o", "c.sketch", "--json")
    assert json.loads(result.out) == {
        "schema": "tooeasy/merge/1",
        "output": "c.sketch",
        "merged": 2,
        "images": 90,
    }
    assert result.err == ""


def test_merged_sketch_is_a_source(command, folder):
    """A merged sketch can be studied, and counts the images of all its parts."""
    command("sketch", folder, "-o", "a.sketch")
    command("merge", "a.sketch", "a.sketch", "-o", "twice.sketch")
    result = json.loads(command("pixels", "twice.sketch", "--json").out)["results"][0]
    assert (result["dataset"], result["n_train"]) == ("twice", 120)


def test_merge_into_one_of_its_inputs(command, folder):
    """The output may be one of the inputs: it is read before it is replaced."""
    command("sketch", folder, "-o", "a.sketch")
    assert command("merge", "a.sketch", "a.sketch", "-o", "a.sketch").code == 0
    assert int(tooeasy.Sketch.load("a.sketch").images_per_class.sum()) == 120


def test_a_sketch_of_a_bundled_dataset(command):
    """The sketch of full MNIST is written without a network and without its training images."""
    assert command("sketch", "mnist", "-o", "mnist.sketch", "--no-moments").code == 0
    assert tooeasy.Sketch.load("mnist.sketch") == tooeasy.load("mnist").train.sketch()


def test_sketch_of_a_sketch_has_fewer_levels(command, folder):
    """A sketch is itself a source of a sketch of fewer levels, equal to that of the images."""
    command("sketch", folder, "-o", "a.sketch")
    assert command("sketch", "a.sketch", "--levels", "4", "--no-moments", "-o", "b.sketch").code == 0
    assert tooeasy.Sketch.load("b.sketch") == tooeasy.load(folder).train.sketch(levels=4)


def test_a_sketch_under_any_name_is_a_source(command, refused, folder):
    """What ``sketch`` agrees to write can be studied again under the name that it was given."""
    result = command("sketch", folder, "-o", "summary")
    if result.code == 0:
        assert command("pixels", "summary").code == 0


def test_same_images_same_bytes(command, folder):
    """Sketching twice writes the same bytes."""
    command("sketch", folder, "-o", "a.sketch")
    command("sketch", folder, "-o", "b.sketch")
    assert Path("a.sketch").read_bytes() == Path("b.sketch").read_bytes()


@pytest.mark.parametrize("moments", ["--moments", "--no-moments"])
def test_the_line_says_what_was_written(command, folder, moments):
    """Without ``--json`` one line names the file, the images, the shape, the levels and the size."""
    result = command("sketch", folder, "-o", "a.sketch", moments)
    size = Path("a.sketch").stat().st_size
    assert result.out.startswith("a.sketch: Sketch(60 images, 3 classes, 3x4x1, 256 levels")
    assert result.out.endswith(f"{size:,} bytes\n")
    assert ("moments" in result.out) == (moments == "--moments")


def test_a_checkpoint_of_the_command(command, folder):
    """With ``--checkpoint`` the same bytes are written, and the checkpoint is removed after that."""
    command("sketch", folder, "-o", "a.sketch")
    result = command("sketch", folder, "-o", "b.sketch", "--checkpoint", "kept")
    assert (result.code, result.err) == (0, "")
    assert Path("a.sketch").read_bytes() == Path("b.sketch").read_bytes()
    assert not Path("kept").exists()


def test_a_checkpoint_of_another_run_is_refused(command, refused, folder):
    """A finished checkpoint of other options is named in one line, and stays."""
    tooeasy.sketch_split(tooeasy.load(folder).train, levels=4, checkpoint="kept")
    line = refused("sketch", folder, "-o", "a.sketch", "--checkpoint", "kept", "--no-moments")
    assert "the checkpoint kept is of another run: levels was 4, and is 256: remove it" in line
    assert "which has other files" in refused("sketch", folder, "-o", "a.sketch", "--checkpoint", ".")


def test_a_scheduler_that_is_none_is_refused(refused, folder):
    """What is no address gets one line, and leaves nothing behind; without Dask, its extra is named."""
    line = refused("sketch", folder, "-o", "a.sketch", "--scheduler", "nowhere", "--checkpoint", "kept")
    assert "a scheduler is local, local:N or an address" in line or "tooeasy[dask]" in line


def test_what_was_left_out_is_said(command, here):
    """Images that turn out to be broken are named on stderr; with ``--strict`` they end the command."""
    from PIL import Image

    for number in range(6):
        path = here / "photos" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 4), 40 * number, np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-25])
    result = command("sketch", "photos", "-o", "a.sketch")
    assert result.code == 0
    assert result.err.startswith("tooeasy: photos train: 1 broken image skipped (b/5.png: ")
    assert command("sketch", "photos", "-o", "a.sketch", "--strict").code == 2
