"""The rule for checks: objects by its own test or by a large difference, silent only where it could have seen one."""

import math

import numpy as np
import pytest

from twintrade.diagnostics.verdicts import Yardstick, judge_variants, judge_violation

APART = Yardstick(0.3, 0.1, 0.5)  # distinguishable: the nearer end is 0.1 from zero
WIDE = Yardstick(0.1, -0.2, 0.4)  # not distinguishable: half the interval is 0.3
NOWHERE = Yardstick(0.1, -math.inf, math.inf)


def test_the_tolerance_is_the_nearer_end_or_half_the_interval():
    assert APART.tolerance == pytest.approx(0.1)
    assert WIDE.tolerance == pytest.approx(0.3)
    assert Yardstick(0.5, 0.2, math.inf).tolerance == pytest.approx(0.2)
    assert math.isnan(NOWHERE.tolerance)
    assert math.isnan(Yardstick(0.1, math.nan, math.nan).tolerance)


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
