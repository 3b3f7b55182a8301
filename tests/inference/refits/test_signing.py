"""Agreements dealt by a hazard of signing, and effects less their mean over the deals."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from case_tables import loop_over
from scipy.optimize import minimize
from statsmodels.duration.hazard_regression import PHReg

from benchmarks.agreement_panels import SIZE_SD, YEARS, Cell, assign, draw_flows
from twintrade.design import Treatment
from twintrade.errors import EstimationError, InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.randomization import Randomization
from twintrade.inference.refits.dealing import measure_size, score_growth, score_size
from twintrade.inference.refits.permutation import replace_outcome
from twintrade.numerics import testing
from twintrade.numerics.testing import count_expected_groups, draw_signers, fit_hazard

ROUNDING, SOFTWARE = 1e-9, 1e-6
HAZARD = Randomization(across="hazard", draws=99)


def test_the_hazard_maximizes_the_partial_likelihood(rng) -> None:
    x = rng.normal(size=(40, 2)) * (1.0, 30.0)
    cohort = rng.permutation(np.repeat([0, 1, 2, 3], [5, 4, 6, 25]))
    can_begin = rng.random((40, 3)) < 0.9
    can_begin[np.arange(40), np.minimum(cohort, 2)] = True

    def lose(beta):
        out = 0.0
        for date in range(3):
            everybody = sum(np.exp(x[k] @ beta) for k in range(40) if can_begin[k, date] and cohort[k] >= date)
            signers = [k for k in range(40) if cohort[k] == date]
            own = np.mean([np.exp(x[k] @ beta) for k in signers])
            for before, k in enumerate(signers):
                out -= x[k] @ beta - np.log(everybody - before * own)
        return out

    best = minimize(lose, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x
    found = fit_hazard(x, cohort, can_begin)
    assert found.slopes * x.std(axis=0) == pytest.approx(best * x.std(axis=0), abs=1e-5)
    assert found.logs == pytest.approx(np.repeat(((x - x.mean(axis=0)) @ best)[:, None], 3, axis=1), abs=1e-5)


def make_events(rng, n=60, n_dates=5):
    """Return variables that change over dates, and who signs when, several a date."""
    x = rng.normal(size=(n, 1, 2)) + 0.7 * rng.normal(size=(n, n_dates, 2))
    cohort = rng.permutation(np.repeat(np.arange(n_dates + 1), [4, 1, 6, 3, 5, n - 19]))
    return x, cohort, np.ones((n, n_dates), dtype=bool)


def test_slopes_are_those_of_other_software_with_variables_that_change(rng) -> None:
    """statsmodels takes one row a unit and date at risk, entering after the date before."""
    x, cohort, can_begin = make_events(rng)
    unit, date = np.nonzero(can_begin & (cohort[:, None] >= np.arange(5)))
    model = PHReg(
        date + 1.0, x[unit, date], status=(cohort[unit] == date).astype(int), entry=date + 0.5, ties="efron"
    )
    assert fit_hazard(x, cohort, can_begin).slopes == pytest.approx(model.fit().params, abs=SOFTWARE)


def test_a_prior_takes_the_place_of_a_threshold(rng) -> None:
    """The penalized likelihood's maximum by brute force; finite with two signers that size sets apart perfectly."""
    x, cohort, can_begin = make_events(rng)

    def lose(beta):
        out = 0.5 * (beta**2).sum() / 0.3**2
        for date in range(5):
            rate = np.exp(x[:, date] @ beta)
            everybody, own = rate[cohort >= date].sum(), rate[cohort == date].mean()
            for before, k in enumerate(np.flatnonzero(cohort == date)):
                out -= np.log(rate[k] / (everybody - before * own))
        return out

    best = minimize(lose, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x
    assert fit_hazard(x, cohort, can_begin, prior=0.3).slopes == pytest.approx(best, abs=1e-5)
    apart = fit_hazard(np.arange(20.0)[:, None] / 6, np.r_[np.full(18, 1), 0, 0], np.ones((20, 1), bool), prior=2.0)
    assert 0 < apart.slopes[0] < 4


def test_variables_that_tell_perfectly_or_nothing_are_refused() -> None:
    cohort, can_begin = np.minimum(np.arange(20), 10), np.ones((20, 10), dtype=bool)
    with pytest.raises(EstimationError, match="say perfectly who signs"):
        fit_hazard(np.arange(20.0)[:, None], cohort, can_begin)
    with pytest.raises(EstimationError, match="same for all units"):
        fit_hazard(np.ones((20, 1)), cohort, can_begin)


@pytest.mark.parametrize("varies", [False, True])
def test_draws_are_as_likely_as_hazards_one_after_the_other(rng, varies) -> None:
    hazard, signed = np.array([[1.0, 2.0, 4.0, 8.0]] * 2).T, np.array([2, 1])
    if varies:
        hazard[:, 1] = [5.0, 1.0, 1.0, 2.0]
    can_begin = np.array([[True, True], [True, True], [True, False], [True, True]])
    wanted: dict[tuple[tuple[int, ...], int], float] = {}
    for first, second, third in permutations(range(4), 3):
        late = sum(hazard[k, 1] for k in range(4) if k not in (first, second) and can_begin[k, 1])
        share = hazard[first, 0] / 15 * hazard[second, 0] / (15 - hazard[first, 0])
        share *= hazard[third, 1] * can_begin[third, 1] / late
        early = (min(first, second), max(first, second))
        wanted[early, third] = wanted.get((early, third), 0.0) + share
    n = 40_000
    drawn = draw_signers(np.log(hazard), signed, can_begin, n, rng)
    assert drawn.shape == (n, 3)
    drawn[:, :2].sort(axis=1)
    for (early, third), share in wanted.items():
        rate = (drawn == [*early, third]).all(axis=1).mean()
        assert rate == pytest.approx(share, abs=4 * np.sqrt(share / n) + 1e-12)


@pytest.mark.parametrize("most", [0, 8_000_000])
def test_waits_that_were_kept_deal_the_same_agreements(rng, monkeypatch, most) -> None:
    """Under hazards near those they were kept for they are read; under far ones all are drawn again."""
    monkeypatch.setattr(testing, "MOST_WAITS", most)
    monkeypatch.setattr(testing, "NUMBERS_AT_ONCE", 9000)
    logs, signed, can_begin = rng.normal(size=(300, 3)), np.array([4, 0, 12]), rng.random((300, 3)) < 0.9
    can_begin[:, 2] &= np.arange(300) < 290
    waits, drawn = [], []
    for spread in (0.5, 0.0, 0.6, 4.0, 0.5):
        kept = list(waits)
        alone, again = (
            draw_signers(spread * logs, signed, can_begin, 99, np.random.default_rng(3), one) for one in (None, waits)
        )
        assert (again == alone).all()
        drawn.append(len(kept) != len(waits) or any(a is not b for a, b in zip(kept, waits, strict=True)))
    assert drawn == ([False] * 5 if most == 0 else [True, False, False, True, False])
    assert (len(waits) > 0) == (most > 0)


def test_size_and_growth_are_those_before_each_date() -> None:
    """Growth is over two years, its middle and quartiles those of all units; nothing later than a date enters."""
    flows = np.array(
        [[1.0, 2.0, 4.0, 8.0, 9.0], [3.0, 3.0, 3.0, 3.0, 1.0], [8.0, 4.0, 2.0, 1.0, 7.0], [0, 0, 5, 5, 5]]
    )
    growth = score_growth(flows, np.array([2, 3, 4]), 2)
    assert (growth[:, 0] == 0).all()
    moved = [
        np.log((b + 0.02 * m) / (a + 0.02 * m))
        for a, b, m in [(1, 4, 7 / 3), (3, 3, 3), (8, 2, 14 / 3), (0, 5, 5 / 3)]
    ]
    low, middle, high = np.percentile(moved, [25, 50, 75])
    assert growth[:, 1] == pytest.approx(np.clip((moved - middle) / ((high - low) / 1.349), -2.5, 2.5))
    changed = np.where(np.arange(5) >= 3, 99.0, flows)
    assert score_growth(changed, np.array([3]), 2) == pytest.approx(growth[:, 1:2])
    sizes = measure_size(np.where(flows == 3, np.nan, flows), 2)
    assert sizes.tolist() == [1.5, 1.0, 6.0, 0.0]
    logs = np.log([1.5, 1.0, 6.0, 1.0])
    assert score_size(sizes) == pytest.approx((logs - logs.mean()) / logs.std())


def make_design(seed=3, agreements=15, **options):
    cell = Cell(agreements, "scattered", "by size", 0.6, 10, "two_way")
    made = assign(cell, cell.seed(seed))
    return replace(made.design(draw_flows(made, cell.seed(seed, 1)), "log"), **options)


def test_with_one_date_the_recentered_effect_is_that_of_the_recentered_instrument() -> None:
    """Borusyak and Hull's: 2SLS of the outcome on treatment, treatment less its expectation as the instrument."""
    design = make_design()
    onset = np.where(np.isfinite(design.onset), 6.0, np.inf)
    design = replace(design, treatment=Treatment(design.panel.units, onset))
    fitted = fit(TWFE(shape="static"), design)
    dealing = HAZARD.deal(fitted, 99, np.random.default_rng(int(np.random.default_rng(5).integers(2**31))))
    o = design.observations
    treated = np.array([(o.period >= one[o.unit_rows][o.unit]) for one in (*dealing.onsets, onset)], dtype=float)
    z = (treated[-1] - treated.mean(axis=0)).reshape(-1, YEARS)
    z = (z - z.mean(axis=0) - z.mean(axis=1, keepdims=True) + z.mean()).ravel()
    bands = HAZARD.infer(fitted, "overall", np.random.default_rng(5))
    effect = (z @ o.y) / (z @ treated[-1])
    assert bands.facts["recentered"] == pytest.approx(effect, abs=ROUNDING)
    assert bands.low[0] < effect < bands.high[0]


def test_the_interval_holds_the_effects_that_refits_do_not_reject() -> None:
    fitted, how = fit(Imputation(), make_design()), replace(HAZARD, noise="equal", draws=19)
    bands = how.infer(fitted, "overall", np.random.default_rng(5))
    o = fitted.design.observations
    onsets = how.deal(fitted, 19, np.random.default_rng(int(np.random.default_rng(5).integers(2**31)))).onsets
    for effect, is_in in [(bands.low[0], True), (bands.low[0] - 1e-6, False), (bands.high[0] + 1e-6, False)]:
        left = replace_outcome(fitted.design, o.y - (effect + 1e-7 * is_in) * o.is_treated)
        effects = [fit(Imputation(), left.reassigned(one), ("overall",)).view("overall").effects[0] for one in onsets]
        effects = np.append(effects, fit(Imputation(), left, ("overall",)).view("overall").effects[0])
        sizes = np.abs(effects - effects.mean())
        assert ((sizes >= sizes[-1] - 1e-12).mean() > 0.05) == is_in
    assert (bands.p[0] <= 0.05) == (bands.low[0] > 0 or bands.high[0] < 0)


IMPUTATION, POISSON = Imputation(), Imputation(family="poisson", measure="percent")


def test_of_ratios_averages_alone_have_intervals() -> None:
    fitted = fit(POISSON, make_design(transform="level"))
    bands = HAZARD.infer_views(fitted, ["event", "overall"], np.random.default_rng(5))
    event = bands["event"]
    assert (np.isfinite(event.p) | (event.estimate.event_times == event.estimate.reference)).all()
    assert np.isnan(event.low[event.estimate.event_times != event.estimate.reference]).all()
    assert -100 < bands["overall"].low[0] < bands["overall"].high[0] < np.inf


def test_the_interval_of_a_ratio_holds_the_effects_that_refits_do_not_reject() -> None:
    fitted = fit(POISSON, make_design(transform="level"))
    how = replace(HAZARD, noise="equal", statistic="coefficient", draws=19)
    bands = how.infer(fitted, "overall", np.random.default_rng(5))
    o = fitted.design.observations
    onsets = how.deal(fitted, 19, np.random.default_rng(int(np.random.default_rng(5).integers(2**31)))).onsets
    low, high = np.log1p([bands.low[0] / 100, bands.high[0] / 100])
    for effect, is_in in [(low + 2e-3, True), (low - 2e-3, False), (high - 2e-3, True), (high + 2e-3, False)]:
        left = replace_outcome(fitted.design, o.y / np.exp(effect * o.is_treated))
        all_onsets = (*onsets, fitted.design.onset)
        refits = [fit(POISSON, left.reassigned(one), ("overall",)).view("overall").effects[0] for one in all_onsets]
        logs = np.log1p(np.array(refits) / 100)
        sizes = np.abs(np.expm1(logs - logs.mean()))
        assert ((sizes >= sizes[-1] - 1e-12).mean() > 0.05) == is_in
    assert (bands.p[0] <= 0.05) == (bands.low[0] > 0 or bands.high[0] < 0)


def test_the_interval_of_a_ratio_moves_with_the_effect() -> None:
    """A hazard on size alone deals the same agreements whatever happens after them."""
    design, how = make_design(transform="level"), replace(HAZARD, hazard=("size",))
    o, ends = design.observations, []
    for effect in (0.0, 0.5):
        planted = replace_outcome(design, o.y * np.exp(effect * o.is_treated))
        bands = how.infer(fit(POISSON, planted), "overall", np.random.default_rng(5))
        ends.append(np.log1p([bands.low[0] / 100, bands.high[0] / 100]))
        assert (bands.p[0] <= 0.05) == (bands.low[0] > 0 or bands.high[0] < 0)
    assert ends[1] - ends[0] == pytest.approx([0.5, 0.5], abs=5e-3)


@loop_over(
    ("how", "message"),
    [
        (replace(HAZARD, hazard=()), "at least one variable"),
        (replace(HAZARD, statistic="t"), "not t statistics"),
        (replace(HAZARD, hazard=("size", "distance")), "distance is no variable"),
        (replace(HAZARD, hazard=("growth:imports",)), "growth:imports is no variable"),
        (replace(HAZARD, hazard=("region",)), "region does not hold numbers"),
    ],
)
def test_what_cannot_be_dealt_is_refused(how, message) -> None:
    design = make_design()
    columns = {**design.panel.columns, "region": np.where(design.panel.unit % 2, "east", "west")}
    fitted = fit(Imputation(), replace(design, panel=replace(design.panel, columns=columns)))
    with pytest.raises(InferenceError, match=message):
        how.infer(fitted, "overall", np.random.default_rng(1))


def test_few_agreements_and_changing_columns_are_dealt() -> None:
    """A hazard on the flow of the period before equals one on that column moved, and none on later values."""
    design = make_design(agreements=5)
    flow = design.panel.columns["flow"].reshape(-1, YEARS)
    seen = np.where(np.arange(YEARS) < 8, flow, 1.0)
    bands = []
    for column in (flow, seen):
        columns = {**design.panel.columns, "seen": column.ravel()}
        fitted = fit(Imputation(), replace(design, panel=replace(design.panel, columns=columns)))
        how = replace(HAZARD, hazard=("seen", "growth", "size:flow", "city_size"), draws=39)
        bands.append(how.infer(fitted, "overall", np.random.default_rng(4)))
    assert np.isfinite(bands[0].p[0])
    assert bands[0].p.tolist() == bands[1].p.tolist()


def measure(n, methods, growth=0.06, chosen=1.2, estimator=IMPUTATION, by_ends=False):
    """Return rejections of no effect, by p or by intervals, where large pairs sign more often and grow faster."""
    cell, rejected = Cell(15, "scattered", "equal", 0.6, 10, "two_way"), dict.fromkeys(methods, 0)
    for panel in range(n):
        rng = cell.seed(31, panel)
        made = assign(cell, rng)
        places = np.argsort(-(chosen * made.size + rng.gumbel(size=made.size.shape)).ravel())[:15]
        onset = np.full(made.size.shape, np.inf)
        onset.flat[places] = made.onset[np.isfinite(made.onset)]
        made = replace(made, onset=onset)
        flows = draw_flows(made, rng) * np.exp(growth * SIZE_SD * made.size[..., None] * np.arange(YEARS))
        fitted = fit(estimator, made.design(flows, "level" if estimator.is_poisson else "log"))
        for name, how in methods.items():
            bands = how.infer(fitted, "overall", cell.seed(panel))
            rejected[name] += bands.low[0] > 0 or bands.high[0] < 0 if by_ends else bands.p[0] <= 0.05
    return {name: count / n for name, count in rejected.items()}


@pytest.mark.slow
def test_intervals_of_ratios_cover_where_large_pairs_sign_and_grow() -> None:
    """Zero is the truth; intervals that take nothing off miss it as often as the test of equal chances rejects."""
    n, options = 60, {"draws": 39, "hazard": ("size",)}
    missed = measure(
        n, {by: Randomization(across=by, **options) for by in ("hazard", "units")}, estimator=POISSON, by_ends=True
    )
    bound = 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
    assert missed["hazard"] <= bound < missed["units"]


@pytest.mark.slow
def test_recentering_keeps_its_size_where_large_pairs_sign_and_grow() -> None:
    n, options = 100, {"draws": 39, "intervals": False}
    rates = measure(
        n, {"hazard": Randomization(across="hazard", **options), "units": Randomization(across="units", **options)}
    )
    assert rates["hazard"] <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / n)
    assert rates["units"] > 0.3


@loop_over("is_balanced", [True, False])
def test_groups_that_sign_are_as_many_as_in_draws_on_average(is_balanced) -> None:
    rng = np.random.default_rng(3)
    group, signed = np.repeat(np.arange(6), [1, 2, 4, 8, 10, 15]), np.array([3, 0, 2, 4])
    can_begin = np.ones((group.size, signed.size), dtype=bool)
    if not is_balanced:
        can_begin[:10, :2] = False  # who joins later, and some who leave before the last date
        can_begin[30:35, 3] = False
    draws = draw_signers(np.zeros(group.size), signed, can_begin, 4000, rng)
    counts = np.array([np.unique(group[one]).size for one in draws])
    expected = count_expected_groups(group, signed, can_begin)
    margin = 4 * counts.std() / np.sqrt(counts.size) + (0.0 if is_balanced else 0.05)
    assert expected == pytest.approx(counts.mean(), abs=margin)


def test_groups_are_not_expected_of_too_few_at_risk() -> None:
    assert np.isnan(count_expected_groups(np.zeros(3, dtype=int), np.array([4]), np.ones((3, 1), dtype=bool)))
