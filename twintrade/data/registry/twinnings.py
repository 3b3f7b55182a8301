"""Gathers the rows of a registry into twinnings with their candidate dates."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeAlias

import pandas as pd

from twintrade.data.calendar.dates import TwinningDate
from twintrade.data.sources.cells import fold_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.text import Listed, Text, list_some

TWINNING_COLUMNS = (
    *("id", "city", "signatory", "partner_city", "partner", "kind", "signed", "precision"),
    *("ended", "source", "note", "file", "row"),
)
CANDIDATE_COLUMNS = (
    *("twinning_id", "event_kind", "event_text", "date", "precision", "year", "month", "day"),
    *("source", "file", "row"),
)
_MAX_NAMED = 8

Row: TypeAlias = dict[Hashable, Any]


def gather(rows: pd.DataFrame, faults: Faults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the twinnings and their candidate dates.

    Rows with the same identifier are one twinning; without identifiers, rows of a file with an event column are one
    twinning when city, partner and partner city agree. Anything else that repeats is an error.

    Returns columns ``TWINNING_COLUMNS`` and ``CANDIDATE_COLUMNS``.
    """
    rows = rows.assign(twinning_id=_identifiers(rows))
    groups: dict[str, list[Row]] = {}
    for row in rows.to_dict("records"):
        groups.setdefault(str(row["twinning_id"]), []).append(row)
    _note_repeats(groups, faults)
    candidates = _candidates(rows)
    twinnings = [_twinning(name, group, faults) for name, group in groups.items()]
    frame = pd.DataFrame(twinnings, columns=list(TWINNING_COLUMNS))
    undated = ~frame["id"].isin(candidates["twinning_id"])
    if undated.any():
        names = list_some([_name(r) for _, r in frame[undated].iterrows()], _MAX_NAMED)
        faults.warn("undated-twinning", Text("data.undated-twinnings", n=int(undated.sum()), names=names))
    _warn_of_twin_rows(frame, faults)
    return frame, candidates


def _identifiers(rows: pd.DataFrame) -> pd.Series:
    """Return the registry's own identifiers, or ``city-partner city-partner`` where it has none."""
    by_place = rows["city"] + "-" + rows["partner_city"] + "-" + rows["partner"]
    return rows["id"].where((rows["id"] != "") & rows["has_id"], by_place)


def _note_repeats(groups: Mapping[str, list[Row]], faults: Faults) -> None:
    """Note rows that repeat a twinning without an event column, and twinnings that contradict themselves."""
    for name, (first, *later) in groups.items():
        for row in later:
            is_here = first["file"] == row["file"]
            where = Text("data.row" if is_here else "data.row-of-file", row=first["row"], file=first["file"])
            place = row["file"], int(row["row"])
            if not (row["has_events"] and first["has_events"]):
                text = Text("data.twinning-repeated", name=quote_cell(name), where=where)
                faults.error("duplicate-twinning", text, *place)
            differ = tuple(c for c in ("city", "partner", "kind") if row[c] != first[c])
            if differ:
                columns = Listed(differ, "comma")
                text = Text("data.twinning-differs", name=quote_cell(name), where=where, columns=columns)
                faults.error("duplicate-twinning", text, *place)


def _candidates(rows: pd.DataFrame) -> pd.DataFrame:
    dated = rows[rows["date"].notna()]
    dates: list[TwinningDate] = list(dated["date"])
    frame = pd.DataFrame(
        {
            "twinning_id": dated["twinning_id"].to_numpy(),
            "event_kind": dated["event_kind"].to_numpy(),
            "event_text": dated["event_text"].to_numpy(),
            "date": [d.iso for d in dates],
            "precision": [d.precision for d in dates],
            "year": pd.array([d.year for d in dates], dtype="Int64"),
            "month": pd.array([d.month for d in dates], dtype="Int64"),
            "day": pd.array([d.day for d in dates], dtype="Int64"),
            "source": dated["source"].to_numpy(),
            "file": dated["file"].to_numpy(),
            "row": dated["row"].to_numpy(),
            "_order": pd.factorize(rows["twinning_id"])[0][rows["date"].notna()],
        }
    )
    ordered = frame.sort_values(["_order", "year", "month", "day"], na_position="first", kind="stable")
    return ordered[list(CANDIDATE_COLUMNS)].reset_index(drop=True)


def _twinning(name: str, group: list[Row], faults: Faults) -> dict[str, object]:
    first = group[0]
    place = (str(first["file"]), int(first["row"]))
    signatures = [row for row in group if row["event_kind"] == "signed" and isinstance(row["date"], TwinningDate)]
    signed: list[TwinningDate] = sorted((row["date"] for row in signatures), key=lambda d: d.earliest)
    if len({d.iso for d in signed}) > 1 and all(row["has_events"] for row in group):
        dates = Listed(tuple(d.iso for d in signed), "comma")
        faults.warn("several-signatures", Text("data.several-signatures", name=quote_cell(name), dates=dates), *place)
    ends = sorted({row["ended"] for row in group} - {""})
    if len(ends) > 1:
        faults.error("date", Text("data.two-ends", name=quote_cell(name), dates=Listed(tuple(ends), "comma")), *place)
    return {
        **{c: first[c] for c in ("city", "signatory", "partner_city", "partner", "kind", "file", "row")},
        "id": name,
        "signed": signed[0].iso if signed else "",
        "precision": signed[0].precision if signed else "",
        "ended": ends[0] if ends else "",
        "source": (min(signatures, key=lambda row: row["date"].earliest) if signatures else first)["source"],
        "note": "; ".join(dict.fromkeys(row["note"] for row in group if row["note"])),
    }


def _name(twinning: pd.Series) -> str:
    return f"{twinning['signatory'] or twinning['city']}-{twinning['partner_city'] or twinning['partner']}"


def _warn_of_twin_rows(frame: pd.DataFrame, faults: Faults) -> None:
    """Warn of different identifiers for what reads like one agreement; one of another kind is another agreement."""
    who = frame["signatory"].where(frame["signatory"] != "", frame["city"])
    ends = frame["city"] + "|" + who.map(fold_name) + "|" + frame["partner_city"].map(fold_name)
    key = ends + "|" + frame["partner"] + "|" + frame["kind"]
    again = key.duplicated(keep=False) & (frame["partner_city"] != "")
    for _, group in frame[again].groupby(key[again], sort=False):
        rows = Listed(tuple(map(str, group["row"])), "comma")
        text = Text("data.same-agreement-twice", name=_name(group.iloc[0]), rows=rows)
        faults.warn("same-agreement-twice", text, str(group.iloc[0]["file"]), int(group.iloc[1]["row"]))
