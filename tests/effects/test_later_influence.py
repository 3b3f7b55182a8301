"""Influence is made for the views that somebody asks about, once, and not at all by refits."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.design import Design, NotYetTreated
from twintrade.effects import CohortEffects, GroupedInfluence, LaterInfluence, UnitInfluence
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing.untreated_outcomes import Counterfactual
from twintrade.inference.clustered import Clustered
from twintrade.inference.refits.leave_out import estimate_without_clusters
from twintrade.simulate import simulate

# The same projection of other columns, which conjugate gradients end at other last digits.
SAME = 1e-10
METHODS = {
    "difference": Imputation(),
    "log ratio": Imputation(family="poisson"),
    "percent": Imputation(family="poisson", measure="percent"),
    "difference of counts": Imputation(family="poisson", measure="difference"),
}


def made() -> Design:
    """A gravity panel with gaps, so that nothing is in closed form."""
    rng = np.random.default_rng(8)
    sizes = {"n_cities": 9, "n_partners": 5, "n_periods": 9}
    simulated = simulate(rng, **sizes, family="poisson", mean=40.0, missing=0.05, place_spread=0.1)
    return simulated.design(fixed_effects="gravity", clusters=("city",), comparison=NotYetTreated())


@pytest.fixture(params=METHODS)
def found(request) -> Fit:
    return fit(METHODS[request.param], made())


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """How many combinations of predictions had their influence made, a number each time."""
    seen: list[int] = []
    make = Counterfactual.prediction_influence

    def counted(self, v):
        seen.append(v.shape[1])
        return make(self, v)

    monkeypatch.setattr(Counterfactual, "prediction_influence", counted)
    return seen


@pytest.mark.parametrize("view", ["event", "overall", "cohort", "calendar"])
def test_a_view_equals_the_combination_of_all_cells(found, view):
    held, moved = found.estimate.uncertainty, found.estimate.weight_influence
    assert isinstance(held, LaterInfluence)
    assert isinstance(found.estimate, CohortEffects)
    assert (moved is not None) == (found.estimate.scale == "percent")
    whole = replace(
        found.estimate,
        uncertainty=UnitInfluence(held.units, held.matrix()),
        weight_influence=None if moved is None else GroupedInfluence.of_units(moved.part(slice(None))),
    )
    one = found.view(view).uncertainty.matrix()
    other = replace(found, estimate=whole).view(view).uncertainty.matrix()
    assert one == pytest.approx(other, abs=SAME * np.abs(other).max())


def test_estimates_and_refits_make_none(asked):
    for method in METHODS.values():
        found = fit(method, made())
        found.refit(found.design.without([str(found.design.observations.unit_ids[0])])).view("event")
        estimate_without_clusters(found, "overall", [["city"]])
    assert asked == []


def test_each_view_is_made_once_and_alone(found, asked):
    first = Clustered().sandwich(found, found.view("overall")).se
    assert asked == [1]
    assert Clustered().sandwich(found, found.view("overall")).se.tobytes() == first.tobytes()
    assert asked == [1]
    found.view("event").uncertainty.matrix()
    again = fit(found.estimator, found.design)
    again.view("event").uncertainty.matrix()
    # What was made before does not show in the last digit of what is made next.
    assert Clustered().sandwich(again, again.view("overall")).se.tobytes() == first.tobytes()


def test_refits_for_some_views_leave_out_what_these_do_not_need(found, monkeypatch):
    whole = found.refit(found.design)
    monkeypatch.setattr("twintrade.estimators.imputation.fit_leads", lambda *_: pytest.fail("leads were fitted"))
    for view in ("overall", "cohort"):
        lean = found.refit(found.design, view)
        assert lean.view(view).effects == pytest.approx(whole.view(view).effects, rel=1e-13)
        assert Clustered().sandwich(lean, lean.view(view)).se == pytest.approx(
            Clustered().sandwich(whole, whole.view(view)).se, rel=SAME
        )
    estimate_without_clusters(found, "overall", [["city"]])


def test_an_average_moves_with_estimated_weights_as_their_influence_says():
    rng = np.random.default_rng(3)
    cohorts, times = np.repeat([2004, 2006], 5), np.tile(np.arange(-3, 2), 2)
    n_units, design = 7, made()
    moves = rng.normal(size=(n_units, cohorts.size))
    fixed = UnitInfluence(np.arange(n_units), np.zeros((n_units, cohorts.size)))
    details = {"sample": None, "n_units": np.full(cohorts.size, n_units), "reference": -1}

    def average(against, cell_weights):
        moved = {"cell_weights": cell_weights, "weight_influence": GroupedInfluence.of_units(moves)}
        effects = np.sin(np.arange(10.0))
        cells = CohortEffects.of(design, (cohorts, times), effects, fixed, against=against, **moved, **details)
        return cells.average()

    weights = rng.uniform(1, 3, cohorts.size)
    for against in ("reference", "all before"):
        influence = average(against, weights).uncertainty.matrix()[:, 0]
        step = 1e-6
        ends = [[average(against, weights + s * unit).effects[0] for unit in moves] for s in (-step, step)]
        np.testing.assert_allclose(influence, np.diff(ends, axis=0)[0] / (2 * step), rtol=1e-6)
