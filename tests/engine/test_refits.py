"""Linear estimates under many treatments at once equal refits, whatever rows, weights and covariates there are."""

import numpy as np
import pandas as pd
import pytest
from case_tables import pair_up

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import Estimator, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.repeating.repeated import find_unit_rows
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.clustering.conventions import is_reference
from twintrade.inference.refits.leave_out import estimate_without_clusters
from twintrade.inference.refits.permutation import align_values, replace_outcome, tabulate_designs
from twintrade.numerics.arrays import intersect_codes

# The same normal equations, solved another way.
SAME = 1e-9
SHAPE = 6, 7, 9
ESTIMATORS = {
    "event times": TWFE(),
    "binned": TWFE(bins=True),
    "static": TWFE(shape="static"),
    "imputation": Imputation(),
    "cells": ETWFE(),
}
OPTIONS = {
    "plain": {},
    "weights": {"weights": "w"},
    "covariate": {"covariates": ("x",)},
    "both": {"covariates": ("x", "z"), "weights": "w"},
    "anticipation": {"anticipation": 1, "reference": -2},
}


def make(effects: str, gaps: float, n_treated: int = 9, **options) -> Design:
    """Return a panel of dyads in which each unit keeps its first and last periods."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(n) for n in SHAPE], names=["city", "partner", "period"])
    frame = index.to_frame(index=False)
    n = len(frame)
    frame = frame.assign(y=rng.normal(size=n), x=rng.normal(size=n), z=rng.normal(size=n), w=rng.uniform(0.5, 2, n))
    frame = frame[(rng.random(n) >= gaps) | ~frame["period"].between(1, SHAPE[2] - 2)]
    frame["city"], frame["partner"] = "c" + frame["city"].astype(str), "p" + frame["partner"].astype(str)
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, draw_onsets(panel.n_units, n_treated, rng)),
        outcome="y",
        fixed_effects=effects,
        **{"window": (-3, 3)} | options,
    )


def draw_onsets(n_units: int, n_treated: int, rng: np.random.Generator) -> np.ndarray:
    onset = np.full(n_units, np.inf)
    onset[rng.choice(n_units, n_treated, replace=False)] = rng.integers(3, 8, n_treated)
    return onset


def leave_out(design: Design, rng: np.random.Generator) -> Design:
    """Return the design without two treated units and some rows."""
    gone = rng.choice(np.flatnonzero(np.isfinite(design.onset)), 2, replace=False)
    is_lost = np.isin(design.panel.unit, gone) | (rng.random(design.panel.n_rows) < 0.05)
    return design.restricted(~is_lost)


def compare(estimator: Estimator, design: Design, changed: list[Design]) -> int:
    """Compare every view of every design, of the outcome and of another, and return how many needed no refit."""
    n_rows = design.observations.n_rows
    other = np.random.default_rng(1).normal(size=n_rows)
    fitted = fit(estimator, design)
    views = {view: fitted.view(view) for view in fitted.views}
    null = estimator.linear_null(design, np.column_stack([design.observations.y, other]))
    kept, found = tabulate_designs(null, views, len(changed), changed.__getitem__)
    for place, k in enumerate(kept):
        column = np.full(design.panel.n_rows, np.nan)
        column[design.observations.rows] = other
        made_up = replace_outcome(changed[k], column[changed[k].observations.rows])
        for j, one in enumerate((changed[k], made_up)):
            refitted = fit(estimator, one)
            for view, estimate in views.items():
                expected = align_values(estimate, refitted.view(view))
                expected[is_reference(estimate)] = 0.0
                np.testing.assert_allclose(found[view][place, :, j], expected, rtol=0, atol=SAME, err_msg=view)
    return len(kept)


@pytest.mark.parametrize(
    ("name", "effects", "gaps", "options"), pair_up(ESTIMATORS, ["two_way", "gravity"], [0.0, 0.06, 0.5], OPTIONS)
)
def test_draws_equal_refits(name: str, effects: str, gaps: float, options: str) -> None:
    given = OPTIONS[options]
    if name == "cells":
        given = {key: value for key, value in given.items() if key != "covariates"}
    design, rng = make(effects, gaps, **given), np.random.default_rng(2)
    drawn = [design.reassigned(draw_onsets(design.panel.n_units, 9, rng)) for _ in range(3)]
    changed = [design, *drawn, leave_out(design, rng), leave_out(drawn[0], rng)]
    assert compare(ESTIMATORS[name], design, changed) >= 4


@pytest.mark.parametrize("name", ["event times", "imputation", "cells"])
@pytest.mark.parametrize("n_treated", [30, 42])
def test_draws_of_many_agreements_equal_refits(name: str, n_treated: int) -> None:
    for effects in ("two_way", "gravity"):
        design, rng = make(effects, 0.0, n_treated), np.random.default_rng(3)
        changed = [design.reassigned(draw_onsets(42, n_treated, rng)) for _ in range(3)]
        assert compare(ESTIMATORS[name], design, [design, *changed, leave_out(design, rng)]) >= 4


@pytest.mark.parametrize("effects", [("unit",), ("period",), ("unit", "city_period")])
def test_draws_within_other_effects_equal_refits(effects: tuple[str, ...]) -> None:
    design, rng = make(effects, 0.06), np.random.default_rng(3)
    changed = [design.reassigned(draw_onsets(42, 9, rng)) for _ in range(3)]
    for estimator in (TWFE(), Imputation(), ETWFE()):
        assert compare(estimator, design, changed) == 3


def test_effects_of_cohorts_change_with_the_treatment_and_are_left_to_refits() -> None:
    design = make(("cohort", "period"), 0.0)
    for estimator in (TWFE(), ETWFE()):
        assert estimator.linear_null(design, design.observations.y[:, None]) is None


@pytest.mark.parametrize(
    ("name", "effects", "gaps"),
    pair_up(["event times", "static", "imputation", "cells"], ["two_way", "gravity"], [0.0, 0.06]),
)
def test_rows_weigh_in_the_average_as_in_a_refit(name: str, effects: str, gaps: float) -> None:
    for given in (OPTIONS["plain"], OPTIONS["weights"]):
        design, rng = make(effects, gaps, **given), np.random.default_rng(2)
        null = ESTIMATORS[name].linear_null(design, design.observations.y[:, None], ["overall"])
        draws = [design.reassigned(draw_onsets(42, 9, rng)) for _ in range(3)]
        weights = null.weigh_rows([null.build_blocks(one, is_summed=False) for one in draws])
        for changed, found in zip(draws, weights, strict=True):
            again = fit(ESTIMATORS[name], changed)
            expected = find_row_weights(again, again.view("overall"))
            spread = np.zeros(design.observations.n_rows)
            spread[expected.rows] = expected.values[:, 0]
            np.testing.assert_allclose(found, spread, rtol=0, atol=SAME)


def test_the_averages_weigh_alike() -> None:
    for gaps in (0.0, 0.06):
        design = make("two_way", gaps)
        assert compare(Imputation(), design, [design]) == 1


def test_a_treatment_that_changes_the_rows_is_left_to_a_refit() -> None:
    design = make("two_way", 0.0)
    shared = find_unit_rows(design)
    early = design.onset.copy()
    early[0] = 0
    assert shared.find_rows(design.reassigned(early)) is None
    assert shared.find_rows(design) is not None


def test_a_unit_left_out_as_always_treated_must_stay_so() -> None:
    design = make("two_way", 0.0)
    onset = design.onset.copy()
    onset[0] = 0
    shared = find_unit_rows(design.reassigned(onset))
    back = onset.copy()
    back[0] = np.inf
    assert shared.find_rows(design.reassigned(onset)) is not None
    assert shared.find_rows(design.reassigned(back)) is None


@pytest.mark.parametrize(
    ("name", "gaps", "names"),
    pair_up(["imputation", "cells"], [0.0, 0.06], [("city",), ("partner",), ("city", "partner")]),
)
def test_estimates_without_a_cluster_equal_refits(name: str, gaps: float, names: tuple[str, ...]) -> None:
    design = make("gravity", gaps, 20)
    fitted, o = fit(ESTIMATORS[name], design), design.observations
    (found,) = estimate_without_clusters(fitted, "overall", [names])
    codes = intersect_codes([o.unit_clusters(one) for one in names])
    assert not found.failures
    for g in range(0, int(codes.max()) + 1, 4):
        gone = tuple(o.unit_ids[codes == g])
        expected = fitted.refit(design.without(gone), "overall").view("overall").effects
        np.testing.assert_allclose(found.effects[g], expected, rtol=0, atol=SAME)
