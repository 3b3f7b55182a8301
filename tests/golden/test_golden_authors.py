"""Points and errors as a method's authors print them, by the option that gives them, with dummies written out."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import read_data, read_results

import twintrade as tt
from twintrade.design import NeverTreated
from twintrade.errors import DesignError, InferenceError

EXACT = 1e-8


@pytest.fixture(scope="module")
def frame():
    frame = read_data("sim_balanced")
    return frame.assign(e=np.where(frame.g > 0, frame.t - frame.g, -1), late=frame.g.where(frame.g > 0, np.inf))


def compare(frame, **options):
    onsets = frame.groupby("id")["g"].first().replace(0, np.nan)
    return tt.compare(tt.panel(frame, unit="id", period="t"), onsets, "y", **{"window": (-20, 20)} | options)


def write_dummies(*columns):
    return np.column_stack([pd.get_dummies(column).to_numpy(dtype=float) for column in columns])


def regress(y, X, units, weights=1.0):
    """Return coefficients and errors clustered by unit, without a small-sample factor."""
    weighted = X * np.broadcast_to(weights, len(X))[:, None]
    inverse = np.linalg.pinv(X.T @ weighted, rcond=1e-12, hermitian=True)
    slopes = inverse @ (weighted.T @ np.asarray(y))
    scores = weighted * (np.asarray(y) - X @ slopes)[:, None] @ inverse
    return slopes, pd.DataFrame(scores).groupby(np.asarray(units)).sum().to_numpy()


def stack(frame, low, high):
    """Return the stacked table of Wing, Freedman and Hollingsworth with its corrective weights."""
    whole = [g for g in sorted(set(frame.g) - {0}) if g + low >= frame.t.min() and g + high <= frame.t.max()]
    parts = [
        frame[((frame.g == g) | (frame.late > g + high)) & frame.t.between(g + low, g + high)].assign(stack=g)
        for g in whole
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table.assign(treat=table.g == table["stack"], time=table.t - table["stack"])
    share = {d: part.groupby("stack").size() / len(part) for d, part in table.groupby("treat")}
    ratio = table["stack"].map(share[True] / share[False])
    return table.assign(weight=np.where(table.treat, 1.0, ratio))


def test_stacked_with_effects_of_treatment_and_event_time(frame):
    table = stack(frame, -3, 2)
    times = [-3, -2, 0, 1, 2]
    terms = np.column_stack([table.treat & (table.time == e) for e in times])
    X = np.column_stack([terms, write_dummies(table.treat, table.time)]).astype(float)
    slopes, scores = regress(table.y, X, table.id, table.weight)
    design = compare(frame, cluster="unit")
    pooled = tt.fit("stacked", design, span=(-3, 2), centered="pooled")
    alone = tt.fit("stacked", design, span=(-3, 2))
    after = np.isin(times, [0, 1, 2]) / 3
    for view, weigh in (("event", np.eye(5)), ("path", after[:, None])):
        found = pooled.tidy("clustered", view=view, correction="none")
        np.testing.assert_allclose(found["estimate"], slopes[:5] @ weigh, rtol=EXACT)
        np.testing.assert_allclose(
            found["std.error"], np.sqrt(((scores[:, :5] @ weigh) ** 2).sum(axis=0)), rtol=EXACT
        )
        other = alone.tidy("clustered", view=view, correction="none")
        np.testing.assert_allclose(other["estimate"], found["estimate"], rtol=EXACT)
        assert (abs(other["std.error"] / found["std.error"] - 1) > 0.001).any()


@loop_over(
    "options",
    [{"weights": "variance"}, {"trimmed": False}, {"data": {"covariates": "xt"}}, {"data": {"weights": "w"}}],
)
def test_errors_around_all_stacks_need_stacks_that_differ_in_nothing_else(frame, options):
    design = compare(frame.assign(w=frame.w.abs() + 1), **options.get("data", {}))
    given = {k: v for k, v in options.items() if k != "data"}
    with pytest.raises(DesignError, match='set centered = "stack"'):
        tt.fit("stacked", design, centered="pooled", **given)


@loop_over("moderator", ["z", "x"])
def test_extended_two_way_with_the_controls_of_etwfe(frame, moderator):
    """R's etwfe leaves out the moderator's own slope: in the first period the never treated have none."""
    x = frame[moderator].to_numpy(dtype=float)
    keys = [(g, t) for g in (4, 6, 8, 10) for t in range(g, 13)]
    cells = np.column_stack([(frame.g == g) & (frame.t == t) for g, t in keys]).astype(float)
    levels = np.column_stack([write_dummies(frame.g)[:, 1:], write_dummies(frame.t)[:, 1:]])
    X = np.column_stack([cells, cells * x[:, None], levels * x[:, None], write_dummies(frame.g, frame.t)])
    slopes, scores = regress(frame.y, X, frame.id)
    k = len(keys)
    design = compare(frame, covariates=moderator, fixed_effects=("cohort", "period"), cluster="unit")
    at = [tt.fit("etwfe", design, moderator=moderator, at=v, moderator_alone=False) for v in (0.0, 1.0)]
    zero, one = (fit.tidy("clustered", view="cell", correction="none") for fit in at)
    np.testing.assert_allclose(zero["estimate"][:k], slopes[:k], rtol=EXACT)
    np.testing.assert_allclose(one["estimate"][:k] - zero["estimate"][:k], slopes[k : 2 * k], rtol=1e-6)
    np.testing.assert_allclose(zero["std.error"][:k], np.sqrt((scores[:, :k] ** 2).sum(axis=0)), rtol=EXACT)
    full = tt.fit("etwfe", design, moderator=moderator, at=0.0).coef(view="cell")
    assert not np.allclose(full[:k], slopes[:k], rtol=1e-3)


def test_sun_abraham_with_two_references(frame):
    keys = [(g, e) for g in (4, 6, 8, 10) for e in range(1 - g, 13 - g) if e not in (-1, -3)]
    cells = np.column_stack([(frame.g == g) & (frame.e == e) for g, e in keys]).astype(float)
    slopes, scores = regress(frame.y, np.column_stack([cells, write_dummies(frame.id, frame.t)]), frame.id)
    design = compare(frame, comparison=NeverTreated(), cluster="unit")
    fit = tt.fit("sunab", design, second_reference=-3)
    found = fit.tidy("clustered", correction="none").set_index("term")
    sizes = cells.sum(axis=0)
    for e in (-5, -2, 0, 3):
        weigh = sizes * np.array([time == e for _, time in keys])
        weigh = weigh / weigh.sum()
        row = found.loc[f"event_time::{e}"]
        assert row["estimate"] == pytest.approx(slopes[: len(keys)] @ weigh, rel=EXACT)
        assert row["std.error"] == pytest.approx(np.linalg.norm(scores[:, : len(keys)] @ weigh), rel=EXACT)
    assert not {"event_time::-1", "event_time::-3"} & set(found.index)
    assert [d.reason for d in fit.estimate.sample.dropped] == ["second-reference"]


def test_bias_reduced_errors_of_a_weighted_fit(frame):
    """With H = X(X'WX)^-1 X'W and errors of one variance, residuals are divided by the root of (I - H)(I - H)'."""
    frame = frame[frame.id <= 60].assign(n=1 + frame.x.abs())
    d = ((frame.g > 0) & (frame.t >= frame.g)).to_numpy(dtype=float)
    X, w = np.column_stack([d, write_dummies(frame.id, frame.t)]), frame.n.to_numpy()
    inverse = np.linalg.pinv(X.T @ (X * w[:, None]), rcond=1e-12, hermitian=True)
    M = np.eye(len(X)) - X @ inverse @ (X * w[:, None]).T
    directions = []
    for rows in (np.flatnonzero(frame.id == i) for i in frame.id.unique()):
        values, vectors = np.linalg.eigh(M[rows] @ M[rows].T)
        kept = values > 1e-10
        root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        directions.append(M[rows].T @ root @ (w[rows] * (X[rows] @ inverse[0])))
    directions = np.stack(directions)
    p = directions @ directions.T
    fit = tt.fit("twfe", compare(frame, weights="n"), shape="static")
    bands = tt.infer(fit, "crv2", by="unit")
    assert bands.se[0] == pytest.approx(np.linalg.norm(directions @ frame.y), rel=EXACT)
    assert bands.df[0] == pytest.approx(np.trace(p) ** 2 / (p**2).sum(), rel=EXACT)


def test_weighted_bias_reduced_errors_say_how_many_rows_they_take(frame, monkeypatch):
    monkeypatch.setattr("twintrade.inference.crv2.MOST_WEIGHTED", 100)
    fit = tt.fit("twfe", compare(frame.assign(n=1 + frame.x.abs()), weights="n"), shape="static")
    with pytest.raises(InferenceError, match="at most 100 rows and there are 3,600; use the jackknife"):
        tt.infer(fit, "crv2", by="unit")


@loop_over("method", ["twfe", "ppml"])
def test_leads_of_units_treated_after_the_last_row(frame, method):
    """Stata takes leads from the column of the treatment, which may reach beyond the rows of the outcome."""
    short = frame[(frame.t <= 9) & (frame.g != 0) | (frame.g == 0) & (frame.t <= 9)]
    assert (short.g == 10).any()
    outcome = "y" if method == "twfe" else "cnt"
    onsets = short.groupby("id")["g"].first().replace(0, np.nan)
    panel = tt.panel(short, unit="id", period="t")
    design = tt.compare(panel, onsets, outcome, window=(-20, 20), cluster="unit")
    leads = tt.fit(method, design, later="leads").coef()
    plain = tt.fit(method, design).coef()
    times = [e for e in range(-9, 6) if e != -1]
    terms = np.column_stack([(short.g > 0) & (short.t - short.g == e) for e in times]).astype(float)
    assert leads.index.tolist() == [f"event_time::{e}" for e in sorted(times)]
    assert abs(leads - plain.reindex(leads.index)).max() > 0.01
    if method == "twfe":
        slopes, _ = regress(short.y, np.column_stack([terms, write_dummies(short.id, short.t)]), short.id)
        np.testing.assert_allclose(leads, slopes[: len(times)], rtol=EXACT)
        assert tt.infer(tt.fit(method, design, later="leads"), "randomization", view="overall", draws=49).p.size == 1


def test_synthetic_did_errors_by_name():
    """Jackknife and placebo of synthdid, asked for from the fit."""
    frame = read_data("sim_balanced").query("g in [0, 8]")
    onsets = frame[frame.g == 8].groupby("id")["g"].first()
    fit = tt.fit("sdid", tt.compare(tt.panel(frame, unit="id", period="t"), onsets, "y"), solver="published")
    wanted = read_results("synthdid", "sim_balanced_block_synthdid_jackknife")
    row = fit.tidy("synthetic_did_variance", method="jackknife", view="overall").iloc[0]
    assert row["estimate"] == pytest.approx(wanted["estimate"], rel=EXACT)
    assert row["std.error"] == pytest.approx(wanted["jackknife_se"], rel=EXACT)
    placebo = fit.tidy("synthetic_did_variance", method="placebo", draws=20, view="overall").iloc[0]
    assert 0.5 < placebo["std.error"] / row["std.error"] < 2


def test_covariates_beside_cohort_effects_as_fixest_prints_them():
    wanted = read_results("fixest_sunab", "base_stagg_sunab_crv1")
    frame = read_data("base_stagg")
    onsets = frame.groupby("id")["year_treated"].first().replace(10000, np.nan)
    panel = tt.panel(frame, unit="id", period="year")
    fit = tt.fit("sunab", tt.compare(panel, onsets, "y", covariates="x1", window=(-99, 99), cluster="unit"))
    table = wanted["event"]
    place = table["term"].index("x1")
    row = fit.tidy("clustered", correction="fixest").set_index("term").loc["x1"]
    assert row["estimate"] == pytest.approx(table["estimate"][place], rel=EXACT)
    assert row["std.error"] == pytest.approx(table["se"][place], rel=EXACT)


@loop_over("enter", ["added", "by_cell"])
def test_covariates_beside_cells_where_they_have_one_coefficient(frame, enter):
    keys = [(g, t) for g in (4, 6, 8, 10) for t in range(g, 13)]
    cells = np.column_stack([(frame.g == g) & (frame.t == t) for g, t in keys]).astype(float)
    slopes, scores = regress(
        frame.y, np.column_stack([frame.xt, cells, write_dummies(frame.id, frame.t)]), frame.id
    )  # fmt: skip
    fit = tt.fit("etwfe", compare(frame, covariates="xt", cluster="unit"), covariates_enter=enter)
    found = fit.tidy("clustered", correction="none").set_index("term")
    assert ("xt" in found.index) == (enter == "added")
    if enter == "added":
        assert found.loc["xt", "estimate"] == pytest.approx(slopes[0], rel=EXACT)
        assert found.loc["xt", "std.error"] == pytest.approx(np.linalg.norm(scores[:, 0]), rel=EXACT)
