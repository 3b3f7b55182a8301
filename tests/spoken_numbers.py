"""Numbers of a page as values, whatever language writes them: 1.24 billion and 12.4亿 are the same."""

import re
from collections.abc import Iterator

from pseudo_language import list_texts

from twintrade.render.blocks import Document

SCALES = {
    "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "bn": 9, "m": 6,
    "千": 3, "万": 4, "百万": 6, "亿": 8, "十亿": 9, "万亿": 12,
}  # fmt: skip
_NUMBER = re.compile(
    r"(?<![A-Za-z\d_.])(?<!SHA-)(?P<sign>[−-]?)(?P<digits>\d[\d,]*(?:\.\d+)?)(?P<percent>\s?%)?"
    r"(?: (?P<english>thousand|million|billion|trillion|bn|m)\b|(?P<chinese>万亿|百万|十亿|[千万亿]))?"
)
SPOKEN = 12
"""Whole numbers up to which prose may use a word."""


def read_numbers(text: str, is_prose: bool = True) -> list[str]:
    """Return the values of a text's numbers in their order of size; of prose without those that may be words."""
    found = []
    for match in _NUMBER.finditer(text):
        value = float(match["digits"].replace(",", ""))
        scale = SCALES[match["english"] or match["chinese"]] if match["english"] or match["chinese"] else 0
        is_small = value <= SPOKEN and "." not in match["digits"] and not match["percent"] and not scale
        if not (is_prose and is_small):
            found.append(f"{value * 10**scale:.6g}{'%' if match['percent'] else ''}")
    return sorted(found)


def list_numbers(document: Document) -> Iterator[tuple[str, str, list[str]]]:
    """Yield every text of a document with its place and its numbers."""
    for place, text in list_texts(document):
        yield place, text, read_numbers(text, is_prose=":" not in place)


def find_differences(one: Document, other: Document) -> list[tuple[str, str, str]]:
    """Return the places where two languages do not write the same numbers, with both texts."""
    pairs = zip(list_numbers(one), list_numbers(other), strict=True)
    return [(place, first, second) for (place, first, a), (_, second, b) in pairs if a != b]
