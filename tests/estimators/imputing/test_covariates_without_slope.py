"""A covariate for which untreated rows give no slope: rows that need it are not imputed, the others are."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.errors import EstimationError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation, TwoStage

ONSET, EFFECT = 2006, 0.5
METHODS = [Imputation(), Imputation(family="poisson"), TwoStage()]


def design_of(covariate, *, is_poisson=False, slope=0.7, noise=0.0):
    """A panel in which the covariate moves the outcome by a known slope wherever it is."""
    rng = np.random.default_rng(3)
    years, units = np.arange(2000, 2012), [f"u{k:02d}" for k in range(30)]
    frame = pd.DataFrame([(u, t) for u in units for t in years], columns=["unit", "period"])
    number = frame["unit"].str[1:].astype(int)
    is_treated = (number < 10) & (frame["period"] >= ONSET)
    frame["x"] = covariate(number, frame["period"], is_treated)
    level, year = rng.normal(size=30)[number], rng.normal(size=12)[frame["period"] - 2000]
    frame["y"] = level + year + EFFECT * is_treated + slope * frame["x"] + noise * rng.normal(size=len(frame))
    if is_poisson:
        frame["y"] = np.exp(frame["y"])
    onset = pd.Series({u: ONSET if int(u[1:]) < 10 else np.inf for u in units})
    return Design(
        panel=Panel.from_frame(frame, unit="unit"),
        treatment=Treatment.from_series(onset),
        outcome="y",
        covariates=("x",),
    )


def only_after_onset(number, period, is_treated):
    """A programme of which the first five treated units have had something since 2008, and nobody else ever."""
    return np.where(is_treated & (number < 5) & (period >= 2008), 1.0, 0.0)


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_rows_that_need_an_unknown_slope_are_not_imputed(method):
    design = design_of(only_after_onset, is_poisson=method.options().get("family") == "poisson")
    result = fit(method, design)
    assert result.view("overall").effects[0] == pytest.approx(EFFECT, abs=1e-7)
    (lost,) = [d for d in result.estimate.sample.dropped if d.reason == "unidentified-covariate"]
    assert lost.n_rows == 5 * 4
    assert set(lost.names) == {f"u{k:02d} {t}" for k in range(5) for t in range(2008, 2012)}
    assert result.estimate.sample.rows.size == 30 * 12 - lost.n_rows
    assert result.view("overall").n_cells[0] == 10 * 6 - lost.n_rows


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_nothing_is_imputed_where_every_treated_row_needs_it(method):
    design = design_of(lambda number, period, d: 1.0 * d, is_poisson=method.options().get("family") == "poisson")
    with pytest.raises(EstimationError, match="60 treated rows whose x untreated rows give no slope for"):
        fit(method, design)


@loop_over("method", METHODS, ids=repr)
@loop_over("covariate", [lambda n, t, d: 1.0 * n, lambda n, t, d: t - 2000.0], ids=["unit", "period"])
def test_a_covariate_that_effects_determine_everywhere_costs_no_row(method, covariate):
    design = design_of(covariate, is_poisson=method.options().get("family") == "poisson", slope=0.01)
    result = fit(method, design)
    assert result.view("overall").effects[0] == pytest.approx(EFFECT, abs=1e-6)
    assert not result.estimate.sample.n_dropped("unidentified-covariate")


def test_ordinary_and_fast_paths_leave_out_the_same_rows():
    """The fast path for resampling finds what is identified in another way: a made-up solution comes back there."""
    design = design_of(only_after_onset, noise=0.3)
    fitted = fit(Imputation(), design)
    null = fitted.estimator.linear_null(design, design.observations.y[:, None])
    for view in ("overall", "event", "cohort", "cell"):
        shown = fitted.view(view)
        quick = null.estimate([null.build_blocks(design)], {view: shown})[view][0, :, 0]
        np.testing.assert_allclose(quick, shown.effects, atol=1e-10)
