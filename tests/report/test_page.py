"""The page as a whole: complete, well formed, safe, and needing nothing else."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from markup import NASTY, Markup

import tooeasy
from tooeasy.giveaways.words import verdict
from tooeasy.ladder import ClimbOptions
from tooeasy.report import render_page, study_dataset
from tooeasy.report.headline import headline
from tooeasy.report.ladder_chart import ladder_chart

QUICK = ClimbOptions(cache=False)


@pytest.fixture(scope="session")
def page(digits):
    return render_page([digits], "tooeasy report digits -o report.html")


def test_it_is_well_formed_and_ids_are_unique(page):
    """Every element is closed in its turn, no id stands twice, and every link within the page leads somewhere."""
    markup = Markup(page)
    assert set(markup.ids.values()) == {1}
    targets = {link["href"].removeprefix("#") for link in markup.all("a") if link.get("href", "").startswith("#")}
    assert {target for target in targets if "=" not in target} <= set(markup.ids)


def test_it_needs_nothing_else(page):
    """No element refers to anything outside, and the policy forbids what would."""
    markup = Markup(page)
    for tag, attributes in markup.elements:
        for name in ("src", "href", "srcset", "poster", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#")), (tag, name, value)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    policy = next(meta["content"] for meta in markup.all("meta") if meta.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert "unsafe-inline" not in policy.partition("script-src")[2]


def test_every_picture_says_what_it_shows(page):
    """Images and charts have a text alternative."""
    markup = Markup(page)
    assert len(markup.all("img")) > 30
    assert all(image["alt"] for image in markup.all("img"))
    charts = [svg for svg in markup.all("svg") if svg.get("role") == "img"]
    assert charts
    drawn = [chart for chart in charts if "data-view" not in chart]  # the explorer's charts are named by its script
    assert drawn
    assert all(len(chart["aria-label"]) > 20 for chart in drawn)


def test_its_numbers_are_the_librarys(page, digits):
    """Each rung's accuracy, interval and bits; the verdict; what the one-pixel study says."""
    text = Markup(page).text
    for rung in digits.ladder.rungs:
        if rung.score is not None:
            low, high = rung.score.test_interval
            assert f"{rung.test_accuracy:.1%} {100 * low:.1f} to {100 * high:.1f}" in text
    for line in digits.ladder.verdict():
        assert line in text
    assert f"{digits.pixels.mean_accuracy:.1%} is how often" in text
    assert digits.ladder.checksum in text
    assert "tooeasy report digits -o report.html" in text
    assert tooeasy.known_datasets()["digits"].licence in text


def test_giveaways_are_the_librarys(page, digits):
    """Every finding with its message, why and advice, what was not looked at; no rung below the best comes near it."""
    text = Markup(page).text
    assert digits.audit.findings
    assert "too-easy" not in digits.audit.skipped
    for finding in digits.audit.findings:
        assert finding.message[1:] in text
        assert finding.about.why in text
        assert finding.about.advice in text
    for check, why in digits.audit.skipped.items():
        assert f"{check}: {why}" in text


def test_a_chapters_audit_is_of_the_data_as_it_came(digits):
    """Digits have no test split: the images that are held out were drawn from the training images, and it says so."""
    assert digits.audit.to_dict() == tooeasy.audit("digits", ladder=digits.ladder).to_dict()
    assert "drawn from" in digits.audit.skipped["split-shift"]


def test_nothing_found_is_one_friendly_line():
    """Images of noise give nothing away."""
    chapter = study_dataset(_images(2, each=60), up_to="nothing", options=QUICK)
    found = dataclasses.replace(chapter, audit=dataclasses.replace(chapter.audit, findings=()))
    assert "Nothing was found here that gives the classes away" in Markup(render_page([found], "")).text


def test_a_rung_that_could_not_be_climbed_says_why(page, digits):
    """Digits have no files, and the table says so."""
    assert digits.ladder.rung("metadata").why in Markup(page).text


def test_nasty_names_do_nothing():
    """Names of classes and of the dataset are text wherever they stand."""
    images, labels = _images(len(NASTY))
    data = tooeasy.from_arrays((images, labels), classes=NASTY, name='<b onclick="x">&')
    chapter = study_dataset(data, up_to="mean-template", options=QUICK)
    page = render_page([chapter], "tooeasy report '<script>'")
    markup = Markup(page)
    assert len(markup.all("script")) == 3  # the explorer's data, and our two
    assert all("data-show" in bold for bold in markup.all("b"))
    assert all(image["src"].startswith("data:image/") and "onerror" not in image for image in markup.all("img"))
    for name in NASTY:
        assert " ".join(name.split()) in markup.text


@pytest.mark.slow
def test_several_datasets_share_the_page(digits):
    """Side by side, with what comparing them says."""
    other = study_dataset("mnist", up_to="one-pixel", options=QUICK)
    page = render_page([digits, other], "")
    markup = Markup(page)
    assert set(markup.ids.values()) == {1}
    assert "digits, beside mnist, is" in markup.text
    assert markup.text.count("MNIST handwritten digits") > 3


def test_a_sketch_alone_says_what_it_lacks():
    """Sections that need images, or held-out ones, say so; the rest is there."""
    chapter = study_dataset(tooeasy.load("digits").train.sketch(moments=True), options=QUICK)
    assert chapter.ladder is None
    assert set(chapter.missing) == {"ladder", "number of pixels", "samples", "atypical images"}
    text = Markup(render_page([chapter], "")).text
    for why in chapter.missing.values():
        assert why in text
    assert "on the training images, for none are held out" in text


def test_the_same_scale_for_all(digits):
    """A bit is as long for either dataset, and a difference as red."""
    two = tooeasy.from_arrays(_images(2, each=40), name="two")
    chart = ladder_chart([digits.ladder, tooeasy.climb(two, up_to="mean-template", options=QUICK)])
    lengths = {(mark.series, row.name): mark.bits for row in chart.drawings[0].rows for mark in row.marks if mark.bits}
    for series, ladder in enumerate(chart.ladders, start=1):
        bits = ladder.rung("mean-template").bits
        assert lengths[series, "mean-template"] / bits == pytest.approx(120 / digits.ladder.entropy_bits, abs=0.2)


def test_datasets_of_one_name_are_told_apart(tmp_path):
    """They are numbered, for links and tables go by names."""
    report = tooeasy.write_report(["digits", "digits"], tmp_path / "r.html", up_to="nothing", options=QUICK)
    assert [chapter.name for chapter in report.chapters] == ["digits", "digits (2)"]


@pytest.mark.slow
def test_only_the_catalogs_data_is_the_catalogs():
    """A dataset of one's own that is called mnist has no licence of MNIST's, and no published figures."""
    own = tooeasy.from_arrays(_images(10), name="mnist")
    chapter = study_dataset(own, up_to="nothing", options=QUICK)
    assert chapter.entry is None
    assert chapter.ladder.published == ()
    assert study_dataset("mnist", up_to="nothing", options=QUICK).entry.licence.startswith("CC")


def test_images_that_are_all_alike_have_a_page():
    """Nothing can be told, and nothing fails."""
    images, labels = _images(3)
    chapter = study_dataset((np.full_like(images, 7), labels), up_to="mean-template", options=QUICK)
    assert "test accuracy" in Markup(render_page([chapter], "")).text


@pytest.mark.slow
def test_large_images_have_templates_without_a_matrix_of_pixels_by_pixels():
    """Above 4,096 pixels ridge is left out, and the page stays below 5 MB even of noise."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(30), 6)
    images = random.integers(0, 256, (len(labels), 64, 64, 3), dtype=np.uint8)
    chapter = study_dataset((images, labels), up_to="brightness", options=QUICK)
    assert "least-squares" not in {study.settings.kind for study in chapter.templates}
    assert len(render_page([chapter], "").encode()) < 5_000_000


def test_the_most_frequent_class_is_named():
    """Where always answering it is nearly as good as anything, the headline says so."""
    images, labels = _images(2, each=100)
    labels = np.where(np.arange(200) < 194, 0, 1)
    chapter = study_dataset((images, labels), up_to="border", options=QUICK)
    assert headline(chapter).sentence.startswith("Always answering the most frequent class is right 97")


def test_what_the_audit_warns_of_is_in_the_headline():
    """The gravest finding stands beside how far up one must climb, with its severity as a word."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 200, (400, 24, 24), dtype=np.uint8), np.arange(400) % 2
    plain = headline(study_dataset((images, labels), up_to="nothing", options=QUICK))
    assert (plain.severity, plain.caution) == ("", "")
    images[labels == 1, :2, :2] = 255
    chapter = study_dataset((images, labels), up_to="nothing", options=QUICK)
    marked = headline(chapter)
    assert marked.severity == "error"
    assert marked.caution.lower() == f"{verdict(chapter.audit)}.".lower()


def test_training_accuracies_say_so():
    """Of many classes too: the lists of pairs, and the pairs below the differences."""
    images, labels = _images(30)
    sketch = tooeasy.load((images, labels)).train.sketch()
    text = Markup(render_page([study_dataset(sketch, options=QUICK)], "")).text
    assert "Hardest pairs: train accuracy" in text
    assert "Easiest pairs: train accuracy" in text
    assert re.search(r"class_\d+ − class_\d+ train \d|\d+ − \d+ train \d", text)  # noqa: RUF001


def test_many_classes_are_bounded():
    """Of 60 classes the page shows 30 means and 20 rows of images, and says so."""
    images, labels = _images(60, each=6)
    chapter = study_dataset((images, labels), up_to="mean-template", options=QUICK)
    text = Markup(render_page([chapter], "")).text
    assert "30 of 60 classes are shown" in text
    assert "20 of 60 classes are shown" in text


def test_the_same_chapter_gives_the_same_page(digits, monkeypatch):
    """But for the time at which it was made."""
    monkeypatch.setattr("tooeasy.report.page.made_line", lambda _: "now")
    assert render_page([digits], "") == render_page([digits], "")


def _images(classes: int, each: int = 10):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), each)
    images = random.integers(0, 200, (len(labels), 6, 5), dtype=np.uint8)
    images[np.arange(len(labels)), labels % 6, labels // 6 % 5] = 255
    return images, labels
