"""Exhibit 1: the data card: files, fingerprints, counts, rows left out."""

from twintrade.render.blocks import Absent, Block, Heading, build_paragraph
from twintrade.render.page import Page
from twintrade.render.reading import read_words, take_text
from twintrade.render.tables.provenance import (
    build_conversions_table,
    build_dropped_tables,
    build_inputs_table,
    build_status_table,
)


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the data card."""
    results = page.results
    blocks: list[Block] = [Heading(2, page.say("data_card"), "data-card")]
    if results.sections.get("data_card"):
        blocks.append(build_paragraph(read_words(dict(results.sections), "data_card")))
    data = results.data
    is_told = bool(results.sections.get("data_card")) and page.detail == "short"
    if not (data.empty or is_told) and {"unit", "period"} <= set(data.columns):
        ordered = data.sort_values("period", kind="stable")
        name = "period_label" if "period_label" in data else "period"
        blocks.append(
            build_paragraph(
                page.say(
                    "counts",
                    rows=len(data),
                    units=data["unit"].nunique(),
                    periods=data["period"].nunique(),
                    first=take_text(ordered[name].iloc[0]),
                    last=take_text(ordered[name].iloc[-1]),
                )
            )
        )
    makers = (build_inputs_table, build_conversions_table, *(() if is_told else (build_status_table,)))
    blocks += [table for table in (maker(results, page.wording) for maker in makers) if table is not None]
    blocks += build_dropped_tables(results, page.wording)
    return tuple(blocks) if len(blocks) > 1 else Absent(page.say("no_manifest"))
