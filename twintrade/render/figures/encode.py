"""A drawn figure as SVG, PDF and PNG, with no date and no chance in the bytes."""

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, partial
from typing import Any

from matplotlib import font_manager
from matplotlib.backends import _backend_pdf_ps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from twintrade.render.blocks import Images
from twintrade.render.figures.points import locate_points
from twintrade.render.figures.theme import apply_theme
from twintrade.render.style import Theme
from twintrade.text import find_catalogue, load_catalogue

# Typefaces in figures: cut to the usual characters once in a process, where each figure would cut them anew.

embedded: Any = _backend_pdf_ps  # a part of matplotlib that has no public face
Cut = Callable[[Any, Collection[int]], AbstractContextManager[Any]]

LIGATURES = "".join(map(chr, range(0xFB00, 0xFB05)))  # ff, fi, fl, ffi, ffl
USUAL = ("".join(map(chr, range(0x20, 0x7F))) + "·×" + LIGATURES, "−–—‘’“”…≤≥→" + LIGATURES)
"""Characters that figures are made of: those of one byte, and the others; the PDF keeps the two apart."""


MANY_GLYPHS = 10_000
"""Glyphs beyond which a typeface takes a fifth of a second to cut: Chinese ones have 65,000."""

TEXTS = (
    "brief",
    "checks",
    "common",
    "design",
    "estimators",
    "figures",
    "labels",
    "page",
    "sections",
    "specification",
    "tables",
)
"""Files of a language whose characters figures are made of."""

SHAPING = ("GSUB", "GPOS", "GDEF", "kern")
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
    cutter = embedded.subset
    cut, saved, load = embedded.get_glyphs_subset, embedded.font_as_file, cutter.load_font
    embedded.get_glyphs_subset = _shared(cut)
    embedded.font_as_file = lambda font: io.BytesIO(_bytes(saved, font))
    cutter.load_font = partial(_load_unshaped, load)
    try:
        yield
    finally:
        embedded.get_glyphs_subset, embedded.font_as_file, cutter.load_font = cut, saved, load


@contextmanager
def find_once() -> Iterator[None]:
    """Let texts that are drawn inside, under one theme, find each typeface once, and be laid out once a canvas."""
    manager: Any = font_manager.fontManager
    manager._find_fonts_by_props = cache(manager._find_fonts_by_props)
    written: Any = Text
    lay_out, known = written._get_layout, {}

    def find_layout(text: Any, renderer: Any) -> Any:
        dpi, canvas = text.get_figure(root=True).dpi, type(getattr(renderer, "_renderer", renderer))
        place = text.get_horizontalalignment(), text.get_verticalalignment(), text.get_rotation()
        shape = hash(text.get_fontproperties()), text._linespacing, text._multialignment, text.get_rotation_mode()
        key = (text.get_text(), *place, *shape, dpi, canvas)
        if key not in known or text.get_wrap():
            known[key] = lay_out(text, renderer)
        return known[key]

    written._get_layout = find_layout
    try:
        yield
    finally:
        written._get_layout = lay_out
        del manager._find_fonts_by_props


def _load_unshaped(load: Callable[..., Any], *given: Any) -> Any:
    """Return a typeface to be cut without ``SHAPING``, which would be read even if they were dropped."""
    font = load(*given)
    for table in set(SHAPING) & set(font.keys()):
        del font[table]
    return font


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
    """Return a typeface cut to some glyphs: a large one by way of all that a language uses, with the same outcome."""
    if font_manager.get_font(fontfile).num_glyphs > MANY_GLYPHS:
        wide, file, places = _cut_wide(cut, fontfile, find_catalogue().language)
        if glyphs <= wide:
            small = cut(_InMemory(file), {places[glyph] for glyph in glyphs}).__enter__()
            return small._replace(glyph_index_map={glyph: small.glyph_index_map[places[glyph]] for glyph in glyphs})
    return cut(fontfile, glyphs).__enter__()  # left open: it is saved again for every figure


class _InMemory(io.BytesIO):
    face_index = -1  # it holds one typeface


@cache
def _cut_wide(cut: Cut, fontfile: Any, language: str) -> tuple[frozenset[int], bytes, dict[int, int]]:
    charmap = font_manager.get_font(fontfile).get_charmap()
    characters = load_catalogue(language).list_characters(TEXTS)
    wide = {charmap[ord(c)] for c in characters if ord(c) in charmap}.union(*_usual(fontfile))
    with cut(fontfile, wide) as cut_font:
        return frozenset(wide), embedded.font_as_file(cut_font.font).getvalue(), cut_font.glyph_index_map


@cache
def _bytes(saved: Callable[[Any], io.BytesIO], font: Any) -> bytes:
    return saved(font).getvalue()


@cache
def _usual(fontfile: Any) -> tuple[frozenset[int], ...]:
    charmap = font_manager.get_font(fontfile).get_charmap()
    return tuple(frozenset(charmap[ord(c)] for c in group if ord(c) in charmap) for group in USUAL)


DOTS_PER_INCH = 200


def encode(figure: Figure, theme: Theme, title: str = "") -> Images:
    """Return the figure in its three encodings, under the theme it was drawn with; ``title``: the picture's own."""
    FigureCanvasAgg(figure)
    with apply_theme(theme), cut_once(), find_once():
        _settle(figure)
        points = locate_points(figure)
        return Images(
            svg=_saved(figure, "svg", {"Date": None, "Title": title, "Creator": "twintrade"}),
            pdf=_saved(figure, "pdf", {"CreationDate": None, "Title": title, "Creator": "twintrade"}),
            png=_saved(figure, "png", {"Software": "twintrade"}),
            width=float(figure.get_figwidth()),
            height=float(figure.get_figheight()),
            points=points,
        )


def _settle(figure: Figure) -> None:
    """Lay the figure out once, so that its three encodings agree and none repeats the work."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)  # else its place is looked for, among all labels of ticks, at every drawing
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)  # with "none" every saving would lay it out and draw it once more
    for axes in figure.axes:
        _keep_places(axes)


def _keep_places(axes: Any) -> None:
    """Keep ticks, and a title that nothing pushes up: every saving would look for them anew, label by label."""
    both = (axes.xaxis, axes.yaxis)
    for axis in both:
        axis._update_ticks = partial(list, axis._update_ticks())
    heights = {title.get_position()[1] for title in (axes.title, axes._left_title, axes._right_title)}
    pushes = axes.xaxis.get_ticks_position() != "bottom" or any(
        axis.get_major_formatter().get_offset() for axis in both
    )
    if heights != {1} or pushes:
        return
    axes._autotitlepos = False
    for axis in (axis for axis in both if not axis.get_label_text()):
        axis._get_ticklabel_bboxes = lambda ticks, renderer: ([], [])


def _saved(figure: Figure, kind: str, metadata: dict[str, str | None]) -> bytes:
    stream = io.BytesIO()
    # Half the time of the level that is usual, for a tenth more bytes.
    quick: Any = {"pil_kwargs": {"compress_level": 3}} if kind == "png" else {}
    figure.savefig(stream, format=kind, dpi=DOTS_PER_INCH, metadata=metadata, **quick)
    return stream.getvalue()
