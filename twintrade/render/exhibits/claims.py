"""Exhibit 12, last part: the claims ledger."""

from twintrade.render.blocks import Absent, Block, Heading
from twintrade.render.page import Page
from twintrade.render.reading import payload
from twintrade.render.tables.plain import plain_table


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ledger as the payload "claims" holds it: claim, verdict, answer, minimum detectable effect."""
    frame = payload(page.results, "claims")
    if frame is None:
        return Absent(page.say("no_claims"))
    table = plain_table(frame, "claims", page.say("claims_caption"), is_wrapping=True, notes=page.simulated_note)
    return (Heading(2, page.say("claims"), "claims-ledger"), table)
