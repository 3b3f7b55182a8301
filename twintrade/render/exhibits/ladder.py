"""Exhibit 6: the main ladder, and the headline under every inference."""

from twintrade.render.blocks import Absent, Block, Heading, prose, reference
from twintrade.render.page import Page
from twintrade.render.reading import headline
from twintrade.render.tables.ladder import ladder
from twintrade.render.tables.run import inference_table


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ladder."""
    tables = ladder(page.results, page.wording, page.tables)
    spec = headline(page.results)
    if not tables or spec is None:
        return Absent(page.results.sections.get("no_effect") or page.say("no_specification"))
    before, after = page.say("ladder_intro", table="\0").split("\0")
    blocks: list[Block] = [
        Heading(2, page.say("ladder"), "main-estimates"),
        prose(before, reference(tables[0].key), after),
        *tables,
    ]
    beside = inference_table(page.results, spec, page.wording)
    return (*blocks, beside) if beside is not None else tuple(blocks)
