"""Typefaces in the PDF of a figure: cut once for all, and yet each figure whole and the same every time."""

import io

import pytest
from matplotlib.backends import _backend_pdf_ps as embedded
from matplotlib.figure import Figure
from matplotlib.font_manager import FontManager, fontManager
from pypdf import PdfReader

from twintrade.render.figures import encode as embedding
from twintrade.render.figures.encode import cut_once, encode, find_once
from twintrade.render.style import Theme

TEXTS = ("Effect ≤ −5, first", "Quite other words: 7 × 8", "Города и Çankırı, ﬂow")


def drawn(text: str) -> Figure:
    figure = Figure(figsize=(4, 2))
    figure.text(0.1, 0.5, text)
    return figure


def pdf_of(text: str) -> bytes:
    return encode(drawn(text), Theme(), "a figure").pdf


@pytest.fixture
def nothing_cut():
    for kept in (embedding._cut, embedding._bytes):
        kept.cache_clear()


@pytest.fixture
def cuts(monkeypatch, nothing_cut) -> list[int]:
    asked = []
    real = embedded.get_glyphs_subset

    def counted(fontfile, glyphs):
        asked.append(len(glyphs))
        return real(fontfile, glyphs)

    monkeypatch.setattr(embedded, "get_glyphs_subset", counted)
    return asked


def test_figures_with_other_words_cut_no_typeface_again(cuts):
    pdf_of(TEXTS[0])
    n_first = len(cuts)
    pdf_of(TEXTS[1])
    assert n_first > 0
    assert len(cuts) == n_first


def test_a_character_out_of_the_usual_is_cut_for_its_own_figure(cuts):
    pdf_of(TEXTS[0])
    n_first = len(cuts)
    pdf_of(TEXTS[2])
    assert len(cuts) > n_first


@pytest.mark.parametrize("text", TEXTS)
def test_every_word_is_found_in_a_truetype_subset(text):
    page = PdfReader(io.BytesIO(pdf_of(text))).pages[0]
    assert "".join(page.extract_text().split()) == "".join(text.split())
    fonts = page["/Resources"]["/Font"]
    for font in (fonts[name] for name in fonts):
        inner = font["/DescendantFonts"][0].get_object()
        assert inner["/Subtype"] == "/CIDFontType2"
        assert "/FontFile2" in inner["/FontDescriptor"]
        assert font["/BaseFont"][7] == "+"


def test_the_bytes_of_a_figure_do_not_depend_on_what_was_saved_before(nothing_cut):
    alone = [pdf_of(text) for text in TEXTS]
    for kept in (embedding._cut, embedding._bytes):
        kept.cache_clear()
    assert [pdf_of(text) for text in reversed(TEXTS)] == alone[::-1]


def test_a_large_typeface_cut_by_way_of_a_language_gives_the_same_bytes(cuts, monkeypatch):
    alone = [pdf_of(text) for text in TEXTS]
    for kept in (embedding._cut, embedding._bytes):
        kept.cache_clear()
    monkeypatch.setattr(embedding, "MANY_GLYPHS", 0)
    cuts.clear()
    assert [pdf_of(text) for text in TEXTS] == alone
    assert max(cuts) > 100  # all that English uses
    assert len(cuts) > 1  # and what each figure does, of those


def test_matplotlib_is_left_as_it_was_found_whatever_happens():
    before = embedded.get_glyphs_subset, embedded.font_as_file, embedded.subset.load_font
    with pytest.raises(ValueError, match="stop"), cut_once(), find_once():
        raise ValueError("stop")
    assert (embedded.get_glyphs_subset, embedded.font_as_file, embedded.subset.load_font) == before
    assert "_find_fonts_by_props" not in vars(fontManager)


def test_a_typeface_is_looked_for_once_a_kind_of_text(monkeypatch):
    looked = []
    real = FontManager._find_fonts_by_props
    monkeypatch.setattr(FontManager, "_find_fonts_by_props", lambda *words: looked.append(words) or real(*words))
    figure = drawn(TEXTS[0])
    for k in range(5):
        figure.text(0.1, 0.1 * k, TEXTS[1])
    encode(figure, Theme(), "a figure")
    assert 1 <= len(looked) <= 3


def test_a_matplotlib_that_is_asked_for_characters_cuts_as_it_does(monkeypatch):
    monkeypatch.setattr(embedded, "get_glyphs_subset", lambda fontfile, characters: (fontfile, characters))
    with cut_once():
        assert embedded.get_glyphs_subset("a font", "Effect") == ("a font", "Effect")


def test_a_matplotlib_without_these_functions_is_left_alone(monkeypatch):
    monkeypatch.delattr(embedded, "get_glyphs_subset")
    before = embedded.font_as_file
    with cut_once():
        assert embedded.font_as_file is before
