"""Check that every number in the tables of appendix.html equals the cell of the results that it names.

``python verify_appendix.py results/NAME`` needs no library, and ends with 1 where a number differs or has no source.
"""

import csv
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(rf"(<\s*)?([{MINUS}+-]?)(\d[\d,]*(?:\.\d+)?|∞)")
TOKEN = re.compile(r"\d+(?:[.,]\d+)*")
VOID = frozenset(("br", "wbr", "img", "meta", "col", "link", "hr"))


@dataclass(frozen=True)
class PageCell:
    """One cell of a table of the page: what it prints, the keys of its numbers, the columns it spans."""

    text: str
    keys: tuple[str, ...] = ()
    span: int = 1
    is_head: bool = False


@dataclass(frozen=True)
class PageTable:
    """One table of the page: its number and its caption as printed, its rows of cells."""

    number: str
    caption: str
    header: list[list[PageCell]]
    rows: list[list[PageCell]]


class PageReader(HTMLParser):
    """The tables of a page, as its tags are read."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[PageTable] = []
        self.open: list[str] = []
        self.text: dict[str, str] = {}
        self.rows: dict[str, list[list[PageCell]]] = {}
        self.cell: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an opening tag."""
        given = {name: value or "" for name, value in attrs}
        if tag in VOID:
            self.handle_data(" " if tag == "br" else "")
            return
        self.open.append(given.get("class", "") if given.get("class") in ("number", "pad") else tag)
        if tag == "table":
            self.text, self.rows = {"caption": "", "number": ""}, {"thead": [], "tbody": []}
        elif tag == "tr":
            self.rows["thead" if "thead" in self.open else "tbody"].append([])
        elif tag in ("td", "th"):
            self.cell, self.text["cell"] = given, ""

    def handle_endtag(self, tag: str) -> None:
        """Take a closing tag."""
        if tag in VOID or not self.open:
            return
        self.open.pop()
        if tag in ("td", "th"):
            span, keys = int(self.cell.get("colspan", "1")), tuple(self.cell.get("data-of", "").split())
            rows = self.rows["thead" if "thead" in self.open else "tbody"]
            rows[-1].append(PageCell(self.text.pop("cell"), keys, span, tag == "th"))
        elif tag == "table":
            number, caption = self.text["number"].strip(" ."), self.text["caption"]
            self.tables.append(PageTable(number, caption, self.rows["thead"], self.rows["tbody"]))

    def handle_data(self, data: str) -> None:
        """Take text; what only aligns decimals is none."""
        if "pad" not in self.open:
            for name in self.text:
                self.text[name] += data if name == "cell" or {"caption", name} <= set(self.open) else ""


def read_tables(page: str) -> list[PageTable]:
    """Return the tables of a page in their order."""
    parser = PageReader()
    parser.feed(page)
    return parser.tables


class StoredNumbers:
    """The files of a result set, each read when a key first names it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Any] = {}

    def find(self, key: str) -> tuple[list[dict[str, Any]], str, str]:
        """Return the rows that a key names, the column and the form of the number."""
        file, place, column, *form = key.split(":")
        read = self.read(unquote(file))
        if file.endswith(".json"):
            for step in place.split("."):
                read = read[int(step)] if isinstance(read, list) else read[unquote(step)]
            rows = [read if isinstance(read, dict) else {"*": read}]
        elif place.isdigit():
            rows = [read[int(place) - 2]]
        else:
            wanted = [tuple(map(unquote, part.split("=", 1))) for part in place.split("&")]
            rows = [row for row in read if all(row[name] == value for name, value in wanted)]
        return rows, unquote(column), form[0] if form else ""

    def read(self, file: str) -> Any:
        """Return a file of the results: its rows, or what its JSON holds."""
        if file not in self.files:
            with (self.folder / file).open(encoding="utf-8", newline="") as stream:
                self.files[file] = json.load(stream) if file.endswith(".json") else list(csv.DictReader(stream))
        return self.files[file]


def compute_value(rows: Sequence[dict[str, Any]], column: str, form: str) -> float:
    """Return the number that the page rounds."""
    if form in ("count", "size"):
        return float(len(rows) if form == "count" else len(rows[0]))
    if form in ("distinct", "more"):
        return float(len({row[column] for row in rows}) - (form == "more"))
    value = float(rows[0][column])
    form, _, zeros = form.partition("~")
    if form in ("log", "share"):
        value = 100 * (math.expm1(value) if form == "log" else value)
    elif form:
        value /= float(rows[0]["se"] if form == "t" else form[1:])
    return round(value, -int(zeros)) if zeros else value


def is_rounded(value: float, bound: str, sign: str, digits: str) -> bool:
    """Whether printed digits are a value, rounded to as many decimals."""
    if bound:
        return value < float(digits)
    if digits == "∞":
        return math.isinf(value) and (sign == MINUS) == (value < 0)
    rounded = f"{abs(value):,.{len(digits.partition('.')[2])}f}"
    is_negative = value < 0 and any(digit in rounded for digit in "123456789")
    return digits.replace(",", "") == rounded.replace(",", "") and (sign in (MINUS, "-")) == is_negative


def has_same_numbers(text: str, row: dict[str, Any], column: str) -> bool:
    """Whether a text says no number that its source does not say."""
    source = list(row.values()) if column == "*" else [row[column], row.get(f"{column}_text", row.get("text"))]
    written = json.dumps(source, ensure_ascii=False)
    if text.strip() in written:
        return True
    known = set(TOKEN.findall(written))
    names = row.get(column)
    if isinstance(names, list):
        known.add(str(len(names) - sum(str(name) in text for name in names)))
    return set(TOKEN.findall(text)) <= known


def check_cell(cell: PageCell, results: StoredNumbers) -> Iterator[str]:
    """Yield what is wrong with a cell, by the key of the number or as unsourced."""
    printed = NUMBER.findall(cell.text)
    is_words = len(cell.keys) == 1 and cell.keys[0].endswith(":words")
    if len(printed) != len(cell.keys) and not is_words:
        yield "unsourced"
        return
    for number, key in zip(printed, cell.keys, strict=False):
        try:
            rows, column, form = results.find(key)
            if is_words and has_same_numbers(cell.text, rows[0], column):
                continue
            if is_words or not is_rounded(compute_value(rows, column, form), *number):
                yield key
        except (OSError, LookupError, TypeError, ValueError):
            yield key


def check_page(folder: Path) -> tuple[int, list[str]]:
    """Return how many cells with numbers were checked, and every one that is wrong: where it stands, what is said."""
    results, wrong, n_checked = StoredNumbers(folder), [], 0
    for table in read_tables((folder / "appendix.html").read_text(encoding="utf-8")):
        for n, row in enumerate(table.rows, 1):
            for k, cell in enumerate(row):
                if any(map(str.isdigit, cell.text)) and (cell.keys or not cell.is_head):
                    n_checked += 1
                    wrong += [f"{table.number}, {n}/{k}: {cell.text} ({key})" for key in check_cell(cell, results)]
    return n_checked, wrong


if __name__ == "__main__":
    checked, faults = check_page(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print(*faults, f"checked: {checked}", f"wrong: {len(faults)}", sep="\n")
    raise SystemExit(1 if faults else 0)
