"""Exhibit 12, last part: the claims ledger."""

import pandas as pd

from twintrade.render.blocks import (
    Absent,
    Block,
    BulletList,
    Heading,
    Span,
    Table,
    build_paragraph,
    build_spans,
    emphasize,
)
from twintrade.render.citing import WORDS, cite, list_places
from twintrade.render.names import capitalize
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_payload,
    find_words,
    list_records,
    list_topic_findings,
    read_truth,
    read_words,
    take_text,
)
from twintrade.render.tables.plain import build_plain_table
from twintrade.text import Listed, Text, complete_sentence, join_sentences, strip_stop


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the ledger as the payload "claims" holds it: a table of what was examined, one line of what was not.

    Claims for which no analysis has the data are listed one by one.
    """
    frame = find_payload(page.results, "claims")
    if frame is None:
        return Absent(page.say("no_claims"))
    examined = frame["is_examined"].map(read_truth) if "is_examined" in frame else frame["claim"].notna()
    blocks: list[Block] = [Heading(2, page.say("claims"), "claims-ledger")]
    if examined.any():
        blocks += [build_paragraph(page.say("claims_intro")), _table(page, frame[examined])]
    rest = list_records(frame[~examined])
    if page.detail == "short":
        return (*blocks, *([build_paragraph(_name_unexamined(page, rest))] if rest else []))
    lacking = [row for row in rest if take_text(row.get("need"))]
    unanswered = [row for row in rest if not take_text(row.get("need"))]
    if lacking:
        needs = Listed(tuple(_say_need(row) for row in lacking), "semicolon")
        blocks.append(build_paragraph(page.say("claims_lacking", n=len(lacking), needs=needs)))
    if unanswered:
        blocks.append(build_paragraph(page.say("claims_open", n=len(unanswered))))
        blocks.append(BulletList(tuple(_open(row) for row in unanswered)))
    return tuple(blocks)


def _table(page: Page, frame: pd.DataFrame) -> Table:
    rows = list_records(frame)
    shown = pd.DataFrame(
        {
            "": [row["claim_id"] for row in rows],
            "claim": [read_words(row, "claim") for row in rows],
            "verdict": [page.say(f"verdict_{take_text(row['verdict']).replace(' ', '_')}") for row in rows],
            "answer": [_refer(page, read_words(row, "answer")) for row in rows],
            "detectable": [read_words(row, "detectable") for row in rows],
        },
        index=list_places(rows),
    )
    weights = {"claim": 1.5, "verdict": 0.8, "answer": 3.0, "detectable": 1.3}
    return build_plain_table(
        shown, "claims", page.say("claims_caption"), weights=weights,
        sources={"": [cite(row, "claim_id", form=WORDS) for row in rows]},
        notes=(*page.simulated_note, page.say("claims_note")),
    )  # fmt: skip


def _refer(page: Page, answer: str) -> str:
    """Return an answer in which what a short page says of a case above is referred to."""
    if page.detail != "short" or "single_case" not in page.exhibits:
        return answer
    for finding in list_topic_findings(page.results, "single_case"):
        answer = answer.replace(read_words(finding, "sentence") or answer, page.say("said_above"))
    return capitalize(complete_sentence(answer))


def _name_unexamined(page: Page, rows: list[Record]) -> str:
    named = (
        Text("claims.entry", id=take_text(row["claim_id"]), claim=strip_stop(read_words(row, "claim")))
        for row in rows
    )
    return page.say("claims_unexamined", n=len(rows), names=Listed(tuple(named), "semicolon"))


def _say_need(row: Record) -> Text:
    return Text("claims.lacking", id=take_text(row["claim_id"]), need=find_words(row, "need"))


def _open(row: Record) -> tuple[Span, ...]:
    return build_spans(
        emphasize(f"{take_text(row['claim_id'])} "),
        join_sentences((read_words(row, "claim"), read_words(row, "answer"))),
    )
