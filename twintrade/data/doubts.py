"""What makes a table doubtful as a whole though every cell reads: no amounts, or a change of what is counted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from twintrade.data.calendar import Frequency
from twintrade.data.formats.tables import open_table
from twintrade.data.looks.words import WORDS, has_word_of
from twintrade.data.schema import TradeSource
from twintrade.data.sources.faults import Faults, clean_name, fold_name, quote_cell
from twintrade.effects import Remedy
from twintrade.errors import DataError
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
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
    groups = np.log(known["value"].where(known["value"] > 0)).groupby(known["series"])
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


# Figures of months or quarters that run on from January: found, and taken apart into those of each period.

SERIES = ["city", "partner"]
LEAST_YEARS = 4  # years of a city and a partner with enough figures that must be seen before anything is said
SHARE = 0.95
LEAST_GROWTH = 2.0  # times the first figure of a year that a sum of so many comes to at least
LEAST = {4: 3, 12: 6}  # figures that a year needs, by periods of a year: fewer rise one after the other by chance
LEAST_CALENDAR = {4: 3, 12: 1}
"""Calendar years in which nearly all pairs run on, beside others: a season alone rises through four quarters."""
_MAX_NAMED = 12
RUNNING_WORDS = re.compile(r"累计|累計|\bytd\b|year[ _-]?to[ _-]?date|cumul|acumul|kumul|accumul", re.IGNORECASE)


def take_apart(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return figures of single periods, after a gap that of the gap; note an error if figures seem to run on."""
    per_year = source.frequency.per_year
    if per_year == 1 or frame.empty or source.cumulated is False:
        return frame
    if source.cumulated:
        return _difference(frame, per_year, source, faults)
    counts = _count_runs(frame, per_year)
    runs, n_years = (int(n) for n in counts.sum())
    is_named = source.value is not None and RUNNING_WORDS.search(source.value) is not None
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
    """Return by year how many pairs never fall, double and fall as the next begins, and how many could."""
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
    falls = known[value < 0]
    for row in falls[:1].to_dict("records"):
        text = Text("data.cumulated-falls", n=len(falls), what=source.frequency.label(int(row["period"])))
        faults.error("cumulated", text, source.file, int(row["row"]), source.value or "")
    if skipped.any():
        faults.warn("cumulated", Text("data.cumulated-gaps", n=int(skipped.sum())), source.file)
    faults.inform("cumulated", Text("data.cumulated-apart", n=len(known)), source.file)
    return frame.assign(value=value.reindex(frame.index))


# Jumps of a series that its own variation does not explain: another unit of money, or a slip of the pen.

LEAST_FACTOR = 30.0
"""Smallest factor between two neighbors that is looked at: trade of a pair grows tenfold in a year, seldom more."""

SCALES = 12.0  # size of a jump, in robust standard deviations of the changes of the series
SCALES_APART, AROUND = 8.0, 4
"""Distance of the figures before a jump that stays from those after it, in the same measure, and how many of them."""

SCALES_OF_TEN = 6.0
"""Size, in the same measure, from which a power of ten below ``LEAST_FACTOR`` is a jump of a city or at an onset."""

LEAST_CHANGES = 5  # changes from which a series' own variation is known; below it twice the usual one is taken
LEAST_CITIES = 3  # cities in a period whose median change is what moved all of them
LEAST_PAIRS = 3  # pairs of a city whose median change is the city's
_NORMAL = 1.4826
_NEAR_POWER = 0.12
_POWERS = (1, 2, 3, 4, 5, 6, 7, 8, 9)


@dataclass(frozen=True, slots=True)
class Jump:
    """A change from one figure to the next that nothing in the series explains."""

    city: str
    partner: str  # "" where the pairs of the city jump together
    period: int
    factor: float  # the larger of the two figures over the smaller
    is_small: bool = False  # a power of ten that is a jump only where an agreement begins in the same period

    def describe(self, frequency: Frequency) -> Text:
        """Return where and how far, with the power of ten that it is near."""
        power = np.log10(self.factor)
        near = round(float(power)) if _is_power(power) else 0
        return Text(
            "data.jump",
            city=self.city,
            partner=self.partner,
            whole=not self.partner,
            period=frequency.label(self.period),
            factor=round(self.factor),
            power=near,
        )


def find_jumps(frame: pd.DataFrame) -> tuple[Jump, ...]:
    """Return jumps of cities (the median of their pairs) and of other single pairs; one that jumps back counts once.

    A change is the log ratio of two neighboring positive figures of a pair, less the median change of all pairs in
    that period. It is a jump where it exceeds ``LEAST_FACTOR`` and ``SCALES`` robust standard deviations of the
    changes of its series; or where ``SCALES_APART`` lie between all figures of ``AROUND`` periods before and after
    it. A power of ten below ``LEAST_FACTOR`` is one of cities from ``SCALES_OF_TEN`` on, and of pairs a small one.
    The frame is sorted by city, partner and period.
    """
    rows, change, apart = _list_changes(frame)
    if not rows.size:
        return ()
    (city, cities), (partner, partners) = (pd.factorize(frame[name].to_numpy(dtype=object)[rows]) for name in SERIES)
    periods, period = np.unique(frame["period"].to_numpy()[rows], return_inverse=True)
    common, n_cities = (
        _find_medians(change, period),
        np.bincount(np.unique(period * len(cities) + city) // len(cities)),
    )
    # What moves every city is no reason to overlook it: a whole file may change its unit.
    is_shared = (n_cities >= LEAST_CITIES) & (np.abs(common) < np.log(LEAST_FACTOR))
    relative = change - np.where(is_shared, common, 0.0)[period]
    usual = _NORMAL * float(np.median(np.abs(relative)))
    cells, cell = np.unique(city * periods.size + period, return_inverse=True)
    is_many = np.bincount(cell) >= LEAST_PAIRS
    of_city, moved = cells[is_many] // periods.size, _find_medians(relative, cell)[is_many]
    is_jump, is_ten = _judge(moved, of_city, usual, None)
    whole = is_jump | is_ten
    jumped = cells[is_many][whole]
    is_jump, is_ten = _judge(relative, city * len(partners) + partner, usual, apart)
    single = (is_jump | is_ten) & ~np.isin(cells[cell], jumped)
    ends = cities[city[single]], partners[partner[single]], periods[period[single]]
    jumping = [*zip(*ends, ~is_jump[single], relative[single], strict=True)]
    for at, size in zip(jumped, moved[whole], strict=True):
        jumping.append((cities[at // periods.size], "", periods[at % periods.size], False, size))
    return _list_once(sorted(jumping, key=lambda row: row[:3]))


def warn_of_jumps(jumps: Sequence[Jump], frequency: Frequency, unread: Iterable[str], faults: Faults) -> None:
    """Warn of jumps, the largest first, with the column of units where one was not read."""
    large = [jump for jump in jumps if not jump.is_small]
    if large:
        units = next((name for name in unread if has_word_of(name, "unit")), "")
        largest = sorted(large, key=lambda jump: -jump.factor)
        named = list_some([jump.describe(frequency) for jump in largest], _MAX_NAMED, "semicolon")
        remedy = Remedy("unit_column", (units,)) if units else None
        faults.warn("unit-jump", Text("data.unit-jump", n=len(large), jumps=named), remedy=remedy)


def _list_changes(frame: pd.DataFrame) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return rows of positive figures that have one before, the log change, and how far those around lie apart."""
    values = frame["value"].to_numpy(dtype=np.float64)
    rows = np.flatnonzero(values > 0)
    ends, logs = frame[SERIES].to_numpy(dtype=object)[rows], np.log(values[rows])
    series = np.cumsum((ends != np.roll(ends, 1, axis=0)).any(axis=1))
    # The figures of a series from AROUND before to those after each of its figures, NaN where there is none.
    of = sliding_window_view(np.pad(series, AROUND, constant_values=-1), 2 * AROUND)[: rows.size]
    around = sliding_window_view(np.pad(logs, AROUND), 2 * AROUND)[: rows.size]
    around = np.where(of == series[:, None], around, np.nan)
    before, after = around[:, :AROUND], around[:, AROUND:]
    is_known = np.minimum(np.isfinite(before).sum(axis=1), np.isfinite(after).sum(axis=1)) >= AROUND - 1
    rise = np.fmin.reduce(after, axis=1) - np.fmax.reduce(before, axis=1)
    fall = np.fmin.reduce(before, axis=1) - np.fmax.reduce(after, axis=1)
    change = logs - around[:, AROUND - 1]
    is_change = ~np.isnan(change)
    apart = np.where(is_known, np.fmax(rise, fall), np.nan)
    return rows[is_change], change[is_change], apart[is_change]


def _find_medians(values: FloatArray, group: IntArray) -> FloatArray:
    """Return the median of the values of each group, numbered from 0."""
    ordered, sizes = values[np.lexsort((values, group))], np.bincount(group)
    start = np.cumsum(sizes) - sizes
    return np.asarray((ordered[start + sizes // 2] + ordered[start + (sizes - 1) // 2]) / 2)


def _is_power(power: FloatArray) -> BoolArray:
    return np.asarray((np.abs(power - np.rint(power)) <= _NEAR_POWER) & np.isin(np.rint(power), _POWERS))


def _judge(
    relative: FloatArray, series: IntArray, usual: float, apart: FloatArray | None
) -> tuple[BoolArray, BoolArray]:
    """Return which changes are jumps, of pairs where ``apart`` is given, and which are near a power of ten."""
    # The robust standard deviation of the changes of each series; the usual one's double for short ones.
    group, size, least = np.unique(series, return_inverse=True)[1], np.abs(relative), np.log(LEAST_FACTOR)
    scales = np.maximum(_NORMAL * _find_medians(size, group), 0.0 if apart is None else usual / 2)
    scale = np.where(np.bincount(group) >= LEAST_CHANGES, scales, 2 * usual)[group]
    is_jump = size > np.maximum(least, SCALES * scale)
    if apart is not None:
        is_jump |= apart > np.maximum(least, SCALES_APART * scale)
    return is_jump, _is_power(size / np.log(10.0)) & (size > SCALES_OF_TEN * scale)


def _list_once(changes: Iterable[tuple[str, str, int, bool, float]]) -> tuple[Jump, ...]:
    """Return jumps without those that only lead back from the jump before."""
    jumps: list[Jump] = []
    last: dict[tuple[str, str, bool], float] = {}
    for city, partner, period, is_small, change in changes:
        key = (city, partner, bool(is_small))
        if key in last and abs(last[key] + change) < np.log(LEAST_FACTOR):
            del last[key]
            continue
        last[key] = change
        jumps.append(Jump(city, partner, int(period), float(np.exp(min(abs(change), 600.0))), key[2]))
    return tuple(jumps)
