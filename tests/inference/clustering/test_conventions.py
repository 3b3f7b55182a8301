"""One convention for every clustered error, the conventions of other software by name, one long-run covariance."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML, PPMLCorrected
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.clusters import find_clusters
from twintrade.inference.clustering.constant_effect import compute_t_quantile, compute_two_sided_p
from twintrade.inference.crv2 import Jackknife, WeidnerZylkin
from twintrade.inference.dependence import Conley, DriscollKraay, Dyadic, Hac, NeweyWest
from twintrade.inference.wild import Multiplier

METHODS = [
    TWFE(),
    TWFE(shape="static"),
    SunAbraham(),
    SunAbraham(family="poisson"),
    PPML(),
    PPML(shape="static"),
    Imputation(),
    Imputation(family="poisson"),
    PPMLCorrected(shape="static"),
]
IDS = ["twfe", "static", "sunab", "sunab-poisson", "ppml", "ppml-static", "imputation", "poisson", "corrected"]
BY = [("unit",), ("city",), ("city", "partner")]


@pytest.fixture
def positive(gravity_panel):
    """Trade in levels, so that every method has an estimate of it."""
    return replace(gravity_panel(n_cities=8, n_partners=9, n_treated=20, fixed_effects="gravity"), outcome="flow")


@pytest.mark.parametrize("by", BY, ids=["unit", "city", "two-way"])
@pytest.mark.parametrize("method", METHODS, ids=IDS)
def test_every_clustered_error_has_one_factor_and_one_reference(positive, rng, method, by) -> None:
    fitted = fit(method, positive)
    estimate = fitted.view("overall")
    bands = Clustered(by=by).infer(fitted, "overall", rng)
    clusters = find_clusters(fitted, estimate, by)
    n = min(clusters.sizes.values())
    se = float(clusters.covariance()[0, 0] * n / (n - 1)) ** 0.5
    assert bands.se[0] == pytest.approx(se, rel=1e-12)
    assert bands.df[0] == n - 1
    assert bands.high[0] - estimate.effects[0] == pytest.approx(compute_t_quantile(0.975, n - 1) * se, rel=1e-12)
    assert bands.p[0] == pytest.approx(compute_two_sided_p(estimate.effects / se, n - 1)[0], rel=1e-12)
    assert "small-sample factor G/(G−1)" in str(bands.note)
    assert Multiplier(by=by, draws=19).infer(fitted, "overall", rng).se[0] == pytest.approx(se, rel=1e-12)


@pytest.mark.parametrize("method", METHODS[:5], ids=IDS[:5])
def test_the_jackknife_and_dyads_refer_to_the_same_distribution(positive, rng, method) -> None:
    fitted = fit(method, positive)
    for inference in (Clustered(by=("city",)), Jackknife(by=("city",)), Dyadic()):
        assert inference.infer(fitted, "overall", rng).df[0] == 7


def test_conventions_of_other_software_are_asked_for_by_name(positive, rng) -> None:
    """Likelihood methods refer to the normal there, and did and didimputation know no factor."""
    linear, likelihood = fit(TWFE(shape="static"), positive), fit(PPML(shape="static"), positive)
    own = Clustered(by=("unit",)).infer(linear, "overall", rng)
    raw = Clustered(by=("unit",), correction="none").infer(linear, "overall", rng)
    for name in ("did", "didimputation"):
        found = Clustered(by=("unit",), correction=name).infer(linear, "overall", rng)
        assert found.se[0] == raw.se[0] < own.se[0]
        assert np.isinf(found.df[0])
    n = 72
    for name in ("fixest", "stata"):
        found = Clustered(by=("unit",), correction=name).infer(linear, "overall", rng)
        assert found.se[0] > own.se[0]
        assert found.df[0] == n - 1
        assert np.isinf(Clustered(by=("unit",), correction=name).infer(likelihood, "overall", rng).df[0])
    theirs = Clustered(by=("unit",), correction="ppmlhdfe").infer(likelihood, "overall", rng)
    ours = Clustered(by=("unit",)).infer(likelihood, "overall", rng)
    assert theirs.se[0] == pytest.approx(ours.se[0], rel=1e-12)
    assert (np.isinf(theirs.df[0]), ours.df[0]) == (True, n - 1)
    with pytest.raises(InferenceError, match="known: twintrade, fixest"):
        Clustered(correction="estimator").infer(linear, "overall", rng)


def test_poisson_of_every_family_is_a_likelihood_method_under_fixest(positive, rng) -> None:
    fitted = fit(SunAbraham(family="poisson"), positive)
    assert np.isinf(Clustered(correction="fixest").infer(fitted, "overall", rng).df[0])
    assert "linearized" in str(Jackknife(by=("city",)).infer(fitted, "overall", rng).note)


def test_single_rows_charge_every_parameter(positive, rng) -> None:
    """A cluster of one row holds no effect, so errors robust to heteroskedasticity alone are HC1."""
    fitted = fit(TWFE(shape="static"), positive)
    raw = Clustered(by=("row",), correction="none").infer(fitted, "overall", rng)
    bands = Clustered(by=("row",)).infer(fitted, "overall", rng)
    k = int(bands.facts["n_parameters"])
    n = fitted.design.observations.n_rows
    assert k > 72
    assert bands.se[0] == pytest.approx(raw.se[0] * (n / (n - k)) ** 0.5, rel=1e-12)
    assert bands.df[0] == n - k
    assert "N/(N−K)" in str(bands.note)


CORRECTIONS = ["twintrade", "fixest", "linearmodels", "none"]


@pytest.mark.parametrize("correction", CORRECTIONS)
@pytest.mark.parametrize("method", [TWFE(), PPML(shape="static")], ids=["twfe", "ppml"])
def test_hac_and_driscoll_kraay_are_one_covariance(positive, rng, method, correction) -> None:
    fitted = fit(method, positive)
    first, second = (m(correction=correction).infer(fitted, "overall", rng) for m in (Hac, DriscollKraay))
    assert (first.se[0], first.low[0], first.p[0], first.df[0]) == (
        second.se[0],
        second.low[0],
        second.p[0],
        second.df[0],
    )
    assert first.se[0] > 0


def test_factors_of_serial_errors_are_those_named(positive, rng) -> None:
    fitted = fit(TWFE(shape="static"), positive)
    o = fitted.design.observations
    n, n_periods = o.n_rows, o.periods.size
    k = int(Clustered(by=("row",)).infer(fitted, "overall", rng).facts["n_parameters"])
    factors = {
        "twintrade": n_periods / (n_periods - 1),
        "fixest": n_periods / (n_periods - 1) * (n - 1) / (n - k),
        "linearmodels": n / (n - k),
    }
    for kind in (DriscollKraay, NeweyWest):
        raw = kind(lags=2, correction="none").infer(fitted, "overall", rng)
        for name, factor in factors.items():
            bands = kind(lags=2, correction=name).infer(fitted, "overall", rng)
            assert bands.se[0] == pytest.approx(raw.se[0] * factor**0.5, rel=1e-12)
            assert bands.df[0] == (n - k if name == "linearmodels" else n_periods - 1)
            assert f"({name}); t distribution with {bands.df[0]:.0f} degrees of freedom" in str(bands.note)


def test_conley_follows_the_convention_under_poisson(positive, rng) -> None:
    assert Conley().remedy
    fitted = fit(PPMLCorrected(shape="static"), positive)
    assert WeidnerZylkin().infer(fitted, "overall", rng).df[0] == 71


def test_the_note_of_corrected_errors_prints_those_of_the_authors_program(positive, rng) -> None:
    fitted = fit(PPMLCorrected(shape="static"), positive)
    once = WeidnerZylkin(adjusted="one_side").infer(fitted, "overall", rng)
    twice = WeidnerZylkin().infer(fitted, "overall", rng)
    assert f"{once.se[0]:.4g}" in str(twice.note)
    assert "ppml_fe_bias" in str(twice.note)
    assert twice.facts["one_side_se_after onset"] == pytest.approx(once.se[0])
    event = WeidnerZylkin().infer(fit(PPMLCorrected(), positive), "event", rng)
    assert sum(key.startswith("one_side_se") for key in event.facts) == np.count_nonzero(event.se > 0)
