"""The fast path of resampling against refitting, over random treatments, effects, covariates and weights."""

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import EstimationError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
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


def onsets(rng) -> np.ndarray:
    onset = np.full(30, np.inf)
    onset[rng.choice(30, 7, replace=False)] = rng.integers(3, 8, 7)
    return onset


@pytest.mark.parametrize(
    "estimator",
    [TWFE(), TWFE(bins=True), TWFE(shape="static"), Imputation()],
    ids=["event", "binned", "static", "imputation"],
)
@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
@pytest.mark.parametrize(
    "options", [{}, {"covariates": ("x",), "weights": "w"}, {"anticipation": 1, "reference": -2}]
)
def test_fast_estimates_equal_refits(estimator, fixed_effects, options) -> None:
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
            for found, one in zip(fast, (changed, replace_outcome(changed, other)), strict=True):
                refitted = fit(estimator, one).estimate
                assert found.names == refitted.names
                assert found.effects == pytest.approx(refitted.effects, abs=AGREEMENT)
                quick, slow = Fit(estimator, one, found), Fit(estimator, one, refitted)
                assert quick.views == slow.views
                for view in {"overall", "path"} & set(slow.views):
                    assert quick.view(view).effects == pytest.approx(slow.view(view).effects, abs=AGREEMENT)
            n_compared += 1
    assert n_compared >= 8
