"""Where tables of the Word file may break."""

import io

import docx
import pytest

from twintrade.render.blocks import Column, Document, Table, build_cell, build_row
from twintrade.render.writers.docx import render_docx


def kept(n_rows: int, notes: tuple[str, ...] = ()) -> list[bool]:
    """Whether each row, the head first, stays with the next."""
    rows = tuple(build_row(f"row {i}", str(i)) for i in range(n_rows))
    table = Table("t", "Rows.", (Column(), Column("right")), ((build_cell("what"), build_cell("n")),), (rows,), notes)
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
