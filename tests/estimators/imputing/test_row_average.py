"""The average of log ratios: over treated rows or, where more than 5 % of them are zero, over pairs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.imputing.comparison_units import prepare_comparison_units
from twintrade.inference.refits.studentizing import build_draws
from twintrade.simulate import simulate

METHOD = Imputation(family="poisson", measure="log_ratio")
MANY = 12


def make(seed: int, silenced: int = 0, **options) -> Design:
    """A gravity panel of counts in which some treated rows are set to zero."""
    sizes: dict[str, object] = {"n_cities": 7, "n_partners": 6, "n_periods": 9, "cohorts": {2003: 0.14, 2006: 0.14}}
    sizes |= {"mean": 200.0, "noise": 0.3, "unit_spread": 0.5}
    made = simulate(np.random.default_rng(seed), **(sizes | options), family="poisson")
    return silence(made.design(fixed_effects="gravity"), silenced)


def silence(design: Design, n: int) -> Design:
    o, column = design.observations, design.panel.columns[design.outcome].astype(float)
    treated = np.flatnonzero(o.is_treated)
    column[o.rows[np.random.default_rng(n).choice(treated, n, replace=False)]] = 0.0
    columns = {**design.panel.columns, design.outcome: column}
    return replace(design, panel=replace(design.panel, columns=columns))


def average_by_hand(design: Design) -> float:
    """Return the average from weighted least squares with a dummy a level, and loops over rows and pairs."""
    o = design.observations
    before = ~o.is_treated
    x = np.hstack([pd.get_dummies(code, dtype=float).to_numpy() for code in o.effect_codes()])
    eta = np.log(o.y[before] + 1.0)
    for _ in range(60):
        mu = np.exp(eta)
        root = np.sqrt(mu)
        slopes = np.linalg.lstsq(x[before] * root[:, None], root * (eta + (o.y[before] - mu) / mu), rcond=None)[0]
        eta = x[before] @ slopes
    predicted = np.exp(x @ slopes)
    rows = np.flatnonzero(o.is_treated)
    if (o.y[rows] == 0).sum() <= 0.05 * rows.size:
        return float(np.mean([np.log(o.y[r] / predicted[r]) for r in rows if o.y[r] > 0]))
    pairs = [rows[o.unit[rows] == u] for u in np.unique(o.unit[rows])]
    return float(np.mean([np.log(o.y[p].sum() / predicted[p].sum()) for p in pairs if o.y[p].sum() > 0]))


@pytest.mark.parametrize("n_silenced", [0, 2, MANY])
def test_the_overall_effect_is_the_average_that_its_name_says(n_silenced) -> None:
    fitted = fit(METHOD, make(4, n_silenced))
    overall, o = fitted.view("overall"), fitted.design.observations
    zero = int((o.y[o.is_treated] == 0).sum())
    is_many = n_silenced == MANY
    assert (zero > 0.05 * o.is_treated.sum()) == is_many
    assert overall.effects[0] == pytest.approx(average_by_hand(fitted.design), abs=1e-7)
    assert overall.n_cells[0] == o.is_treated.sum() - (0 if is_many else zero)
    assert fitted.estimate.sample.statistics["is_by_unit"] == is_many
    assert ("units" if is_many else "rows") in repr(overall.names[0])


def test_effects_by_event_time_are_averages_of_cells() -> None:
    """Of several rows, the logarithm of the sums is not the mean of the logarithms."""
    fitted = fit(METHOD, make(4))
    study, cells = fitted.view("event"), fitted.estimate
    after = cells.is_treated
    by_cells = np.average(cells.effects[after], weights=cells.cell_weights[after])
    by_times = study.event_times >= 0
    assert np.average(study.effects[by_times], weights=study.n_cells[by_times]) == pytest.approx(by_cells)
    assert abs(fitted.view("overall").effects[0] - by_cells) > 1e-3


@pytest.mark.parametrize("n_silenced", [0, 3, MANY])
def test_influence_agrees_with_leaving_one_unit_out(n_silenced) -> None:
    sizes = {"n_cities": 90, "mean": 30.0, "noise": 0.3}
    made = simulate(np.random.default_rng(70), **sizes, unit_spread=0.5, family="poisson")
    fitted = fit(METHOD, silence(made.design(), n_silenced * 3))
    overall, ids = fitted.view("overall"), fitted.design.observations.unit_ids[::2]
    chosen = np.isin(overall.uncertainty.units, ids)
    error = np.sqrt((overall.uncertainty.matrix()[chosen] ** 2).sum())
    left = [fitted.refit(fitted.design.without([u]), "overall").view("overall").effects[0] for u in ids]
    assert error == pytest.approx(np.sqrt(((np.array(left) - overall.effects[0]) ** 2).sum()), rel=0.15)


@pytest.mark.parametrize("n_silenced", [0, MANY])
def test_row_weights_are_derivatives(n_silenced) -> None:
    """By the relative change of a row's outcome, to which the average is not proportional where rows are added up."""
    fitted = fit(METHOD, make(4, n_silenced))
    design, o = fitted.design, fitted.design.observations
    given = fitted.view("overall").uncertainty.outcome_weights
    column = design.panel.columns[design.outcome]
    for row in np.flatnonzero(~o.is_treated & (o.y > 5))[:3]:
        moved = column.copy()
        moved[o.rows[row]] *= 1 + 1e-5
        again = replace(design, panel=replace(design.panel, columns={**design.panel.columns, design.outcome: moved}))
        slope = (fit(METHOD, again).view("overall").effects[0] - fitted.view("overall").effects[0]) / 1e-5
        mean = o.y[row] / (1 + find_residual(fitted, row))
        assert given.matrix()[row, 0] * o.y[row] / mean == pytest.approx(slope, abs=1e-5)


def find_residual(fitted, row: int) -> float:
    c = fitted.estimate.uncertainty.contributions.c
    return float(c.residuals[np.flatnonzero(c.fit_rows == row)[0]])


@pytest.mark.parametrize("n_silenced", [0, 3, MANY])
def test_every_draw_computes_the_number_that_is_printed(n_silenced) -> None:
    """Each assignment takes rows or pairs by its own zeros: a fixed function of outcomes and assignment."""
    zeros = np.random.default_rng(1)
    design = make(4, n_silenced)
    o, column = design.observations, design.panel.columns[design.outcome].copy()
    column[o.rows[~o.is_treated & (zeros.random(o.n_rows) < 0.05)]] = 0.0
    design = replace(design, panel=replace(design.panel, columns={**design.panel.columns, design.outcome: column}))
    fitted, onsets = fit(METHOD, design), [zeros.permutation(design.onset) for _ in range(12)]
    model = fitted.estimator.one_step(design)
    estimated = build_draws(model, onsets).estimate(model.under_none, {"overall": fitted.view("overall")})["overall"][
        :, 0
    ]
    refitted = [fitted.refit(design.reassigned(onset), "overall") for onset in (*onsets, design.onset)]
    np.testing.assert_allclose(estimated, [one.view("overall").effects[0] for one in refitted], atol=2e-3)
    rules = {bool(one.estimate.sample.statistics["is_by_unit"]) for one in refitted}
    assert rules == {True, False} or n_silenced != 3
    np.testing.assert_allclose(estimated[-1], average_by_hand(design), atol=2e-3)


@pytest.mark.parametrize("n_silenced", [0, MANY])
def test_leaving_comparison_pairs_out_moves_the_same_average(n_silenced) -> None:
    fitted = fit(METHOD, make(4, n_silenced))
    effect = float(fitted.view("overall").effects[0])
    units = prepare_comparison_units(fitted.design, "poisson", "log_ratio", effect)
    for name, change in list(zip(units.names, units.changes, strict=True))[:3]:
        again = fitted.refit(fitted.design.without([name]), "overall").view("overall").effects[0]
        assert again - effect == pytest.approx(change, rel=0.3, abs=0.003)


def test_sampling_weights_weigh_rows() -> None:
    design = make(6)
    o = design.observations
    weight = np.ones(design.panel.n_rows)
    weight[o.rows] = 1 + (o.unit % 3)
    panel = replace(design.panel, columns={**design.panel.columns, "weight": weight})
    fitted = fit(METHOD, replace(design, panel=panel, weights="weight"))
    c = fitted.estimate.uncertainty.contributions.c
    logs = np.log(c.o.y[c.rows] / c.predicted)
    expected = np.average(logs, weights=c.o.row_weights[c.rows])
    assert fitted.view("overall").effects[0] == pytest.approx(expected, abs=1e-10)
