"""Figures of audits, findings and what shows them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle
from tests.figures.baselines import difference

from tooeasy.figures import draw, save, size_of
from tooeasy.figures.exhibits import MOST_BINS, MOST_CLASSES
from tooeasy.giveaways import Audit, Finding, Histograms, Pictures, Place

CORNERS = (Place(0, 0, 1, 1), Place(10, 14, 2, 2))


def pictures(n=4, places=CORNERS, seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (n, 12, 16, 1)).astype(np.uint8)
    return Pictures(images, tuple(f"test {number}, label {number % 2}" for number in range(n)), places)


def histograms(classes=2, bins=5, seed=0):
    counts = np.random.default_rng(seed).integers(1, 30, (classes, bins))
    names = tuple(f"c{number}" for number in range(classes))
    return Histograms("file size, bytes", tuple(f"to {number}" for number in range(bins)), counts, names)


def audit(seed=0, **changes):
    findings = (
        Finding("constant-marker", "b", "error", "4 pixels around row 0", exhibit=pictures(seed=seed)),
        Finding("file-properties", "size", "warning", "file size alone", exhibit=histograms(seed=seed)),
        Finding("imbalance", "", "note", f"{seed} for one"),
    )
    made = Audit("made up", ("a", "b"), 10, 10, "test split", findings, {}, {"too-easy": "no ladder was climbed"})
    return dataclasses.replace(made, **changes)


def drawn(result):
    """The axes of a result on a figure of the size that suits it, and all below it."""
    ax = draw(result, plt.figure(figsize=size_of(result)).subplots(gridspec_kw={"left": 0, "right": 1}))
    return ax, [below for child in ax.child_axes for below in (child, *child.child_axes)]


def test_every_picture_shows_its_image_and_its_caption():
    """In order, at one scale of grey."""
    exhibit = pictures()
    _, below = drawn(exhibit)
    assert len(below) == 4
    for ax, image, caption in zip(below, exhibit.images, exhibit.captions, strict=True):
        np.testing.assert_allclose(ax.images[0].get_array(), image[..., 0] / 255)
        assert ax.images[0].get_clim() == (0, 1)
        assert " ".join(ax.texts[0].get_text().split()) == caption


def test_pictures_have_the_same_scale_whatever_the_levels():
    """Of images with 17 levels, the brightest is white."""
    images = np.array([0, 8, 16], np.uint8).reshape(1, 1, 3, 1)
    assert Pictures.of(images, 17, ["x"]).images.ravel().tolist() == [0, 128, 255]
    assert Pictures.of(images, 256, ["x"]).images.ravel().tolist() == [0, 8, 16]


def test_marks_frame_their_place_and_are_not_cut_off():
    """A frame stands around the place, no pixel of which it covers, and over the edge of the picture if it must."""
    _, below = drawn(pictures())
    for ax in below:
        for place, frame in zip(CORNERS, (one for one in ax.patches if isinstance(one, Rectangle)), strict=True):
            assert not frame.get_clip_on()
            x, y = frame.get_xy()
            assert x <= place.column - 1
            assert y <= place.row - 1
            assert x + frame.get_width() >= place.column + place.width
            assert y + frame.get_height() >= place.row + place.height


def test_a_mark_in_a_large_picture_can_be_found():
    """One pixel of 300 has a frame that is seen."""
    exhibit = Pictures(np.zeros((1, 300, 300, 3), np.uint8), ("x",), (Place(5, 5, 1, 1),))
    _, below = drawn(exhibit)
    assert below[0].patches[0].get_width() > 10


def test_bars_are_shares_of_each_class():
    """A row of bars for each class, one scale for all, and the share of the highest in words."""
    exhibit = histograms()
    _, (chart,) = drawn(exhibit)
    heights = np.array([bar.get_height() for bar in chart.patches]).reshape(2, 5)
    np.testing.assert_allclose(heights / heights.max(), exhibit.shares / exhibit.shares.max())
    assert [text.get_text() for text in chart.texts] == [f"{own.max():.0%}" for own in exhibit.shares]
    assert [label.get_text() for label in chart.get_yticklabels()] == ["c0", "c1"]


def test_many_classes_are_rows_of_colours():
    """Each row is a class's shares."""
    exhibit = histograms(10)
    _, (chart,) = drawn(exhibit)
    np.testing.assert_allclose(chart.images[0].get_array(), exhibit.shares)


def test_too_many_classes_and_bins_are_reduced():
    """345 classes, 200 bins: those least like the rest, the most frequent, all others together; and it says so."""
    exhibit = histograms(345, 200)
    reduced = exhibit.reduced(MOST_CLASSES, MOST_BINS)
    assert reduced.counts.shape == (MOST_CLASSES, MOST_BINS)
    kept = [exhibit.classes.index(name) for name in reduced.classes]
    np.testing.assert_array_equal(reduced.counts.sum(axis=1), exhibit.counts[kept].sum(axis=1))
    apart = np.abs(exhibit.shares - exhibit.shares.mean(axis=0)).sum(axis=1)
    assert apart[kept].min() >= np.delete(apart, kept).max()
    ax, (chart,) = drawn(exhibit)
    assert len(chart.get_yticklabels()) == MOST_CLASSES
    assert "the 30 of 345 classes least like the rest" in ax.texts[0].get_text()


def test_a_finding_says_how_grave_it_is():
    """In a word, beside its title and its message; with or without something to show."""
    for finding in audit().findings:
        ax, below = drawn(finding)
        told = [text.get_text() for text in ax.texts]
        assert told == [finding.severity, finding.about.title, finding.message]
        assert bool(below) is (finding.exhibit is not None)


def test_an_audit_draws_the_gravest_findings():
    """Up to six, in order; what is left out is said."""
    one = audit().findings[2]
    ax, _ = drawn(audit(findings=(*audit().findings, *(one,) * 5)))
    assert len(ax.child_axes) == 6
    assert ax.child_axes[0].texts[0].get_text() == "error"
    assert {text.get_text() for text in ax.texts} == {"2 more findings", "not looked at: too-easy"}
    assert "1 error, 1 warning, 6 notes" in ax.get_title(loc="left")


@pytest.mark.filterwarnings("error")
def test_they_are_written(tmp_path):
    """An audit without a finding too, names that matplotlib might take for mathematics, words without a break."""
    odd = Finding("file-names", "$x$", "note", "$\\frac{" + "m" * 400, exhibit=histograms(7, 30))
    findings = (odd, dataclasses.replace(odd, exhibit=pictures(12)), *audit().findings)
    save([audit(findings=findings, dataset="$odd_$" * 30)], tmp_path / "a.png")
    save([audit(findings=())], tmp_path / "b.svg", dark=True)
    save([audit().findings[0]], tmp_path / "c.pdf")
    assert "nothing was found that gives the classes away" in (tmp_path / "b.svg").read_text()
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("a.png", "c.pdf"))


@pytest.mark.parametrize("dark", [False, True])
def test_it_looks_as_it_should(tmp_path, dark):
    """Like the stored picture; another audit does not, nor the dark one like the light one."""
    name = f"audit{'-dark' if dark else ''}"
    assert difference(audit(), name, tmp_path, size=(10, 7), dark=dark) is None


def test_a_wrong_picture_is_noticed(tmp_path, monkeypatch):
    """The figure of another audit, and the dark one, are not taken for the stored picture."""
    monkeypatch.delenv("TOOEASY_BASELINES", raising=False)
    assert "RMS" in difference(audit(seed=1), "audit", tmp_path, size=(10, 7))
    assert "RMS" in difference(audit(), "audit", tmp_path, size=(10, 7), dark=True)
