"""A made-up language: every letter of a message carries an accent, what a message puts in does not."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from fluent.syntax import FluentSerializer, ast, parse
from fluent.syntax.visitor import Transformer
from matplotlib.text import Text as DrawnText

from twintrade.effects import ResultSet
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
from twintrade.text import Catalogue, load_catalogue
from twintrade.text.texts import typeset

ACCENT = "\u0301"
PLAIN = re.compile(rf"(?<![\w{ACCENT}])[a-zA-Z]{{2,}}(?![\w{ACCENT}])")

SPELLED = ("column-", "machine-", "level-", "restriction-", "base-", "type-", "payload_", "head-")


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


class PseudoCatalogue(Catalogue):
    """English with accents, and with a word for each name that English itself leaves as it is."""

    def _source(self, name: str) -> str:
        source = super()._source(name)
        names = [key for key in load_catalogue("zh-CN")._list_entries(name) if f"\n{key} =" not in f"\n{source}"]
        spelled = "".join(
            f"\n{key} = {re.split('[-_]', key, maxsplit=1)[1]}" for key in names if key.startswith(SPELLED)
        )
        return FluentSerializer().serialize(Accents().visit(parse(source + spelled)))


def make_pseudo_catalogue() -> Catalogue:
    """Return the English catalogue with accents."""
    return PseudoCatalogue()


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
                yield from ((f"{block.key} note", note) for note in block.notes)
                for row in block.rows:
                    yield from ((f"{block.key}:{j}", cell.text) for j, cell in enumerate(row.cells))
            case Figure():
                yield "figure", " ".join((format_caption(block), block.alt, *block.notes))
            case EventView():
                yield "view", block.title


Fields = Mapping[str, tuple[str, ...]]
"""Columns by table of the results, or by payload; sections and parts of the manifest likewise."""

NAMES: Fields = {
    "sections": ("question", "limits", "outcome"),
    "manifest": (
        "analysis", "title", "inputs", "tool", "git", "git_commit", "tool_version", "spec", "spec_hash", "versions",
    ),
    "data": ("unit", "city", "partner"),
    "twinnings": (
        "city", "signatory", "partner", "partner_city", "kind", "candidates", "first_contact", "signed", "source",
        "note",
    ),
    "specifications": ("citation_text", "equation", "outcome", "outcome_unit", "effect_unit"),
    "agreements_outside_panel": ("twinning", "city", "partner"),
    "messages": ("code", "file", "column"),
    "raw_series": ("unit",),
    "candidate_dates": ("label",),
    "known_shocks": ("label",),
    "adoption": ("unit",),
    "forest": ("label", "group"),
    "claims": ("claim_id",),
}  # fmt: skip
"""What users and sources wrote, and names: citations, codes, units of money."""

HASH = re.compile(r"\b[0-9a-f]{8,}\b")


def list_held(results: ResultSet, fields: Fields) -> Iterator[str]:
    """Yield the texts that lie in fields of the results."""
    for table, columns in fields.items():
        holder = getattr(results, table) if hasattr(results, table) else results.payloads.get(table, {})
        for column in columns:
            if column in holder:
                yield from _list_texts(holder[column] if isinstance(holder, dict) else list(holder[column]))


def _list_texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield from value.splitlines()
            parts = (urlsplit(value).hostname or "").split(".") if value.startswith("http") else []
            yield from (".".join(parts[k:]) for k in range(len(parts) - 1))
        case dict():
            yield from value
            yield from (text for inner in value.values() for text in _list_texts(inner))
        case list():
            yield from (text for inner in value for text in _list_texts(inner))


def find_english(texts: Iterable[str], held: Iterable[str]) -> dict[str, list[str]]:
    """Return the texts in which plain words are left once what is held is taken out, with these words."""
    shown = {typeset(text.replace("`", "")) for text in held}
    pieces = {form for text in shown for form in (text, text.rstrip("."), text[:1].upper() + text[1:])}
    known = sorted((piece for piece in pieces if len(piece) > 1), key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(piece)}(?!\w)" for piece in known))
    left = {text: list_plain_words(HASH.sub(" ", pattern.sub(" ", text))) for text in texts}
    return {text: words for text, words in left.items() if words}
