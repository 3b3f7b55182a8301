"""The treatment register as a table: each tie, all its dates, from when it counts, and who says so."""

import math
from collections.abc import Sequence
from urllib.parse import urlsplit

from twintrade.effects import ResultSet
from twintrade.render.blocks import Cell, Column, Row, Table
from twintrade.render.numbers import event_time
from twintrade.render.reading import Record, records, text, whole
from twintrade.render.wording import Wording

_HEADS = ("Pair", "Tie", "Kind", "Dates", "Counts from", "Status", "Note", "Source")
_WRAPPING = frozenset(range(len(_HEADS))) - {_HEADS.index("Pair"), _HEADS.index("Counts from")}
DATE_COLUMNS = ("candidates", "first_contact", "memorandum", "signed", "ratified", "activated")


def register_table(results: ResultSet, wording: Wording) -> Table | None:
    """Return the dated ties, one row each; None where there is none."""
    dated = [r for r in records(results.twinnings) if not is_undated(r)]
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


def undated_ties(results: ResultSet) -> list[str]:
    """Return the ties whose date nobody knows, by name."""
    return [_tie(r) or text(r.get("unit")) for r in records(results.twinnings) if is_undated(r)]


def is_undated(tie: Record) -> bool:
    """Whether a tie has no date at all."""
    return not any(text(tie.get(name)) for name in (*DATE_COLUMNS, "onset"))


def _period_labels(results: ResultSet) -> dict[int, str]:
    data = results.data
    if data.empty or not {"period", "period_label"} <= set(data.columns):
        return {}
    known = data.drop_duplicates("period")
    return {int(p): text(n) for p, n in zip(known["period"], known["period_label"], strict=True)}


def _row(tie: Record, labels: dict[int, str]) -> tuple[Cell, ...]:
    onset = whole(tie.get("onset"))
    source = text(tie.get("source"))
    host = urlsplit(source).hostname if source.startswith(("https://", "http://")) else None
    notes = "; ".join(filter(None, (text(tie.get("flag")), text(tie.get("note")))))
    pair = text(tie.get("unit")) or "-".join(filter(None, (text(tie.get("city")), text(tie.get("partner")))))
    return (
        Cell((pair,)),
        Cell((_tie(tie),)),
        Cell((text(tie.get("kind")),)),
        Cell((_dates(tie),)),
        Cell(("" if onset is None else labels.get(onset) or event_time(onset),)),
        Cell((text(tie.get("status")),)),
        Cell((notes,)),
        Cell((host.removeprefix("www."),), link=source) if host else Cell((source,)),
    )


def _tie(tie: Record) -> str:
    ends = (
        text(tie.get("signatory")) or text(tie.get("city")),
        text(tie.get("partner_city")) or text(tie.get("partner")),
    )
    return " – ".join(filter(None, ends))


def _dates(tie: Record) -> str:
    """Return every candidate date with what happened on it, and the end where the tie ended."""
    if text(tie.get("candidates")):
        found = text(tie["candidates"])
    else:
        named = [(n.replace("_", " "), text(tie.get(n))) for n in DATE_COLUMNS[1:] if text(tie.get(n))]
        found = "; ".join(f"{name} {date}" for name, date in named)
    ended = text(tie.get("ended"))
    return f"{found}; ended {ended}" if ended else found
