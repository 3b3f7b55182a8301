"""Workbooks that a spreadsheet opens, whatever their tables are called and hold."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from twintrade.render.blocks import Cell, Column, Document, Row, Table
from twintrade.render.writers.xlsx import render_xlsx

HERE = Path(__file__).parent


def book_of(**tables: str) -> bytes:
    blocks = [
        Table(key, "A caption", (Column(),), ((Cell(("Head",)),),), ((Row((Cell((text,)),)),),))
        for key, text in tables.items()
    ]
    return render_xlsx(Document("Title", tuple(blocks)))


@pytest.mark.parametrize("text", ["=1+1", "\ufffe", "\ud800a", "\x00", "https://example.org", "9" * 400, "_x0041_"])
def test_any_text_makes_a_readable_sheet_without_formula_or_link(text):
    with zipfile.ZipFile(io.BytesIO(book_of(a=text))) as archive:
        for name in archive.namelist():
            tags = {e.tag.rsplit("}", 1)[-1] for e in ElementTree.fromstring(archive.read(name)).iter()}
            assert not tags & {"f", "hyperlink"}


@pytest.mark.parametrize(
    ("text", "value"), [("=1+1", "=1+1"), ("1,642", 1642.0), ("−0.50", -0.5), ("0.18*", "0.18*")]
)
def test_a_number_is_a_number_and_a_text_a_text(text, value):
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book_of(a=text))).get_sheet_by_index(0)
    assert sheet.to_python() == [["A caption"], ["Head"], [value]]


def test_names_that_differ_in_case_only_are_two_sheets():
    names = CalamineWorkbook.from_filelike(io.BytesIO(book_of(effects="1", Effects="2"))).sheet_names
    assert names == ["effects", "Effects-2"]


def test_a_workbook_has_the_same_bytes_the_first_time_and_the_third():
    program = "from test_table_workbook import book_of; print([book_of(a='1', b='x').hex() for _ in range(3)])"
    done = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str([book_of(a="1", b="x").hex()] * 3)
