"""Results show themselves in notebooks."""

from __future__ import annotations

import pytest
from markup import Markup

import tooeasy
from tooeasy.ladder import ClimbOptions

QUICK = ClimbOptions(cache=False)
RESULTS = {
    "ladder": lambda: tooeasy.climb("digits", up_to="mean-template", options=QUICK),
    "audit": lambda: tooeasy.audit("digits"),
    "comparison": lambda: tooeasy.compare("digits", "mnist", up_to="one-pixel", options=QUICK),
    "pixels": lambda: tooeasy.study_pixels("digits"),
    "map": lambda: tooeasy.study_pixels("digits").map("3", "5"),
    "templates": lambda: tooeasy.fit_templates("digits"),
    "means": lambda: tooeasy.mean_images("digits"),
    "differences": lambda: tooeasy.compare_means("digits"),
    "budget": lambda: tooeasy.study_budget("digits"),
    "samples": lambda: tooeasy.pick_samples("digits", per_class=3),
    "atypical": lambda: tooeasy.find_atypical("digits", per_class=3),
}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_itself(name):
    """As well-formed HTML in one element, with its own words."""
    result = RESULTS[name]()
    html = result._repr_html_()
    markup = Markup(html)
    assert html.startswith("<div class='tooeasy part'>")
    assert " ".join(repr(result).split()) in markup.text
    assert markup.all("img") or markup.all("svg") or markup.all("table")


def test_what_has_no_such_form_is_left_to_repr():
    """Class counts are their repr."""
    assert tooeasy.count_classes("digits")._repr_html_() is None


def test_a_report_stands_in_a_frame(tmp_path):
    """Its scripts and styles stay in it."""
    report = tooeasy.write_report("digits", tmp_path / "r.html", up_to="one-pixel", options=QUICK)
    frame = Markup(report._repr_html_())
    assert [name for name, _ in frame.elements] == ["iframe"]
    inner = frame.all("iframe")[0]["srcdoc"]
    assert inner.startswith("<!DOCTYPE html>")
    assert Markup(inner).all("section")
