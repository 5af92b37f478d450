"""``tooeasy ladder``, ``compare`` and ``card``."""

from __future__ import annotations

import json
import re
import socket

import numpy as np
import pytest
from PIL import Image

import tooeasy
from tooeasy.cli import ladder_screen
from tooeasy.giveaways import audit
from tooeasy.ladder import ClimbOptions, Perturbation, climb, shipped_card
from tooeasy.ladder.badge import to_markdown
from tooeasy.schemas import schema

CHEAP = "nothing,one-pixel,mean-template"


def test_the_table_and_the_verdict(command):
    """A row for each rung, with accuracy, interval and bits; then the verdict in words."""
    result = command("ladder", "digits", "--only", CHEAP)
    assert result.code == 0
    ladder = climb("digits", only=CHEAP.split(","))
    for rung in ladder.rungs:
        assert f"{rung.rung} {rung.test_accuracy:.1%}" in result.words
    assert " ".join(" ".join(ladder.verdict()).split()) in result.words
    assert "10 classes, 1,438 training images; tested on 359" in result.words


def test_published_figures_are_rows_below_the_rungs(command):
    """People, then records, marked as published, with an accuracy and no interval; in the Markdown of a card too."""
    words = command("ladder", "fashion-mnist", "--only", "nothing,one-pixel").words
    assert re.search(r"one-pixel 28\.\d%.* human \(published\) 83\.5% record \(published\) 96\.7% the best rung", words)
    text = to_markdown(tooeasy.make_card("fashion-mnist", up_to="nothing"))
    assert "| nothing |" in text.split("| human (published) | 1,000 test images")[0]
    assert "| 83.5% | | |\n| record (published) |" in text


def test_perturbed_images_have_no_published_figures(here, capsys):
    """Nobody published how well people do on shifted images."""
    data = tooeasy.load("fashion-mnist")
    with ladder_screen.live(data, None):
        pass
    assert "human (published)" in capsys.readouterr().out
    with ladder_screen.live(data, Perturbation(jitter=1)):
        pass
    assert "published" not in capsys.readouterr().out


def test_json_is_the_library(command):
    """The ladder's to_dict, under its schema; nothing else on standard output."""
    result = command("ladder", "digits", "--only", CHEAP, "--json")
    found = json.loads(result.out)
    assert found["schema"] == "tooeasy/ladder/1"
    assert not any(rung["cached"] for rung in found["results"][0]["rungs"])
    ladder = climb("digits", only=CHEAP.split(","))
    kept = [{**rung, "cached": True} for rung in found["results"][0]["rungs"]]
    assert [{**found["results"][0], "rungs": kept}] == [ladder.to_dict()]


def test_what_is_kept_is_named(command):
    """The second climb says which rungs are from the cache, and how to climb them anew."""
    assert "kept" not in command("ladder", "digits", "--only", "nothing,one-pixel").words
    words = command("ladder", "digits", "--only", CHEAP).words
    assert "kept from an earlier climb, with its seconds: nothing, one-pixel (--no-cache: anew)" in words
    assert "kept" not in command("ladder", "digits", "--only", CHEAP, "--no-cache").words


def test_the_card_that_comes_with_tooeasy(command):
    """Where the training images are not here, a ladder names the command that prints the card with all rungs."""
    assert "tooeasy card mnist --shipped" in command("ladder", "mnist", "--only", "nothing,svm").words
    assert json.loads(command("card", "mnist", "--shipped", "--json").out) == shipped_card("mnist").content
    assert "--shipped" not in command("ladder", "mnist", "--only", "nothing,one-pixel").words
    refused = command("card", "mnist", "--shipped", "--up-to", "softmax", "--seed", "3", "--gray")
    assert refused.code == 2
    assert "--up-to, --color, --seed: for making a card, and this one is made" in refused.err
    refused = command("card", "marked", "--shipped")
    assert refused.code == 2
    assert "no card of 'marked' comes with tooeasy; there are those of cifar-10, digits, fashion-mnist" in refused.err


def test_a_perturbed_ladder_stands_beside(command):
    """With --jitter every rung is climbed twice, and what it lost is shown."""
    result = command("ladder", "digits", "--only", CHEAP, "--jitter", "2", "--json")
    plain, moved = json.loads(result.out)["results"]
    assert moved["perturbation"] == "shifted by up to 2 pixels"
    assert plain["perturbation"] is None
    assert moved["rungs"][2]["test_accuracy"] < plain["rungs"][2]["test_accuracy"] - 0.2
    shown = command("ladder", "digits", "--only", CHEAP, "--jitter", "2").words
    lost = 100 * (plain["rungs"][2]["test_accuracy"] - moved["rungs"][2]["test_accuracy"])
    assert f"{lost:.1f}" in shown.split("lost")[1]


def test_only_a_sketch_says_what_rungs_need(command, make_sketch):
    """Rungs without what they need have no score, and say why below the table."""
    make_sketch("small.sketch", ["a", "b"])
    command("sketch", "digits", "-o", "digits.sketch")
    result = command("ladder", "digits.sketch", "--test", "digits", "--only", "one-pixel,knn")
    assert result.code == 0
    assert "knn: digits is a sketch, without images" in result.words
    assert "the best rung is one-pixel" in result.words


def test_a_figure(command, here):
    """Of the ladder, and of a comparison; light and dark."""
    assert command("ladder", "digits", "--only", CHEAP, "--figure", "a.png", "--dark").code == 0
    assert command("compare", "digits", "mnist", "--up-to", "one-pixel", "--figure", "b.svg").code == 0
    assert (here / "a.png").stat().st_size > 5000
    assert "how far up must one climb?" in (here / "b.svg").read_text()


@pytest.mark.parametrize("text", ["3x", "", "-1", "0s", "m"])
def test_budget_is_a_time(refused, text):
    """Anything else is one line."""
    assert "is not a time such as 90s" in refused("ladder", "digits", f"--budget={text}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ladder", "digits", "--up-to", "sky"], "there is no rung 'sky'"),
        (["ladder", "digits", "--only", "knn", "--up-to", "knn"], "not both"),
        (["ladder", "digits", "--full", "--budget", "3m"], "one of --full and --budget"),
        (["ladder", "digits", "--scale", "1.5"], "scale is a fraction"),
        (["ladder", "digits", "--dark"], "--dark is for a figure"),
        (["compare", "digits"], "two datasets or more"),
        (["compare", "digits", "nothing.json"], "no such card"),
        (["card", "digits", "-o", "card.txt"], ".json, .md, .svg"),
        (["card", "nothing.json"], "no such card"),
    ],
)
def test_wrong_usage_is_one_line(refused, arguments, words):
    """What is wrong, and nothing written."""
    assert words in refused(*arguments)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"schema": "tooeasy/card/99"}',
        '{"schema": "tooeasy/card/1"}',
        '{"schema": 3}',
        "\x00",
        "[" * 99999,
    ],
)
def test_damaged_cards_are_one_line(refused, here, text):
    """Not JSON, not a card, another version, parts missing."""
    (here / "bad.json").write_text(text)
    assert "card" in refused("compare", "bad.json", "digits")


@pytest.mark.slow
def test_cards_are_the_same_in_two_processes(process, here):
    """Bit for bit, trees and CNN included, from the same seed; and they fit the schema."""
    pytest.importorskip("torch", reason="the rung cnn: pip install torch")
    jsonschema = pytest.importorskip("jsonschema", reason="cards are checked with it: pip install jsonschema")
    for name in ("one", "two"):
        cache = str(here / f"cache-{name}")  # each climbs all rungs
        done = process(
            "-m", "tooeasy", "card", "digits", "-o", f"{name}.json", env={"TOOEASY_CACHE": cache}, timeout=500
        )
        assert done.returncode == 0, done.stderr
    one, two = ((here / f"{name}.json").read_bytes() for name in ("one", "two"))
    assert one == two
    content = json.loads(one)
    jsonschema.validate(content, schema("card"))
    unclimbed = [rung["rung"] for rung in content["ladder"]["rungs"] if rung["test_accuracy"] is None]
    assert unclimbed == ["metadata"]


def test_a_card_can_be_compared_and_shown(command, here):
    """As JSON it is what the library makes; compared with a dataset; as Markdown and as a badge."""
    assert command("card", "digits", "--up-to", "mean-template", "-o", "digits.json").code == 0
    made = tooeasy.make_card("digits", up_to="mean-template").with_audit(audit("digits").to_dict())
    assert (here / "digits.json").read_text() == made.to_json()
    compared = command("compare", "digits.json", "mnist", "--up-to", "mean-template", "--json")
    found = json.loads(compared.out)
    assert found["schema"] == "tooeasy/compare/1"
    assert [card["dataset"]["name"] for card in found["cards"]] == ["digits", "mnist"]
    shown = command("card", "digits.json").out
    assert shown.startswith("## How easy is digits?\n")
    assert "| mean-template |" in shown
    assert command("card", "digits.json", "-o", "badge.svg").code == 0
    assert (here / "badge.svg").read_text().startswith("<svg")


def test_a_folder_is_compared_with_mnist_without_its_images(command, here, monkeypatch):
    """The card that comes with the package stands for MNIST: no image, no request; and the screen says so."""
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a request"))
    random = np.random.default_rng(0)
    for number in range(40):
        (here / "mine" / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(random.integers(0, 256, (8, 8), np.uint8))
        image.save(here / "mine" / "ab"[number % 2] / f"{number}.png")
    asked = ("compare", "mine", "mnist", "--up-to", "brightness")
    found = json.loads(command(*asked, "--json").out)
    mine, mnist = found["cards"]
    assert found["shipped"] == ["mnist"]
    card = shipped_card("mnist")
    assert mnist["dataset"]["checksum"] == card.content["dataset"]["checksum"]
    assert [rung["rung"] for rung in mnist["ladder"]["rungs"]] == ["nothing", "metadata", "brightness"]
    assert mnist["ladder"]["rungs"][2] == card.rungs["brightness"]
    assert mine["dataset"]["n_train"] == 32
    assert "from the cards that come with tooeasy: mnist (seed 0, a budget of 180 s for all rungs; numpy" in (
        command(*asked).words
    )


def test_names_in_cards_are_escaped(command, here):
    """A dataset's name cannot put markup into a badge or a README."""
    content = json.loads(tooeasy.make_card("digits", up_to="one-pixel", options=ClimbOptions(cache=False)).to_json())
    content["dataset"]["name"] = '<script>alert("x")</script>|[a](b)'
    (here / "evil.json").write_text(json.dumps(content))
    assert command("card", "evil.json", "-o", "evil.svg").code == 0
    assert "<script" not in (here / "evil.svg").read_text()
    text = command("card", "evil.json").out
    assert r"\<script\>" in text
    assert r"\|\[a\](b)" in text


def test_the_verdict_on_mnist_and_fashion_mnist(command):
    """Fashion-MNIST is easier than MNIST for one pixel per pair, and harder from the mean template up."""
    result = command("compare", "fashion-mnist", "mnist", "--up-to", "least-squares", "--json")
    found = {one["what"]: one for one in json.loads(result.out)["pairs"][0]["differences"]}
    assert found["one pixel per pair"]["answer"] == "easier"
    assert found["mean-template"]["answer"] == found["least-squares"]["answer"] == "harder"
    assert found["one pixel per pair"]["first"] == pytest.approx(0.926, abs=1e-3)
    assert found["one pixel per pair"]["second"] == pytest.approx(0.891, abs=1e-3)
