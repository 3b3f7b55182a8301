"""Driscoll-Kraay and Newey-West against fixest; dyadic against two-way clusters and pairs; spatial by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_results import read_results

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.conventions import is_reference
from twintrade.inference.dependence import Conley, DriscollKraay, Dyadic, NeweyWest, compute_great_circle

# README of the reference numbers.
GOLDEN = 1e-6


@pytest.mark.parametrize(
    ("case", "method"),
    [
        ("castle_static_dk2", DriscollKraay(lags=2, correction="fixest")),
        ("castle_static_nw1", NeweyWest(lags=1, correction="fixest")),
        ("castle_static_nw3", NeweyWest(lags=3, correction="fixest")),
    ],
)
def test_serial_errors_equal_fixest(castle_fit, rng, case, method) -> None:
    expected = read_results("fixest_twfe", case)
    bands = method.infer(castle_fit(static=True), "overall", rng)
    assert bands.se[0] == pytest.approx(expected["se"], rel=GOLDEN)
    assert bands.p[0] == pytest.approx(expected["p"], rel=GOLDEN)
    assert bands.high[0] == pytest.approx(expected["ci_high"], rel=GOLDEN)


def test_dyadic_equals_two_way_clusters_where_the_ends_are_disjoint(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel())
    dyadic, two_way = Dyadic().infer(fitted, "event", rng), Clustered().infer(fitted, "event", rng)
    assert dyadic.se == pytest.approx(two_way.se, rel=1e-10)
    assert dyadic.p == pytest.approx(two_way.p, nan_ok=True)


def test_dyadic_is_the_sum_over_pairs_that_share_a_member(dense, rng) -> None:
    names = [f"n{i}" for i in range(6)]
    index = pd.MultiIndex.from_product([names, names, range(6)], names=["city", "partner", "period"])
    frame = index.to_frame(index=False).assign(y=rng.normal(size=216))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(36, np.inf)
    onset[rng.choice(36, 9, replace=False)] = 3
    fitted = fit(dense(static=True), Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="y"))
    influence = fitted.estimate.uncertainty.matrix()[:, 0]
    ends = [set(str(u).split("-")) for u in panel.units]
    shares = np.array([[bool(a & b) for b in ends] for a in ends])
    found = Dyadic().covariance(fitted, fitted.estimate).covariance[0, 0]
    assert found == pytest.approx(influence @ shares @ influence)


def test_conley_is_the_sum_over_near_pairs(dense, gravity_panel, rng) -> None:
    design = gravity_panel()
    place = rng.uniform([40, -5], [50, 10], (design.panel.n_units, 2))[design.panel.unit]
    columns = {**design.panel.columns, "latitude": place[:, 0], "longitude": place[:, 1]}
    fitted = fit(dense(static=True), replace(design, panel=replace(design.panel, columns=columns)))
    influence = fitted.estimate.uncertainty.matrix()[:, 0]
    points = np.radians(place[np.unique(design.panel.unit, return_index=True)[1]])
    distance = compute_great_circle(points, points)
    expected = influence @ np.where(distance <= 300, 1 - distance / 300, 0) @ influence
    found = Conley(cutoff=300, kernel="bartlett").covariance(fitted, fitted.estimate)
    assert found.covariance[0, 0] == pytest.approx(expected)
    alone = Conley(cutoff=0.001).infer(fitted, "overall", rng).se[0]
    by_unit = Clustered(by=("unit",), correction="ppmlhdfe").infer(fitted, "overall", rng).se[0]
    assert alone == pytest.approx(by_unit)


def test_distances_on_the_globe() -> None:
    london, paris = np.radians([[51.5074, -0.1278], [48.8566, 2.3522]])
    assert compute_great_circle(london[None], paris[None])[0, 0] == pytest.approx(343.5, abs=1.0)


def test_what_cannot_be_provided_is_said(gravity_panel, rng) -> None:
    fitted = fit(Imputation(), gravity_panel())
    with pytest.raises(InferenceError, match="needs the regression"):
        DriscollKraay().infer(fitted, "overall", rng)
    with pytest.raises(InferenceError, match="latitude"):
        Conley().infer(fitted, "overall", rng)
    assert Dyadic().infer(fitted, "overall", rng).se[0] > 0
    assert NeweyWest().infer(fit(TWFE(), gravity_panel()), "event", rng).se.max() > 0


SPREAD = {"latitude": (40.0, 50.0), "longitude": (0.0, 12.0)}


def placed(seed: int, n_cities: int, n_partners: int, n_periods: int) -> Design:
    """A panel of dyads strewn over some hundred kilometres, a third of them tied."""
    rng = np.random.default_rng(seed)
    n = n_cities * n_partners
    index = [range(n_cities), range(n_partners), range(n_periods)]
    frame = pd.MultiIndex.from_product(index, names=["city", "partner", "period"]).to_frame(index=False)
    for name, (low, high) in SPREAD.items():
        frame[name] = rng.uniform(low, high, n).repeat(n_periods)
    frame["y"] = rng.normal(size=len(frame))
    panel = Panel.from_frame(frame.astype({"city": str, "partner": str}), city="city", partner="partner")
    onset = np.full(n, np.inf)
    tied = rng.choice(n, max(1, n // 3), replace=False)
    onset[tied] = rng.integers(2, n_periods, tied.size)
    return Design(panel=panel, treatment=Treatment(panel.units, onset), outcome="y", window=(-2, 2))


def negative_case(shape: str) -> tuple[Fit, Conley]:
    """The first small panel whose variance before the repair is negative, as the uniform kernel's can be."""
    for seed in range(400):
        fitted = fit(TWFE(shape=shape), placed(seed, 3, 4, 6))
        for cutoff in (200.0, 500.0, 900.0):
            method = Conley(cutoff=cutoff)
            if (np.diag(method.covariance(fitted, fitted.view(fitted.views[0])).covariance) < -1e-6).any():
                return fitted, method
    raise AssertionError("no panel has a negative variance")


def test_a_single_negative_variance_gives_no_interval_and_says_why(rng) -> None:
    fitted, method = negative_case("static")
    bands = method.infer(fitted, "overall", rng)
    assert np.isnan([bands.se[0], bands.low[0], bands.high[0], bands.p[0]]).all()
    said = {m.code: m.message for m in bands.messages}
    assert set(said) == {"negative-variance", "no-variance"}
    assert "kernel = 'bartlett'" in said["no-variance"]


def test_negative_variances_among_several_are_repaired_and_named(rng) -> None:
    fitted, method = negative_case("event")
    raw = np.diag(method.covariance(fitted, fitted.view("event")).covariance)
    bands = method.infer(fitted, "event", rng)
    said = " ".join(m.message for m in bands.messages if m.code == "negative-variance")
    assert all(
        (str(name) in said) == (value < 0) for name, value in zip(bands.estimate.names, raw, strict=True) if value
    )
    assert np.linalg.eigvalsh(bands.covariance).min() > -1e-12
    assert (bands.se[np.isfinite(bands.se)] >= 0).all()


@pytest.mark.parametrize("kernel", ["uniform", "bartlett"])
@pytest.mark.parametrize("seed", range(12))
def test_every_small_panel_has_an_interval_or_a_reason(kernel, seed, rng) -> None:
    design = placed(seed, 2 + seed % 3, 2 + seed % 4, 5)
    for shape in ("static", "event"):
        fitted = fit(TWFE(shape=shape), design)
        for cutoff in (50.0, 300.0, 800.0, 2000.0):
            for view in fitted.views:
                bands = Conley(cutoff=cutoff, kernel=kernel).infer(fitted, view, rng)
                lost = np.isnan(bands.low) & ~is_reference(bands.estimate)
                said = " ".join(m.message for m in bands.messages if m.code == "no-variance")
                assert all(str(bands.estimate.names[k]) in said for k in np.flatnonzero(lost))


def test_a_cutoff_that_takes_in_everybody_leaves_a_variance_of_zero_and_says_so(rng) -> None:
    """Influence sums to zero, so the sum over all pairs does."""
    fitted = fit(TWFE(shape="static"), placed(1, 4, 4, 6))
    bands = Conley(cutoff=20_000.0).infer(fitted, "overall", rng)
    assert np.isnan(bands.se[0])
    assert "no-variance" in {m.code for m in bands.messages}


@pytest.mark.parametrize(
    ("columns", "method", "reason"),
    [
        ({}, Conley(cutoff=0.0), "distance above 0 km"),
        ({}, Conley(cutoff=float("nan")), "distance above 0 km"),
        ({"latitude": 91.0}, Conley(), "exchanged"),
        ({"longitude": np.nan}, Conley(), "no latitude or longitude"),
    ],
)
def test_places_and_cutoffs_that_make_no_sense_are_refused(columns, method, reason, rng) -> None:
    design = placed(2, 3, 4, 6)
    changed = {name: np.full(design.panel.n_rows, value) for name, value in columns.items()}
    panel = replace(design.panel, columns={**design.panel.columns, **changed})
    with pytest.raises(InferenceError, match=reason):
        method.infer(fit(TWFE(), replace(design, panel=panel)), "overall", rng)
