"""Gathers the rows of a registry into twinnings with their candidate dates."""

import pandas as pd

from twintrade.data.cells import folded, quoted
from twintrade.data.dates import TwinningDate
from twintrade.data.faults import Faults

TWINNING_COLUMNS = (
    *("id", "city", "signatory", "partner_city", "partner", "kind", "signed", "precision"),
    *("ended", "source", "note", "file", "row"),
)
CANDIDATE_COLUMNS = (
    *("twinning_id", "event_kind", "event_text", "date", "precision", "year", "month", "day"),
    *("source", "file", "row"),
)
_MAX_NAMED = 8


def gather(rows: pd.DataFrame, faults: Faults) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the twinnings and their candidate dates.

    Rows with the same identifier are one twinning; without identifiers, rows of a file with an event column are one
    twinning when city, partner and partner city agree. Anything else that repeats is an error.

    Returns
    -------
    (DataFrame, DataFrame)
        Columns ``TWINNING_COLUMNS`` and ``CANDIDATE_COLUMNS``.
    """
    rows = rows.assign(twinning_id=_identifiers(rows))
    _note_repeats(rows, faults)
    candidates = _candidates(rows)
    twinnings = [_twinning(str(name), group, faults) for name, group in rows.groupby("twinning_id", sort=False)]
    frame = pd.DataFrame(twinnings, columns=list(TWINNING_COLUMNS))
    undated = ~frame["id"].isin(candidates["twinning_id"])
    if undated.any():
        named = ", ".join(_name(r) for _, r in frame[undated].head(_MAX_NAMED).iterrows())
        faults.warn("undated-twinning", f"{int(undated.sum())} twinnings have no date ({named}): never a control")
    _warn_of_twin_rows(frame, faults)
    return frame, candidates


def _identifiers(rows: pd.DataFrame) -> pd.Series:
    """Return the registry's own identifiers, or ``city-partner city-partner`` where it has none."""
    made = rows["city"] + "-" + rows["partner_city"] + "-" + rows["partner"]
    return rows["id"].where((rows["id"] != "") & rows["has_id"], made)


def _note_repeats(rows: pd.DataFrame, faults: Faults) -> None:
    """Note rows that repeat a twinning without an event column, and twinnings that contradict themselves."""
    for name, group in rows.groupby("twinning_id", sort=False):
        if len(group) == 1:
            continue
        first, later = group.iloc[0], group.iloc[1:]
        for _, row in later.iterrows():
            where = f"row {first['row']}" + (f" of {first['file']}" if first["file"] != row["file"] else "")
            if not row["has_events"]:
                text = f"{quoted(str(name))} stands here and in {where}: remove one, or declare an event column"
                faults.error("duplicate-twinning", text, row["file"], int(row["row"]))
            differ = [c for c in ("city", "partner", "kind") if row[c] != first[c]]
            if differ:
                text = f"{quoted(str(name))} differs from {where} in {', '.join(differ)}"
                faults.error("duplicate-twinning", text, row["file"], int(row["row"]))


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


def _twinning(name: str, group: pd.DataFrame, faults: Faults) -> dict[str, object]:
    first = group.iloc[0]
    is_signed = (group["event_kind"] == "signed") & group["date"].notna()
    signed: list[TwinningDate] = sorted(group["date"][is_signed], key=lambda d: d.earliest)
    if len({d.iso for d in signed}) > 1:
        named = ", ".join(d.iso for d in signed)
        faults.warn(
            "several-signatures",
            f"{quoted(name)} has several dates of signature ({named}); the earliest counts",
            str(first["file"]),
            int(first["row"]),
        )
    ends = sorted(set(group["ended"]) - {""})
    if len(ends) > 1:
        faults.error(
            "date", f"{quoted(name)} has two ends ({', '.join(ends)})", str(first["file"]), int(first["row"])
        )
    lead = group[is_signed].iloc[0] if is_signed.any() else first
    return {
        **{c: first[c] for c in ("city", "signatory", "partner_city", "partner", "kind", "file", "row")},
        "id": name,
        "signed": signed[0].iso if signed else "",
        "precision": signed[0].precision if signed else "",
        "ended": ends[0] if ends else "",
        "source": lead["source"],
        "note": "; ".join(dict.fromkeys(n for n in group["note"] if n)),
    }


def _name(twinning: pd.Series) -> str:
    return f"{twinning['signatory'] or twinning['city']}-{twinning['partner_city'] or twinning['partner']}"


def _warn_of_twin_rows(frame: pd.DataFrame, faults: Faults) -> None:
    """Warn of different identifiers for what reads like one tie."""
    who = frame["signatory"].where(frame["signatory"] != "", frame["city"])
    key = frame["city"] + "|" + who.map(folded) + "|" + frame["partner_city"].map(folded) + "|" + frame["partner"]
    again = key.duplicated(keep=False) & (frame["partner_city"] != "")
    for _, group in frame[again].groupby(key[again], sort=False):
        rows = ", ".join(str(r) for r in group["row"])
        faults.warn(
            "same-tie-twice",
            f"{_name(group.iloc[0])} stands in rows {rows} under different identifiers; the first date counts",
            str(group.iloc[0]["file"]),
            int(group.iloc[1]["row"]),
        )
