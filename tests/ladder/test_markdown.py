"""A card as Markdown: a section for a README, and a Hugging Face dataset card that the hub understands."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tooeasy.cli.main import main
from tooeasy.ladder import Card, card_or_dataset
from tooeasy.ladder.badge import to_markdown


@pytest.fixture(scope="module")
def card() -> Card:
    """A card with three rungs."""
    made = card_or_dataset("digits", up_to="border")
    assert isinstance(made, Card)
    return made


def of_size(card: Card, images: int, name: str = "digits") -> Card:
    """The same card, of so many images."""
    facts = {**card.content["dataset"], "n_train": images - 10, "n_test": 10, "name": name}
    return replace(card, content={**card.content, "dataset": facts})


def parsed(text: str):
    """What the hub's own library reads."""
    hub = pytest.importorskip("huggingface_hub", reason='dataset cards are read by it: pip install "tooeasy[hf]"')
    return hub.DatasetCard(text)


def test_the_hub_reads_the_front_matter(card):
    """Its own library finds task, size and name, and the same Markdown below."""
    found = parsed(to_markdown(card, front_matter=True))
    assert found.data.to_dict() == {
        "pretty_name": "digits",
        "task_categories": ["image-classification"],
        "size_categories": ["1K<n<10K"],
        "tags": ["tooeasy"],
    }
    assert found.text.strip() == to_markdown(card).strip()


@pytest.mark.parametrize(
    ("images", "size"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (70_000, "10K<n<100K"), (10**6, "1M<n<10M"), (5 * 10**9, "1B<n<10B")],
)
def test_sizes_are_called_as_the_hub_calls_them(card, images, size):
    """The bounds of a size belong to the larger one."""
    assert f"\n- {size}\n" in to_markdown(of_size(card, images), front_matter=True)


@pytest.mark.parametrize("name", ["a: b", '"', "#1", "x\n---\ny", "猫", "🐕", "- yes", "null"])
def test_any_name_is_a_name(card, name):
    """Whatever a dataset is called, the front matter stays what it is."""
    assert parsed(to_markdown(of_size(card, 100, name), front_matter=True)).data.pretty_name == name


def test_without_front_matter_it_is_a_section(card):
    """For a page that has its own: a heading of the second level, and a table of as many columns in each row."""
    text = to_markdown(card)
    assert text.startswith("## How easy is digits?\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 4
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
    assert parsed(f"---\nlicense: mit\n---\n# digits\n\n{text}").data.license == "mit"


def test_the_command_writes_it(card, tmp_path, monkeypatch, capsys):
    """``--front-matter`` is for what is printed and for files."""
    monkeypatch.chdir(tmp_path)
    card.save("card.json")
    assert main(["card", "card.json", "--front-matter", "-o", "README.md"]) == 0
    capsys.readouterr()
    assert main(["card", "card.json", "--front-matter"]) == 0
    printed = capsys.readouterr().out
    assert (tmp_path / "README.md").read_text("utf-8") == printed == to_markdown(card, front_matter=True)
