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
    weights = {c: 3.0 if c in {"claim", "answer", "sentence"} else 1.0 for c in map(str, frame.columns)}
    table = plain_table(frame, "claims", page.say("claims_caption"), weights=weights, notes=page.simulated_note)
    return (Heading(2, page.say("claims"), "claims-ledger"), table)
