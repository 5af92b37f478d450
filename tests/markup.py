"""A page whose elements and words tests can look into."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

# Names that would run, end an element or break an address, if they were not escaped; one is longer than a telephone.
NASTY = [
    "<img src=x onerror=alert(1)>",
    "\"quoted\" & 'so'",
    "</script><script>alert(2)</script>",
    "a-b, c" + "x" * 200,
]
EMPTY = {"meta", "img", "br", "link", "input", "hr", "col"}


class Markup(HTMLParser):
    """Elements of a page, its text, and whether every element that was opened was closed in its turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self) -> Counter[str]:
        return Counter(found for _, attributes in self.elements if (found := attributes.get("id")))
