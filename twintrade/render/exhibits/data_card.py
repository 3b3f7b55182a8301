"""Exhibit 1: the data card: files, fingerprints, counts, rows left out."""

from twintrade.render import numbers
from twintrade.render.blocks import Absent, Block, Heading, prose
from twintrade.render.page import Page
from twintrade.render.reading import text
from twintrade.render.tables.provenance import conversions_table, dropped_table, inputs_table, status_table


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the data card."""
    results = page.results
    blocks: list[Block] = [Heading(2, page.say("data_card"), "data-card")]
    if results.sections.get("data_card"):
        blocks.append(prose(numbers.typeset(results.sections["data_card"])))
    data = results.data
    if not data.empty and {"unit", "period"} <= set(data.columns):
        ordered = data.sort_values("period", kind="stable")
        name = "period_label" if "period_label" in data else "period"
        blocks.append(
            prose(
                page.say(
                    "counts",
                    rows=numbers.count(len(data)),
                    units=numbers.count(data["unit"].nunique()),
                    periods=numbers.count(data["period"].nunique()),
                    first=text(ordered[name].iloc[0]),
                    last=text(ordered[name].iloc[-1]),
                )
            )
        )
    makers = (inputs_table, conversions_table, status_table, dropped_table)
    blocks += [table for table in (maker(results, page.wording) for maker in makers) if table is not None]
    return tuple(blocks) if len(blocks) > 1 else Absent(page.say("no_manifest"))
