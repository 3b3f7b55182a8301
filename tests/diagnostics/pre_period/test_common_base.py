"""Leads and lags of imputed effects on one base: a straight line, dense twins, draws, and bounds of the headline."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, NotYetTreated, Panel, Treatment
from twintrade.diagnostics.pre_period.honest import Honest
from twintrade.diagnostics.pre_period.reference_year import build_common_base
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.symmetric_path import CohortPath, draw_paths
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import replace_outcome
from twintrade.numerics.honest import Violation, compute_robust_interval

ONE = {(0, 0): 6, (1, 2): 6, (3, 4): 6, (2, 1): 6}
STAGGERED = {(0, 0): 6, (1, 2): 4, (3, 4): 8, (2, 1): 6, (4, 4): 8, (5, 0): 4}
LINEAR = [Imputation(), ETWFE()]
POISSON = [
    Imputation(family="poisson", measure="percent"),
    Imputation(family="poisson"),
    ETWFE(family="poisson", measure="percent"),
    ETWFE(family="poisson"),
]


def make(onsets, method, *, slope=0.0, effect=0.0, effects="two_way", noise=0.0, seed=0):
    """A panel of 6 cities, 6 partners and 12 years with a differential trend, and an effect, of known size."""
    rng = np.random.default_rng(seed)
    city, partner, pair = rng.normal(size=(6, 12)), rng.normal(size=(6, 12)), rng.normal(size=(6, 6))
    rows = []
    for c in range(6):
        for p in range(6):
            onset = onsets.get((c, p), np.inf)
            for t in range(12):
                common = city[c, t] + partner[p, t] if effects == "gravity" else city[0, t]
                rest = noise * rng.normal() + slope * t * np.isfinite(onset) + effect * (t >= onset)
                rows.append((f"c{c}", f"p{p}", 2000 + t, 2000 + onset, pair[c, p] + 0.3 * common + rest))
    frame = pd.DataFrame(rows, columns=["city", "partner", "period", "onset", "y"])
    frame["dyad"] = frame["city"] + "-" + frame["partner"]
    if method.is_poisson:
        frame["y"] = np.exp(frame["y"])
    return Design(
        panel=Panel.from_frame(frame, unit="dyad", city="city", partner="partner"),
        treatment=Treatment.from_series(frame.groupby("dyad")["onset"].first()),
        outcome="y",
        fixed_effects=effects,
        comparison=NotYetTreated(),
    )


@loop_over(
    ("method", "effects"),
    [(m, e) for m in LINEAR for e in ("two_way", "gravity")] + [(m, "two_way") for m in POISSON],
    ids=repr,
)
def test_a_differential_trend_is_one_straight_line(method, effects):
    study = CohortPath(method, make(ONE, method, slope=0.05, effects=effects)).estimate()
    assert (study.event_times < -1).sum() >= 4
    np.testing.assert_allclose(np.diff(study.effects), 0.05, atol=1e-9)


@loop_over("method", [*LINEAR, *POISSON], ids=repr)
def test_cohorts_with_other_years_before_stand_on_nearly_the_same_line(method):
    study = CohortPath(method, make(STAGGERED, method, slope=0.05)).estimate()
    np.testing.assert_allclose(np.diff(study.effects), 0.05, atol=0.012)


@loop_over("method", [*LINEAR, *POISSON], ids=repr)
def test_the_average_of_the_path_is_the_headline(method):
    design = make(STAGGERED, method, noise=0.3, effect=0.4)
    path = CohortPath(method, design)
    headline = fit(method, design).view("overall").effects[0]
    expected = np.log1p(headline / 100) if path.is_percent else headline
    assert path.estimate().average().effects[0] == pytest.approx(expected, rel=1e-10)


def dummies(o):
    """All levels of all effects, and covariates none."""
    return np.hstack([(code[:, None] == np.unique(code)).astype(float) for code in o.effect_codes()])


def predict_without(o, held, is_poisson):
    """Fit densely on untreated rows that are not held out, and predict those that are."""
    x, used = dummies(o), ~o.is_affected & ~held
    if not is_poisson:
        return x[held] @ np.linalg.lstsq(x[used], o.y[used], rcond=None)[0]
    beta = np.linalg.lstsq(x[used], np.log(o.y[used]), rcond=None)[0]
    for _ in range(60):
        mean = np.exp(x[used] @ beta)
        root = np.sqrt(mean)
        beta = beta + np.linalg.lstsq(root[:, None] * x[used], (o.y[used] - mean) / root, rcond=None)[0]
    return np.exp(x[held] @ beta)


@pytest.mark.parametrize("method", [Imputation(), Imputation(family="poisson", measure="percent")], ids=repr)
def test_a_lead_is_what_dropping_its_year_and_refitting_gives_times_the_factor(method):
    design = make(STAGGERED, method, noise=0.3, effects="gravity")
    o = design.observations
    for time in (-1, -3):
        held = (o.event_time == time) & o.is_ever_treated[o.unit]
        predicted, y = predict_without(o, held, method.is_poisson), o.y[held]
        before = ~o.is_affected & o.is_ever_treated[o.unit] & ~held
        size = o.y if method.is_poisson else np.ones(o.n_rows)
        others = np.bincount(o.unit[before], size[before], o.n_units)[o.unit[held]]
        factor = others / (others + (predicted if method.is_poisson else 1.0))
        lead = method.hold_out(design, time)
        for cohort, effect in zip(lead.cohorts, lead.effects, strict=True):
            own = o.onset[held] == cohort
            left = (factor * (y - predicted))[own].sum()
            expected = y[own].sum() / (y[own].sum() - left) if method.is_poisson else left / own.sum()
            assert effect == pytest.approx(expected, rel=1e-7)
    if not method.is_poisson:
        years = np.bincount(o.unit[before | held])[o.unit[held]]
        np.testing.assert_allclose(factor, (years - 1) / years)


def fit_cells_densely(o, is_cell, is_poisson):
    """Fit all levels and a dummy for each cohort and year of some rows, and return all rows without it."""
    cells, code = np.unique(np.column_stack([o.onset, o.period])[is_cell], axis=0, return_inverse=True)
    dummy = np.zeros((o.n_rows, len(cells)))
    dummy[np.flatnonzero(is_cell), code] = 1
    x = np.hstack([dummies(o), dummy])
    beta = np.linalg.lstsq(x, np.log(o.y) if is_poisson else o.y, rcond=None)[0]
    for _ in range(60 if is_poisson else 0):
        mean = np.exp(x @ beta)
        beta = beta + np.linalg.lstsq(np.sqrt(mean)[:, None] * x, (o.y - mean) / np.sqrt(mean), rcond=None)[0]
    without = x @ beta - dummy @ beta[-len(cells) :]
    return np.exp(without) if is_poisson else without


@pytest.mark.parametrize("method", [ETWFE(), ETWFE(family="poisson", measure="percent")], ids=repr)
def test_a_lead_of_cells_is_a_dense_regression_with_its_year_apart_times_the_factor(method):
    design = make(STAGGERED, method, noise=0.3, effects="gravity")
    o = design.observations
    ever = ~o.is_affected & o.is_ever_treated[o.unit]
    for time in (-1, -3):
        held = ever & (o.event_time == time)
        without = fit_cells_densely(o, o.is_affected | held, method.is_poisson)
        lead = method.hold_out(design, time)
        for cohort, effect in zip(lead.cohorts, lead.effects, strict=True):
            own, rest = held & (o.onset == cohort), ever & ~held & (o.onset == cohort)
            y, predicted = o.y[own].sum(), without[own].sum()
            left = o.y[rest].sum() if method.is_poisson else np.unique(o.period[rest]).size
            factor = left / (left + (predicted if method.is_poisson else 1))
            moved = factor * (y - predicted)
            assert effect == pytest.approx(y / (y - moved) if method.is_poisson else moved / own.sum(), rel=1e-7)


def test_one_cohort_against_its_last_year_is_the_path_of_callaway_and_santanna():
    design = make(ONE, Imputation(), noise=0.4, effect=0.3)
    base = build_common_base(fit(Imputation(), design), Clustered(), np.random.default_rng(0))
    path = base.build_against_last()
    bands = Clustered().infer(fit(CallawaySantAnna(), design), "event", np.random.default_rng(0))
    study = bands.estimate
    shown = np.isin(study.event_times, base.study.event_times) & (study.event_times != -1)
    same = np.isin(base.study.event_times[base.study.event_times != -1], study.event_times)
    np.testing.assert_allclose(path.estimates[same], study.effects[shown], atol=1e-10)
    np.testing.assert_allclose(
        path.covariance[np.ix_(same, same)], bands.covariance[np.ix_(shown, shown)], rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("method", LINEAR, ids=repr)
def test_a_draw_is_the_path_of_the_reassigned_agreements(method):
    design = make(ONE, method, noise=0.3, effect=0.4, effects="gravity")
    onset = np.random.default_rng(2).permutation(design.onset)
    path = CohortPath(method, design)
    (drawn,) = draw_paths(path, [onset])
    o = design.observations
    without = replace_outcome(design, o.y - path.headline * o.is_treated)
    again = CohortPath(method, without.reassigned(onset)).estimate()
    np.testing.assert_allclose(drawn, again.effects, atol=1e-5)


@pytest.mark.parametrize("method", [Imputation(), POISSON[0], POISSON[2]], ids=repr)
def test_bounds_of_the_headline_begin_with_its_own_interval(method):
    fitted = fit(method, make(STAGGERED, method, noise=0.1, effect=0.8))
    base = build_common_base(fitted, Clustered(), np.random.default_rng(0))
    none = Violation("relative_magnitudes", 0.0)
    path = base.build_bounded()
    interval = compute_robust_interval(path, none, "least_favorable", 0.95, np.random.default_rng(0))
    assert path.center == pytest.approx(base.headline)
    assert path.standard_error == pytest.approx(base.standard_error)
    half = (interval.high - interval.low) / 2
    assert 1.9 < half / base.standard_error < 2.6
    finding = Honest(bounds=(1.0,)).check(fitted, Clustered(), np.random.default_rng(0))
    assert finding.value > 0.2
    assert "straight line through the years before" in finding.sentence
    moved = base.compute_exact(finding.value * base.largest_step)
    assert 0 < moved < base.show(base.headline)


def test_ends_of_a_ratio_are_those_of_its_logarithm_in_percent():
    method = POISSON[0]
    fitted = fit(method, make(STAGGERED, method, noise=0.1, effect=0.8))
    finding = Honest(bounds=(1.0,)).check(fitted, Clustered(), np.random.default_rng(0))
    base = build_common_base(fitted, Clustered(), np.random.default_rng(0))
    seed = int(np.random.default_rng(0).integers(2**62))
    ends = Honest().interval(base.build_bounded(), 1.0, seed)
    shown = finding.table[finding.table["kind"] == "robust"].iloc[0]
    np.testing.assert_allclose([shown["low"], shown["high"]], 100 * np.expm1([ends.low, ends.high]), rtol=1e-12)
    assert shown["effect"] == pytest.approx(fitted.view("overall").effects[0])


def test_an_end_beyond_a_thousand_percent_is_not_written_out():
    method = POISSON[0]
    fitted = fit(method, make(STAGGERED, method, noise=1.0))
    finding = Honest(bounds=(2.0,)).check(fitted, Clustered(), np.random.default_rng(0))
    assert finding.table["high"].max() > 1000
    assert "to more than +1,000%" in finding.sentence


def test_the_exact_ratio_is_that_of_the_totals_under_the_violation():
    method = POISSON[0]
    design = make(ONE, method, noise=0.2, effect=0.5)
    o = design.observations
    base = build_common_base(fit(method, design), Clustered(), np.random.default_rng(0))
    path = CohortPath(method, design)
    rows = path.effects
    after = (rows.event_times >= 0) & (rows.cohorts > 0)
    imputed, ratio = rows.cell_weights[after], 1 + rows.effects[after] / 100
    before = ~o.is_affected & o.is_ever_treated[o.unit]
    middle = np.average(o.event_time[before], weights=o.y[before])
    moved = imputed * np.exp(0.03 * (rows.event_times[after] - middle))
    assert base.compute_exact(0.03) == pytest.approx(100 * ((imputed * ratio).sum() / moved.sum() - 1))
    assert base.compute_exact(0.0) == pytest.approx(base.show(base.headline))


def test_draws_take_the_place_of_influence_where_agreements_are_reassigned():
    method = POISSON[0]
    fitted = fit(method, make(STAGGERED, method, noise=0.3, effect=0.5))
    finding = Honest(bounds=(1.0,)).check(fitted, Randomization(draws=80), np.random.default_rng(0))
    assert np.isfinite(finding.value)
    assert [m.code for m in finding.messages] == ["honest-draws"]


def test_a_trend_before_as_steep_as_the_effect_is_seen():
    method = POISSON[0]
    fitted = fit(method, make(ONE, method, slope=0.1, noise=0.02))
    test = build_common_base(fitted, Clustered(), np.random.default_rng(0)).test_slope()
    assert test.slope == pytest.approx(0.1, abs=0.02)
    assert test.enough == pytest.approx(0.1, abs=0.02)
    assert test.p < 0.001
    assert test.power > 0.99
