"""One small page, the exact text of each format; style and script of the web page have tests of their own.

A page that was changed on purpose is written anew with TWINTRADE_WRITE_GOLDEN=1 and then read.
"""

import io
import os
import re
from pathlib import Path

import docx
import pytest
from docx.table import Table as WordTable
from pypdf import PdfReader

from twintrade.render.blocks import (
    BulletList,
    Cell,
    Column,
    Document,
    Heading,
    Note,
    Span,
    Table,
    build_paragraph,
    build_reference,
    build_row,
    build_spans,
    emphasize,
    number_blocks,
)
from twintrade.render.writers.docx import render_docx
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.html import render_html
from twintrade.render.writers.latex import PRINTABLE, render_latex
from twintrade.render.writers.typst_pdf import render_pdf

GOLDEN = Path(__file__).parent / "golden"
PAGE = Document(
    "A & B: statistical appendix",
    number_blocks(
        (
            Heading(1, "A & B: statistical appendix", "top"),
            Note("simulated", build_spans("SIMULATED. Nothing here says anything about real trade.")),
            Heading(2, "Summary", "summary"),
            build_paragraph(
                "Exports stood 8.2% higher (95% interval −28.1% to 73.6%). See ", build_reference("t"), "."
            ),
            Note("warning", build_spans("Checks that object: 1 of 2 (honest).")),
            BulletList(
                (
                    build_spans("100(exp(b) − 1) ≥ 0; ", emphasize("never"), " 100b."),
                    build_spans("File ", Span("a_b.csv", "code")),
                )
            ),
            Heading(3, "Costs $5 & more", "costs"),
            Table(
                key="t",
                caption="Effect of 50% & more",
                columns=(Column("left"), Column("decimal"), Column("left", 2.0)),
                header=((Cell(("",)), Cell(("(1)",)), Cell(("Note",))),),
                groups=(
                    (build_row("Twinning", Cell(("−0.120", "(0.034)")), "=1+1 <b>"),),
                    (build_row("Source", "1,642", Cell(("example.org",), link="https://example.org/a_b")),),
                ),
                notes=("Standard errors in parentheses.",),
            ),
        )
    ),
    is_simulated=True,
)  # fmt: skip


def web():
    text = render_html(PAGE).decode()
    text = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", text, flags=re.DOTALL)
    return re.sub(r"'sha256-[^']+'", "'sha256-'", text)


def tex():
    return render_latex(PAGE, Printer(PRINTABLE)).decode()


def word_text():
    file = docx.Document(io.BytesIO(render_docx(PAGE)))
    lines = [f"header: {p.text}" for p in file.sections[0].header.paragraphs]
    for block in file.iter_inner_content():
        if isinstance(block, WordTable):
            lines += [" | ".join(cell.text.replace("\n", " / ") for cell in line.cells) for line in block.rows]
        else:
            lines.append(f"{block.style.name}: {''.join(block._p.xpath('.//w:t/text()'))}")
    return "\n".join(lines) + "\n"


def pdf_text():
    reader = PdfReader(io.BytesIO(render_pdf(PAGE, Printer(load_charmap()))[0]))
    return "\n".join(page.extract_text().replace("\u200b", "") for page in reader.pages) + "\n"


@pytest.mark.parametrize(
    ("name", "made"),
    [("page.html", web), ("page.tex", tex), ("page-docx.txt", word_text), ("page-pdf.txt", pdf_text)],
)
def test_the_page_is_as_it_was(name, made):
    if os.environ.get("TWINTRADE_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(made(), encoding="utf-8")
    assert made() == (GOLDEN / name).read_text(encoding="utf-8")
