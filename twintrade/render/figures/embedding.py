"""Typefaces in figures: cut to the usual characters once in a process, where each figure would cut them anew."""

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from typing import Any

from matplotlib import font_manager
from matplotlib.backends import _backend_pdf_ps

embedded: Any = _backend_pdf_ps  # a part of matplotlib that has no public face
Cut = Callable[[Any, Collection[int]], AbstractContextManager[Any]]

LIGATURES = "".join(map(chr, range(0xFB00, 0xFB05)))  # ff, fi, fl, ffi, ffl
USUAL = (
    "".join(map(chr, range(0x20, 0x7F))) + "·×" + LIGATURES,
    "−–—‘’“”…≤≥→" + LIGATURES,
)
"""Characters that figures are made of: those of one byte, and the others; the PDF keeps the two apart."""


SHAPING = ("GSUB", "GPOS", "GDEF")
"""Tables that shape text. Figures hold shaped text, and to cut these tables takes three quarters of the time."""


@contextmanager
def cut_once() -> Iterator[None]:
    """Let figures that are saved inside as PDF share their typefaces, cut to the usual characters and their own.

    Matplotlib cuts each typeface twice a figure, which takes longer than all the drawing. What a figure asks for
    beyond ``USUAL`` is added for it alone, so that its bytes depend on nothing that was saved before it. Another
    release of matplotlib, without these functions or with characters in place of glyph numbers, cuts as it does.
    """
    if not all(hasattr(embedded, name) for name in ("get_glyphs_subset", "font_as_file")):
        yield
        return
    options = embedded.subset.Options
    cut, saved, dropped = embedded.get_glyphs_subset, embedded.font_as_file, options._drop_tables_default
    embedded.get_glyphs_subset = _shared(cut)
    embedded.font_as_file = lambda font: io.BytesIO(_bytes(saved, font))
    options._drop_tables_default = [*dropped, *SHAPING]
    try:
        yield
    finally:
        embedded.get_glyphs_subset, embedded.font_as_file, options._drop_tables_default = cut, saved, dropped


@contextmanager
def find_once() -> Iterator[None]:
    """Let texts that are drawn inside, under one theme, look for each typeface once; each does so several times."""
    manager: Any = font_manager.fontManager
    manager._find_fonts_by_props = cache(manager._find_fonts_by_props)
    try:
        yield
    finally:
        del manager._find_fonts_by_props


def _shared(cut: Cut) -> Cut:
    def shared(fontfile: Any, glyphs: Collection[int]) -> AbstractContextManager[Any]:
        used = frozenset(glyphs)
        if not all(isinstance(glyph, int) for glyph in used):
            return cut(fontfile, glyphs)
        usual = max(_usual(fontfile), key=lambda group: len(group & used))
        return nullcontext(_cut(cut, fontfile, used | usual))

    return shared


@cache
def _cut(cut: Cut, fontfile: Any, glyphs: frozenset[int]) -> Any:
    return cut(fontfile, glyphs).__enter__()  # left open: it is saved again for every figure


@cache
def _bytes(saved: Callable[[Any], io.BytesIO], font: Any) -> bytes:
    return saved(font).getvalue()


@cache
def _usual(fontfile: Any) -> tuple[frozenset[int], ...]:
    charmap = font_manager.get_font(fontfile).get_charmap()
    return tuple(frozenset(charmap[ord(c)] for c in group if ord(c) in charmap) for group in USUAL)
