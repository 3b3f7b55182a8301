"""Errors against statsmodels and linearmodels on dense dummies, and against sums over all pairs of rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reference_results import read_results

from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.clusters import find_clusters
from twintrade.inference.clustering.conventions import count_all
from twintrade.inference.dependence import Conley, DriscollKraay, Dyadic, NeweyWest, compute_great_circle
from twintrade.numerics.arrays import compact

# The same closed form by other sums.
SOFTWARE = 1e-8
# Iterated weighted least squares in both.
ITERATED = 1e-7


def dense(o, names: tuple[str, ...]) -> np.ndarray:
    """Return treatment, a constant, and dummies less one for each effect."""
    dummies = [pd.get_dummies(o.codes(name), drop_first=True).to_numpy(dtype=float) for name in names]
    return np.column_stack([o.is_treated.astype(float), np.ones(o.n_rows), *dummies])


@pytest.fixture
def panel(gravity_panel):
    return gravity_panel(effect=0.5, n_treated=25)


@pytest.mark.parametrize("correction", ["fixest", "stata"])
@pytest.mark.parametrize("by", ["city", "partner"])
def test_least_squares_equals_statsmodels_where_no_effect_nests(sm, panel, rng, correction, by) -> None:
    design = replace(panel, fixed_effects=("period",))
    o = design.observations
    groups = o.codes(by)
    theirs = sm.OLS(o.y, dense(o, ("period",))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "df_correction": True}, use_t=True
    )
    bands = Clustered(by=(by,), correction=correction).infer(fit(TWFE(shape="static"), design), "overall", rng)
    assert bands.estimate.effects[0] == pytest.approx(theirs.params[0], rel=SOFTWARE)
    assert bands.se[0] == pytest.approx(theirs.bse[0], rel=SOFTWARE)
    assert bands.p[0] == pytest.approx(theirs.pvalues[0], rel=SOFTWARE)
    assert bands.low[0] == pytest.approx(theirs.conf_int()[0, 0], rel=SOFTWARE)


@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
@pytest.mark.parametrize("effects", [("unit", "period"), ("unit", "city_period", "partner_period")])
def test_no_convention_is_the_plain_sandwich_of_statsmodels(sm, panel, rng, effects) -> None:
    design = replace(panel, fixed_effects=effects)
    o = design.observations
    theirs = sm.OLS(o.y, dense(o, effects)).fit(
        cov_type="cluster", cov_kwds={"groups": o.codes("unit"), "use_correction": False}
    )
    bands = Clustered(by=("unit",), correction="none").infer(fit(TWFE(shape="static"), design), "overall", rng)
    assert bands.se[0] == pytest.approx(theirs.bse[0], rel=SOFTWARE)
    assert np.isinf(bands.df[0])


def test_heteroskedastic_errors_equal_statsmodels(sm, panel, rng) -> None:
    o = panel.observations
    theirs = sm.OLS(o.y, dense(o, ("unit", "period"))).fit(cov_type="HC1", use_t=True)
    bands = Clustered(by=("row",), correction="fixest").infer(fit(TWFE(shape="static"), panel), "overall", rng)
    assert bands.se[0] == pytest.approx(theirs.bse[0], rel=SOFTWARE)
    assert bands.p[0] == pytest.approx(theirs.pvalues[0], rel=SOFTWARE)


def test_poisson_equals_statsmodels_after_ppmlhdfes_factor(sm, panel, rng) -> None:
    design = panel.with_outcome("flow", "level")
    o = design.observations
    model = sm.GLM(o.y, dense(o, ("unit", "period")), family=sm.families.Poisson())
    theirs = model.fit(
        tol=1e-13, maxiter=200, cov_type="cluster", cov_kwds={"groups": o.codes("city"), "use_correction": False}
    )
    bands = Clustered(by=("city",), correction="ppmlhdfe").infer(fit(PPML(shape="static"), design), "overall", rng)
    n = np.unique(o.codes("city")).size
    assert bands.estimate.effects[0] == pytest.approx(theirs.params[0], rel=ITERATED)
    assert bands.se[0] == pytest.approx(theirs.bse[0] * (n / (n - 1)) ** 0.5, rel=ITERATED)


@pytest.mark.parametrize("lags", [1, 3])
def test_driscoll_kraay_equals_linearmodels_after_its_factor(panel, rng, lags) -> None:
    from linearmodels.panel import PanelOLS

    o = panel.observations
    frame = pd.DataFrame({"unit": o.unit, "period": o.period, "y": o.y, "d": o.is_treated.astype(float)})
    frame = frame.set_index(["unit", "period"])
    model = PanelOLS(frame["y"], frame[["d"]], entity_effects=True, time_effects=True)
    theirs = model.fit(cov_type="kernel", kernel="bartlett", bandwidth=lags, debiased=False)
    fitted = fit(TWFE(shape="static"), panel)
    found = DriscollKraay(lags=lags).covariance(fitted, fitted.view("overall"))
    # linearmodels charges the absorbed effects, here 72 + 8 - 1, and no slope unless it debiases.
    factor = o.n_rows / (o.n_rows - count_all(0, [o.unit, o.period - o.period.min()]))
    assert factor * found.covariance[0, 0] == pytest.approx(float(theirs.cov.iloc[0, 0]), rel=SOFTWARE)


@pytest.mark.parametrize("case", ["CR0", "CR1", "CR1S"])
def test_plain_sandwiches_equal_clubsandwich(castle_fit, rng, case) -> None:
    """CR1S charges every dummy, nested or not: a factor that no convention here has."""
    expected = read_results("crv3_clubsandwich", f"castle_static_{case}")["se"]
    fitted = castle_fit(static=True)
    bands = Clustered(correction="none" if case == "CR0" else "ppmlhdfe").infer(fitted, "overall", rng)
    o = fitted.design.observations
    k = count_all(1, [compact(code) for code in o.effect_codes()])
    factor = ((o.n_rows - 1) / (o.n_rows - k)) ** 0.5 if case == "CR1S" else 1.0
    assert bands.se[0] * factor == pytest.approx(expected, rel=1e-6)


def by_pairs(rows: np.ndarray, weight: np.ndarray) -> float:
    return float(rows @ weight @ rows)


def scores(fitted) -> np.ndarray:
    return fitted.view("overall").uncertainty.regression.row_influence()[:, 0]


@pytest.fixture
def ragged(panel):
    """A twentieth of the rows is missing."""
    kept = np.random.default_rng(9).uniform(size=panel.panel.n_rows) > 0.05
    return fit(TWFE(shape="static"), panel.restricted(kept))


@pytest.mark.parametrize("lags", [0, 2, 50])
def test_serial_errors_are_sums_over_pairs_of_rows(ragged, lags) -> None:
    o = ragged.design.observations
    gap = np.abs(o.period[:, None] - o.period[None, :])
    bartlett = np.clip(1 - gap / (lags + 1), 0, None)
    own = o.unit[:, None] == o.unit[None, :]
    estimate, rows = ragged.view("overall"), scores(ragged)
    common = DriscollKraay(lags=lags).covariance(ragged, estimate).covariance[0, 0]
    within = NeweyWest(lags=lags).covariance(ragged, estimate).covariance[0, 0]
    assert common == pytest.approx(by_pairs(rows, bartlett), rel=1e-9)
    assert within == pytest.approx(by_pairs(rows, bartlett * own), rel=1e-9)


@pytest.mark.parametrize("names", [("city",), ("city", "partner"), ("city", "partner", "period")])
def test_clusters_are_sums_over_pairs_that_share_any_cluster(ragged, names) -> None:
    o = ragged.design.observations
    shares = np.zeros((o.n_rows, o.n_rows), dtype=bool)
    for name in names:
        code = o.codes(name)
        shares |= code[:, None] == code[None, :]
    found = find_clusters(ragged, ragged.view("overall"), names).covariance()[0, 0]
    assert found == pytest.approx(by_pairs(scores(ragged), shares), rel=1e-9)


def test_dyadic_is_a_sum_over_pairs_of_rows_with_a_common_end(ragged) -> None:
    o, panel = ragged.design.observations, ragged.design.panel
    code = o.unit_rows[o.unit]
    ends = [{str(panel.cities[panel.unit_city[k]]), str(panel.partners[panel.unit_partner[k]])} for k in code]
    shares = np.array([[bool(a & b) for b in ends] for a in ends])
    found = Dyadic().covariance(ragged, ragged.view("overall")).covariance[0, 0]
    assert found == pytest.approx(by_pairs(scores(ragged), shares), rel=1e-9)


@pytest.mark.parametrize("kernel", ["uniform", "bartlett"])
def test_conley_is_a_sum_over_pairs_of_rows_by_distance(panel, kernel) -> None:
    place = np.random.default_rng(2).uniform([40, -5], [50, 10], (panel.panel.n_units, 2))[panel.panel.unit]
    columns = {**panel.panel.columns, "latitude": place[:, 0], "longitude": place[:, 1]}
    fitted = fit(TWFE(shape="static"), replace(panel, panel=replace(panel.panel, columns=columns)))
    o = fitted.design.observations
    points = np.radians(place[o.rows])
    distance = compute_great_circle(points, points)
    weight = (distance <= 400) * (1.0 if kernel == "uniform" else 1 - distance / 400)
    found = Conley(cutoff=400, kernel=kernel).covariance(fitted, fitted.view("overall")).covariance[0, 0]
    assert found == pytest.approx(by_pairs(scores(fitted), weight), rel=1e-9)
