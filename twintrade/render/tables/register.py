"""The treatment register as a table: each agreement, all its dates, from when it counts, and who says so."""

import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, Column, Row, Table
from twintrade.render.numbers import format_event_time
from twintrade.render.reading import Record, list_records, read_whole, take_text
from twintrade.render.wording import Wording

_HEADS = ("Pair", "Agreement", "Kind", "Dates", "Counts from", "Status", "Note", "Source")
_WRAPPING = frozenset(range(len(_HEADS))) - {_HEADS.index("Pair"), _HEADS.index("Counts from")}
DATE_COLUMNS = ("candidates", "first_contact", "memorandum", "signed", "ratified", "activated")


def build_register_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return the dated agreements, one row each; None where there is none."""
    dated = [r for r in list_records(results.twinnings) if not is_undated(r)]
    if not dated:
        return None
    rows = [_row(r, _period_labels(results)) for r in dated]
    kept = [j for j in range(len(_HEADS)) if any(cells[j].text for cells in rows)]
    return Table(
        key="register",
        caption=wording.say("register_caption"),
        columns=tuple(Column("left", _weight([cells[j] for cells in rows]) if j in _WRAPPING else 0.0) for j in kept),
        header=(tuple(Cell((_HEADS[j],)) for j in kept),),
        groups=(tuple(Row(tuple(cells[j] for j in kept)) for cells in rows),),
    )


def _weight(cells: Sequence[Cell]) -> float:
    """Return the weight of a column, growing slowly with its longest text."""
    return math.sqrt(max(len(cell.text) for cell in cells))


def list_undated_ties(results: ResultSet) -> list[str]:
    """Return the agreements whose date nobody knows, by name."""
    return [_tie(r) or take_text(r.get("unit")) for r in list_records(results.twinnings) if is_undated(r)]


def is_undated(tie: Record) -> bool:
    """Whether an agreement has no date at all."""
    return not any(take_text(tie.get(name)) for name in (*DATE_COLUMNS, "onset"))


def _period_labels(results: ResultSet) -> dict[int, str]:
    data = results.data
    if data.empty or not {"period", "period_label"} <= set(data.columns):
        return {}
    known = data.drop_duplicates("period")
    return {int(p): take_text(n) for p, n in zip(known["period"], known["period_label"], strict=True)}


def _row(tie: Record, labels: dict[int, str]) -> tuple[Cell, ...]:
    onset = read_whole(tie.get("onset"))
    source = take_text(tie.get("source"))
    host = urlsplit(source).hostname if source.startswith(("https://", "http://")) else None
    notes = "; ".join(filter(None, (take_text(tie.get("flag")), take_text(tie.get("note")))))
    pair = take_text(tie.get("unit")) or "-".join(
        filter(None, (take_text(tie.get("city")), take_text(tie.get("partner"))))
    )
    return (
        Cell((pair,)),
        Cell((_tie(tie),)),
        Cell((take_text(tie.get("kind")),)),
        Cell((_dates(tie),)),
        Cell(("" if onset is None else labels.get(onset) or format_event_time(onset),)),
        Cell((take_text(tie.get("status")),)),
        Cell((notes,)),
        Cell((host.removeprefix("www."),), link=source) if host else Cell((source,)),
    )


def _tie(tie: Record) -> str:
    ends = (
        take_text(tie.get("signatory")) or take_text(tie.get("city")),
        take_text(tie.get("partner_city")) or take_text(tie.get("partner")),
    )
    return " – ".join(filter(None, ends))


def _dates(tie: Record) -> str:
    """Return every candidate date with what happened on it, and the end where the agreement ended."""
    if take_text(tie.get("candidates")):
        found = take_text(tie["candidates"])
    else:
        named = [(n.replace("_", " "), take_text(tie.get(n))) for n in DATE_COLUMNS[1:] if take_text(tie.get(n))]
        found = "; ".join(f"{name} {date}" for name, date in named)
    ended = take_text(tie.get("ended"))
    return f"{found}; ended {ended}" if ended else found
