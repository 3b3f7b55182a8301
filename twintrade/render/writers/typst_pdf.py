"""The PDF: tagged, with alternative texts, set by Typst from data that is never code."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import Any, Literal

import typst

from twintrade.effects import Message
from twintrade.errors import TwintradeError
from twintrade.render import blocks
from twintrade.render.style import TEXT_SANS, Theme, find_cjk_serif_family, list_families
from twintrade.render.writers.cells import (
    check_link,
    compute_column_weights,
    compute_pads,
    mark_cell_breaks,
    measure_breadth,
    measure_longest,
    pad,
    place_cells,
)
from twintrade.render.writers.glyphs import FONT_FOLDER, Printer, list_font_folders
from twintrade.render.writers.pdf_pages import choose_order, count_brief_pages
from twintrade.text import Text, join_sentences

STANDARDS: tuple[Literal["ua-1"], Literal["a-2a"]] = ("ua-1", "a-2a")
FIXED_TIME = datetime(2000, 1, 1, tzinfo=UTC)
WIDE_COLUMNS = 9
MOST_UNBROKEN = 30
MOST_UNBROKEN_TEXT = 12
TEXT_WIDTH = 6.53  # inches between the margins of a page
MOST_HEIGHT = 8.4  # inches: what a figure may take, its caption and notes standing on the same page
PORTRAIT_CHARACTERS = 114.0
LANDSCAPE_CHARACTERS = 170.0
LEAST_TEXT = 16
BRIEF_PAGES = 2
GAPS = (1.0, 0.8, 0.6)
"""What is left of the space between the blocks of a brief, and its lines, where it would take a third page."""
ZERO_WIDTH_SPACE = "\u200b"


def render_pdf(
    document: blocks.Document, printer: Printer, theme: Theme | None = None
) -> tuple[bytes, tuple[Message, ...]]:
    """Return the document as PDF/UA-1 and PDF/A-2a, and a warning for every text the typeface cannot print."""
    theme = theme or Theme()
    language, _, region = document.language.partition("-")
    text = "Libertinus Serif" if theme.family == TEXT_SANS else theme.family
    content, seen = [b for block in document.blocks for b in _block(block, printer)], set[str]()
    for block in (one for one in content if "key" in one):  # a figure and a table of one key are two places
        block["key"] += f"-{block['type']}" if block["key"] in seen else ""
        seen.add(block["key"])
    data: dict[str, Any] = {
        "title": printer(document.title),
        "simulated": printer(str(Text("figures.simulated-data"))) if document.is_simulated else "",
        "lang": language,
        "region": region or None,
        "fonts": list_families(text, language, [find_cjk_serif_family()] if theme.family == TEXT_SANS else []),
        "sans": list_families(theme.family, language, []),
        "scale": theme.text_scale,
        "names": [str(Text(f"writers.{name}")) for name in document.parts],
        "authors": [printer(name) for name in document.authors] or ["twintrade"],
        "subject": printer(document.subject),
        "order": None,
        "gap": GAPS[0],
        "blocks": content,
    }
    settings: dict[str, Any] = {
        "input": resources.files("twintrade.render.writers").joinpath("appendix.typ").read_bytes(),
        "root": str(FONT_FOLDER),  # nothing is read from it; without it Typst would take the working directory
        "font_paths": _load_fonts(theme.family),
        "ignore_system_fonts": True,
    }
    try:
        for gap in (*GAPS, GAPS[0]):  # as commonly set where no space would do
            data["gap"] = gap
            inputs = {"document": json.dumps(data, ensure_ascii=False)}
            asked = typst.query(**settings, selector="<heights>", one=True, field="value", sys_inputs=inputs)
            heights = list(json.loads(asked))
            order = choose_order(content, heights)
            if count_brief_pages(content, heights, order) <= BRIEF_PAGES:
                break
        written = typst.compile(
            **settings,
            sys_inputs={"document": json.dumps(data | {"order": order}, ensure_ascii=False)},
            pdf_standards=list(STANDARDS),
            timestamp=FIXED_TIME,
        )
    except RuntimeError as error:  # of which typst.TypstError is one
        raise TwintradeError(f"the PDF could not be set: {getattr(error, 'message', error)}") from error
    return bytes(written), printer.messages("appendix.pdf")


@cache
def _load_fonts(family: str) -> typst.Fonts:
    """Return the typefaces of a page; to look through their folders takes longer than to set a short page."""
    return typst.Fonts(include_system_fonts=False, font_paths=list_font_folders(family))


def _block(block: blocks.Block, printer: Printer) -> list[dict[str, Any]]:
    match block:
        case blocks.Heading():
            return [{"type": "heading", "level": block.level, "text": printer(blocks.format_heading(block))}]
        case blocks.Paragraph():
            return [{"type": "paragraph", "spans": _spans(block.spans, printer)}]
        case blocks.BulletList():
            return [{"type": "list", "items": [_spans(item, printer) for item in block.items]}]
        case blocks.Note():
            return [{"type": "note", "kind": block.kind, "spans": _spans(block.spans, printer)}]
        case blocks.Table():
            return [_table(block, printer)]
        case blocks.Figure():
            return [_figure(block, printer)]
        case blocks.PageBreak():
            return [{"type": "pagebreak", "ends-first": block.ends_first}]
        case blocks.Contents():
            return [{"type": "contents", "sections": str(Text("writers.contents"))}]
        case blocks.EventView():
            return []
        case blocks.Lead():
            return [{"type": "lead", "deck": printer(block.deck), "byline": printer(block.byline)}]
        case blocks.KeyNumbers():
            numbers = [{name: printer(text) for name, text in asdict(number).items()} for number in block.numbers]
            asked = {"question": printer(block.question), "verdicts": list(map(printer, block.verdicts))}
            return [{"type": "keys", "numbers": numbers, **asked, "chosen": block.chosen}]
        case blocks.Aside():
            inner = [part for one in block.blocks for part in _block(one, printer)]
            return [{"type": "aside", "name": printer(block.name), "blocks": inner}]
        case blocks.FigureRow():
            figures = [_figure(f, printer) | {"inches": f.images.width} for f in block.figures]
            return [{"type": "beside", "figures": figures}]


def _spans(spans: tuple[blocks.Span, ...], printer: Printer) -> list[dict[str, str]]:
    links = ((span, check_link(span.target) if span.kind == "link" else span.target) for span in spans)
    return [{"kind": span.kind, "text": printer(span.text), "target": target} for span, target in links]


def _figure(figure: blocks.Figure, printer: Printer) -> dict[str, Any]:
    height = TEXT_WIDTH * figure.images.height / figure.images.width
    return {
        "type": "figure",
        "key": figure.key,
        "caption": printer(blocks.format_caption(figure)),
        "alt": printer(figure.alt),
        "width": min(1.0, MOST_HEIGHT / height),
        "svg": figure.images.svg.decode("utf-8"),
        "ratio": figure.images.height / figure.images.width,
        "notes": printer(join_sentences(figure.notes)),
    }


def _table(table: blocks.Table, printer: Printer) -> dict[str, Any]:
    widest = compute_pads(table)
    n_columns = len(table.columns)
    shares = compute_column_weights(table)
    return {
        "type": "table",
        "key": table.key,
        "caption": printer(blocks.format_caption(table)),
        "aligns": [column.align for column in table.columns],
        "weights": _typst_widths(table),
        "header": [_cells(cells, {}, printer) for cells in table.header],
        "groups": [[_cells(row.cells, widest, printer) for row in group] for group in table.groups],
        "notes": printer(join_sentences(table.notes)),
        "size": 8.0 if shares or n_columns > 4 else 9.0,
        "inset": 3.6 if n_columns > 4 else 5.0,
        "breakable": _height(table) > (MOST_UNBROKEN_TEXT if shares else MOST_UNBROKEN),
        "is-wide": _is_wide(table),
    }


def _is_wide(table: blocks.Table) -> bool:
    """Whether a table with texts needs a page turned on its side."""
    least = [LEAST_TEXT if c.weight else measure_longest(table, j) + 1 for j, c in enumerate(table.columns)]
    has_texts = any(column.weight for column in table.columns)
    return len(least) > WIDE_COLUMNS and has_texts and sum(least) > PORTRAIT_CHARACTERS


def _typst_widths(table: blocks.Table) -> list[float]:
    """Return the shares of the width, none where columns keep their own; a ladder's first column gets more."""
    if any(column.weight for column in table.columns):
        return compute_column_weights(table, LANDSCAPE_CHARACTERS if _is_wide(table) else PORTRAIT_CHARACTERS)
    n_decimals = sum(column.align == "decimal" for column in table.columns)
    first = 1.55 if n_decimals < 6 else 1.3
    if n_decimals > 2:
        return [first, *(1.0 for _ in table.columns[1:])]
    widths = [measure_longest(table, j) + 1.8 for j in range(len(table.columns))]
    whole = list(widths)
    for cells in table.header:
        for cell, j in place_cells(cells):
            whole[j] = max(whole[j], measure_breadth(cell.text) + 1.8)
    return widths if sum(whole) > PORTRAIT_CHARACTERS else []


def _height(table: blocks.Table) -> int:
    """Return about how many lines the body of a table takes."""
    widths = compute_column_weights(table, PORTRAIT_CHARACTERS)
    if not widths:
        return len(table.rows)

    def lines(cell: blocks.Cell, place: int) -> int:
        return sum(1 + int(measure_breadth(line) / widths[place]) for line in cell.lines)

    return sum(max(lines(c, p) for c, p in place_cells(r.cells)) for r in table.rows)


def _cells(cells: tuple[blocks.Cell, ...], widest: dict[int, str], printer: Printer) -> list[dict[str, Any]]:
    written = []
    for cell, place in place_cells(cells):
        texts = [mark_cell_breaks(printer(line), ZERO_WIDTH_SPACE, cell) for line in cell.lines]
        pads = [pad(line, widest.get(place, "")) if line else "" for line in cell.lines]
        lines = [{"text": text, "pad": free} for text, free in zip(texts, pads, strict=True)]
        written.append({"lines": lines, "span": cell.span, "place": place, "link": check_link(cell.link)})
    return written
