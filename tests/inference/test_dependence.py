"""Driscoll-Kraay and Newey-West against fixest; dyadic against two-way clusters and pairs; spatial by hand."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.dependence import Conley, DriscollKraay, Dyadic, NeweyWest, great_circle

# README of the reference numbers.
GOLDEN = 1e-6


@pytest.mark.parametrize(
    ("case", "method"),
    [
        ("castle_static_dk2", DriscollKraay(lags=2)),
        ("castle_static_nw1", NeweyWest(lags=1)),
        ("castle_static_nw3", NeweyWest(lags=3)),
    ],
)
def test_serial_errors_equal_fixest(shared, castle_fit, rng, case, method) -> None:
    cases = json.loads((shared / "golden/fixest_twfe.json").read_text())["cases"]
    expected = next(c["results"] for c in cases if c["id"] == case)
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
    distance = great_circle(points, points)
    expected = influence @ np.where(distance <= 300, 1 - distance / 300, 0) @ influence
    found = Conley(cutoff=300, kernel="bartlett").covariance(fitted, fitted.estimate)
    assert found.covariance[0, 0] == pytest.approx(expected)
    alone = Conley(cutoff=0.001).infer(fitted, "overall", rng).se[0]
    by_unit = Clustered(by=("unit",), correction="ppmlhdfe").infer(fitted, "overall", rng).se[0]
    assert alone == pytest.approx(by_unit)


def test_distances_on_the_globe() -> None:
    london, paris = np.radians([[51.5074, -0.1278], [48.8566, 2.3522]])
    assert great_circle(london[None], paris[None])[0, 0] == pytest.approx(343.5, abs=1.0)


def test_what_cannot_be_provided_is_said(gravity_panel, rng) -> None:
    fitted = fit(Imputation(), gravity_panel())
    with pytest.raises(InferenceError, match="needs row scores"):
        DriscollKraay().infer(fitted, "overall", rng)
    with pytest.raises(InferenceError, match="latitude"):
        Conley().infer(fitted, "overall", rng)
    assert Dyadic().infer(fitted, "overall", rng).se[0] > 0
    assert NeweyWest().infer(fit(TWFE(), gravity_panel()), "event", rng).se.max() > 0
