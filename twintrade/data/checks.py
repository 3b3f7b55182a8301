"""What looks wrong in a table of trade though every cell of it is well formed."""

import numpy as np
import pandas as pd

from twintrade.data.calendar.periods import Frequency
from twintrade.data.geography.countries import list_own_codes
from twintrade.data.schema.source import Absent
from twintrade.data.sources.faults import Faults
from twintrade.numerics.arrays import find_step
from twintrade.text import Text, list_some

_MAX_NAMED = 12
_PART, _NEARLY_ALL, _LEAST_PERIODS = 0.75, 0.9, 2
_LEAST_CONSTANT = 4


def check_trade(frame: pd.DataFrame, frequency: Frequency, absent: Absent, faults: Faults) -> None:
    """Warn of holes, of cities that enter or leave, and of periods that are parts.

    ``frame``: sorted by city, partner and period; ``frequency``, ``absent``: as declared; ``faults``: receives the
    warnings.
    """
    step = find_step(frame["period"].to_numpy())
    _periods_without_rows(frame, frequency, step, faults)
    _cities_that_come_and_go(frame, frequency, absent, faults)
    _interior_gaps(frame, absent, step, faults)
    _parts_at_the_ends(frame, frequency, faults)
    _constant_series(frame, faults)
    _countries_and_themselves(frame, faults)


def _periods_without_rows(frame: pd.DataFrame, frequency: Frequency, step: int, faults: Faults) -> None:
    seen = np.unique(frame["period"])
    if step > 1:
        named = list_some(map(frequency.label, seen), _MAX_NAMED)
        faults.inform("period-step", Text("data.period-step", step=step, period_name=frequency.value, periods=named))
    absent = np.setdiff1d(np.arange(seen[0], seen[-1] + 1, step), seen)
    if absent.size:
        named = list_some(map(frequency.label, absent), _MAX_NAMED)
        faults.warn("period-gap", Text("data.period-gap", n=absent.size, periods=named))


def _cities_that_come_and_go(frame: pd.DataFrame, frequency: Frequency, absent: Absent, faults: Faults) -> None:
    spans = frame.groupby("city")["period"].agg(["min", "max", "nunique"])
    first, last = int(spans["min"].min()), int(spans["max"].max())
    partial = spans[(spans["min"] > first) | (spans["max"] < last)]
    if len(partial):
        spans_named = [
            Text("data.span", name=city, first=frequency.label(int(lo)), last=frequency.label(int(hi)))
            for city, lo, hi in partial[["min", "max"]].itertuples()
        ]
        named = list_some(spans_named, _MAX_NAMED, "semicolon")
        faults.warn("city-enters-or-leaves", Text("data.city-span", n=len(partial), cities=named, absent=absent))


def _interior_gaps(frame: pd.DataFrame, absent: Absent, step: int, faults: Faults) -> None:
    spans = frame.groupby(["city", "partner"])["period"].agg(["min", "max", "size"])
    holes = (spans["max"] - spans["min"]) // step + 1 - spans["size"]
    if (holes > 0).any():
        n_pairs, n_periods = int((holes > 0).sum()), int(holes.sum())
        faults.inform("gaps", Text("data.gaps", n_pairs=n_pairs, n_periods=n_periods, absent=absent))


def _parts_at_the_ends(frame: pd.DataFrame, frequency: Frequency, faults: Faults) -> None:
    """Warn where nearly every city's first or last period is far below its neighbor, as a part of a period is."""
    first, last = int(frame["period"].min()), int(frame["period"].max())
    if last - first < _LEAST_PERIODS:
        return
    ends = frame[frame["period"].isin((first, first + 1, last - 1, last))]
    sums = ends.groupby(["city", "partner", "period"], observed=True)["value"].sum(min_count=1).unstack("period")
    for end, neighbor in ((first, first + 1), (last, last - 1)):
        if {end, neighbor} - set(sums.columns):
            continue
        totals = sums[[end, neighbor]].dropna().groupby("city", observed=True).sum()
        totals = totals[totals[neighbor] > 0]
        ratio = totals[end] / totals[neighbor]
        if len(ratio) and float((ratio < _PART).mean()) >= _NEARLY_ALL:
            text = Text(
                "data.part-period",
                period=frequency.label(end),
                share=float(ratio.median()),
                neighbor=frequency.label(neighbor),
                n=int((ratio < _PART).sum()),
                n_cities=len(ratio),
                period_name=frequency.value,
            )
            faults.warn("part-period", text)


def _constant_series(frame: pd.DataFrame, faults: Faults) -> None:
    """Warn of pairs that have one figure, not zero, in every period: it may be filled in, or carried forward."""
    spread = frame.groupby(["city", "partner"])["value"].agg(["min", "max", "count"])
    constant = spread[(spread["count"] >= _LEAST_CONSTANT) & (spread["min"] == spread["max"]) & (spread["max"] > 0)]
    if len(constant):
        named = list_some([f"{city}-{partner}" for city, partner in constant.index], _MAX_NAMED)
        faults.warn("constant-series", Text("data.constant-series", n=len(constant), pairs=named))


def _countries_and_themselves(frame: pd.DataFrame, faults: Faults) -> None:
    """Warn of pairs of a country with itself: what is sold at home is no export, unless a design compares with it."""
    pairs = frame[["city", "partner"]].drop_duplicates()
    cities = sorted(pairs["city"].unique())
    domestic = pairs[pairs["city"].map(dict(zip(cities, list_own_codes(cities), strict=True))) == pairs["partner"]]
    if len(domestic):
        named = list_some([f"{city}-{partner}" for city, partner in domestic.itertuples(index=False)], _MAX_NAMED)
        faults.warn("own-partner", Text("data.own-partner", n=len(domestic), pairs=named))
