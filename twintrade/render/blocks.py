"""The one list of blocks that every writer understands: headings, prose, tables, figures."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import pandas as pd

from twintrade.text import Text

# A picture in its encodings, with what each of its points says to a reader who asks.


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a picture: shares of its width from the left and of its height from the top, and what it says."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Images:
    """One picture in its three encodings, with its size in inches and its points in reading order."""

    svg: bytes
    pdf: bytes
    png: bytes
    width: float
    height: float
    points: tuple[Point, ...] = ()


# The source of a printed number: file, row and column of the results, and what the page makes of it.


@dataclass(frozen=True, slots=True)
class CellSource:
    """The file, row and column of a printed number."""

    # File and row, "bands.csv:12"; the head is row 1. Or a file and what its rows have, "data.csv:status=treated"; or
    # a path in the manifest, "manifest.json:inputs.0".
    place: str
    column: str  # `*` is the whole row
    # What the page makes of the value before it rounds: nothing, "log" 100(exp(b) - 1), "share" 100 times, "t" over
    # the standard error, "/1000000" divided; "words" for a text whose numbers are all in the cell; of rows their
    # "count", the "distinct" values, and how many "more" there are than one; of a list its "size". "log~1" is rounded
    # to tens, "~2" to hundreds.
    form: str = ""

    @property
    def key(self) -> str:
        """The source as one word, "bands.csv:12:low:log"."""
        column = quote(self.column, safe="*")
        return ":".join((self.place, column, self.form) if self.form else (self.place, column))


SpanKind = Literal["plain", "strong", "code", "link", "reference"]
Align = Literal["left", "right", "decimal"]
Part = Literal["brief", "appendix"]
NoteKind = Literal["note", "warning", "simulated", "code"]


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text inside a paragraph."""

    text: str  # printed as it stands; for a reference it is filled with "Table 2" when blocks are numbered
    kind: SpanKind = "plain"
    target: str = ""  # address of a link, or key of the table or figure referred to


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title of the document. ``number`` is filled by ``number_sections``."""

    level: int
    text: str
    key: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class BulletList:
    """A bulleted list, one tuple of spans an item."""

    items: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A boxed paragraph: a note, a warning, the sign that data are simulated, or lines of code in one span."""

    kind: NoteKind
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """A new page where pages are; with ``ends_first`` only where all from the last heading on fits onto one."""

    ends_first: bool = False


@dataclass(frozen=True, slots=True)
class Contents:
    """Where the appendix begins: its sections, tables and figures with their pages, where the format has pages."""


@dataclass(frozen=True, slots=True)
class Column:
    """How a table column is set; ``weight`` shares the width among text columns that must wrap."""

    align: Align = "left"
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell: its lines from top to bottom, the columns it spans, its link, and a source for each number."""

    lines: tuple[str, ...]
    span: int = 1
    link: str = ""
    sources: tuple[CellSource, ...] = ()

    @property
    def text(self) -> str:
        """The lines joined by a space."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True)
class Row:
    """One table row; its first cell heads the row."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with three rules and a thin one between groups."""

    key: str  # slug, for file names and references
    caption: str
    columns: tuple[Column, ...]
    header: tuple[tuple[Cell, ...], ...]  # one tuple a header row, spans adding up to the number of columns
    groups: tuple[tuple[Row, ...], ...]  # body, with a rule between groups
    notes: tuple[str, ...] = ()  # sentences below the table
    number: int = 0  # filled by `number_blocks`
    is_simulated: bool = False  # then its fragments carry the word, for they travel without their document
    is_ordered: bool = False  # whether its rows mean something by their order, so that no reader may sort them

    @property
    def rows(self) -> tuple[Row, ...]:
        """All body rows."""
        return tuple(row for group in self.groups for row in group)


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure: the picture, what it says in words, and the numbers it draws."""

    key: str  # slug, for file names and references
    caption: str  # one sentence, its title
    alt: str  # the picture in one sentence, for who cannot see it
    images: Images
    frame: pd.DataFrame  # what is drawn, for the CSV beside it
    notes: tuple[str, ...] = ()  # small print below
    number: int = 0  # filled by `number_blocks`


@dataclass(frozen=True, slots=True, eq=False)
class EventView:
    """A closer look in the browser, at methods by event time and pairs of a total; other formats leave it out."""

    key: str
    title: str
    content: Mapping[str, Any]  # numbers and words, as ``brief.closer.build_view`` makes them


@dataclass(frozen=True, slots=True)
class Lead:
    """The lines under a brief's title: the answer in a sentence, and the data."""

    deck: str
    byline: str


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number that leads, with what it measures and its range."""

    name: str
    value: str
    spread: str


@dataclass(frozen=True, slots=True)
class KeyNumbers:
    """A strip of numbers, and the verdict on a question: the position of the chosen one among all there are."""

    numbers: tuple[KeyNumber, ...]
    question: str
    verdicts: tuple[str, ...]
    chosen: int


@dataclass(frozen=True, slots=True)
class Aside:
    """Text with its heading at its side."""

    name: str
    blocks: tuple[Paragraph | BulletList, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FigureRow:
    """Figures in one row if the page is wide enough, each with its own width."""

    figures: tuple[Figure, ...]


Exhibited: TypeAlias = Table | Figure
Running: TypeAlias = Heading | Paragraph | BulletList | Note | PageBreak | Contents
Block = Running | Exhibited | EventView | Lead | KeyNumbers | Aside | FigureRow


@dataclass(frozen=True, slots=True)
class Absent:
    """Why an exhibit is not in the document, as one sentence."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A finished document: its blocks, numbered, what file formats store about it, and the analysis it is about."""

    title: str
    blocks: tuple[Block, ...]
    language: str = "en-GB"
    is_simulated: bool = False
    parts: tuple[Part, ...] = ("appendix",)
    subject: str = ""
    authors: tuple[str, ...] = ()
    analysis: str = ""


def emphasize(text: str) -> Span:
    """Return emphasized text."""
    return Span(text, "strong")


def build_reference(key: str) -> Span:
    """Return a reference to a table or figure by its key."""
    return Span("", "reference", key)


def build_spans(*parts: str | Span) -> tuple[Span, ...]:
    """Return parts as spans."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def build_paragraph(*parts: str | Span) -> Paragraph:
    """Return a paragraph of texts and spans."""
    return Paragraph(build_spans(*parts))


def build_row(*cells: str | Cell) -> Row:
    """Return a row of texts and cells."""
    return Row(tuple(Cell((c,)) if isinstance(c, str) else c for c in cells))


def build_table(
    key: str,
    caption: str,
    heads: Sequence[str],
    groups: Iterable[Sequence[Row]],
    notes: Sequence[str] = (),
    *,
    align: Align = "right",
) -> Table:
    """Return a table below one row of heads: names at the left, all other columns alike."""
    columns = (Column(), *(Column(align) for _ in heads[1:]))
    return Table(key, caption, columns, (build_row(*heads).cells,), tuple(map(tuple, groups)), tuple(notes))


# Tables, figures and running text inside blocks: listed, changed, numbered.


def list_exhibits(blocks: Iterable[Block]) -> list[Table | Figure]:
    """Return the tables and figures of some blocks in their order."""
    return [
        exhibit
        for block in blocks
        for exhibit in (block.figures if isinstance(block, FigureRow) else (block,))
        if isinstance(exhibit, Table | Figure)
    ]


_INNER: Mapping[type, str] = {
    Paragraph: "spans", Note: "spans", BulletList: "items", Aside: "blocks", FigureRow: "figures",
    KeyNumbers: "numbers",
}  # fmt: skip
"""Where blocks hold further parts that are changed with them."""


def replace_parts(part: Any, change: Callable[[Any], Any]) -> Any:
    """Return a block, or a tuple of blocks or spans, with every part changed, the innermost first."""
    if isinstance(part, tuple):
        return tuple(replace_parts(one, change) for one in part)
    if name := _INNER.get(type(part)):
        part = replace(part, **{name: replace_parts(getattr(part, name), change)})
    return change(part)


def replace_exhibits(blocks: Iterable[Block], change: Callable[[Exhibited], Exhibited]) -> list[Block]:
    """Return blocks with every table and figure changed."""
    return list(replace_parts(tuple(blocks), lambda part: change(part) if isinstance(part, Table | Figure) else part))


def replace_references(blocks: Iterable[Block], change: Callable[[Span], Span]) -> list[Block]:
    """Return blocks with every reference to a table or figure changed."""

    def changed(part: Any) -> Any:
        return change(part) if isinstance(part, Span) and part.kind == "reference" else part

    return list(replace_parts(tuple(blocks), changed))


def find_text(part: object, words: str) -> bool:
    """Return whether some words are anywhere in blocks or in a part of one."""
    if isinstance(part, Mapping):
        part = tuple(part.values())
    if isinstance(part, str | tuple):
        return words in part if isinstance(part, str) else any(find_text(one, words) for one in part)
    return is_dataclass(part) and any(find_text(getattr(part, f.name), words) for f in fields(part))


def number_blocks(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Number tables and figures in their order and fill in the references to them."""
    names: dict[str, str] = {}
    counts: Counter[type] = Counter()

    def number(exhibit: Exhibited) -> Exhibited:
        counts[type(exhibit)] += 1
        numbered = replace(exhibit, number=counts[type(exhibit)])
        names[exhibit.key] = format_number(numbered)
        return numbered

    numbered = replace_exhibits(blocks, number)
    return tuple(replace_references(numbered, lambda span: replace(span, text=names.get(span.target, ""))))


def number_sections(blocks: Iterable[Block], letter: str) -> list[Block]:
    """Number the headings below the title: A.1, A.1.1 and so on."""
    numbered: list[Block] = []
    counts: list[int] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level > 1:
            depth = block.level - 1
            counts = [*counts[: depth - 1], (counts[depth - 1] if len(counts) >= depth else 0) + 1]
            block = replace(block, number=".".join((letter, *map(str, counts))))
        numbered.append(block)
    return numbered


def format_heading(block: Heading) -> str:
    """Return a heading with its number, where it has one."""
    return f"{block.number} {block.text}" if block.number else block.text


def format_caption(block: Table | Figure) -> str:
    """Return the caption of a table or figure with its number, where it has one."""
    number = format_number(block)
    return str(Text("writers.numbered", what=number, caption=block.caption)) if number else block.caption


def format_number(block: Table | Figure) -> str:
    """Return what a numbered table or figure is called, empty where it has no number."""
    key = "writers.table" if isinstance(block, Table) else "writers.figure"
    return str(Text(key, n=block.number)) if block.number else ""


# A department's own spelling: words of the prose replaced once the pages are made, names of the data not.

SENTENCE = 4  # words from which on a cell that ends in a full stop is prose and not a name

Change = Callable[[str], str]


def replace_words(blocks: Iterable[Block], spelling: Mapping[str, str]) -> tuple[Block, ...]:
    """Return blocks with whole words replaced in all prose; a capital at the start of a word is kept."""
    if not spelling:
        return tuple(blocks)
    known = {word.lower(): new for word, new in spelling.items()}
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(known, key=len, reverse=True)))})\b", re.IGNORECASE)

    def new_word(match: re.Match[str]) -> str:
        word = known[match.group().lower()]
        return word[:1].upper() + word[1:] if match.group()[0].isupper() else word

    def changed(part: Any) -> Any:
        if isinstance(part, Table):
            return _table(part, change)
        if isinstance(part, Span) and part.kind not in ("plain", "strong"):
            return part
        given = {name: getattr(part, name) for name in _PROSE.get(type(part), ())}
        texts = {k: tuple(map(change, v)) if isinstance(v, tuple) else change(v) for k, v in given.items()}
        return replace(part, **texts) if texts else part

    def change(text: str) -> str:
        return pattern.sub(new_word, text)

    return tuple(replace_parts(tuple(blocks), changed))


_PROSE: Mapping[type, tuple[str, ...]] = {
    Heading: ("text",), Span: ("text",), Figure: ("caption", "alt", "notes"), EventView: ("title",),
    Lead: ("deck", "byline"), KeyNumber: ("name",), KeyNumbers: ("question",), Aside: ("name",),
}  # fmt: skip
"""Fields of blocks and their parts that are prose; verdicts and numbers are not."""


def _table(table: Table, change: Change) -> Table:
    def cell(old: Cell) -> Cell:
        return replace(old, lines=tuple(map(change, old.lines)))

    def sentence(old: Cell) -> Cell:
        is_prose = old.text.rstrip().endswith(".") and len(old.text.split()) >= SENTENCE
        return cell(old) if is_prose and not old.link else old

    return replace(
        table,
        caption=change(table.caption),
        header=tuple(tuple(map(cell, cells)) for cells in table.header),
        groups=tuple(tuple(Row(tuple(map(sentence, row.cells))) for row in group) for group in table.groups),
        notes=tuple(map(change, table.notes)),
    )
