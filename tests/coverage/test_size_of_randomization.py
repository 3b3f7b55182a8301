"""Size of randomization where agreements cluster, or fall on pairs noisier or calmer than the rest.

Panels and methods: benchmarks/size_of_randomization.py; TWINTRADE_SIMULATIONS sets the number of panels.
"""

import os

import numpy as np
import pytest

from benchmarks.size_of_randomization import CASES, measure

pytestmark = pytest.mark.slow
N_PANELS = int(os.environ.get("TWINTRADE_SIMULATIONS", "150"))
AT_MOST = 0.05 + 3 * np.sqrt(0.05 * 0.95 / N_PANELS)


@pytest.mark.parametrize(
    "case", ["1 small, by size", "5 small, by size", "15 few cities, by size", "15 large, by size"]
)
def test_labels_over_noise_by_size_keep_their_size(case) -> None:
    assert measure(CASES[case], "imputation, logs", ["labels, by size"], N_PANELS)["labels, by size"] <= AT_MOST


def test_labels_find_an_effect() -> None:
    rates = measure(CASES["15 few cities, by size"], "imputation, logs", ["labels, by size"], 20, effect=0.5)
    assert rates["labels, by size"] >= 0.5
