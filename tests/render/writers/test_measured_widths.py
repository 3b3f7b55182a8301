"""Widths of tables in LaTeX, measured from the letters of its typeface where no TeX is at hand."""

from dataclasses import replace
from pathlib import Path

import matplotlib
import pytest
from matplotlib.ft2font import FT2Font, LoadFlags

from twintrade.render.blocks import Cell, Column, Row, Table, build_row, list_exhibits
from twintrade.render.writers.cells import (
    COLUMN_SPACE,
    SIZES,
    fit_table,
    mark_cell_breaks,
    measure_serif,
    place_cells,
    select_columns,
)

WIDTHS = (345.0, 390.0, 455.0, 470.0)
NARROW = 0.995  # a rounded width may be so much less than the letter's own


@pytest.fixture(scope="module")
def roman():
    font = FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", "cmr10.ttf")))
    font.set_size(1000, 72)
    known = font.get_charmap()
    return {chr(c): font.load_char(c, LoadFlags.NO_HINTING).linearHoriAdvance / 65536000 for c in known}


@pytest.fixture(scope="module")
def tables(made_document):
    return [block for block in list_exhibits(made_document.blocks) if isinstance(block, Table)]


def list_cells(table):
    for cells in (*table.header, *(row.cells for row in table.rows)):
        yield from place_cells(cells)


def test_letters_are_as_wide_as_in_computer_modern(roman):
    for letter in map(chr, range(0x21, 0x7F)):
        if letter not in '<>"\\^_{|}~`':  # which the typeface keeps elsewhere
            assert NARROW * roman[letter] <= measure_serif(letter) <= roman[letter] + 0.08, letter


def test_every_text_of_a_page_is_measured_at_its_width(tables, roman):
    for text in {line for table in tables for cell, _ in list_cells(table) for line in cell.lines if len(line) > 8}:
        if text.isascii():
            real = sum(roman[letter] for letter in text.replace(" ", "i"))
            assert NARROW * real <= measure_serif(text) <= 1.25 * real, text


@pytest.mark.parametrize("width", WIDTHS)
def test_no_word_passes_the_edge_of_its_column(tables, width):
    assert len(tables) > 10
    cuts = dict(SIZES)
    for table in tables:
        layout = fit_table(table, width)
        assert sum(layout.columns) + COLUMN_SPACE * (len(layout.columns) - 1) <= width + 0.1, table.key
        for part in layout.parts:
            for cell, place in list_cells(part):
                pieces = [p for line in cell.lines for p in mark_cell_breaks(line, " ", cell).split(" ")]
                longest = max(map(measure_serif, pieces)) * layout.size * cuts[layout.size]
                assert longest <= sum(layout.columns[place : place + cell.span]) + 0.1, (table.key, cell.lines)


def build_wide(n_columns, cell="−12.345"):
    heads = (Cell(("",)), *(Cell((f"({i})",)) for i in range(1, n_columns)))
    rows = (build_row("Effect", *[cell] * (n_columns - 1)), build_row("First", cell, *[""] * (n_columns - 2)))
    return Table("wide", "Wide", (Column("left"), *[Column("decimal")] * (n_columns - 1)), (heads,), (rows,))


def test_type_shrinks_before_a_table_is_split_and_every_column_stays():
    layouts = [fit_table(build_wide(n), 345.0) for n in (4, 9, 30)]
    assert [len(layout.parts) for layout in layouts][:2] == [1, 1]
    assert layouts[0].size >= layouts[1].size
    parts = layouts[2].parts
    assert len(parts) > 1
    assert [cell.text for part in parts for cell in part.header[0][1:]] == [f"({i})" for i in range(1, 30)]
    assert [len(part.rows) for part in parts] == [2, *[1] * (len(parts) - 1)]


def test_what_spans_columns_spans_those_that_are_left():
    table = build_wide(6)
    spanned = (Cell(("",)), Cell(("left",), span=3), Cell(("right",), span=2))
    table = replace(table, header=(spanned, *table.header), groups=((Row((Cell(("all",), span=6),)),),))
    part = select_columns(table, [0, 3, 4])
    assert [(cell.text, cell.span) for cell in part.header[0]] == [("", 1), ("left", 1), ("right", 1)]
    assert [cell.span for cell in part.rows[0].cells] == [3]


def test_a_table_that_no_page_holds_breaks_over_pages(tables):
    row = build_row("one", "1.2")
    tall = Table("tall", "Tall", (Column("left"), Column("decimal")), ((Cell(("",)), Cell(("x",))),), ((row,) * 80,))
    assert fit_table(tall, 345.0).height > 520 > fit_table(tables[0], 345.0).height
