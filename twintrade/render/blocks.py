"""The one list of blocks that every writer understands: headings, prose, tables, figures."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import pandas as pd

from twintrade.render.cell_source import CellSource
from twintrade.render.images import Images as Images

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
    # Further sentences for its fragments, which travel alone; in the document they stand elsewhere
    notes_alone: tuple[str, ...] = ()
    is_ordered: bool = False  # whether its rows mean something by their order, so that no reader may sort them

    @property
    def alone(self) -> "Table":
        """The table as a fragment, with every note it needs."""
        return replace(self, notes=(*self.notes, *self.notes_alone), notes_alone=())

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
    details: str = ""  # the rest of the caption: tests, means
    notes: tuple[str, ...] = ()  # small print below
    number: int = 0  # filled by `number_blocks`


@dataclass(frozen=True, slots=True, eq=False)
class EventView:
    """An event study to explore in the page; formats without scripts leave it out.

    ``frame`` has the columns of ``figures.event_frame.EVENT_COLUMNS``.
    """

    key: str
    title: str
    frame: pd.DataFrame
    level: float = 0.95
    x_label: str = ""
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands under the title of a brief: the answer in a sentence, and what the data are."""

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
    """Text with its heading beside it."""

    name: str
    blocks: tuple[Paragraph | BulletList, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Figures beside each other where the page is wide enough; each takes its own width."""

    figures: tuple[Figure, ...]


Exhibited: TypeAlias = Table | Figure
Running: TypeAlias = Heading | Paragraph | BulletList | Note | PageBreak | Contents
Block = Running | Exhibited | EventView | Lead | KeyNumbers | Aside | Beside


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
