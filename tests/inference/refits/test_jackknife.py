"""Jackknife and bias-reduced errors against summclust, clubSandwich, and leaving clusters out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from case_tables import loop_over
from reference_results import read_results

from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.crv2 import BiasReduced, Jackknife, compute_jackknife_spread
from twintrade.inference.refits import leave_out
from twintrade.inference.refits.leave_out import estimate_without_clusters

# README of the reference numbers: closed forms, 1e-6 relative.
GOLDEN = 1e-6
# Downdating against refitting.
AGREEMENT = 1e-8


@pytest.mark.usefixtures("any_size")
@pytest.mark.parametrize(("case", "centre"), [("fewclusters_CRV3", "estimate"), ("fewclusters_CRV3J", "mean")])
def test_jackknife_equals_summclust(few_clusters, rng, case, centre) -> None:
    bands = Jackknife(centre=centre).infer(few_clusters, "overall", rng)
    assert bands.se[0] == pytest.approx(read_results("crv3_summclust", case)["se"][0], rel=GOLDEN)
    assert bands.df[0] == 9


def test_jackknife_equals_clubsandwich_after_its_factor(castle_fit, rng) -> None:
    expected = read_results("crv3_clubsandwich", "castle_within_CR3")["se"]
    bands = Jackknife().infer(castle_fit(static=True), "overall", rng)
    # clubSandwich's CR3 leaves out the factor (G - 1) / G.
    assert bands.se[0] * np.sqrt(50 / 49) == pytest.approx(expected, rel=GOLDEN)


@pytest.mark.usefixtures("any_size")
def test_bias_reduced_equals_clubsandwich(castle_fit, rng) -> None:
    expected = read_results("crv3_clubsandwich", "castle_static_CR2_satterthwaite")
    bands = BiasReduced().infer(castle_fit(static=True), "overall", rng)
    assert bands.se[0] == pytest.approx(expected["se"], rel=GOLDEN)
    assert bands.df[0] == pytest.approx(expected["df"], rel=GOLDEN)
    assert bands.p[0] == pytest.approx(expected["p"], rel=GOLDEN)


@pytest.fixture(params=["small", "as if large", "block by block"])
def any_size(request, monkeypatch) -> None:
    """Take the ways of large panels as well: size changes no result."""
    if request.param == "block by block":
        monkeypatch.setattr(leave_out, "MOST_AT_ONCE", 0)
    elif request.param != "small":
        monkeypatch.setattr(leave_out, "MOST_ROWS", 20)


@pytest.mark.usefixtures("any_size")
@loop_over("names", [("city",), ("partner",), ("unit",)])
@loop_over("fixed_effects", ["two_way", "gravity"])
def test_downdating_equals_leaving_out(gravity_panel, names, fixed_effects) -> None:
    design = gravity_panel(fixed_effects=fixed_effects, n_treated=25, n_cities=5, n_partners=6)
    fitted = fit(TWFE(), design)
    found = estimate_without_clusters(fitted, "event", [names])[0].effects
    o = design.observations
    codes = o.unit_clusters(names[0])
    for g in range(codes.max() + 1):
        again = fitted.refit(design.without([str(u) for u in o.unit_ids[codes == g]]), "event").view("event")
        assert found[g] == pytest.approx(again.effects, abs=AGREEMENT)


def test_without_a_regression_clusters_are_refitted(gravity_panel, rng) -> None:
    design = gravity_panel(n_treated=20, n_cities=5, n_partners=8)
    fitted = fit(CallawaySantAnna(), design)
    bands = Jackknife(by=("city",)).infer(fitted, "overall", rng)
    effects = []
    for city in design.panel.cities:
        gone = [str(u) for u in design.panel.units if str(u).startswith(f"{city}-")]
        effects.append(fitted.refit(design.without(gone), "overall").view("overall").effects)
    expected = compute_jackknife_spread(np.stack(effects), fitted.view("overall").effects)
    assert bands.se[0] ** 2 == pytest.approx(expected[0, 0])


@pytest.mark.parametrize(
    ("names", "sizes", "reason"),
    [
        (("city", "partner"), {}, "leaving out each of 40 clusters"),
        (("city", "row"), {}, "has no row scores"),
        (("city", "partner"), {"n_partners": 1, "n_treated": 3}, "there is one cluster only"),
    ],
)
def test_nothing_is_refitted_for_errors_that_cannot_be_had(gravity_panel, monkeypatch, names, sizes, reason) -> None:
    """Cities and partners are few; their pairs are too many, which is known before the first is left out."""
    design = gravity_panel(**{"n_treated": 20, "n_cities": 5, "n_partners": 8} | sizes)
    fitted = fit(CallawaySantAnna(), design)
    monkeypatch.setattr(leave_out, "MOST_REFITS", 20)
    monkeypatch.setattr(leave_out, "run_jobs", lambda *_, **__: pytest.fail("clusters were left out"))
    with pytest.raises(InferenceError, match=reason):
        Jackknife(by=names).infer(fitted, "overall", np.random.default_rng(1))


def test_poisson_is_linearized_and_close_to_refits(gravity_panel, rng) -> None:
    design = gravity_panel(n_treated=20, n_cities=6, n_partners=8).with_outcome("flow", "level")
    fitted = fit(PPML(shape="static"), design)
    (found,) = estimate_without_clusters(fitted, "overall", [("city",)])
    assert found.is_linearized
    exact = []
    for city in design.panel.cities:
        gone = [str(u) for u in design.panel.units if str(u).startswith(f"{city}-")]
        exact.append(fitted.refit(design.without(gone), "overall").view("overall").effects[0])
    assert np.corrcoef(found.effects[:, 0], exact)[0, 1] > 0.95
    assert "linearized" in str(Jackknife(by=("city",)).infer(fitted, "overall", rng).note)


def test_two_way_adds_dimensions_and_subtracts_the_intersection(gravity_panel) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_treated=25))
    both, _, sizes = Jackknife(by=("city", "partner")).covariance(fitted, "overall")
    parts = [Jackknife(by=(name,)).covariance(fitted, "overall")[0] for name in ("city", "partner", "unit")]
    assert both == pytest.approx(parts[0] + parts[1] - parts[2])
    assert sizes == {"city": 8, "partner": 9}


def test_one_treated_cluster_has_no_jackknife_error(gravity_panel, rng) -> None:
    bands = Jackknife(by=("unit",)).infer(fit(TWFE(shape="static"), gravity_panel(n_treated=1)), "overall", rng)
    assert np.isnan(bands.se[0])
    assert {m.code for m in bands.messages} == {"no-variance", "few-treated-clusters"}


def test_bias_reduced_refuses_what_it_is_not_made_for(gravity_panel, rng) -> None:
    design = gravity_panel(n_treated=20)
    with pytest.raises(InferenceError, match="one clustering dimension"):
        BiasReduced().infer(fit(TWFE(), design), "overall", rng)
    poisson = fit(PPML(), design.with_outcome("flow", "level"))
    with pytest.raises(InferenceError, match="least squares"):
        BiasReduced(by="city").infer(poisson, "overall", rng)


def test_bias_reduced_refuses_one_treated_cluster(gravity_panel, rng) -> None:
    fitted = fit(TWFE(shape="static"), gravity_panel(n_treated=1))
    with pytest.raises(InferenceError, match="one cluster is treated"):
        BiasReduced(by="unit").infer(fitted, "overall", rng)


def test_jackknife_is_wider_than_the_sandwich_with_unequal_clusters(gravity_panel, rng) -> None:
    from twintrade.inference.clustered import Clustered

    design = gravity_panel(n_treated=3, n_cities=10)
    fitted = fit(TWFE(shape="static"), replace(design, clusters=("unit",)))
    assert Jackknife().infer(fitted, "overall", rng).se[0] > Clustered().infer(fitted, "overall", rng).se[0]
