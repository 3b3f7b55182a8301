"""A fit as a regression table: coefficients with covariates, fit statistics, fitted values, sums, pictures."""

import numpy as np
import pandas as pd
import pytest
from drawn_points import read_points
from matplotlib import pyplot

import twintrade as tt

BROOM = ["term", "estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high"]


@pytest.fixture(scope="module")
def with_covariate(example, example_panel):
    design = tt.compare(example_panel, example[1], "exports_usd", covariates=("x",), transform="log")
    return tt.fit("twfe", design, shape="static")


def regress_by_hand(fit):
    """Least squares on dummies, with errors clustered by unit and G/(G - 1)."""
    o = fit.design.observations
    dummies = [pd.get_dummies(code, drop_first=k > 0).to_numpy(float) for k, code in enumerate(o.effect_codes())]
    X = np.column_stack([o.is_treated, o.covariates, *dummies])
    bread = np.linalg.inv(X.T @ X)
    beta = bread @ X.T @ o.y
    residuals = o.y - X @ beta
    sums = pd.DataFrame(X * residuals[:, None]).groupby(o.unit).sum().to_numpy()
    g = len(sums)
    covariance = bread @ sums.T @ sums @ bread * g / (g - 1)
    return beta[:2], covariance[:2, :2], residuals


def test_covariates_have_coefficients_and_errors_of_the_same_regression(with_covariate):
    beta, covariance, residuals = regress_by_hand(with_covariate)
    table = with_covariate.tidy("clustered", by=("unit",))
    assert table.columns.tolist() == BROOM
    assert table["term"].tolist() == ["treated", "x"]
    np.testing.assert_allclose(table["estimate"], beta, rtol=1e-9)
    np.testing.assert_allclose(table["std.error"], np.sqrt(np.diag(covariance)), rtol=1e-9)
    np.testing.assert_allclose(with_covariate.vcov(by=("unit",)), covariance, rtol=1e-8)
    np.testing.assert_allclose(with_covariate.resid(), residuals, atol=1e-9)
    assert with_covariate.coef().index.tolist() == ["treated", "x"]
    np.testing.assert_array_equal(with_covariate.se("clustered", by=("unit",)), table["std.error"])
    np.testing.assert_array_equal(with_covariate.confint("clustered", by=("unit",))["conf.low"], table["conf.low"])


def test_a_sum_of_coefficients_has_the_error_of_the_sum(with_covariate):
    covariance, beta = with_covariate.vcov(), with_covariate.coef()
    row = with_covariate.lincom({"treated": 1.0, "x": -2.0}).iloc[0]
    w = np.array([1.0, -2.0])
    assert row["estimate"] == pytest.approx(w @ beta, rel=1e-12)
    assert row["std.error"] == pytest.approx(np.sqrt(w @ covariance @ w), rel=1e-12)
    with pytest.raises(tt.TwintradeError, match="no coefficient is called 'z'; known: treated, x"):
        with_covariate.lincom(["z"])


def test_poisson_fitted_values_add_up_to_the_outcome(example_fit):
    fitted, left = example_fit.predict(), example_fit.resid()
    assert (fitted > 0).all()
    assert fitted.index.names == ["unit", "period"]
    assert len(fitted) == example_fit.nobs == 1264
    o = example_fit.design.observations
    np.testing.assert_allclose((fitted + left).to_numpy(), o.y, rtol=1e-9)
    assert fitted.sum() == pytest.approx(o.y.sum(), rel=1e-8)
    with pytest.raises(tt.TwintradeError, match="imputation is no single regression"):
        tt.fit("imputation", example_fit.design).predict()


def test_weights_change_no_scale_of_fitted_values(example):
    trade = example[0].assign(w=np.linspace(0.5, 3.0, len(example[0])))
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    fit = tt.fit("ppml", tt.compare(panel, example[1], "exports_usd", weights="w", fixed_effects="gravity"))
    o = fit.design.observations
    w = pd.Series(o.row_weights, index=fit.resid().index)
    assert w.nunique() > 100
    assert abs((w * fit.resid()).groupby("unit").sum()).max() < 1e-6 * (w * fit.predict()).groupby("unit").sum().min()


def test_a_view_need_not_be_named_where_the_fit_has_one(example_design):
    static = tt.fit("ppml", example_design, shape="static")
    assert tt.infer(static, "clustered").estimate.kind == "overall"
    event = tt.fit("ppml", example_design)
    assert tt.infer(event, "clustered").estimate.kind == "event"
    assert "event_time::-1" not in event.tidy("clustered")["term"].tolist()


def test_one_row_about_the_whole_fit_and_a_summary(example_fit, with_covariate):
    row = example_fit.glance("clustered").iloc[0]
    assert (row["nobs"], row["n.units"], row["n.treated"], row["clusters"]) == (1264, 79, 7, "city + partner")
    assert 0 < row["pseudo.r.squared"] < 1
    shown = example_fit.summary("clustered", view="overall")
    for part in ("PPML: exports_usd", "1,264 rows; 79 pairs, 7 treated", "Rowan-BRA", "percent", "8 cities"):
        assert part in str(shown)
        assert part in shown._repr_html_()
    covariates = str(with_covariate.summary(view="overall"))
    assert "Covariates: Errors clustered" in covariates or "scaled" not in covariates


def test_empty_columns_of_errors_are_explained_under_the_table(example_fit):
    given = "of effects are empty: randomization gives p-values and intervals and no standard errors"
    shown = example_fit.summary("randomization", view="overall", draws=99)
    assert np.isnan(shown.table["std.error"]).all()
    assert shown.notes[0] == f"std.error and statistic {given}"
    assert given in shown._repr_html_()
    assert given in tt.infer(example_fit, "randomization", view="overall", draws=99)._repr_html_()
    assert "no standard errors" not in str(example_fit.summary("clustered", view="overall"))


def test_representations_count_what_was_used(example_design, example_fit, example_panel):
    assert "79 pairs compared, 7 treated" in repr(example_design)
    assert "all rows of 1 pair (rows of units treated in or before their first period" in repr(example_design)
    finding = tt.check(example_fit, "adoption")
    assert repr(finding).startswith("Finding: adoption, informs: ")
    bands = tt.infer(example_fit, "clustered", view="overall")
    for shown in (example_design, finding, bands, example_panel, example_fit.view("overall")):
        assert shown._repr_html_().startswith(("<p>", "<table", "<div"))
    assert "percent" in bands._repr_html_()


@pytest.mark.parametrize("kind", ["event", "coef"])
def test_pictures_are_drawn_on_axes_that_come_back(example_fit, kind):
    axes = pyplot.subplots()[1]
    assert example_fit.plot(ax=axes, kind=kind, inference="clustered") is axes
    ink = read_points(axes.figure)
    values, table = ("y" if kind == "event" else "x"), example_fit.tidy("clustered").sort_values("estimate")
    drawn = ink[(ink["form"] == "point") & ink["low"].notna()].sort_values(values)
    np.testing.assert_allclose(
        drawn[[values, "low", "high"]].astype(float), table[["estimate", "conf.low", "conf.high"]], atol=1e-12
    )
    assert example_fit.plot(kind=kind, inference="clustered").figure is not axes.figure
    pyplot.close("all")


def test_the_first_look_shows_means_of_cohorts_and_how_many_are_treated(example_design):
    upper = example_design.plot()
    o, (series, bars) = example_design.observations, upper.figure.axes
    lines = {line.get_label(): line.get_xydata() for line in series.get_lines() if line.get_label()[0] != "_"}
    assert list(lines) == [
        "treated from 2009 (1)", "treated from 2010 (1)", "treated from 2011 (3)", "treated from 2012 (2)",
        "comparison (72)",
    ]  # fmt: skip
    for name, onset in (("treated from 2011 (3)", 2011), ("comparison (72)", np.inf)):
        chosen = o.unit_onset[o.unit] == onset
        means = pd.Series(o.y[chosen]).groupby(o.period[chosen]).mean()
        np.testing.assert_allclose(
            lines[name][:, 1], 100 * means / o.y[chosen & (o.period < 2009)].mean(), rtol=1e-12
        )
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == [int(o.is_treated[o.period == period].sum()) for period in o.periods]
    pyplot.close("all")


def test_the_first_look_at_logs_and_at_many_cohorts(example_panel):
    onsets = {unit: 2006 + k for k, unit in enumerate(example_panel.units[:8])}
    upper = tt.compare(example_panel, onsets, "exports_usd", transform="log").plot()
    assert [line.get_label() for line in upper.get_lines() if line.get_label()[0] != "_"] == [
        "treated (8)", "comparison (72)"
    ]  # fmt: skip
    assert "less that before" in upper.get_title(loc="left")
    pyplot.close("all")
