"""Figures of months or quarters that run on from January: found, and taken apart into those of each period."""

import re

import numpy as np
import pandas as pd

from twintrade.data.calendar.periods import Frequency
from twintrade.data.schema.source import TradeSource
from twintrade.data.sources.faults import Faults
from twintrade.numerics.arrays import BoolArray
from twintrade.text import Text, list_some

SERIES = ["city", "partner"]
LEAST_YEARS = 4
"""Years of a city and a partner with enough figures that must be seen before anything is said."""
SHARE = 0.95
LEAST_GROWTH = 2.0
"""Times the first figure of a year that a sum of so many comes to at least."""
LEAST = {4: 3, 12: 6}
"""Figures that a year needs, by periods of a year: fewer rise one after the other by chance."""
LEAST_CALENDAR = {4: 3, 12: 1}
"""Calendar years in which nearly all pairs run on, beside others: a season alone rises through four quarters."""
_MAX_NAMED = 12
WORDS = re.compile(r"累计|累計|\bytd\b|year[ _-]?to[ _-]?date|cumul|acumul|kumul|accumul", re.IGNORECASE)


def take_apart(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return figures of single periods; where it is not declared that they run on, note an error if they look it.

    A figure after a gap covers the periods of the gap too, so that sums by year stay right; a warning counts them.

    ``frame``: columns city, partner, period, value and row; a figure a city, partner and period.
    """
    per_year = source.frequency.per_year
    if per_year == 1 or frame.empty or source.cumulated is False:
        return frame
    if source.cumulated:
        return _difference(frame, per_year, source, faults)
    counts = _count_runs(frame, per_year)
    runs, n_years = (int(n) for n in counts.sum())
    is_named = source.value is not None and WORDS.search(source.value) is not None
    is_all = n_years >= LEAST_YEARS and runs >= SHARE * n_years
    years = counts.index[(counts["runs"] >= SHARE * counts["enough"]) & (counts["enough"] > 0)]
    is_some = len(years) >= LEAST_CALENDAR[per_year] and counts["enough"][years].sum() >= 2 * LEAST_YEARS
    if is_named or is_all or is_some:
        how = "named" if is_named else "all" if is_all else "some"
        shown = list_some(map(Frequency.YEAR.label, years), _MAX_NAMED, "and")
        text = Text("data.looks-cumulated", n=runs, of=n_years, how=how, years=shown)
        faults.error("cumulated" if how == "some" else "looks-cumulated", text, source.file, None, source.value or "")
    return frame


def _count_runs(frame: pd.DataFrame, per_year: int) -> pd.DataFrame:
    """Return by calendar year in how many pairs figures run on, and how many have enough of them: runs and enough.

    They run on where they never fall, end at twice the first or more, and fall as the next year begins.
    """
    known = frame[frame["value"].notna()].sort_values([*SERIES, "period"])
    year = (known["period"] // per_year).rename("year")
    groups = known.groupby([known["city"], known["partner"], year], sort=False)["value"]
    years = groups.agg(["size", "first", "last"])
    falls = (groups.diff() < 0).groupby([known["city"], known["partner"], year], sort=False).sum()
    index = years.index.to_frame(index=False)
    same = index[SERIES].eq(index[SERIES].shift(-1)).all(axis=1) & (index["year"].shift(-1) == index["year"] + 1)
    goes_on = same.to_numpy() & (years["first"].shift(-1) >= years["last"]).to_numpy()
    is_enough = (years["size"] >= LEAST[per_year]) & (years["last"] > 0)
    runs = is_enough & (falls == 0) & (years["last"] >= LEAST_GROWTH * years["first"]) & ~goes_on
    flags = pd.DataFrame({"runs": runs.to_numpy(), "enough": is_enough.to_numpy()})
    return flags.groupby(index["year"].to_numpy()).sum()


def _difference(frame: pd.DataFrame, per_year: int, source: TradeSource, faults: Faults) -> pd.DataFrame:
    known = frame[frame["value"].notna()].sort_values([*SERIES, "period"])
    groups = known.groupby([known["city"], known["partner"], known["period"] // per_year], sort=False)
    before, last = groups["value"].shift(), groups["period"].shift()
    start = (known["period"] // per_year) * per_year - 1
    skipped = known["period"] - last.fillna(start) > 1
    value = known["value"] - before.fillna(0.0)
    _report(known, value < 0, skipped, source, faults)
    return frame.assign(value=value.reindex(frame.index))


def _report(
    known: pd.DataFrame, falls: "pd.Series[bool] | BoolArray", skipped: pd.Series, source: TradeSource, faults: Faults
) -> None:
    for place in np.flatnonzero(falls)[:1]:
        row = known.iloc[place]
        text = Text("data.cumulated-falls", n=int(np.sum(falls)), what=source.frequency.label(int(row["period"])))
        faults.error("cumulated", text, source.file, int(row["row"]), source.value or "")
    if skipped.any():
        faults.warn("cumulated", Text("data.cumulated-gaps", n=int(skipped.sum())), source.file)
    faults.inform("cumulated", Text("data.cumulated-apart", n=len(known)), source.file)
