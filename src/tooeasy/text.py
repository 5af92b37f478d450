"""Names that come from outside, sizes and numbers, made fit for a line of a message or a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def printable(text: str) -> str:
    r"""Show what is not printable, such as line breaks, as escapes: a message stays one line, and can be encoded."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def size_in_words(n: int) -> str:
    """Bytes in the largest unit of which there is one.

    Examples
    --------
    >>> size_in_words(3 * 2**29), size_in_words(700)
    ('1.5 GiB', '700 bytes')
    """
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if n >= 1024**power:
            return f"{n / 1024**power:.1f} {unit}"
    return f"{n} bytes"


def in_hundredths(value: float) -> str:
    """Two decimals, and never minus nothing.

    Examples
    --------
    >>> in_hundredths(-0.001), in_hundredths(-0.126)
    ('0.00', '-0.13')
    """
    return f"{round(value, 2) + 0.0:.2f}"


def named(names: Sequence[str], most: int = 3) -> str:
    """Name the first few of many."""
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(printable(name) for name in sorted(names)[:most]) + more
