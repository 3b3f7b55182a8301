"""The estimate under every date an agreement may count from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias

import numpy as np
import pandas as pd

from twintrade.design import Design, find_spans
from twintrade.diagnostics import variants
from twintrade.diagnostics.base import Diagnostic, require
from twintrade.diagnostics.variants import ComparedVariants, Variant, VariantCheck
from twintrade.effects import Finding
from twintrade.errors import TwintradeError
from twintrade.estimators.base import Fit
from twintrade.estimators.imputing import fit_counterfactual
from twintrade.estimators.regression import Family
from twintrade.inference.base import Inference
from twintrade.numerics.arrays import BoolArray, FloatArray, bound_ratio
from twintrade.text import Listed, Text, Words

# Bounds on the average effect where each agreement may have begun at any date from first to last candidate.


@dataclass(frozen=True, slots=True)
class DateBounds:
    """The smallest and largest average effect that some choice of dates gives."""

    low: float  # low, high: On the scale of the headline; sampling error is not in them
    high: float
    # n_units, n_rows: Treated units with more than one possible onset, and their rows that are treated under some of
    # them only
    n_units: int
    n_rows: int
    n_aside: int = 0  # of these units, those that the headline leaves out for the bounds of their dates


def compute_date_bounds(fit: Fit, first: FloatArray, last: FloatArray) -> DateBounds | None:
    """Bound the effect on truly treated rows, with onsets anywhere between ``first`` and ``last``, (panel.n_units,).

    Rows untreated under every date predict the others; the bounds are the smallest and largest average of outcome
    less prediction over all combinations of onsets, each found exactly. None where no date is ambiguous.
    """
    if not (np.isfinite(first) & (last > first)).any():
        return None
    design = add_units(
        fit.design, {str(unit): first[k] for k, unit in enumerate(fit.design.panel.units) if last[k] > first[k]}
    )
    # An effect in proportions on an outcome in levels comes from a proportional model.
    scale = fit.estimate.scale
    is_poisson = scale in ("log points", "percent") and design.transform == "level"
    family: Family = "poisson" if is_poisson else "linear"
    o = design.reassigned(first).observations
    counterfactual = fit_counterfactual(o, family)
    used = o.is_treated[counterfactual.rows]
    rows, predicted = counterfactual.rows[used], counterfactual.predicted[used]
    unit, period = o.unit[rows], o.period[rows]
    order = np.lexsort((period, unit))
    rows, predicted, unit, period = rows[order], predicted[order], unit[order], period[order]
    is_optional = period < last[o.unit_rows[unit]]
    weight = o.row_weights[rows]
    top, bottom = (o.y[rows], predicted) if is_poisson else (o.y[rows] - predicted, np.ones(rows.size))
    low, high = bound_ratio(weight * top, weight * bottom, unit, is_optional)
    if is_poisson:
        with np.errstate(divide="ignore"):
            low, high = (float(100 * (r - 1) if scale == "percent" else np.log(r)) for r in (low, high))
    optional = np.unique(unit[is_optional])
    n_aside = sum(str(name) in fit.design.treatment.excluded for name in o.unit_ids[optional])
    return DateBounds(low, high, int(optional.size), int(is_optional.sum()), n_aside)


# What the estimate would be with pairs whose agreement has no date, as comparison or treated from some date on.

UNDATED = "undated"
MOST_STEPS = 50
COLUMNS = ("label", "label_text", "group", "effect", "n_rows", "n_units", "n_treated_units", "reason", "reason_text")
Onsets: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """What undated units would add to the headline's numerator and denominator, by their onset."""

    units: tuple[str, ...]  # of each option
    onset: FloatArray  # (n_options,)
    # top, bottom: (n_options,): outcome and imputed outcome of the rows from the onset on; for linear models their
    # difference, and rows
    top: FloatArray
    bottom: FloatArray
    base: tuple[float, float]  # both sums of the treated units

    def find_one(self, sign: int) -> tuple[str, float]:
        """Return the one unit that moves the ratio farthest one way, and its onset."""
        ratios = (self.base[0] + self.top) / (self.base[1] + self.bottom)
        k = int(np.argmax(sign * ratios))
        return self.units[k], float(self.onset[k])

    def find_all(self, sign: int) -> dict[str, float]:
        """Return the onsets of all units that move the ratio farthest one way (Dinkelbach 1967); others have none."""
        names = np.array(self.units)
        ratio, chosen = self.base[0] / self.base[1], np.empty(0, dtype=np.int64)
        for _ in range(MOST_STEPS):
            gain = sign * (self.top - ratio * self.bottom)
            order = np.lexsort((-gain, names))
            first = order[np.unique(names[order], return_index=True)[1]]
            chosen = first[gain[first] > 0]
            new = (self.base[0] + self.top[chosen].sum()) / (self.base[1] + self.bottom[chosen].sum())
            if sign * (new - ratio) <= 1e-12 * (1 + abs(ratio)):
                break
            ratio = float(new)
        return {self.units[k]: float(self.onset[k]) for k in chosen}


@dataclass(frozen=True, slots=True)
class UndatedPairs(Diagnostic):
    """The range of estimates over what agreements without a date may be."""

    name: ClassVar[str] = "undated_agreements"
    citation: ClassVar[str] = "denteh2022"

    def concerns(self, design: Design) -> bool:
        """Whether any unit has an agreement without a date."""
        return bool(_list_undated(design))

    def check(self, fit: Fit, inference: Inference, rng: np.random.Generator) -> Finding:
        """Return the estimate with undated units admitted; payload ``undated_agreements``."""
        design, scale = fit.design, fit.estimate.scale
        units = _list_undated(design)
        require(units, Text("checks.undated-none", units=design.panel.unit_kind))
        require(fit.estimator.imputes_by and design.statistics is None, Text("checks.undated-imputation"))
        options, untreated = list_options(fit, units), dict.fromkeys(units, np.inf)
        ends, admitted = (("lowest", -1), ("highest", 1)), [(Text("checks.undated-compared"), untreated)]
        for end, sign in ends:
            unit, onset = options.find_one(sign)
            label = Text("checks.undated-one", unit=unit, period=design.panel.label(int(onset)), end=end)
            admitted.append((label, {unit: onset}))
        for end, sign in ends:
            onsets = options.find_all(sign)
            admitted.append((Text("checks.undated-all", n=len(onsets), end=end), untreated | onsets))
        alternatives = [Variant(label, "", add_units(design, onsets)) for label, onsets in admitted]
        table = variants.compare_variants(fit, alternatives, None, rng, is_same_target=False)[list(COLUMNS)]
        effects = table["effect"].to_numpy(dtype=np.float64)
        require(np.isfinite(effects).all(), Text("checks.undated-failed", reason=str(table["reason"].max())))
        names = ("compared", "one_low", "one_high", "low", "high")
        named = dict(zip(names, effects, strict=True)) | {"effect": fit.view("overall").effects[0]}
        shown, failures = variants.format_effects(scale, **named), variants.list_failures(self.name, table)
        text = Text("checks.undated", n=len(units), units=design.panel.unit_kind, **shown)
        return self.conclude(text, table, value=float(np.ptp(effects[[0, 3, 4]])), unit=scale, messages=failures)


def add_units(design: Design, onsets: Onsets) -> Design:
    """Return the design with some units let in, treated from a period on or, with ``inf``, never."""
    treatment = design.treatment
    excluded = {u: why for u, why in treatment.excluded.items() if u not in onsets}
    onset = np.array([onsets.get(str(u), t) for u, t in zip(design.panel.units, design.onset, strict=True)])
    return replace(design, treatment=replace(treatment, excluded=excluded)).reassigned(onset)


def _list_undated(design: Design) -> list[str]:
    """Return the excluded units of whose onset nothing is known."""
    bounded = find_spans(design.treatment.register)
    excluded = design.treatment.excluded
    return [str(u) for u in design.panel.units if excluded.get(str(u)) == UNDATED and str(u) not in bounded]


def list_options(fit: Fit, units: list[str]) -> Options:
    """Return what each unit would add under each onset, its level that of rows before, others' effects held."""
    family = fit.estimator.imputes_by
    assert family is not None
    is_poisson = family == "poisson"
    o = add_units(fit.design, dict.fromkeys(units, np.inf)).observations
    first: dict[str, float] = {}
    for unit in units:
        traded = (o.unit_ids[o.unit] == unit) & ((o.y > 0) if is_poisson else np.ones(o.n_rows, dtype=bool))
        if traded.any() and o.period[traded].min() < o.periods[-1]:
            first[unit] = float(o.period[traded].min()) + 1 + fit.design.anticipation
    o = add_units(fit.design, first).observations
    c = fit_counterfactual(o, family, is_refit=True)
    path = np.full(o.n_rows, np.nan)
    path[c.rows] = c.predicted
    fitted = c.weights / o.row_weights[c.fit_rows] if is_poisson and c.weights is not None else None
    path[c.fit_rows] = o.y[c.fit_rows] - c.residuals if fitted is None else fitted
    is_undated = np.isin(o.unit_ids, list(first))[o.unit]
    known = np.isfinite(path)
    counted = known & o.is_treated & ~is_undated
    w = o.row_weights
    top, bottom = (o.y, path) if is_poisson else (o.y - path, np.ones(o.n_rows))
    rows: list[tuple[str, float, float, float]] = []
    for unit, start in first.items():
        mine = np.flatnonzero(known & (o.unit_ids[o.unit] == unit))
        for onset in o.period[mine][o.period[mine] >= start]:
            before, after = (mine[o.period[mine] < onset - fit.design.anticipation], mine[o.period[mine] >= onset])
            if not before.size:
                continue
            if is_poisson:
                level = (w[before] @ o.y[before]) / (w[before] @ path[before])
                sums = w[after] @ o.y[after], level * (w[after] @ path[after])
            else:
                shift = (w[before] @ top[before]) / w[before].sum()
                sums = w[after] @ (top[after] - shift), w[after].sum()
            rows.append((unit, float(onset), float(sums[0]), float(sums[1])))
    require(rows, Text("checks.undated-none", units=o.panel.unit_kind))
    names, onset, numerator, denominator = zip(*rows, strict=True)
    base = (float(w[counted] @ top[counted]), float(w[counted] @ bottom[counted]))
    return Options(tuple(names), np.array(onset), np.array(numerator), np.array(denominator), base)


EARLIEST, LATEST = "checks.dates-earliest", "checks.dates-latest"


def iterate_date_variants(design: Design) -> Iterator[Variant]:
    """Yield the design under its dates, each kind and end of candidates, a period later, and without onsets."""
    panel = design.panel
    yield Variant(Text("checks.dates-chosen"), "dates", design)
    onset = design.onset
    seen = [onset]
    for label, changed in _by_kind(design).items():
        if not any(np.array_equal(changed, other) for other in seen):
            seen.append(changed)
            named = Text(label) if label in (EARLIEST, LATEST) else label
            yield Variant(named, "dates", design.reassigned(changed))
    vague = mark_vague_dates(design)
    if vague.any():
        moved = vague & (onset + 1 > panel.period.min())
        later = Text("checks.dates-later", n=int(moved.sum()), units=panel.unit_kind)
        yield Variant(later, "precision", design.reassigned(np.where(vague, onset + 1, onset)))
    yield Variant(Text("checks.dates-donut"), "donut", design.restricted(panel.period != onset[panel.unit]))


def _by_kind(design: Design) -> dict[str, FloatArray]:
    """Return onsets by kind of candidate date, the earliest of a unit's agreements, recorded ones without one."""
    onset = design.onset
    register = design.treatment.register
    if "candidates" not in register:
        return {}
    place = {str(u): k for k, u in enumerate(design.panel.units)}
    agreements = [
        (place[a["unit"]], a["onset"], _read_candidates(a["candidates"]))
        for a in register.to_dict("records")
        if a["unit"] in place and np.isfinite(onset[place[a["unit"]]])
    ]
    kinds = dict.fromkeys(kind for _, _, dates in agreements for kind in dates)
    out = {}
    for kind in kinds:
        changed = np.full(onset.size, np.inf)
        for code, start, dates in agreements:
            changed[code] = min(changed[code], dates.get(kind, float(start) if pd.notna(start) else np.inf))
        out[kind] = np.where(np.isfinite(changed) & np.isfinite(onset), changed, onset)
    return out


def _read_candidates(packed: str | None) -> dict[str, float]:
    """Return one agreement's dates by kind, its earliest and its latest among them."""
    dates = [(label, float(ordinal)) for label, _, ordinal in json.loads(packed or "[]") if ordinal is not None]
    first: dict[str, float] = {}
    for label, date in dates:
        first[label] = min(date, first.get(label, date))
    every = [date for _, date in dates]
    return first | {EARLIEST: min(every), LATEST: max(every)} if dates else {}


def mark_vague_dates(design: Design) -> BoolArray:
    """Return which units have an onset that rests on a date of year precision, shape (panel.n_units,)."""
    register, onset = design.treatment.register, design.onset
    vague = np.zeros(onset.size, dtype=bool)
    if "precision" in register:
        dated = register[register["precision"] == "year"]
        code = pd.Index(design.panel.units).get_indexer(pd.Index(dated["unit"]))
        is_onset = dated["onset"].to_numpy(dtype=np.float64, na_value=np.nan) == onset[code]
        vague[code[(code >= 0) & is_onset]] = True
    return vague


def compute_onset_range(design: Design) -> tuple[FloatArray, FloatArray]:
    """Return the earliest and the latest onset that a unit's candidate dates, their precision and bounds allow."""
    onset = design.onset
    kinds = [*_by_kind(design).values(), np.where(mark_vague_dates(design), onset + 1, onset)]
    first, last = np.minimum.reduce([onset, *kinds]), np.maximum.reduce([onset, *kinds])
    start = design.panel.first_period + 1 + design.anticipation  # an agreement older than that has no row before it
    for unit, (earliest, latest) in find_spans(design.treatment.register).items():
        if design.treatment.excluded.get(unit) == UNDATED:
            mine = design.panel.units == unit
            first[mine], last[mine] = max(earliest, start), latest
    return first, last


@dataclass(frozen=True, slots=True)
class Dates(VariantCheck):
    """Every candidate date, the year rule, and the donut, side by side; the largest is never picked.

    Where dates are ambiguous, bounds over every onset between an agreement's first and last candidate stand below.
    """

    name: ClassVar[str] = "dates"
    citation: ClassVar[str] = "denteh2022"
    payload_kinds: ClassVar = {"dates": "variants"}

    def vary(self, fit: Fit) -> Iterator[Variant]:
        """Return the design under each definition of the date."""
        require(np.isfinite(fit.design.onset).any(), Text("checks.dates-none"))
        return iterate_date_variants(fit.design)

    def _refuse(self, table: pd.DataFrame) -> Words:
        return Text("checks.dates-not-estimated", reason=str(table["reason"].iloc[0]))

    def say(self, seen: ComparedVariants) -> Finding:
        """Return the range of the effects, and the bounds in a row and a sentence of their own."""
        text: Words = Text("checks.dates", n=len(seen.known), signs=seen.name_signs(), **seen.name_range())
        row, bounds = _bounds(seen.fit)
        table = seen.table
        if row:
            row |= {"label": str(Text("checks.dates-bounds-label")), "group": "bounds"}
            table = pd.concat([table, pd.DataFrame([row], columns=list(variants.COLUMNS))], ignore_index=True)
        if bounds is not None:
            text = Listed((text, bounds), "sentences")
        return self.report(seen, text, seen.spread, table=table, payloads={self.name: seen.table})


def _bounds(fit: Fit) -> tuple[dict[str, object], Text | None]:
    """Return the row of the bounds, if there is one, and their sentence; a row with its reason where they fail."""
    if fit.estimator.imputes_by is None:
        return {}, Text("checks.dates-no-bounds", method=fit.estimator.title)
    try:
        bounds = compute_date_bounds(fit, *compute_onset_range(fit.design))
    except TwintradeError as error:
        return {"reason": str(error), **dict.fromkeys(variants.COUNTS, 0)}, None
    if bounds is None:
        return {}, None
    sentence = Text(
        "checks.dates-bounds",
        n=bounds.n_units,
        aside=bounds.n_aside,
        units=fit.design.panel.unit_kind,
        range=variants.format_range(bounds.low, bounds.high, fit.estimate.scale),
    )
    counts = dict(zip(variants.COUNTS, (bounds.n_rows, bounds.n_units, bounds.n_units), strict=True))
    return {"low": bounds.low, "high": bounds.high, **counts, "reason": ""}, sentence
