"""Tables of the run: findings, messages, inferences side by side."""

from collections.abc import Callable

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, Column, Table, build_row
from twintrade.render.citing import build_cell, cite, cite_rows, list_places
from twintrade.render.ends import cite_ends, format_ends, read_ends
from twintrade.render.names import name_check, name_inference
from twintrade.render.reading import (
    Record,
    find_overall,
    format_label,
    list_inferences,
    list_records,
    list_specifications,
    read_number,
    read_whole,
    read_words,
    take_text,
)
from twintrade.render.tables.estimates import find_decimals
from twintrade.render.tables.ladder_notes import is_gravity
from twintrade.render.tables.plain import build_plain_table
from twintrade.render.wording import OF_NO_COLUMN, Wording
from twintrade.text import Text, amounts, name_fact, numbers


def build_findings_table(
    results: ResultSet, wording: Wording, elsewhere: Callable[[Record], str] = lambda _: ""
) -> Table:
    """Return every finding with its verdict and sentence; failures first.

    ``elsewhere``: where the document says a finding's sentence already, empty where it does not; failures are said
    again.
    """
    names = {
        (take_text(s["estimator"]), take_text(s["specification"])): format_label(s)
        for s in list_specifications(results)
    }
    rank = {"objects": 0, "cannot tell": 1, "does not object": 2}
    ordered = sorted(list_records(results.findings), key=lambda r: rank.get(take_text(r["verdict"]), 3))
    frame = pd.DataFrame(
        {
            "check": [name_check(take_text(r["diagnostic"])) for r in ordered],
            "estimate": [_about(r, names) for r in ordered],
            "verdict": [name_fact("labels.verdict-", take_text(r["verdict"]), "–") for r in ordered],
            "sentence": [_cite_finding(r, elsewhere(r)) for r in ordered],
        },
        index=list_places(ordered),
    )
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    weights = {"check": 1.1, "estimate": 1.4, "sentence": 4.0, "verdict": 0.6}
    return build_plain_table(frame, "findings", wording.say("findings_caption"), weights=weights, notes=notes)


def _about(finding: Record, names: dict[tuple[str, str], str]) -> str:
    if take_text(finding["diagnostic"]) in OF_NO_COLUMN:
        return ""
    return names.get((take_text(finding["estimator"]), take_text(finding["specification"])), "")


def _cite_finding(finding: Record, place: str) -> str:
    return place if place and take_text(finding["verdict"]) != "objects" else read_words(finding, "sentence")


def build_messages_table(results: ResultSet, wording: Wording) -> Table:
    """Return the messages of the run, warnings first."""
    rank = {"error": 0, "warning": 1}
    ordered = sorted(list_records(results.messages), key=lambda r: rank.get(take_text(r["level"]), 2))
    frame = pd.DataFrame(
        {
            "level": [name_fact("labels.level-", take_text(r["level"])) for r in ordered],
            "code": [take_text(r["code"]) for r in ordered],
            "where": [_place(r) for r in ordered],
            "message": [read_words(r, "message") for r in ordered],
        },
        index=list_places(ordered),
    )
    sources = {"where": [cite(r, "*", form="words") for r in ordered]}
    weights = {"level": 0.7, "code": 1.3, "where": 1.2, "message": 4.0}
    return build_plain_table(frame, "messages", wording.say("warnings_caption"), weights=weights, sources=sources)


def build_warnings_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return the warnings of the run, of each kind the first and how many more there are; None without any."""
    kinds: dict[str, dict[str, Record]] = {}
    for message in list_records(results.messages):
        if take_text(message["level"]) in ("error", "warning"):
            kinds.setdefault(take_text(message["code"]), {}).setdefault(read_words(message, "message"), message)
    if not kinds:
        return None
    frame = pd.DataFrame(
        {
            "message": [next(iter(sentences)) for sentences in kinds.values()],
            "further": [len(sentences) - 1 for sentences in kinds.values()],
        },
        index=list_places(next(iter(sentences.values())) for sentences in kinds.values()),
    )
    sources = {"further": [cite_rows("messages.csv", "message", "more", code=code) for code in kinds]}
    formats: dict[str, Callable[[object], str]] = {"further": lambda n: str(n) if n else ""}
    return build_plain_table(
        frame, "warnings", wording.say("warnings_table"), weights={"message": 5.0}, formats=formats,
        notes=[wording.say("warnings_note")], sources=sources,
    )  # fmt: skip


def _place(record: Record) -> str:
    row = read_whole(record.get("row"))
    parts = (
        take_text(record.get("file")),
        "" if row is None else str(Text("tables.row", n=row)),
        take_text(record.get("column")),
    )
    return ", ".join(part for part in parts if part)


def build_inference_table(results: ResultSet, record: Record, wording: Wording) -> Table | None:
    """Return the estimate of one specification under each inference made for it; None where there is only one."""
    names = list_inferences(results, record)
    overalls = [(name, find_overall(results, record, name)) for name in names]
    rows = [(name, r) for name, r in overalls if r is not None]
    if len(rows) < 2:
        return None
    decimals = max(find_decimals(r) for _, r in rows)
    body = tuple(
        build_row(
            str(Text("tables.reported", inference=name_inference(name))) if i == 0 else name_inference(name),
            build_cell(numbers.format_fixed(r["effect"], decimals), *cite(r, "effect")),
            build_cell(numbers.format_fixed(r["se"], decimals) if read_number(r["se"]) > 0 else "–", *cite(r, "se")),
            build_cell(format_ends(read_ends(r), decimals) or "–", *cite_ends(r, read_ends(r), decimals)),
            build_cell(amounts.format_p_cell(r["p"]) or "–", *cite(r, "p")),
        )
        for i, (name, r) in enumerate(rows)
    )
    level = read_number(rows[0][1]["level"])
    level = level if level == level else 0.95
    gravity = [wording.say("gravity")] if is_gravity(record) else []
    heads = ("tables.inference", "tables.estimate", "tables.standard-error", "tables.interval", "tables.p")
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += gravity
    return Table(
        key="inference",
        caption=wording.say("inference_caption", label=format_label(record)),
        columns=(Column("left"), *(Column("right") for _ in range(4))),
        header=(tuple(Cell((str(Text(head, level=level)),)) for head in heads),),
        groups=(body,),
        notes=tuple(notes),
    )
