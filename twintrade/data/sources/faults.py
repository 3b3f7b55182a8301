"""Collects every fault of a reading, so that a user corrects a file once and not fault by fault."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias, TypeVar

import numpy as np

from twintrade.data.sources import limits
from twintrade.effects import Message, Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words

T = TypeVar("T")
Fix: TypeAlias = Remedy | None
_SHOWN_IN_TEXT = 5


class InvalidDataError(DataError):
    """The data were read to the end and found faulty; ``n_errors`` were found, listed in ``messages`` or not."""

    def __init__(
        self, text: Words, messages: tuple[Message, ...] = (), n_errors: int = 1, unlisted: Words = ""
    ) -> None:
        super().__init__(text)
        self.unlisted = unlisted or text
        self.messages = messages
        self.n_errors = n_errors


class AbsentInputError(DataError):
    """A declared input file is not there."""


class CellError(ValueError):
    """A cell does not say what its column holds: ``text`` stands behind the cell: "is not a year"."""

    def __init__(self, text: Words, remedy: Fix = None) -> None:
        super().__init__(text)
        self.text, self.remedy = text, remedy


def try_parse(parse: Callable[..., T], *cells: object) -> T | None:
    """Return what cells are read as, None where they cannot be read."""
    try:
        return parse(*cells)
    except ValueError:
        return None


class Faults:
    """What a reading found: errors up to a cap, warnings and notes in full."""

    def __init__(self) -> None:
        self._errors: list[Message] = []
        self._others: list[Message] = []
        self.n_errors = 0

    def error(
        self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "", remedy: Fix = None
    ) -> None:
        """Note one error."""
        self.absorb([Message("error", code, text, file, row, column, remedy)], 1)

    def warn(
        self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "", remedy: Fix = None
    ) -> None:
        """Note what the reader of the results must know."""
        self._others.append(Message("warning", code, text, file, row, column, remedy))

    def inform(self, code: str, text: Words, file: str = "", row: int | None = None, column: str = "") -> None:
        """Note what was accepted or left out by a declared rule."""
        self._others.append(Message("info", code, text, file, row, column))

    def errors(self, code: str, n: int, faulty: Iterable[tuple[int, CellError]], file: str, column: str) -> None:
        """Note many errors of one kind, each with its row; only those that will be listed are drawn."""
        for row, error in islice(faulty, limits.MAX_MESSAGES - len(self._errors)):
            self._errors.append(Message("error", code, error.text, file, row, column, error.remedy))
        self.n_errors += n

    def absorb(self, messages: Iterable[Message], n_errors: int) -> None:
        """Take over the messages of a part that was read on its own."""
        for message in messages:
            if message.level != "error":
                self._others.append(message)
            elif len(self._errors) < limits.MAX_MESSAGES:
                self._errors.append(message)
        self.n_errors += n_errors

    @property
    def messages(self) -> tuple[Message, ...]:
        """Errors first, in the order found."""
        return (*self._errors, *self._others)

    def raise_if_any(self) -> None:
        """Raise ``InvalidDataError`` when an error was noted."""
        if not self.n_errors:
            return
        lines = [describe(m) for m in self._errors[:_SHOWN_IN_TEXT]]
        n_more = self.n_errors - len(lines)
        if self.n_errors > 1:
            lines.insert(0, Text("data.faults", n=self.n_errors))
        listed, unlisted = (
            "\n".join(map(str, [*lines, *([Text(key, n=n_more)] if n_more else [])]))
            for key in ("data.more-listed", "common.more")
        )
        raise InvalidDataError(listed, self.messages, self.n_errors, unlisted)


def describe(message: Message) -> Words:
    """Return a message with its place, in one line."""
    place: list[Words] = [message.file] if message.file else []
    if message.row is not None:
        place = [Text("data.file-row" if message.file else "data.row", file=message.file, row=message.row)]
    if message.column:
        place.append(Text("data.column", name=message.column))
    return Text("common.headed", head=Listed(tuple(place), "comma"), said=message.text) if place else message.text


# Cells of a file as text, with the file's own row numbers, and how a message may quote them.

Explain: TypeAlias = Callable[[str], CellError]
"""From a cell to what is wrong with it, and what the analysis file may say of it."""

COLUMN_NAMES = "header"  # what the column of a wide table's headers is called

# Zero-width characters, soft hyphen, byte-order mark and bidirectional controls: invisible, never part of a name.
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """One column of a file, as text."""

    # name, file: Header and relative path
    name: str
    file: str
    cells: ObjectArray  # (n_rows,)
    rows: IntArray  # (n_rows,): the file's own row numbers, header = 1
    # (n_rows,): cells that the file held as numbers (Excel, Parquet): their decimal point is certain
    is_number: BoolArray | None = None
    # (n_rows,): the column each cell stood in, where a wide table was laid out as one column
    headers: ObjectArray | None = None

    def __len__(self) -> int:
        return int(self.cells.size)

    def errors(self, faults: Faults, code: str, where: BoolArray, explain: Explain) -> None:
        """Note one error for every row of a mask, worded from its cell."""
        places = np.flatnonzero(where)
        names = build_text_array([self.name] * places.size) if self.headers is None else self.headers[places]
        for name in dict.fromkeys(names):
            mine = places[names == name]
            faulty = ((int(self.rows[i]), explain(self.cells[i])) for i in mine)
            faults.errors(code, mine.size, faulty, self.file, str(name))

    def errors_once(self, faults: Faults, code: str, where: BoolArray, explain: Explain) -> None:
        """Note one error for every distinct cell of a mask, at its first row, with the number of rows like it."""
        places = np.flatnonzero(where)
        pairs = {(cell, int(row)) for cell, row in zip(self.cells[places], self.rows[places], strict=True)}
        counts = Counter(cell for cell, _ in sorted(pairs, key=lambda pair: pair[1]))
        first = dict(zip(reversed(self.cells[places]), reversed(self.rows[places]), strict=True))
        for cell, n in counts.items():
            error = explain(cell)
            text = count_rows_like(error.text, n)
            faults.error(code, text, self.file, int(first[cell]), self.name, error.remedy)


def count_rows_like(text: Words, n: int) -> Words:
    """Return what is wrong in one row with the number of the other rows that have it."""
    return Text("data.more-rows", text=text, n=n - 1) if n > 1 else text


def build_text_array(values: Iterable[str]) -> ObjectArray:
    """Return text as an object array, also when all have one length."""
    items = values if isinstance(values, list) else list(values)
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def quote_cell(cell: str) -> str:
    """Return a cell as a message may show it: short, without control or bidirectional characters."""
    shown = "".join(c for c in cell.translate(_INVISIBLE) if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    if len(shown) > limits.MAX_QUOTED_CHARACTERS:
        shown = shown[: limits.MAX_QUOTED_CHARACTERS - 1] + "…"
    return f"“{shown}”"


def clean_name(cell: str) -> str:
    """Return a name in NFC with single plain spaces and no invisible characters: one city stays one city."""
    if cell.isascii() and cell.isalnum():
        return cell
    return " ".join(unicodedata.normalize("NFC", cell.translate(_INVISIBLE)).split())


def clean_text(cell: str) -> str:
    """Return a remark as one line without control or invisible characters."""
    name = clean_name(cell)
    return name if name.isprintable() else "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs"))


def fold_name(name: str) -> str:
    """Return what two spellings of one name share: letters, vowel signs and digits only, no accents, no case."""
    return split_words(name).replace(" ", "")


def split_words(name: str) -> str:
    """Return the words of a name without accents and case, with the marks that are vowel signs."""
    if name.isascii():
        return "".join(c if c.isalnum() else " " for c in name.casefold())
    written = [c for c in unicodedata.normalize("NFKD", name.casefold()) if not _is_accent(c)]
    return "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in written)


_OVERLAY, _POINTS, _ACCENTS = 1, range(10, 37), 200  # combining classes: strokes, Hebrew and Arabic points, and above


def _is_accent(c: str) -> bool:
    """Return whether a mark may be left out in writing."""
    kind = unicodedata.combining(c)
    return kind >= _ACCENTS or kind == _OVERLAY or kind in _POINTS or "\ufe00" <= c <= "\ufe0f" or c >= "\U000e0100"


def fold_names(cells: Iterable[object]) -> set[str]:
    """Return the distinct folded names of cells, without those that hold no letter or digit."""
    return {fold_name(name) for name in set(map(str, cells))} - {""}
