"""A page in Chinese has the numbers of the page in English, one by one; what is not translated is marked."""

import io
import re
import zipfile

import pypdf
import pytest
from made_results import make_results
from spoken_numbers import find_differences, read_numbers

from twintrade.errors import SpecError
from twintrade.render import style as theme
from twintrade.render.appendix import build_document
from twintrade.render.blocks import Column, Document, Table, build_row
from twintrade.render.registration import render
from twintrade.render.style import AppendixOptions, build_all_options
from twintrade.text import Catalogue


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize("is_simulated", [True, False])
def test_numbers_are_the_same_in_english_and_chinese(is_simulated):
    results = make_results(is_simulated=is_simulated, is_hostile=False)
    english, chinese = (
        build_document(results, AppendixOptions(language=language)) for language in ("en-GB", "zh-CN")
    )
    assert (english.language, chinese.language) == ("en-GB", "zh-CN")
    assert find_differences(english, chinese) == []


def test_a_number_that_differs_is_found():
    assert read_numbers("1.24 billion, 8.2% and 40 pairs") == read_numbers("12.4亿、40对和8.2%")
    assert read_numbers("1.24 billion") != read_numbers("1.24亿")
    assert read_numbers("8.2%") != read_numbers("8.3%")


@pytest.mark.parametrize(
    ("cell", "is_same"), [("129,992.0", True), ("129,892.0", False), ("1,299.9", False), ("", False)]
)
def test_the_pairs_of_a_brief_are_compared_in_the_unit_of_their_notes(cell, is_same):
    def write(note, value):
        rows = (build_row("Pair", "2018", "8", value),)
        table = Table("brief-pairs", "x", tuple(Column() for _ in range(4)), (), (rows,), (note,))
        return Document(title="x", blocks=(table,), language="en-GB")

    english = write("million US dollars a year", "1,299.9")
    assert (find_differences(english, write("单位为万美元", cell)) == []) is is_same


def test_chinese_pages_are_refused_before_they_are_boxes(monkeypatch):
    monkeypatch.setattr(theme, "find_cjk_family", lambda: None)
    with pytest.raises(SpecError, match="apt install fonts-noto-cjk"):
        build_all_options({"language": "zh-CN"})
    english, chinese = build_all_options({"language": ["en-GB", "zh-CN"]})
    assert (english.language, chinese.language) == ("en-GB", "zh-CN")


@pytest.mark.usefixtures("plain_pictures")
def test_what_is_not_translated_is_marked_and_explained_in_every_format(monkeypatch):
    results, options = make_results(is_hostile=False), AppendixOptions(language="zh-CN", exhibits=("claims",))
    whole = build_document(results, options)
    lacking = Catalogue("zh-CN", lambda source: re.sub("(?m)^claims = .*\n", "", source))
    monkeypatch.setattr("twintrade.render.style.load_catalogue", lambda language: lacking)
    files = render(results, options).files
    note = "标有[en]的文字尚无译文"
    word = zipfile.ZipFile(io.BytesIO(files["appendix.docx"])).read("word/document.xml").decode()
    pdf = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(files["appendix.pdf"])).pages)
    for page in (files["appendix.html"].decode(), files["appendix.tex"].decode(), word, pdf):
        assert "[en] Claims ledger" in page.replace("{[}", "[").replace("{]}", "]")
        # Without a typeface for Chinese a PDF keeps the mark of the note alone.
        assert page.count("[en]") >= 2 if page is pdf else note in re.sub(r"[{}\n]", "", page)
    assert note not in str(whole.blocks[-1])
