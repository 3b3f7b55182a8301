"""The table of other software, and lines of code in every format."""

from dataclasses import replace

import pandas as pd
import pytest

from twintrade.effects.messages import CROSS_CHECKS, CrossCheck, build_cross_checks_frame
from twintrade.render.blocks import Absent, BulletList, Document, Note, Span, Table
from twintrade.render.citing import place_rows
from twintrade.render.exhibits.run import build_cross_check as build_exhibit
from twintrade.render.page import Page
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.html import render_html
from twintrade.render.writers.latex import render_latex
from twintrade.text import Text

LINES = 'def twin(y):\n    """Return it."""\n    return [v for v in y if v <= 1 & v]'
ROW = {"estimator": "twfe", "specification": "log", "label": "Logs"}


@pytest.fixture
def checked(made):
    checks = [
        CrossCheck(**ROW, software="linearmodels PanelOLS", stored=0.25, estimate=0.25 + 1e-9),
        CrossCheck(**ROW, software="statsmodels OLS", stored=0.25, estimate=0.26, stored_error=0.1, error=0.1),
        CrossCheck(**ROW, note=Text("proof.no-software"), stored=0.25),
    ]
    payloads = {**made.payloads, CROSS_CHECKS: build_cross_checks_frame(checks)}
    return replace(made, payloads=payloads, sections={**made.sections, "twins": LINES})


def test_both_numbers_their_difference_and_the_verdict_stand_in_the_table(checked):
    blocks = build_exhibit(Page(checked))
    table = next(block for block in blocks if isinstance(block, Table))
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["Logs", "PanelOLS", "0.2500", "0.2500", "< 0.000001", "", "", "agrees"]
    assert rows[1][3:] == ["0.2600", "0.010000", "0.1000", "0.1000", "differs"]
    assert rows[2][1:] == ["", "0.2500", "", "", "", "", "not compared"]
    assert "linearmodels: PanelOLS; statsmodels: OLS." in table.notes[-1]
    reasons = next(block for block in blocks if isinstance(block, BulletList))
    (reason,) = ["".join(span.text for span in item) for item in reasons.items]
    assert reason == "Logs: no independent implementation is known in Python"


def test_every_number_names_its_place(checked):
    table = next(block for block in build_exhibit(Page(place_rows(checked))) if isinstance(block, Table))
    cells = [cell for row in table.rows for cell in row.cells[2:7] if cell.text]
    assert [len(cell.sources) for cell in cells] == [1] * len(cells)
    assert table.rows[0].cells[4].sources[0].column == "difference"


def test_results_without_the_table_name_the_command(made):
    absent = build_exhibit(Page(replace(made, payloads={CROSS_CHECKS: pd.DataFrame()})))
    assert isinstance(absent, Absent)
    assert f"twintrade cross-check {made.name}" in absent.reason


def test_lines_of_code_keep_their_breaks_and_spaces(checked):
    assert not any(isinstance(block, Note) for block in build_exhibit(Page(checked)))
    blocks = build_exhibit(Page(checked, detail="full"))
    code = next(block for block in blocks if isinstance(block, Note))
    assert code == Note("code", (Span(LINES, "code"),))
    document = Document("Title", (code,))
    assert "    return [v for v in y if v &lt;= 1 &amp; v]" in render_html(document).decode()
    tex = render_latex(document, Printer(load_charmap())).decode()
    assert f"\\begin{{verbatim}}\n{LINES}\n\\end{{verbatim}}" in tex


def test_lines_of_code_stand_in_word_and_pdf(checked):
    pytest.importorskip("docx")
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    import io

    import docx

    from twintrade.render.writers.docx import render_docx
    from twintrade.render.writers.typst_pdf import render_pdf

    document = Document("Title", (Note("code", (Span(LINES, "code"),)),), subject="x")
    words = docx.Document(io.BytesIO(render_docx(document)))
    assert LINES in [paragraph.text for paragraph in words.paragraphs]
    pdf, _ = render_pdf(document, Printer(load_charmap()))
    assert "return [v for v in y if v <= 1 & v]" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
