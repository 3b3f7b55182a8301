"""The reference set of a randomization test: as agreements were assigned, as the user says, or from named signers."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from twintrade.design import Design
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.refits.reassignment import (
    Across,
    Dealing,
    Scheme,
    build_assignments,
    count_assignments,
    find_units_with_trade,
    measure_sizes,
    read_constant_column,
)
from twintrade.numerics.arrays import FloatArray, IntArray, compact, sum_by_group
from twintrade.numerics.testing import draw_signers, fit_hazard, score_sizes
from twintrade.text import Text

# Onsets dealt as likely as a hazard of signing says, from what was known before the first agreement.

EVENTS = 10
"""Fewest agreements for each variable of the hazard."""


def deal_by_hazard(
    design: Design, pool: IntArray, hazard: Sequence[str], draws: int, rng: np.random.Generator
) -> Dealing:
    """Return assignments with as many agreements a date as there are, each among the units then at risk.

    ``pool``: codes, in its observations, of the units that may sign; ``hazard``: what the log hazard depends on:
    "size", "city_size" and "partner_size" (normal scores of the mean outcome before the first agreement, or of the
    sum of these over the unit's city or partner), columns of the panel.
    """
    units = build_assignments(design, "units", pool)
    is_treated = np.isfinite(units.onset)
    if is_treated.sum() < EVENTS * len(hazard) or not hazard:
        raise InferenceError(
            Text("inference.hazard-few", n=int(is_treated.sum()), variables=len(hazard), least=EVENTS)
        )
    dates, cohort = np.unique(units.onset[is_treated], return_inverse=True)
    begins = np.full(units.onset.size, dates.size)
    begins[is_treated] = cohort
    can_begin = units.can_begin(dates)
    x = np.column_stack([_measure(design, pool, name) for name in hazard])
    try:
        log_hazard = fit_hazard(x, begins, can_begin)
    except EstimationError as error:
        raise InferenceError(error.text) from error
    dealt = draw_signers(log_hazard, np.bincount(cohort), can_begin, draws, rng)
    onsets = tuple(units.place(np.append(dates, np.inf)[row]) for row in dealt)
    if not onsets or all(np.array_equal(onset, units.panel_onset) for onset in onsets):
        units.refuse()
    number, counted = count_assignments(onsets)
    return Dealing(Scheme("hazard", pool.size, int(is_treated.sum()), number, counted), onsets, False)


def _measure(design: Design, pool: IntArray, name: str) -> FloatArray:
    """Return a variable of the hazard for each unit of the pool."""
    sizes = measure_sizes(design)[pool]
    if name == "size":
        return score_sizes(sizes)
    if name in ("city_size", "partner_size"):
        group = compact(design.observations.unit_clusters(name.removesuffix("_size"))[pool])
        return score_sizes(sum_by_group(sizes, group, int(group.max()) + 1)[group])
    values = read_constant_column(design, name)[pool]
    if not np.issubdtype(values.dtype, np.number) or np.isnan(values).any():
        raise InferenceError(Text("inference.hazard-numbers", name=name))
    return values.astype(np.float64)


FEWEST = 20
"""Distinct assignments below which no p-value reaches .05."""


def deal_onsets(
    fit: Fit,
    across: Across | Literal["assigned"],
    draws: int,
    rng: np.random.Generator,
    *,
    strata: Sequence[str] = ("size",),
    signers: Sequence[str] = (),
    hazard: Sequence[str] = ("size",),
) -> Dealing:
    """Return assignments to compare the real one with.

    "assigned" permutes the labels of cities and partners, which keeps agreements as clustered as they are. Where
    fewer than 20 assignments are admissible then: across cities (partners) if all units of each share one onset,
    else within strata; the largest set of these where none has 20. Only onsets, exclusions and sizes before the
    first agreement enter.
    """
    if draws < 1:
        raise InferenceError(f"randomization needs draws, not {draws}")
    pool = _choose_pool(fit, signers)
    if across == "hazard":
        return deal_by_hazard(fit.design, pool, hazard, draws, rng)
    if across != "assigned":
        return build_assignments(fit.design, across, pool, strata).collect(draws, rng)
    dealings: list[Dealing] = []
    reasons: list[str] = []
    for scheme in _list_schemes(fit):
        try:
            dealing = build_assignments(fit.design, scheme, pool, strata).collect(draws, rng)
        except InferenceError as error:
            reasons.append(str(error))
            continue
        if dealing.scheme.n_assignments >= FEWEST:
            return dealing
        dealings.append(dealing)
    if not dealings:
        raise InferenceError("; ".join(reasons))
    return max(dealings, key=lambda dealing: dealing.scheme.n_assignments)


def _choose_pool(fit: Fit, signers: Sequence[str]) -> IntArray:
    """Return the units that could have signed: with trade and two ends, of one of the names if signers are named."""
    pool = find_units_with_trade(fit)
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
