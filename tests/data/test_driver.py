"""Sketches made part by part: the same bits however they are divided, and however often the run is killed."""

from __future__ import annotations

import json
import os
import pickle
import random
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from samples import random_images

import tooeasy
from tooeasy.data import checkpoint as checkpoints
from tooeasy.data import parts
from tooeasy.data.checkpoint import remove_checkpoint
from tooeasy.errors import OptionError, OutputError, SourceError, TooeasyError
from tooeasy.sketch.file import to_bytes

IMAGES, LABELS = random_images(3, n=400, shape=(4, 4, 1))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A file of images."""
    path = tmp_path / "some.npz"
    np.savez(path, x_train=IMAGES, y_train=LABELS)
    return path


def write_pngs(folder: Path, n: int = 40) -> Path:
    """Write class folders of images, one of which is broken."""
    for row in range(n):
        path = folder / "train" / f"class{LABELS[row]}" / f"{row}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[row, ..., 0]).save(path)
    path = folder / "train" / f"class{LABELS[7]}" / "7.png"
    path.write_bytes(path.read_bytes()[:-25])  # its header can be read
    return folder


def message(call: object, kind: type[TooeasyError] = SourceError) -> str:
    """Error of a call, which is one line."""
    with pytest.raises(kind) as caught:
        call()  # type: ignore[operator]
    assert "\n" not in str(caught.value)
    return str(caught.value)


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=30),
    st.integers(1, 60),
    st.booleans(),
)
def test_parts_are_all_rows_once(groups: list[int], rows: int, divided: bool) -> None:
    """Parts lie one after the other without gaps; only a group much larger than a part is divided."""
    edges = np.cumsum([0, *groups]).tolist()
    largest = 1 if divided else 4
    found = list(parts._cut(edges, rows, largest))
    assert [start for start, _ in found] == [0, *(stop for _, stop in found[:-1])]
    assert found[-1][1] == edges[-1]
    assert all(start < stop for start, stop in found)
    for start, stop in found:
        assert stop - start <= largest * rows
        assert start in edges or any(a < start < b and b - a > (largest - 1) * rows for a, b in pairwise(edges))


def test_parts_follow_row_groups(tmp_path: Path) -> None:
    """Parquet's row groups are not divided, over several files."""
    pa = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "tooeasy[hf]"')
    pq = pytest.importorskip("pyarrow.parquet", reason='needs pyarrow: pip install "tooeasy[hf]"')
    table = pa.table({"image": IMAGES.reshape(400, -1).tolist(), "label": LABELS})
    for number in range(2):
        pq.write_table(
            table.slice(200 * number, 200), tmp_path / f"train-{number:05}-of-00002.parquet", row_group_size=30
        )
    split = tooeasy.load(tmp_path).train
    groups = {*range(0, 200, 30), *range(200, 400, 30), 400}
    for rows in (20, 70, 100):
        plan = parts.plan_parts(split, rows * 16)
        assert {edge for part in plan for edge in part} <= groups
        assert len(plan) >= 400 // (rows + 30)
    assert parts.plan_parts(split.part(np.arange(10, 300)), 70 * 16)[-1][1] == 290
    assert tooeasy.sketch_split(split, part_bytes=70 * 16) == split.sketch()


@pytest.mark.parametrize("part_bytes", [16, 400, 2**20])
@pytest.mark.parametrize("options", [{"moments": True}, {"normalize": "l2", "levels": 7}])
def test_any_parts_give_the_same_bytes(archive: Path, part_bytes: int, options: dict[str, object]) -> None:
    """One image a part, some, or all at once: the file is the same byte for byte; from memory, the same sketch."""
    split = tooeasy.load(archive).train
    told: list[tooeasy.PartDone] = []
    made = tooeasy.sketch_split(split, part_bytes=part_bytes, on_part=told.append, **options)
    assert to_bytes(made) == to_bytes(split.sketch(**options))
    assert tooeasy.sketch_split(tooeasy.from_arrays((IMAGES, LABELS)).train, part_bytes=part_bytes, **options) == made
    assert (told[-1].parts, told[-1].images) == (told[-1].of, told[-1].of_images) == (len(told), 400)


def test_broken_images_are_left_out_and_named(tmp_path: Path) -> None:
    """Of the class folders of any part, as without parts; strict stops."""
    folder = write_pngs(tmp_path / "photos")
    whole = tooeasy.load(folder).train
    expected = whole.sketch()
    split = tooeasy.load(folder).train
    assert tooeasy.sketch_split(split, part_bytes=48) == expected
    assert split.remarks() == whole.remarks()
    assert "1 broken image skipped" in split.remarks()[0]
    strict = tooeasy.load(folder, strict=True).train
    assert "7.png cannot be read" in message(lambda: tooeasy.sketch_split(strict, part_bytes=48))


def lists_of_various_lengths(folder: Path) -> Path:
    """Write shards of lists of numbers, of which some rows are no images."""
    pa = pytest.importorskip("pyarrow", reason='needs pyarrow: pip install "tooeasy[hf]"')
    pq = pytest.importorskip("pyarrow.parquet", reason='needs pyarrow: pip install "tooeasy[hf]"')
    folder.mkdir()
    rows = pa.array(IMAGES.reshape(400, -1).tolist(), pa.list_(pa.uint8()))
    rows = rows.to_pylist()
    rows[150], rows[333] = [1, 2], [1] * 17
    table = pa.table({"image": pa.array(rows, pa.list_(pa.uint8())), "label": LABELS})
    for number in range(2):
        pq.write_table(
            table.slice(200 * number, 200), folder / f"train-{number:05}-of-00002.parquet", row_group_size=50
        )
    return folder


def test_what_is_left_out_does_not_depend_on_the_parts(tmp_path: Path) -> None:
    """Two rows of a table that are no images are left out, and no others, whatever is read with them."""
    folder = lists_of_various_lengths(tmp_path / "tables")
    keep = np.delete(np.arange(400), [150, 333])
    expected = tooeasy.from_arrays((IMAGES[keep], LABELS[keep])).train.sketch()
    for part_bytes in (300, 1600, 2**20):
        split = tooeasy.load(folder).train
        assert tooeasy.sketch_split(split, part_bytes=part_bytes) == expected
        assert "2 broken images skipped (image 150: " in split.remarks()[0]
    strict = tooeasy.load(folder, strict=True).train
    assert "lists are of one shape" in message(lambda: tooeasy.sketch_split(strict))


# -- recipes -----------------------------------------------------------------------------------------------------------


def test_a_split_knows_how_it_was_loaded(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipe can be sent, and loads the same from anywhere; images in memory and parts of a split have none."""
    monkeypatch.chdir(archive.parent)
    split = tooeasy.load(archive.name, limit=100, seed=3).train
    recipe = pickle.loads(pickle.dumps(split.recipe))
    assert recipe == split.recipe
    part = parts.Part(recipe, 0, 5, parts.identify(split), "a run")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    loaded = part.open()
    assert np.array_equal(loaded.images(), split.images())
    assert part.open() is loaded  # once a process
    assert parts.Part(recipe, 5, 9, part.identity, "another run").open() is not loaded
    assert "has other images" in message(parts.Part(recipe, 0, 5, "other", "third").open, tooeasy.ClusterError)
    assert split.part(slice(3)).recipe is None
    assert tooeasy.from_arrays((IMAGES, LABELS)).train.recipe is None
    archive.unlink()
    lost = parts.Part(recipe, 0, 5, part.identity, "fourth")
    assert "every worker must see it under the same name" in message(lost.open, tooeasy.ClusterError)


def test_sketches_need_no_parts(archive: Path, tmp_path: Path) -> None:
    """What has its sketch already hands it out."""
    sketch = tooeasy.load(archive).train.sketch()
    assert tooeasy.sketch_split(tooeasy.load(sketch).train, checkpoint=tmp_path / "unused") == sketch
    assert tooeasy.sketch_split(tooeasy.load("mnist").train).images_per_class.sum() == 60_000
    assert not (tmp_path / "unused").exists()
    assert "part_bytes" in message(lambda: tooeasy.sketch_split(tooeasy.load(archive).train, part_bytes=0), OptionError)


# -- checkpoints -------------------------------------------------------------------------------------------------------

RUN = """
import sys, tooeasy
source, folder, output = sys.argv[1:]
split = tooeasy.load(source).train
print("ready", flush=True)
made = tooeasy.sketch_split(
    split, moments=True, checkpoint=folder, part_bytes=2**14, save_seconds=0,
    on_part=lambda done: print(done.parts, flush=True),
)
made.save(output)
"""


def killed_runs(tmp_path: Path, kills: int) -> list[int]:
    """Kill runs at random points until one is let through; parts that each had in its checkpoint when it started."""
    chance = random.Random(kills)
    images, labels = random_images(4, n=20_000, shape=(8, 8, 1))
    np.savez(tmp_path / "many.npz", x_train=images, y_train=labels)
    arguments = [tmp_path / "many.npz", tmp_path / "kept", tmp_path / "made.sketch"]
    found = []
    for number in range(kills + 1):
        run = subprocess.Popen([sys.executable, "-c", RUN, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        with run, run.stdout:
            assert run.stdout.readline() == "ready\n"
            found.append(_parts_kept(tmp_path / "kept"))
            if number == kills:
                assert run.wait() == 0
                break
            for _ in range(found[-1] + chance.randrange(6)):  # those of the checkpoint are told at once
                run.stdout.readline()
            time.sleep(chance.random() * 0.03)
            run.kill()
            assert run.wait() == -9
        assert not (tmp_path / "made.sketch").exists()
    assert (tmp_path / "made.sketch").read_bytes() == to_bytes(tooeasy.load(arguments[0]).train.sketch(moments=True))
    return found


def _parts_kept(folder: Path) -> int:
    try:
        return len(json.loads((folder / "checkpoint.json").read_text())["done"])
    except FileNotFoundError:
        return 0


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX's")
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    """Three times killed with kill -9, the sketch is that of a run that was left alone, byte for byte."""
    found = killed_runs(tmp_path, 3)
    assert found == sorted(found)
    assert found[-1] > 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX's")
def test_a_run_that_is_killed_twenty_times_goes_on(tmp_path: Path) -> None:
    """The same at twenty points."""
    found = killed_runs(tmp_path, 20)
    assert found == sorted(found)
    assert len(set(found)) > 4  # of those that had something to go on with, at different points


class StopError(Exception):
    """Stands in for whatever ends a run."""


def stopped(split: tooeasy.Split, folder: Path, after: int = 5, part_bytes: int = 640) -> None:
    """Run until some parts are done and saved."""

    def stop(done: tooeasy.PartDone) -> None:
        if done.parts == after + 1:
            raise StopError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "_SHARE", 0)
        with pytest.raises(StopError):
            tooeasy.sketch_split(split, checkpoint=folder, save_seconds=0, on_part=stop, part_bytes=part_bytes)


def test_a_checkpoint_goes_on(archive: Path, tmp_path: Path) -> None:
    """Parts that are done are not read again; a finished checkpoint stays until it is removed."""
    split = tooeasy.load(archive).train
    stopped(split, tmp_path / "kept")
    assert sorted(path.name for path in (tmp_path / "kept").iterdir() if path.name != ".lock") == [
        "checkpoint.json",
        "sums-5.sketch",
    ]
    told: list[tooeasy.PartDone] = []
    made = tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", part_bytes=640, on_part=told.append)
    assert to_bytes(made) == to_bytes(split.sketch())
    assert [done.parts for done in told] == list(range(1, 11))
    (tmp_path / "kept" / ".tooeasy-left").touch()  # by a run that was killed
    assert tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", part_bytes=640) == made
    assert not (tmp_path / "kept" / ".tooeasy-left").exists()
    remove_checkpoint(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
    remove_checkpoint(tmp_path / "kept")


def test_rows_left_out_are_remembered(tmp_path: Path) -> None:
    """A run that goes on names what the one before could not read."""
    folder = write_pngs(tmp_path / "photos")
    expected = tooeasy.load(folder).train
    whole = expected.sketch()
    first = tooeasy.load(folder).train
    stopped(first, tmp_path / "kept", 0)
    tooeasy.sketch_split(first, checkpoint=tmp_path / "kept", part_bytes=640)
    again = tooeasy.load(folder).train
    assert tooeasy.sketch_split(again, checkpoint=tmp_path / "kept", part_bytes=640) == whole
    assert again.remarks() == expected.remarks() != []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"levels": 4}, "levels was 256, and is 4"),
        ({"normalize": "l2"}, "normalize was none, and is l2"),
        ({"moments": True}, "moments was False, and is True"),
        ({"part_bytes": 641}, "part_bytes was 640, and is 641"),
    ],
)
def test_other_options_are_another_run(archive: Path, tmp_path: Path, options: dict[str, object], said: str) -> None:
    """A checkpoint of other options is refused, which are named, and is left as it is."""
    split = tooeasy.load(archive).train
    stopped(split, tmp_path / "kept")
    before = {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    line = message(lambda: tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", **{"part_bytes": 640, **options}))
    assert said in line
    assert line.endswith("remove it to start anew, or give another folder")
    assert {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before
    limited = tooeasy.load(archive, limit=50).train
    line = message(lambda: tooeasy.sketch_split(limited, checkpoint=tmp_path / "kept", part_bytes=640))
    assert "images was 400, and is 50" in line


@pytest.mark.parametrize("change", ["pixel", "gone", "touched", "later"])
def test_changed_images_are_noticed(tmp_path: Path, change: str) -> None:
    """A file that was counted and is another one now is named by its part; one that was not yet counted may change."""
    folder = write_pngs(tmp_path / "photos")
    split = tooeasy.load(folder).train
    plan = parts.plan_parts(split, 160)

    def run() -> tooeasy.Sketch:
        return tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", part_bytes=160)

    stopped(split, tmp_path / "kept", 2, part_bytes=160)
    row = plan[3][0] if change == "later" else plan[1][0]
    path = folder / "train" / f"class{split.labels[row]}" / Path(split.name(row) or "").name
    if change == "gone":
        path.unlink()
    elif change == "touched":
        os.utime(path, (1, 1))
    else:
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    if change == "later":
        assert run() == split.sketch()
    else:
        line = message(run)
        assert f"images {plan[1][0]} to {plan[1][1] - 1} of photos train have changed, or are gone" in line


def test_images_in_memory_are_told_apart_by_their_pixels(tmp_path: Path) -> None:
    """Arrays have no file: the same go on, others are refused."""
    stopped(tooeasy.from_arrays((IMAGES, LABELS)).train, tmp_path / "kept")
    other = IMAGES.copy()
    other[3] ^= 1
    same = tooeasy.from_arrays((IMAGES.copy(), LABELS)).train
    changed = tooeasy.from_arrays((other, LABELS)).train
    assert "images 0 to 39 of arrays train have changed" in message(
        lambda: tooeasy.sketch_split(changed, checkpoint=tmp_path / "kept", part_bytes=640)
    )
    assert tooeasy.sketch_split(same, checkpoint=tmp_path / "kept", part_bytes=640) == same.sketch()


def damaged(kept: Path, how: str) -> None:
    """Damage a checkpoint."""
    text = (kept / "checkpoint.json").read_text()
    (sums,) = kept.glob("sums-*")
    if how == "cut":
        (kept / "checkpoint.json").write_text(text[: len(text) // 2])
    elif how == "edited":
        (kept / "checkpoint.json").write_text(text.replace('"number": ', '"number": 1'))
    elif how == "list":
        (kept / "checkpoint.json").write_text("[]")
    elif how == "sums gone":
        sums.unlink()
    elif how == "sums cut":
        sums.write_bytes(sums.read_bytes()[:-9])
    else:
        data = bytearray(sums.read_bytes())
        data[len(data) // 2] ^= 1
        sums.write_bytes(data)


@pytest.mark.parametrize("how", ["cut", "edited", "list", "sums gone", "sums cut", "sums flipped"])
def test_damage_is_noticed(archive: Path, tmp_path: Path, how: str) -> None:
    """A checkpoint that is not as it was written is refused in a line."""
    split = tooeasy.load(archive).train
    stopped(split, tmp_path / "kept")
    damaged(tmp_path / "kept", how)
    line = message(lambda: tooeasy.sketch_split(split, checkpoint=tmp_path / "kept", part_bytes=640))
    assert f"the checkpoint {tmp_path / 'kept'} is damaged (" in line
    assert "remove it to start anew" in line


def test_folders_that_are_no_checkpoint(archive: Path, tmp_path: Path) -> None:
    """A folder of other files, one that another run uses, a file, a folder that cannot be made."""
    split = tooeasy.load(archive).train
    assert "which has other files (some.npz)" in message(
        lambda: tooeasy.sketch_split(split, checkpoint=tmp_path), OutputError
    )
    (tmp_path / "used").mkdir()
    with FileLock(tmp_path / "used" / ".lock"):
        line = message(lambda: tooeasy.sketch_split(split, checkpoint=tmp_path / "used"), OutputError)
    assert "another run uses the checkpoint" in line
    for wrong in (archive, tmp_path / "none" / "kept"):
        assert "no checkpoint can be kept" in message(
            lambda at=wrong: tooeasy.sketch_split(split, checkpoint=at), OutputError
        )  # type: ignore[misc]
    remove_checkpoint(tmp_path)  # leaves what is not its own
    assert archive.exists()


def test_no_secret_of_a_url_is_kept(tmp_path: Path) -> None:
    """A checkpoint names its source without passwords."""
    recipe = tooeasy.data.recipe.Recipe(
        "s3://user:hunter2@bucket/x/?sig=hunter2", tooeasy.data.options.LoadOptions(), "train"
    )
    assert parts.describe(recipe) == "s3://bucket/x/"
