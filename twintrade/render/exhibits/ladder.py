"""Exhibit 6: the main ladder, and the headline under every inference."""

from dataclasses import replace

from twintrade.render.blocks import Absent, Block, Heading, build_paragraph, build_reference
from twintrade.render.page import Page
from twintrade.render.reading import find_headline, list_specifications, read_words
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.render.tables.ladder_notes import list_page_notes
from twintrade.render.tables.run import build_inference_table


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ladder."""
    is_short = page.detail == "short"
    tables = build_ladder_tables(page.results, page.wording, page.tables, is_short=is_short)
    spec = find_headline(page.results)
    if not tables or spec is None:
        return Absent(read_words(dict(page.results.sections), "no_effect") or page.say("no_specification"))
    if not is_short:
        tables = tuple(replace(table, notes=(), notes_alone=table.notes) for table in tables)
        columns = list_specifications(page.results)
        last = replace(tables[-1], notes=list_page_notes(page.results, page.wording, columns, page.tables))
        tables = (*tables[:-1], last)
    before, after = page.say("ladder_intro", table="\0").split("\0")
    blocks: list[Block] = [
        Heading(2, page.say("ladder"), "main-estimates"),
        build_paragraph(before, build_reference(tables[0].key), after),
        *tables,
    ]
    beside = None if is_short else build_inference_table(page.results, spec, page.wording)
    return (*blocks, *([beside] if beside is not None else []))
