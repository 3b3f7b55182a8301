"""Several analyses in one document: their headline effects side by side, then each appendix in turn."""

import math
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import blocks, reading
from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.figures import alt_text, forest
from twintrade.render.page import Page, collect_romanized, name_objecting
from twintrade.render.reading import Record
from twintrade.render.registration import Rendered, render_document
from twintrade.render.style import AppendixOptions
from twintrade.render.style import TableOptions as TableOptions
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.render.tables.plain import build_plain_table
from twintrade.render.writers.cells import spread_cells
from twintrade.render.writers.docx import render_docx
from twintrade.render.writers.glyphs import Printer, load_charmap
from twintrade.render.writers.html import render_table_html
from twintrade.render.writers.latex import list_printable, render_table_float_tex
from twintrade.render.writers.xlsx import render_table_md, render_table_typst
from twintrade.text import Listed, find_catalogue, numbers, texts

# Tables on their own, outside a document: as text, HTML, LaTeX, Typst, Markdown or Word.

TableFormat = Literal["html", "tex", "docx", "typst", "md"]


def build_ladder(results: ResultSet, options: TableOptions) -> blocks.Table:
    """Return the ladder of a result set as one table."""
    return build_ladder_tables(Page(results, tables=options))[0]


def render_fragment(table: blocks.Table, to: TableFormat) -> str | bytes:
    """Return a table in a format: bytes for Word, else text."""
    if to == "docx":
        return render_docx(blocks.Document(table.caption, (table,)))
    if to == "html":
        return render_table_html(table)
    if to == "tex":
        return render_table_float_tex(table, Printer(list_printable()))
    return render_table_typst(table) if to == "typst" else render_table_md(table)


def spread_table(table: blocks.Table) -> pd.DataFrame:
    """Return a printed table as a frame of text, a column for each of its columns."""
    *header, body = [
        [spread_cells(cells, lambda cell: cell.text) for cells in rows]
        for rows in (table.header, [row.cells for row in table.rows])
    ]
    names = [" ".join(dict.fromkeys(filter(None, parts))) for parts in zip(*header[0], strict=True)]
    return pd.DataFrame(body, columns=names)


LOWEST_HEADING = 6


def bind(
    analyses: Sequence[ResultSet],
    options: AppendixOptions | None = None,
    *,
    word_template: bytes | None = None,
    drawn: Sequence[blocks.Document] | None = None,
) -> Rendered:
    """Return one report of analyses in their order; ``drawn``: the appendix of each if it has been drawn already."""
    options = options or AppendixOptions()
    with options.speak():
        names = dict(ChainMap(*(collect_romanized(results, options.romanized) for results in reversed(analyses))))
        printer = Printer(load_charmap(), names, options.wording)
        pages = [open_page(r, options, printer) for r in analyses]
        title = options.wording.say("binder_title")
        content: list[blocks.Block] = [blocks.Heading(1, title, "top"), *_overview(pages)]
        for i, page in enumerate(pages):
            parts = build_appendix(page) if drawn is None else drawn[i].blocks
            content += [blocks.PageBreak(), *_shifted(parts, reading.format_slug(page.results.name))]
        numbered = blocks.replace_words(blocks.number_blocks(content), options.spelling)
        is_simulated = bool(pages) and all(results.is_simulated for results in analyses)
        document = blocks.Document(title, numbered, find_catalogue().language, is_simulated)
        return render_document(document, options, names, printer, word_template)


def _overview(pages: Sequence[Page]) -> list[blocks.Block]:
    """Return the summary table of all analyses, and the forest plot of those in log points."""
    if not pages:
        return []
    wording = pages[0].wording
    rows, notes = [_row(page) for page in pages], [wording.say("percent_note")]
    shown = pd.DataFrame([{k: v for k, v in row.items() if not k.startswith("_")} for row in rows])
    weights = {"analysis": 2.6, "estimate": 1.8, "interval": 1.3, "checks": 2.4}
    content: list[blocks.Block] = [
        blocks.Heading(2, wording.say("binder_overview"), "overview"),
        blocks.build_paragraph(wording.say("binder_intro", n=len(pages))),
        build_plain_table(shown, "overview-table", wording.say("binder_table"), weights=weights, notes=notes),
    ]
    names = ["label", "effect", "low", "high"]
    drawn = pd.DataFrame([{name: r[f"_{name}"] for name in names} for r in rows if r["_is_log"]])
    if len(drawn) > 1:
        axis, theme = wording.say("binder_axis"), pages[0].theme
        drawing = forest.draw_forest(pages[0].drawable(drawn), x_label=axis, theme=theme)
        plain = Page(replace(pages[0].results, is_simulated=False), wording, theme, printer=pages[0].printer)
        caption, alt = wording.say("binder_forest"), alt_text.describe_forest(drawn)
        note = wording.say("binder_note")
        content.append(plain.figure("overview-forest", caption, drawing, alt, drawn, notes=(note,)))
    return content


def _row(page: Page) -> Record:
    results = page.results
    spec, effect = reading.find_headline(results), reading.find_headline_effect(results)
    names = (results.title, results.name)
    marked, short = (page.say("simulated_title", title=name) for name in names) if results.is_simulated else names
    nothing = dict.fromkeys(("_effect", "_low", "_high"), math.nan)
    row: Record = {"analysis": marked, "_label": short, "_is_log": False, **nothing}
    if spec is None or effect is None:
        return row | {"estimate": page.say("binder_none")} | dict.fromkeys(("effect", "interval", "p", "checks"), "")
    scale = reading.take_text(effect.get("scale"))
    is_change = scale in ("log points", "percent")
    value, low, high = (reading.read_number(effect.get(k)) for k in ("effect", "low", "high"))
    if scale == "percent":
        shown = numbers.format_percent(value)
        value, low, high = (numbers.compute_log_of_percent(v) for v in (value, low, high))
    elif scale == "log points":
        shown = numbers.format_log_percent(value)
    else:
        shown = numbers.format_compact(value)
    spread = reading.format_ends(reading.read_shown_ends(effect), 1, "%" if is_change else "")
    if math.isinf(low) and math.isinf(high):
        spread = page.say("binder_unbounded")
    row |= {"_is_log": is_change and math.isfinite(value), "_effect": value, "_low": low, "_high": high}
    row |= {"estimate": reading.format_label(spec), "effect": shown, "interval": spread}
    return row | {"p": texts.format_p_cell(effect.get("p")), "checks": _verdicts(page)}


def _verdicts(page: Page) -> str:
    if failed := name_objecting(page):
        return page.say("binder_objects", names=Listed(tuple(failed), "comma"))
    n_passed = sum(page.results.findings["verdict"].map(reading.take_text) == "does not object")
    return page.say("binder_silent", n=n_passed) if n_passed else page.say("binder_unchecked")


def _shifted(content: Sequence[blocks.Block], prefix: str) -> list[blocks.Block]:
    """Return an appendix one heading lower, its keys made unique, its numbers without sources in one result set."""

    def rename(exhibit: blocks.Exhibited) -> blocks.Exhibited:
        if isinstance(exhibit, blocks.Table):
            rows = ([[replace(c, sources=()) for c in row.cells] for row in group] for group in exhibit.groups)
            exhibit = replace(exhibit, groups=tuple(tuple(blocks.build_row(*row) for row in group) for group in rows))
        return replace(exhibit, key=f"{prefix}-{exhibit.key}")

    moved: list[blocks.Block] = []
    for block in blocks.replace_exhibits(content, rename):
        if isinstance(block, blocks.Heading):
            level = min(block.level + 1, LOWEST_HEADING)
            block = replace(block, level=level, key=f"{prefix}-{block.key}" if block.key else "")
        elif isinstance(block, blocks.EventView):
            block = replace(block, key=f"{prefix}-{block.key}")
        moved.append(block)
    return blocks.replace_references(moved, lambda span: replace(span, target=f"{prefix}-{span.target}"))
