"""The page as a whole: complete, well formed, safe, and needing nothing else."""

from __future__ import annotations

import re

import numpy as np
import pytest
from markup import Markup

import tooeasy
from tooeasy.ladder import ClimbOptions
from tooeasy.report import render_page, study_dataset

QUICK = ClimbOptions(cache=False)
NASTY = ["<img src=x onerror=alert(1)>", "\"quoted\" & 'so'", "</script><script>alert(2)</script>", "a-b, c"]


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
    assert len(markup.all("script")) == len(Markup(render_page([chapter], "")).all("script"))
    assert all("data-show" in bold for bold in markup.all("b"))
    assert all(image["src"].startswith("data:image/") and "onerror" not in image for image in markup.all("img"))
    for name in NASTY:
        assert " ".join(name.split()) in markup.text


def test_several_datasets_share_the_page(digits):
    """Side by side, with what comparing them says, on one scale."""
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


def test_many_classes_are_bounded():
    """Of 60 classes the page shows 30 means and 20 rows of images, and says so."""
    images, labels = _images(60, each=6)
    chapter = study_dataset((images, labels), up_to="mean-template", options=QUICK)
    text = Markup(render_page([chapter], "")).text
    assert "30 of 60 classes are shown" in text
    assert "20 of 60 classes are shown" in text


def test_the_same_chapter_gives_the_same_page(digits, monkeypatch):
    """But for the time at which it was made."""
    monkeypatch.setattr("tooeasy.report.page.made_line", lambda: "now")
    assert render_page([digits], "") == render_page([digits], "")


def _images(classes: int, each: int = 10):
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), each)
    images = random.integers(0, 200, (len(labels), 6, 5), dtype=np.uint8)
    images[np.arange(len(labels)), labels % 6, labels // 6 % 5] = 255
    return images, labels
