"""A unit of weight two is two units, wherever a method takes sampling weights; elsewhere it is refused."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over, loop_over_pairs

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.effects import BlockInfluence, UnitInfluence
from twintrade.errors import DesignError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.simulate import OUTCOME, simulate

EXACT = 1e-9
"""Weighted effects are absorbed by conjugate gradients that stop at 1e-12 of the outcome."""

TAKE = {
    "callaway_santanna": {},
    "sun_abraham": {},
    "two_stage": {},
    "imputation": {},
    "etwfe": {},
    "twfe": {},
    "stacked": {},
    "local_projections": {},
    "chaisemartin_dhaultfoeuille": {},
}

OWN_INFLUENCE = {"chaisemartin_dhaultfoeuille", "imputation"}
"""A factor that counts units; distances from means by squared weights: both know a weight from a copy."""


def designs(comparison, covariates=()):
    made = simulate(
        np.random.default_rng(8), n_cities=40, n_periods=9, effect=lambda g, e: 0.3 * (e + 1), missing=0.03
    )
    frame = made.panel.to_frame().drop(columns=["unit", "partner"])
    weight = pd.Series(np.random.default_rng(9).integers(1, 4, made.panel.n_units), index=made.panel.units)
    onset = pd.Series(made.treatment.onset, index=made.treatment.units)
    frame = frame.assign(w=frame["city"].map(weight).astype(float), own=frame["city"])
    copies = [frame[frame["w"] > k].assign(city=lambda f, k=k: f["city"] + f" copy {k}") for k in range(3)]
    for data, weights in ((frame, "w"), (pd.concat(copies), None)):
        panel = Panel.from_frame(data, city="city")
        first = onset.reindex([u.split(" copy")[0] for u in panel.units]).to_numpy()
        yield Design(
            panel=panel,
            treatment=Treatment.from_series(pd.Series(first, index=panel.units)),
            outcome=OUTCOME,
            comparison=comparison,
            window=(-3, 3),
            weights=weights,
            covariates=covariates,
        )


@loop_over_pairs(name=TAKE, comparison=[NeverTreated(), NotYetTreated()], covariates=[(), ("x",)])
def test_a_unit_of_weight_two_is_two_units(name, comparison, covariates):
    estimator = ESTIMATORS[name](**TAKE[name])
    weighted, copied = (fit(estimator, d) for d in designs(comparison, covariates))
    codes = np.unique([u.split(" copy")[0] for u in copied.design.observations.unit_ids], return_inverse=True)[1]
    for view in weighted.views:
        one, other = weighted.view(view), copied.view(view)
        np.testing.assert_allclose(one.effects, other.effects, atol=EXACT)
        if name in OWN_INFLUENCE:
            continue
        assert isinstance(one.uncertainty, UnitInfluence | BlockInfluence)
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.cluster_sums(codes), atol=EXACT)


@loop_over("name", [n for n in ESTIMATORS if not ESTIMATORS[n].requires.weights])
def test_methods_without_weights_say_so(name):
    weighted, _ = designs(NotYetTreated())
    with pytest.raises(DesignError, match="takes no weights; leave w out"):
        fit(ESTIMATORS[name](), weighted)
