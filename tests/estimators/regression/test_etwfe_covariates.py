"""How covariates enter ETWFE: other policies as one regressor, the rest with every cell; cells are dropped last."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from case_tables import pair_up

import twintrade as tt
from twintrade.design import Design, Panel
from twintrade.errors import DesignError, SpecError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.simulate import OUTCOME, simulate
from twintrade.study.spec.spec_faults import build_method

EXACT = 1e-8
ITERATED = 1e-6


def build_designs(policy, *covariates, family="poisson", effects="gravity"):
    """Return a design with another policy, "superseded" by the agreement or "lasting", and further covariates."""
    spread = {"n_cities": 9, "n_partners": 8, "n_periods": 8, "place_spread": 0.2, "mean": 30.0}
    made = simulate(np.random.default_rng(201), family=family, cohorts={2003: 0.2, 2005: 0.2}, **spread)
    o = made.design().observations
    start = np.random.default_rng(202).integers(2001, 2010, o.n_units)[o.unit]
    is_on = (o.period >= start) & ((policy == "lasting") | ~o.is_affected)
    size = np.random.default_rng(203).normal(size=o.n_units)[o.unit]
    frame = made.design().panel.to_frame().drop(columns="unit")
    frame = frame.assign(fta=is_on.astype(float), size=size)
    frame[OUTCOME] = frame[OUTCOME] * np.exp(0.3 * frame.fta) if family == "poisson" else frame[OUTCOME] + frame.fta
    panel = Panel.from_frame(frame, city="city", partner="partner")
    return place(panel, made.design().treatment, ("fta", *covariates), effects)


def place(panel, treatment, covariates, effects="gravity"):
    return Design(panel=panel, treatment=treatment, outcome=OUTCOME, fixed_effects=effects, covariates=covariates)


def list_cells(o):
    """Return the dummies of treated cells by cohort and event time, and how many rows each has."""
    keys = np.unique(np.stack([o.onset[o.is_affected], o.event_time[o.is_affected]]), axis=1).T
    cells = np.column_stack([(o.onset == g) & (o.event_time == e) for g, e in keys]).astype(float)
    return cells, cells.sum(axis=0)


def solve(y, x, units, family):
    """Return slopes and their clustered covariance from dense columns, dependent ones among them."""
    mu = (y + y.mean()) / 2 if family == "poisson" else np.ones_like(y)
    for _ in range(60 if family == "poisson" else 1):
        target = np.log(mu) + y / mu - 1 if family == "poisson" else y
        root = np.sqrt(mu)
        slopes = np.linalg.lstsq(x * root[:, None], root * target, rcond=1e-10)[0]
        mu = np.exp(x @ slopes) if family == "poisson" else mu
    left = y - (mu if family == "poisson" else x @ slopes)
    bread = np.linalg.pinv(x.T @ (x * mu[:, None]), rcond=1e-11, hermitian=True)
    scores = pd.DataFrame(x * left[:, None]).groupby(units).sum().to_numpy() @ bread
    return slopes, scores.T @ scores


def solve_average(design, further, family):
    """Return the average over treated rows, and its error, of cells, further columns and dummies of every effect."""
    o = design.observations
    cells, sizes = list_cells(o)
    dummies = [(o.codes(n)[:, None] == np.unique(o.codes(n))).astype(float) for n in o.effect_names]
    slopes, covariance = solve(o.y, np.hstack([cells, further, *dummies]), o.unit, family)
    weights = np.append(sizes / sizes.sum(), np.zeros(slopes.size - sizes.size))
    return weights @ slopes, np.sqrt(weights @ covariance @ weights)


def read_average(found):
    overall = found.view("overall")
    return overall.effects[0], np.sqrt((overall.uncertainty.matrix() ** 2).sum())


@pytest.mark.parametrize(
    ("effects", "policy", "family"),
    pair_up(["gravity", "two_way", ("cohort", "period")], ["superseded", "lasting"], ["linear", "poisson"]),
)
def test_another_policy_is_one_more_regressor(family, policy, effects):
    design = build_designs(policy, family=family, effects=effects)
    wanted = solve_average(design, design.observations.covariates, family)
    for options in ({}, {"covariates_enter": "added"}):
        found = fit(ETWFE(family=family, **options), design)
        np.testing.assert_allclose(read_average(found), wanted, rtol=ITERATED)


@pytest.mark.parametrize("family", ["linear", "poisson"])
def test_by_cell_a_policy_that_treated_cells_do_not_vary_in_costs_no_cell(family):
    design = build_designs("superseded", family=family)
    o = design.observations
    cohorts = o.onset[:, None] == np.unique(o.unit_onset)
    further = o.covariates * np.column_stack([cohorts, o.period[:, None] == o.periods[1:]])
    found = fit(ETWFE(family=family, covariates_enter="by_cell"), design)
    assert found.estimate.n_effects == list_cells(o)[1].size
    np.testing.assert_allclose(read_average(found), solve_average(design, further, family), rtol=ITERATED)


@pytest.mark.parametrize("measure", ["coefficient", "percent"])
def test_a_policy_is_added_and_a_size_enters_by_cell(measure):
    design = build_designs("lasting", "size")
    o = design.observations
    cells, sizes = list_cells(o)
    of_cohort = pd.Series(o.onset).fillna(0)
    deviation = o.covariates[:, 1] - pd.Series(o.covariates[:, 1]).groupby(of_cohort).transform("mean").to_numpy()
    periods = o.covariates[:, [1]] * (o.period[:, None] == o.periods[1:])
    x = [cells, cells * deviation[:, None], periods, o.covariates[:, [0]]]
    x += [(o.codes(n)[:, None] == np.unique(o.codes(n))).astype(float) for n in o.effect_names]
    slopes, _ = solve(o.y, np.hstack(x), o.unit, "poisson")
    exponent = np.hstack(x[:2]) @ slopes[: 2 * sizes.size]
    fitted = np.exp(np.hstack(x) @ slopes)[o.is_affected]
    wanted = {
        "coefficient": sizes @ slopes[: sizes.size] / sizes.sum(),
        "percent": 100 * (fitted.sum() / (fitted * np.exp(-exponent[o.is_affected])).sum() - 1),
    }
    found = fit(ETWFE(family="poisson", measure=measure), design).view("overall")
    np.testing.assert_allclose(found.effects[0], wanted[measure], rtol=ITERATED)


@pytest.mark.parametrize("family", ["linear", "poisson"])
def test_a_covariate_that_is_the_treatment_of_a_cohort_leaves_it_its_cells(family):
    design = build_designs("superseded", family=family)
    o = design.observations
    frame = design.panel.to_frame().drop(columns="unit").assign(fta=((o.onset == 2003) & o.is_affected).astype(float))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    found, without = (
        fit(ETWFE(family=family), place(panel, design.treatment, covariates)) for covariates in (("fta",), ())
    )
    np.testing.assert_allclose(found.estimate.effects, without.estimate.effects, atol=ITERATED)
    assert [d.labels for d in found.estimate.sample.dropped if d.reason == "collinear"] == [("fta",)]


def test_how_covariates_enter_is_one_of_two_words():
    assert build_method(ESTIMATORS, "etwfe", {"covariates_enter": "by_cell"}, "").covariates_enter == "by_cell"
    with pytest.raises(SpecError, match="covariates_enter"):
        build_method(ESTIMATORS, "etwfe", {"covariates_enter": "added_up"}, "")
    with pytest.raises(DesignError, match="covariates_enter"):
        fit(ETWFE(covariates_enter="added_up"), build_designs("lasting"))


def test_the_equation_shows_how_each_covariate_enters():
    design = build_designs("lasting", "size")
    assert "β_fta·fta" in str(ETWFE().equation(design))
    assert "π_gt·(size − mean_g size)" in str(ETWFE().equation(design))
    assert "π_gt·(fta" in str(ETWFE(covariates_enter="by_cell").equation(design))


def read_enlargement():
    folder = os.environ.get("TWINTRADE_DATA", "")
    path = Path(folder) / "eu_enlargement_2000_2014.dta"
    if not folder or not path.exists():
        pytest.skip("outside data: TWINTRADE_DATA holds no eu_enlargement_2000_2014.dta")
    frame = pd.read_stata(path).query("exporter != importer")
    frame["wave"] = frame.year.map({2000: 2000, 2005: 2001, 2010: 2002, 2014: 2003})
    onset = frame[frame.eu_enlargement == 1].groupby(["exporter", "importer"]).wave.min().rename("onset")
    frame = frame.join(onset, on=["exporter", "importer"])
    return frame[frame.onset != 2000]


@pytest.mark.parametrize(
    ("family", "effects", "enter", "wanted"),
    [
        ("poisson", "gravity", None, [0.20523934, 0.07942522]),
        ("poisson", "gravity", "added", [0.20523934, 0.07942522]),
        ("linear", "two_way", "added", [0.68793083]),
        ("linear", "two_way", "by_cell", [0.76651280]),
    ],
)
def test_enlargement_of_the_european_union_beside_other_trade_agreements(family, effects, enter, wanted):
    """Added: PPML on cells and the policy by hand, and dense least squares; by cell: diff-diff 3.13 with exovar."""
    panel = tt.panel(read_enlargement(), city="exporter", partner="importer", period="wave")
    options = {"outcome": "trade", "treated": "eu_enlargement", "covariates": "other_fta", "cluster": "unit"}
    design = tt.compare(panel, fixed_effects=effects, transform="level" if family == "poisson" else "log", **options)
    found = tt.fit("etwfe", design, family=family, covariates_enter=enter)
    row = found.tidy("clustered", view="overall", correction="ppmlhdfe").iloc[0]
    np.testing.assert_allclose(row[["estimate", "std.error"]].astype(float)[: len(wanted)], wanted, rtol=1e-6)
