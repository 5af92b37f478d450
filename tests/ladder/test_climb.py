"""The climb: which rung solves what, shares of the budget, the cache, and what is kept of an interrupted climb."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sklearn.ensemble import VotingClassifier
from sklearn.tree import DecisionTreeClassifier

import tooeasy
from tooeasy.errors import OptionError
from tooeasy.ladder import ClimbOptions, Estimator, climb
from tooeasy.ladder.budget import fair_share, images_for
from tooeasy.ladder.low import frame
from tooeasy.ladder.rungs import all_rungs, choose
from tooeasy.ladder.task import Task, shares, stratified

CHEAP = ["nothing", "brightness", "border", "one-pixel", "k-pixels", "mean-template", "least-squares", "forest"]
NO_CACHE = ClimbOptions(cache=False)
SOLVED, GUESSED = 0.95, 0.65


def noise(seed: int, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Images of noise, of two classes in turn."""
    return np.random.default_rng(seed).integers(60, 190, (n, 10, 10, 1)).astype(np.uint8), np.arange(n) % 2


def made(change) -> tooeasy.Dataset:
    """A dataset of noise whose training and test images are changed in the same way."""
    parts = []
    for seed in (0, 1):
        images, labels = noise(seed)
        change(images, labels, np.random.default_rng(seed + 10))
        parts.append((images, labels))
    return tooeasy.from_arrays(*parts)


def brighter(images, labels, random):
    """Class 1 is brighter by less than the noise of any pixel."""
    images[labels == 1] += 18


def framed(images, labels, random):
    """Each pixel of the border says a little, half of them by being bright, half by being dark."""
    border = frame((10, 10), 1)
    tells = random.random((len(labels), border.sum())) < 0.64
    bright = tells == (labels[:, None] == np.arange(border.sum()) % 2)
    images[:, border, 0] = np.where(bright, 180, 60)


def marked(images, labels, random):
    """One inner pixel has another value in class 1, and the pixel beside it makes up for its brightness."""
    images[:, 4, 5, 0] = np.where(labels, 200, 50)
    images[:, 4, 6, 0] = np.where(labels, 50, 200)


def scores(data: tooeasy.Dataset, only: list[str]) -> dict[str, float]:
    """Held-out accuracy of each rung."""
    return {rung.rung: rung.test_accuracy for rung in climb(data, only=only, options=NO_CACHE).rungs}


def test_only_the_brightness_gives_the_class():
    """Brightness solves it; one pixel and the border alone do not; a template, which adds up all pixels, does."""
    found = scores(made(brighter), CHEAP)
    assert found["brightness"] > SOLVED
    assert found["one-pixel"] < GUESSED
    assert found["least-squares"] > 0.9
    assert found["nothing"] == 0.5


def test_only_the_border_gives_the_class():
    """A forest on the border solves it, as templates do that see all pixels; one or two pixels do not."""
    found = scores(made(framed), CHEAP)
    assert found["border"] > 0.85
    assert found["mean-template"] > 0.85
    for rung in ("nothing", "brightness", "one-pixel", "2-pixels"):
        assert found[rung] < 0.72, rung


def test_only_one_pixel_gives_the_class():
    """One pixel solves it, and so does every rung above that looks there; nothing below does."""
    found = scores(made(marked), CHEAP)
    for rung in ("one-pixel", "2-pixels", "64-pixels", "least-squares", "forest"):
        assert found[rung] > SOLVED, rung
    for rung in ("nothing", "brightness", "border"):
        assert found[rung] < GUESSED, rung


def test_only_the_template_gives_the_class():
    """A faint pattern over many pixels: the template adds it up; brightness and one pixel do not see it."""
    pattern = np.where(np.random.default_rng(5).permutation(np.arange(100) % 2).reshape(10, 10, 1), 14, -14)

    def change(images, labels, random):
        images[:] = images + np.where(labels[:, None, None, None], pattern, -pattern)

    found = scores(made(change), CHEAP)
    assert found["mean-template"] > 0.9
    for rung in ("nothing", "brightness", "one-pixel"):
        assert found[rung] < GUESSED + 0.05, rung


def test_only_a_neighbourhood_gives_the_class():
    """A bright dash or its turned twin anywhere: only the CNN sees neighbourhoods."""
    pytest.importorskip("torch", reason="the rung cnn: pip install torch")

    def change(images, labels, random):
        images[:] = 60 + images // 8
        for image, label, row, column in zip(images, labels, *random.integers(1, 8, (2, len(labels))), strict=True):
            image[(row + np.array([0, 0, 0]), column + np.array([-1, 0, 1]))[:: 1 if label else -1]] = 255

    parts = []
    for seed, n in ((0, 1500), (1, 300)):
        images, labels = noise(seed, n)
        change(images, labels, np.random.default_rng(seed))
        parts.append((images, labels))
    found = scores(tooeasy.from_arrays(*parts), ["brightness", "border", "one-pixel", "least-squares", "cnn"])
    assert found["cnn"] > SOLVED
    for rung in ("brightness", "border", "one-pixel", "least-squares"):
        assert found[rung] < 0.75, rung


def test_only_the_size_of_the_file_gives_the_class(tmp_path: Path):
    """Pixels of noise, and one class is saved with more bytes: the rung metadata solves it, the others do not."""
    random = np.random.default_rng(0)
    for split in ("train", "test"):
        for number in range(120):
            name = "ab"[number % 2]
            folder = tmp_path / split / name
            folder.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(random.integers(0, 256, (12, 12), np.uint8))
            comment = PngInfo()
            comment.add_text("comment", "ab"[number % 2] * random.integers(*((20, 60) if name == "a" else (80, 120))))
            image.save(folder / f"{number}.png", pnginfo=comment)
    found = scores(tooeasy.load(tmp_path), ["nothing", "metadata", "brightness", "one-pixel", "least-squares"])
    assert found["metadata"] == 1.0
    for rung in ("nothing", "brightness", "one-pixel", "least-squares"):
        assert found[rung] < 0.75, rung


def test_the_bundle_alone_climbs_what_follows_from_the_sketch(empty_machine):
    """Without the training images, rungs from the sketch have scores, and the others say what they need."""
    ladder = climb("mnist", only=["nothing", "one-pixel", "8-pixels", "mean-template", "knn"], options=NO_CACHE)
    assert ladder.rung("mean-template").test_accuracy == pytest.approx(0.8203)
    assert ladder.rung("one-pixel").test_accuracy == pytest.approx(0.2459, abs=1e-3)
    knn = ladder.rung("knn")
    assert knn.score is None
    assert "images" in knn.why
    assert ladder.verdict()[0].startswith("the best rung is mean-template")


def test_the_same_seed_gives_the_same_ladder():
    """Twice the same, timings aside; another seed holds out other images."""
    only = ["border", "softmax", "forest", "mlp"]
    one, two = (climb("digits", only=only, options=NO_CACHE).to_dict(timings=False) for _ in range(2))
    assert json.dumps(one, allow_nan=False) == json.dumps(two, allow_nan=False)
    other = climb("digits", only=only, options=ClimbOptions(seed=1, cache=False)).to_dict(timings=False)
    assert other["checksum"] != one["checksum"]


def test_a_second_climb_takes_what_is_there(empty_machine, monkeypatch):
    """Scores come from the cache, timings and all, and a longer climb goes on from there."""
    only = ["nothing", "brightness", "one-pixel"]
    first = climb("digits", only=only)
    with monkeypatch.context() as patched:
        patched.setattr("tooeasy.ladder.climbing._score", lambda rung, *_: pytest.fail(rung.name))
        second = climb("digits", only=only)
    kept = [{**rung.to_dict(), "cached": True} for rung in first.rungs]
    assert [rung.to_dict() for rung in second.rungs] == kept
    longer = climb("digits", only=[*only, "2-pixels"])
    assert [rung.to_dict() for rung in longer.rungs[:3]] == kept
    assert not longer.rungs[3].cached


def test_a_damaged_cache_is_made_anew(empty_machine):
    """What cannot be read is computed again."""
    only = ["nothing", "one-pixel"]
    first = climb("digits", only=only)
    for path in (empty_machine / "ladder").rglob("*.json"):
        path.write_text("{")
    assert climb("digits", only=only).to_dict(timings=False) == first.to_dict(timings=False)


def test_an_interrupted_climb_keeps_what_is_done():
    """Ctrl-C in the third rung: the two before it are returned."""

    def stop(name: str, words: str) -> None:
        if name == "border":
            raise KeyboardInterrupt

    ladder = climb("digits", only=["nothing", "brightness", "border", "knn"], options=NO_CACHE, on_progress=stop)
    assert [rung.rung for rung in ladder.rungs] == ["nothing", "brightness"]


def test_a_rung_of_ones_own():
    """Any scikit-learn classifier stands above the others, and scores what it scores by hand."""
    tree = DecisionTreeClassifier(max_depth=6, random_state=0)
    ladder = climb("digits", only=["nothing", "tree"], extra=[Estimator("tree", tree)], options=NO_CACHE)
    data = tooeasy.load("digits").with_hold_out()
    rows = [
        split.images().reshape(len(split), -1).astype(np.float32) / np.float32(16) for split in (data.train, data.test)
    ]
    by_hand = tree.fit(rows[0], data.train.labels).score(rows[1], data.test.labels)
    assert ladder.rung("tree").test_accuracy == pytest.approx(by_hand)


def test_softmax_is_stopped(monkeypatch):
    """After so many steps as the cost model counts with, which changes what it finds and where that is kept."""
    settings = {rung.name: rung.settings for rung in all_rungs()}
    long = scores(made(brighter), ["softmax"])
    monkeypatch.setattr("tooeasy.ladder.linear.MOST_STEPS", 1)
    assert scores(made(brighter), ["softmax"]) != long
    assert {rung.name: rung.settings for rung in all_rungs()} == settings | {"softmax": "1"}


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=12), st.floats(1, 1e4))
def test_shares_use_the_budget_and_no_more(costs, budget):
    """Costs cut off at the share add up to the budget, or all fit."""
    share = fair_share(costs, budget)
    spent = sum(min(cost, share) for cost in costs)
    assert spent <= budget * (1 + 1e-9)
    assert spent == pytest.approx(min(budget, sum(costs)), rel=1e-9)


def test_a_dear_rung_trains_on_a_sample():
    """The sample follows from the cost model, and a larger budget gives a larger sample."""
    images, labels = noise(0, 4000)
    task = Task(tooeasy.from_arrays((images, labels), (images[:10], labels[:10])))
    rungs = choose(all_rungs(), None, ["nothing", "svm"])
    few, more, all_ = (images_for(rungs[1], task, rungs, budget) for budget in (0.05, 0.1, None))
    assert few < more < all_ == 4000
    assert rungs[1].seconds(task, few) <= 0.05


@dataclass(frozen=True, eq=False)
class Watched:
    """Images that know which of them were looked at."""

    images: np.ndarray
    seen: set[int]

    @property
    def shape(self):
        return self.images.shape

    def __getitem__(self, rows):
        self.seen.update(np.arange(len(self.images))[rows].tolist())
        return self.images[rows]


def test_only_the_samples_are_read():
    """Images that no rung trains on are never looked at; each gets the sample that it would get of all images."""
    images, labels = noise(0, 3000)
    test = tooeasy.from_arrays((images[:9], labels[:9])).train
    train = tooeasy.from_arrays((images, labels)).train
    watched = Watched(train.pixels, set())
    few = Task(tooeasy.Dataset("few", dataclasses.replace(train, pixels=watched), test), sizes=[40, 700])
    all_ = Task(tooeasy.Dataset("all", train, test))
    for size in (40, 700):
        reference, computed = all_.train(size), few.train(size)
        assert np.array_equal(computed.images, reference.images)
        assert np.array_equal(computed.labels, reference.labels)
        assert len(computed) == size
    assert watched.seen == set(few.rows(40).tolist()) | set(few.rows(700).tolist())
    assert len(all_.train(3000)) == 3000


def test_images_that_fill_the_memory_are_sampled(monkeypatch):
    """However cheap a rung is; unless it is told to take all, or needs only the sketch."""
    images, labels = noise(0, 4000)
    task = Task(tooeasy.from_arrays((images, labels), (images[:10], labels[:10])))
    rungs = choose(all_rungs(), None, ["nothing", "least-squares", "naive-bayes"])
    monkeypatch.setattr("tooeasy.ladder.budget.MOST_BYTES", 4 * task.pixels * 1_234)
    assert [images_for(rung, task, rungs, 180.0) for rung in rungs] == [4000, 4000, 1200]
    assert [images_for(rung, task, rungs, None) for rung in rungs] == [4000] * 3


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.integers(1, 500))
def test_stratified_shares(sizes, most):
    """Each class by its share; nobody with images gets none; never more than there are."""
    given_ = shares(sizes, min(most, sum(sizes))) if sum(sizes) else []
    for size, n in zip(sizes, given_, strict=False):
        assert (n == 0) == (size == 0)
        assert n <= size
    assert sum(given_) <= max(most, sum(size > 0 for size in sizes))


def test_a_stratified_sample_is_the_seeds():
    """The same rows for the same seed, sorted, without repeats."""
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    rows = stratified(labels, 20, 3, 0)
    assert np.bincount(labels[rows]).tolist() == [10, 6, 4]
    assert rows.tolist() == sorted(set(rows.tolist())) == stratified(labels, 20, 3, 0).tolist()
    assert rows.tolist() != stratified(labels, 20, 3, 1).tolist()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"up_to": "sky"}, "there is no rung 'sky'"),
        ({"only": ["knn", "sky"]}, "there is no rung 'sky'"),
        ({"only": ["knn"], "up_to": "knn"}, "not both"),
    ],
)
def test_unknown_rungs_are_refused(asked, words):
    """By name, with those that there are."""
    with pytest.raises(tooeasy.OptionError, match=words):
        climb("digits", **asked)


def test_nothing_held_out_is_refused():
    """A sketch alone has no images to score on."""
    with pytest.raises(tooeasy.NotAtHandError, match="no held-out images"):
        climb(tooeasy.load("mnist").train.sketch())


def test_published_figures_stand_beside(empty_machine):
    """Those of the catalog, for the dataset of that name and size, marked by who says so."""
    ladder = climb("fashion-mnist", only=["nothing"], options=NO_CACHE)
    assert [known.kind for known in ladder.published] == ["human", "record"]
    assert ladder.published[0].accuracy == 0.835
    assert all(known.source for known in ladder.published)


def test_results_of_own_rungs_are_not_kept(empty_machine):
    """Two estimators whose long descriptions scikit-learn cuts off alike are climbed each for itself."""
    many = [(f"a_long_name_{number}", DecisionTreeClassifier(max_depth=1)) for number in range(60)]
    for depth in (1, 8):
        differs = ("deep", DecisionTreeClassifier(max_depth=depth))
        extra = [Estimator("own", VotingClassifier([*many[:30], differs, *many[30:]]))]
        ladder = climb("digits", only=["nothing", "own"], extra=extra)
        assert not ladder.rung("own").cached
    assert not list((empty_machine / "ladder").rglob("own-*"))
    assert climb("digits", only=["nothing"]).rung("nothing").cached


def test_two_rungs_of_one_name_are_refused():
    """Else nobody could say which of them a result is of."""
    with pytest.raises(OptionError, match="two rungs are called 'knn'"):
        climb("digits", only=["knn"], extra=[Estimator("knn", DecisionTreeClassifier())], options=NO_CACHE)


def test_mean_templates_need_no_matrix():
    """Of images too large for a matrix of pixels by pixels, with probabilities; least squares says what it takes."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 100, (120, 64, 64, 3), dtype=np.uint8), np.arange(120) % 2
    images[labels == 1, :8] += 60
    ladder = climb((images, labels), only=["mean-template", "least-squares"], options=NO_CACHE)
    assert ladder.rung("mean-template").test_accuracy == 1
    assert ladder.rung("mean-template").bits > 0.5
    assert "at most 4,096 pixels" in ladder.rung("least-squares").why
