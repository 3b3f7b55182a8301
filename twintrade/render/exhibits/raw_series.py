"""Exhibit 5: the raw event figure of each case, with every candidate date."""

from twintrade.render.blocks import Absent, Block, Heading, prose
from twintrade.render.exhibits.payloads import shown
from twintrade.render.figures import alt_text, raw_series
from twintrade.render.page import Page
from twintrade.render.reading import payloads, slug


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return one figure a case, and the double ratio where it was made."""
    results = page.results
    cases = payloads(results, "raw_series")
    if not cases:
        return Absent(page.say("no_payload"))
    blocks: list[Block] = [Heading(2, page.say("raw"), "raw-series"), prose(page.say("raw_intro"))]
    for key, frame in cases.items():
        dates = results.payloads.get(key.replace("raw_series", "candidate_dates"))
        drawing = raw_series.draw(
            page.drawable(frame),
            page.drawable(dates) if dates is not None else None,
            theme=page.theme,
            is_simulated=results.is_simulated,
        )
        alt = alt_text.lines(frame, "Line chart", is_simulated=results.is_simulated, panel="level")
        caption = page.say("raw_caption", title=results.title)
        blocks.append(page.figure(slug(key), caption, drawing, alt, frame))
    for key, frame in payloads(results, "path").items():
        blocks += shown(page, key, frame)
    return tuple(blocks)
