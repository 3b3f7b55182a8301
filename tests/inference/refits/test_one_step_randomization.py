"""Randomization of Poisson estimates in one step: p-values and intervals against one null at a time."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.repeating import OneStep, take_out_undetermined
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import draw_headline, ratio_inversion
from twintrade.inference.refits.dealing import deal_onsets
from twintrade.inference.refits.few_treated import compute_two_sided_share
from twintrade.inference.refits.ratio_inversion import take_logs
from twintrade.inference.refits.studentizing import build_draws, build_studentizer
from twintrade.numerics.poisson import updated_sets

DRAWS = 39
FEWEST = 19
"""So many give an interval at 5 percent."""
PRINTED = 5e-4
"""Half of the last digit of an effect in percent with one decimal, in log points."""
INTERPOLATED = 0.02
"""Noise by size has cusps between the effects that it is computed for."""
METHODS = {
    "imputation, total": Imputation(family="poisson", measure="percent"),
    "imputation, average pair": Imputation(family="poisson", measure="log_ratio"),
    "cells, total": ETWFE(family="poisson", measure="percent"),
    "regression": PPML(),
}


def make_design(gravity_panel, **options):
    made = gravity_panel(**{"effect": 1.5, "n_cities": 5, "n_partners": 6, "n_treated": 5} | options)
    return made.with_outcome("flow", "level")


def compute_p(fitted, onsets, effect, noise):
    """Return the p-value of an effect from one-step estimates under that very null."""
    model, shown = fitted.estimator.one_step(fitted.design), {"overall": fitted.view("overall")}
    factor = np.exp(effect * fitted.design.observations.is_treated)
    values = build_draws(model, onsets).estimate(model.under(factor), shown)["overall"][:, 0]
    if noise == "by_size":
        values = take_logs(fitted.estimate, values)
        values = values / build_studentizer(fitted, ["overall"], onsets).scale("overall", 0, effect, 0.0)
    return compute_two_sided_share(float(values[-1]), values[:-1][~np.isnan(values[:-1])])


@pytest.mark.parametrize(
    ("method", "noise", "draws"),
    [
        *((method, "by_size", DRAWS) for method in METHODS),
        ("imputation, total", "equal", DRAWS),
        ("imputation, average pair", "equal", 99),
        ("cells, total", "equal", DRAWS),
        ("regression", "equal", 99),
        pytest.param("imputation, total", "equal", 99, marks=pytest.mark.slow),
        pytest.param("imputation, average pair", "equal", DRAWS, marks=pytest.mark.slow),
        pytest.param("cells, total", "equal", 99, marks=pytest.mark.slow),
        pytest.param("regression", "equal", DRAWS, marks=pytest.mark.slow),
    ],
)
def test_the_ends_are_where_the_test_of_one_null_begins_to_reject(gravity_panel, method, noise, draws) -> None:
    fitted = fit(METHODS[method], make_design(gravity_panel, fixed_effects="gravity"))
    how = Randomization(draws=draws, across="units", noise=noise)
    bands = how.infer(fitted, "overall", np.random.default_rng(5))
    seed = int(np.random.default_rng(5).integers(2**31))
    onsets = deal_onsets(fitted, "units", draws, np.random.default_rng(seed)).onsets
    tried, near = 0, PRINTED if noise == "equal" else INTERPOLATED
    for end, outward in ((bands.low[0], -1), (bands.high[0], 1)):
        at = float(np.log1p(end / 100)) if fitted.estimate.scale == "percent" else float(end)
        if np.isfinite(at):
            assert compute_p(fitted, onsets, at - outward * near, noise) > 0.05
            assert compute_p(fitted, onsets, at + outward * near, noise) <= 0.05
            tried += 1
    assert tried >= 1


EFFECTS = (0.0, 0.5, 1.0, 3.0)


@pytest.mark.parametrize(
    ("method", "seeds"),
    [
        *((method, (i % 2, i % 2 + 2)) for i, method in enumerate(METHODS)),
        *(pytest.param(method, (0, 1, 2, 3), marks=pytest.mark.slow) for method in METHODS),
    ],
)
def test_zero_is_outside_exactly_where_p_is_at_most_5_percent(gravity_panel, method, seeds) -> None:
    outside = []
    for seed, effect in ((seed, EFFECTS[seed]) for seed in seeds):
        fitted = fit(METHODS[method], make_design(gravity_panel, seed=seed, effect=effect))
        how = Randomization(draws=DRAWS, across="units")
        for bands in how.infer_views(fitted, fitted.views, np.random.default_rng(seed)).values():
            known = np.isfinite(bands.p) & ~np.isnan(bands.low)
            is_outside = (bands.low[known] > 0) | (bands.high[known] < 0)
            assert np.array_equal(is_outside, bands.p[known] <= 0.05)
            outside += is_outside.tolist()
    assert 0 < sum(outside) < len(outside)


def test_the_interval_is_around_the_estimate(gravity_panel) -> None:
    for method in METHODS.values():
        fitted = fit(method, make_design(gravity_panel, fixed_effects="gravity", n_treated=8))
        bands = Randomization(draws=FEWEST, across="units").infer(fitted, "overall", np.random.default_rng(2))
        assert bands.low[0] < bands.estimate.effects[0] < bands.high[0]


def test_an_event_study_is_tested_for_its_static_effect_and_its_unbinned_path(gravity_panel) -> None:
    made = make_design(gravity_panel, fixed_effects="gravity").within((-2, 2))
    views = Randomization(draws=FEWEST).infer_views(
        fit(PPML(bins=True), made), ["event", "overall", "path"], np.random.default_rng(1)
    )
    alone, unbinned = fit(PPML(shape="static"), made), fit(PPML(), made)
    again = Randomization(draws=FEWEST, intervals=False).infer_views(
        unbinned, ["overall", "path"], np.random.default_rng(1)
    )
    for view in ("overall", "path"):
        assert views[view].low[0] < views[view].estimate.effects[0] < views[view].high[0]
        assert views[view].p == pytest.approx(again[view].p)
    assert views["overall"].estimate.effects == pytest.approx(alone.view("overall").effects)
    assert views["event"].estimate.event_times.tolist() == [-2, -1, 0, 1, 2]
    assert views["event"].low[1] == views["event"].high[1] == 0


def test_refits_remain_an_option(gravity_panel, rng) -> None:
    """Their intervals are tested in ``test_ratio_inversion``."""
    fitted = fit(PPML(shape="static"), make_design(gravity_panel))
    how = Randomization(draws=19, statistic="coefficient", across="units", intervals=False)
    bands = how.infer(fitted, "overall", rng)
    assert bands.facts["statistic"] == "coefficient"
    assert 0 < bands.p[0] <= 1


def test_a_difference_has_a_p_value_and_no_interval(gravity_panel) -> None:
    """A constant proportional effect can be taken out; a constant difference of pairs of all sizes cannot."""
    made = make_design(gravity_panel)
    unit = made.panel.columns["flow"].mean()
    panel = replace(made.panel, columns={**made.panel.columns, "flow": made.panel.columns["flow"] / unit})
    difference = fit(PPML(shape="static", measure="difference"), replace(made, panel=panel))
    bands = Randomization(draws=49, across="units").infer(difference, "overall", np.random.default_rng(1))
    assert np.isnan([bands.low[0], bands.high[0]]).all()
    assert "interval" not in str(bands.note)
    assert 0 < bands.p[0] <= 1


def double(design, log_effect):
    """Return the design where every treated row is multiplied by the exponential of an effect."""
    o, column = design.observations, design.panel.columns["flow"].copy()
    column[o.rows[o.is_treated]] *= np.exp(log_effect)
    return replace(design, panel=replace(design.panel, columns={**design.panel.columns, "flow": column}))


@pytest.mark.parametrize(
    ("method", "noise"),
    [
        ("imputation, total", "by_size"),
        ("imputation, average pair", "equal"),
        ("regression", "by_size"),
        ("regression", "equal"),
        pytest.param("imputation, total", "equal", marks=pytest.mark.slow),
        pytest.param("imputation, average pair", "by_size", marks=pytest.mark.slow),
    ],
)
def test_effects_before_the_onset_are_judged_alike_however_large_the_effect_after(
    gravity_panel, method, noise
) -> None:
    """A step from a fit that holds the effect leaves some of it in the periods before."""
    made = make_design(gravity_panel, effect=0.0, seed=3)
    p, joint = [], []
    for effect in (0.0, 2.0):
        fitted = fit(METHODS[method], double(made, effect))
        how = Randomization(draws=DRAWS, across="units", noise=noise)
        bands = how.infer(fitted, "event", np.random.default_rng(4))
        early = bands.estimate.pre_effects()
        p.append(bands.p[early])
        joint.append(bands.facts["pretrend_p"])
        assert (bands.low[early] < bands.estimate.effects[early]).all()
        assert (bands.high[early] > bands.estimate.effects[early]).all()
    assert np.abs(p[1] - p[0]).max() <= 4 / (DRAWS + 1)
    assert abs(joint[1] - joint[0]) <= 4 / (DRAWS + 1)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_by_event_time_move_with_a_large_effect(gravity_panel, method) -> None:
    made, effect, ends = make_design(gravity_panel, effect=0.0, seed=3), 2.0, []
    for design in (made, double(made, effect)):
        fitted = fit(METHODS[method], design)
        bands = Randomization(draws=DRAWS, across="units").infer(fitted, "event", np.random.default_rng(4))
        after = bands.estimate.event_times >= 0
        assert (bands.low[after] < bands.estimate.effects[after]).all()
        assert (bands.high[after] > bands.estimate.effects[after]).all()
        both = np.stack([bands.low[after], bands.high[after]])
        ends.append(np.log1p(both / 100) if bands.estimate.scale == "percent" else both)
    moved = ends[0][1] + effect
    moved[moved > ratio_inversion.LARGEST] = np.inf  # no end is printed from there on
    np.testing.assert_allclose(ends[1][1], moved, atol=0.05)
    assert ((ends[1][0] > 0) & (effect < ends[1][1])).all()
    holds_zero = ends[0][0] < 0
    assert (ends[1][0] < effect)[holds_zero].all()
    # Between two fits the lower ends lie on a line, which the estimates' noise is not.
    np.testing.assert_allclose(ends[1][0] - ends[0][0], effect, atol=0.3 * effect)


def test_extrapolations_that_go_too_far_are_shortened(gravity_panel, monkeypatch) -> None:
    """Rounds of one draw went there and back for good, half a standard deviation from the refit."""
    monkeypatch.setattr(updated_sets, "SETTLED", 1e-12)
    design = double(make_design(gravity_panel, effect=0.0, seed=3), 2.0)
    fitted = fit(METHODS["regression"], design)
    onset = deal_onsets(fitted, "units", DRAWS, np.random.default_rng(4)).onsets[31]
    model = replace(fitted.estimator.one_step(design), n_rounds=3000)
    found = build_draws(model, [onset]).estimate(model.under_none, {"event": fitted.view("event")})["event"][0]
    again = fitted.refit(design.reassigned(onset), "event").view("event")
    np.testing.assert_allclose(found, again.effects, atol=1e-6)


def test_an_effect_of_minus_100_percent_ranks_as_the_most_extreme(gravity_panel) -> None:
    made = make_design(gravity_panel, effect=0.0, n_cities=6)
    o, column = made.observations, made.panel.columns["flow"].copy()
    column[o.rows[o.event_time == 0]] = 0.0
    empty = replace(made, panel=replace(made.panel, columns={**made.panel.columns, "flow": column}))
    fitted = fit(METHODS["imputation, total"], empty)
    bands = Randomization(draws=DRAWS, across="units").infer(fitted, "event", np.random.default_rng(4))
    k = bands.estimate.event_times.tolist().index(0)
    assert bands.estimate.effects[k] == pytest.approx(-100)
    assert bands.p[k] == pytest.approx(1 / (DRAWS + 1))
    assert np.isnan([bands.low[k], bands.high[k]]).all()
    assert any("does not move it" in str(message.text) for message in bands.messages)


def draw_own(fitted, rng):
    onsets = deal_onsets(fitted, "units", DRAWS, rng).onsets
    return draw_headline(fitted, onsets, rng, has_noise_by_size=True)


@pytest.mark.parametrize("method", ["imputation, total", "regression"])
def test_p_and_interval_of_a_difference_agree_and_hold_what_is_printed(gravity_panel, method) -> None:
    """In one step a difference is another than printed: eight of 72 intervals around that one disagreed with p."""
    outside = []
    for seed, effect in ((0, 0.0), (1, 0.5), (8, 2.0), (10, 0.5), (11, 2.0)):
        rng = np.random.default_rng(seed)
        made = make_design(gravity_panel, seed=seed, effect=effect, n_treated=6)
        alone = PPML(shape="static") if method == "regression" else METHODS[method]
        fitted = fit(alone, made)
        headline, treated = draw_own(fitted, rng), np.flatnonzero(np.isfinite(made.onset))
        for k in (1, 3):
            later = np.isin(np.arange(made.onset.size), rng.choice(treated, k, replace=False))
            again = fitted.refit(made.reassigned(made.onset + later), "overall")
            found = headline.compare(again)
            printed = float(again.view("overall").effects[0] - fitted.view("overall").effects[0])
            assert found.low - 1e-6 <= printed <= found.high + 1e-6
            outside.append(found.low > 0 or found.high < 0)
            assert outside[-1] == (found.p <= 0.05)
    assert 0 < sum(outside) < len(outside)


def test_a_change_that_adds_and_removes_rows_at_once_is_made_in_one_step(gravity_panel, monkeypatch, rng) -> None:
    made = make_design(gravity_panel, n_treated=4)
    without, estimator = np.random.default_rng(2).random((2, made.panel.n_rows)) > 0.03, METHODS["imputation, total"]
    fitted = fit(estimator, made.restricted(without[0]))
    headline, built = draw_own(fitted, rng), []
    build = OneStep.build_blocks

    def record(self, design):
        built.append(build(self, design))
        return built[-1]

    monkeypatch.setattr(OneStep, "build_blocks", record)
    found = headline.compare(fit(estimator, made.restricted(without[1])))
    assert len(built) == DRAWS + 1
    assert all(blocks is not None and len(blocks) == 1 for blocks in built)
    assert found.low < found.high


def test_each_null_of_an_interval_is_fitted_once(gravity_panel, monkeypatch) -> None:
    fitted = fit(METHODS["imputation, total"], make_design(gravity_panel, fixed_effects="gravity"))
    under, fitted_to = OneStep.under, []

    def record(self, factor):
        fitted_to.append(float(factor[self.design.observations.is_treated][0]))
        return under(self, factor)

    monkeypatch.setattr(OneStep, "under", record)
    Randomization(draws=99, across="units").infer(fitted, "overall", np.random.default_rng(5))
    assert len(fitted_to) == len(set(fitted_to)) > 3


@pytest.mark.parametrize(
    ("method", "intervals"),
    [
        ("imputation, total", False),
        ("imputation, average pair", True),
        ("cells, total", False),
        pytest.param("imputation, total", True, marks=pytest.mark.slow),
        pytest.param("cells, total", True, marks=pytest.mark.slow),
    ],
)
def test_rows_that_nothing_determines_take_no_p_value_with_them(gravity_panel, method, intervals) -> None:
    """In a panel of which half is missing, some treated rows are sums of effects no other row has."""
    design = make_design(gravity_panel, n_cities=7, n_partners=8, n_periods=8, n_treated=9, fixed_effects="gravity")
    rng = np.random.default_rng(4)
    value = design.panel.columns["flow"].copy()
    value[rng.random(value.size) < 0.55] = np.nan
    sparse = replace(design, panel=replace(design.panel, columns={**design.panel.columns, "flow": value}))
    fitted = fit(METHODS[method], sparse)
    how = Randomization(draws=FEWEST, across="units", noise="by_row", intervals=intervals)
    bands = how.infer(fitted, "overall", np.random.default_rng(5))
    assert np.isfinite([bands.p[0], *([bands.low[0], bands.high[0]] if intervals else [])]).all()
    model = fitted.estimator.one_step(sparse)
    null, real = model.under_none, model.build_blocks(sparse)[0]
    block = take_out_undetermined(null.q, null.nested, real, sparse.observations.effect_codes())
    is_measured = block.cells[block.columns] >= 0
    assert is_measured.sum() == fitted.view("overall").n_cells.sum() < is_measured.size
