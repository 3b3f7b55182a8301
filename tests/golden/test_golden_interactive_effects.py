"""Fixed and interactive effects against R's fect 2.4.1, on ties that begin and end."""

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.matrix_completion import InteractiveEffects

CLOSED_FORM = 1e-8
"""Additive effects: fect stops at a relative change of 1e-9."""

ITERATED = 1e-5
"""Factors: fect's plain steps stop at a relative change of 1e-9, still far more than that from the end."""


@pytest.mark.parametrize(
    ("name", "rank", "tolerance"), [("simdata_fe", 0, CLOSED_FORM), ("simdata_ife", 2, ITERATED)]
)
def test_averages_event_times_and_slopes_equal_fect(name, rank, tolerance):
    result = read_results("fect", name)
    frame = read_data("fect_simdata")
    panel = Panel.from_frame(frame, unit="id", period="time")
    design = Design(
        panel=panel,
        treatment=Treatment.from_dose(panel, panel.values("D")),
        outcome="Y",
        covariates=("X1", "X2"),
        always_treated="keep",
        window=(-99, 99),
    )
    estimate = fit(InteractiveEffects(rank=rank), design).estimate
    np.testing.assert_allclose(estimate.average().effects, result["att_avg"], rtol=tolerance)
    # fect's event time 1 is the first treated period, and a spell that is there from the first period is left out.
    event = pd.DataFrame(result["event"]).set_index("time")
    kept = estimate.cohorts > panel.first_period
    times = estimate.event_times[kept] + 1
    counts = pd.Series(estimate.n_cells[kept]).groupby(times).sum()
    totals = pd.Series(estimate.n_cells[kept] * estimate.effects[kept]).groupby(times).sum()
    assert counts.tolist() == event["count"].tolist()
    np.testing.assert_allclose(totals / counts, event["att"], rtol=10 * tolerance, atol=10 * tolerance)
    slopes = [estimate.sample.statistics[f"slope:{name}"] for name in design.covariates]
    np.testing.assert_allclose(slopes, result["beta"], rtol=tolerance)
    # fect's sigma2 counts effects, slopes, factors and loadings; its "rmse" is over other cells than those fitted on.
    n_fitted, n_units, n_periods = int((frame["D"] == 0).sum()), panel.n_units, panel.periods.size
    n_parameters = n_units + n_periods - 1 + 2 + rank * (n_units + n_periods - 2 - rank)
    variance = estimate.sample.statistics["rmse"] ** 2 * n_fitted / (n_fitted - n_parameters)
    np.testing.assert_allclose(variance, result["sigma2"], rtol=tolerance)
