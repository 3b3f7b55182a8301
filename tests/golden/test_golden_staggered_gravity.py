"""Regional trade agreements on the annual guide panel: three estimators of one staggered gravity design.

Pairs not yet treated in 1986 and not all zero; pair, exporter-year, importer-year and border-year effects. Targets
are the printed three decimals of Nagengast and Yotov (2025) and Moreau-Kastler (2025).
"""

import numpy as np
import pytest
from reference_results import read_data

from twintrade.design import Design, Panel, Treatment
from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML

PRINTED = 5.1e-4
"""Half of the last printed digit."""


@pytest.fixture(scope="module")
def design():
    frame = read_data("agtpa_applications")
    frame = frame[["exporter", "importer", "year", "trade", "rta"]]
    frame = frame[frame.groupby(["exporter", "importer"])["trade"].transform("sum") > 0]
    panel = Panel.from_frame(frame, city="exporter", partner="importer", period="year")
    treated = frame[frame["rta"] == 1]
    onset = (
        treated.groupby(treated["exporter"] + "-" + treated["importer"])["year"]
        .min()
        .reindex(panel.given_keys["unit"])
    )
    onset[onset <= 1986] = 1986
    treatment = Treatment.from_series(onset)
    return Design(panel=panel, treatment=treatment, outcome="trade", fixed_effects="gravity_border", window=(-2, 20))


def error(estimate):
    return float(np.sqrt((estimate.uncertainty.matrix() ** 2).sum()))


def test_the_sample_is_the_published_one(design):
    o = design.observations
    assert o.n_rows == 99_708
    assert o.is_treated.sum() == 11_648


def test_one_coefficient_by_ppml(design):
    estimate = fit(PPML(shape="static"), design).estimate
    assert estimate.effects[0] == pytest.approx(0.280, abs=PRINTED)
    assert error(estimate) == pytest.approx(0.066, abs=PRINTED)


@pytest.mark.slow
def test_an_effect_for_every_cohort_and_year(design):
    """Quick ones of the same: R's numbers in test_golden_etwfe, dense dummies in test_etwfe."""
    result = fit(ETWFE(family="poisson"), design)
    assert result.estimate.n_effects == 160
    overall = result.view("overall")
    assert overall.effects[0] == pytest.approx(0.468, abs=PRINTED)
    assert error(overall) == pytest.approx(0.036, abs=PRINTED)


def test_a_ratio_of_ratios_weighted_by_trade(design):
    result = fit(Imputation(family="poisson", measure="percent"), design)
    assert np.log1p(result.view("overall").effects[0] / 100) == pytest.approx(0.263, abs=PRINTED)
    assert result.estimate.sample.n_dropped("unidentified-unit") == 682
    assert result.estimate.sample.statistics["n_unidentified"] == 682
