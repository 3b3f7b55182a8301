"""Exhibit 2: the treatment register and who is treated when."""

from twintrade.render.blocks import Absent, Block, Heading, build_paragraph
from twintrade.render.figures import adoption, alt_text
from twintrade.render.page import Page
from twintrade.render.reading import find_payload
from twintrade.render.tables.register import build_register_table, list_undated, name_undated_agreements


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the register, and the adoption figure where its data exist."""
    table = build_register_table(page.results, page.wording)
    frame = find_payload(page.results, "adoption")
    if page.results.twinnings.empty and frame is None:
        return Absent(page.say("no_twinnings"))
    blocks: list[Block] = [
        Heading(2, page.say("register"), "register-of-ties"),
        build_paragraph(page.say("register_intro", of=_find_scope(page))),
    ]
    if table is not None:
        blocks.append(table)
    undated = list_undated(page.results)
    if undated:
        blocks.append(build_paragraph(page.say("undated", n=len(undated), names=name_undated_agreements(undated))))
    outside = find_payload(page.results, "agreements_outside_panel")
    if outside is not None:
        blocks.append(build_paragraph(page.say("outside", n=len(outside))))
    if frame is not None and (page.detail == "full" or table is None):
        simulated = page.results.is_simulated
        drawing = adoption.draw(page.drawable(frame), theme=page.theme, is_simulated=simulated)
        alt = alt_text.describe_adoption(frame, is_simulated=simulated)
        blocks.append(page.figure("adoption", page.say("adoption_caption"), drawing, alt, frame))
    return tuple(blocks)


def _find_scope(page: Page) -> str:
    """Return whose agreements the register lists: of a single case only those of its city or its partner."""
    return "case" if find_payload(page.results, "case_paths") is not None else "panel"
