"""Placebo registers among a table's own pairs: who gets them, what they give, and the rates on a simulated panel."""

from dataclasses import replace

import numpy as np
import pytest

from tests.inference.refits.test_evidence import draw_case
from twintrade.errors import InferenceError
from twintrade.inference import calibration
from twintrade.inference.calibration import (
    GRADES,
    SIZES,
    add_effect,
    build_laboratory,
    judge_placement,
    measure_rates,
)
from twintrade.inference.evidence import Weighing

EXACT = 1e-9
DEALS = 39
"""Two ways to the same judgements are compared: few deals serve."""


def test_placebos_go_to_pairs_without_an_agreement_at_the_dates_of_the_real_ones() -> None:
    case = draw_case("heavy", 11, planted="+100 %")
    laboratory = build_laboratory([case], 99)
    for seed in range(5):
        (placed,) = laboratory.place(np.random.default_rng(seed))
        assert placed.starts.tolist() == case.starts.tolist()
        assert not set(placed.pairs) & set(case.pairs)
        assert case.at_risk[placed.pairs].all()
        seen = placed.table.is_observed.reshape(case.is_affected.shape)
        assert not (seen & case.is_affected).any()
        assert (seen | case.is_affected).all()
    # What the real agreements did is nowhere in it.
    unplanted = build_laboratory([draw_case("heavy", 11)], 99).place(np.random.default_rng(4))[0]
    assert unplanted.table.y.tolist() == placed.table.y.tolist()


def test_larger_pairs_get_placebos_as_often_as_the_hazard_of_signing_says() -> None:
    case = draw_case("skewed", 40, "size 2.2")
    laboratory = build_laboratory([case], 99)
    free, size = laboratory.cases[0].at_risk, case.size
    placed = [size[laboratory.place(np.random.default_rng(k))[0].pairs].mean() for k in range(40)]
    assert np.mean(placed) > size[free].mean() + 0.5


def test_the_printed_number_and_the_interval_move_with_the_effect() -> None:
    """So that one judgement without an effect says what would be printed with one."""
    (placed,) = build_laboratory([draw_case("skewed", 11)], 99).place(np.random.default_rng(1))
    before, after = Weighing(placed, 99, 5), Weighing(add_effect(placed, 0.6), 99, 5)
    assert after.tau == pytest.approx(before.tau + 0.6, abs=1e-6)
    assert after.find_p(0.6) == pytest.approx(before.find_p(0.0), abs=1e-9)
    assert before.find_p(0.0) == before.p[0]


def test_effects_are_found_from_the_smallest_one_on_that_the_rule_calls_evidence(monkeypatch) -> None:
    monkeypatch.setattr(calibration, "SIZES", np.log1p(np.array([0.2, 1.0, 4.0])))
    laboratory = build_laboratory([draw_case("heavy", 11)], DEALS)
    for seed in range(2):
        found = judge_placement(laboratory, 1, np.random.default_rng(seed))
        rng = np.random.default_rng(seed)
        (placed,), deals = laboratory.place(rng), int(rng.integers(2**31))
        for side, sign in enumerate((1, -1)):
            for k, size in enumerate(calibration.SIZES):
                planted = Weighing(add_effect(placed, sign * size), DEALS, deals)
                is_found = planted.judge()[0] in GRADES and planted.total * sign > 0
                assert is_found == (k >= found["first"][side])


def test_a_change_that_is_just_large_enough_to_matter_is_judged_as_if_it_were_planted(monkeypatch) -> None:
    monkeypatch.setattr(calibration, "SIZES", np.log1p(np.array([4.0])))
    ends = []
    for seed, matters in ((0, 0.5), (0, 3.0), (1, 1.2)):
        laboratory = build_laboratory([draw_case("heavy", 11)], DEALS, matters)
        found = judge_placement(laboratory, 1, np.random.default_rng(seed))["slight"]
        rng = np.random.default_rng(seed)
        (placed,), deals = laboratory.place(rng), int(rng.integers(2**31))
        for effect, is_slight in zip((0.0, matters), found, strict=True):
            weighing = Weighing(add_effect(placed, effect) if effect else placed, DEALS, deals)
            assert is_slight == all(weighing.find_p(side * matters) <= 0.10 for side in (-1, 1))
        ends.append(found.tolist())
    assert ends[1][0]  # so large a change is ruled out
    assert not judge_placement(build_laboratory([draw_case("heavy", 11)], DEALS), 1, np.random.default_rng(0))[
        "slight"
    ].any()


def give(*registers):
    """Judgements made up: grade, printed number without an effect, first rise and first fall found."""

    def judge(laboratory, number, rng):
        grade, tau, rise, fall, is_any = registers[number - 1]
        return {
            "grade": np.array([grade == name for name in GRADES]),
            "any": np.array(is_any),
            "tau": np.array(tau),
            "first": np.array([rise, fall]),
            "slight": np.array([number > 3, number > 8]),
            "covered": np.array([True, number > 1]),
        }

    return judge


def test_rates_are_those_of_the_registers(monkeypatch) -> None:
    last = SIZES.size
    # Rises: 1 of 10 at once, 7 of 10 from +25 %, 9 of 10 from +30 %; falls: 7 of 10 at most.
    registers = [
        ("strong", 0.3, 0, 0, True),
        *[("none", 0.1, 3, 5, k < 2) for k in range(6)],
        *[("none", -0.2, 4, last, False)] * 2,
        ("some", 0.5, last, last, True),
    ]
    monkeypatch.setattr(calibration, "judge_placement", give(*registers))
    case = draw_case("heavy", 11)
    found = measure_rates(build_laboratory([case, case], 99), 10, np.random.default_rng(1))
    assert (found.times, found.some, found.strong, found.family, found.n_designs) == (10, 0.1, 0.1, 0.4, 2)
    assert found.coverage == 19 / 20
    assert np.isnan(found.slight).all()
    declared = measure_rates(build_laboratory([case, case], 99, 0.1), 10, np.random.default_rng(1))
    assert declared.slight == pytest.approx((0.7, 0.2))
    low, high = np.log1p([0.25, 0.30])
    assert found.detectable == (pytest.approx(low + (high - low) * 0.1 / 0.2), -np.inf)
    printed = np.median(np.expm1(np.array([0.3, *[0.1] * 6, -0.2, -0.2]) + high)) / 0.30
    assert found.overstated[0] == pytest.approx(printed)
    assert np.isnan(found.overstated[1])
    assert found.effects.size == found.shares.size == 2 * last + 1
    assert found.shares[last] == 0.2
    assert found.shares[last + 1 : last + 6] == pytest.approx([0.1, 0.1, 0.1, 0.7, 0.9])
    assert found.shares[0] == 0.7
    alone = measure_rates(build_laboratory([case], 99), 10, np.random.default_rng(1))
    assert np.isnan(alone.family)


def test_other_outcomes_and_dates_are_judged_on_the_same_pairs() -> None:
    case, other = draw_case("heavy", 11), draw_case("heavy", 11, seed=3)
    later = replace(case, table=other.table, starts=np.sort(np.minimum(case.starts + 1, 9)), pairs=case.pairs)
    fewer = replace(later, pairs=later.pairs[1:], starts=later.starts[1:])
    placed, elsewhere = build_laboratory([case, fewer], 99).place(np.random.default_rng(2))
    assert set(elsewhere.pairs) == set(placed.pairs[1:])
    assert (np.diff(elsewhere.starts) >= 0).all()
    assert elsewhere.starts.tolist() == fewer.starts.tolist()


def test_too_few_pairs_without_an_agreement_are_refused() -> None:
    case = draw_case("states", 11)
    few = replace(
        case,
        at_risk=case.at_risk & (np.cumsum(case.at_risk) < 50) | np.isin(np.arange(case.at_risk.size), case.pairs),
    )
    with pytest.raises(InferenceError, match="5 pairs without an agreement for each of the 11"):
        build_laboratory([few], 99)


@pytest.mark.slow
def test_rates_on_a_simulated_panel_hold_for_registers_that_were_not_judged() -> None:
    """False evidence is rare, intervals cover, and the effect found four times in five is found in new registers."""
    laboratory = build_laboratory([draw_case("heavy", 11)], 99)
    found = measure_rates(laboratory, 60, np.random.default_rng(1))
    assert found.some + found.strong <= 0.03 + 3 * np.sqrt(0.03 * 0.97 / 60)
    assert found.coverage >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 60)
    hits = []
    for seed in range(60):
        (placed,) = laboratory.place(np.random.default_rng([9, seed]))
        hits.append(Weighing(add_effect(placed, found.detectable[0]), 99, seed).judge()[0] in GRADES)
    assert abs(np.mean(hits) - 0.8) < 3 * np.sqrt(2 * 0.16 / 60)
    assert 0.8 < found.overstated[0] < 2.0
