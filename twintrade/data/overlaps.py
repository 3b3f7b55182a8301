"""One figure for each city, partner and period: products summed, files ranked, duplicates refused."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from twintrade.data.calendar.periods import Frequency
from twintrade.data.schema.source import TradeSource
from twintrade.data.sources.cells import quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray

KEY = ["city", "partner", "period"]
_AGREEMENT = 1e-9


def sum_products(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Add up the products of every city, partner and period; a product that stands twice is an error.

    A figure is missing when any of its products is: a partial sum would be too small and look whole.
    """
    note_duplicates(frame, source.frequency, faults, [*KEY, "product"])
    _refuse_mixed(frame, source, faults)
    grouped = frame.groupby(KEY, sort=False)
    summed = grouped.agg({"value": "sum", "flag": "max", "file": "first", "row": "first", "revision": "first"})
    has_holes = grouped["value"].count() < grouped.size()
    summed["value"] = summed["value"].mask(has_holes)
    faults.inform(
        "products-summed",
        f"{len(frame)} rows of {' and '.join(sorted(set(frame['revision'])))} were added up to {len(summed)} figures",
        source.file,
    )
    return summed.reset_index()


def _refuse_mixed(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Note an error where products of two revisions would be added up, or follow each other against the rule."""
    names = list(dict.fromkeys(frame["revision"]))
    if len(names) < 2:
        return
    if source.mixed_revisions == "error":
        first = frame[~frame["revision"].duplicated()].iloc[1:]
        for name, row in zip(first["revision"], first["row"], strict=True):
            told = f"products follow {quote_cell(name)} here and {quote_cell(names[0])} before"
            fix = 'read one revision with where, or let them follow each other with mixed_revisions = "by_period"'
            faults.error("revision", f"{told}: {fix}", source.file, int(row))
        return
    mixed = frame.groupby(KEY, sort=False)["revision"].transform("nunique") > 1
    for row in frame[mixed].drop_duplicates(KEY).to_dict("records"):
        what = f"{row['city']}-{row['partner']}, {source.frequency.label(int(row['period']))}"
        told = f"{what} has products of several revisions, which would be counted twice: read one of them with where"
        faults.error("revision", told, source.file, int(row["row"]))


def warn_of_revisions(frames: Sequence[pd.DataFrame], frequency: Frequency, faults: Faults) -> None:
    """Say in which periods each revision is used, where products follow more than one."""
    joined = pd.concat([f[["revision", "period"]] for f in frames if "revision" in f] or [pd.DataFrame()])
    if joined.empty or joined["revision"].nunique() < 2:
        return
    spans = joined.groupby("revision")["period"].agg(["min", "max"]).sort_values(["min", "max"])
    named = "; ".join(f"{name} {frequency.label(a)} to {frequency.label(b)}" for name, a, b in spans.itertuples())
    faults.warn(
        "revision-change",
        f"products follow several revisions ({named}): a jump at a change may be the classification's, not trade's",
    )


def note_duplicates(
    frame: pd.DataFrame, frequency: Frequency, faults: Faults, key: Sequence[str] = tuple(KEY)
) -> None:
    """Note an error for every row that repeats the key of an earlier one, naming both rows."""
    again = frame.duplicated(list(key), keep="first").to_numpy()
    if not again.any():
        return
    first = frame.drop_duplicates(list(key)).set_index(list(key))
    for row in frame[again].to_dict("records"):
        other = first.loc[tuple(row[name] for name in key)]
        what = f"{row['city']}-{row['partner']}, {frequency.label(int(row['period']))}"
        same = "the same figure"
        if other["value"] != row["value"]:
            same = f"{other['value']:,.15g} and {row['value']:,.15g}"
        is_here = other["file"] == row["file"]
        where = f"row {other['row']}" if is_here else f"row {other['row']} of {other['file']}"
        fix = "remove one" if is_here else "remove one, or give the files a precedence"
        remedy = None if is_here else Remedy("precedence")
        if is_here and other["value"] != row["value"]:
            remedy = Remedy("product")
        text = f"{what} stands here and in {where} ({same}): {fix}"
        faults.error("duplicate", text, row["file"], int(row["row"]), remedy=remedy)


def join_by_precedence(
    parts: Sequence[pd.DataFrame], sources: Sequence[TradeSource], faults: Faults
) -> tuple[pd.DataFrame, list[int]]:
    """Join files; where they overlap, the higher precedence counts, and equal precedence is an error.

    Returns
    -------
    (DataFrame, list of int)
        The joined rows, and how many rows of each file were superseded.
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
    note_duplicates(joined[is_kept], sources[0].frequency, faults)
    superseded = [int((~is_kept & (which == i)).sum()) for i in range(len(parts))]
    return joined[is_kept].reset_index(drop=True), superseded


def _compare(joined: pd.DataFrame, is_kept: BoolArray, faults: Faults) -> None:
    """Say how far superseded figures lie from those that count."""
    pairs = joined[~is_kept].merge(joined[is_kept], on=KEY, suffixes=("_old", ""))
    gap = (pairs["value_old"] - pairs["value"]).abs() > _AGREEMENT * pairs["value"].abs()
    differ = int((gap | (pairs["value_old"].isna() != pairs["value"].isna())).sum())
    files = ", ".join(sorted(set(pairs["file_old"])))
    faults.warn(
        "superseded",
        f"{len(pairs)} figures are superseded by a file of higher precedence; {differ} of them differ from it",
        files,
    )
