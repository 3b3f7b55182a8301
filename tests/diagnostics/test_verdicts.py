"""The rule for checks: objects by its own test or by a large difference, silent only where it could have seen one."""

import math

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.diagnostics.base import Yardstick, judge_choices, judge_variants, judge_violation
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
    assert judge_choices(np.array(differences), yardstick) == verdict


@pytest.mark.parametrize(("half", "verdict"), [(0.15, "objects"), (0.3, "cannot tell")])
def test_a_difference_less_precise_than_the_headline_objects_by_its_test_alone(half, verdict):
    row = {"effect": 0.55, "difference": 0.25, "difference_p": 0.2}
    table = pd.DataFrame([row | {"difference_low": 0.25 - half, "difference_high": 0.25 + half}])
    assert judge_table(table, APART).verdict == verdict
    assert judge_table(table.assign(difference_p=0.01), APART).verdict == "objects"
