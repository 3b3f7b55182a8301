"""The fast path of resampling against refitting, over random treatments, effects, covariates and weights."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.effects import Estimate
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustering import find_row_weights
from twintrade.inference.refits.permutation import replace_outcome

# Dense orthogonal factors against iterated projections converged to 1e-12.
AGREEMENT = 1e-8


def made(seed: int, fixed_effects: str, **options) -> Design:
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"c{i}" for i in range(5)], [f"p{i}" for i in range(6)], range(9)], names=["city", "partner", "period"]
    )
    frame = index.to_frame(index=False)
    frame["y"], frame["x"], frame["w"] = [*rng.normal(size=(2, 270)).tolist(), rng.uniform(0.5, 2, 270)]
    frame = frame[rng.random(270) > 0.1]
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onsets(rng)),
        outcome="y",
        fixed_effects=fixed_effects,
        window=(-3, 3),
        **options,
    )


def get_effects(estimate: Estimate) -> list[np.ndarray]:
    """Return the effects on the outcome and on another."""
    return [estimate.effects, *estimate.uncertainty.others]


def onsets(rng) -> np.ndarray:
    onset = np.full(30, np.inf)
    onset[rng.choice(30, 7, replace=False)] = rng.integers(3, 8, 7)
    return onset


@loop_over(
    "estimator",
    [TWFE(), TWFE(bins=True), TWFE(shape="static"), Imputation(), ETWFE()],
    ids=["event", "binned", "static", "imputation", "cells"],
)
@loop_over("fixed_effects", ["two_way", "gravity"])
@loop_over("options", [{}, {"covariates": ("x",), "weights": "w"}, {"anticipation": 1, "reference": -2}])
def test_fast_estimates_equal_refits(estimator, fixed_effects, options) -> None:
    if isinstance(estimator, ETWFE) and "covariates" in options:
        options = {"weights": "w"}
    n_compared = 0
    for seed in range(4):
        design = made(seed, fixed_effects, **options)
        rng = np.random.default_rng(seed)
        other = rng.normal(size=design.observations.n_rows)
        again = estimator.repeater(design, np.column_stack([design.observations.y, other]))
        for _ in range(4):
            changed = design.reassigned(onsets(rng))
            try:
                fast = again(changed)
            except EstimationError:
                with pytest.raises(EstimationError):
                    estimator.estimate(changed)
                continue
            if fast is None:
                assert changed.observations.n_rows != design.observations.n_rows
                continue
            for k, one in enumerate((changed, replace_outcome(changed, other))):
                refitted = fit(estimator, one).estimate
                assert fast.names == refitted.names
                assert get_effects(fast)[k] == pytest.approx(refitted.effects, abs=AGREEMENT)
                quick, slow = Fit(estimator, one, fast), Fit(estimator, one, refitted)
                assert quick.views == slow.views
                for view in {"overall", "path"} & set(slow.views):
                    assert get_effects(quick.view(view))[k] == pytest.approx(slow.view(view).effects, abs=AGREEMENT)
            n_compared += 1
    assert n_compared >= 8


@loop_over("fixed_effects", ["two_way", "gravity"])
@loop_over("share", [0.0, 0.1])
@loop_over("options", [{}, {"covariates": ("x",), "weights": "w"}])
def test_imputation_without_some_rows_needs_no_refit(fixed_effects, share, options) -> None:
    n_compared = 0
    for seed in range(4):
        design, rng = made(seed, fixed_effects, **options), np.random.default_rng(seed)
        again = Imputation().repeater(design, design.observations.y[:, None], ["overall"])
        for onset in (design.onset, onsets(rng), onsets(rng)):
            gone = rng.choice(np.flatnonzero(np.isfinite(onset)), 3, replace=False)
            kept = ~np.isin(design.panel.unit, gone) & (rng.random(design.panel.n_rows) >= share)
            changed = design.reassigned(onset).restricted(kept)
            found = again(changed)
            if found is None:
                continue
            quick, slow = Fit(Imputation(), changed, found), fit(Imputation(), changed)
            for view in ("overall", "cohort"):
                assert quick.view(view).effects == pytest.approx(slow.view(view).effects, abs=AGREEMENT)
            n_compared += 1
    assert n_compared >= 8


@pytest.mark.parametrize("estimator", [TWFE(), TWFE(shape="static"), Imputation()], ids=["event", "static", "cells"])
def test_rows_weigh_in_the_average_as_in_a_refit(estimator) -> None:
    design = made(1, "gravity", weights="w")
    weigher, rng, n_compared = estimator.row_weigher(design), np.random.default_rng(1), 0
    for _ in range(6):
        changed = design.reassigned(onsets(rng))
        found = weigher(changed)
        if found is None:
            continue
        again = fit(estimator, changed)
        expected = find_row_weights(again, again.view("overall"))
        spread = np.zeros(design.observations.n_rows)
        spread[expected.rows] = expected.values[:, 0]
        assert found == pytest.approx(spread, abs=AGREEMENT)
        n_compared += 1
    assert n_compared >= 3
