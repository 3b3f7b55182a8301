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
IN_UNITS = "brief-pairs"
MONEY = {f"{IN_UNITS}:{column}" for column in (3, 4, 5)}
"""Observed, expected and their difference."""
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
    """Return the places where two languages do not write the same numbers, with both texts.

    The pairs of the brief are counted in each language's own unit, which a note below their table names: their cells
    are the same where they agree as far as the coarser unit shows.
    """
    units = [_read_unit(document) for document in (one, other)]
    pairs = zip(list_numbers(one), list_numbers(other), strict=True)
    return [
        (place, first, second)
        for (place, first, a), (_, second, b) in pairs
        if (not _agree(first, second, units) if place in MONEY else a != b)
    ]


def _read_unit(document: Document) -> float:
    """Return what a number in the table of pairs stands for, by its note."""
    table = next((block for block in document.blocks if getattr(block, "key", "") == IN_UNITS), None)
    name = re.search("billion|million|thousand|亿|万", table.notes[0]) if table is not None else None
    return 10.0 ** SCALES[name[0]] if name else 1.0


def _agree(first: str, second: str, units: list[float]) -> bool:
    try:
        values = [float(text.replace(",", "").replace("−", "-")) for text in (first, second)]
    except ValueError:
        return first == second and not any(map(str.isdigit, first))
    one, other = (value * unit for value, unit in zip(values, units, strict=True))
    return abs(one - other) <= 0.051 * sum(units)
