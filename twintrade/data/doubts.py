"""What makes a table doubtful as a whole though every cell reads: no amounts, or a change of what is counted."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency
from twintrade.data.formats.tables import open_table
from twintrade.data.looks.words import WORDS
from twintrade.data.schema import TradeSource
from twintrade.data.sources.faults import Faults, clean_name, fold_name, quote_cell
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import FloatArray
from twintrade.text import Text, list_some

DOUBT = "doubt"
"""Code of what stops a run until the table says ``confirmed = true``, and stands on page 1 from then on."""


def note_doubt(text: Text, source: TradeSource, faults: Faults) -> None:
    """Note an error with the line that confirms the table, or a warning where it stands there."""
    if source.confirmed:
        faults.warn(DOUBT, text, source.file)
    else:
        faults.error(DOUBT, text, source.file, remedy=Remedy("confirmed"))


# Figures that are no amounts of single periods, by what they are like.

_MOST_LOG, _LOG_SPREAD, _LEAST_FIGURES = 50.0, 0.2, 30
_LEAST_SERIES, _MANY_SERIES, _LEAST_LENGTH = 8, 40, 6
_SMOOTH, _LEAST_MONTHS = 0.05, 25
"""Median change from month to month up to which figures of a pair are smoother than trade is."""


def note_no_amounts(frame: pd.DataFrame, source: TradeSource, frequency: Frequency, faults: Faults) -> None:
    """Note figures that look like logarithms, sums to date, or sums or averages of neighboring periods."""
    ends = frame[["city", "partner"]].to_numpy(dtype=object)
    is_first = np.append(True, (ends[1:] != ends[:-1]).any(axis=1)) if len(ends) else np.zeros(0, dtype=bool)
    known = pd.DataFrame({"series": np.cumsum(is_first), "value": frame["value"].to_numpy()}).dropna()
    values = known["value"].to_numpy(dtype=np.float64)
    traded = values[values != 0]
    if traded.size >= _LEAST_FIGURES and traded.max() < _MOST_LOG and np.std(traded) < _LOG_SPREAD * np.mean(traded):
        text = Text("data.doubt-logarithms", n=traded.size, low=float(traded.min()), high=float(traded.max()))
        note_doubt(text, source, faults)
        return
    known = known[known.groupby("series")["value"].transform("size") >= _LEAST_LENGTH]
    if known.empty:
        return
    if n_rising := _count_sums_to_date(known):
        note_doubt(Text("data.doubt-rising", n=n_rising), source, faults)
    elif frequency.per_year > 1 and _are_smooth(known, frequency.per_year):
        note_doubt(Text("data.doubt-smooth", period_name=frequency.value), source, faults)


def _count_sums_to_date(known: pd.DataFrame) -> int:
    """Return the number of series, 0 unless all only rise: very many, or ever less from a first doubling on."""
    groups = known.groupby("series")
    change = groups["value"].diff()
    n = int(known.loc[change > 0, "series"].nunique())
    if n < _LEAST_SERIES or (change < 0).any():
        return 0
    growth = (change / (known["value"] - change)).where(known["value"] > change)
    first, last = groups.cumcount() == 1, groups.cumcount(ascending=False) == 0
    is_doubling = growth[first].median() > 0.5 and growth[first].median() > 2 * growth[last].median()
    return n if is_doubling or n >= _MANY_SERIES else 0


def _are_smooth(known: pd.DataFrame, per_year: int) -> bool:
    """Return whether figures change too little from one period to the next, and with a memory, as rolling sums do."""
    logs = np.log(known["value"].where(known["value"] > 0))
    groups = logs.groupby(known["series"])
    change, of_year = groups.diff(), groups.diff(per_year)
    steps = change.groupby(known["series"])
    if of_year.count() < _LEAST_MONTHS or change.abs().median() > min(_SMOOTH, of_year.abs().median() / 2):
        return False
    neighbor, a_year_ago = (_correlate(change, steps.shift(lag)) for lag in (1, per_year))
    return neighbor > 0.5 or a_year_ago < -0.25


def _correlate(a: pd.Series, b: pd.Series) -> float:
    pair: FloatArray = np.column_stack([a, b])
    pair = pair[np.isfinite(pair).all(axis=1)]
    pair = pair - np.median(pair, axis=0)
    scale = float(np.sqrt((pair**2).sum(axis=0).prod()))
    return float((pair[:, 0] * pair[:, 1]).sum() / scale) if scale else 0.0


# Columns that nothing reads and that change once: what the figures count may change with them.

_MOST_WORDS = 12
_LEAST_SIDE = 3  # periods on either side of a change: the last ones are often marked provisional
_MOST_NAMED = 4
_NO_BASIS = {*WORDS["status"], *WORDS["provisional"]}
_FIGURE = re.compile(r"[\d.,\s%-]*")


def note_switches(
    frame: pd.DataFrame, source: TradeSource, unread: Sequence[str], root: Path, faults: Faults
) -> None:
    """Note every unread column of words that changes once within a city: level, prices, valuation, source."""
    if source.layout == "wide" or not unread or faults.n_errors:
        return
    try:
        table = open_table(root, source.file, source, list(unread), Faults())
    except DataError:
        return
    keys = frame[["city", "period", "row"]].drop_duplicates("row")
    for name in unread:
        words = {cell: clean_name(cell) for cell in set(table.columns[name])}
        if not 2 <= len(set(words.values()) - {""}) <= _MOST_WORDS:
            continue
        cells = keys.assign(word=keys["row"].map(pd.Series(table.columns[name], table.rows).map(words)))
        if switch := _find_switch(cells):
            before, after, period, cities = switch
            text = Text(
                "data.doubt-switch",
                name=quote_cell(name),
                before=quote_cell(before),
                after=quote_cell(after),
                period=source.frequency.label(period),
                n=len(cities),
                n_cities=int(keys["city"].nunique()),
                cities=list_some(cities, _MOST_NAMED),
            )
            note_doubt(text, source, faults)


def _find_switch(cells: pd.DataFrame) -> tuple[str, str, int, list[str]] | None:
    """Return the words before and after a change, its first period and the cities, if none changes more than once."""
    by_period = cells.loc[cells["word"] != "", ["city", "period", "word"]].drop_duplicates()
    words = set(by_period["word"])
    is_plain = not all(any(c.isdigit() for c in word) for word in words) and not all(map(_FIGURE.fullmatch, words))
    if by_period.duplicated(["city", "period"]).any() or not is_plain or {fold_name(w) for w in words} <= _NO_BASIS:
        return None
    by_period = by_period.sort_values(["city", "period"])
    before = by_period.groupby("city")["word"].shift()
    is_change = before.notna() & (before != by_period["word"])
    changes = by_period[is_change]
    if changes.empty or changes["city"].duplicated().any():
        return None
    place = by_period.groupby("city").cumcount()
    size = by_period.groupby("city")["word"].transform("size")
    is_inside = (place >= _LEAST_SIDE) & (size - place >= _LEAST_SIDE)
    changes = changes[is_inside[is_change]]
    if changes.empty:
        return None
    first = changes.iloc[0]
    return str(before[changes.index[0]]), str(first["word"]), int(first["period"]), sorted(map(str, changes["city"]))
