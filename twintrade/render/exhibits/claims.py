"""Exhibit 12, last part: the claims ledger."""

import pandas as pd

from twintrade.render.blocks import Absent, Block, BulletList, Heading, Span, Table, prose, spans, strong
from twintrade.render.numbers import typeset
from twintrade.render.page import Page
from twintrade.render.reading import Record, payload, records, text, truth
from twintrade.render.tables.plain import plain_table


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ledger as the payload "claims" holds it: what was examined as a table, the rest in a list."""
    frame = payload(page.results, "claims")
    if frame is None:
        return Absent(page.say("no_claims"))
    examined = frame["is_examined"].map(truth) if "is_examined" in frame else frame["claim"].notna()
    blocks: list[Block] = [Heading(2, page.say("claims"), "claims-ledger")]
    if examined.any():
        blocks += [prose(page.say("claims_intro")), _table(page, frame[examined])]
    rest = records(frame[~examined])
    if rest:
        blocks.append(prose(page.say("claims_open", n=str(len(rest)))))
        blocks.append(BulletList(tuple(_open(page, row) for row in rest)))
    return tuple(blocks)


def _table(page: Page, frame: pd.DataFrame) -> Table:
    shown = pd.DataFrame(
        {
            "": frame["claim_id"],
            "claim": frame["claim"],
            "verdict": [page.say(f"verdict_{text(v).replace(' ', '_')}") for v in frame["verdict"]],
            "what the data say": frame["answer"].map(text).map(typeset),
            "minimum detectable effect": frame["detectable"],
        }
    )
    weights = {"claim": 1.5, "verdict": 0.8, "what the data say": 3.0, "minimum detectable effect": 1.3}
    return plain_table(
        shown, "claims", page.say("claims_caption"), weights=weights,
        notes=(*page.simulated_note, page.say("claims_note")),
    )  # fmt: skip


def _open(page: Page, row: Record) -> tuple[Span, ...]:
    return spans(strong(f"{text(row['claim_id'])} "), typeset(f"{text(row['claim'])} {text(row['answer'])}"))
