"""Each component as it was last looked at: its markup is kept beside the tests (renew: ``pytest --snapshot-update``).

What the components show is made by hand, so that no other package's next release can change it.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

from tooeasy import Sketch, study_pixels
from tooeasy.explore import AtypicalImages, ClassDifferences, ClassImages, Samples
from tooeasy.giveaways import Audit, Finding, Histograms, ImageName, Pictures, Place
from tooeasy.ladder import Ladder, PublishedScore, RungScore
from tooeasy.report.budget_chart import budget_chart
from tooeasy.report.class_histogram import class_histogram
from tooeasy.report.explorer import explorer
from tooeasy.report.facts import Facts
from tooeasy.report.giveaways import giveaways
from tooeasy.report.headline import Headline
from tooeasy.report.ladder_chart import ladder_chart
from tooeasy.report.matrix import matrix
from tooeasy.report.page import environment
from tooeasy.report.strips import atypical_strips, sample_strips
from tooeasy.report.tiles import difference_tiles, mean_tiles, template_tiles
from tooeasy.scores import Score
from tooeasy.templates import BudgetCurve, BudgetStudy, PixelOrder, Settings, TemplateStudy
from tooeasy.templates.linear import Linear

CLASSES = ("cat & dog", "<i>eel</i>", "a-b")
SHAPE = (3, 4, 1)


def rendered(template: str, **context) -> str:
    """A component's markup; pictures and packed numbers, whose bytes compression decides, are left out."""
    html = environment().get_template(template).render(**context)
    html = re.sub(r"data:image/(\w+);base64,[\w+/=]+", r"data:image/\1", html)
    return re.sub(r'"payload":"[\w+/=]+"', '"payload":""', html)


def score(right: int, of: int) -> Score:
    """So many of three classes' images right."""
    confusion = np.diag([right, right, right])
    confusion[0, 1] = of - 3 * right
    return Score(confusion)


def ladder(name: str = "zoo", add: int = 0) -> Ladder:
    """Three rungs, one of them on a sample, one that could not be climbed."""
    rungs = (
        RungScore("nothing", "nothing", 0, 60, 60, score(10 + add, 90), 0.0, 0.0, 0.0, 0.0),
        RungScore("border", "the outer frame", 10, 20, 60, score(20 + add, 90), 0.75, 0.1, 1.25, 0.5),
        RungScore("metadata", "the files", 0, 0, 60, None, None, None, 0.0, 0.0, "zoo has no files"),
        RungScore("svm", "all pixels", 12, 60, 60, score(27 + add, 90), None, None, 2.0, 0.25),
    )
    published = (PublishedScore("human", 0.95, "five keepers", "A. Author, 2020"),)
    return Ladder(name, CLASSES, "test split", 1.58, rungs, published, 0, "", "abc", ())


@pytest.fixture(scope="module")
def study():
    """One pixel tells the classes apart by its level; the others are all alike."""
    labels = np.repeat(np.arange(3), 4)
    images = np.full((12, *SHAPE), 7, np.uint8)
    images[:, 1, 2, 0] = 100 * labels
    sketch = Sketch(SHAPE, CLASSES).update(images, labels)
    return study_pixels(sketch, test=Sketch(SHAPE, CLASSES).update(images[::2], labels[::2]))


def test_headline(snapshot):
    one = Headline("Zoo", "It is enough to look at nothing.", (("12.0%", "of images"), ("99.9%", "of <b>all</b>")))
    assert rendered("headline.html.j2", headlines=[one], comparison=()) == snapshot
    assert rendered("headline.html.j2", headlines=[one, one], comparison=["a is easier"]) == snapshot
    warned = Headline("Zoo", "It is enough.", (), "error", "The border <i>predicts</i> the class.")
    assert rendered("headline.html.j2", headlines=[warned], comparison=()) == snapshot


def test_ladder_chart(snapshot):
    assert rendered("ladder_chart.html.j2", chart=ladder_chart([ladder()])) == snapshot
    assert rendered("ladder_chart.html.j2", chart=ladder_chart([ladder(), ladder("ark", 2)])) == snapshot


def test_ladder_table_and_verdict(snapshot):
    assert rendered("ladder_table.html.j2", ladder=ladder()) == snapshot
    assert rendered("verdict.html.j2", ladder=ladder()) == snapshot


def test_matrix(snapshot, study):
    assert rendered("matrix.html.j2", matrix=matrix(study, study.pairs, of="zoo")) == snapshot
    assert rendered("matrix.html.j2", matrix=matrix(study, study.pairs[:1])) == snapshot


def test_explorer(snapshot, study):
    assert rendered("explorer.html.j2", explorer=explorer(study)) == snapshot
    assert rendered("explorer.html.j2", explorer=explorer(study, number=2, most_cells=24)) == snapshot


def test_tiles(snapshot, study):
    means = np.linspace(0, 1, 36).reshape(3, *SHAPE)
    images = ClassImages("zoo", "zoo train", CLASSES, "mean", means, np.array([4, 4, 4]))
    assert rendered("tiles.html.j2", tiles=mean_tiles(images)) == snapshot
    differences = ClassDifferences("zoo", "zoo train", CLASSES, means)
    assert rendered("tiles.html.j2", tiles=difference_tiles(differences, study, 1.0)) == snapshot
    linear = Linear(means.reshape(3, 12) - 0.5, np.zeros(3))
    templates = TemplateStudy("zoo", CLASSES, SHAPE, Settings(kind="means"), linear, None, None, 12)
    assert rendered("tiles.html.j2", tiles=template_tiles(templates)) == snapshot


def test_strips(snapshot):
    images, labels = np.zeros((5, *SHAPE), np.uint8), np.array([0, 0, 1, 1, 2])
    samples = Samples("zoo", "zoo train", CLASSES, (0, 1, 2), images, labels, np.arange(5), 256, 2, 0)
    assert rendered("strips.html.j2", strips=sample_strips(samples)) == snapshot
    distances = np.arange(5.0)
    atypical = AtypicalImages(
        "zoo", "zoo train", CLASSES, labels, np.arange(5), distances, np.arange(5), images, 256, 2, (None,) * 5
    )
    assert rendered("strips.html.j2", strips=atypical_strips(atypical)) == snapshot


def test_budget_chart(snapshot):
    curve = BudgetCurve((1, 2, 4, 8), tuple(score(right, 90) for right in (12, 18, 24, 27)))
    order = PixelOrder("zoo", "forward", ((0, 0, 0),), np.zeros(SHAPE))
    budget = BudgetStudy("zoo", CLASSES, SHAPE, "test split", curve, curve, order, order, score(28, 90), {0.9: 5})
    assert rendered("budget_chart.html.j2", chart=budget_chart(budget, 12)) == snapshot


def audit(*findings: Finding) -> Audit:
    """An audit of made-up findings."""
    return Audit("zoo", CLASSES, 60, 30, "test split", findings, {}, {"too-easy": "no <ladder> was climbed"})


def marker() -> Finding:
    """Pictures with a place at the very edge, and images with names of files."""
    pictures = Pictures(np.zeros((2, *SHAPE), np.uint8), ("cat & dog", "a-b"), (Place(0, 3, 1, 1),))
    images = tuple(ImageName("test", row, f"<b>{row}\ud800.png") for row in range(7))
    return Finding(
        "constant-marker", "a-b", "error", "1 pixel", exhibit=pictures, places=pictures.places, images=images
    )


def test_giveaways(snapshot):
    sizes = Histograms("file size, bytes", ("up to 9", "more"), np.array([[3, 1], [0, 4], [2, 2]]), CLASSES)
    stored = Finding("file-properties", "file size", "warning", "file size alone <i>", exhibit=sizes)
    also = Finding("file-properties", "width", "note", "width alone")
    assert rendered("giveaways.html.j2", giveaways=giveaways(audit(marker(), stored, also))) == snapshot
    assert rendered("giveaways.html.j2", giveaways=giveaways(audit())) == snapshot
    assert rendered("giveaways.html.j2", giveaways=giveaways(audit(*[marker()] * 14))).count("<figure") == 12


def test_class_histogram(snapshot):
    names = tuple(f"class {number}" for number in range(24))
    counts = 7 * np.arange(72).reshape(24, 3) % 9
    chart = class_histogram(Histograms("mode", ("L", "RGB", "<CMYK>"), counts, names))
    assert rendered("class_histogram.html.j2", chart=chart, name="zoo-mode") == snapshot
    assert len(chart.rows) == 20


def test_facts(snapshot):
    facts = Facts(("zoo", "ark"), (("classes", ("3", "4")), ("command", ("tooeasy '<x>'", "tooeasy"))))
    assert rendered("facts.html.j2", facts=facts) == snapshot
    assert rendered("facts.html.j2", facts=Facts(("zoo",), (("classes", ("3",)),))) == snapshot
