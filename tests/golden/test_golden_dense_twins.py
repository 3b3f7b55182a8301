"""Methods without a bundled reference case, computed anew on sim_balanced with dummies written out."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from reference_results import read_data
from scipy.integrate import quad
from scipy.optimize import minimize, nnls
from scipy.stats import ncx2, norm
from statsmodels.genmod.families import Poisson
from statsmodels.genmod.generalized_linear_model import GLM

from benchmarks.pretests import PreTest
from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.diagnostics.who_is_compared.twfe_weights import compute_cell_weights
from twintrade.errors import DesignError, InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna, StaggeredEfficient
from twintrade.estimators.chaisemartin_dhaultfoeuille import ChaisemartinDHaultfoeuille
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import TwoStage
from twintrade.estimators.matrix_completion import InteractiveEffects
from twintrade.estimators.ppml import PPML
from twintrade.estimators.sun_abraham import SunAbraham
from twintrade.estimators.synthetic_control import AugmentedSyntheticControl, SyntheticControl
from twintrade.estimators.twfe import TWFE
from twintrade.inference.crv2 import BiasReduced
from twintrade.inference.dependence import EqualVariances
from twintrade.numerics.comparisons.two_period import Method
from twintrade.numerics.honest.intervals import compute_fixed_length

EXACT = 1e-8
"""Both sides solve in closed form."""

ITERATED = 1e-6
"""At least one side iterates."""


LATTICE = 1e-5
"""Precision of the fixed lattice behind probabilities of boxes."""


@pytest.fixture(scope="module")
def frame():
    frame = read_data("sim_balanced")
    return frame.assign(treated=(frame.g > 0) & (frame.t >= frame.g), e=np.where(frame.g > 0, frame.t - frame.g, -1))


def design_of(frame, **options):
    panel = Panel.from_frame(frame, unit="id", period="t")
    treatment = Treatment.from_series(frame.groupby("id")["g"].first().replace(0, np.nan))
    return Design(panel=panel, treatment=treatment, **{"outcome": "y", "window": (-20, 20)} | options)


def write_dummies(*columns):
    """Return one column per level of each key, and the constant within them."""
    return np.column_stack([pd.get_dummies(column).to_numpy(dtype=float) for column in columns])


def regress(y, X):
    """Return coefficients, residuals and each row's influence."""
    inverse = np.linalg.pinv(X.T @ X, hermitian=True)
    slopes = inverse @ (X.T @ np.asarray(y))
    residuals = np.asarray(y) - X @ slopes
    return slopes, residuals, X * residuals[:, None] @ inverse


def cluster(influence, units):
    """Return errors by unit, without a small-sample factor."""
    return np.sqrt((pd.DataFrame(influence).groupby(np.asarray(units)).sum() ** 2).sum().to_numpy())


def errors_of(estimate):
    return np.sqrt((estimate.uncertainty.matrix() ** 2).sum(axis=0))


def assert_equal_effects(estimate, picked, effects, errors=None, tolerance=EXACT):
    np.testing.assert_allclose(estimate.effects[picked], effects, rtol=tolerance, atol=tolerance)
    if errors is not None:
        np.testing.assert_allclose(errors_of(estimate)[picked], errors, rtol=tolerance)


@pytest.mark.parametrize("covariates", [(), ("xt",)])
@pytest.mark.parametrize("shape", ["static", "event"])
def test_two_way_regression(frame, shape, covariates):
    times = [e for e in np.unique(frame.e) if e != -1]
    terms = [frame.treated] if shape == "static" else [(frame.e == e) & (frame.g > 0) for e in times]
    X = np.column_stack([*terms, frame[list(covariates)], write_dummies(frame.id, frame.t)]).astype(float)
    slopes, _, influence = regress(frame.y, X)
    estimate = fit(TWFE(shape), design_of(frame, covariates=covariates)).estimate
    picked = [0] if shape == "static" else np.searchsorted(estimate.event_times, times)
    assert_equal_effects(estimate, picked, slopes[: len(terms)], cluster(influence, frame.id)[: len(terms)])


@pytest.mark.parametrize(("correction", "df"), [("twintrade", 3600 - 312), ("fixest", 3600 - 312), ("none", np.inf)])
def test_errors_of_independent_rows_with_one_variance(frame, correction, df):
    X = np.column_stack([frame.treated, write_dummies(frame.id, frame.t)]).astype(float)
    residuals = regress(frame.y, X)[1]
    variance = residuals @ residuals / (3600 if np.isinf(df) else df) * np.linalg.pinv(X.T @ X)[0, 0]
    fitted = fit(TWFE("static"), design_of(frame))
    bands = EqualVariances(correction=correction).infer(fitted, "overall", np.random.default_rng(0))
    np.testing.assert_allclose(bands.se, np.sqrt(variance), rtol=EXACT)
    assert bands.df[0] == df


@pytest.mark.parametrize("money", [1.0, 1e-6, 7.3])
def test_errors_of_independent_rows_of_a_poisson_regression_estimate_the_dispersion(frame, money):
    X = np.column_stack([frame.treated, write_dummies(frame.g, frame.t)[:, 1:]]).astype(float)
    wanted = GLM(frame.cnt.to_numpy(), X, family=Poisson()).fit(scale="X2", tol=1e-12)
    design = design_of(frame.assign(cnt=frame.cnt * money), outcome="cnt", fixed_effects=("cohort", "period"))
    bands = EqualVariances().infer(fit(PPML("static"), design), "overall", np.random.default_rng(0))
    np.testing.assert_allclose(bands.se, wanted.bse[0], rtol=ITERATED)
    assert bands.df[0] == wanted.df_resid == 3600 - 17
    assert f"dispersion estimated: {wanted.scale:.2g}" in str(bands.note) or money != 1


@pytest.mark.parametrize(("correction", "rows"), [("fixest", 3599 / (3600 - 17)), ("none", None)])
def test_errors_of_a_poisson_regression_by_other_conventions(frame, correction, rows):
    X = np.column_stack([frame.treated, write_dummies(frame.g, frame.t)[:, 1:]]).astype(float)
    mean = fit_poisson(frame.cnt.to_numpy(), X)[1]
    factor = ((frame.cnt - mean) ** 2 / mean).mean() if rows is None else rows
    variance = np.linalg.inv(X.T @ (X * mean[:, None]))[0, 0] * factor
    design = design_of(frame, outcome="cnt", transform="level", fixed_effects=("cohort", "period"))
    bands = EqualVariances(correction=correction).infer(
        fit(PPML("static"), design), "overall", np.random.default_rng(0)
    )
    np.testing.assert_allclose(bands.se, np.sqrt(variance), rtol=ITERATED)
    assert np.isinf(bands.df[0])


def test_errors_of_independent_rows_need_a_regression(frame):
    with pytest.raises(InferenceError, match="needs the regression"):
        EqualVariances().infer(fit(TwoStage(), design_of(frame)), "event", np.random.default_rng(0))


def test_bias_reduced_errors_and_their_degrees_of_freedom(frame):
    """Residuals of a unit divided by the root of what the hat matrix leaves of them; df by matching two moments."""
    X = np.column_stack([frame.treated, write_dummies(frame.id, frame.t)]).astype(float)
    inverse = np.linalg.pinv(X.T @ X, hermitian=True)
    hat = X @ inverse @ X.T
    directions = []
    for rows in (np.flatnonzero(frame.id == i) for i in frame.id.unique()):
        values, vectors = np.linalg.eigh(np.eye(rows.size) - hat[np.ix_(rows, rows)])
        kept = values > 1e-10
        root = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
        direction = -hat[:, rows] @ (root @ (X[rows] @ inverse[0]))
        direction[rows] += root @ (X[rows] @ inverse[0])
        directions.append(direction)
    moments = np.stack(directions) @ np.stack(directions).T
    bands = BiasReduced().infer(fit(TWFE("static"), design_of(frame)), "overall", np.random.default_rng(0))
    np.testing.assert_allclose(bands.se, np.linalg.norm(np.stack(directions) @ frame.y), rtol=EXACT)
    np.testing.assert_allclose(bands.facts["df"], np.trace(moments) ** 2 / (moments**2).sum(), rtol=EXACT)


def test_effects_of_undirected_pairs():
    """Flows from A to B and from B to A share a level; their treatment differs where the years do."""
    frame = read_data("sim_gravity").query("orig <= 12 and dest <= 12")
    low, high = np.sort(frame[["orig", "dest"]], axis=1).T
    frame = frame.assign(twin=(frame.g > 0) & (frame.year >= frame.g), both=low * 1000 + high)
    assert frame.both.nunique() < frame.groupby(["orig", "dest"]).ngroups
    keys = [frame.both, frame.orig * 10_000 + frame.year, frame.dest * 10_000 + frame.year]
    X = np.column_stack([frame.twin, write_dummies(*keys)]).astype(float)
    slopes, _, influence = regress(frame.lx, X)
    panel = Panel.from_frame(frame, city="orig", partner="dest", period="year")
    labels = frame.orig.astype(str) + "-" + frame.dest.astype(str)
    onset = frame.groupby(labels)["g"].first().replace(0, np.nan).reindex(panel.given_keys["unit"])
    effects = ("undirected_pair", "city_period", "partner_period")
    design = Design(panel=panel, treatment=Treatment.from_series(onset), outcome="lx", fixed_effects=effects)
    assert_equal_effects(fit(TWFE("static"), design).estimate, [0], slopes[0], cluster(influence, labels)[:1])


def test_undirected_pairs_need_two_ends(frame):
    with pytest.raises(DesignError, match="undirected_pair"):
        fit(TWFE(), design_of(frame, fixed_effects=("undirected_pair", "period")))


@pytest.mark.parametrize("is_never_there", [True, False])
def test_two_references(frame, is_never_there):
    """Without a never treated unit one reference leaves a line undetermined, and two leave nothing.

    With onsets in even periods alone the parity of event times would be undetermined too: one cohort is moved.
    """
    g = frame.g.replace(6, 5)
    frame = frame.assign(g=g, e=np.where(g > 0, frame.t - g, -1))[is_never_there | (g > 0)]
    times = [e for e in np.unique(frame.e) if e not in (-1, -5)]
    terms = np.column_stack([(frame.e == e) & (frame.g > 0) for e in times])
    X = np.column_stack([terms, write_dummies(frame.id, frame.t)]).astype(float)
    assert np.linalg.matrix_rank(X) == X.shape[1] - 1
    slopes, _, influence = regress(frame.y, X)
    estimate = fit(TWFE(second_reference=-5), design_of(frame)).estimate
    assert estimate.event_times.tolist() == sorted([*times, -1])
    assert [d.names for d in estimate.sample.dropped if "second" in d.reason] == [("event time -5",)]
    k = len(times)
    assert_equal_effects(
        estimate, np.searchsorted(estimate.event_times, times), slopes[:k], cluster(influence, frame.id)[:k]
    )


def fit_poisson(y, X):
    """Return coefficients, fitted means and each row's influence."""
    slopes = np.linalg.lstsq(X, np.log(y + 0.5), rcond=None)[0]
    for _ in range(50):
        mean = np.exp(X @ slopes)
        slopes = slopes + np.linalg.solve(X.T @ (X * mean[:, None]), X.T @ (y - mean))
    mean = np.exp(X @ slopes)
    return slopes, mean, X * (y - mean)[:, None] @ np.linalg.inv(X.T @ (X * mean[:, None]))


def test_two_references_of_a_poisson_event_study(frame):
    times = [e for e in np.unique(frame.e) if e not in (-1, -3)]
    terms = np.column_stack([(frame.e == e) & (frame.g > 0) for e in times])
    X = np.column_stack([terms, write_dummies(frame.g, frame.t)[:, 1:]]).astype(float)
    slopes, _, influence = fit_poisson(frame.cnt.to_numpy(), X)
    design = design_of(frame, outcome="cnt", transform="level", fixed_effects=("cohort", "period"))
    estimate, k = fit(PPML(second_reference=-3), design).estimate, len(times)
    picked = np.searchsorted(estimate.event_times, times)
    assert_equal_effects(estimate, picked, slopes[:k], cluster(influence, frame.id)[:k], ITERATED)


@pytest.mark.parametrize("covariates", [(), ("xt",)])
@pytest.mark.parametrize("shape", ["static", "event"])
def test_two_stages(frame, shape, covariates):
    treated = frame.treated.to_numpy()
    first = np.column_stack([frame[list(covariates)], write_dummies(frame.id, frame.t)]).astype(float)
    own = first * ~treated[:, None]
    bread = np.linalg.pinv(own.T @ own, hermitian=True)
    left = frame.y.to_numpy() - first @ (bread @ (own.T @ frame.y.to_numpy()))
    times = np.unique(frame.e[frame.g > 0])
    terms = [treated] if shape == "static" else [(frame.e == e) & (frame.g > 0) for e in times]
    second = np.column_stack(terms).astype(float)
    slopes, _, influence = regress(left, second)
    through = np.linalg.inv(second.T @ second) @ (second.T @ first) @ bread
    influence = influence - (own * left[:, None]) @ through.T
    estimate = fit(TwoStage(shape), design_of(frame, covariates=covariates)).estimate
    picked = [0] if shape == "static" else np.searchsorted(estimate.event_times, times)
    assert_equal_effects(estimate, picked, slopes, cluster(influence, frame.id))


def write_cells(frame, is_in):
    """Return the dummies of cohort and period, and the keys."""
    keys = pd.MultiIndex.from_frame(frame.loc[is_in, ["g", "e"]]).unique().sortlevel()[0]
    return np.column_stack([(frame.g == g) & (frame.e == e) & is_in for g, e in keys]).astype(float), keys


def pick_cells(estimate, keys):
    return pd.MultiIndex.from_arrays([estimate.cohorts, estimate.event_times]).get_indexer(keys)


def test_sun_abraham(frame):
    cells, keys = write_cells(frame, (frame.g > 0) & (frame.e != -1))
    slopes, _, influence = regress(frame.y, np.column_stack([cells, write_dummies(frame.id, frame.t)]))
    fitted, k = fit(SunAbraham(), design_of(frame, comparison=NeverTreated())), len(keys)
    cell = fitted.view("cell")
    assert_equal_effects(cell, pick_cells(cell, keys), slopes[:k], cluster(influence[:, :k], frame.id))
    assert_equal_averages(fitted, keys, cells, slopes[:k], influence[:, :k], frame, is_never=True)


def assert_equal_averages(fitted, keys, cells, slopes, influence, frame, is_never):
    """Compare the path after onset, and it less each cohort's average before where these have a coefficient."""
    is_after, n, cohort = keys.get_level_values("e") >= 0, cells.sum(axis=0), keys.get_level_values("g")
    path = np.where(is_after, n, 0.0) / n[is_after].sum()
    before = np.zeros(n.size)
    for g in cohort.unique():
        leads = (cohort == g) & ~is_after
        before[leads] = path[cohort == g].sum() * n[leads] / (n[leads].sum() + (frame.e[frame.g == g] == -1).sum())
    for view, weights in (("path", path), ("overall", path - before)) if is_never else (("overall", path),):
        assert_equal_effects(fitted.view(view), [0], slopes @ weights, cluster(influence @ weights, frame.id))


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()])
@pytest.mark.parametrize("effects", ["two_way", ("cohort", "period")])
def test_extended_two_way(frame, comparison, effects):
    is_never = isinstance(comparison, NeverTreated)
    cells, keys = write_cells(frame, (frame.g > 0) & (frame.e != -1) if is_never else frame.treated)
    columns = [frame.id if effects == "two_way" else frame.g, frame.t]
    slopes, _, influence = regress(frame.y, np.column_stack([cells, write_dummies(*columns)]))
    fitted, k = fit(ETWFE(), design_of(frame, comparison=comparison, fixed_effects=effects)), len(keys)
    cell = fitted.view("cell")
    assert_equal_effects(cell, pick_cells(cell, keys), slopes[:k], cluster(influence[:, :k], frame.id))
    assert_equal_averages(fitted, keys, cells, slopes[:k], influence[:, :k], frame, is_never)


def test_extended_two_way_given_a_covariate(frame):
    cells, keys = write_cells(frame, frame.treated)
    centered = (frame.x - frame.groupby("g").x.transform("mean")).to_numpy()[:, None]
    periods, cohorts = write_dummies(frame.t), write_dummies(frame.g)
    x = frame.x.to_numpy()[:, None]
    X = np.column_stack([cells, cells * centered, periods * x, cohorts * x, cohorts, periods])
    slopes, _, influence = regress(frame.y, X)
    cell = fit(ETWFE(), design_of(frame, fixed_effects=("cohort", "period"), covariates=("x",))).view("cell")
    k = len(keys)
    assert_equal_effects(cell, pick_cells(cell, keys), slopes[:k], cluster(influence[:, :k], frame.id))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_extended_two_way_at_a_value_of_a_moderator(frame, value):
    """With a moderator of two values the effects at one of them are those of its units alone."""
    options = {"fixed_effects": ("cohort", "period")}
    alone = fit(ETWFE(), design_of(frame[frame.z == value], **options)).view("cell")
    found = fit(ETWFE(moderator="z", at=value), design_of(frame, covariates=("z",), **options)).view("cell")
    assert found.names == alone.names
    assert f"at z = {value:g}" in str(ETWFE(moderator="z", at=value).estimand(design_of(frame, covariates=("z",))))
    assert_equal_effects(found, np.arange(alone.n_effects), alone.effects, errors_of(alone))


def test_extended_two_way_at_a_value_is_the_effect_at_the_mean_and_a_slope(frame):
    cells, keys = write_cells(frame, frame.treated)
    periods, x = write_dummies(frame.t), frame.x.to_numpy()[:, None]
    X = np.column_stack([cells, cells * (x - 0.7), periods * x, x, periods, write_dummies(frame.id)])
    slopes, _, influence = regress(frame.y, X)
    cell, k = fit(ETWFE(moderator="x", at=0.7), design_of(frame, covariates=("x",))).view("cell"), len(keys)
    assert_equal_effects(cell, pick_cells(cell, keys), slopes[:k], cluster(influence[:, :k], frame.id))


@pytest.mark.parametrize(
    ("estimator", "match"),
    [(ETWFE(moderator="x"), "add it to covariates"), (ETWFE("poisson", "difference", "z"), "remove measure")],
)
def test_a_moderator_that_cannot_be_held_is_refused(frame, estimator, match):
    with pytest.raises(DesignError, match=match):
        fit(estimator, design_of(frame, outcome="cnt", covariates=("z",)))


def test_extended_poisson(frame):
    cells, keys = write_cells(frame, frame.treated)
    X, k = np.column_stack([cells, write_dummies(frame.g, frame.t)[:, 1:]]), len(keys)
    slopes, mean, influence = fit_poisson(frame.cnt.to_numpy(), X)
    design = design_of(frame, outcome="cnt", transform="level", fixed_effects=("cohort", "period"))
    cell = fit(ETWFE("poisson"), design).view("cell")
    assert_equal_effects(cell, pick_cells(cell, keys), slopes[:k], cluster(influence, frame.id)[:k], ITERATED)
    gain = (mean - mean * np.exp(-cells @ slopes[:k]))[frame.treated].mean()
    assert_equal_effects(fit(ETWFE("poisson", "difference"), design).view("overall"), [0], gain, tolerance=ITERATED)


def test_switchers_against_those_who_have_not(frame):
    wide, onset = frame.pivot(index="id", columns="t", values="y"), frame.groupby("id").g.first().replace(0, 99)
    study = fit(ChaisemartinDHaultfoeuille(), design_of(frame, window=(-3, 2))).estimate
    for e in (-3, -2, 0, 1, 2):
        total, n = 0.0, 0
        for g in (4, 6, 8, 10):
            far = g - 1 + abs(e + 1)
            if not (1 <= g + e <= 12 and far <= 12 and (onset > far).any()):
                continue
            change = wide[g + e] - wide[g - 1]
            total += (change[onset == g] - change[onset > far].mean()).sum()
            n += (onset == g).sum()
        at = np.flatnonzero(study.event_times == e)
        assert_equal_effects(study, at, total / n)
        assert study.n_units[at] == n


@pytest.mark.parametrize("headline", ["simple", "cohort"])
def test_efficient_use_of_random_timing(frame, headline):
    """The sum over cohorts of weighted means, less beta times the same at the last period before each onset."""
    wide, onset = frame.pivot(index="id", columns="t", values="y"), frame.groupby("id").g.first().replace(0, 99)
    cohorts, sizes = [4, 6, 8, 10, 99], onset.value_counts()
    raw, before = np.zeros((5, 12)), np.zeros((5, 12))
    cells = [(g, t) for g in cohorts[:4] for t in range(g, 13)]
    for g, t in cells:
        share = sizes[g] / sum(sizes[h] for h, _ in cells)
        if headline == "cohort":
            share = sizes[g] / sizes[cohorts[:4]].sum() / (13 - g)
        later = [h for h in cohorts if h > t]
        for h, weight in [(g, 1.0), *((h, -sizes[h] / sizes[later].sum()) for h in later)]:
            raw[cohorts.index(h), t - 1] += share * weight
            before[cohorts.index(h), g - 2] += share * weight
    moments = [wide[onset == g].to_numpy() for g in cohorts]
    spread = [np.cov(m, rowvar=False) / len(m) for m in moments]
    beta = sum(b @ s @ r for b, s, r in zip(before, spread, raw, strict=True))
    beta /= sum(b @ s @ b for b, s in zip(before, spread, strict=True))
    net = raw - beta * before
    effect = sum(n @ m.mean(axis=0) for n, m in zip(net, moments, strict=True))
    error = np.sqrt(sum(n @ s @ n for n, s in zip(net, spread, strict=True)))
    assert_equal_effects(
        fit(StaggeredEfficient(headline=headline), design_of(frame)).view("overall"), [0], effect, [error]
    )


def score_two_groups(method, x, d, change):
    """Return the estimating equations by unit, in the parameters (propensity, regression, means, effect)."""
    k = x.shape[1]

    def scores(p):
        odds = np.exp(x @ p[:k])
        fitted = np.zeros(len(d)) if "ipw" in method else x @ p[k : 2 * k]
        weight = odds if method != "regression" else np.ones(len(d))
        balance = d - (1 - d) * odds if method.endswith("improved") else d - odds / (1 + odds)
        fitting = weight if method.endswith("improved") else 1.0
        own, other, effect = p[2 * k :]
        gap = change - fitted
        both = [d * (gap - own), (1 - d) * weight * (gap - other), d * (own - other - effect)]
        if method == "ipw_unnormalized":
            both[1] = (1 - d) * weight * gap - d * other
        if method == "regression":
            both[1] = d * other
        return np.column_stack(
            [balance[:, None] * x, ((1 - d) * fitting * (change - x @ p[k : 2 * k]))[:, None] * x, *both]
        )

    return scores


@loop_over("method", get_args(Method))
def test_two_groups_and_periods_as_stacked_estimating_equations(frame, method):
    """Newton's method on all equations at once; their derivative by complex steps gives the errors."""
    part = frame[frame.t.isin([3, 4]) & frame.g.isin([0, 4])]
    wide, one = part.pivot(index="id", columns="t", values="y"), part.groupby("id")[["g", "x", "z"]].first()
    x, d = np.column_stack([np.ones(len(one)), one.x, one.z]), (one.g == 4).to_numpy(dtype=float)
    scores, at = score_two_groups(method, x, d, (wide[4] - wide[3]).to_numpy()), np.zeros(9)
    for _ in range(60):
        steps = np.eye(9) * 1e-30j
        slope = np.column_stack([scores(at + step).sum(axis=0).imag / 1e-30 for step in steps])
        at = at - np.linalg.solve(slope, scores(at).sum(axis=0))
    influence = -np.linalg.solve(slope, scores(at).T)[-1]
    design = design_of(part, covariates=("x", "z"), comparison=NeverTreated())
    overall = fit(CallawaySantAnna(method=method, base="varying"), design).view("overall")
    assert_equal_effects(overall, [0], at[-1], [np.sqrt(influence @ influence)])


def test_weights_of_the_static_regression(frame):
    left = regress(frame.treated.astype(float), write_dummies(frame.id, frame.t))[1]
    found = compute_cell_weights(design_of(frame).observations)
    weights = np.where(frame.treated, left, 0.0)
    np.testing.assert_allclose(found.weight, weights / weights.sum(), atol=EXACT)
    np.testing.assert_allclose(found.beta, left @ frame.y / (left @ left), rtol=EXACT)


@pytest.mark.parametrize("rank", [0, 1])
def test_factors_by_filling_in(frame, rank):
    """Fill treated cells with their prediction until nothing moves; a balanced panel has its factors from an SVD.

    The problem has several optima; the documented start is the fit without factors.
    """
    frame = frame[frame.g.isin([0, 8, 10])]
    wide = frame.pivot(index="id", columns="t", values="y").to_numpy()
    treated = frame.pivot(index="id", columns="t", values="treated").to_numpy()
    filled = np.where(treated, wide[~treated].mean(), wide)
    for r in range(rank + 1):
        moved = np.inf
        while moved > 1e-10:
            additive = filled.mean(axis=1, keepdims=True) + filled.mean(axis=0) - filled.mean()
            u, s, v = np.linalg.svd(filled - additive, full_matrices=False)
            predicted = additive + (u[:, :r] * s[:r]) @ v[:r]
            moved = np.abs(filled - predicted)[treated].max()
            filled = np.where(treated, predicted, wide)
    overall = fit(InteractiveEffects(rank=rank), design_of(frame)).view("overall")
    assert_equal_effects(overall, [0], (wide - filled)[treated].mean(), tolerance=ITERATED)


def follow_path(frame):
    """Return the covariance of the last cohort's event study: eight effects before the reference, three after."""
    estimate = fit(TWFE(), design_of(frame[frame.g.isin([0, 10])])).estimate
    picked = estimate.event_times != estimate.reference
    return estimate.uncertainty.cross_product(np.arange(148))[np.ix_(picked, picked)]


@pytest.mark.parametrize("size", [0.02, 0.2])
def test_shortest_interval_under_bounded_changes_of_slope(frame, size):
    """Over all estimators that are linear in the leads, by a general program with |second difference| <= M."""
    covariance = follow_path(frame)
    n_pre, target = covariance.shape[0] - 3, np.array([1.0, 0.0, 0.0])
    periods = np.array([*range(-n_pre, 0), 1, 2, 3], dtype=float)

    def half_length(parts):
        weights = np.concatenate([parts[:n_pre], target])
        error, bias = np.sqrt(weights @ covariance @ weights), size * parts[n_pre:].sum()
        return error * np.sqrt(ncx2.ppf(0.95, 1, (bias / error) ** 2))

    # A kink at s moves what lies beyond it, on its side of the reference, by the distance to it.
    kinks = np.array(
        [np.maximum(-periods - s, 0) for s in range(n_pre)] + [np.maximum(periods - s, 0) for s in (1, 2)]
    )
    after, before = kinks[:, n_pre:] @ target, kinks[:, :n_pre]
    n = len(kinks)
    above = np.column_stack([np.vstack([before, -before]), np.vstack([-np.eye(n), -np.eye(n)])])
    constraints = [
        {"type": "ineq", "fun": lambda p: -above @ p - np.concatenate([after, -after]), "jac": lambda p: -above},
        {"type": "eq", "fun": lambda p: periods[:n_pre] @ p[:n_pre] + periods[n_pre:] @ target},
    ]
    start = np.concatenate([np.zeros(n_pre), np.full(n, 3.0)])
    start[n_pre - 1] = 1.0
    best = minimize(
        half_length, start, method="SLSQP", constraints=constraints, options={"ftol": 1e-14, "maxiter": 900}
    )
    found = compute_fixed_length(covariance, n_pre, target, size, 0.95)
    assert found.half_length == pytest.approx(best.fun, rel=1e-5)


def test_power_of_the_test_before_onset(frame):
    covariance = follow_path(frame)
    pre, test = np.arange(6, 8), PreTest(covariance, np.arange(6, 8))
    bound, block = norm.ppf(0.975) * np.sqrt(np.diag(covariance)[pre]), covariance[np.ix_(pre, pre)]
    trend = 0.1 * np.arange(-8, 3)
    slope, rest = block[0, 1] / block[0, 0], np.sqrt(block[1, 1] - block[0, 1] ** 2 / block[0, 0])

    def density(first):
        middle = trend[7] + slope * (first - trend[6])
        inside = norm.cdf((bound[1] - middle) / rest) - norm.cdf((-bound[1] - middle) / rest)
        return norm.pdf(first, trend[6], np.sqrt(block[0, 0])) * inside

    assert test.power(trend) == pytest.approx(1 - quad(density, -bound[0], bound[0], epsabs=1e-12)[0], abs=LATTICE)
    found = test.slope_for(0.5, np.arange(-8, 3))
    assert test.power(found * np.arange(-8, 3)) == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_synthetic_control_and_its_ridge_correction(frame, penalty):
    """Weights that are not negative and add up to one; a ridge regression on the donors takes up what they leave."""
    one = frame[(frame.g == 0) | (frame.id == frame.id[frame.g == 10].iloc[0])]
    wide = one.assign(key=-one.g).pivot(index=["key", "id"], columns="t", values="y").sort_index().to_numpy()
    own, donors = wide[0, :9], wide[1:, :9]
    n = len(donors)
    plain = nnls(np.vstack([donors.T, np.full(n, 1e6)]), np.append(own, 1e6))[0]
    design = design_of(one)
    assert_equal_effects(
        fit(SyntheticControl(), design).view("overall"), [0], (wide[0] - plain @ wide[1:])[9:].mean(), None, 1e-5
    )
    centered = donors - donors.mean(axis=0)
    gap = own - plain @ donors
    ridge = plain + centered @ np.linalg.solve(centered.T @ centered + penalty * np.eye(9), gap)
    found = fit(AugmentedSyntheticControl(penalty=penalty), design).view("overall")
    assert_equal_effects(found, [0], (wide[0] - ridge @ wide[1:])[9:].mean(), None, 1e-5)
