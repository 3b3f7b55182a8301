"""Two estimates from the same rows: what they share cancels, and the error is that of their difference."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.design import Design, Panel, Treatment
from twintrade.diagnostics.variants import (
    Variant,
    compare_paired,
    compare_variants,
    draw_paired,
    infer_in_turn,
    judge_table,
    measure_headline,
)
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.repeating import one_step
from twintrade.estimators.twfe import TWFE
from twintrade.inference.clustered import Clustered
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits import deal_onsets, few_treated, replace_outcome
from twintrade.numerics.poisson import fit_poisson

EXACT = 1e-10
BY_UNIT = Clustered(by=("unit",), draws=1)


def made(seed: int, growth: float = 0.0) -> Design:
    rng = np.random.default_rng(seed)
    units, periods = 40, 10
    frame = pd.DataFrame({"unit": np.repeat([f"u{i:02d}" for i in range(units)], periods)})
    frame["period"] = np.tile(np.arange(2000, 2000 + periods), units)
    onset = np.where(np.arange(units) < 16, 2004.0 + np.arange(units) % 3, np.inf)
    event_time = frame["period"].to_numpy() - onset.repeat(periods)
    treated = event_time >= 0
    frame["y"] = rng.normal(size=units).repeat(periods) + rng.normal(size=len(frame))
    frame["y"] += treated * 0.5 + growth * np.where(treated, event_time, 0.0)
    panel = Panel.from_frame(frame, unit="unit", period="period")
    return Design(
        panel=panel, treatment=Treatment(panel.units, onset), outcome="y", window=(-3, 4), clusters=("unit",)
    )


def test_its_error_is_that_of_the_influence_of_the_difference():
    design = made(1)
    whole = fit(Imputation(), design)
    less = whole.refit(design.without(["u01"]))
    found = compare_paired(whole, less, BY_UNIT, np.random.default_rng(0))
    own, other = (f.view("overall").uncertainty for f in (whole, less))
    rows = dict(zip(own.units, -own.matrix()[:, 0], strict=True))
    for unit, value in zip(other.units, other.matrix()[:, 0], strict=True):
        rows[unit] += value
    g = len(rows)
    variance = sum(value**2 for value in rows.values()) * g / (g - 1)
    assert found.effect == pytest.approx(
        less.view("overall").effects[0] - whole.view("overall").effects[0], abs=EXACT
    )
    half = (found.high - found.low) / 2
    assert half == pytest.approx(np.sqrt(variance) * 2.0226909, rel=1e-6)  # t with 39 degrees of freedom


@pytest.mark.parametrize("seed", range(4))
def test_a_difference_of_rounding_is_none_under_randomization(seed):
    """As large as those of draws that round otherwise, or larger than all of them."""
    design, rng = made(1), np.random.default_rng(seed)
    whole = fit(Imputation(), design)
    again = whole.refit(replace_outcome(design, design.observations.y * (1 + 1e-12 * rng.normal(size=400))))
    found = drawn(whole, again)
    assert 1e-15 < abs(found.effect) < 1e-11
    assert found.p == 1


def test_an_estimate_differs_from_itself_by_nothing():
    whole = fit(Imputation(), made(1))
    found = compare_paired(whole, whole.refit(whole.design), BY_UNIT, np.random.default_rng(0))
    assert abs(found.effect) < EXACT


def test_a_difference_is_far_more_certain_than_the_two_estimates():
    design = made(2)
    whole = fit(Imputation(), design)
    found = compare_paired(whole, whole.refit(design.without(["u01"])), BY_UNIT, np.random.default_rng(0))
    bands = BY_UNIT.infer(whole, "overall", np.random.default_rng(0))
    assert found.high - found.low < 0.5 * (bands.high[0] - bands.low[0])


@pytest.mark.slow
def test_another_estimator_of_growing_effects_is_seen_and_of_a_constant_one_is_not():
    rng = np.random.default_rng(0)
    verdicts = []
    for growth in (0.0, 1.5):
        rejected = 0
        for seed in range(60):
            design = made(seed, growth)
            found = compare_paired(fit(Imputation(), design), fit(TWFE(shape="static"), design), BY_UNIT, rng)
            rejected += found.p < 0.05
        verdicts.append(rejected / 60)
    assert verdicts[0] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert verdicts[1] > 0.8


def test_a_table_of_variants_is_judged_by_differences_alone():
    design = made(3)
    whole = fit(Imputation(), design)
    rng = np.random.default_rng(0)
    variants = [Variant("all", "x", design), Variant("less", "x", design.without(["u01"]))]
    table = compare_variants(whole, variants, BY_UNIT, rng)
    judged = judge_table(table, measure_headline(whole, BY_UNIT, rng))
    assert table["difference"].iloc[0] == pytest.approx(0, abs=EXACT)
    assert judged.verdict == "does not object"
    assert 0 < judged.bound < judged.tolerance


class _WholeOnly(Clustered):
    """Errors for all units and for no fewer."""

    def infer(self, fit, view, rng):
        if fit.design.observations.n_units < 40:
            raise InferenceError("too few units")
        return Clustered.infer(self, fit, view, rng)


@pytest.mark.parametrize(("left_out", "verdict"), [(1, "cannot tell"), (10, "objects")])
def test_a_variant_without_an_error_is_not_taken_for_one_that_agrees(left_out, verdict):
    design = made(3)
    whole = fit(Imputation(), design)
    rng, method = np.random.default_rng(0), _WholeOnly(by=("unit",), draws=1)
    influence = whole.view("overall").uncertainty
    largest = influence.units[np.argsort(-influence.matrix()[:, 0])[:left_out]]
    variants = [Variant("all", "x", design), Variant("less", "x", design.without([str(u) for u in largest]))]
    table = compare_variants(whole, variants, method, rng)
    assert table["difference"].iloc[1] == pytest.approx(table["effect"].iloc[1] - table["effect"].iloc[0], abs=EXACT)
    judged = judge_table(table, measure_headline(whole, method, rng))
    assert (judged.verdict, np.isnan(judged.p)) == (verdict, True)


def drawn(fit_, again, draws=39, **options):
    return compare_paired(fit_, again, Randomization(draws=draws, **options), np.random.default_rng(3))


def test_under_randomization_both_are_estimated_under_the_same_draws():
    design = made(1)
    whole = fit(Imputation(), design)
    later = replace(design, anticipation=1, reference=-2)
    found = drawn(whole, whole.refit(later), across="units", noise="equal")
    own, effect = whole.view("overall").effects[0], whole.refit(later, "overall").view("overall").effects[0]
    o = design.observations
    rng = np.random.default_rng(3)
    onsets = deal_onsets(whole, "units", 39, rng).onsets
    flat = replace_outcome(design, o.y - own * o.is_treated)

    def estimate(changed, onset):
        return fit(Imputation(), changed.reassigned(onset), ("overall",)).view("overall").effects[0]

    shifted = replace(flat, anticipation=1, reference=-2)
    differences = np.array([estimate(shifted, onset) - estimate(flat, onset) for onset in onsets])
    assert found.effect == pytest.approx(effect - own, abs=EXACT)
    assert found.p == pytest.approx((1 + (np.abs(differences) >= abs(effect - own)).sum()) / 40)
    half = np.sort(np.abs(differences))[-2]
    assert (found.low, found.high) == pytest.approx((effect - own - half, effect - own + half), abs=1e-8)


def test_rows_that_an_agreement_leaves_out_move_with_it():
    frame_design = made(1)
    onset = np.where(np.arange(40) == 5, 2004.0, np.inf)
    design = frame_design.reassigned(onset)
    whole = fit(Imputation(), design)
    donut = design.restricted(design.panel.period != onset[design.panel.unit])
    found = drawn(whole, whole.refit(donut), draws=99, across="units", noise="equal")
    o, own = design.observations, whole.view("overall").effects[0]
    flat = replace_outcome(design, o.y - own * o.is_treated)
    differences = []
    for unit in (k for k in range(40) if k != 5):
        moved = flat.reassigned(np.where(np.arange(40) == unit, 2004.0, np.inf))
        less = moved.restricted((design.panel.period != 2004) | (design.panel.unit != unit))
        ends = [fit(Imputation(), d, ("overall",)).view("overall").effects[0] for d in (moved, less)]
        differences.append(ends[1] - ends[0])
    assert found.p == pytest.approx((1 + (np.abs(differences) >= abs(found.effect) - EXACT).sum()) / 40)


def test_randomization_sees_effects_that_another_estimator_gets_wrong():
    design = made(0, growth=1.5)
    whole = fit(Imputation(), design)
    wrong = drawn(whole, fit(TWFE(shape="static"), design))
    assert wrong.p <= 0.05
    assert wrong.low > 0 or wrong.high < 0


def test_an_interval_of_a_ratio_is_in_percent():
    design = made(4).with_outcome("y", "level")
    o = design.observations
    design = replace_outcome(design, np.exp(0.3 * o.y))
    whole = fit(Imputation(family="poisson", measure="percent"), design)
    found = drawn(whole, whole.refit(replace(design, anticipation=1, reference=-2)))
    assert found.low < found.effect < found.high
    assert (found.p <= 0.05) == (found.low > 0 or found.high < 0)


def test_the_model_without_treatment_is_fitted_once_for_all_that_leave_rows_out(monkeypatch):
    design = made(4).with_outcome("y", "level")
    design = replace_outcome(design, np.exp(0.3 * design.observations.y))
    whole = fit(Imputation(family="poisson", measure="percent"), design)
    shared = draw_paired(whole, Randomization(draws=39), np.random.default_rng(3))
    fitted = []
    monkeypatch.setattr(one_step, "fit_poisson", lambda *a, **k: fitted.append(1) or fit_poisson(*a, **k))
    for n, unit in enumerate(("u01", "u02", "u30")):
        less = whole.refit(design.without([unit]), "overall")
        together = shared.compare(less)
        assert len(fitted) == n
        left = replace(shared.left, design=replace(shared.left.design))
        assert replace(shared, left=left).compare(less) == together
    shared.compare(whole.refit(replace(design, fixed_effects="unit"), "overall"))
    assert len(fitted) == 4


@pytest.mark.parametrize("method", [Imputation(), Imputation(family="poisson", measure="percent")], ids=repr)
def test_draws_that_end_early_decide_as_all_of_them_do(method):
    ended = 0
    for seed in range(6):
        design = made(seed, growth=0.4 * (seed % 2))
        if method.is_poisson:
            design = design.with_outcome("y", "level")
            design = replace_outcome(design, np.exp(0.3 * design.observations.y))
        whole = fit(method, design)
        headline = draw_paired(whole, Randomization(draws=99, across="units"), np.random.default_rng(seed))
        later = whole.refit(replace(design, anticipation=1, reference=-2), "overall")
        early, of_all = headline.compare(later), replace(headline, is_random=False).compare(later)
        assert (early.p <= 0.05) == (of_all.p <= 0.05) == (early.low > 0 or early.high < 0)
        is_early = early.p > few_treated.find_limit(99, 0.95)
        assert is_early or early == of_all
        ended += is_early
    assert ended >= 2


@pytest.mark.parametrize("n_draws", [99, 199, 90])
def test_p_values_and_intervals_of_draws_that_end_early_are_as_rare_as_they_say(n_draws):
    """Real statistics that are draws themselves, and moved by what the interval is to contain."""
    rng, trials = np.random.default_rng(n_draws), 4000
    share = np.array([0.05, 0.2, 0.5])
    small, missed, ended = np.zeros(3), 0, 0
    for moved in np.repeat([0.0, 1.5], trials):
        draws, real = rng.standard_normal(n_draws), rng.standard_normal() + moved
        observed, used, p = few_treated.compare_in_turn(
            lambda run, real=real, draws=draws: (real, draws[run.start : run.stop]), n_draws, 0.95, ends_early=True
        )
        critical = np.sort(np.abs(used))[-int(0.05 * (used.size + 1) + 1e-9)]
        assert (p <= 0.05) == (abs(observed) > critical)
        small += (moved == 0) * (p <= share)
        missed += abs(observed - moved) > critical
        ended += used.size < n_draws
    assert (small / trials <= share + 3 * np.sqrt(share * (1 - share) / trials)).all()
    assert missed / (2 * trials) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / (2 * trials))
    assert ended > trials


def test_a_test_that_ends_early_is_made_again_with_all_draws_where_p_is_small():
    design = made(0)
    whole, null = fit(Imputation(), design), replace_outcome(design, np.random.default_rng(1).normal(size=400))
    method, asked = Randomization(draws=99, across="units", intervals=False), []
    for one in (whole, whole.refit(null)):
        bands = infer_in_turn(one, method, method, np.random.default_rng(2))
        asked.append(bands.facts["draws"])
        assert (bands.p[0] <= few_treated.find_limit(99, 0.95)) == (asked[-1] == 99)
    assert asked == [99, 39]


@pytest.mark.parametrize("method", [Imputation(), Imputation(family="poisson", measure="percent")], ids=repr)
def test_an_agreement_after_the_last_row_of_its_pair_goes_nowhere(method) -> None:
    rng = np.random.default_rng(4)
    frame = pd.MultiIndex.from_product(
        [[f"c{k}" for k in range(6)], [f"p{k}" for k in range(5)], range(9)], names=["city", "partner", "period"]
    ).to_frame(index=False)
    frame["y"] = np.exp(rng.normal(5, 0.3, len(frame)))
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = np.full(panel.n_units, np.inf)
    onset[[2, 9, 14, 20, 27]] = 4.0, 5.0, 4.0, 12.0, 6.0
    transform = "level" if method.is_poisson else "log"
    design = Design(
        panel=panel, treatment=Treatment(panel.units, onset), outcome="y", transform=transform, clusters=("city",)
    )
    whole = fit(method, design)
    less = whole.refit(design.restricted(panel.unit != 9), "overall")
    found = compare_paired(whole, less, Randomization(draws=39), np.random.default_rng(1))
    assert 0 < found.p <= 1
    assert found.low < found.effect < found.high
