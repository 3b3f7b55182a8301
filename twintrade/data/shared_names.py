"""Rows of one figure under different names: which they are, and what their sum is where it is declared."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from twintrade.data.schema.source import TradeSource
from twintrade.data.sources.cells import fold_name, quote_cell
from twintrade.data.sources.faults import Faults
from twintrade.data.totals import describe_total, find_totals
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Listed, Text, list_some

ENDS = {"city": "city_name", "partner": "partner_name"}
"""Each end of a flow, and the column with its name as the file writes it."""
FIGURE = ["city", "partner", "period"]
_MAX_NAMED = 8


def name_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with a column ``written``: both names of a row, without case, accents and punctuation."""
    ends = [frame[name].map({cell: fold_name(cell) for cell in frame[name].unique()}) for name in ENDS.values()]
    return frame.assign(written=ends[0] + "/" + ends[1])


def find_other_names(row: Mapping[Hashable, Any], other: Mapping[Hashable, Any]) -> tuple[Listed, Listed] | None:
    """Return the names by which two rows of one figure differ, None where they have the same."""
    pairs = [(str(row.get(name, "")), str(other.get(name, ""))) for name in ENDS.values()]
    differing = [pair for pair in pairs if fold_name(pair[0]) != fold_name(pair[1])]
    if not differing:
        return None
    mine, theirs = zip(*differing, strict=True)
    return Listed(tuple(map(quote_cell, mine))), Listed(tuple(map(quote_cell, theirs)))


def complete_sums(summed: pd.DataFrame, frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return sums over names, missing where the row of a name is absent and an absent row is no zero; say which.

    A name is absent where it has no row between its own first and last period with the city and the partner.

    ``summed``: a row a city, partner and period; ``frame``: the rows that were added up, with ``written``.
    """
    figures = frame.groupby([*FIGURE, "written"], sort=False)
    names = figures.agg({"value": "sum", "row": "first", **dict.fromkeys(ENDS.values(), "first")}).reset_index()
    several = names[names.duplicated(FIGURE, keep=False)]
    _report(several, source, faults)
    _refuse_totals(several, source, faults)
    if source.absent == "zero":
        return summed
    is_short = _lack_names(summed, names)
    if source.absent == "error" and is_short.any():
        first = summed[is_short].iloc[0]
        period = source.frequency.label(int(first["period"]))
        what = Text("data.pair-period", city=first["city"], partner=first["partner"], period=period)
        text = Text("data.absent-name", what=what, n=int(is_short.sum()))
        faults.error("absent-row", text, source.file, int(first["row"]))
    return summed.assign(value=summed["value"].mask(is_short), flag=summed["flag"].mask(is_short, "missing"))


def _lack_names(summed: pd.DataFrame, names: pd.DataFrame) -> BoolArray:
    """Return which figures lack the row of a name that has rows before and after."""
    pair = FIGURE[:2]
    spans = names.groupby([*pair, "written"])["period"].agg(["min", "max"]).reset_index()
    spans = spans[spans.duplicated(pair, keep=False)]
    covered = summed[FIGURE].merge(spans, on=pair)
    covered = covered[covered["period"].between(covered["min"], covered["max"])]
    n_expected, n_names = covered.groupby(FIGURE).size(), names.groupby(FIGURE).size()
    short = n_expected.index[(n_expected > n_names.reindex(n_expected.index)).to_numpy()]
    return pd.MultiIndex.from_frame(summed[FIGURE]).isin(short)


def _report(several: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Say how many figures are sums of rows with different names, and warn where the parts of some are equal."""
    n = several.drop_duplicates(FIGURE).shape[0]
    faults.inform("names-added-up", Text("data.names-added-up", n=n, names=_list_names(several)), source.file)
    values = several.groupby(FIGURE)["value"]
    alike = several[((values.transform("min") == values.transform("max")) & (several["value"] > 0)).to_numpy()]
    if len(alike):
        text = Text("data.names-alike", n=alike.drop_duplicates(FIGURE).shape[0], names=_list_names(alike))
        faults.warn("names-alike", text, source.file)


def _list_names(several: pd.DataFrame) -> Text | Listed:
    """Return every city and partner that rows write in several ways, with these."""
    shared = []
    for end, name in ENDS.items():
        for one, written in several.groupby(end, sort=True)[name]:
            if written.map(fold_name).nunique() > 1:
                shared.append(Text("data.names-of", name=str(one), names=Listed(tuple(sorted(set(written))))))
    return list_some(shared, _MAX_NAMED, "semicolon")


def _refuse_totals(several: pd.DataFrame, source: TradeSource, faults: Faults) -> None:
    """Note an error for a name that equals the sum of the others of its city or partner."""
    several = several.assign(cell=several.groupby(FIGURE).ngroup())
    for end, name in ENDS.items():
        column = getattr(source, end)
        for _, rows in several.groupby(end, sort=True):
            cell, values = rows["cell"].to_numpy().astype(np.int64), rows["value"].to_numpy(dtype=np.float64)
            for total, of in find_totals(rows[name].to_numpy(dtype=object), cell, values).items():
                text = describe_total(total, end, of)
                row = int(rows["row"][rows[name] == total].iloc[0])
                faults.error("total", text, source.file, row, column, Remedy("drop", (column, total)))
