"""The rule for verdicts: its statistics against refits, its deals and grades, and what it says of many placements."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from benchmarks.agreement_panels import Cell, assign, draw_flows
from benchmarks.size_of_verdicts import FIRST, build, load_panels, place, plant
from twintrade.design import Design
from twintrade.diagnostics.sensitivity.evidence import EvidenceOfChange
from twintrade.errors import InferenceError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference import evidence
from twintrade.inference.evidence import FACTORS, EarlierCheck, Weighing, find_detectable, weigh_case, weigh_evidence
from twintrade.inference.refits import (
    CaseReading,
    build_case,
    build_case_with_undated,
    compare_totals,
    compute_tail_shares,
    find_critical,
)
from twintrade.numerics.poisson import fit_left_out

EXACT = 1e-9
DEALT = 1e-3
"""Largest error of a deal's statistics, whose means are fitted less closely."""


def make_design(agreements=6, zeros=0.0, seed=3, effects="gravity", placement="scattered", **options) -> Design:
    cell = Cell(agreements, placement, "by size", 0.6, 10, effects)
    made = assign(cell, cell.seed(seed))
    rng = cell.seed(seed, 1)
    flows = draw_flows(made, rng)
    flows = np.where(rng.random(flows.shape) < zeros, 0.0, flows)
    return replace(made.design(flows, "level"), **options)


def estimate(design, measure):
    return fit(Imputation(family="poisson", measure=measure), design, ("overall",)).view("overall").effects[0]


@pytest.mark.parametrize("effects", ["gravity", "two_way", "city_gravity"])
def test_the_total_and_the_row_average_are_those_of_imputation(effects) -> None:
    for zeros in (0.0, 0.02, 0.2):
        design = make_design(zeros=zeros, effects="two_way" if effects == "two_way" else "gravity")
        design = replace(design, fixed_effects=effects)
        case = build_case(fit(Imputation(family="poisson", measure="percent"), design))
        real = Weighing(case, 19, 1).real
        assert real.total[0] == pytest.approx(np.log1p(estimate(design, "percent") / 100), abs=EXACT)
        o = design.observations
        assert case.by_row == ((o.y[o.is_treated] == 0).mean() <= 0.05)
        assert real.row_average[0] == pytest.approx(estimate(design, "log_ratio"), abs=EXACT)


def test_the_row_average_is_one_of_pairs_where_rows_without_trade_are_many() -> None:
    """An agreement that opens trade adds zeros that turn into trade, and must not lower the average."""
    for zeros, by_row in ((0.04, True), (0.3, False)):
        case = draw_case("heavy", 11)
        y, rng = case.table.by_pair.copy(), np.random.default_rng(1)
        rows = np.flatnonzero(case.is_affected.ravel())
        rows = rng.choice(rows, int(zeros * rows.size), replace=False)
        y.ravel()[rows] = 0.0
        case = replace(case, table=case.table.replace_flows(y))
        assert case.by_row == by_row
        real = Weighing(case, 19, 1).real
        mean = fit_left_out(case.table, case.pairs[None], case.timing.out, 1e-11, 20_000).means[0]
        flows, after = y[case.pairs], case.is_affected[case.pairs]
        of_pairs = np.log((flows * after).sum(axis=1) / (mean * after).sum(axis=1))
        of_rows = np.log(flows[after & (flows > 0)] / mean[after & (flows > 0)])
        assert real.row_average[0] == pytest.approx((of_rows if by_row else of_pairs).mean(), abs=EXACT)


def test_statistics_of_deals_are_those_of_refits() -> None:
    """Total, without each pair, and the two periods before fitted to what came earlier."""
    design = make_design(5)
    fitted = fit(Imputation(family="poisson", measure="percent"), design)
    case = build_case(fitted)
    reading = CaseReading(case, 0.0, 3, 7)
    totals, before = reading.totals("hazard"), reading.totals("hazard", is_before=True)
    o = design.observations
    codes = o.unit_clusters("city") * case.table.shape[1] + o.unit_clusters("partner")
    unit_of = np.empty(case.at_risk.size, dtype=int)
    unit_of[codes] = o.unit_rows
    for k, pairs in enumerate(reading.deal("hazard")):
        onset = np.full(design.panel.n_units, np.inf)
        onset[unit_of[pairs]] = o.periods[case.starts]
        dealt = design.reassigned(onset)
        assert totals.total[k] == pytest.approx(np.log1p(estimate(dealt, "percent") / 100), abs=DEALT)
        assert totals.row_average[k] == pytest.approx(estimate(dealt, "log_ratio"), abs=DEALT)
        earlier = dealt.backdated(2)
        y = np.where(
            np.isin(design.panel.unit, unit_of[pairs]) & (design.panel.period >= onset[design.panel.unit]), 0, 1
        )
        earlier = earlier.restricted(y.astype(bool))
        assert before.total[k] == pytest.approx(np.log1p(estimate(earlier, "percent") / 100), abs=DEALT)
        rest = [
            np.log(np.delete(totals.actual[k], j).sum() / np.delete(totals.expected[k], j).sum())
            for j in range(pairs.size)
        ]
        assert totals.without_one[k] == pytest.approx(rest, abs=EXACT)
        assert totals.without_largest[k] == pytest.approx(rest[totals.expected[k].argmax()], abs=EXACT)
        sign = np.sign(totals.total[k])
        assert totals.nearest_zero(0.0)[k] == pytest.approx(
            sign * max(0.0, min(sign * one for one in rest)), abs=EXACT
        )


def draw_case(panel="skewed", n=11, dealing="random", planted="none", seed=0):
    flows, rng = load_panels()[panel](), np.random.default_rng([n, seed])
    starts = np.sort(rng.integers(FIRST, flows.table.shape[2] - 2, n))
    pairs, starts = place(flows, dealing, starts, rng)
    return build(flows, plant(flows, pairs, starts, planted), pairs, starts)


def test_dividing_by_the_true_effect_gives_back_what_was_there() -> None:
    """So that the interval covers any constant effect as often as the test does not reject none."""
    before, after = draw_case(), draw_case(planted="+100 %")
    unplanted, divided = Weighing(before, 99, 5), Weighing(after, 99, 5)
    for by in ("hazard", "naive"):
        wanted, found = unplanted.read(0.0).compare(by), divided.read(float(np.log(2))).compare(by)
        assert found.p.tolist() == wanted.p.tolist()
        assert found.centered == pytest.approx(wanted.centered, abs=EXACT)


QUICK_CASES = [("none", 0), ("+30 %", 1), ("+100 %", 2), ("−30 %", 0), ("+100 %", 0), ("−30 %", 1)]
"""Every plant, and every seed twice; the rest is slow."""


@pytest.mark.parametrize(
    ("planted", "seed"),
    [
        pytest.param(planted, seed, marks=[] if (planted, seed) in QUICK_CASES else pytest.mark.slow)
        for planted in ("none", "+30 %", "+100 %", "−30 %")
        for seed in range(3)
    ],
)
def test_zero_lies_outside_exactly_if_p_is_small(planted, seed) -> None:
    found = weigh_case(
        draw_case("heavy", 5, planted=planted, seed=seed), np.random.default_rng(1), draws=99,
        most_draws=(99, 399)[seed % 2], seeks_gamma=False, seeks_detectable=False,
    )  # fmt: skip
    p = max(one[0] for one in found.p.values())
    assert (found.low > 0 or found.high < 0) == (p <= 0.05)
    assert (found.low_90 > 0 or found.high_90 < 0) == (p <= 0.10)
    assert found.low_90 >= found.low - 0.02
    assert found.high_90 <= found.high + 0.02
    assert found.low <= found.tau <= found.high
    assert found.matters(0.01)
    assert not found.matters(float(np.expm1(found.ruled_out)) + 0.01)


def test_the_printed_number_takes_off_what_deals_have_without_it() -> None:
    weighing = Weighing(draw_case("skewed", 40, "size 2.2", "+100 %"), 199, 3)
    left = weighing.total - weighing.read(weighing.tau).totals("hazard").total.mean()
    assert weighing.tau == pytest.approx(left, abs=0.01)


@pytest.mark.parametrize(("panel", "n", "most"), [("skewed", 5, 0.12), ("zeros", 11, 0.09), ("heavy", 40, 0.05)])
def test_a_trend_is_found_whole_and_carried_to_the_periods_after(panel, n, most) -> None:
    """City and partner effects before take up part of it with many pairs, which one step would miss."""
    before, t = draw_case(panel, n), np.arange(12)
    flows = before.table.by_pair.copy()
    flows[before.pairs] *= np.exp(0.1 * (t - t.mean()))
    after = replace(before, table=before.table.replace_flows(flows))
    without, found = Weighing(before, 9, 1), Weighing(after, 9, 1)
    assert found.trend[0] - without.trend[0] == pytest.approx(0.1, abs=1e-3)
    one_step = [float(one.read(0.0).totals(None).slope[0]) for one in (without, found)]
    assert found.trend[1] * 0.1 == pytest.approx(one_step[1] - one_step[0], rel=0.2)
    assert one_step[1] - one_step[0] < most
    assert found.carried == pytest.approx(found.trend[0] * 6)


def test_p_counts_the_real_agreements_among_the_deals() -> None:
    z = np.array([0.5, -2.0, 1.0, 3.0])
    assert compute_tail_shares(z, 1.0) == pytest.approx(4 / 5)
    assert compute_tail_shares(z, np.array([3.5, -3.0, 0.1])).tolist() == [1 / 5, 2 / 5, 1.0]
    many = np.arange(1.0, 200.0)
    critical = find_critical(many, 0.05)
    assert compute_tail_shares(many, critical) > 0.05 >= compute_tail_shares(many, critical + 0.5)


def test_what_stands_between_a_grade_and_the_next() -> None:
    rng = np.random.default_rng(2)
    quick = {
        "draws": 199,
        "most_draws": 199,
        "seeks_interval": False,
        "seeks_gamma": False,
        "seeks_detectable": False,
    }
    large = draw_case("heavy", 40)

    def multiply(factor):
        flows = np.where(large.is_affected, factor, 1.0) * large.table.by_pair
        return weigh_case(replace(large, table=large.table.replace_flows(flows)), rng, **quick)

    strong, some = multiply(6.0), multiply(3.0)
    assert (strong.grade, strong.direction, strong.reasons) == ("strong", "rise", ())
    # The trend that the periods before leave possible (90 %) could reach the near end of the smaller change.
    assert (some.grade, some.reasons) == ("some", ("equivalence",))
    fall = weigh_case(draw_case("heavy", 40, planted="−30 %", seed=1), rng, **quick)
    assert fall.direction == "fall"
    trend = weigh_case(draw_case("heavy", 40, planted="trend"), rng, **quick)
    assert trend.grade == "cannot tell"
    assert {"trend", "carried"} & set(trend.reasons)
    three = draw_case("skewed", 3, planted="+100 %")
    three = replace(
        three, table=three.table.replace_flows(np.where(three.is_affected, 9.0, 1.0) * three.table.by_pair)
    )
    few = weigh_case(three, rng, **quick)
    assert few.grade == "some"
    assert "few-pairs" in few.reasons
    crowd = draw_case("states", 11)
    crowd = replace(
        crowd,
        at_risk=crowd.at_risk & (np.cumsum(crowd.at_risk) < 40) | np.isin(np.arange(crowd.at_risk.size), crowd.pairs),
    )
    assert weigh_case(crowd, rng, **quick).grade == "none"


def test_undated_pairs_must_not_change_the_sign() -> None:
    design = make_design()
    open_ends = design.panel.units[np.flatnonzero(np.isinf(design.onset))[:20]]
    excluded = dict.fromkeys(map(str, open_ends[:15]), "undated") | dict.fromkeys(
        map(str, open_ends[15:]), "other-kind"
    )
    left_out = replace(design, treatment=replace(design.treatment, excluded=excluded))
    poisson = Imputation(family="poisson", measure="percent")
    beside = build_case_with_undated(fit(poisson, left_out))
    some = replace(
        design, treatment=replace(design.treatment, excluded=dict.fromkeys(map(str, open_ends[15:]), "other-kind"))
    )
    assert Weighing(beside, 1, 1).total == Weighing(build_case(fit(poisson, some)), 1, 1).total
    assert build_case_with_undated(fit(poisson, some)) is None
    case = draw_case("heavy", 40, planted="+100 %")
    fallen = replace(case, table=case.table.replace_flows(np.where(case.is_affected, 0.1, 1.0) * case.table.by_pair))
    assert Weighing(case, 99, 1).judge()[0] == "some"
    assert Weighing(case, 99, 1, fallen).judge() == ("cannot tell", ("undated",))


def test_labels_are_dealt_where_signers_share_cities() -> None:
    assert Weighing(draw_case("skewed", 11), 19, 1).dealings == ("hazard", "naive")
    few = Weighing(draw_case("skewed", 11, "few cities"), 39, 1)
    assert few.dealings == ("hazard", "naive", "labels")
    dealt = few.read(0.0).deal("labels")
    width = few.case.table.shape[1]
    shares = [np.unique(one // width).size for one in (few.case.pairs, *dealt)]
    assert set(shares) == {3}
    assert few.case.at_risk[dealt].all()
    assert (few.p >= few.compared["labels"].p).all()


def test_an_end_is_on_the_side_of_zero_that_more_deals_say(monkeypatch) -> None:
    """Ends are of the first deals, whose p may lie on the other side of the level; zero may be as far as it likes."""
    few, many = Weighing(draw_case("heavy", 5, planted="+30 %"), 99, 1), Weighing(draw_case("heavy", 5), 99, 1)
    side = -1 if few.tau > 0 else 1
    for says, farthest in product((0.1, -0.1), (evidence.FARTHEST, abs(few.tau) / 2)):
        vars(many)["_measure_excess"] = lambda tau, level, says=says: says
        monkeypatch.setattr(evidence, "FARTHEST", farthest)
        end = few.find_end(side, 0.05, many)[0]
        assert (side * end < 0) == (says > 0), (says, end)
        assert np.isfinite(end) or says < 0, (says, end)


def test_an_end_lies_where_the_total_is_as_large_as_what_the_level_refuses() -> None:
    """Six hundredths of its distance farther every dealing refuses an effect, and as much nearer one accepts it."""
    for panel, planted in product(("heavy", "skewed", "zeros"), ("none", "+100 %")):
        weighing = Weighing(draw_case(panel, 11, planted=planted), 199, 2)
        for side, level in product((-1, 1), (0.05, 0.10)):
            end = weighing.find_end(side, level, weighing)[0]
            if np.isfinite(end):
                step = 0.06 * (end - weighing.tau)
                beyond, within = (weighing._measure_excess(at, level) for at in (end + step, end - step))
                assert within <= 0 < beyond, (panel, planted, side, level)


@pytest.mark.parametrize(("is_worst", "expected"), [(False, 1.5), (True, 1.25)])
def test_the_factor_found_is_the_last_before_p_is_large(is_worst, expected) -> None:
    """Fewer deals decide where p is far from the bound, and p grows with the factor."""
    weighing = Weighing(draw_case("skewed", 11, planted="+100 %"), 599, 3)
    reading, real = weighing.read(0.0), weighing.read(0.0).totals(None)
    logs, tilts = reading.fit_hazard().logs, reading.list_tilts(float(np.sign(weighing.total)), is_worst)

    def find_p(factor) -> float:
        deals = [weighing.case.deal(logs + np.log(factor) * tilt, weighing.draws, weighing.seed) for tilt in tilts]
        return max(float(compare_totals(real, reading.measure(pairs)).p[0]) for pairs in deals)

    held = [1.0, *(factor for factor in FACTORS if find_p(factor) <= 0.05)]
    assert held == [1.0, *FACTORS][: len(held)]
    assert weighing.find_gamma(is_worst) == held[-1] == expected
    assert not is_worst or {weighing.find_gamma(is_worst, near) for near in (1.0, expected, 2.0)} == {expected}


def test_the_factor_found_stops_at_the_first_p_that_is_large() -> None:
    """By chance p falls below the bound again: .048, .053, .053, .048 by factor."""
    assert Weighing(draw_case("skewed", 11, planted="+100 %"), 599, 1).find_gamma(False) == 2.0


def test_more_deals_are_taken_while_a_bound_is_close() -> None:
    case = draw_case("heavy", 5, planted="+100 %")
    found = weigh_case(
        case, np.random.default_rng(4), draws=99, most_draws=399, seeks_interval=False, seeks_gamma=False,
        seeks_detectable=False,
    )  # fmt: skip
    assert found.draws in (99, 199, 399)
    assert found.draws == 399 or not Weighing(case, found.draws, found.seed).is_close


@pytest.mark.parametrize(
    ("p", "checks", "carried", "is_close"),
    [
        (0.03, (0.3, 0.5), -0.1, False),
        (0.045, (0.3, 0.5), -0.1, True),
        (0.03, (0.3, 0.055), -0.1, True),
        (0.03, (0.046, 0.5), -0.1, True),
        (0.03, (0.01, 0.5), -0.1, False),
        (0.3, (0.3, 0.05), -0.1, False),
        (0.03, (0.3, 0.5), 9.0, False),
    ],
)
def test_a_check_close_to_objecting_asks_for_more_deals(p, checks, carried, is_close) -> None:
    weighing = Weighing(draw_case("heavy", 5, planted="+100 %"), 1999, 1)
    names = ("before", "trend")
    vars(weighing).update(
        p=np.array([p, 0.04, 0.04, 0.04]), carried=carried,
        checks=tuple(EarlierCheck(name, one, 0.1) for name, one in zip(names, checks, strict=True)),
    )  # fmt: skip
    assert weighing.is_close == is_close


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"covariates": ("flow",)}, "without covariates"),
        ({"fixed_effects": ("unit", "city_period", "growth_period")}, "pair effects"),
        ({"fixed_effects": "unit"}, "pair effects"),
    ],
)
def test_designs_without_a_table_are_refused(change, message) -> None:
    fitted = fit(Imputation(family="poisson", measure="percent"), make_design())
    with pytest.raises(InferenceError, match=message):
        build_case(replace(fitted, design=replace(fitted.design, **change)))
    alone = fitted.design.reassigned(
        np.where(np.cumsum(np.isfinite(fitted.design.onset)) > 1, np.inf, fitted.design.onset)
    )
    with pytest.raises(InferenceError, match="two pairs that traded"):
        build_case(replace(fitted, design=alone))


def test_a_fit_is_graded_with_other_flows_in_the_hazard() -> None:
    design = make_design()
    columns = {**design.panel.columns, "imports": np.random.default_rng(1).permutation(design.panel.columns["flow"])}
    fitted = fit(
        Imputation(family="poisson", measure="percent"), replace(design, panel=replace(design.panel, columns=columns))
    )
    found = weigh_evidence(fitted, np.random.default_rng(1), draws=99, others=("imports",), seeks_gamma=False)
    assert len(found.slopes) == 4
    assert found.n_signers == 6
    assert found.grade in ("cannot tell", "some", "strong", "none")
    assert 0 < found.overlap < 1
    assert 1 <= found.n_effective <= 6


@pytest.mark.slow
@pytest.mark.parametrize("sign", [1, -1])
def test_the_detectable_effect_is_found_in_four_of_five_placements(sign) -> None:
    """The formula's own placements, then effects planted in new ones and everything worked out anew."""
    weighing, n, hits = Weighing(draw_case("heavy", 11), 199, 3), 40, 0
    effect = sign * find_detectable(weighing)[0 if sign > 0 else 1]
    flows = load_panels()["heavy"]()
    for seed in range(n):
        case = draw_case("heavy", 11, seed=100 + seed)
        y = np.where(case.is_affected, np.exp(effect), 1.0) * case.table.by_pair
        found = Weighing(build(flows, y, case.pairs, case.starts), 199, seed)
        hits += found.judge()[0] in ("some", "strong") and found.total * sign > 0
    assert abs(hits / n - 0.8) < 3 * np.sqrt(0.16 / n) + 0.05


@pytest.mark.slow
@pytest.mark.parametrize("dealing", ["size 1.2", "size 2.2", "growth", "size and growth", "dip"])
def test_no_effect_is_rarely_called_one(dealing) -> None:
    n, rejected, graded = 60, 0, 0
    for seed in range(n):
        weighing = Weighing(
            draw_case(("skewed", "heavy", "zeros")[seed % 3], (5, 11, 40)[seed // 3 % 3], dealing, seed=seed),
            99,
            seed,
        )
        rejected += weighing.p[0] <= 0.05
        graded += weighing.judge()[0] in ("some", "strong")
    assert rejected / n <= 0.07 + 3 * np.sqrt(0.05 * 0.95 / n)
    assert graded / n <= 0.03 + 3 * np.sqrt(0.03 * 0.97 / n)


@pytest.mark.slow
def test_the_error_of_an_end_is_how_far_other_deals_move_it() -> None:
    """Over a dozen seeds ends scatter as much as their errors say, within a factor of two and a half."""
    case = draw_case(planted="+100 %")
    found = [
        weigh_case(
            case, np.random.default_rng(seed), draws=199, most_draws=199, seeks_gamma=False, seeks_detectable=False
        )
        for seed in range(12)
    ]
    for end in ("low", "high"):
        spread = np.std([getattr(one, end) for one in found], ddof=1)
        error = np.median([getattr(one, f"{end}_error") for one in found])
        assert 0.4 < spread / error < 2.5, (end, spread, error)


def test_what_matters_by_the_files_own_measure_is_said_where_there_is_a_grade() -> None:
    case = draw_case()
    found = weigh_case(case, np.random.default_rng(1), draws=199, seeks_gamma=False, seeks_detectable=False)
    small = replace(found, low_90=-0.02, high_90=0.03, direction="rise")
    clear, unclear = {"hazard": np.full(4, 0.01)}, {"hazard": np.full(4, 0.4)}
    declared, silent = EvidenceOfChange(matters=5.0), EvidenceOfChange()
    for check, changed, expected in (
        (declared, {"p": clear, "grade": "some"}, ("small", "rise")),
        (declared, {"p": unclear, "grade": "cannot tell"}, ("nothing", "neither")),
        (declared, {"p": unclear, "grade": "none"}, ("cannot", "neither")),
        (declared, {"p": clear, "grade": "strong", "high_90": 0.2}, ("strong", "rise")),
        (silent, {"p": clear, "grade": "some"}, ("some", "rise")),
        (silent, {"p": unclear, "grade": "cannot tell"}, ("cannot", "neither")),
    ):
        assert check._grade(replace(small, **changed)) == expected, changed


@pytest.mark.parametrize(("tests", "close"), [(1.0, False), (2.0, True)])
def test_p_that_is_multiplied_has_a_larger_simulation_error(tests, close) -> None:
    """Twice a p near .025 from 1,999 deals has an error of .007, not the .005 of a p near .05."""
    weighing = Weighing(replace(draw_case("heavy", 5), tests=tests), 1999, 1)
    weighing.__dict__["p"] = np.array([0.062, 0.01, 0.01, 0.01])
    assert weighing.is_close == close
