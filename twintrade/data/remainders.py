"""Groups of countries, which leave by rule, and remainders, which leave unless an answer keeps them."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from twintrade.data.geography import countries
from twintrade.data.schema import TradeSource
from twintrade.data.sources.faults import Faults, clean_name, quote_cell
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, ObjectArray
from twintrade.text import Text, list_some

_MAX_NAMED = 8


def are_left_out(frame: pd.DataFrame, source: TradeSource) -> BoolArray:
    """Return which rows are about groups of countries, or remainders that no answer keeps."""
    partners = frame["partner"].to_numpy(dtype=object)
    return countries.is_aggregate(partners) & ~_are_among(partners, countries.find_kept(source.partner_names))


def drop_aggregates(frame: pd.DataFrame, source: TradeSource, path: str, faults: Faults) -> tuple[pd.DataFrame, int]:
    """Return the rows that stay and how many rows of the file leave; what is said of remainders is noted."""
    for code in sorted(countries.find_answered_twice(source.partner_names)):
        faults.error(
            "partner-alias", Text("data.remainder-two-answers", name=countries.load_places()[code].name), path
        )
    partners = frame["partner"].to_numpy(dtype=object)
    codes = sorted(set(partners[countries.is_aggregate(partners)]))
    if not codes:
        return frame, 0
    gone = are_left_out(frame, source)
    rests = {code for code in codes if countries.load_places()[code].kind == "remainder"}
    is_rest = _are_among(partners, rests)
    _note_remainders(frame, source, is_rest, gone, path, faults)
    if (is_total := gone & ~is_rest).any():
        names = list_some([countries.load_places()[code].name for code in codes if code not in rests], _MAX_NAMED)
        n_rows = int(frame["row"][is_total].nunique())
        faults.warn("aggregate-partner", Text("data.aggregate-partner", n=n_rows, names=names), path)
    return frame[~gone].reset_index(drop=True), int(frame["row"][gone].nunique())


def _note_remainders(
    frame: pd.DataFrame, source: TradeSource, is_rest: BoolArray, gone: BoolArray, path: str, faults: Faults
) -> None:
    """Ask of remainders that are left out whether they are kept, and say of the others how they are."""
    written = "partner_name" if "partner_name" in frame else "partner"
    value = np.nan_to_num(frame["value"].to_numpy(dtype=np.float64))
    everything = float(value[~gone | is_rest].sum())
    for_totals = _are_among(frame["partner"].to_numpy(dtype=object), countries.find_totals_only(source.partner_names))
    parts = {
        "unanswered": is_rest & gone,
        "totals": is_rest & ~gone & for_totals,
        "compared": is_rest & ~gone & ~for_totals,
    }
    for key, rows in parts.items():
        if not rows.any():
            continue
        names = sorted(map(clean_name, set(frame[written][rows])))
        text = Text(
            f"data.remainder-{key}",
            names=list_some(map(quote_cell, names), _MAX_NAMED),
            n=int(frame["row"][rows].nunique()),
            share=float(value[rows].sum() / everything) if everything > 0 else 0.0,
        )
        if key == "unanswered":
            pairs = tuple(part for name in names for part in (name, countries.COMPARED))
            faults.warn("remainder-unanswered", text, path, remedy=Remedy("remainder", pairs))
        else:
            faults.inform("remainder-kept", text, path)


def _are_among(partners: ObjectArray, codes: Collection[str]) -> BoolArray:
    return np.fromiter(map(codes.__contains__, partners), dtype=bool, count=partners.size)
