"""Exhibit 6: the main ladder, and the headline under every inference."""

from dataclasses import replace
from itertools import pairwise

from twintrade.render.blocks import Absent, Block, Heading, build_paragraph, build_reference
from twintrade.render.page import Page
from twintrade.render.reading import find_headline, list_specifications, read_words, take_text
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
    columns = list_specifications(page.results)
    if not is_short:
        tables = tuple(replace(table, notes=(), notes_alone=table.notes) for table in tables)
        last = replace(tables[-1], notes=list_page_notes(page.results, page.wording, columns, page.tables))
        tables = (*tables[:-1], last)
    key = "ladder_intro" if _is_ladder([take_text(c.get("fixed_effects")) for c in columns]) else "ladder_beside"
    before, after = page.say(key, table="\0", n=len(columns)).split("\0")
    blocks: list[Block] = [
        Heading(2, page.say("ladder"), "main-estimates"),
        build_paragraph(before, build_reference(tables[0].key), after),
        *tables,
    ]
    beside = None if is_short else build_inference_table(page.results, spec, page.wording)
    return (*blocks, *([beside] if beside is not None else []))


def _is_ladder(effects: list[str]) -> bool:
    """Whether each column takes out at least the fixed effects of the one before it, and the last takes out more."""
    rungs = [set(names.split(";")) for names in effects]
    return rungs[0] != rungs[-1] and all(_covers(b, a) for a, b in pairwise(rungs))


def _covers(finer: set[str], coarser: set[str]) -> bool:
    """Whether effects take out what others do; effects of cities and periods take out those of periods."""
    is_by_period = any(name.endswith("_period") for name in finer)
    return all(name in finer or (name == "period" and is_by_period) for name in coarser)
