"""Jumps of a series that its own variation does not explain: another unit of money, or a slip of the pen."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twintrade.data.calendar import Frequency
from twintrade.data.looks.words import has_word_of
from twintrade.data.schema import TradeSource
from twintrade.data.sources.faults import Faults
from twintrade.effects import Remedy
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Text, list_some

# Figures of months or quarters that run on from January: found, and taken apart into those of each period.

SERIES = ["city", "partner"]
LEAST_YEARS = 4  # years of a city and a partner with enough figures that must be seen before anything is said
SHARE = 0.95
LEAST_GROWTH = 2.0  # times the first figure of a year that a sum of so many comes to at least
LEAST = {4: 3, 12: 6}  # figures that a year needs, by periods of a year: fewer rise one after the other by chance
LEAST_CALENDAR = {4: 3, 12: 1}
"""Calendar years in which nearly all pairs run on, beside others: a season alone rises through four quarters."""
_MAX_NAMED = 12
WORDS = re.compile(r"累计|累計|\bytd\b|year[ _-]?to[ _-]?date|cumul|acumul|kumul|accumul", re.IGNORECASE)


def take_apart(frame: pd.DataFrame, source: TradeSource, faults: Faults) -> pd.DataFrame:
    """Return figures of single periods, after a gap that of the gap; note an error if figures seem to run on."""
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
_PAIR = ["city", "partner"]
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
            whole="no" if self.partner else "yes",
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
    """
    changes = _list_changes(frame)
    if changes.empty:
        return ()
    changes["relative"] = changes["change"] - _list_common(changes)
    usual = _NORMAL * float(changes["relative"].abs().median())
    grouped = changes.groupby(["city", "period"])["relative"]
    of_cities = grouped.median().reset_index()[(grouped.size() >= LEAST_PAIRS).to_numpy()].reset_index(drop=True)
    whole = of_cities[_is_jump(of_cities, ["city"], usual) | _is_of_ten(of_cities, ["city"], usual)]
    is_apart, is_of_ten = _is_jump(changes, _PAIR, usual), _is_of_ten(changes, _PAIR, usual)
    apart = changes.assign(is_small=~is_apart)[is_apart | is_of_ten]
    jumped = set(zip(whole["city"], whole["period"], strict=True))
    single = [key not in jumped for key in zip(apart["city"], apart["period"], strict=True)]
    return _list_once(pd.concat([whole.assign(partner="", is_small=False), apart[single]]))


def warn_of_jumps(jumps: Sequence[Jump], frequency: Frequency, unread: Iterable[str], faults: Faults) -> None:
    """Warn of jumps, the largest first, with the column of units where one was not read."""
    large = [jump for jump in jumps if not jump.is_small]
    if large:
        units = next((name for name in unread if has_word_of(name, "unit")), "")
        largest = sorted(large, key=lambda jump: -jump.factor)
        named = list_some([jump.describe(frequency) for jump in largest], _MAX_NAMED, "semicolon")
        remedy = Remedy("unit_column", (units,)) if units else None
        faults.warn("unit-jump", Text("data.unit-jump", n=len(large), jumps=named), remedy=remedy)


def _list_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the log change of every pair between neighboring positive figures: city, partner, period, change."""
    traded = frame.loc[frame["value"] > 0, ["city", "partner", "period", "value"]].reset_index(drop=True)
    series = traded.groupby(["city", "partner"], sort=False).ngroup().to_numpy().astype(np.int64)
    logs = np.log(traded["value"].to_numpy(dtype=np.float64))
    apart = np.fmax(_find_gap(logs, series), _find_gap(-logs, series))
    changes = traded.assign(change=logs - _shift(logs, series, -1), apart=apart)
    return changes[changes["change"].notna()].reset_index(drop=True)


def _find_gap(logs: FloatArray, series: IntArray) -> FloatArray:
    """Return how far a series' next figures all lie above those before, NaN where fewer than three stand there."""
    before = np.stack([_shift(logs, series, -k) for k in range(1, AROUND + 1)])
    after = np.stack([_shift(logs, series, k) for k in range(AROUND)])
    is_known = np.minimum(np.isfinite(before).sum(axis=0), np.isfinite(after).sum(axis=0)) >= AROUND - 1
    return np.where(is_known, np.fmin.reduce(after) - np.fmax.reduce(before), np.nan)


def _shift(logs: FloatArray, series: IntArray, by: int) -> FloatArray:
    """Return the figure so many places on in the same series, NaN where it ends."""
    place = np.arange(logs.size) + by
    is_inside = (place >= 0) & (place < logs.size)
    place = np.where(is_inside, place, 0)
    return np.where(is_inside & (series[place] == series), logs[place], np.nan)


def _list_common(changes: pd.DataFrame) -> FloatArray:
    """Return the median change of all pairs in the period of each change, 0 where they are of few cities."""
    by_period = changes.groupby("period")
    common = by_period["change"].transform("median").to_numpy()
    is_shared = by_period["city"].transform("nunique").to_numpy() >= LEAST_CITIES
    # What moves every city is no reason to overlook it: a whole file may change its unit.
    return np.where(is_shared & (np.abs(common) < np.log(LEAST_FACTOR)), common, 0.0)


def _is_power(power: FloatArray) -> BoolArray:
    return np.asarray((np.abs(power - np.rint(power)) <= _NEAR_POWER) & np.isin(np.rint(power), _POWERS))


def _is_of_ten(changes: pd.DataFrame, series: list[str], usual: float) -> BoolArray:
    """Return which changes are near a power of ten and far from the noise of their series."""
    size = changes["relative"].abs().to_numpy()
    return _is_power(size / np.log(10.0)) & (size > SCALES_OF_TEN * _find_scale(changes, series, usual))


def _find_scale(changes: pd.DataFrame, series: list[str], usual: float) -> FloatArray:
    """Return the robust standard deviation of the changes of each series; the usual one's double for short ones."""
    size = changes["relative"].abs()
    by_series = size.groupby([changes[name] for name in series], sort=False)
    scales = _NORMAL * by_series.transform("median")
    is_known = by_series.transform("size") >= LEAST_CHANGES
    floor = usual / 2 if series == _PAIR else 0.0
    return np.where(is_known, np.maximum(scales, floor), np.maximum(scales.where(is_known, 0.0), 2 * usual))


def _is_jump(changes: pd.DataFrame, series: list[str], usual: float) -> BoolArray:
    size, scale = changes["relative"].abs(), _find_scale(changes, series, usual)
    least = np.log(LEAST_FACTOR)
    is_apart = changes["apart"] > np.maximum(least, SCALES_APART * scale) if "apart" in changes else False
    return np.asarray((size > np.maximum(least, SCALES * scale)) | is_apart)


def _list_once(rows: pd.DataFrame) -> tuple[Jump, ...]:
    """Return jumps without those that only lead back from the jump before."""
    jumps: list[Jump] = []
    last: dict[tuple[str, str, bool], float] = {}
    for row in rows.sort_values(["city", "partner", "period"]).to_dict("records"):
        key, change = (str(row["city"]), str(row["partner"]), bool(row["is_small"])), float(row["relative"])
        if key in last and abs(last[key] + change) < np.log(LEAST_FACTOR):
            del last[key]
            continue
        last[key] = change
        city, partner, is_small = key
        jumps.append(Jump(city, partner, int(row["period"]), float(np.exp(min(abs(change), 600.0))), is_small))
    return tuple(jumps)
