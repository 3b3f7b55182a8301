"""One-step estimates against a dense Newton step from the fit without treatment, view by view."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, Panel, Treatment
from twintrade.effects.regression import POOLED
from twintrade.estimators.base import Fit, fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.repeating.one_step import sum_squared_weights
from twintrade.estimators.repeating.repeated import find_unit_rows
from twintrade.estimators.repeating.treatment_blocks import compute_means, join_blocks, place_dummies
from twintrade.numerics.absorption import dummy_sets
from twintrade.numerics.poisson import fit_poisson, updated_sets

# The null's fit stops at 1e-10 of the deviance, and conjugate gradients at 1e-9 of what they begin with.
AGREEMENT = 1e-6
N_PERIODS = 9
ADJUSTED = {"covariates": ("x",), "weights": "w"}
PERCENT = Imputation(family="poisson", measure="percent")
CASES = [
    (PERCENT, "two_way", {}),
    (PERCENT, "gravity", ADJUSTED),
    (PERCENT, "gravity", {"anticipation": 1, "reference": -2}),
    (Imputation(family="poisson"), "gravity", {}),
    (Imputation(family="poisson"), "gravity", {"weights": "w"}),
    (Imputation(family="poisson", measure="difference"), "gravity", {"weights": "w"}),
    (ETWFE(family="poisson", measure="percent"), "gravity", {"weights": "w"}),
    (ETWFE(family="poisson", measure="difference"), "two_way", {}),
    (ETWFE(family="poisson"), "gravity", {"anticipation": 1, "reference": -2}),
    (PPML(), "gravity", ADJUSTED),
    (PPML(shape="static"), "two_way", {}),
]


@pytest.fixture(autouse=True)
def precise(monkeypatch) -> None:
    monkeypatch.setattr(dummy_sets, "PRECISION", 1e-9)


def step_alone(estimator, design):
    """Return the model without the rounds that follow the step, or take its place."""
    return replace(estimator.one_step(design), n_rounds=0)


def made(seed: int, fixed_effects: str, **options) -> Design:
    """Return a panel with zeros, gaps, and dyads that trade only late."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"c{i}" for i in range(8)], [f"p{i}" for i in range(7)], range(N_PERIODS)],
        names=["city", "partner", "period"],
    )
    frame, n, n_units = index.to_frame(index=False), len(index), 56
    unit = np.repeat(np.arange(n_units), N_PERIODS)
    size = np.exp(rng.normal(0, 1.0, n_units))[unit]
    frame["x"], frame["w"] = rng.normal(size=n), rng.uniform(0.5, 2, n)
    frame["y"] = rng.poisson(9 * size * np.exp(0.1 * frame["x"])) * rng.gamma(4, 0.25, n)
    frame.loc[np.isin(unit, [3, 8, 14]) & (frame["period"] < 4), "y"] = 0.0
    frame = frame[rng.random(n) > 0.1]
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(n_units, np.inf)
    onset[rng.choice(onset.size, 7, replace=False)] = rng.integers(3, 8, 7)
    return Design(
        panel=panel,
        treatment=Treatment(panel.units, onset),
        outcome="y",
        fixed_effects=fixed_effects,
        window=(-3, 3),
        **options,
    )


def step_densely(design, rows, columns, factor):
    """Return what each of some rows would have had, by weighted least squares of the working residual."""
    o = design.observations
    y = o.y / factor
    null = fit_poisson(y, o.covariates, o.effect_codes(), o.weights)
    mu = np.zeros(o.n_rows)
    mu[null.rows] = null.mu
    dummies = np.zeros((o.n_rows, columns.max() + 1))
    dummies[rows, columns] = 1.0
    effects = np.column_stack([*(np.eye(c.max() + 1)[c] for c in o.effect_codes()), o.covariates])
    z = np.column_stack([dummies, effects])[null.rows]
    root = np.sqrt(null.mu * o.row_weights[null.rows])
    slopes = np.linalg.lstsq(z * root[:, None], root * (y[null.rows] / null.mu - 1), rcond=1e-13)[0]
    moved = effects[rows] @ slopes[dummies.shape[1] :]
    return y[rows], mu[rows] * np.exp(moved)


def average_by_hand(estimator, design, factor):
    """Return the overall effect, and effects by event time from onset on where cells are averaged."""
    o = design.observations
    rows = np.flatnonzero(o.is_affected)
    is_static = isinstance(estimator, PPML)
    if is_static:
        rows = np.flatnonzero(o.is_treated)
    keys = pd.DataFrame({"g": o.onset[rows], "e": o.event_time[rows], "w": o.row_weights[rows]})
    cell = keys.groupby(["g", "e"]).ngroup().to_numpy()
    columns = (
        np.zeros(rows.size, int) if is_static else cell if isinstance(estimator, ETWFE) else np.arange(rows.size)
    )
    y, expected = step_densely(design, rows, columns, factor)
    table = keys.assign(y=keys["w"] * y, m=keys["w"] * expected)
    if is_static:
        return float(np.log(table["y"].sum() / table["m"].sum())), {}
    rows_known = table.assign(unit=o.unit[rows])[expected > 0]
    table = table[expected > 0].groupby(["g", "e"]).sum().reset_index()
    measure = estimator.measure
    if measure == "percent":
        table["effect"], table["weight"] = 100 * (table["y"] / table["m"] - 1), table["m"]
    elif measure == "difference":
        table["effect"], table["weight"] = (table["y"] - table["m"]) / table["w"], table["w"]
    else:
        table = table[table["y"] > 0]
        table["effect"], table["weight"] = np.log(table["y"] / table["m"]), table["w"]
    after = table[table["e"] >= 0]
    by_time = {e: np.average(one["effect"], weights=one["weight"]) for e, one in after.groupby("e")}
    if isinstance(estimator, Imputation) and measure is None:
        return average_logs_by_hand(rows_known[rows_known["e"] >= 0]), by_time
    return float(np.average(after["effect"], weights=after["weight"])), by_time


def average_logs_by_hand(table) -> float:
    """Return the average of log ratios over rows or, where more than 5 % are zero, over units."""
    groups, weight = table, table["w"]
    if (table["y"] == 0).mean() > 0.05:
        groups, weight = table.groupby("unit").sum(), table.groupby("unit")["w"].mean()
    known = groups["y"] > 0
    return float(np.average(np.log((groups["y"] / groups["m"])[known]), weights=weight[known]))


@loop_over(("estimator", "fixed_effects", "options"), CASES, ids=lambda value: repr(value)[:60])
def test_one_step_is_a_dense_newton_step_from_the_fit_without_treatment(estimator, fixed_effects, options) -> None:
    design = made(5, fixed_effects, **options)
    o, fitted = design.observations, fit(estimator, design)
    model = step_alone(estimator, design)
    for factor in (np.ones(o.n_rows), np.exp(0.4 * o.is_treated)):
        views = {view: fitted.view(view) for view in ("overall", "event") if view in fitted.views}
        drawn = model.under(factor).estimate([model.build_blocks(design)] * 2, views)
        overall, by_time = average_by_hand(estimator, design, factor)
        assert drawn["overall"][:, 0] == pytest.approx([overall] * 2, rel=AGREEMENT)
        for e, effect in by_time.items():
            if e in fitted.view("event").event_times:
                assert drawn["event"][0, fitted.view("event").event_times == e] == pytest.approx(
                    effect, rel=AGREEMENT
                )


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson"), PPML(shape="static")], ids=repr)
def test_a_draw_whose_pairs_never_traded_has_no_weights(estimator) -> None:
    design, quiet = made(5, "gravity"), 20
    y = np.where(design.panel.unit == quiet, 0.0, design.panel.columns["y"])
    design = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "y": y}))
    model, onset = estimator.one_step(design), np.full(design.onset.size, np.inf)
    onset[quiet] = 5
    lost = model.build_blocks(design.reassigned(onset))
    assert np.isnan(sum_squared_weights(model.under_none, [lost])).all()
    both = sum_squared_weights(model.under_none, [lost, model.build_blocks(design)])
    np.testing.assert_array_equal(np.isnan(both).all(axis=1), [True, False])


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson"), PPML(shape="static")], ids=repr)
def test_many_draws_at_once_are_each_alone(estimator, monkeypatch) -> None:
    """Draws that leave rows out are estimated without these rows, beside draws that do not."""
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-11)
    design, rng = made(6, "gravity"), np.random.default_rng(3)
    model, shown = estimator.one_step(design), {"overall": fit(estimator, design).view("overall")}
    null = model.under(np.ones(design.observations.n_rows))
    blocks = []
    for k in range(12):
        changed = design.reassigned(rng.permutation(design.onset))
        keep = np.ones(design.panel.n_rows, dtype=bool)
        keep[rng.choice(keep.size, 3 * (k % 2), replace=False)] = False
        blocks.append(model.build_blocks(changed.restricted(keep) if k % 2 else changed))
    together = null.estimate(blocks, shown)["overall"]
    alone = np.vstack([null.estimate([one], shown)["overall"] for one in blocks])
    np.testing.assert_allclose(together, alone, rtol=AGREEMENT)
    assert np.isfinite(together).sum() > 8


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson")], ids=repr)
def test_a_draw_whose_cohorts_are_single_pairs_is_as_all_others(estimator) -> None:
    """Each of its dummies has one row by chance: what is done follows from the method, not from its draws."""
    design = made(6, "gravity")
    onset = np.full(design.onset.size, np.inf)
    onset[[3, 20, 41]] = 4, 5, 6
    single, several = onset, np.where(np.isfinite(onset), 5.0, np.inf)
    model, shown = estimator.one_step(design), {"overall": fit(estimator, design).view("overall")}
    blocks = [model.build_blocks(design.reassigned(one)) for one in (single, several)]
    null = model.under_none
    assert null.means is estimator.one_step(design).under_none.means  # fitted once
    together = null.estimate(blocks, shown)["overall"]
    alone = np.vstack([null.estimate([one], shown)["overall"] for one in blocks])
    np.testing.assert_allclose(together, alone, rtol=AGREEMENT)


@loop_over("estimator", [PERCENT, ETWFE(family="poisson"), PPML(shape="static")], ids=repr)
@loop_over("is_followed", [False, True])
def test_rows_that_no_treatment_observes_need_no_dummies(estimator, is_followed, monkeypatch) -> None:
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-11)
    design, rng = made(6, "gravity"), np.random.default_rng(4)
    model, shown = step_alone(estimator, design), {"overall": fit(estimator, design).view("overall")}
    model = replace(model, n_rounds=2000) if is_followed else model
    panel = design.panel
    gone = (panel.unit_city == panel.unit_city[0])[panel.unit]
    gone[rng.choice(gone.size, 5, replace=False)] = True
    dealt = [rng.permutation(design.onset) for _ in range(4)]
    blocks = [model.build_blocks(design.reassigned(onset).restricted(~gone)) for onset in dealt]
    null = model.under_none
    less = null.without(np.flatnonzero(gone[design.observations.rows]))
    assert less.q.weights.sum() < 0.9 * null.q.weights.sum()
    found = [one.estimate(blocks, shown)["overall"] for one in (null, less)]
    np.testing.assert_allclose(found[1], found[0], rtol=AGREEMENT)
    assert np.isfinite(found[0]).any()


def test_rows_are_found_from_those_chosen_as_from_those_observed() -> None:
    design, rng = made(6, "gravity"), np.random.default_rng(5)
    shared, n_quick = find_unit_rows(design), 0
    for _ in range(30):
        keep = rng.random(design.panel.n_rows) >= 0.3
        keep &= ~np.isin(design.panel.unit, rng.choice(design.panel.n_units, 4, replace=False))
        changed = design.reassigned(rng.permutation(design.onset)).restricted(keep)
        observed, found = shared.find_observed(changed), shared.find_rows(changed)
        n_quick += shared._find_kept(changed) is not None
        assert (found is None) == (observed is None)
        if found is not None and observed is not None:
            for k in (0, 2):
                np.testing.assert_array_equal(found[k], observed[k])
            for name in ("rows", "y", "unit", "unit_ids", "unit_rows", "period", "unit_onset", "is_affected"):
                np.testing.assert_array_equal(getattr(found[1], name), getattr(observed[1], name))
    assert 3 <= n_quick < 30


@pytest.mark.parametrize("estimator", [PERCENT, ETWFE(family="poisson"), PPML(shape="static")], ids=repr)
def test_rows_left_out_count_as_if_they_were_not_there(estimator) -> None:
    """To first order: with the null's weights, one step without rows is least squares on the others."""
    design = made(7, "two_way")
    model = step_alone(estimator, design)
    null = model.under(np.ones(design.observations.n_rows))
    keep = np.ones(design.panel.n_rows, dtype=bool)
    keep[np.flatnonzero(~design.observations.is_affected)[[4, 90, 200]]] = False
    shown = {"overall": fit(estimator, design).view("overall")}
    found = null.estimate([model.build_blocks(design.restricted(keep))], shown)["overall"][0, 0]
    o = design.observations
    rows = np.flatnonzero(o.is_treated)
    cell = pd.DataFrame({"g": o.onset[rows], "e": o.event_time[rows]}).groupby(["g", "e"]).ngroup().to_numpy()
    columns = {"ppml": np.zeros(rows.size, int), "etwfe": cell}.get(estimator.name, np.arange(rows.size))
    lost = np.flatnonzero(~keep)
    y, expected = step_densely(
        design, np.append(rows, lost), np.append(columns, columns.max() + 1 + np.arange(3)), np.ones(o.n_rows)
    )
    y, expected = y[: rows.size], expected[: rows.size]
    by_cell = pd.DataFrame({"cell": cell, "y": y, "m": expected}).groupby("cell").sum()
    if estimator is PERCENT:
        by_hand = 100 * (y.sum() / expected.sum() - 1)
    elif estimator.name == "ppml":
        by_hand = np.log(y.sum() / expected.sum())
    else:
        by_hand = np.average(np.log(by_cell["y"] / by_cell["m"]), weights=np.bincount(cell))
    assert found == pytest.approx(by_hand, rel=AGREEMENT)


def test_effects_of_cohorts_change_with_the_treatment_and_are_left_to_refits() -> None:
    design = made(0, ("cohort", "period"))
    for estimator in (PPML(), ETWFE(family="poisson")):
        assert estimator.one_step(design) is None


def test_leads_of_imputation_are_those_of_untreated_rows_in_one_step() -> None:
    design = made(8, "two_way")
    o, fitted = design.observations, fit(PERCENT, design)
    model, event = step_alone(PERCENT, design), fitted.view("event")
    drawn = model.under(np.ones(o.n_rows)).estimate([model.build_blocks(design)], {"event": event})["event"][0]
    times = fitted.estimate.event_times[fitted.estimate.cohorts == POOLED]
    affected = np.flatnonzero(o.is_affected)
    ever = o.is_ever_treated[o.unit]
    early = np.flatnonzero(~o.is_affected & ever & np.isin(o.event_time, times))
    columns = np.append(times.size + np.arange(affected.size), np.searchsorted(times, o.event_time[early]))
    y, expected = step_densely(design, np.append(affected, early), columns, np.ones(o.n_rows))
    for k, e in enumerate(times):
        one = columns == k
        by_hand = 100 * (y[one].sum() / expected[one].sum() - 1)
        assert drawn[event.event_times == e] == pytest.approx(by_hand, rel=AGREEMENT)


@loop_over(("estimator", "fixed_effects", "options"), CASES, ids=lambda value: repr(value)[:60])
def test_rounds_begin_where_a_step_ends(estimator, fixed_effects, options) -> None:
    """For any coefficients of the dummies, not only those of the step."""
    design, rng = made(5, fixed_effects, **options), np.random.default_rng(12)
    null, codes = estimator.one_step(design).under_none, design.observations.effect_codes()
    dealt = [null.model.build_blocks(one) for one in (design.reassigned(design.onset[::-1].copy()), design)]
    placed = place_dummies(null.q, null.nested, join_blocks([one[0] for one in dealt if one is not None]), codes)
    solution = rng.normal(0, 0.5, placed.dummies.home.size)
    expected = null.means[placed.dummies.rows] * np.exp(-placed.dummies.fit(solution))
    found = compute_means(placed, solution, null.updates, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    # A draw that nothing determines leaves the others as they are.
    is_far = placed.dummies.home == 0
    beside = compute_means(placed, np.where(is_far, 1e9 * solution, solution), null.updates, 0)
    np.testing.assert_array_equal(beside[placed.dummies.sets > 0], found[placed.dummies.sets > 0])


@loop_over(
    ("estimator", "fixed_effects", "options"),
    [case for case in CASES if "covariates" not in case[2]],
    ids=lambda value: repr(value)[:60],
)
def test_rounds_of_exact_updates_lead_to_the_whole_estimate(estimator, fixed_effects, options, monkeypatch) -> None:
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-12)
    design = made(5, fixed_effects, **options)
    # Dyads without any trade before their agreement have no imputed outcome, and a step gives them some.
    traded = {**design.panel.columns, "y": design.panel.columns["y"] + 1}
    design = replace(design, panel=replace(design.panel, columns=traded))
    overall = fit(estimator, design).view("overall")
    model = replace(estimator.one_step(design), n_rounds=3000)
    blocks = [model.build_blocks(one) for one in (design.reassigned(design.onset[::-1].copy()), design)]
    found = model.under_none.estimate([one for one in blocks if one is not None], {"overall": overall})
    assert found["overall"][-1] == pytest.approx(overall.effects, rel=AGREEMENT)


@pytest.mark.parametrize("estimator", [ETWFE(family="poisson"), PPML(shape="static")], ids=["cells", "regression"])
@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
def test_draws_are_the_refits_where_pairs_trade_only_late(estimator, fixed_effects, monkeypatch) -> None:
    """What a row would have had is not determined where its pair trades in rows with dummies alone."""
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-12)
    design, rng = made(6, fixed_effects), np.random.default_rng(3)
    model, shown = estimator.one_step(design), {"overall": fit(estimator, design).view("overall")}
    dealt = [design.reassigned(rng.permutation(design.onset)) for _ in range(12)]
    drawn = [(one, blocks) for one in dealt if (blocks := model.build_blocks(one)) is not None]
    found = model.under_none.estimate([blocks for _, blocks in drawn], shown)["overall"][:, 0]
    refits = [fit(estimator, one, ("overall",)).view("overall").effects[0] for one, _ in drawn]
    np.testing.assert_allclose(found, refits, rtol=1e-6)


@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
def test_imputation_is_the_refit_under_every_assignment(fixed_effects) -> None:
    """Within a thousandth of the means, at no effect and at one: no step stands for the refit."""
    design, rng = made(5, fixed_effects), np.random.default_rng(8)
    column = design.panel.columns["y"] + 1
    design = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "y": column}))
    shown = {"overall": fit(PERCENT, design).view("overall")}
    dealt = [design.reassigned(rng.permutation(design.onset)) for _ in range(20)]
    for effect in (0.0, -1.5):
        factor = np.exp(effect * design.observations.is_treated)
        model = PERCENT.one_step(design)
        drawn = [(one, blocks) for one in dealt if (blocks := model.build_blocks(one)) is not None]
        found = model.under(factor).estimate([blocks for _, blocks in drawn], shown)["overall"][:, 0]
        changed = column.copy()
        changed[design.observations.rows] /= factor
        panel = replace(design.panel, columns={**design.panel.columns, "y": changed})
        refits = [
            fit(PERCENT, replace(one, panel=panel), ("overall",)).view("overall").effects[0] for one, _ in drawn
        ]
        np.testing.assert_allclose(1 + found / 100, 1 + np.array(refits) / 100, rtol=3e-3)
        assert len(drawn) > 10


@loop_over(("estimator", "fixed_effects", "options"), CASES, ids=lambda value: repr(value)[:60])
def test_weights_of_rows_are_how_the_whole_estimate_moves_with_them(estimator, fixed_effects, options) -> None:
    """Where means fit exactly, an outcome that rises by a share moves the refitted headline by its row's weight."""
    design = made(5, fixed_effects, **options)
    if isinstance(estimator, Imputation) and estimator.measure is None:
        # Zeros decide whether rows or units are averaged, and means have none.
        traded = {**design.panel.columns, "y": design.panel.columns["y"] + 1}
        design = replace(design, panel=replace(design.panel, columns=traded))
    model = estimator.one_step(design)
    null, step = model.under_none, 1e-4
    o = design.observations
    column = np.full(design.panel.n_rows, np.nan)
    column[o.rows] = null.means

    def estimate(y) -> float:
        panel = replace(design.panel, columns={**design.panel.columns, "y": y})
        return float(fit(estimator, replace(design, panel=panel), ("overall",)).view("overall").effects[0])

    rng = np.random.default_rng(11)
    dealt = [rng.permutation(design.onset) for _ in range(2)]
    blocks = [one for onset in dealt if (one := model.build_blocks(design.reassigned(onset))) is not None]
    blocks.append(model.build_blocks(design))
    squares = sum_squared_weights(null, blocks)
    unit = 100 if estimator.measure == "percent" else 1
    treated, other = np.unique(o.unit[o.is_treated])[2], np.unique(o.unit[~o.is_ever_treated[o.unit]])[4]
    for chosen in (treated, other):
        moved = []
        for row in np.flatnonzero((o.unit == chosen) & (null.means > 0)):
            up, down = column.copy(), column.copy()
            up[o.rows[row]] *= 1 + step
            down[o.rows[row]] *= 1 - step
            moved.append((estimate(up) - estimate(down)) / (2 * step) / unit)
        assert squares[-1, chosen] == pytest.approx(np.square(moved).sum(), rel=1e-5)
    assert np.isfinite(squares).all()
    alone = np.vstack([sum_squared_weights(null, [one]) for one in blocks])
    np.testing.assert_allclose(squares, alone, rtol=AGREEMENT)


@pytest.mark.parametrize("estimator", [PERCENT, Imputation(family="poisson"), ETWFE(family="poisson")], ids=repr)
def test_close_to_the_whole_estimate_where_noise_is_small(estimator) -> None:
    design = made(9, "two_way")
    rng, o = np.random.default_rng(2), design.observations
    size = np.exp(rng.normal(size=o.n_units))[o.unit]
    column = np.full(design.panel.n_rows, np.nan)
    column[o.rows] = 1e3 * size * np.exp(0.05 * rng.normal(size=o.n_rows) + 0.02 * o.is_treated)
    quiet = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "y": column}))
    fitted, model = fit(estimator, quiet), estimator.one_step(quiet)
    views = {view: fitted.view(view) for view in ("overall", "event", "cohort", "calendar", "cell")}
    drawn = model.under(np.ones(o.n_rows)).estimate([model.build_blocks(quiet)], views)
    unit = 100 if estimator is PERCENT else 1
    for view, shown in views.items():
        np.testing.assert_allclose(drawn[view][0] / unit, shown.effects / unit, atol=0.02, err_msg=view)
    assert isinstance(fitted, Fit)


def test_what_is_settled_for_is_close_enough_for_any_rank(monkeypatch) -> None:
    design = made(10, "gravity")
    model, shown = PERCENT.one_step(design), {"overall": fit(PERCENT, design).view("overall")}
    null, blocks = model.under_none, [model.build_blocks(design)]
    exact = null.estimate(blocks, shown)["overall"]
    monkeypatch.undo()
    assert dummy_sets.PRECISION > 1e-9
    np.testing.assert_allclose(null.estimate(blocks, shown)["overall"], exact, rtol=1e-4)


@pytest.mark.parametrize("estimator", [PERCENT, Imputation(family="poisson"), ETWFE(family="poisson")], ids=repr)
def test_rows_that_nothing_predicts_are_left_out_as_the_estimate_leaves_them(estimator) -> None:
    """From period 5 on every pair of a city is treated: its city-periods say nothing of what would have been."""
    design = made(11, "gravity")
    onset = np.where(design.panel.unit_city == 2, 5.0, np.inf)
    onset[[1, 30, 44]] = 4.0, 5.0, 6.0
    rng = np.random.default_rng(2)
    size = np.exp(rng.normal(size=onset.size))[design.panel.unit]
    flow = 1e3 * size * np.exp(0.02 * rng.normal(size=size.size))
    flow *= np.where(design.panel.period >= onset[design.panel.unit], 1.05, 1.0)
    flow *= np.where((design.panel.unit_city[design.panel.unit] == 2) & (design.panel.period >= 5), 3.0, 1.0)
    panel = replace(design.panel, columns={**design.panel.columns, "y": flow})
    filled = replace(design, panel=panel, treatment=Treatment(panel.units, onset))
    shown = {"overall": fit(estimator, filled).view("overall")}
    model = estimator.one_step(filled)
    found = model.under_none.estimate([model.build_blocks(filled)], shown)["overall"][0, 0]
    assert found == pytest.approx(float(shown["overall"].effects[0]), abs=2 if estimator is PERCENT else 0.02)


@loop_over(("fixed_effects", "options"), list(product(["two_way", "gravity"], [{}, {"weights": "w"}])))
def test_cells_without_trade_leave_as_a_regression_separates_them(fixed_effects, options, monkeypatch) -> None:
    """Rows of a shared dummy without any outcome move no others, so that draws are the refits."""
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-12)
    design = made(12, fixed_effects, **options)
    design = design.reassigned(np.where(np.isfinite(design.onset), np.minimum(design.onset, 5), np.inf))
    o = design.observations
    column = design.panel.columns["y"].copy()
    column[o.rows[o.is_treated & (o.event_time == 1)]] = 0.0
    empty = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "y": column}))
    cells = np.unique(o.onset[o.is_treated & (o.event_time == 1)], return_counts=True)[1]
    assert cells.max() >= 2
    for estimator in (ETWFE(family="poisson"), PPML()):
        shown = {view: fit(estimator, empty).view(view) for view in ("overall", "event")}
        model = estimator.one_step(empty)
        found = model.under_none.estimate([model.build_blocks(empty)], shown)
        for view, one in shown.items():
            after = one.event_times >= 0 if view == "event" else slice(None)
            np.testing.assert_allclose(found[view][0][after], one.effects[after], rtol=AGREEMENT, atol=AGREEMENT)


@loop_over(("fixed_effects", "options"), list(product(["two_way", "gravity"], [{}, {"weights": "w"}])))
def test_pairs_without_trade_before_their_agreement_are_no_part_of_leads(fixed_effects, options, monkeypatch) -> None:
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-12)
    design, estimator = made(12, fixed_effects, **options), Imputation(family="poisson", measure="difference")
    panel, treated = design.panel, np.flatnonzero(np.isfinite(design.onset))
    late = treated[design.onset[treated].argmax()]
    is_before = (panel.unit == late) & (panel.period - panel.first_period < design.onset[late])
    column = np.where(is_before, 0.0, panel.columns["y"])
    design = replace(design, panel=replace(panel, columns={**panel.columns, "y": column}))
    shown, model = fit(estimator, design, ("event",)).view("event"), estimator.one_step(design)
    found = model.under_none.estimate([model.build_blocks(design)], {"event": shown})["event"][0]
    early = shown.event_times < -1
    assert early.any()
    np.testing.assert_allclose(found[early], shown.effects[early], rtol=AGREEMENT)


@pytest.mark.parametrize("fixed_effects", ["two_way", "gravity"])
def test_a_step_too_far_for_a_line_is_followed_by_exact_updates(fixed_effects) -> None:
    """A pair of fast growing ends traded before its agreement alone: its one row left is 30 times its mean."""
    design = made(12, fixed_effects)
    panel = design.panel
    treated = np.isin(panel.unit, np.flatnonzero(np.isfinite(design.onset)))
    period, lost = panel.period - panel.first_period, int(np.flatnonzero(np.isfinite(design.onset))[0])
    onset = design.onset.copy()
    onset[lost] = panel.first_period + 1
    y = np.exp(0.6 * period + 0.1 * np.random.default_rng(3).normal(size=panel.n_rows) + 0.3 * treated)
    y[panel.unit == lost] = np.where(period[panel.unit == lost] < 1, 20.0, 0.0)
    changed = replace(panel, columns={**panel.columns, "y": y})
    design = replace(design, panel=changed, treatment=Treatment(panel.units, onset))
    fitted, model = fit(PERCENT, design), PERCENT.one_step(design)
    blocks, shown = [model.build_blocks(design)], {"overall": fitted.view("overall")}
    estimate = model.under_none.estimate(blocks, shown)["overall"][0, 0]
    assert estimate == pytest.approx(shown["overall"].effects[0], abs=15.0)
