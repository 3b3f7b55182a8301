"""Exhibit 2: the treatment register and who is treated when."""

from twintrade.render.blocks import Absent, Block, Heading, prose
from twintrade.render.figures import adoption, alt_text
from twintrade.render.page import Page
from twintrade.render.reading import payload
from twintrade.render.tables.provenance import register_table


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the register, and the adoption figure where its data exist."""
    table = register_table(page.results, page.wording)
    frame = payload(page.results, "adoption")
    if table is None and frame is None:
        return Absent(page.say("no_twinnings"))
    blocks: list[Block] = [Heading(2, page.say("register"), "register-of-ties"), prose(page.say("register_intro"))]
    if table is not None:
        blocks.append(table)
    if frame is not None:
        simulated = page.results.is_simulated
        drawing = adoption.draw(page.drawable(frame), theme=page.theme, is_simulated=simulated)
        alt = alt_text.adoption(frame, is_simulated=simulated)
        blocks.append(page.figure("adoption", page.say("adoption_caption"), drawing, alt, frame))
    return tuple(blocks)
