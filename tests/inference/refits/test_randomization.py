"""Randomization: the reference set, p-values against full enumeration, inverted intervals against a grid."""

import math
from dataclasses import replace

import numpy as np
import pytest

from twintrade.design import Treatment
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.comparing import Compared, compute_joint_pre
from twintrade.inference.refits.few_treated import DrawnEnds, compute_two_sided_share, invert_randomization
from twintrade.inference.refits.permutation import permute, replace_outcome
from twintrade.inference.refits.reassignment import build_assignments, find_units_with_trade

# The same arithmetic in another order.
ROUNDING = 1e-10


@pytest.mark.parametrize("across", ["units", "cities", "partners", "dates"])
def test_cohort_sizes_are_kept(gravity_panel, rng, across) -> None:
    design = gravity_panel()
    dealt = build_assignments(design, across)
    for _ in range(20):
        onset = dealt.draw(rng)
        assert np.array_equal(np.sort(onset), np.sort(design.onset))


def test_ties_of_a_city_stay_together(gravity_panel, rng) -> None:
    design = gravity_panel()
    city = design.panel.unit_city
    real = sorted(tuple(sorted(design.onset[city == c])) for c in np.unique(city))
    drawn = build_assignments(design, "cities").draw(rng)
    assert sorted(tuple(sorted(drawn[city == c])) for c in np.unique(city)) == real


def test_dates_leaves_the_tied_units_tied(gravity_panel, rng) -> None:
    design = gravity_panel()
    drawn = build_assignments(design, "dates").draw(rng)
    assert np.array_equal(np.isfinite(drawn), np.isfinite(design.onset))


def test_excluded_units_never_get_an_onset(gravity_panel, rng) -> None:
    design = gravity_panel()
    out = {str(u): "undated" for u in design.panel.units[:30]}
    design = replace(design, treatment=replace(design.treatment, excluded=out))
    kept = design.onset[:30].copy()
    for _ in range(20):
        assert np.array_equal(build_assignments(design, "units").draw(rng)[:30], kept)


def test_an_onset_falls_inside_the_observed_periods(gravity_panel, rng) -> None:
    design = gravity_panel()
    late = design.panel.unit % 2 == 0
    design = design.restricted(~(late & (design.panel.period < 2004)))
    dealt = build_assignments(design, "units")
    for _ in range(50):
        onset = dealt.draw(rng)[dealt.eligible]
        tied = np.isfinite(onset)
        assert (onset[tied] > dealt.first[tied]).all()


def test_few_assignments_are_enumerated(dense, gravity_panel, rng) -> None:
    design = gravity_panel(n_cities=3, n_partners=4, n_treated=1)
    fitted = fit(dense(static=True), design)
    bands = Randomization(across="units", noise="equal", intervals=False).infer(fitted, "overall", rng)
    onset = design.onset[np.isfinite(design.onset)][0]
    effects = []
    for unit in range(12):
        other = np.full(12, np.inf)
        other[unit] = onset
        effects.append(fitted.refit(design.reassigned(other), "overall").view("overall").effects[0])
    larger = np.abs(effects) >= abs(bands.estimate.effects[0]) - ROUNDING
    assert bands.p[0] == pytest.approx(larger.mean())
    assert bands.facts["floor"] == pytest.approx(1 / 12)
    assert "all 11 others" in str(bands.note)
    assert bands.facts["n_assignments_counted"] == "exactly"


@pytest.mark.parametrize(("n_cities", "n_treated", "expected"), [(3, 4, math.comb(12, 4)), (300, 600, math.exp(700))])
def test_assignments_too_many_to_list_are_counted_up_to_the_largest_number(
    gravity_panel, rng, n_cities, n_treated, expected
) -> None:
    design = gravity_panel(n_cities=n_cities, n_partners=4, n_treated=n_treated)
    onset = np.where(np.isfinite(design.onset), design.panel.periods[5], np.inf)
    design = replace(design, treatment=Treatment(design.panel.units, onset))
    scheme = build_assignments(design, "units").collect(5, rng).scheme
    assert scheme.n_assignments == pytest.approx(expected)
    assert scheme.counted == "exactly"


def test_interval_is_the_set_that_is_not_rejected(dense, gravity_panel, rng) -> None:
    design = gravity_panel(effect=1.0)
    fitted = fit(dense(static=True), design)
    dealt = build_assignments(design, "units")
    onsets = [dealt.draw(rng) for _ in range(99)]
    drawn = permute(fitted, ["overall"], onsets, True, False).views["overall"]
    effects, slopes = drawn.effects[:, 0], drawn.post_slopes[:, 0]
    observed = float(drawn.estimate.effects[0])
    low, high = invert_randomization(observed, float(slopes[-1]), effects, slopes[:-1], 0.95)
    assert low < observed < high
    o = design.observations
    for effect, is_in in ((low + 1e-6, True), (low - 1e-6, False), (high - 1e-6, True), (high + 1e-6, False)):
        shifted = fit(dense(static=True), replace_outcome(design, o.y - effect * o.is_treated))
        again = permute(shifted, ["overall"], onsets, False, False).views["overall"]
        p = compute_two_sided_share(float(again.estimate.effects[0]), again.effects[:, 0])
        assert (p > 0.05) == is_in


def test_event_study_intervals_hold_their_estimates(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel(effect=1.0))
    bands = Randomization(draws=99).infer(fitted, "event", rng)
    free = bands.estimate.event_times != -1
    assert (bands.low[free] < bands.estimate.effects[free]).all()
    assert (bands.high[free] > bands.estimate.effects[free]).all()
    assert np.isnan(bands.se).all()
    assert 0 < bands.facts["pretrend_p"] <= 1


def test_of_exchangeable_assignments_one_in_twenty_is_the_most_extreme_before(dense, gravity_panel, rng) -> None:
    """Each of 40 assignments takes the place of the real one in turn: two of them are rejected at 5 %."""
    estimate = fit(dense(), replace(gravity_panel(n_periods=12), window=(-6, 3))).view("event")
    assert estimate.pre_effects().size == 5
    rejected = []
    for effects in rng.standard_t(1, size=(10, 40, estimate.n_effects)):
        turns = [
            Compared(estimate, e, DrawnEnds.absent(e.size), e, np.delete(effects, k, axis=0))
            for k, e in enumerate(effects)
        ]
        rejected.append(sum(compute_joint_pre(turn)["pretrend_p"] <= 0.05 for turn in turns))
    assert rejected == [2] * 10


def test_refits_and_row_weights_give_the_same_slopes(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(), gravity_panel(effect=1.0))
    dealt = build_assignments(fitted.design, "units")
    onsets = [dealt.draw(rng) for _ in range(5)]
    fast = permute(fitted, ["event"], onsets, True, False).views["event"]

    class Bare(dense):
        def estimate(self, design):
            found = super().estimate(design)
            return replace(found, uncertainty=replace(found.uncertainty, source=None))

    bare = fit(Bare(), fitted.design)
    slow = permute(bare, ["event"], onsets, True, False).views["event"]
    assert fast.effects == pytest.approx(slow.effects, abs=ROUNDING)
    assert fast.post_slopes == pytest.approx(slow.post_slopes, abs=ROUNDING)
    assert fast.pre_slopes == pytest.approx(slow.pre_slopes, abs=ROUNDING)


def test_failed_refits_are_counted_with_their_reason(dense, gravity_panel, rng) -> None:
    class Fragile(dense):
        def estimate(self, design):
            if np.isfinite(design.onset[0]):
                raise EstimationError("the first unit must not be tied")
            return super().estimate(design)

    design = gravity_panel(n_cities=4, n_partners=4, n_treated=4)
    design = design.reassigned(np.sort(design.onset)[::-1])
    fitted = fit(Fragile(static=True), design)
    bands = Randomization(draws=60, intervals=False).infer(fitted, "overall", rng)
    assert bands.facts["failed_refits"] > 0
    failed = [m for m in bands.messages if m.code == "refit-failed"]
    assert "the first unit must not be tied" in failed[0].message


def test_views_share_their_refits(dense, gravity_panel) -> None:
    fitted = fit(dense(), gravity_panel())
    method = Randomization(draws=19)
    both = method.infer_views(fitted, ["event", "overall"], np.random.default_rng(4))
    alone = method.infer(fitted, "overall", np.random.default_rng(4))
    assert both["overall"].p == pytest.approx(alone.p)


def test_t_statistics_are_effects_over_their_clustered_errors(dense, gravity_panel, rng) -> None:
    fitted = fit(dense(static=True), gravity_panel(effect=3.0))
    dealt = build_assignments(fitted.design, "units")
    onsets = [dealt.draw(rng) for _ in range(9)]
    drawn = permute(fitted, ["overall"], onsets, False, True).views["overall"].statistics[:, 0]
    for onset, statistic in zip(onsets, drawn, strict=True):
        bands = Clustered().infer(fitted.refit(fitted.design.reassigned(onset)), "overall", rng)
        assert statistic == pytest.approx(bands.estimate.effects[0] / bands.se[0])
    bands = Randomization(draws=49, statistic="t").infer(fitted, "overall", rng)
    assert bands.p[0] < 0.1
    assert "over their clustered errors" in str(bands.note)


def test_one_assignment_is_refused(gravity_panel) -> None:
    design = gravity_panel()
    everyone = replace(design, treatment=Treatment(design.panel.units, np.full(design.panel.n_units, 2004.0)))
    with pytest.raises(InferenceError, match="only one assignment"):
        build_assignments(everyone, "units")


@pytest.mark.slow
def test_size_under_the_null(dense, gravity_panel) -> None:
    n, rejected = 200, 0
    for seed in range(n):
        fitted = fit(dense(static=True), gravity_panel(seed=seed, n_treated=3))
        bands = Randomization(draws=99, intervals=False).infer(fitted, "overall", np.random.default_rng(seed))
        rejected += bands.p[0] <= 0.05
    assert abs(rejected / n - 0.05) < 3 * np.sqrt(0.05 * 0.95 / n)


def test_a_pair_without_any_trade_is_not_in_the_pool(gravity_panel) -> None:
    """Poisson regression leaves a pair of zeros out, so that results are those of the panel without the pair."""
    made = gravity_panel()
    unit = int(np.flatnonzero(np.isinf(made.onset))[0])
    name = str(made.panel.units[unit])
    flows = np.where(made.panel.unit == unit, 0.0, np.exp(made.panel.values(made.outcome) / 2))
    panel = replace(made.panel, columns={**made.panel.columns, "flow": flows})
    made = replace(made, panel=panel, outcome="flow", transform="level")
    fitted = fit(PPML(shape="static"), made)
    dealt = build_assignments(made, "units", find_units_with_trade(fitted))
    assert unit not in dealt.eligible
    assert dealt.eligible.size == made.observations.n_units - 1
    method = Randomization(draws=39)
    with_pair = method.infer(fitted, "overall", np.random.default_rng(1))
    without = method.infer(fit(PPML(shape="static"), made.without([name])), "overall", np.random.default_rng(1))
    assert with_pair.p == pytest.approx(without.p, abs=ROUNDING)
    assert with_pair.low == pytest.approx(without.low, abs=1e-6)


def test_a_pair_of_zeros_that_the_method_uses_stays_in_the_pool(gravity_panel) -> None:
    made = gravity_panel()
    unit = int(np.flatnonzero(np.isinf(made.onset))[0])
    flows = np.where(made.panel.unit == unit, 0.0, made.panel.values(made.outcome))
    panel = replace(made.panel, columns={**made.panel.columns, "flow": flows})
    made = replace(made, panel=panel, outcome="flow", transform="level")
    assert unit in made.observations.unit_rows[find_units_with_trade(fit(TWFE(shape="static"), made))]
