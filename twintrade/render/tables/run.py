"""Tables of the run: findings, messages, inferences side by side."""

from collections.abc import Callable

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import numbers
from twintrade.render.blocks import Cell, Column, Table, row
from twintrade.render.reading import Record, inferences, label, number, overall, records, specifications, text
from twintrade.render.tables.estimates import decimals_of
from twintrade.render.tables.ladder import is_gravity
from twintrade.render.tables.plain import plain_table
from twintrade.render.wording import OF_NO_COLUMN, Wording, check_name

VERDICTS = {"pass": "Pass", "fail": "Fail"}


def findings_table(results: ResultSet, wording: Wording, elsewhere: Callable[[Record], str] = lambda _: "") -> Table:
    """Return every finding with its verdict and sentence; failures first.

    Parameters
    ----------
    elsewhere : callable
        Where the document says a finding's sentence already, empty where it does not; failures are said again.
    """
    names = {(text(s["estimator"]), text(s["specification"])): label(s) for s in specifications(results)}
    rank = {"fail": 0, "pass": 1}
    ordered = sorted(records(results.findings), key=lambda r: rank.get(text(r["verdict"]), 2))
    frame = pd.DataFrame(
        {
            "check": [check_name(text(r["diagnostic"])) for r in ordered],
            "estimate": [_about(r, names) for r in ordered],
            "verdict": [VERDICTS.get(text(r["verdict"]), "–") for r in ordered],
            "what it says": [_said(r, elsewhere(r)) for r in ordered],
        }
    )
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    weights = {"check": 1.1, "estimate": 1.4, "what it says": 4.0, "verdict": 0.6}
    return plain_table(frame, "findings", wording.say("findings_caption"), weights=weights, notes=notes)


def _about(finding: Record, names: dict[tuple[str, str], str]) -> str:
    if text(finding["diagnostic"]) in OF_NO_COLUMN:
        return ""
    return names.get((text(finding["estimator"]), text(finding["specification"])), "")


def _said(finding: Record, place: str) -> str:
    return place if place and text(finding["verdict"]) != "fail" else numbers.typeset(text(finding["sentence"]))


def messages_table(results: ResultSet, wording: Wording) -> Table:
    """Return the messages of the run, warnings first."""
    rank = {"error": 0, "warning": 1}
    ordered = sorted(records(results.messages), key=lambda r: rank.get(text(r["level"]), 2))
    frame = pd.DataFrame(
        {
            "level": [text(r["level"]) for r in ordered],
            "code": [text(r["code"]) for r in ordered],
            "where": [_place(r) for r in ordered],
            "message": [numbers.typeset(text(r["message"])) for r in ordered],
        }
    )
    weights = {"level": 0.7, "code": 1.3, "where": 1.2, "message": 4.0}
    return plain_table(frame, "messages", wording.say("warnings_caption"), weights=weights)


def _place(record: Record) -> str:
    row_number = numbers.count(record.get("row")).replace(",", "")
    parts = (text(record.get("file")), f"row {row_number}" if row_number else "", text(record.get("column")))
    return ", ".join(part for part in parts if part)


def inference_table(results: ResultSet, record: Record, wording: Wording) -> Table | None:
    """Return the estimate of one specification under each inference made for it; None where there is only one."""
    names = inferences(results, record)
    made = [(name, overall(results, record, name)) for name in names]
    rows = [(name, r) for name, r in made if r is not None]
    if len(rows) < 2:
        return None
    decimals = max(decimals_of(r) for _, r in rows)
    body = tuple(
        row(
            name.replace("_", " ") + (" (reported)" if i == 0 else ""),
            numbers.fixed(r["effect"], decimals),
            numbers.fixed(r["se"], decimals) if number(r["se"]) > 0 else "–",
            numbers.interval(r["low"], r["high"], decimals) or "–",
            numbers.p_value(r["p"]).removeprefix("p = ").removeprefix("p ") or "–",
        )
        for i, (name, r) in enumerate(rows)
    )
    level = numbers.percent(100 * number(rows[0][1]["level"]), 0) or "95%"
    gravity = [wording.say("gravity")] if is_gravity(record) else []
    heads = ("Inference", "Estimate", "Standard error", f"{level} interval", "p")
    notes = [wording.say("simulated_note")] if results.is_simulated else []
    notes += gravity
    return Table(
        key="inference",
        caption=f"{wording.say('inference_caption')}: {label(record)}",
        columns=(Column("left"), *(Column("right") for _ in range(4))),
        header=(tuple(Cell((head,)) for head in heads),),
        groups=(body,),
        notes=tuple(notes),
    )
