"""Tables in Word: three rules, heads that repeat on every page, rows that do not break."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any
from xml.sax.saxutils import escape

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Emu, Pt, RGBColor
from docx.styles.style import StyleFactory
from docx.table import _Cell as WordCell
from docx.text.paragraph import Paragraph as WordParagraph

from twintrade.render.blocks import Cell, Figure, Table, format_caption
from twintrade.render.writers.cells import (
    clean,
    compute_column_weights,
    compute_pads,
    measure_breadth,
    measure_longest,
    pad,
    place_cells,
)
from twintrade.text import join_sentences

# The styles of the Word file by name, so that a department changes each in one place.

INK, ACCENT, MUTED = "0B0C0C", "12436D", "505A5F"
OWN_HEADINGS = ("Heading 1", "Heading 2", "Heading 3", "Heading 4", "Caption", "List Bullet")


@dataclass(frozen=True, slots=True)
class Look:
    """What a style of this program is like before anyone changes it."""

    size: float = 0.0  # in points; 0 is that of the style below it
    is_bold: bool = False
    colour: str = INK
    before: float = 0.0  # before, after: Space in points
    after: float = 0.0
    edge: str = ""  # colour of a line at the left, or around where `is_boxed`
    is_boxed: bool = False
    keeps_next: bool = False
    base: str = "Normal"


PARAGRAPHS = {
    "Deck": Look(12.5, colour=MUTED, after=4),
    "Byline": Look(9, after=6),
    "Key Name": Look(9, colour=MUTED),
    "Key Number": Look(16, is_bold=True, colour=ACCENT),
    "Key Number Long": Look(11.5, base="Key Number", is_bold=True, colour=ACCENT),
    "Key Range": Look(9),
    "Table Text": Look(9.5, before=1, after=1),
    "Table Text Small": Look(8, base="Table Text", before=1, after=1),
    "Table Text Smallest": Look(7, base="Table Text", before=1, after=1),
    "Table Head": Look(is_bold=True, base="Table Text", before=1, after=1),
    "Table Head Small": Look(is_bold=True, base="Table Text Small", before=1, after=1),
    "Table Head Smallest": Look(is_bold=True, base="Table Text Smallest", before=1, after=1),
    "Exhibit Note": Look(8.5, colour=MUTED, before=3, after=9),
    "Picture": Look(after=2),
    "Note": Look(9.5, edge=ACCENT, after=6),
    "Warning": Look(9.5, edge="F46A25", after=6),
    "Simulated": Look(is_bold=True, edge="A01818", is_boxed=True, after=6),
    "Code Block": Look(7, edge="D0D0D0", after=6),
    "Contents Title": Look(is_bold=True, before=6, after=2, keeps_next=True),
    "Contents Line": Look(9.5),
}
CHARACTERS = {
    "Strong": Look(is_bold=True),
    "Code": Look(9.5),
    "Caption Details": Look(),
    "Hyperlink": Look(colour=ACCENT),
}


def add_missing_styles(file: WordDocument) -> None:
    """Give a document the styles it lacks: headings plain, those of this program as they look."""
    present = {style.name for style in file.styles}
    for name in OWN_HEADINGS:
        if name not in present:
            file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    for kind, looks in ((WD_STYLE_TYPE.PARAGRAPH, PARAGRAPHS), (WD_STYLE_TYPE.CHARACTER, CHARACTERS)):
        for name, look in looks.items():
            if name not in present:
                _add_style(file, name, kind, look)


def _add_style(file: WordDocument, name: str, kind: WD_STYLE_TYPE, look: Look) -> None:
    # Styles.add_style looks at every style first, whether it has the name.
    style: Any = StyleFactory(file.styles.element.add_style_of_type(name, kind, False))
    style.quick_style = True
    if look.size:
        style.font.size = Pt(look.size)
    style.font.bold = look.is_bold if look.is_bold or name == "Caption Details" else None
    style.font.underline = True if name == "Hyperlink" else None
    if name == "Code":
        style.font.name = "Consolas"
    if look.colour != INK:
        style.font.color.rgb = RGBColor.from_string(look.colour)
    if kind != WD_STYLE_TYPE.PARAGRAPH:
        return
    style.base_style = file.styles[look.base]
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(look.before), Pt(look.after)
    shape.keep_with_next = look.keeps_next or None
    if name.startswith("Table"):
        shape.line_spacing = 1.0
        style.element.get_or_add_pPr().append(parse_xml(f"<w:contextualSpacing {nsdecls('w')}/>"))
    if look.edge:
        _draw_edge(style.element.get_or_add_pPr(), look)


def _draw_edge(properties: object, look: Look) -> None:
    sides = ("top", "left", "bottom", "right") if look.is_boxed else ("left",)
    edges = "".join(f'<w:{side} w:val="single" w:sz="24" w:space="6" w:color="{look.edge}"/>' for side in sides)
    borders = parse_xml(f"<w:pBdr {nsdecls('w')}>{edges}</w:pBdr>")
    later = [qn(f"w:{name}") for name in ("shd", "tabs", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl")]
    place = next((k for k, child in enumerate(properties) if child.tag in later), len(properties))  # type: ignore
    properties.insert(place, borders)  # type: ignore[attr-defined]


HANGING_SPACE = "\u2004"  # as wide as a bracket in Arial
EM_PER_CHARACTER = 0.56
CELL_MARGIN = "60"  # twentieths of a point
MOST_WHOLE, MOST_WHOLE_TEXT = 24, 8  # rows up to which a table stays on one page: of numbers, and of texts that wrap
MOST_OWN_WIDTH, FIRST_SHARE, LEAST_SHARE = 2, 1.6, 1.2
"""Columns of a ladder that keep their own widths; of more all are alike, the first is this many times as wide, or
the latter where words need the room."""
LEAST_ROWS = 3  # rows of a longer table that stand at least on a page
SIZE, SMALL_SIZE, LEAST_SIZE = 9.5, 8.0, 7.0  # points of the styles of tables, of which widths are made
SUFFIXES = {SIZE: "", SMALL_SIZE: " Small", LEAST_SIZE: " Smallest"}  # of the names of those styles
_OFF = ' w:val="0"'
_HEAVY, _LIGHT, _HAIR = "12", "6", "4"


def add_field(paragraph: WordParagraph, instruction: str, shown: str) -> None:
    """Add a field that Word keeps up to date: a number in a sequence, a page number."""
    run = f"<w:r><w:t>{escape(shown)}</w:t></w:r>"
    field = f'<w:fldSimple {nsdecls("w")} w:instr="{instruction}">{run}</w:fldSimple>'
    paragraph._p.append(parse_xml(field))


def add_long_field(file: WordDocument, instruction: str, lines: Sequence[str]) -> None:
    """Add a field of several paragraphs, each a line of what it shows until Word makes it anew."""
    paragraphs = [file.add_paragraph(style="Contents Line") for _ in lines]

    def mark(paragraph: WordParagraph, element: str) -> None:
        paragraph.add_run()._r.append(parse_xml(element))

    character = f'<w:fldChar {nsdecls("w")} w:fldCharType="{{}}"/>'
    mark(paragraphs[0], character.format("begin"))
    mark(paragraphs[0], f"<w:instrText {nsdecls('w')}>{instruction}</w:instrText>")
    mark(paragraphs[0], character.format("separate"))
    for paragraph, line in zip(paragraphs, lines, strict=True):
        paragraph.add_run(clean(line))
    mark(paragraphs[-1], character.format("end"))


def add_caption(file: WordDocument | WordCell, block: Table | Figure) -> None:
    """Add the caption of a table or figure, which stays with it; Word keeps its number up to date."""
    caption = file.add_paragraph(style="Caption")
    before, number, after = format_caption(block).partition(str(block.number) if block.number else "\0")
    if number:
        caption.add_run(before)
        add_field(caption, f"SEQ {type(block).__name__} \\* ARABIC", number)
    caption.add_run(clean(after if number else before))


def add_table(file: WordDocument, table: Table) -> None:
    """Add caption, table and notes."""
    add_caption(file, table)
    size = _choose_size(file, table)
    rows = [*table.header, *(row.cells for row in table.rows)]
    grid = file.add_table(rows=0, cols=len(table.columns))
    grid.autofit = False
    widths = _widths(file, table, size)
    for j, width in enumerate(widths):
        grid.columns[j].width = Emu(width)
    names = tuple(name + SUFFIXES[size] for name in ("Table Text", "Table Head"))
    for row in _write_rows(table, rows, widths, tuple(file.styles[name].style_id for name in names)):
        grid._tbl.append(row)
    _describe(grid._tbl, table)
    if table.notes:
        file.add_paragraph(clean(join_sentences(table.notes)), style="Exhibit Note")
    else:
        file.add_paragraph()


def find_kept_rows(table: Table) -> set[int]:
    """Return the rows, heads counted, that stay on the page of the next one.

    A short table stays whole and with its notes. A long one leaves neither its head with a row or two at the foot of
    a page nor its last row at the top of the next.
    """
    n_head, n_rows = len(table.header), len(table.header) + len(table.rows)
    last = n_rows if table.notes else n_rows - 1
    if len(table.rows) <= (MOST_WHOLE_TEXT if compute_column_weights(table) else MOST_WHOLE):
        return set(range(last))
    return {*range(n_head + LEAST_ROWS - 1), *range(n_rows - LEAST_ROWS, last)}


TWIP = 635  # Word keeps widths in twentieths of a point: rounded up, columns would pass the margin


def measure_page(file: WordDocument) -> int:
    """Return how wide the text of a page is."""
    section = file.sections[-1]
    return (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)


def _choose_size(file: WordDocument, table: Table) -> float:
    """Return the size of type: the smallest where a word of a ladder is wider than its column in the small one."""
    if not compute_column_weights(table) and len(table.columns) <= 6:
        return SIZE
    if compute_column_weights(table) or not _is_ladder(table):
        return SMALL_SIZE
    cells = [c for row in (*table.header, *(r.cells for r in table.rows)) for c in row[1:] if c.span == 1]
    longest = max((measure_breadth(word) for c in cells for line in c.lines for word in line.split()), default=0.0)
    room = measure_page(file) / (FIRST_SHARE + len(table.columns) - 1) - 2 * int(CELL_MARGIN) * TWIP
    return SMALL_SIZE if longest * Pt(SMALL_SIZE) * EM_PER_CHARACTER <= room else LEAST_SIZE


def _is_ladder(table: Table) -> bool:
    return sum(column.align == "decimal" for column in table.columns) > MOST_OWN_WIDTH


def _widths(file: WordDocument, table: Table, size: float) -> list[int]:
    """Return column widths: shares of the page where text wraps, else what the longest text needs, up to the page."""
    shares = compute_column_weights(table)
    free = measure_page(file)
    if not shares and _is_ladder(table):
        shares = [FIRST_SHARE if size > LEAST_SIZE else LEAST_SHARE, *(1.0 for _ in table.columns[1:])]
    elif not shares:
        shares = [measure_longest(table, j) + 3.0 for j in range(len(table.columns))]
        free = int(min(free, sum(shares) * Pt(size) * EM_PER_CHARACTER))
    return [int(free * share / sum(shares) // TWIP) * TWIP for share in shares]


def _write_rows(
    table: Table, rows: Sequence[tuple[Cell, ...]], widths: list[int], styles: tuple[str, ...]
) -> list[Any]:
    """Return the rows as elements, read at once: through python-docx each cell costs some fifty look-ups."""
    widest, kept_rows, n_head = compute_pads(table), find_kept_rows(table), len(table.header)
    # Rules are heavy above and below the table, light under the head and between groups.
    ends = list(accumulate(map(len, table.groups), initial=n_head - 1))
    below = {ends[0]: _LIGHT, **dict.fromkeys(ends[1:], _HAIR), ends[-1]: _HEAVY}
    rules = {place: [("bottom", width)] for place, width in below.items()}
    rules[0] = [("top", _HEAVY), *rules.get(0, [])]
    is_text = bool(compute_column_weights(table))
    written = []
    for i, cells in enumerate(rows):
        is_head = i < n_head
        edge = '<w:{} w:val="single" w:sz="{}" w:space="0" w:color="0B0C0C"/>'
        edges = (edge.format(*rule) for rule in rules.get(i, ()))
        borders = f"<w:tcBorders>{''.join(edges)}</w:tcBorders>" if i in rules else ""
        shape = f"<w:keepNext{'' if i in kept_rows else _OFF}/>"
        inner = []
        for cell, place in place_cells(cells):
            width = sum(widths[place : place + cell.span]) // TWIP
            span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
            pads = {} if is_head else widest
            lines = _paragraphs(cell, table.columns[place].align, shape, styles[is_head], pads.get(place, ""))
            inner.append(f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{span}{borders}</w:tcPr>{lines}</w:tc>')
        head = "<w:tblHeader/>" if is_head else ""
        # LibreOffice loses rows of a long table whose first rows are both kept and whole.
        whole = "<w:cantSplit/>" if is_head or is_text or any(len(cell.lines) > 1 for cell in cells) else ""
        written.append(f"<w:tr><w:trPr>{whole}{head}</w:trPr>{''.join(inner)}</w:tr>")
    return list(parse_xml(f"<w:tbl {nsdecls('w')}>{''.join(written)}</w:tbl>"))


def _paragraphs(cell: Cell, align: str, shape: str, style: str, widest: str) -> str:
    """Return the lines of a cell, which stay free at the right as far as others of their column hang over."""
    side = "center" if cell.span > 1 else "" if align == "left" else "right"
    aligned = f'<w:jc w:val="{side}"/>' if side else ""
    out = []
    for line in cell.lines or ("",):
        text = clean(line) + HANGING_SPACE * (len(pad(line, widest)) if line else 0)
        named = f'<w:pStyle w:val="{style}"/>'
        out.append(f"<w:p><w:pPr>{named}{shape}{aligned}</w:pPr><w:r>{_text(text)}</w:r></w:p>")
    return "".join(out)


def _text(text: str) -> str:
    """Return a text as Word keeps it: spaces at its ends are lost unless they are marked."""
    pieces = []
    for piece in re.split("([\n\t])", text):
        if piece in ("\n", "\t"):
            pieces.append("<w:br/>" if piece == "\n" else "<w:tab/>")
        elif piece:
            space = "" if piece.strip() == piece else ' xml:space="preserve"'
            pieces.append(f"<w:t{space}>{escape(piece)}</w:t>")
    return "".join(pieces)


def _describe(grid: Any, table: Table) -> None:
    """Store the caption as the table's title for screen readers, and how near texts come to the edge of a cell."""
    edges = "".join(f'<w:{side} w:w="{CELL_MARGIN}" w:type="dxa"/>' for side in ("left", "right"))
    margins = parse_xml(f"<w:tblCellMar {nsdecls('w')}>{edges}</w:tblCellMar>")
    grid.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), clean(table.caption)[:250])
    grid.tblPr.append(caption)
