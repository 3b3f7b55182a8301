"""The rule for checks: objects by its own test or by a large difference, silent only where it could have seen one."""

import math

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.diagnostics.base import (
    Judgment,
    Yardstick,
    judge_bound,
    judge_choices,
    judge_variants,
    judge_violation,
    measure_power,
)
from twintrade.diagnostics.variants import judge_table

APART = Yardstick(0.3, 0.1, 0.5)  # distinguishable: the nearer end is 0.1 from zero
WIDE = Yardstick(0.1, -0.2, 0.4)  # not distinguishable: half the interval is 0.3
NOWHERE = Yardstick(0.1, -math.inf, math.inf)


def test_the_tolerance_is_the_nearer_end_or_half_the_interval():
    assert APART.tolerance == pytest.approx(0.1)
    assert WIDE.tolerance == pytest.approx(0.3)
    assert Yardstick(0.5, 0.2, math.inf).tolerance == pytest.approx(0.2)
    assert math.isnan(NOWHERE.tolerance)
    assert math.isnan(Yardstick(0.1, math.nan, math.nan).tolerance)


@loop_over(
    ("p", "bound", "tolerance", "verdict"),
    [
        (0.04, 0.01, 0.1, "objects"),
        ([0.03, 0.9], 0.01, 0.1, "does not object"),  # Holm: 0.06
        ([0.02, 0.9], 0.01, 0.1, "objects"),
        (0.061, 0.5, 0.1, "cannot tell"),  # no power is no pass
        (0.9, 0.05, 0.1, "does not object"),
        (0.9, math.nan, 0.1, "cannot tell"),
        (0.9, 0.05, math.nan, "cannot tell"),
        (math.nan, 0.05, 0.1, "cannot tell"),
    ],
)
def test_a_check_that_could_not_have_seen_it_cannot_tell(p, bound, tolerance, verdict):
    assert judge_violation(p, bound, tolerance) == verdict


@loop_over(
    ("error", "size", "n_tests", "most", "power"),
    [
        (0.2, 0.2, 1, math.inf, 0.5),  # at half the interval every second sample rejects
        (1.959964 * 0.1, 0.2801585, 1, math.inf, 0.8),
        (math.inf, 0.2, 1, math.inf, 0.05),
        (0.2, 0.2, 3, 0.2, 0.5),  # by its size alone, whatever Holm asks for
        (0.0, 0.2, 1, math.inf, math.nan),  # no error of sampling, no power
        (0.2, math.nan, 1, math.inf, math.nan),
    ],
)
def test_power_is_that_of_the_test_against_half_the_interval(error, size, n_tests, most, power):
    assert measure_power(error, size, n_tests, most) == pytest.approx(power, abs=1e-4, nan_ok=True)


def test_holm_over_more_tests_costs_power():
    powers = [measure_power(0.2, 0.2, n) for n in (1, 2, 5)]
    assert powers == sorted(powers, reverse=True)
    assert powers[2] < 0.3


@loop_over(
    ("verdict", "best", "shown"),
    [
        ("cannot tell", 0.09, "note"),
        ("cannot tell", 0.11, "cannot tell"),
        ("cannot tell", math.nan, "cannot tell"),
        ("objects", 0.05, "objects"),
        ("does not object", 0.05, "does not object"),
    ],
)
def test_a_check_that_sees_nothing_and_could_not_is_a_note(verdict, best, shown):
    assert Judgment(verdict, best=best).shown_verdict == shown


def test_of_several_variants_the_power_is_that_of_the_one_seen_least_and_a_note_sees_none():
    judged = judge_bound([0.5, 0.6], 0.9, WIDE, np.array([math.nan, 5.0, 0.3]))
    assert judged.power == pytest.approx(measure_power(5.0, WIDE.half_width, 2))
    assert judged.best == pytest.approx(measure_power(0.3, WIDE.half_width, 2))
    assert (judged.power < 0.1, judged.shown_verdict) == (True, "cannot tell")


@loop_over(
    ("difference", "p", "bound", "yardstick", "verdict"),
    [
        (0.25, 0.4, 0.5, APART, "objects"),  # over half the width, 0.2
        (0.05, 0.01, 0.09, APART, "objects"),
        (0.05, 0.3, 0.09, APART, "does not object"),
        (0.05, 0.3, 0.15, APART, "cannot tell"),
        (-0.2, 0.3, 0.29, WIDE, "does not object"),  # the sign changes, and that alone is no objection
        (5.0, 0.3, 9.0, NOWHERE, "cannot tell"),
        (math.nan, math.nan, math.nan, WIDE, "cannot tell"),
    ],
)
def test_a_variant_objects_by_its_difference_and_never_by_its_sign(difference, p, bound, yardstick, verdict):
    found = judge_variants(np.array([difference]), np.array([p]), np.array([bound]), yardstick)
    assert found == verdict


@pytest.mark.parametrize(
    ("differences", "yardstick", "verdict"),
    [
        ([0.0, 0.05], APART, "does not object"),
        ([0.0, -0.15], APART, "cannot tell"),
        ([0.0, 0.25], APART, "objects"),
        ([0.0, 0.05], NOWHERE, "cannot tell"),
    ],
)
def test_choices_on_the_same_rows_are_judged_by_size(differences, yardstick, verdict):
    assert judge_choices(np.array(differences), yardstick).verdict == verdict


@pytest.mark.parametrize(("half", "verdict"), [(0.15, "objects"), (0.3, "cannot tell")])
def test_a_difference_less_precise_than_the_headline_objects_by_its_test_alone(half, verdict):
    row = {"effect": 0.55, "difference": 0.25, "difference_p": 0.2}
    table = pd.DataFrame([row | {"difference_low": 0.25 - half, "difference_high": 0.25 + half}])
    assert judge_table(table, APART).verdict == verdict
    assert judge_table(table.assign(difference_p=0.01), APART).verdict == "objects"
