"""Cards that come with the package: they are true, and stand for their datasets where nothing else is asked for."""

from __future__ import annotations

import numpy as np
import pytest

import tooeasy
from tooeasy.errors import NotAtHandError
from tooeasy.ladder import (
    Card,
    ClimbOptions,
    card_or_dataset,
    climb,
    make_card,
    shipped_card,
    shipped_cards,
)
from tooeasy.ladder.rungs import all_rungs
from tooeasy.ladder.shipped import _verdict
from tooeasy.schemas import schema

NAMES = ("cifar-10", "digits", "fashion-mnist", "mnist")
SKETCHED = ["nothing", "one-pixel", "k-pixels", "mean-template", "least-squares"]
NO_CACHE = ClimbOptions(cache=False)


def accuracies(card: Card) -> dict[str, float]:
    """Held-out accuracy of each rung of a card."""
    return {name: rung["test_accuracy"] for name, rung in card.rungs.items()}


def test_other_datasets_have_no_card():
    """Neither those of the catalog that could not be climbed, nor names that are no names."""
    assert shipped_cards() == NAMES
    assert [shipped_card(name) for name in ("kmnist", "MNIST", "../card.schema", "")] == [None] * 4


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_card_is_whole(name):
    """It fits the schema, is of the catalog's dataset in full, and has every rung but that of image files."""
    jsonschema = pytest.importorskip("jsonschema", reason="cards are checked with it: pip install jsonschema")
    card, entry = shipped_card(name), tooeasy.known_datasets()[name]
    jsonschema.validate(card.content, schema("card"))
    facts = card.content["dataset"]
    assert (card.name, tuple(card.classes)) == (name, entry.classes)
    assert facts["n_train"] == sum(facts["images_per_class"])
    if "test" in entry.images:
        assert {"train": facts["n_train"], "test": facts["n_test"]} == entry.images
    else:
        assert facts["n_train"] + facts["n_test"] == sum(entry.images.values())
    assert list(card.rungs) == [rung.name for rung in all_rungs() if rung.name != "metadata"]
    assert set(card.content["made_by"]) == {"tooeasy", "scikit-learn", "numpy", "torch"}
    assert card.content["ladder"]["verdict"] == _verdict(card, card.content["ladder"]["rungs"])


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_card_is_what_the_bundle_gives(name, empty_machine):
    """What follows from the sketch is the same when it is climbed here, and one pixel for each pair is too."""
    card, ladder = shipped_card(name), climb(name, only=SKETCHED, options=NO_CACHE)
    found = accuracies(card)
    assert len(ladder.rungs) == 10
    assert {rung.rung: rung.test_accuracy for rung in ladder.rungs} == {r.rung: found[r.rung] for r in ladder.rungs}
    assert card.content["pixels"]["summary"] == tooeasy.study_pixels(name).summary()


@pytest.mark.parametrize(
    ("others", "reading"),
    [
        ({"seed": 1}, {}),
        ({"budget": 60.0}, {}),
        ({"budget": None}, {}),
        ({"border": 3}, {}),
        ({}, {"limit": 500}),
        ({}, {"color": True}),
    ],
)
def test_with_other_options_the_dataset_is_climbed_anew(others, reading):
    """A card that was made otherwise does not stand for it."""
    assert isinstance(card_or_dataset("digits"), Card)
    assert isinstance(card_or_dataset("digits", options=ClimbOptions(**others), **reading), tooeasy.Dataset)


def test_what_is_no_plain_name_is_no_shipped_card(tmp_path):
    """A dataset of one's own, a path of the same name, a card of one's own."""
    data = tooeasy.load("digits")
    assert card_or_dataset(data) is data
    with pytest.raises(tooeasy.SourceNotFoundError):
        card_or_dataset(tmp_path / "mnist")
    own = make_card("digits", up_to="nothing", options=NO_CACHE)
    own.save(tmp_path / "mnist.json")
    read = card_or_dataset(tmp_path / "mnist.json", up_to="one-pixel")
    assert (read.content, read.shipped) == (own.content, False)
    assert card_or_dataset(own) is own


def test_the_highest_rung_cuts_a_card():
    """The rungs above are gone, and what the verdict says is of the others."""
    whole, cut = card_or_dataset("mnist"), card_or_dataset("mnist", up_to="k-pixels")
    assert whole.shipped
    assert cut.shipped
    assert list(cut.rungs) == list(whole.rungs)[: list(whole.rungs).index("64-pixels") + 1]
    assert cut.content["ladder"]["verdict"][0].startswith("the best rung is 64-pixels: 83.5%")
    assert whole.content["ladder"]["verdict"] == shipped_card("mnist").content["ladder"]["verdict"]
    with pytest.raises(tooeasy.OptionError, match="no rung 'sky'"):
        card_or_dataset("mnist", up_to="sky")


def test_sources_are_found_before_any_is_climbed(monkeypatch):
    """What is missing is told at once, not after minutes."""
    monkeypatch.setattr("tooeasy.ladder.comparison.make_card", lambda *_, **__: pytest.fail("climbed"))
    with pytest.raises(tooeasy.SourceNotFoundError):
        tooeasy.compare(tooeasy.load("digits"), "nothing.json")


def test_progress_is_told():
    """Of what is climbed: the dataset, the rung, and what it is doing."""
    told = []
    images = np.random.default_rng(0).integers(0, 256, (60, 4, 4, 1), dtype=np.uint8)
    data = tooeasy.from_arrays((images, np.arange(60) % 2), name="mine")
    tooeasy.compare(data, "mnist", up_to="nothing", options=NO_CACHE, on_progress=told.append)
    assert told == ["mine, nothing: 48 images"]


def test_a_card_that_cannot_stand_for_a_dataset_says_why(empty_machine):
    """With another size the images are needed; the way out is named, and other datasets have no such words."""
    with pytest.raises(
        NotAtHandError, match=r"not on this machine.*Its card comes with tooeasy, but is of another seed"
    ):
        card_or_dataset("mnist", size=(14, 14))
    with pytest.raises(NotAtHandError) as raised:
        card_or_dataset("kmnist")
    assert "Its card" not in str(raised.value)


def test_rungs_that_one_dataset_lacks_keep_their_place():
    """In a comparison rungs are in the order of the ladder, whichever card comes first."""
    whole = shipped_card("mnist")
    ladder = whole.content["ladder"]
    few = [rung for rung in ladder["rungs"] if rung["rung"] in ("nothing", "one-pixel", "forest")]
    lacking = Card({**whole.content, "ladder": {**ladder, "rungs": few}})
    assert tooeasy.compare(lacking, whole).rungs == list(whole.rungs)
