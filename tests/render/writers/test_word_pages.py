"""How tables stand in the Word file, and where they may break."""

import io

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn

from twintrade.render.blocks import Cell, Column, Document, Figure, FigureRow, Row, Table, build_row, list_exhibits
from twintrade.render.writers import docx_table
from twintrade.render.writers.docx import render_docx
from twintrade.render.writers.docx_table import CHARACTERS, PARAGRAPHS, add_missing_styles, add_table


def kept(n_rows: int, notes: tuple[str, ...] = ()) -> list[bool]:
    """Whether each row, the head first, stays with the next."""
    rows = tuple(build_row(f"row {i}", str(i)) for i in range(n_rows))
    table = Table("t", "Rows.", (Column(), Column("right")), ((Cell(("what",)), Cell(("n",))),), (rows,), notes)
    file = docx.Document(io.BytesIO(render_docx(Document("Title", (table,)))))
    marks = [
        [bool(p.paragraph_format.keep_with_next) for c in r.cells for p in c.paragraphs] for r in file.tables[0].rows
    ]
    assert all(len(set(mark)) == 1 for mark in marks)
    return [mark[0] for mark in marks]


@pytest.mark.parametrize("n_rows", [1, 2, 5, 24])
def test_a_short_table_stays_whole_and_with_its_notes(n_rows):
    assert kept(n_rows) == [True] * n_rows + [False]
    assert kept(n_rows, ("A note.",)) == [True] * (n_rows + 1)


def test_a_long_table_breaks_in_its_middle_only():
    marks = kept(60)
    assert marks[:4] == [True, True, True, False]
    assert marks[-4:] == [False, True, True, False]
    assert not any(marks[3:-3])
    assert kept(60, ("A note.",))[-1]


def test_a_table_reads_in_word_as_it_was_given():
    """Rows are written as XML and not through python-docx, which must find in them what it would have written."""
    columns = (Column("left"), Column("decimal"), Column("decimal"))
    head = ((Cell(("",)), Cell(("Two", "lines"), span=2)), (Cell(("unit",)), Cell(("a",)), Cell(("b",))))
    body = tuple(Row((Cell((f"<{i}> & co",)), Cell((f"{i}.5***", "(0.3)")), Cell(("",)))) for i in range(30))
    file = docx.Document()
    add_missing_styles(file)
    add_table(file, Table("t", "A table", columns, head, (body[:10], body[10:]), ("A note.",), number=1))
    grid = file.tables[0]
    widths = [column.width for column in grid.columns]
    assert [len(grid.columns), len(grid.rows)] == [3, 32]
    spanning = grid.cell(0, 1)
    assert spanning._tc is grid.cell(0, 2)._tc
    assert spanning.width == widths[1] + widths[2]
    assert [p.text for p in spanning.paragraphs] == ["Two", "lines"]
    assert {p.alignment for p in spanning.paragraphs} == {WD_ALIGN_PARAGRAPH.CENTER}
    last = grid.rows[31].cells
    assert last[0].text == "<29> & co"
    assert [p.text.rstrip("\u2004") for p in last[1].paragraphs] == ["29.5***", "(0.3)"]
    assert last[1].paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT
    assert last[1].paragraphs[1].text.endswith("\u2004")
    assert last[2].text == ""
    assert [cell.width for cell in last] == widths
    styles = [{p.style.name for c in row.cells for p in c.paragraphs} for row in grid.rows]
    assert styles == [{"Table Head"}] * 2 + [{"Table Text"}] * 30
    assert file.styles["Table Head"].font.bold
    assert [r._tr.trPr.find(qn("w:tblHeader")) is not None for r in grid.rows] == [True] * 2 + [False] * 30


FORMATTED = {"b", "i", "u", "sz", "color", "rFonts", "shd"}


def test_a_style_says_how_every_text_looks(report):
    """So a department changes each style in one place; runs have at most a character style of their own."""
    file = docx.Document(io.BytesIO(report.files["appendix.docx"]))
    direct = {
        (child.tag.split("}")[1], "".join(run.xpath(".//w:t/text()"))[:40])
        for run in file.element.body.iter(qn("w:r"))
        for properties in run.findall(qn("w:rPr"))
        for child in properties
    }
    assert {name for name, _ in direct} <= {"rStyle", "noProof"}, direct
    named = {p.style.name for p in file.paragraphs} | {
        p.style.name for t in file.tables for row in t.rows for cell in row.cells for p in cell.paragraphs
    }
    assert {"Caption", "Table Text", "Table Head", "Exhibit Note", "Contents Line", "Deck", "Key Number"} <= named
    assert named <= {*PARAGRAPHS, "Heading 1", "Heading 2", "Heading 3", "Caption", "List Bullet", "Normal"}
    assert set(CHARACTERS) <= {style.name for style in file.styles}
    spaced = [p for p in file.element.body.iter(qn("w:pPr")) if p.find(qn("w:spacing")) is not None]
    assert spaced == []


def test_heads_repeat_pictures_have_words_and_lists_are_fields(report):
    file = docx.Document(io.BytesIO(report.files["appendix.docx"]))
    tables = [t for t in file.tables if t._tbl.tblPr.find(qn("w:tblCaption")) is not None]
    assert len(tables) > 5
    assert all(t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in tables)
    pictures = file.element.body.xpath(".//wp:docPr")
    assert len(pictures) > 5
    assert all(len(picture.get("descr").split()) > 6 for picture in pictures)
    fields = ["".join(code.itertext()) for code in file.element.body.iter(qn("w:instrText"))]
    assert [field.split()[0] for field in fields] == ["TOC"]  # sections alone


def test_pictures_of_a_brief_stand_side_by_side(made_document):
    figures = [one for one in list_exhibits(made_document.blocks) if isinstance(one, Figure)]
    file = docx.Document(io.BytesIO(render_docx(Document("Title", (FigureRow((figures[0], figures[1])),)))))
    (beside,) = [t for t in file.tables if t._tbl.xpath(".//wp:inline")]
    cells = beside.rows[0].cells
    assert len(cells) == 2
    for cell in cells:
        assert [p.style.name for p in cell.paragraphs] == ["Caption", "Picture", "Exhibit Note"]
        (extent,) = cell._tc.xpath(".//wp:inline/wp:extent")
        assert int(extent.get("cx")) < cell.width
    section = file.sections[0]
    assert sum(cell.width for cell in cells) <= section.page_width - section.left_margin - section.right_margin


def test_no_word_of_a_broad_ladder_is_broken_in_its_column():
    """In the type that is chosen the longest word of a column fits, an average letter as wide as in Arial."""
    words = ("randomization", "211,457,502", "imputation,")
    rows = tuple(build_row(word, *[word] * 7) for word in words)
    table = Table("t", "Ladder.", (Column(), *[Column("decimal")] * 7), ((Cell(("",)),) * 8,), (rows,), number=1)
    file = docx.Document(io.BytesIO(render_docx(Document("Title", (table,)))))
    grid = file.tables[0]
    style = file.styles[grid.cell(1, 1).paragraphs[0].style.name]
    room = grid.columns[1].width.pt - 2 * int(docx_table.CELL_MARGIN) / 20
    assert style.font.size.pt == docx_table.LEAST_SIZE
    assert 0.5 * len("randomization") * style.font.size.pt <= room
