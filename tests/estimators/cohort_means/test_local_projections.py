"""Local projections against regressions with every row and dummy written out, and against Callaway-Sant'Anna."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over_pairs

from twintrade.design import NeverTreated, NotYetTreated
from twintrade.errors import DesignError, EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.callaway_santanna import CallawaySantAnna
from twintrade.estimators.local_projections import LocalProjections
from twintrade.simulate import simulate

EXACT = 1e-9
"""The dense side inverts a small matrix of dummies."""


def made(seed=4, **options):
    options = {
        "n_cities": 50,
        "n_periods": 11,
        "cohorts": {2003: 0.2, 2005: 0.3, 2008: 0.2},
        "effect": lambda g, e: 0.2 * e + g - 2004,
    } | options
    return simulate(np.random.default_rng(seed), **options)


def rows_by_hand(design, horizons, lags=0, mean_base=False):
    """One row for every unit and period that is newly treated or clean, found by looking at each in turn."""
    o = design.observations
    y = {(u, t): v for u, t, v in zip(o.unit, o.period, o.y, strict=True)}
    x = {(u, t): v for u, t, v in zip(o.unit, o.period, o.covariates[:, 0], strict=True)} if design.covariates else {}
    out = []
    for u, onset in enumerate(o.unit_onset):
        for t in o.periods:
            newly = onset == t
            clean = np.isinf(onset) or (design.comparison.uses_not_yet_treated and onset > t + max(horizons[-1], 0))
            needed = [t - 1 - k for k in range(lags + 1)] + [t + h for h in horizons]
            if not (newly or clean) or not all((u, s) in y for s in needed):
                continue
            base = np.mean([y[u, s] for s in o.periods if s < t and (u, s) in y]) if mean_base else y[u, t - 1]
            row = {"u": u, "t": t, "d": newly, "y": np.mean([y[u, t + h] for h in horizons]) - base}
            row |= {f"lag{k}": y[u, t - 1 - k] - y[u, t - 2 - k] for k in range(lags)}
            row |= {"x": x[u, t - 1]} if x else {}
            out.append(row)
    frame = pd.DataFrame(out)
    has_both = frame.groupby("t")["d"].transform("nunique") == 2
    return frame[has_both].reset_index(drop=True)


def least_squares(frame, given):
    dummies = pd.get_dummies(frame["t"]).to_numpy(float)
    columns = np.hstack([frame[["d", *given]].to_numpy(float), dummies])
    slopes = np.linalg.lstsq(columns, frame["y"], rcond=None)[0]
    bread = np.linalg.pinv(columns.T @ columns)
    scores = columns * (frame["y"].to_numpy() - columns @ slopes)[:, None]
    return slopes[0], pd.Series((scores @ bread)[:, 0]).groupby(frame["u"]).sum()


CASES = {
    "plain": ({}, {}, ()),
    "mean base": ({"base": "mean"}, {}, ()),
    "lags": ({"lags": 2}, {}, ("lag0", "lag1")),
    "covariate": ({}, {"covariates": ("x",)}, ("x",)),
}


@loop_over_pairs(case=CASES, missing=[0.0, 0.08], comparison=[NeverTreated(), NotYetTreated()])
def test_every_horizon_is_its_regression(case, missing, comparison):
    options, given, names = CASES[case]
    design = made(missing=missing).design(comparison=comparison, window=(-3, 2), **given)
    study = fit(LocalProjections(**options), design).view("event")
    assert study.event_times.tolist() == [-3, -2, -1, 0, 1, 2]
    for k, h in enumerate(study.event_times):
        if h == -1:
            assert study.effects[k] == 0
            continue
        frame = rows_by_hand(design, [h], options.get("lags", 0), options.get("base") == "mean")
        slope, influence = least_squares(frame, names)
        assert study.effects[k] == pytest.approx(slope, abs=EXACT)
        np.testing.assert_allclose(study.uncertainty.matrix()[influence.index, k], influence, atol=EXACT)


def test_the_pooled_effect_is_the_regression_of_the_averaged_outcome():
    design = made().design(comparison=NotYetTreated(), window=(-1, 1))
    slope, _ = least_squares(rows_by_hand(design, [0, 1, 2]), ())
    pooled = fit(LocalProjections(pooled=2), design).view("overall")
    assert pooled.effects[0] == pytest.approx(slope, abs=EXACT)
    assert pooled.against == "last before"
    with pytest.raises(EstimationError, match="set pooled lower"):
        fit(LocalProjections(pooled=40), design)
    with pytest.raises(DesignError, match="0 or later"):
        fit(LocalProjections(pooled=-1), design)


def test_the_overall_effect_is_the_average_after_less_the_average_before_over_all_horizons():
    design = made().design(comparison=NotYetTreated(), window=(-1, 1))
    result = fit(LocalProjections(), design)
    by_hand = {h: rows_by_hand(design, [h]) for h in range(-8, 8)}
    effects = {h: least_squares(f, ())[0] for h, f in by_hand.items() if len(f)}
    rows = {h: int(by_hand[h]["d"].sum()) for h in effects}

    def average(times):
        return np.average([effects[h] for h in times], weights=[rows[h] for h in times])

    after, before = average([h for h in effects if h >= 0]), average([h for h in effects if h < 0])
    assert effects[-1] == pytest.approx(0.0, abs=EXACT)
    assert min(effects) == -8
    assert result.view("overall").effects[0] == pytest.approx(after - before, abs=EXACT)
    assert result.view("path").effects[0] == pytest.approx(after, abs=EXACT)
    assert fit(LocalProjections(base="mean"), design).views == ("event", "overall")


@pytest.mark.parametrize("comparison", [NeverTreated(), NotYetTreated()], ids=["never", "not yet"])
def test_equal_weights_give_the_event_study_of_callaway_and_santanna(comparison):
    design = made().design(comparison=comparison, window=(0, 3))
    ours = fit(LocalProjections("equal"), design).view("event")
    theirs = fit(CallawaySantAnna(), design).view("event")
    picked = ours.event_times >= 0
    np.testing.assert_allclose(ours.effects[picked], theirs.effects[theirs.event_times >= 0], atol=EXACT)


def test_equal_weights_with_a_covariate_predict_the_treated_rows():
    design = made(missing=0.05, covariate=0.5).design(window=(0, 1), covariates=("x",), comparison=NotYetTreated())
    study = fit(LocalProjections("equal"), design).estimate
    frame = rows_by_hand(design, [1])
    columns = np.hstack([frame[["x"]].to_numpy(float), pd.get_dummies(frame["t"]).to_numpy(float)])
    treated = frame["d"].to_numpy(bool)
    slopes = np.linalg.lstsq(columns[~treated], frame["y"][~treated], rcond=None)[0]
    want = (frame["y"] - columns @ slopes)[treated].mean()
    assert study.effects[study.event_times == 1][0] == pytest.approx(want, abs=EXACT)


def test_influence_with_weights_equal_to_one_is_the_unweighted_one():
    simulated = made()
    design = simulated.design(comparison=NotYetTreated())
    frame = simulated.panel.to_frame().assign(one=1.0).drop(columns=["unit", "partner"])
    weighted = type(design)(
        panel=type(design.panel).from_frame(frame, city="city"),
        treatment=simulated.treatment,
        outcome=design.outcome,
        weights="one",
    )
    for weighting in ("variance", "equal"):
        one, other = (fit(LocalProjections(weighting), d).estimate for d in (design, weighted))
        np.testing.assert_allclose(one.uncertainty.matrix(), other.uncertainty.matrix(), atol=EXACT)


def test_a_reference_elsewhere_and_no_comparison_are_refused():
    with pytest.raises(DesignError, match="set reference = -1"):
        fit(LocalProjections(), made().design(reference=-2))
    with pytest.raises(EstimationError, match="clean comparison"):
        fit(LocalProjections(), made(cohorts={2004: 1.0}).design(comparison=NotYetTreated()))
