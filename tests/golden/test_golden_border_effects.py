"""Trade agreements with domestic flows and border effects: the published phase-in example, every fourth year.

The sum of the effect at once and after four, eight and twelve years is printed as .475 (.110) in the guide of Yotov,
Piermartini, Monteiro and Larch (2016). With G / (G - 1) the error is .109483, which is .110 if it is first rounded to
four digits. No other reading of the programs that come with the guide was found: both of their commands (glm with
clusters, and _robust without a number of parameters) multiply by G / (G - 1) alone, one domestic effect or one for
every country gives the same, and directed pairs as clusters give .0843. A factor (N - 1) / (N - 10), for nine slopes
and a constant, would give .1095006, but neither command has it.
"""

import numpy as np
import pytest
from reference_results import read_data

from twintrade.design import Design, Panel, Treatment
from twintrade.numerics.poisson import fit_poisson

PHASES = ("rta", "rta_lag4", "rta_lag8", "rta_lag12")


@pytest.fixture(scope="module")
def design():
    frame = read_data("agtpa_applications")
    frame = frame[frame["year"].isin(range(1986, 2007, 4))]
    panel = Panel.from_frame(frame, city="exporter", partner="importer", period="year")
    first = frame[frame["rta"] == 1].groupby(frame["exporter"] + "-" + frame["importer"])["year"].min()
    return Design(
        panel=panel,
        treatment=Treatment.from_series(first.reindex(panel.given_keys["unit"])),
        outcome="trade",
        fixed_effects=("undirected_pair", "city_period", "partner_period", "border_period"),
        covariates=PHASES,
        always_treated="keep",
    )


def test_the_sum_of_phases_and_its_error(design):
    o = design.observations
    fit = fit_poisson(o.y, o.covariates, o.effect_codes(), None, names=PHASES)
    assert fit.coefficients.sum() == pytest.approx(0.475, abs=5.1e-4)
    scores = (fit.x_tilde @ fit.bread) * (fit.mu * fit.residuals)[:, None]
    pair = o.effect_codes()[0][fit.rows]
    sums = np.zeros((pair.max() + 1, len(PHASES)))
    np.add.at(sums, pair, scores)
    n = np.unique(pair).size
    error = np.sqrt(n / (n - 1) * (sums.sum(axis=1) ** 2).sum())
    assert error == pytest.approx(0.109483, abs=1e-6)
    assert round(round(error, 4), 3) == 0.110
