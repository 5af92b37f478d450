"""Figures of ladders and of datasets side by side."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle

import tooeasy
from tooeasy.figures import draw, save, size_of
from tooeasy.ladder import ClimbOptions, Comparison, PublishedScore

OPTIONS = ClimbOptions(cache=False)


@pytest.fixture(scope="module")
def ladder():
    """A short ladder with a rung that has no score, and a published figure."""
    found = tooeasy.climb("digits", only=["nothing", "metadata", "one-pixel", "mean-template"], options=OPTIONS)
    return dataclasses.replace(found, published=(PublishedScore("human", 0.97, "people", "somebody"),))


def test_bars_are_accuracies(ladder):
    """Each rung with a score has a bar of its accuracy, from the lowest up, and its number beside it."""
    ax = draw(ladder, plt.subplots()[1])
    scored = [rung for rung in ladder.rungs if rung.score is not None]
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [bar.get_width() for bar in bars] == [rung.test_accuracy for rung in scored]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["nothing", "one-pixel", "mean-template"]
    assert [text.get_text().split()[0] for text in ax.texts] == [f"{rung.test_accuracy:.1%}" for rung in scored]


def test_published_figures_are_marked_as_published(ladder):
    """As lines, in a legend that says so."""
    ax = draw(ladder, plt.subplots()[1])
    assert ax.get_legend().get_title().get_text() == "published"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["human 97.0%"]


@pytest.mark.slow
def test_a_comparison_has_a_point_for_each_rung_of_each_dataset():
    """At its accuracy; a rung that one dataset lacks has one point."""
    cards = [
        tooeasy.make_card(name, up_to=top, options=OPTIONS)
        for name, top in (("digits", "2-pixels"), ("mnist", "one-pixel"))
    ]
    ax = draw(Comparison(tuple(cards)), plt.subplots()[1])
    lines = [container.lines[0] for container in ax.containers]
    for card, line in zip(cards, lines, strict=True):
        np.testing.assert_allclose(line.get_xdata(), [rung["test_accuracy"] for rung in card.rungs.values()])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["digits", "mnist"]


@pytest.mark.filterwarnings("error")
def test_they_are_written(ladder, tmp_path):
    """Light and dark, in every format, higher for more rungs."""
    save([ladder], tmp_path / "a.png")
    save([ladder], tmp_path / "b.svg", dark=True)
    save([Comparison((tooeasy.make_card("digits", up_to="one-pixel", options=OPTIONS),) * 2)], tmp_path / "c.pdf")
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("a.png", "b.svg", "c.pdf"))
    assert size_of(dataclasses.replace(ladder, rungs=ladder.rungs * 3))[1] > size_of(ladder)[1]
