"""Randomization of Poisson estimates by scores: the one-step estimate, its p-value, and the inverted interval."""

from dataclasses import replace

import numpy as np
import pytest

from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.inversion import compute_two_sided_share, invert_on_grid
from twintrade.inference.refits.reassignment import build_assignments
from twintrade.inference.refits.score_randomization import compare_one_step_estimates
from twintrade.numerics.poisson.fit import fit_poisson

# Dense factors against iterated projections; the restricted fit converges to 1e-10 of the deviance.
AGREEMENT = 1e-6


def design(gravity_panel, **options):
    made = gravity_panel(**options)
    return made.with_outcome("flow", "level")


def test_the_one_step_estimate_is_weighted_least_squares_of_working_residuals(gravity_panel) -> None:
    made = design(gravity_panel, effect=0.3)
    o = made.observations
    test = PPML(shape="static").score_test(made)
    found = test.under(np.ones(o.n_rows)).estimate(test.pattern(made))["overall"]
    null = fit_poisson(o.y, np.empty((o.n_rows, 0)), o.effect_codes())
    z = np.column_stack([*(np.eye(c.max() + 1)[c] for c in o.effect_codes()), o.is_treated.astype(float)])
    root = np.sqrt(null.mu)
    expected = np.linalg.lstsq(z * root[:, None], root * (o.y / null.mu - 1), rcond=None)[0][-1]
    assert found == pytest.approx(expected, rel=AGREEMENT)


def test_a_small_effect_is_close_to_the_full_estimate(gravity_panel) -> None:
    made = design(gravity_panel, n_treated=20)
    test = PPML(shape="static").score_test(made)
    one_step = test.under(np.ones(made.observations.n_rows)).estimate(test.pattern(made))["overall"]
    full = fit(PPML(shape="static"), made).view("overall").effects[0]
    assert one_step == pytest.approx(full, abs=0.3 * abs(full) + 0.02)


def test_p_and_interval_agree(gravity_panel, rng) -> None:
    made = design(gravity_panel, effect=1.5)
    fitted = fit(PPML(shape="static"), made)
    dealt = build_assignments(made, "units")
    onsets = [dealt.draw(rng) for _ in range(99)]
    test = PPML(shape="static").score_test(made)
    found = compare_one_step_estimates(fitted, test, onsets, True, 0.95)
    k = found.place("overall")
    assert found.low[k] < fitted.view("overall").effects[0] < found.high[k]
    treated = made.observations.is_treated
    for effect, is_in in ((found.low[k] + 0.1, True), (found.low[k] - 0.1, False), (found.high[k] + 0.15, False)):
        effects = test.under(np.exp(effect * treated)).estimate
        drawn = np.array([effects(test.pattern(made.reassigned(onset)))["overall"] for onset in onsets])
        p = compute_two_sided_share(effects(test.pattern(made))["overall"], drawn)
        assert (p > 0.05) == is_in


def test_event_studies_have_intervals_for_every_effect(gravity_panel, rng) -> None:
    fitted = fit(PPML(), design(gravity_panel, effect=1.0, fixed_effects="gravity"))
    both = Randomization(draws=99).infer_views(fitted, ["event", "overall"], rng)
    bands = both["event"]
    free = bands.estimate.event_times != -1
    assert np.isfinite(bands.p[free]).all()
    assert (bands.low[free] < bands.high[free]).all()
    assert bands.facts["statistic"] == "score"
    assert "without treatment" in str(bands.note)
    assert both["overall"].low[0] < both["overall"].estimate.effects[0] < both["overall"].high[0]


@pytest.mark.parametrize("bins", [False, True])
def test_an_event_study_is_tested_for_its_static_effect_and_its_unbinned_path(gravity_panel, rng, bins) -> None:
    made = design(gravity_panel, effect=1.0, fixed_effects="gravity").within((-2, 2))
    o = made.observations
    test = PPML(bins=bins).score_test(made)
    found = test.under(np.ones(o.n_rows)).estimate(test.pattern(made))
    static = PPML(shape="static").score_test(made)
    assert found["overall"] == pytest.approx(
        static.under(np.ones(o.n_rows)).estimate(static.pattern(made))["overall"]
    )
    null = fit_poisson(o.y, np.empty((o.n_rows, 0)), o.effect_codes())
    times = np.unique(o.event_time[o.is_ever_treated[o.unit]])
    dummies = o.is_ever_treated[o.unit][:, None] & (o.event_time[:, None] == times[times != -1])
    z = np.column_stack([dummies, *(np.eye(c.max() + 1)[c] for c in o.effect_codes())]).astype(float)[null.rows]
    root = np.sqrt(null.mu)
    steps = np.linalg.lstsq(z * root[:, None], root * (o.y[null.rows] / null.mu - 1), rcond=None)[0]
    after = times[times != -1] >= 0
    expected = np.average(steps[: after.size][after], weights=dummies[:, after].sum(axis=0))
    assert found["path"] == pytest.approx(expected, rel=AGREEMENT)
    views = Randomization(draws=39).infer_views(fit(PPML(bins=bins), made), ["event", "overall", "path"], rng)
    alone = fit(PPML(shape="static"), made)
    for view in ("overall", "path"):
        assert views[view].low[0] < views[view].estimate.effects[0] < views[view].high[0]
    assert views["overall"].estimate.effects == pytest.approx(alone.view("overall").effects)
    assert views["event"].estimate.event_times.tolist() == [-2, -1, 0, 1, 2]


def test_refits_remain_an_option(gravity_panel, rng) -> None:
    fitted = fit(PPML(shape="static"), design(gravity_panel))
    bands = Randomization(draws=19, statistic="coefficient").infer(fitted, "overall", rng)
    assert bands.facts["statistic"] == "coefficient"
    assert bands.low[0] < bands.estimate.effects[0] < bands.high[0]


def test_the_grid_interval_equals_the_exact_one_for_a_linear_statistic(rng) -> None:
    from twintrade.inference.refits.inversion import invert_randomization

    drawn, slopes = rng.normal(size=199), 0.1 * rng.normal(size=199)
    grid = np.linspace(-6, 8, 400)
    exact = invert_randomization(1.0, 1.0, drawn, slopes, 0.95)
    found = invert_on_grid(grid, 1.0 - grid, drawn - grid[:, None] * slopes, 0.95)
    assert found == pytest.approx(exact, abs=0.02)


def test_scores_in_log_points_give_no_interval_of_a_difference(gravity_panel, rng) -> None:
    """Small units make a difference as small as a log effect: an interval of the one is none of the other."""
    made = design(gravity_panel, effect=0.5)
    in_logs = fit(PPML(shape="static"), made)
    flow = made.panel.columns["flow"]
    unit = flow.mean()
    panel = replace(made.panel, columns={**made.panel.columns, "flow": flow / unit})
    difference = fit(PPML(shape="static", measure="difference"), replace(made, panel=panel))
    method = Randomization(draws=49)
    bands = method.infer(difference, "overall", np.random.default_rng(1))
    assert np.isnan([bands.low[0], bands.high[0]]).all()
    assert "interval" not in str(bands.note)
    same = method.infer(in_logs, "overall", np.random.default_rng(1))
    assert np.isfinite([same.low[0], same.high[0]]).all()
    assert bands.p[0] == pytest.approx(same.p[0])
