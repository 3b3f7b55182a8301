"""A made-up language: every letter of a message carries an accent, what a message puts in does not."""

import re
import unicodedata
from collections.abc import Iterator

from fluent.syntax import FluentSerializer, ast, parse
from fluent.syntax.visitor import Transformer
from matplotlib.text import Text as DrawnText

from twintrade.render import page as page_module
from twintrade.render.blocks import (
    BulletList,
    Document,
    EventView,
    Figure,
    Heading,
    Images,
    Note,
    Paragraph,
    Table,
    format_caption,
)
from twintrade.text import Catalogue

ACCENT = "\u0301"
PLAIN = re.compile(rf"(?<![\w{ACCENT}])[a-zA-Z]{{2,}}(?![\w{ACCENT}])")


def accent(text: str) -> str:
    """Return a text with an accent on every letter."""
    return "".join(c + ACCENT if c.isascii() and c.isalpha() else c for c in text)


class Accents(Transformer):
    """Accents for what messages say, not for names of values, functions and choices."""

    def visit_TextElement(self, node):
        node.value = accent(node.value)
        return node

    def visit_Placeable(self, node):
        return self.generic_visit(node) if isinstance(node.expression, ast.SelectExpression) else node


def make_pseudo_catalogue() -> Catalogue:
    """Return the English catalogue with accents."""
    serializer = FluentSerializer()
    return Catalogue(transform=lambda source: serializer.serialize(Accents().visit(parse(source))))


def list_plain_words(text: str) -> list[str]:
    """Return the words of a text without an accent."""
    return PLAIN.findall(unicodedata.normalize("NFD", text))


def collect_drawn_texts(monkeypatch) -> list[str]:
    """Return a list that fills with what figures say, and keep them from being encoded."""
    said: list[str] = []

    def gather(drawing, theme, title=""):
        said.extend(t.get_text() for t in drawing.findobj(DrawnText) if t.get_visible())
        return Images(b"", b"", b"", 6.0, 4.0)

    monkeypatch.setattr(page_module, "encode", gather)
    return said


def list_texts(document: Document) -> list[tuple[str, str]]:
    """Return every text of a document with the place where it stands, in the language in use."""
    return list(_walk(document))


def _walk(document: Document) -> Iterator[tuple[str, str]]:
    for block in document.blocks:
        match block:
            case Heading():
                yield "heading", block.text
            case Paragraph() | Note():
                yield "prose", "".join(span.text for span in block.spans)
            case BulletList():
                yield from (("list", "".join(span.text for span in item)) for item in block.items)
            case Table():
                yield f"{block.key} caption", format_caption(block)
                yield from ((f"{block.key} head", cell.text) for cells in block.header for cell in cells)
                yield from ((f"{block.key} note", note) for note in (*block.notes, *block.own_notes))
                for row in block.rows:
                    yield from ((f"{block.key}:{j}", cell.text) for j, cell in enumerate(row.cells))
            case Figure():
                yield "figure", " ".join((format_caption(block), block.details, block.alt, *block.notes))
            case EventView():
                yield "view", f"{block.title} {block.x_label}"
