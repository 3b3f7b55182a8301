"""What there is before any estimate: who is treated when, how the sides differed, and the series as observed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.variants import list_words
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import FloatArray, IntArray, ObjectArray
from twintrade.text import Listed, Text, Words, find_fact, pack_text

# Who is treated when, and who is excluded: by unit and period, or as counts of units.

NOT_YET: Literal["not yet treated"] = "not yet treated"
MOST_UNITS = 60
"""Units up to which the figure has a line for each; of more it shows counts, and the payload holds no more."""


def build_adoption(design: Design) -> pd.DataFrame:
    """Return who is treated when: status by unit and period up to 60 units, n_units by status and period for more."""
    status, panel = _find_status(design), design.panel
    if panel.n_units > MOST_UNITS:
        return _count_units(design, status)
    columns = {
        "unit": panel.units[panel.unit],
        "city": panel.cities[panel.unit_city[panel.unit]],
        "partner": panel.partners[panel.unit_partner[panel.unit]],
        "period": panel.period,
        "period_label": [panel.label(int(p)) for p in panel.period],
        "status": status,
    }
    return pd.DataFrame(columns)


def _find_status(design: Design) -> ObjectArray:
    """Return the status of each row of the panel."""
    panel, onset = design.panel, design.onset
    first = np.full(panel.n_units, np.iinfo(np.int64).max)
    np.minimum.at(first, panel.unit, panel.period)
    by_unit = np.where(np.isfinite(onset), NOT_YET, "comparison").astype(object)
    by_unit[onset > panel.last_period] = "comparison"
    status = by_unit[panel.unit]
    status[(panel.period >= onset[panel.unit])] = "treated"
    status[(onset - design.anticipation <= first)[panel.unit]] = "always treated"
    reason = np.array([design.treatment.excluded.get(str(u)) for u in panel.units], dtype=object)
    is_excluded = np.array([one is not None for one in reason])[panel.unit]
    status[is_excluded] = reason[panel.unit[is_excluded]]
    return status


def _count_units(design: Design, status: ObjectArray) -> pd.DataFrame:
    """Count units by status and period; statuses in the order in which the panel's rows bring them."""
    code, names = pd.factorize(status)
    place, periods = pd.factorize(design.panel.period, sort=True)
    count = np.bincount(code * periods.size + place, minlength=len(names) * periods.size)
    shown = np.flatnonzero(count)
    period = periods[shown % periods.size]
    columns = {
        "period": period,
        "period_label": [design.panel.label(int(p)) for p in period],
        "status": names[shown // periods.size],
        "n_units": count[shown],
    }
    return pd.DataFrame(columns)


@dataclass(frozen=True, slots=True)
class Adoption(Diagnostic):
    """The adoption figure's data, with counts of units by status."""

    name: ClassVar[str] = "adoption"
    topic: ClassVar[Topic] = "own_exhibit"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return counts, payload ``adoption``."""
        return self.of(fit.design)

    def of(self, design: Design) -> Finding:
        """Return the same from a design alone, where nothing is estimated."""
        status, unit = _find_status(design), design.panel.unit
        present, first = np.unique(unit, return_index=True)
        by_unit = np.where(status[first] == NOT_YET, "comparison", status[first])
        by_unit[np.isin(present, unit[status == "treated"])] = "treated"
        counts = pd.Series(by_unit).value_counts().sort_index()
        roles = tuple(
            Text("checks.adoption-role", n=int(n), role=find_fact("labels.status-", str(status)))
            for status, n in counts.items()
        )
        text = Text("checks.adoption", n=present.size, roles=Listed(roles, "comma"))
        table, drawn = counts.rename_axis("status").reset_index(name="n_units"), {self.name: build_adoption(design)}
        return self.conclude(text, table, payloads=drawn, value=float(counts.get("treated", 0)), unit="units")


LARGE = 0.25
COLUMNS = ("variable", "variable_text", "treated", "comparison", "difference", "standardized", "n_treated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance(Diagnostic):
    """Means in the last period before each onset, comparison units in the same periods, of the rows in the estimate.

    Attributes
    ----------
    lags : int
        Observed periods over which growth of the outcome is measured.
    variables : tuple of str
        Further columns of the panel; the design's covariates are always among them.
    """

    lags: int = 2
    variables: tuple[str, ...] = ()
    name: ClassVar[str] = "balance"
    citation: ClassVar[str] = "imbens2016"
    topic: ClassVar[Topic] = "descriptives"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return one row a variable; standardized differences above a quarter are named."""
        design = fit.design
        names = tuple(dict.fromkeys((*design.covariates, *self.variables)))
        for name in names:
            require(name in design.panel.columns, Text("checks.balance-no-column", column=name))
        grids = _grids(design, fit.estimate.sample.rows, names, self.lags)
        rows = [row for row in (_compared(design, label, grid) for label, grid in grids) if row]
        require(rows, Text("checks.balance-none"))
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        large = table[table["standardized"].abs() > LARGE]
        listed = tuple(
            Text("checks.balance-variable", variable=v, gap=s)
            for v, s in zip(list_words(large, "variable"), large["standardized"], strict=True)
        )
        return self.conclude(
            Text("checks.balance", n=len(listed), large=LARGE, listed=Listed(listed, "comma")),
            table,
            value=float(table["standardized"].abs().max()),
            unit="deviations",
        )


def _grids(design: Design, used: IntArray, names: tuple[str, ...], lags: int) -> Iterator[tuple[Words, FloatArray]]:
    """Yield each variable as units x periods, NaN where a row is not in the estimate."""
    for label, values, is_grown in _list_outcomes(design):
        outcome = _grid(design, used, values)
        yield label, outcome
        if is_grown:
            growth = np.full(outcome.shape, np.nan)
            growth[:, lags:] = outcome[:, lags:] - outcome[:, :-lags]
            yield Text("checks.balance-change", label=label, lags=lags), growth
    for name in names:
        yield name, _grid(design, used, design.panel.values(name))


def _list_outcomes(design: Design) -> Iterator[tuple[Words, FloatArray, bool]]:
    """Yield the outcome (panel.n_rows,) in levels and logs, or as transformed, and whether growth is that of it."""
    flow = design.panel.values(design.outcome)
    if design.transform not in ("level", "log"):
        transformed = np.full(design.panel.n_rows, np.nan)
        transformed[design.observations.rows] = design.observations.y
        label = Text("checks.balance-transformed", outcome=design.outcome, transform=design.transform_label)
        yield label, transformed, True
    is_positive = bool((flow[design.observations.rows] >= 0).all())
    yield design.outcome, flow, not is_positive
    if is_positive:
        yield Text("checks.balance-log", outcome=design.outcome), np.log(np.where(flow > 0, flow, np.nan)), True


def _grid(design: Design, used: IntArray, values: FloatArray) -> FloatArray:
    rows, panel = design.observations.rows[used], design.panel
    out = np.full((panel.n_units, (panel.last_period - panel.first_period) // panel.step + 1), np.nan)
    out[panel.unit[rows], (panel.period[rows] - panel.first_period) // panel.step] = values[rows]
    return out


def _compared(design: Design, label: Words, grid: FloatArray) -> tuple[str | float | int, ...] | None:
    """Average treated units at their last period before onset, and untreated units in the same periods."""
    o = design.observations
    never = o.unit_rows[~o.is_ever_treated]
    treated, beside, spread = [], [], []
    for unit in np.flatnonzero(o.is_ever_treated):
        begun = int(o.unit_onset[unit]) - design.anticipation - design.panel.first_period
        at = -(-begun // design.panel.step) - 1
        if at < 0:
            continue
        value, others = grid[o.unit_rows[unit], at], grid[never, at]
        others = others[np.isfinite(others)]
        if np.isfinite(value) and others.size > 1:
            treated.append(value)
            beside.append(others.mean())
            spread.append(others.var(ddof=1))
    if not treated:
        return None
    variance = float(np.mean(spread)) + (float(np.var(treated, ddof=1)) if len(treated) > 1 else 0.0)
    gap = float(np.mean(treated) - np.mean(beside))
    standardized = gap / (variance / 2) ** 0.5 if variance > 0 else 0.0
    means = float(np.mean(treated)), float(np.mean(beside))
    return str(label), pack_text(label), *means, gap, standardized, len(treated)


# The series as observed: level, logarithm, index, double ratio, comparison lines and every candidate date.

SeriesName = Literal["treated", "same city, other destinations", "other cities, same destination", "double ratio"]
TREATED: SeriesName = "treated"
SAME_CITY: SeriesName = "same city, other destinations"
SAME_DESTINATION: SeriesName = "other cities, same destination"
RATIO: SeriesName = "double ratio"
DATE_COLUMNS = ("dyad", "period", "label", "is_chosen")


def build_raw_series(design: Design, unit: str) -> pd.DataFrame:
    """Return level, log, index and ratio of a dyad and of the sums of untreated ones in its periods."""
    panel = design.panel
    periods, series = _sum_comparisons(design, unit)
    measure = panel.units_of_measure.get(design.outcome, "")
    onset = design.onset[_find_unit(design, unit)]
    before = np.flatnonzero(periods < onset) if onset <= periods[-1] else periods[:0]
    base = int(before[-1]) if before.size else 0  # the last period before onset, or the first period
    log_measure = str(Text("checks.raw-log", of=measure or "none"))
    parts = [(TREATED, "level", series[TREATED], measure)]
    for name in (TREATED, SAME_CITY, SAME_DESTINATION):
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append((name, "log", np.where(series[name] > 0, np.log(series[name]), np.nan), log_measure))
    for name, values in series.items():
        start = values[base]
        if np.isfinite(start) and start > 0:
            parts.append((name, "index", 100 * values / start, f"{panel.label(int(periods[base]))} = 100"))
    parts.append((RATIO, "ratio", series[RATIO], ""))
    values = np.concatenate([part[2] for part in parts])
    rows = np.flatnonzero(~np.isnan(values))
    part, place = np.divmod(rows, periods.size)
    names, panels, _, measures = (np.array(column, dtype=object) for column in zip(*parts, strict=True))
    return pd.DataFrame(
        {
            "dyad": unit,
            "series": names[part],
            "panel": panels[part],
            "period": periods[place],
            "period_label": np.array([panel.label(int(p)) for p in periods], dtype=object)[place],
            "value": values[rows],
            "unit": measures[part],
        }
    )


def list_candidate_dates(design: Design, unit: str) -> pd.DataFrame:
    """Return every candidate date of a dyad's agreements: dyad, period, label, is_chosen."""
    register = design.treatment.register
    rows: list[tuple[str, float, str, bool]] = []
    onset = float(design.onset[_find_unit(design, unit)])
    mine = register[register["unit"] == unit] if "unit" in register else register.iloc[:0]
    for agreement in mine.to_dict("records"):
        for event, text, ordinal in json.loads(agreement.get("candidates") or "[]"):
            if ordinal is None:
                continue
            place = agreement.get("partner_city") or ""
            label = format_dated_event(event, text) + (f" ({place})" if place else "")
            rows.append((unit, float(ordinal), label, float(ordinal) == onset))
    if np.isfinite(onset) and not any(r[3] for r in rows):
        rows.append((unit, onset, "onset", True))
    return pd.DataFrame(list(dict.fromkeys(rows)), columns=list(DATE_COLUMNS))


def format_dated_event(event: str, date: str) -> str:
    """Return an event with its date, which is not said twice where the event's own words hold it."""
    return event if date in event else f"{event} {date}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSeries(Diagnostic):
    """The picture before any estimate.

    Attributes
    ----------
    units : tuple of str
        Dyads shown; empty for every dyad treated within the sample.
    most : int
        No more than this many are shown.
    """

    units: tuple[str, ...] = ()
    most: int = 24
    name: ClassVar[str] = "raw_series"
    payload_kinds: ClassVar = {"raw_series": "path"}
    topic: ClassVar[Topic] = "own_exhibit"

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return payloads ``raw_series`` and ``candidate_dates``, suffixed by the dyad where there are several."""
        return self.of(fit.design)

    def of(self, design: Design) -> Finding:
        """Return the same from a design alone, where nothing is estimated."""
        units = self.units or tuple(str(u) for u in design.observations.unit_ids[design.observations.is_ever_treated])
        if not units:
            return self.unavailable(Text("checks.raw-none"))
        known = set(design.panel.units)
        unknown = [u for u in units if u not in known]
        if unknown:
            return self.unavailable(Text("checks.raw-unknown", unit=unknown[0]))
        shown = units[: self.most]
        payloads = {}
        for k, unit in enumerate(shown):
            suffix = "" if len(shown) == 1 else f".{k + 1:02d}-{unit}"
            payloads[f"raw_series{suffix}"] = build_raw_series(design, unit)
            payloads[f"candidate_dates{suffix}"] = list_candidate_dates(design, unit)
        return self.conclude(
            Text("checks.raw", units=Listed(tuple(shown), "comma"), more=len(units) - len(shown)),
            payloads=payloads,
            value=float(len(shown)),
            unit="dyads",
        )


def _find_unit(design: Design, unit: str) -> int:
    return int(np.flatnonzero(design.panel.units == unit)[0])


def _sum_comparisons(design: Design, unit: str) -> tuple[IntArray, dict[SeriesName, FloatArray]]:
    """Return a dyad's periods, and in these its flow, its comparison lines and the ratio of their ratios.

    NaN where nothing is observed. The ratio is the flow over its city's other flows, relative to the same for others.
    """
    panel = design.panel
    code = _find_unit(design, unit)
    values = panel.values(design.outcome)
    periods = panel.period[panel.unit == code]
    table = np.full((panel.n_units, periods.size), np.nan)
    place = np.searchsorted(periods, panel.period)
    inside = (place < periods.size) & (periods[np.minimum(place, periods.size - 1)] == panel.period)
    table[panel.unit[inside], place[inside]] = values[inside]
    excluded = pd.Index(panel.units).isin(list(design.treatment.excluded))
    usable = (design.onset > panel.last_period) & ~excluded & ~np.isnan(table).any(axis=1)
    usable[code] = False
    city, partner = panel.unit_city == panel.unit_city[code], panel.unit_partner == panel.unit_partner[code]
    flow, groups = table[code], (city & ~partner, ~city & partner, ~city & ~partner)
    same_city, same_destination, others = (
        table[usable & group].sum(axis=0) if (usable & group).any() else np.full(periods.size, np.nan)
        for group in groups
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (flow / same_city) / (same_destination / others)
    ratio = np.where(np.isfinite(ratio) & (ratio > 0), ratio, np.nan)
    return periods, {TREATED: flow, SAME_CITY: same_city, SAME_DESTINATION: same_destination, RATIO: ratio}
