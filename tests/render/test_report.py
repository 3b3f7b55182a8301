import csv
import gc
import hashlib
import io
import itertools
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import docx
import docx.shared
import pytest
from case_tables import loop_over
from made_results import HOSTILE, make_results
from matplotlib.figure import Figure as Drawing
from pypdf import PdfReader

from twintrade.render import registration
from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.blocks import Figure, Heading, Table, list_exhibits
from twintrade.render.registration import render
from twintrade.render.style import AppendixOptions
from twintrade.render.writers.docx import render_docx

HERE = Path(__file__).parent

PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import pandas as pd
from made_results import make_results
from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.figures import points
from twintrade.render.registration import render
from twintrade.render.style import AppendixOptions
few = AppendixOptions(exhibits=("summary", "ladder", "event_study"))
blocks = build_appendix(open_page(make_results(is_hostile=False), few))
print(sum(type(block).__name__ in ("Figure", "Beside") for block in blocks) > 1, "seaborn" in sys.modules)
points.draw_placebo(pd.DataFrame({"unit": list("ab"), "statistic": [1.0, 2.0], "is_treated": [False, True]}))
print("seaborn" in sys.modules)
for name, content in render(make_results(), AppendixOptions(detail="full")).files.items():
    print(name, hashlib.sha256(content).hexdigest())
"""


@pytest.fixture(scope="module")
def elsewhere() -> list[str]:
    """What another process says, in other surroundings: what it has imported, and the hash of every file."""
    environment = dict(os.environ, PYTHONHASHSEED="99", TZ="Pacific/Apia", LC_ALL="C", OMP_NUM_THREADS="1")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(HERE)], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout.splitlines()


def test_every_promised_file_is_there(report):
    names = set(report.files)
    assert {"appendix.html", "appendix.pdf", "appendix.docx", "appendix.tex"} <= names
    for key in ("event-paths", "event-others", "raw-series", "adoption"):
        assert {f"figures/{key}.{kind}" for kind in ("svg", "pdf", "png", "csv")} <= names
    assert {"tables/tab-ladder.tex", "tables/tab-ladder-float.tex", "tables/tab-ladder.html"} <= names


def test_file_names_are_slugs(report):
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789-./")
    assert all(set(name) <= allowed and ".." not in name for name in report.files)


def test_a_second_run_in_another_process_gives_the_same_bytes(report, elsewhere):
    here = [f"{name} {hashlib.sha256(content).hexdigest()}" for name, content in report.files.items()]
    assert elsewhere[2:] == here


def test_a_page_that_does_not_draw_with_seaborn_does_not_import_it(elsewhere):
    """The headline's figures do not; distributions and heat maps do."""
    assert elsewhere[:2] == ["True False", "True"]


def test_no_output_names_this_machine(report):
    marks = [str(Path.home()).encode(), str(HERE.parents[1]).encode()]
    marks = [mark for mark in marks if len(mark) > 3]
    for name, content in report.files.items():
        assert not any(mark in content for mark in marks), name


def test_pdf_is_tagged_titled_and_in_a_language(report, made_document):
    reader = PdfReader(io.BytesIO(report.files["appendix.pdf"]))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en-GB"
    assert root["/MarkInfo"]["/Marked"]
    declared = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in declared
    assert "<pdfaid:part>2</pdfaid:part>" in declared
    assert reader.metadata.title == made_document.title
    kinds, alts = [], []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif hasattr(node, "get"):
            kinds.append(node.get("/S"))
            alts.append(node.get("/Alt"))
            if "/K" in node and not isinstance(node["/K"], int):
                walk(node["/K"])

    walk(root["/StructTreeRoot"]["/K"])
    n_figures = sum(isinstance(b, Figure) for b in made_document.blocks)
    assert sum(bool(alt) for alt in alts) >= n_figures
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Caption"} <= set(kinds)
    levels = [int(kind[2:]) for kind in kinds if kind and re.fullmatch(r"/H\d", kind)]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    written = {str(alt) for alt in alts if alt}
    assert {b.alt for b in made_document.blocks if isinstance(b, Figure)} <= written


def test_simulated_is_written_on_every_page_of_the_pdf(report):
    reader = PdfReader(io.BytesIO(report.files["appendix.pdf"]))
    assert all("SIMULATED DATA" in page.extract_text() for page in reader.pages)


def test_word_has_real_tables_with_repeated_heads_and_alternative_texts(report, made_document):
    file = docx.Document(io.BytesIO(report.files["appendix.docx"]))
    exhibits = list_exhibits(made_document.blocks)
    tables = [b for b in exhibits if isinstance(b, Table)]
    figures = [b for b in exhibits if isinstance(b, Figure)]
    key_numbers, *file_tables = file.tables
    assert key_numbers.rows[0].cells[-1].text
    assert len(file_tables) == len(tables)
    assert len(file.inline_shapes) == len(figures)
    for shape, figure in zip(file.inline_shapes, figures, strict=True):
        assert shape._inline.docPr.get("descr") == figure.alt
    for word_table, table in zip(file_tables, tables, strict=True):
        repeated = [r for r in word_table._tbl.tr_lst if r.xpath("./w:trPr/w:tblHeader")]
        assert len(repeated) == len(table.header)
    assert file.core_properties.language == "en-GB"
    assert file.element.body.xpath('.//w:fldSimple[contains(@w:instr, "SEQ Table")]')


def test_word_archive_carries_no_time(report):
    with zipfile.ZipFile(io.BytesIO(report.files["appendix.docx"])) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_figure_has_a_sentence_and_its_numbers(made_document, report):
    for figure in (b for b in made_document.blocks if isinstance(b, Figure)):
        assert len(figure.alt.split()) > 6
        assert figure.alt.endswith(".")
        assert "simulated" in figure.alt
        rows = list(csv.reader(io.StringIO(report.files[f"figures/{figure.key}.csv"].decode())))
        assert len(rows) == len(figure.frame) + 1
        assert "is_simulated" in rows[0]


def test_hostile_texts_are_inert_in_html(report):
    page = report.files["appendix.html"].decode().replace("<wbr>", "")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript:' not in page
    assert page.count("<script") == page.count("</script>") == 2  # data of the view, and the program
    assert "http-equiv" in page
    for outside in ('src="http', "url(", "@import", "fetch(", "XMLHttpRequest"):
        assert outside not in page


def test_hostile_texts_are_inert_in_latex(report):
    for name, content in report.files.items():
        if name.endswith(".tex"):
            assert "\\input{/etc" not in content.decode(), name
            assert "$x^2$" not in content.decode(), name
    text = report.files["appendix.tex"].decode().replace(r"\allowbreak{}", "")
    assert r"\textbackslash{}input\{/etc/passwd\}" in text


def test_hostile_texts_are_inert_in_csv(report):
    for name, content in report.files.items():
        if name.endswith(".csv"):
            for row in csv.reader(io.StringIO(content.decode())):
                for cell in row:
                    assert not cell.startswith(("=", "@", "+")), (name, cell)


def test_hostile_texts_are_printed_as_they_stand_in_pdf_and_word(report):
    pages = "".join(p.extract_text() for p in PdfReader(io.BytesIO(report.files["appendix.pdf"])).pages)
    word = docx.Document(io.BytesIO(report.files["appendix.docx"]))
    cells = {cell.text for table in word.tables for row in table.rows for cell in row.cells}
    assert '#panic("x")' in pages.replace("\u200b", "")
    assert all(any(hostile in cell for cell in cells) for hostile in HOSTILE)


def test_a_name_latex_cannot_print_falls_back_to_its_romanized_form_with_a_warning(report):
    assert "Qingdao ranks 1 of 25" in report.files["appendix.tex"].decode()
    assert any(m.code == "glyph-missing" and m.file == "appendix.tex" for m in report.messages)


def test_real_data_are_not_called_simulated():
    real = make_results(is_simulated=False)
    files = render(replace(real, specifications=real.specifications.iloc[:1], payloads={})).files
    for name in ("appendix.html", "appendix.tex", "tables/tab-ladder.tex"):
        assert b"SIMULATED DATA" not in files[name]
        assert b"SIMULATED data" not in files[name]


@pytest.mark.usefixtures("unencoded")
def test_drawings_are_let_go_before_pages_are_printed(made, monkeypatch):
    def count() -> int:
        return sum(type(one) is Drawing for one in gc.get_objects())

    counts = []
    monkeypatch.setattr(registration, "render_pages", lambda *_: counts.append(count()) or ({}, ()))
    gc.collect()
    before, _ = count(), gc.disable()
    try:
        render(made)
    finally:
        gc.enable()
    assert counts[0] == before


@pytest.mark.usefixtures("unencoded")
@loop_over("missing", ["specifications", "effects", "bands", "findings", "messages", "twinnings", "data"])
def test_an_empty_frame_leaves_an_exhibit_out_and_says_why(made, missing):
    frame = getattr(made, missing)
    made = replace(made, specifications=made.specifications.iloc[:1])
    blocks = build_appendix(open_page(replace(made, **{missing: frame.iloc[0:0]}, payloads={}), AppendixOptions()))
    assert any(getattr(b, "key", "") == "left-out" for b in blocks)


def test_the_workbook_holds_every_table_with_numbers_as_numbers(report, made_document):
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(report.files["tables/tables.xlsx"]))
    tables = [b for b in made_document.blocks if isinstance(b, Table)]
    assert len(book.sheet_names) == len(tables)
    rows = {row[0]: row[1:] for row in book.get_sheet_by_name("ladder").to_python()}
    assert rows["Observations"][0] == 1642.0
    assert rows["Effect, log points"][0] == pytest.approx(0.18, abs=0.05)
    register = book.get_sheet_by_name("register").to_python()
    assert any("=1+1" in str(cell) for row in register for cell in row)
    with zipfile.ZipFile(io.BytesIO(report.files["tables/tables.xlsx"])) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_a_template_without_our_styles_keeps_its_own_and_loses_its_text(made_document):
    template = docx.Document()
    template.add_paragraph("text of the department")
    template.styles["Normal"].font.name = "Courier New"
    template.sections[0].header.paragraphs[0].text = "Department of Towns"
    template.sections[0].footer.paragraphs[0].text = "Official"
    template.sections[0].left_margin = docx.shared.Cm(4)
    template.styles.element.remove(template.styles["Caption"].element)
    stream = io.BytesIO()
    template.save(stream)
    file = docx.Document(io.BytesIO(render_docx(made_document, stream.getvalue())))
    assert file.styles["Normal"].font.name == "Courier New"
    assert "text of the department" not in "".join(p.text for p in file.paragraphs)
    assert file.paragraphs[0].text == next(b.text for b in made_document.blocks if isinstance(b, Heading))
    (section,) = file.sections
    assert "Department of Towns" in section.header.paragraphs[0].text
    assert "SIMULATED DATA" in section.header.paragraphs[0].text
    assert section.footer.paragraphs[0].text == "Official"
    free = section.page_width - section.left_margin - section.right_margin
    widths = [sum(column.width for column in table.columns) for table in file.tables]
    assert max(widths) <= free
    for number, table in enumerate(file.tables[1:], 1):  # after the numbers that lead
        assert table._tbl.tr_lst[0].xpath("./w:trPr/w:tblHeader")
        caption = table._tbl.getprevious()
        assert "".join(caption.xpath(".//w:t/text()")).startswith(f"Table {number}. ")
        assert caption.xpath('.//w:fldSimple[contains(@w:instr, "SEQ Table")]')
