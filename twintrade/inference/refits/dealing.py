"""The reference set of a randomization test: as agreements were assigned, as the user says, or from named signers."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit
from twintrade.inference.refits.reassignment import Dealing, build_assignments, find_units_with_trade
from twintrade.inference.refits.scheme import Across
from twintrade.inference.refits.signing import deal_by_hazard
from twintrade.numerics.arrays import FloatArray, IntArray

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
