"""The reference set of a randomization test: as agreements were assigned, as the user says, or from named signers."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.design.panel import PERIODS_PER_YEAR
from twintrade.effects import CohortEffects
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.refits import reassignment
from twintrade.inference.refits.reassignment import Across, Dealing, Scheme
from twintrade.numerics.arrays import FloatArray, IntArray, compact, sum_by_group
from twintrade.numerics.testing import draw_signers, fit_hazard
from twintrade.text import Text

# Onsets dealt as likely as a hazard of signing says, from what was known before each date.

PRIOR = 2.0  # standard deviation of the prior of each slope of the hazard
MOST_SIZE, MOST_GROWTH = 3.0, 2.5  # where size and growth are cut, in standard deviations
YEARS = 2
FLOOR = 0.02
"""Share of a unit's mean so far that is added to its flows before growth is taken, so that zeros have one."""
QUARTILES = 1.349  # distance of a normal distribution's quartiles, in standard deviations
WORDS = ("size", "growth", "city_size", "partner_size")


def deal_by_hazard(
    design: Design, pool: IntArray, hazard: Sequence[str], draws: int, rng: np.random.Generator
) -> Dealing:
    """Return assignments with as many agreements a date as there are, each among the units then at risk.

    ``pool``: codes, in its observations, of the units that may sign; ``hazard``: what the log hazard depends on:
    "size", "growth", "city_size" and "partner_size" of the outcome, or of another column ("size:imports"), and
    columns of the panel themselves, as they were before each date.
    """
    if not hazard:
        raise InferenceError(Text("inference.hazard-none"))
    units = reassignment.build_assignments(design, "units", pool)
    is_treated = np.isfinite(units.onset)
    dates, cohort = np.unique(units.onset[is_treated], return_inverse=True)
    begins = np.full(units.onset.size, dates.size)
    begins[is_treated] = cohort
    can_begin = units.can_begin(dates)
    x = np.stack([_measure(design, pool, name, dates) for name in hazard], axis=2)
    logs = fit_hazard(x, begins, can_begin, PRIOR).logs
    onset = np.sort(units.onset[is_treated])
    dealt = np.full((draws, units.onset.size), np.inf)
    signers = draw_signers(logs, np.bincount(cohort), can_begin, draws, rng)
    np.put_along_axis(dealt, signers, onset, axis=1)
    onsets = tuple(units.place(row) for row in dealt[: len(signers)])
    if not onsets or all(np.array_equal(onset, units.panel_onset) for onset in onsets):
        units.refuse()
    number, counted = reassignment.count_assignments(onsets)
    return Dealing(Scheme("hazard", pool.size, int(is_treated.sum()), number, counted), onsets, False)


def _measure(design: Design, pool: IntArray, name: str, dates: FloatArray) -> FloatArray:
    """Return a variable of the hazard for each unit of the pool at each date, (n_units, n_dates)."""
    word, _, column = name.partition(":")
    values = _spread_column(design, column or (design.outcome if word in WORDS else word), name)[pool]
    places = np.searchsorted(design.observations.periods, dates - design.anticipation)
    if word == "growth":
        return score_growth(values, places, YEARS * PERIODS_PER_YEAR[design.panel.frequency])
    if word not in WORDS:
        return _score_columns(values, places, name)
    size = measure_size(values, int(places.min()))
    if word != "size":
        group = compact(design.observations.unit_clusters(word.removesuffix("_size"))[pool])
        size = sum_by_group(size, group, int(group.max()) + 1)[group]
    return np.repeat(score_size(size)[:, None], dates.size, axis=1)


def _spread_column(design: Design, column: str, name: str) -> FloatArray:
    """Return a column of the panel by unit and period of the sample, NaN where it has no row."""
    o = design.observations
    if column not in design.panel.columns:
        raise InferenceError(Text("inference.hazard-column", name=name))
    values = np.asarray(design.panel.columns[column])[o.rows]
    if not np.issubdtype(values.dtype, np.number):
        raise InferenceError(Text("inference.hazard-numbers", name=name))
    out = np.full((o.n_units, o.periods.size), np.nan)
    out[o.unit, np.searchsorted(o.periods, o.period)] = values
    return out


def _score_columns(values: FloatArray, places: IntArray, name: str) -> FloatArray:
    """Return standard scores of the last value before each date, or of the first value where all come later."""
    last = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(values.shape[1]), -1), axis=1)
    first = np.isfinite(values).argmax(axis=1)[:, None]
    at = last[:, np.maximum(places - 1, 0)]
    known = np.take_along_axis(values, np.where(at < 0, first, at), axis=1)
    if not np.isfinite(known).all():
        raise InferenceError(Text("inference.hazard-numbers", name=name))
    spread = float(known.std())
    return np.asarray(np.clip((known - known.mean()) / (spread if spread > 0 else 1.0), -MOST_SIZE, MOST_SIZE))


def measure_size(flows: FloatArray, first: int) -> FloatArray:
    """Return each unit's mean flow before the first agreement of all, or its first flow where it has none before.

    ``flows`` (n_units, n_periods), NaN where nothing is observed; ``first``: place of the first agreement's period.
    """
    seen = np.isfinite(flows)
    is_used = seen & (np.arange(flows.shape[1]) < first)
    is_used[np.arange(len(flows)), seen.argmax(axis=1)] |= ~is_used.any(axis=1)
    return np.asarray(np.where(is_used, flows, 0.0).sum(axis=1) / is_used.sum(axis=1))


def score_size(sizes: FloatArray) -> FloatArray:
    """Return standard scores of log sizes, cut at three; sizes of zero have that of the smallest other one."""
    if not (sizes > 0).any():
        return np.zeros(sizes.size)
    logs = np.log(np.maximum(sizes, sizes[sizes > 0].min()))
    spread = float(logs.std())
    return np.asarray(np.clip((logs - logs.mean()) / (spread if spread > 0 else 1.0), -MOST_SIZE, MOST_SIZE))


def score_growth(flows: FloatArray, places: IntArray, lag: int) -> FloatArray:
    """Return robust scores of each unit's log growth up to the period before each date, (n_units, n_dates).

    Zero where a unit, or all, have too few earlier periods. ``flows`` (n_units, n_periods), NaN where nothing is
    observed; ``places``: of the dates among the periods; ``lag``: number of periods over which growth is taken.
    """
    out = np.zeros((flows.shape[0], places.size))
    for k, place in enumerate(places):
        if place < lag + 1:
            continue
        seen = np.isfinite(flows[:, :place])
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(seen, flows[:, :place], 0.0).sum(axis=1) / seen.sum(axis=1)
            growth = np.log(flows[:, place - 1] + FLOOR * mean) - np.log(flows[:, place - 1 - lag] + FLOOR * mean)
        known = np.isfinite(growth)
        if not known.any():
            continue
        low, middle, high = np.percentile(growth[known], [25, 50, 75])
        spread = (high - low) / QUARTILES
        if spread > 0:
            out[known, k] = np.clip((growth[known] - middle) / spread, -MOST_GROWTH, MOST_GROWTH)
    return out


FEWEST = 20  # distinct assignments below which no p-value reaches .05


def deal_onsets(
    fit: Fit,
    across: Across | Literal["assigned"],
    draws: int,
    rng: np.random.Generator,
    *,
    strata: Sequence[str] = ("size",),
    signers: Sequence[str] = (),
    hazard: Sequence[str] = ("size", "growth"),
) -> Dealing:
    """Return assignments to compare the real one with.

    "assigned" permutes the labels of cities and partners, which keeps agreements as clustered as they are. Where
    fewer than 20 assignments are admissible then: across cities (partners) if all units of each share one onset,
    else within strata; the largest set of these where none has 20. Only onsets, exclusions and sizes before the
    first agreement enter.
    """
    if draws < 1:
        raise InferenceError(f"randomization needs draws, not {draws}")
    method, treatment = fit.estimator, fit.design.treatment
    goes_by_onset = method.requires.adapted(getattr(method, "shape", "")).absorbing
    goes_by_onset |= treatment.is_absorbing and isinstance(fit.estimate, CohortEffects)
    if treatment.dose is not None and not goes_by_onset:  # doses stay where they are
        rule = "none" if treatment.register.empty else "levels" if treatment.levels else "dose"
        raise InferenceError(Text("inference.doses-dealt", rule=rule))
    pool = choose_pool(fit, signers)
    if across == "hazard":
        return deal_by_hazard(fit.design, pool, hazard, draws, rng)
    if across != "assigned":
        return reassignment.build_assignments(fit.design, across, pool, strata).collect(draws, rng)
    dealings: list[Dealing] = []
    reasons: list[str] = []
    for scheme in _list_schemes(fit):
        try:
            dealing = reassignment.build_assignments(fit.design, scheme, pool, strata).collect(draws, rng)
        except InferenceError as error:
            reasons.append(str(error))
            continue
        if dealing.scheme.n_assignments >= FEWEST:
            return dealing
        dealings.append(dealing)
    if not dealings:
        raise InferenceError("; ".join(reasons))
    return max(dealings, key=lambda dealing: dealing.scheme.n_assignments)


def choose_pool(fit: Fit, signers: Sequence[str]) -> IntArray:
    """Return the units that could have signed: with trade and two ends, of one of the names if signers are named."""
    pool = reassignment.find_units_with_trade(fit)
    o, panel = fit.design.observations, fit.design.panel
    codes = o.unit_rows
    if panel.is_dyadic:
        is_domestic = panel.cities[panel.unit_city[codes]] == panel.partners[panel.unit_partner[codes]]
        pool = pool[~is_domestic[pool] | o.is_ever_treated[pool]]
    if not signers:
        return pool
    names = o.unit_ids, panel.cities[panel.unit_city[codes]], panel.partners[panel.unit_partner[codes]]
    unknown = set(signers) - set(np.concatenate(names))
    if unknown:
        raise InferenceError(f"no unit, city or partner of the sample is called {', '.join(sorted(unknown))}")
    is_named = np.any([np.isin(n, list(signers)) for n in names], axis=0)
    outside = o.unit_ids[o.is_ever_treated & ~is_named]
    if outside.size:
        raise InferenceError(f"treated but not among the signers: {', '.join(map(str, outside))}")
    return np.asarray(pool[is_named[pool]])


def _list_schemes(fit: Fit) -> list[Across]:
    if not fit.design.panel.is_dyadic:
        return ["labels"]
    o = fit.design.observations
    onset = np.where(o.is_ever_treated, o.unit_onset, np.inf)
    schemes: list[Across] = ["labels"]
    if _is_shared(onset, o.unit_clusters("city")):
        schemes.append("cities")
    if _is_shared(onset, o.unit_clusters("partner")):
        schemes.append("partners")
    return [*schemes, "strata"]


def _is_shared(onset: FloatArray, group: IntArray) -> bool:
    """Whether all units of each group have one onset."""
    first = np.full(int(group.max()) + 1, np.nan)
    first[group] = onset
    return bool((first[group] == onset).all())
