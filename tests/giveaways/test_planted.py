"""Faults planted in real images are found, and located; what is too weak to be found is told in docs/planted.md."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from tests.giveaways import planting
from tests.giveaways.planting import COPIES, FILE_FAULTS, LABELS, PIXEL_FAULTS, FileFault, PixelFault

from tooeasy import from_arrays
from tooeasy.giveaways import Place

DOCS = Path(__file__).resolve().parents[2] / "docs" / "planted.md"
MARKER, CODE = PIXEL_FAULTS[:2]
SMALL = [name for name in LABELS if "5,000" not in name]


def by_name(fault: PixelFault | FileFault) -> str:
    return fault.name


@pytest.mark.parametrize("labels", SMALL)
@pytest.mark.parametrize("fault", PIXEL_FAULTS, ids=by_name)
def test_the_strongest_of_each_fault_is_found(fault, labels):
    """Whatever the labels are, a fault at its strongest is a warning or an error that clean images do not have."""
    found = planting.said(planting.with_fault(fault, fault.strengths[0], LABELS[labels]()))
    told = [one for one in planting.of_checks(found, fault.checks, planting.clean(labels)) if one.severity != "note"]
    assert told
    if fault.place is not None:
        assert planting.located(told, fault.place)
        assert told[0].severity == "error"


@pytest.mark.parametrize("strength", [0.5, 0.2])
@pytest.mark.parametrize("fault", [MARKER, CODE], ids=by_name)
def test_marks_in_some_images_are_found_and_located(fault, strength):
    """A mark in half or a fifth of the images is told with its share, at exactly its pixels and nowhere else."""
    found = planting.claims(planting.said(planting.with_fault(fault, strength, LABELS["2 random"]())))
    marks = [one for one in found if one.places]
    assert {one.check for one in marks} == {"constant-marker"}
    assert all(one.places == (fault.place,) for one in marks)
    assert all(one.evidence["share_of_class"] == pytest.approx(strength, abs=0.12) for one in marks)


def test_a_rare_mark_takes_more_images():
    """A mark in 5 % of a class: of 1,000 images, 3 or so held-out ones tell nothing; of 5,000 it is found."""
    of = {name: planting.said(planting.with_fault(MARKER, 0.05, LABELS[name]())) for name in list(LABELS)[::5]}
    assert list(of) == ["2 random", "2 random, 5,000 images"]
    few, many = of.values()
    assert planting.claims(few) == []
    assert planting.located(many, planting.CORNER)


@pytest.mark.parametrize("place", [Place(0, 0, 2, 2), Place(26, 26, 2, 2), Place(26, 0, 2, 2), Place(12, 12, 2, 2)])
def test_marks_are_located_wherever_they_are(place):
    """In each corner, and in the middle of the digit, where other pixels vary most."""
    images, labels = LABELS["2 random"]()
    images = images.copy()
    row, column = place[:2]
    images[labels == 1, row : row + 2, column : column + 2] = 137
    assert planting.located(planting.said(from_arrays((images, labels))), place)


def test_brightness_is_found_down_to_a_twentieth():
    """A multiplied brightness shows only where digits are bright; 5 % less of it is found without any other."""
    dimmer = PIXEL_FAULTS[3]
    found = planting.claims(planting.said(planting.with_fault(dimmer, 0.05, LABELS["2 random"]())))
    assert [one.check for one in found] == ["brightness"]


def test_one_class_of_ten_is_named():
    """A brighter class among nine others is a warning that names it, though the mean over classes hardly shows it."""
    found = planting.said(planting.with_fault(PIXEL_FAULTS[2], 0.05, LABELS["10 random"]()))
    border = next(one for one in found if one.check == "border-only")
    assert border.severity == "warning"
    assert border.evidence["class"] == "1"
    assert border.evidence["class_skill_low"] > 0.9
    assert border.evidence["balanced_test_accuracy"] < 0.3


@pytest.mark.parametrize("fault", FILE_FAULTS, ids=by_name)
def test_faults_of_files_are_found_and_named(tmp_path, fault):
    """Files stored in another way give the class away, and the finding names what is different."""
    labelled = planting.dealt(planting.digits()[0], (100, 100), planting.SEED)
    found = planting.claims(planting.said(planting.with_file_fault(tmp_path, fault, 1.0, labelled)))
    told = [one for one in found if one.check in fault.checks]
    assert {one.subject for one in told} & set(fault.subjects)
    assert told[0].evidence["balanced_test_accuracy"] == 1.0


def test_files_of_one_class_of_ten_are_named(tmp_path):
    """PNG in one class of ten: an error, and the class is named."""
    labelled = planting.dealt(planting.digits()[0], (200, *[40] * 9), planting.SEED)
    flipped = labelled[0], (labelled[1] + 1) % 10  # the class with the fault is the large one
    found = planting.said(planting.with_file_fault(tmp_path, FILE_FAULTS[2], 1.0, flipped))
    told = next(one for one in found if one.id == "file-properties/format")
    assert (told.severity, told.evidence["class"]) == ("error", "class 1")


def test_files_stored_alike_give_nothing_away(tmp_path):
    """The same digits in files that are all stored in one way: no claim."""
    labelled = planting.dealt(planting.digits()[0], (100, 100), planting.SEED)
    assert planting.claims(planting.said(planting.write_files(tmp_path, labelled, lambda *_: planting.JPEG))) == []


@pytest.mark.parametrize("share", [0.1, 0.01])
@pytest.mark.parametrize("name", COPIES)
def test_leaks_are_found(name, share):
    """Copies of test images in training, and how many: of 1,000 digits, at most 4 others look like a copy."""
    found = planting.findings_of_copies(planting.with_leaks(share, COPIES[name]), symmetries=name == "mirrored")
    told = [one for one in found if one.check == "leaked-images"]
    assert told[0].severity == "error"
    assert told[0].evidence["images"] == pytest.approx(1000 * share, abs=4)
    assert told[0].subject == ("exact copies" if name == "exact" else "near copies")


def test_swapped_labels_of_copies_are_found():
    """2 % of the images occur once more with another label: all are told, and nothing is without the fault."""
    told = [one for one in planting.findings_of_copies(planting.with_swapped_labels(0.02)) if "conflict" in one.check]
    assert [one.evidence["images"] for one in told] == [40]
    assert planting.findings_of_copies(planting.with_swapped_labels(0.0)) == []


@pytest.mark.data
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_marks_in_photographs_are_located(full_data, share):
    """A 2x2 mark in photographs, with their own labels and with random ones."""
    data = planting.photographs(full_data("clothing"))
    place = Place(61, 1, 2, 2)
    random = np.random.default_rng(planting.PLANTED)
    n = len(data.train)
    for one in (data, planting.relabelled(data, random.permutation(n) % 2, 2)):
        images = one.train.images().copy()
        largest = int(np.bincount(one.train.labels).argmax())
        rows = planting.some_of(one.train.labels, largest, share, random)
        images[rows, 61:63, 1:3] = (255, 0, 200)
        split = dataclasses.replace(one.train, pixels=planting.Kept(images, one.train.pixels.names))
        assert planting.located(planting.said(dataclasses.replace(one, train=split)), place)


@pytest.mark.slow
@pytest.mark.data
def test_brightness_and_borders_of_photographs(full_data):
    """Photographs differ much in brightness: 20 % of the range, half of each value, a tinted frame are found."""
    data = planting.photographs(full_data("clothing"))
    labels = np.random.default_rng(3).permutation(len(data.train)) % 2
    dealt = planting.relabelled(data, labels, 2)
    clean = planting.said(dealt)
    for plant, strength in ((planting.plant_brighter, 0.2), (planting.plant_dimmer, 0.5), (planting.plant_tint, 0.1)):
        images = dealt.train.images().copy()
        plant(images, labels, strength, np.random.default_rng(planting.PLANTED))
        split = dataclasses.replace(dealt.train, pixels=planting.Kept(images, dealt.train.pixels.names))
        found = planting.said(dataclasses.replace(dealt, train=split))
        assert planting.claims(planting.of_checks(found, planting.GLOBAL, clean)), plant.__name__


@pytest.mark.slow
def test_the_table_in_the_documentation_is_what_is_found():
    """docs/planted.md shows what `python scripts/make_planted_table.py` makes."""
    assert planting.table() in DOCS.read_text("utf-8")
