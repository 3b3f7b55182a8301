"""The lazy influence of cohort moments against the matrix it stands for."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.design import Design, NotYetTreated, Panel, Treatment
from twintrade.effects import BlockInfluence, UnitInfluence
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna, estimate_from_moments
from twintrade.estimators.cohort_means.group_time import iterate_cells, select_identified
from twintrade.estimators.cohort_means.wide import widen
from twintrade.numerics.comparisons.moments import CohortMoments, compute_cohort_moments

EXACT = 1e-10
"""The same sums in another order."""


def example(rng, n=300, t=8):
    unit, period = np.repeat(np.arange(n), t), np.tile(np.arange(t), n)
    onset = rng.choice([3.0, 5.0, 6.0, np.inf], n)
    y = 1e4 + rng.normal(size=n)[unit] * 30 + rng.normal(size=n * t) + (period >= onset[unit])
    units = np.array([f"u{i:04d}" for i in range(n)], dtype=object)
    panel = Panel(
        units=units,
        unit=unit,
        period=period,
        unit_city=np.arange(n),
        unit_partner=np.zeros(n, dtype=np.int64),
        cities=units,
        partners=np.array([""], dtype=object),
        columns={"y": y, "one": np.ones(n * t)},
    )
    return Design(panel=panel, treatment=Treatment(units, onset), outcome="y", comparison=NotYetTreated())


@pytest.fixture
def design():
    return example(np.random.default_rng(7))


def both_paths(design):
    fast = fit(CallawaySantAnna(), design)
    slow = fit(CallawaySantAnna(), Design(**{**vars_of(design), "weights": "one"}))
    return fast, slow


def vars_of(design):
    return {name: getattr(design, name) for name in design.__dataclass_fields__}


def test_moment_path_equals_the_unit_by_unit_path(design):
    fast, slow = both_paths(design)
    assert isinstance(slow.estimate.uncertainty, UnitInfluence | BlockInfluence)
    np.testing.assert_allclose(fast.estimate.effects, slow.estimate.effects, atol=EXACT)
    np.testing.assert_allclose(fast.estimate.uncertainty.matrix(), slow.estimate.uncertainty.matrix(), atol=EXACT)


@pytest.mark.parametrize("view", ["event", "overall", "cohort", "calendar"])
def test_aggregates_agree_by_unit_and_by_larger_cluster(design, view):
    fast, slow = (f.view(view).uncertainty for f in both_paths(design))
    by_unit = np.arange(300)
    by_region = np.random.default_rng(1).integers(0, 12, 300)
    for clusters in (by_unit, by_region):
        np.testing.assert_allclose(fast.cross_product(clusters), slow.cross_product(clusters), rtol=1e-8, atol=1e-12)


def test_influence_sums_to_zero(design):
    total = fit(CallawaySantAnna(), design).estimate.uncertainty.matrix().sum(axis=0)
    np.testing.assert_allclose(total, 0, atol=EXACT)


def test_statistics_made_elsewhere_give_the_same_without_units(design):
    wide = widen(design.observations)
    own = compute_cohort_moments(wide.outcomes, wide.cohort, wide.onset, wide.periods)
    sums = np.stack([wide.outcomes[wide.cohort == h].sum(axis=0) for h in range(wide.onset.size)])
    products = np.stack(
        [wide.outcomes[wide.cohort == h].T @ wide.outcomes[wide.cohort == h] for h in range(wide.onset.size)]
    )
    made = CohortMoments.from_sums(wide.onset, wide.periods, wide.counts, sums, products)
    # Raw second moments around 1e4 lose eight of sixteen digits: what a database that sends them must accept.
    np.testing.assert_allclose(made.scatter, own.scatter, rtol=1e-5, atol=1e-3)
    plan, _ = select_identified(list(iterate_cells(wide, "universal", 0, design.comparison)), wide)
    effects, influence = estimate_from_moments(made, plan, replace(wide, given=made))
    np.testing.assert_allclose(effects, fit(CallawaySantAnna(), design).estimate.effects, atol=1e-8)
    with pytest.raises(InferenceError, match="without units"):
        influence.matrix()


def test_moments_of_parts_merge_to_the_moments_of_the_whole(design):
    wide = widen(design.observations)
    half = np.arange(300) % 2 == 0
    parts = [
        compute_cohort_moments(wide.outcomes[m], wide.cohort[m], wide.onset, wide.periods) for m in (half, ~half)
    ]
    whole = compute_cohort_moments(wide.outcomes, wide.cohort, wide.onset, wide.periods)
    merged = parts[0].merged(parts[1])
    np.testing.assert_allclose(merged.means, whole.means, rtol=1e-12)
    np.testing.assert_allclose(merged.scatter, whole.scatter, rtol=1e-8, atol=1e-6)


def test_statistics_out_of_order_are_refused(design):
    wide = widen(design.observations)
    m = compute_cohort_moments(wide.outcomes, wide.cohort, wide.onset, wide.periods)
    with pytest.raises(EstimationError, match="ascending"):
        CohortMoments.from_sums(m.onset[::-1], m.periods, m.counts, m.means, m.scatter)
