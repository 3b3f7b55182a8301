"""Tables in Word: three rules, heads that repeat on every page, rows that do not break."""

from typing import Any

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph as WordParagraph

from twintrade.render.blocks import Cell, Table
from twintrade.render.writers.cells import compute_column_weights, compute_pads, compute_places, measure_longest, pad

HANGING_SPACE = "\u2004"  # as wide as a bracket in Arial
EM_PER_CHARACTER = 0.56
CELL_MARGIN = "60"  # twentieths of a point
MOST_WHOLE, MOST_WHOLE_TEXT = 24, 8
"""Rows up to which a table stays on one page: of numbers, and of texts that wrap."""
LEAST_ROWS = 3
"""Rows of a longer table that stand at least on a page."""
_HEAVY, _LIGHT, _HAIR = "12", "6", "4"


def add_field(paragraph: WordParagraph, instruction: str, shown: str) -> None:
    """Add a field that Word keeps up to date: a number in a sequence, a page number."""
    field, run, text = OxmlElement("w:fldSimple"), OxmlElement("w:r"), OxmlElement("w:t")
    field.set(qn("w:instr"), instruction)
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def add_caption(file: WordDocument, noun: str, number: int, text: str) -> WordParagraph:
    """Add the caption of a table or figure, which stays with it, and return it; Word keeps its number up to date."""
    caption = file.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    if number:
        caption.add_run(f"{noun} ")
        add_field(caption, f"SEQ {noun} \\* ARABIC", str(number))
        caption.add_run(". ")
    caption.add_run(clean(text))
    return caption


def clean(text: str) -> str:
    """Return a text without characters that XML forbids."""
    return "".join(
        c
        for c in text
        if c in "\n\t" or (ord(c) >= 0x20 and not 0xD800 <= ord(c) <= 0xDFFF and ord(c) not in (0xFFFE, 0xFFFF))
    )


def add_table(file: WordDocument, table: Table) -> None:
    """Add caption, table and notes."""
    add_caption(file, "Table", table.number, table.caption)
    size = 8.0 if compute_column_weights(table) or len(table.columns) > 6 else 9.5
    rows = [*table.header, *(row.cells for row in table.rows)]
    grid = file.add_table(rows=len(rows), cols=len(table.columns))
    grid.autofit = False
    widths = _widths(file, table, size)
    for j, width in enumerate(widths):
        grid.columns[j].width = Emu(width)
    widest = compute_pads(table)
    rules, kept = _rules(table), find_kept_rows(table)
    for i, (word_row, cells) in enumerate(zip(list(grid.rows), rows, strict=True)):
        places, is_head = word_row.cells, i < len(table.header)
        _row_property(word_row._tr, "w:cantSplit")
        if is_head:
            _row_property(word_row._tr, "w:tblHeader")
        for cell, place in zip(cells, compute_places(cells), strict=True):
            target = places[place]
            if cell.span > 1:
                target = target.merge(places[place + cell.span - 1])
            else:
                target.width = Emu(widths[place])
            _fill(target, cell, table, place, size, widest if not is_head else {}, is_head=is_head)
            for paragraph in target.paragraphs:
                paragraph.paragraph_format.keep_with_next = i in kept
            _borders(target, rules.get(i, ()))
    _describe(grid._tbl, table)
    if table.notes:
        below = file.add_paragraph()
        below.paragraph_format.space_before, below.paragraph_format.space_after = Pt(4), Pt(12)
        below.add_run(clean(" ".join(table.notes))).font.size = Pt(8.5)
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


TWIP = 635
"""Word keeps widths in twentieths of a point: rounded up, columns would pass the margin."""


def _widths(file: WordDocument, table: Table, size: float) -> list[int]:
    """Return column widths: shares of the page where text wraps, else what the longest text needs, up to the page."""
    shares = compute_column_weights(table)
    section = file.sections[-1]
    free = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    if not shares:
        shares = [measure_longest(table, j) + 3.0 for j in range(len(table.columns))]
        free = int(min(free, sum(shares) * Pt(size) * EM_PER_CHARACTER))
    return [int(free * share / sum(shares) // TWIP) * TWIP for share in shares]


def _rules(table: Table) -> dict[int, list[tuple[str, str]]]:
    """Return the rules of each row: heavy above and below the table, light under the head and between groups."""
    n_head = len(table.header)
    rules: dict[int, list[tuple[str, str]]] = {0: [("top", _HEAVY)]}
    rules.setdefault(n_head - 1, []).append(("bottom", _LIGHT))
    last = n_head - 1
    for group in table.groups:
        last += len(group)
        rules.setdefault(last, []).append(("bottom", _HAIR))
    rules[last] = [rule for rule in rules[last] if rule[0] != "bottom"] + [("bottom", _HEAVY)]
    return rules


def _row_property(row: Any, name: str) -> None:
    row.get_or_add_trPr().append(OxmlElement(name))


def _fill(
    target: _Cell, cell: Cell, table: Table, place: int, size: float, widest: dict[int, str], *, is_head: bool
) -> None:
    align = table.columns[place].align
    for i, line in enumerate(cell.lines):
        paragraph = target.paragraphs[0] if i == 0 else target.add_paragraph()
        shape = paragraph.paragraph_format
        shape.space_before = shape.space_after = Pt(1 if i == 0 else 0)
        shape.line_spacing = 1.0
        if cell.span > 1:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif align != "left":
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        rest = len(pad(line, widest.get(place, ""))) if line else 0
        run = paragraph.add_run(clean(line) + HANGING_SPACE * rest)
        run.font.size = Pt(size)
        run.bold = True if is_head else None


def _borders(target: _Cell, rules: list[tuple[str, str]] | tuple[()]) -> None:
    if not rules:
        return
    borders = OxmlElement("w:tcBorders")
    for side, width in sorted(rules, key=lambda rule: rule[0] != "top"):
        edge = OxmlElement(f"w:{side}")
        for key, value in (("val", "single"), ("sz", width), ("space", "0"), ("color", "0B0C0C")):
            edge.set(qn(f"w:{key}"), value)
        borders.append(edge)
    target._tc.get_or_add_tcPr().append(borders)


def _describe(grid: Any, table: Table) -> None:
    """Store the caption as the table's title for screen readers, and how near texts come to the edge of a cell."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), CELL_MARGIN)
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    grid.tblPr.insert_element_before(margins, "w:tblLook", "w:tblCaption")
    caption = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), clean(table.caption)[:250])
    grid.tblPr.append(caption)
