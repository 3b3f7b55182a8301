"""Honest intervals from the whole chain: estimate, covariance from influence, restriction, breakdown."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_results import read_data, read_results

from twintrade.design import Design, NeverTreated, Panel, Treatment
from twintrade.diagnostics.pre_period.honest import Honest, build_event_path
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.imputation import TwoStage
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import Inference
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization

CHAIN = 1.6e-3
"""Of the interval's length. R's quantile comes from draws, and at M = 0.02 R stops 1.6e-3 beside an optimum around
which the length is flat; tests/numerics/honest/test_robust_interval.py puts R's quantile in and shows both."""

DRAWS = 5e-4
"""Two standard deviations of an end when R draws its least favorable critical value from 1,000 normals."""


@pytest.fixture(scope="module")
def mpdta_fit():
    frame = read_data("mpdta")
    panel = Panel.from_frame(frame, unit="countyreal", period="year")
    onset = frame.groupby("countyreal")["first.treat"].first().reindex(panel.given_keys["unit"]).replace(0, np.nan)
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onset),
        outcome="lemp",
        comparison=NeverTreated(),
        covariates=("lpop",),
    )
    return fit(CallawaySantAnna(), design)


@pytest.fixture
def design():
    rng = np.random.default_rng(4)
    rows = [
        (u, t, 6 if u < 40 else np.inf, 0.1 * rng.normal() + 0.5 * (u < 40 and t >= 6))
        for u in range(80)
        for t in range(10)
    ]
    frame = pd.DataFrame(rows, columns=["u", "t", "g", "y"])
    panel = Panel.from_frame(frame, unit="u", period="t")
    return Design(
        panel=panel, treatment=Treatment.from_series(frame.groupby("u")["g"].first()), outcome="y", transform="level"
    )


def test_the_chain_from_rows_to_robust_intervals_equals_r(mpdta_fit):
    result = read_results("honestdid_from_did", "mpdta_dr_lpop_universal")
    bands = Clustered(correction="none").infer(mpdta_fit, "event", np.random.default_rng(0))
    path = build_event_path(bands.estimate, bands.covariance, "first")
    np.testing.assert_allclose(path.estimates, result["betahat"], rtol=1e-8)
    np.testing.assert_allclose(path.covariance, result["vcov"], rtol=1e-6, atol=1e-12)
    for key, restriction in (("sd", "smoothness"), ("rm", "relative_magnitudes")):
        expected = result[key]
        honest = Honest(restriction=restriction, target="first")
        for i, size in enumerate(expected["M" if key == "sd" else "Mbar"]):
            found = honest.interval(path, size, seed=0)
            length = expected["ub"][i] - expected["lb"][i]
            tolerance = CHAIN * length if key == "sd" else 40 * path.standard_error / 999 + DRAWS
            assert found.low == pytest.approx(expected["lb"][i], abs=tolerance)
            assert found.high == pytest.approx(expected["ub"][i], abs=tolerance)


def test_breakdown_is_where_zero_enters(design):
    fitted = fit(CallawaySantAnna(), design)
    finding = Honest().check(fitted, Clustered(), np.random.default_rng(3))
    assert finding.verdict == "does not object"
    assert finding.value > 1
    path = build_event_path(
        *(lambda b: (b.estimate, b.covariance))(Clustered().infer(fitted, "event", np.random.default_rng(3))),
        "average",
    )
    seed = int(np.random.default_rng(3).integers(2**62))
    assert Honest().interval(path, 0.99 * finding.value, seed).low > 0
    assert Honest().interval(path, 1.01 * finding.value, seed).low < 0
    assert list(finding.table["kind"]) == ["original", "robust", "robust", "robust"]
    assert f"{finding.value:.2f}" in finding.sentence


def test_no_effect_breaks_down_at_once(design):
    shuffled = design.reassigned(np.random.default_rng(1).permutation(design.onset))
    finding = Honest().check(fit(CallawaySantAnna(), shuffled), Clustered(), np.random.default_rng(0))
    assert finding.value == 0
    assert finding.verdict == "note"  # without a result no violation can be seen
    assert "even without" in finding.sentence
    assert "no result that a violation could overturn" in finding.sentence


def moved(design: Design, by: np.ndarray) -> Design:
    """The design with so much more outcome for treated units in each period."""
    panel = design.panel
    treated = np.isfinite(design.onset)[panel.unit]
    columns = {**panel.columns, "y": panel.columns["y"] + np.where(treated, by[panel.period], 0.0)}
    return replace(design, panel=replace(panel, columns=columns))


def test_a_violation_before_as_large_as_the_effect_is_an_objection(design):
    jump = np.where(np.arange(10) == 2, 0.5, 0.0)
    fitted = fit(CallawaySantAnna(base="universal"), moved(design, jump))
    finding = Honest().check(fitted, Clustered(), np.random.default_rng(0))
    assert 0 < finding.value < 1
    assert finding.verdict == "objects"
    assert "are distinguishable from zero (p < 0.001)" in finding.sentence


def test_imprecise_effects_before_are_no_objection(design):
    smaller = moved(design, np.where(np.arange(10) >= 6, -0.42, 0.0))
    finding = Honest().check(fit(CallawaySantAnna(base="universal"), smaller), Clustered(), np.random.default_rng(0))
    assert 0 < finding.value < 1
    assert finding.verdict == "cannot tell"
    assert "whether there were any before is not clear (p = " in finding.sentence


def test_residuals_before_are_refused_in_words(design):
    finding = Honest().check(fit(TwoStage(), design), Clustered(), np.random.default_rng(0))
    assert finding.sentence.startswith("Not available because")
    assert "universal" in finding.sentence


def test_what_stands_in_for_a_sampling_covariance_is_said(design):
    fitted = fit(CallawaySantAnna(), design)
    bands = Randomization(draws=99).infer(fitted, "event", np.random.default_rng(0))
    assert np.isnan(bands.se).all()
    for given, code in ((bands, "honest-draws"), (replace(bands, covariance=None), "honest-clustered")):
        finding = Honest(bounds=(1.0,)).check(fitted, Given(given), np.random.default_rng(0))
        assert [m.code for m in finding.messages] == [code]
        assert np.isfinite(finding.value)


class Given(Inference):
    """Bands made before."""

    def __init__(self, bands):
        self.bands = bands

    def infer(self, fit, view, rng):
        return self.bands


WINDOWS = ((-3, 1), (-3, 3), (-9, 9))


@pytest.mark.parametrize(
    ("estimator", "window"),
    [
        pytest.param(one, window, marks=pytest.mark.slow if (i + j) % 3 == 2 else [], id=f"{one!r}-{window}")
        for i, one in enumerate((PPML(), PPML(bins=True), TWFE(), CallawaySantAnna()))
        for j, window in enumerate(WINDOWS)  # two of them by turns
    ],
)
def test_bounds_are_for_the_average_of_the_path_that_the_column_prints(design, estimator, window):
    """Event times beyond the window belong to it; Callaway and Sant'Anna's overall effect is such an average."""
    panel = replace(design.panel, columns={**design.panel.columns, "y": np.exp(design.panel.columns["y"])})
    fitted = fit(estimator, replace(design, panel=panel, window=window))
    finding = Honest(bounds=(0.5,)).check(fitted, Clustered(), np.random.default_rng(0))
    view = "path" if "path" in fitted.views else "overall"
    path = fitted.view(view).effects[0]
    np.testing.assert_allclose(finding.table["effect"], path, rtol=1e-9)
    bands = Clustered().infer(fitted, view, np.random.default_rng(0))
    original = finding.table.iloc[0]
    assert (original["low"] + original["high"]) / 2 == pytest.approx(path, rel=1e-9)
    assert original["high"] - original["low"] == pytest.approx(2 * 1.959963984540054 * bands.se[0], rel=1e-6)
