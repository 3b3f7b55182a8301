"""One figure for each city, partner and period: products summed, files ranked, duplicates refused."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from twintrade.data.calendar.periods import Frequency
from twintrade.data.schema.source import TradeSource
from twintrade.data.shared_names import complete_sums, find_other_names, name_rows
from twintrade.data.sources.cells import quote_cell
from twintrade.data.sources.faults import Faults, Fix
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Listed, Text, Value

KEY = ["city", "partner", "period"]
_AGREEMENT = 1e-9

Advise: TypeAlias = Callable[[str, pd.DataFrame, list[str]], Fix]


def _advise(file: str, frame: pd.DataFrame, key: list[str]) -> Fix:
    return None


def sum_parts(frame: pd.DataFrame, source: TradeSource, faults: Faults, advise: Advise = _advise) -> pd.DataFrame:
    """Add up the products of every city, partner and period, and its names with ``add_up``; a part twice is an error.

    A figure is missing when any of its parts is: a partial sum would be too small and look whole.
    """
    further = ["product", "revision"] if source.product is not None else []
    if not (further or source.add_up) or frame.empty:
        return frame
    frame = note_repeats(frame, source, faults, advise)
    if further:
        _refuse_mixed(frame, source, faults)
    grouped = frame.groupby(KEY, sort=False)
    summed = grouped.agg({"value": "sum", "flag": "max", **dict.fromkeys(["file", "row", *further[1:]], "first")})
    has_holes = grouped["value"].count() < grouped.size()
    summed["value"] = summed["value"].mask(has_holes)
    if further:
        revisions = Listed(tuple(sorted(set(frame["revision"]))))
        text = Text("data.products-summed", n_rows=len(frame), revisions=revisions, n=len(summed))
        faults.inform("products-summed", text, source.file)
    summed = summed.reset_index()
    return complete_sums(summed, frame, source, faults) if source.add_up else summed


def note_repeats(frame: pd.DataFrame, source: TradeSource, faults: Faults, advise: Advise = _advise) -> pd.DataFrame:
    """Note an error for rows of one file that repeat each other; return them with the names that are added up."""
    parts = [*(["product"] if source.product is not None else []), *(["written"] if source.add_up else [])]
    frame = name_rows(frame) if source.add_up else frame
    note_duplicates(frame, source.frequency, faults, [*KEY, *parts], advise)
    return frame


def _refuse_mixed(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Note an error where products of two revisions would be added up, or follow each other against the rule."""
    names = list(dict.fromkeys(frame["revision"]))
    if len(names) < 2:
        return
    if source.mixed_revisions == "error":
        first = frame[~frame["revision"].duplicated()].iloc[1:]
        for name, row in zip(first["revision"], first["row"], strict=True):
            text = Text("data.revision-changes", here=quote_cell(name), before=quote_cell(names[0]))
            faults.error("revision", text, source.file, int(row))
        return
    mixed = frame.groupby(KEY, sort=False)["revision"].transform("nunique") > 1
    for row in frame[mixed].drop_duplicates(KEY).to_dict("records"):
        text = Text("data.revisions-mixed", what=_name_cell(row, source.frequency))
        faults.error("revision", text, source.file, int(row["row"]))


def _name_cell(row: Mapping[Hashable, Any], frequency: Frequency) -> Text:
    period = frequency.label(int(row["period"]))
    return Text("data.pair-period", city=row["city"], partner=row["partner"], period=period)


def warn_of_revisions(frames: Sequence[pd.DataFrame], frequency: Frequency, faults: Faults) -> None:
    """Say in which periods each revision is used, where products follow more than one."""
    joined = pd.concat([f[["revision", "period"]] for f in frames if "revision" in f] or [pd.DataFrame()])
    if joined.empty or joined["revision"].nunique() < 2:
        return
    spans = joined.groupby("revision")["period"].agg(["min", "max"]).sort_values(["min", "max"])
    named = tuple(
        Text("data.span", name=name, first=frequency.label(a), last=frequency.label(b))
        for name, a, b in spans.itertuples()
    )
    faults.warn("revision-change", Text("data.revision-change", revisions=Listed(named, "semicolon")))


def note_duplicates(
    frame: pd.DataFrame,
    frequency: Frequency,
    faults: Faults,
    key: Sequence[str] = tuple(KEY),
    advise: Advise = _advise,
) -> None:
    """Note an error for every row that repeats the key of an earlier one, naming both rows.

    ``advise``: from a file, the frame and the key to the line that tells the file's rows apart, asked once a file.
    """
    again = frame.duplicated(list(key), keep="first").to_numpy()
    if not again.any():
        return
    first = frame.drop_duplicates(list(key)).set_index(list(key))
    advice: dict[str, Fix] = {}
    for row in frame[again].to_dict("records"):
        other = first.loc[tuple(row[name] for name in key)]
        is_here, is_same = other["file"] == row["file"], other["value"] == row["value"]
        facts: dict[str, Value] = {
            "what": _name_cell(row, frequency),
            "row": other["row"],
            "same": "yes" if is_same else "no",
            "one": f"{other['value']:,.15g}",
            "two": f"{row['value']:,.15g}",
        }
        names = find_other_names(row, dict(other)) if is_here else None
        if names is not None:
            text = Text("data.duplicate-names", name=names[0], other=names[1], **facts)
            remedy = None if is_same else Remedy("add_up")
            faults.error("duplicate", text, row["file"], int(row["row"]), remedy=remedy)
            continue
        key_of_text = "data.duplicate-here" if is_here else "data.duplicate-elsewhere"
        if is_here and row["file"] not in advice:
            advice[row["file"]] = advise(row["file"], frame, list(key))
        otherwise = None if is_same else Remedy("product")
        remedy = advice[row["file"]] or otherwise if is_here else Remedy("precedence")
        text = Text(key_of_text, file=other["file"], **facts)
        faults.error("duplicate", text, row["file"], int(row["row"]), remedy=remedy)


def join_by_precedence(
    parts: Sequence[pd.DataFrame], sources: Sequence[TradeSource], faults: Faults, advise: Advise = _advise
) -> tuple[pd.DataFrame, list[int]]:
    """Join files; where they overlap, the higher precedence counts, and equal precedence is an error.

    Returns the joined rows, and how many rows of each file were superseded.
    """
    ranks = np.concatenate([np.full(len(p), s.precedence) for p, s in zip(parts, sources, strict=True)])
    which = np.concatenate([np.full(len(p), i) for i, p in enumerate(parts)])
    joined = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    best = ranks
    if len({s.precedence for s in sources}) > 1:
        best = joined.assign(rank=ranks).groupby(KEY, sort=False)["rank"].transform("max").to_numpy()
    is_kept = np.asarray(ranks == best)
    if not is_kept.all():
        _compare(joined, is_kept, faults)
    note_duplicates(joined[is_kept], sources[0].frequency, faults, advise=advise)
    superseded = [int((~is_kept & (which == i)).sum()) for i in range(len(parts))]
    return joined[is_kept].reset_index(drop=True), superseded


def _compare(joined: pd.DataFrame, is_kept: BoolArray, faults: Faults) -> None:
    """Say how far superseded figures lie from those that count."""
    pairs = joined[~is_kept].merge(joined[is_kept], on=KEY, suffixes=("_old", ""))
    gap = (pairs["value_old"] - pairs["value"]).abs() > _AGREEMENT * pairs["value"].abs()
    differ = int((gap | (pairs["value_old"].isna() != pairs["value"].isna())).sum())
    files = ", ".join(sorted(set(pairs["file_old"])))
    faults.warn("superseded", Text("data.superseded", n=len(pairs), n_differ=differ), files)
