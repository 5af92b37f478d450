"""A card as Markdown for a README, and as a badge."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape

from tooeasy.ladder.card import Card
from tooeasy.text import in_hundredths

_PER_LETTER, _MARGIN = 6.6, 12  # pixels, of DejaVu Sans at 11 pixels
_FINDINGS = 10  # of an audit that Markdown lists
_SIZES = tuple(
    (10 ** (3 + step), words)
    for step, words in enumerate(("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"))
)  # as the hub calls them
_SOLVED = 0.95  # of the best rung's accuracy


def solving_rung(card: Card) -> dict[str, Any] | None:
    """Return the lowest rung that reaches 95 % of the best one's accuracy."""
    if not card.rungs:
        return None
    best = max(rung["test_accuracy"] for rung in card.rungs.values())
    return next(rung for rung in card.rungs.values() if rung["test_accuracy"] >= _SOLVED * best)


def to_markdown(card: Card, *, front_matter: bool = False) -> str:
    """Write a card as a section of Markdown, for a README or a dataset card on a hub.

    Parameters
    ----------
    card : Card
    front_matter : bool, default False
        Begin with the metadata in YAML that dataset cards of the Hugging Face hub begin with.
    """
    facts, ladder = card.content["dataset"], card.content["ladder"]
    size = "x".join(map(str, facts["image_shape"]))
    lines = [
        *(_front_matter(card) if front_matter else []),
        f"## How easy is {_plain(card.name)}?",
        "",
        f"{facts['n_train']:,} training and {facts['n_test']:,} test images of {size}, {len(card.classes)} classes.",
        "",
        "| rung | looks at | test accuracy | 95% interval | bits |",
        "|---|---|---|---|---|",
    ]
    for rung in card.rungs.values():
        low, high = rung["test_interval"]
        bits = "" if rung["usable_bits"] is None else in_hundredths(rung["usable_bits"])
        name, looks_at = _plain(rung["rung"]), _plain(rung["looks_at"])
        lines.append(
            f"| {name} | {looks_at} | {rung['test_accuracy']:.1%} | {100 * low:.1f} to {100 * high:.1f} | {bits} |"
        )
    lines += [f"| {_plain(one.label)} | {_plain(one.what)} | {one.accuracy:.1%} | | |" for one in card.published]
    lines += ["", *(f"- {_plain(line)}" for line in ladder["verdict"]), "", *_findings(card)]
    lines.append(f"Made with tooeasy {_plain(card.content['made_by']['tooeasy'])}; data {facts['checksum']}.")
    return "\n".join(lines) + "\n"


def _front_matter(card: Card) -> list[str]:
    """Lines of YAML: what the hub files datasets under. Quoted as JSON, which is YAML too."""
    images = card.content["dataset"]["n_train"] + card.content["dataset"]["n_test"]
    size = next((words for most, words in _SIZES if images < most), "1B<n<10B")
    return [
        "---",
        f"pretty_name: {json.dumps(card.name, ensure_ascii=False)}",
        "task_categories:",
        "- image-classification",
        "size_categories:",
        f"- {size}",
        "tags:",
        "- tooeasy",
        "---",
        "",
    ]


def _findings(card: Card) -> list[str]:
    """Lines of what an audit found, the gravest first; none without an audit."""
    if card.audit is None:
        return []
    found = card.audit["findings"]
    lines = [f"- {one['severity']}: {_plain(one['message'])}" for one in found[:_FINDINGS]]
    if len(found) > _FINDINGS:
        lines.append(f"- and {len(found) - _FINDINGS} more")
    return ["What gives the classes away:", "", *(lines or ["- nothing was found"]), ""]


def to_badge(card: Card) -> str:
    """Draw a badge as SVG: which rung reaches 95 % of the best."""
    rung = solving_rung(card)
    right = "nothing climbed" if rung is None else f"{rung['rung']} {rung['test_accuracy']:.0%}"
    left = "too easy?"
    a, b = (round(len(text) * _PER_LETTER + 2 * _MARGIN / 2) for text in (left, right))
    title = escape(f"{card.name}: 95% of the best accuracy is reached by {right}", {'"': "&quot;"})
    style = 'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" fill="#fff" text-anchor="middle"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{a + b}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{a}" height="20" fill="#444"/><rect x="{a}" width="{b}" height="20" fill="#31688e"/>'
        f'<g {style}><text x="{a / 2}" y="14">{escape(left)}</text>'
        f'<text x="{a + b / 2}" y="14">{escape(right)}</text></g></svg>\n'
    )


def _plain(text: str) -> str:
    """Keep names from being read as Markdown or HTML, on one line."""
    line = " ".join(str(text).split())
    return re.sub(r"([\\`*_{}\[\]<>|])", r"\\\1", line).replace("&", "&amp;")
