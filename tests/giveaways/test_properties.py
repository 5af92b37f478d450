"""What files tell besides their pixels, read from real files made for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from tests.giveaways import planting

import tooeasy
from tooeasy.giveaways import AuditOptions, audit
from tooeasy.giveaways.properties import Column, name_columns, probe_columns, probe_together, property_columns
from tooeasy.giveaways.sample import Sample, take_sample


def folder(root: Path, n: int = 40, **stored) -> tuple[Sample, Sample]:
    """Files of two classes, the same in both splits; ``stored`` by class index."""
    for split in ("train", "test"):
        planting.write_files(
            root / split,
            planting.dealt(planting.digits()[0], (n, n), 0),
            lambda number, label: planting.Stored(**{key: value(number, label) for key, value in stored.items()}),
        )
    data = tooeasy.load(root)
    return take_sample(data.train, "train", 0), take_sample(data.test, "test", 0)


def told(columns: list[Column] | None, samples: tuple[Sample, Sample]) -> dict[str, float]:
    """Skill of each column."""
    assert columns is not None
    return {one.probe.subject: one.probe.skill for one in probe_columns("file-names", columns, *samples, 2, 0)}


def test_only_what_varies_is_a_column(tmp_path):
    """Files of one format and size: only the size of the file is left, and compression would be the same again."""
    both = folder(tmp_path)
    assert [column.subject for column in property_columns(*both)] == ["file size"]


def test_properties_that_tell_the_class(tmp_path):
    """Width, height and bytes a pixel vary where the side does; aspect and format do not, and are no columns."""
    both = folder(tmp_path, side=lambda _, label: 60 + 4 * label)
    skills = told(property_columns(*both), both)
    assert set(skills) == {"file size", "width", "height", "compression"}
    assert skills["width"] == skills["height"] == 1.0


def test_quality_and_format(tmp_path):
    """JPEG's quality is estimated from its tables, and is 0 for PNG; the format is a column of its own."""
    both = folder(
        tmp_path, format=lambda number, label: "JPEG" if number % 2 or label else "PNG", quality=lambda *_: 80
    )
    columns = {column.subject: column for column in property_columns(*both)}
    assert sorted(set(columns["JPEG quality"].train.tolist())) == [0, 80]
    assert set(columns["format"].train.tolist()) == {"JPEG", "PNG"}


def test_modes_and_cameras(tmp_path):
    """The colour mode and EXIF's camera are read from headers."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for number in range(40):
            path = tmp_path / split / "ab"[number % 2] / f"{number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(random.integers(0, 256, (16, 16), np.uint8))
            exif = Image.Exif()
            exif[0x010F] = "Acme" if number % 2 else "Zenit"
            (image.convert("RGB") if number % 2 else image).save(path, exif=exif)
    data = tooeasy.load(tmp_path)
    both = take_sample(data.train, "train", 0), take_sample(data.test, "test", 0)
    skills = told(property_columns(*both), both)
    assert skills["mode"] == skills["camera"] == 1.0


def test_parts_of_names(tmp_path):
    """A prefix, a number, a length, an ending: each is found where it tells, by the one that tells it."""
    both = folder(tmp_path / "prefix", name=lambda _, label: ("xray" if label else "scan") + "-{number:04d}")
    skills = told(name_columns(*both), both)
    assert skills["pattern"] == skills["beginning"] == 1.0
    assert "ending" not in skills
    both = folder(tmp_path / "number", name=lambda number, label: f"{1000 * label + number:05d}")
    skills = told(name_columns(*both), both)
    assert skills["number"] > 0.9
    assert "pattern" not in skills
    both = folder(tmp_path / "length", name=lambda number, label: f"{number}" + "x" * (3 * label))
    assert told(name_columns(*both), both)["length"] > 0.9


def test_names_of_folders_are_no_giveaway(tmp_path):
    """Files named alike in folders named by class: nothing is said of names."""
    found = audit(
        planting.write_files(tmp_path, planting.dealt(planting.digits()[0], (60, 60), 0), lambda *_: planting.JPEG)
    )
    assert not [one for one in found.findings if one.check == "file-names"]


def test_all_together_tells_what_none_tells_alone():
    """Two columns whose exclusive or is the class: a forest on both finds it, neither alone does."""
    random = np.random.default_rng(0)
    bits = random.integers(0, 2, (2, 400, 2))
    labels = bits[..., 0] ^ bits[..., 1]
    images = np.zeros((400, 2, 2, 1), np.uint8)
    data = tooeasy.from_arrays((images, labels[0]), (images, labels[1]))
    both = take_sample(data.train, "train", 0), take_sample(data.test, "test", 0)
    columns = [
        Column("width", "", bits[0, :, 0], bits[1, :, 0]),
        Column("mode", "", np.array(["L", "RGB"])[bits[0, :, 1]], np.array(["L", "RGB"])[bits[1, :, 1]]),
    ]
    assert all(abs(one.probe.skill) < 0.2 for one in probe_columns("file-properties", columns, *both, 2, 0))
    assert probe_together("file-properties", columns, *both, 2, 0).probe.skill == 1.0


def test_arrays_have_no_files():
    """Nothing is said of files where there are none, and why."""
    images, labels = planting.true((0, 1), 200, 0)
    found = audit((images, labels), options=AuditOptions())
    assert found.skipped["file-properties"] == found.skipped["file-names"] == "images are not files"
    assert "file_properties" not in found.measures
