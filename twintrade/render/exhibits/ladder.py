"""Exhibit 6: the main ladder, and the headline under every inference."""

from twintrade.render.blocks import Absent, Block, Heading, build_paragraph, build_reference
from twintrade.render.page import Page
from twintrade.render.reading import find_headline, read_words
from twintrade.render.tables.ladder import build_ladder_tables
from twintrade.render.tables.run import build_inference_table


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ladder."""
    is_short = page.detail == "short"
    tables = build_ladder_tables(page.results, page.wording, page.tables, is_short=is_short)
    spec = find_headline(page.results)
    if not tables or spec is None:
        return Absent(read_words(dict(page.results.sections), "no_effect") or page.say("no_specification"))
    before, after = page.say("ladder_intro", table="\0").split("\0")
    blocks: list[Block] = [
        Heading(2, page.say("ladder"), "main-estimates"),
        build_paragraph(before, build_reference(tables[0].key), after),
        *tables,
    ]
    if is_short:
        return tuple(blocks)
    beside = build_inference_table(page.results, spec, page.wording)
    return (*blocks, beside) if beside is not None else tuple(blocks)
