"""The series as observed: level, logarithm, index, double ratio, comparison lines and every candidate date."""

import json
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from twintrade.design import Design
from twintrade.diagnostics.base import Diagnostic
from twintrade.effects import Finding, Topic
from twintrade.estimators.base import Fit
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray, IntArray
from twintrade.text import Listed, Text

SeriesName = Literal["treated", "same city, other destinations", "other cities, same destination", "double ratio"]
TREATED: SeriesName = "treated"
SAME_CITY: SeriesName = "same city, other destinations"
SAME_DESTINATION: SeriesName = "other cities, same destination"
RATIO: SeriesName = "double ratio"
COLUMNS = ("dyad", "series", "panel", "period", "period_label", "value", "unit")
DATE_COLUMNS = ("dyad", "period", "label", "is_chosen")


@dataclass(frozen=True, slots=True, eq=False)
class _ComparisonLines:
    """One dyad and its comparison lines by period, on the dyad's own periods; NaN where nothing is observed."""

    periods: IntArray
    flow: FloatArray
    same_city: FloatArray
    same_destination: FloatArray
    others: FloatArray

    @property
    def ratio(self) -> FloatArray:
        """The flow over its city's other flows, relative to the same for other cities."""
        with np.errstate(divide="ignore", invalid="ignore"):
            value = (self.flow / self.same_city) / (self.same_destination / self.others)
        return np.where(np.isfinite(value) & (value > 0), value, np.nan)


def build_raw_series(design: Design, unit: str) -> pd.DataFrame:
    """Return the raw figure's data for one dyad, columns ``COLUMNS``.

    Panels: "level", "log", "index" (100 in the last period before onset, else in the first) and "ratio". Comparison
    lines add up dyads never treated, not excluded, and observed in every period of this one.
    """
    panel, lines = design.panel, _lines(design, unit)
    measure = panel.units_of_measure.get(design.outcome, "")
    series = {TREATED: lines.flow, SAME_CITY: lines.same_city, SAME_DESTINATION: lines.same_destination}
    base = _base_period(design, unit, lines.periods)
    log_measure = str(Text("checks.raw-log", of=measure or "none"))
    parts = [(TREATED, "level", lines.flow, measure)]
    for name, values in series.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append((name, "log", np.where(values > 0, np.log(values), np.nan), log_measure))
    for name, values in (*series.items(), (RATIO, lines.ratio)):
        start = values[base]
        if np.isfinite(start) and start > 0:
            parts.append((name, "index", 100 * values / start, f"{panel.label(int(lines.periods[base]))} = 100"))
    parts.append((RATIO, "ratio", lines.ratio, ""))
    values = np.concatenate([part[2] for part in parts])
    rows = np.flatnonzero(~np.isnan(values))
    part, place = np.divmod(rows, lines.periods.size)
    names, panels, _, measures = (np.array(column, dtype=object) for column in zip(*parts, strict=True))
    labels = np.array([panel.label(int(p)) for p in lines.periods], dtype=object)
    return pd.DataFrame(
        {
            "dyad": unit,
            "series": names[part],
            "panel": panels[part],
            "period": lines.periods[place],
            "period_label": labels[place],
            "value": values[rows],
            "unit": measures[part],
        },
        columns=list(COLUMNS),
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


def _lines(design: Design, unit: str) -> _ComparisonLines:
    panel = design.panel
    code = _find_unit(design, unit)
    values = panel.values(design.outcome)
    mine = panel.unit == code
    periods = panel.period[mine]
    table = np.full((panel.n_units, periods.size), np.nan)
    place = np.searchsorted(periods, panel.period)
    inside = (place < periods.size) & (periods[np.minimum(place, periods.size - 1)] == panel.period)
    table[panel.unit[inside], place[inside]] = values[inside]
    excluded = pd.Index(panel.units).isin(list(design.treatment.excluded))
    usable = (design.onset > panel.last_period) & ~excluded & ~np.isnan(table).any(axis=1)
    usable[code] = False
    city, partner = panel.unit_city == panel.unit_city[code], panel.unit_partner == panel.unit_partner[code]
    return _ComparisonLines(
        periods=periods,
        flow=table[code],
        same_city=_total(table, usable & city & ~partner),
        same_destination=_total(table, usable & ~city & partner),
        others=_total(table, usable & ~city & ~partner),
    )


def _total(table: FloatArray, members: BoolArray) -> FloatArray:
    return table[members].sum(axis=0) if members.any() else np.full(table.shape[1], np.nan)


def _base_period(design: Design, unit: str, periods: IntArray) -> int:
    """Return the position of the last period before onset, or of the first period."""
    onset = design.onset[_find_unit(design, unit)]
    before = np.flatnonzero(periods < onset) if np.isfinite(onset) and onset <= periods[-1] else periods[:0]
    return int(before[-1]) if before.size else 0
