"""Where the PDF puts what is too tall for the rest of a page."""

import io
import json
import subprocess
import sys
from importlib.metadata import distributions

import pandas as pd
import pytest
from made_results import make_results
from pypdf import PdfReader

from twintrade.render.appendix import build_document
from twintrade.render.blocks import (
    Aside,
    Cell,
    Column,
    Contents,
    Document,
    Figure,
    Heading,
    Lead,
    PageBreak,
    Table,
    build_paragraph,
    build_row,
)
from twintrade.render.figures.encode import encode
from twintrade.render.figures.theme import open_figure
from twintrade.render.style import Theme
from twintrade.render.writers import typst_pdf
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.pdf_pages import HEIGHT, Piece, choose_order, count_pages, read_piece, sort_pieces
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


def test_a_figure_waits_for_the_next_page_behind_text_and_in_its_series():
    text, head = Piece("text", 150.0), Piece("heading", 30.0, 2)
    figure, low, table = (
        Piece("whole", 400.0, series="figure"),
        Piece("whole", 100.0, series="figure"),
        Piece("whole", 100.0, series="table"),
    )
    pieces = [head, text, text, figure, low, table, head, text, text]
    assert sort_pieces(pieces) == [0, 1, 2, 5, 6, 7, 8, 3, 4]
    assert sort_pieces(pieces, height=2000.0) == list(range(9))


def test_what_waits_stays_before_a_break_and_the_next_sub_heading():
    text, figure, sub = Piece("text", 500.0), Piece("whole", 400.0, series="figure"), Piece("heading", 30.0, 3)
    assert sort_pieces([sub, text, figure, sub, text]) == [0, 1, 2, 3, 4]
    assert sort_pieces([text, figure, Piece("break", 0.0), text]) == [0, 1, 2, 3]


@pytest.mark.parametrize(("n_halves", "n_pages"), [(1, 2), (3, 2)])
def test_a_first_page_that_goes_on_is_not_followed_by_a_white_one(n_halves, n_pages, monkeypatch):
    """Of a document, and of the part behind a break."""
    asked: list[tuple] = []
    choose = typst_pdf.choose_order
    monkeypatch.setattr(typst_pdf, "choose_order", lambda *given: asked.append(given) or choose(*given))
    half, end = [LINES] * n_halves, PageBreak(ends_first=True)
    part = PageBreak(), Heading(2, "Part")
    made = pages(*half, end, build_paragraph("After it."), *part, *half, end, build_paragraph("End of it."))
    assert (len(made), page_of(made, "After it.")) == (2 * n_pages, n_pages - 1)
    assert page_of(made, "End of it.") == 2 * n_pages - 1
    assert count_pages([read_piece(*one) for one in zip(*asked[0], strict=True)]) == 2 * n_pages


def set_pages(document: Document) -> tuple[bytes, tuple]:
    """Return the PDF of a document, and the blocks and heights whose order is chosen."""
    asked: list[tuple] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typst_pdf, "choose_order", lambda *given: asked.append(given) or choose_order(*given))
        return render_pdf(document, Printer(load_charmap()))[0], asked[0]


@pytest.fixture(scope="module")
def appendix():
    return set_pages(build_document(make_results(is_hostile=False)))


def make_tall_figures() -> Document:
    tall = [block for k in (1, 2, 3) for block in (LINES, picture(k, 5.5), Heading(2, f"Part {k}"))]
    return Document("Title", (Heading(1, "Title", "top"), *tall, LINES))


@pytest.mark.parametrize("has_tall_figures", [False, True])
def test_pages_are_counted_as_typst_sets_them(appendix, has_tall_figures):
    found, (blocks, heights) = set_pages(make_tall_figures()) if has_tall_figures else appendix
    pieces = [read_piece(block, height) for block, height in zip(blocks, heights, strict=True)]
    order = choose_order(blocks, heights)
    assert count_pages([pieces[place] for place in order]) == len(PdfReader(io.BytesIO(found)).pages) > 3


def test_a_picture_is_as_tall_where_its_place_alone_is_measured(monkeypatch):
    document = make_tall_figures()
    _, (_, heights) = set_pages(document)
    query, marks = typst_pdf.typst.query, (b"if is-measured { layout(", b"if false { layout(")

    def query_drawn(*_, **given):
        assert marks[0] in given["input"]
        return query(**given | {"input": given["input"].replace(*marks)})

    monkeypatch.setattr(typst_pdf.typst, "query", query_drawn)
    assert set_pages(document)[1][1] == pytest.approx(heights, abs=1e-3)


def test_a_figure_stays_in_its_section_where_that_costs_no_page():
    text, figure = {"type": "paragraph"}, {"type": "figure"}
    head = {"type": "heading", "level": 2, "text": "Part"}
    blocks, heights = [head, text, figure, head, text], [30.0, 500.0, 300.0, 30.0, 100.0]
    assert choose_order(blocks, heights) == list(range(5))
    assert sort_pieces([read_piece(*one) for one in zip(blocks, heights, strict=True)]) == [0, 1, 3, 4, 2]
    heights[-1], longer = 150.0, [*blocks, head, text]
    assert choose_order(longer, [*heights, 30.0, 300.0]) == [0, 1, 3, 4, 2, 5, 6]  # else a third page


def test_of_two_orders_that_with_fewer_pages_is_set():
    blocks = [{"type": "figure"}, {"type": "paragraph"}, {"type": "figure"}]
    assert choose_order(blocks, [400.0, 200.0, 310.0]) == [0, 1, 2]
    assert count_pages([Piece("whole", 400.0), Piece("whole", 310.0), Piece("text", 200.0)]) == 2
    assert count_pages([Piece("text", 700.0), Piece("heading", 30.0), Piece("text", 90.0)]) == 2
    assert count_pages([Piece("text", 100.0), Piece("break", 0.0), Piece("text", 100.0)]) == 2


@pytest.mark.parametrize(("n_words", "n_asides", "n_pages"), [(40, 29, 2), (40, 33, 2), (85, 14, 2), (85, 21, 4)])
def test_a_brief_slightly_too_long_for_two_pages_is_set_closer(n_words, n_asides, n_pages):
    """Thirty texts of forty words, and fourteen of eighty-five, take a third page as they are commonly set."""
    texts = [Aside(f"Text {k}", (build_paragraph("word " * n_words),)) for k in range(n_asides)]
    brief = Lead("Deck.", "Byline."), *texts
    assert len(pages(*brief)) == n_pages
    made = pages(*brief, PageBreak(), Contents(), Heading(2, "First section"), LINES)
    assert next(place for place, text in enumerate(made) if "word1 " in text) == n_pages


def white_feet(pdf: bytes) -> list[float]:
    """Return for each page the share of the text's height below its lowest line, page numbers left out."""
    margin = (841.9 - HEIGHT) / 2
    feet = []
    for page in PdfReader(io.BytesIO(pdf)).pages:
        heights = []

        def note(text, matrix, inner, *_, heights=heights):
            y = matrix[5] + matrix[3] * inner[5]
            if text.strip() and y > margin:
                heights.append(y)

        page.extract_text(visitor_text=note)
        feet.append((min(heights) - margin) / HEIGHT)
    return feet


def test_white_feet_are_seen():
    document = Document("Title", (Heading(1, "Title", "top"), LINES))
    found, _ = render_pdf(document, Printer(load_charmap()))
    assert white_feet(found) == [pytest.approx(0.5, abs=0.25)]


def test_no_page_of_an_appendix_ends_more_than_a_quarter_white(appendix):
    feet = white_feet(appendix[0])
    assert len(feet) > 4
    assert [round(foot, 2) for foot in feet[2:-1] if foot > 0.25] == []


# In a process of its own: the validator's module is called ``page``, as folders of tests are.
VALIDATE = """
import json, sys
from page import validate_pdf_bytes
found = validate_pdf_bytes(sys.stdin.buffer.read(), profile=sys.argv[1])
print(json.dumps([found.rules.total, [(failure.rule_id, failure.message) for failure in found.failures]]))
"""


@pytest.mark.parametrize("profile", ["ua1", "2a"])
def test_the_appendix_keeps_the_rules_of_accessible_and_archived_pages(appendix, profile):
    if not list(distributions(name="page-validation")):
        pytest.skip("page-validation is not installed")
    words = [sys.executable, "-I", "-c", VALIDATE, profile]
    n_rules, failures = json.loads(subprocess.run(words, input=appendix[0], capture_output=True, check=True).stdout)
    assert failures == []
    assert n_rules > 100
