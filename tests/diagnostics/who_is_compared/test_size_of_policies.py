"""A part of docs/lab/size_of_policies.md: planted effects are found, and intervals are the inverted tests of none."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.size_of_policies import EFFECTS, judge

LEVEL = 0.05
TRUTH = {"agreement alone": 0.2, "office alone": 0.5, "both": 0.7}


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [0.3, 0.9])
def test_a_planted_effect_moves_the_average_by_itself_and_its_interval_covers_where_the_test_does_not_reject(overlap):
    assert EFFECTS["both"] == (TRUTH["agreement alone"], TRUTH["office alone"])
    n_compared = 0
    for placement in range(4):
        none, planted = (
            pd.DataFrame(judge(overlap, what, placement, 59)).set_index("average") for what in ("none", "both")
        )
        for average, truth in TRUTH.items():
            if average not in none.index or average not in planted.index:
                continue
            shifts = [np.log1p(table.loc[average, "effect"] / 100) for table in (none, planted)]
            assert shifts[1] - shifts[0] == pytest.approx(truth, abs=1e-5), (placement, average)
            p, row = none.loc[average, "p"], planted.loc[average]
            if np.isfinite(p) and abs(p - LEVEL) > 0.03:
                covers = row["low"] <= 100 * np.expm1(truth) <= row["high"]
                assert covers == (p > LEVEL), (placement, average, p)
                n_compared += 1
    assert n_compared >= 6
