"""Where the PDF puts what is too tall for the rest of a page."""

import io

import pandas as pd
from pypdf import PdfReader

from twintrade.render.blocks import Cell, Column, Document, Figure, Heading, Table, build_paragraph, build_row
from twintrade.render.figures.encode import encode
from twintrade.render.figures.theme import Theme, open_figure
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.typst_pdf import render_pdf

LINES = build_paragraph(" ".join(f"word{i}" for i in range(280)))
"""About half a page."""


def picture(number: int, height: float) -> Figure:
    theme = Theme()
    with open_figure(theme, height) as drawing:
        drawing.subplots().set_title("picture")
    alt = "A picture of one word, for the test of where it stands."
    return Figure(f"f{number}", f"Caption {number}.", alt, encode(drawing, theme), pd.DataFrame(), number=number)


def pages(*blocks) -> list[str]:
    document = Document("Title", (Heading(1, "Title", "top"), *blocks))
    found, _ = render_pdf(document, Printer(load_charmap()))
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(found)).pages]


def page_of(made: list[str], what: str) -> int:
    return next(i for i, text in enumerate(made) if what in text)


def test_text_fills_the_page_before_a_tall_figure():
    after = build_paragraph("After the figure.")
    made = pages(LINES, picture(1, 6.0), after)
    assert page_of(made, "After the figure.") == 0
    assert page_of(made, "Caption 1.") == 1


def test_a_tall_figure_stays_before_the_next_sub_heading():
    made = pages(
        Heading(2, "Part"), Heading(3, "First"), LINES, picture(1, 6.0), Heading(3, "Second"), build_paragraph("End.")
    )
    assert page_of(made, "Caption 1.") <= page_of(made, "Second")
    assert page_of(made, "End.") == 1


def test_a_low_figure_stays_in_its_place():
    made = pages(build_paragraph("Before."), picture(1, 2.0), build_paragraph("After."))
    assert len(made) == 1
    assert made[0].index("Before.") < made[0].index("Caption 1.") < made[0].index("After.")


def test_notes_travel_with_a_long_table():
    rows = tuple(build_row(f"row {i}", str(i)) for i in range(30))
    columns = (Column(), Column("right"))
    table = Table("t", "Rows.", columns, ((Cell(("what",)), Cell(("n",))),), (rows,), ("The note below.",), number=1)
    made = pages(LINES, table, build_paragraph("After the table."))
    assert page_of(made, "After the table.") == 0
    assert page_of(made, "Table 1. Rows.") == page_of(made, "The note below.") == 1
