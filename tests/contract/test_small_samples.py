"""Every clustered error has the factor G/(G - 1) and refers to t with G - 1 degrees of freedom, for every method."""

import numpy as np
import pytest
from case_tables import loop_over
from scipy import stats
from test_influence import CASES, NAMES, fit_once, list_settings

from twintrade.inference.clustered import Clustered
from twintrade.inference.clustering.clusters import find_unit_positions
from twintrade.inference.crv2 import Jackknife
from twintrade.inference.wild import Multiplier

PLAIN = [case for case in CASES if case.values[2] in ("as it is", "weights")]


@pytest.mark.parametrize("name", NAMES)
def test_clustered_errors_count_their_clusters(name):
    loop_over(("options", "variant"), list_settings(name, PLAIN))(check_counts)(name=name)


def check_counts(name, options, variant):
    result, rng = fit_once(name, tuple(options.items()), variant), np.random.default_rng(1)
    estimate, o = result.view("overall"), result.design.observations
    influence = estimate.uncertainty.matrix()[:, 0]
    for by in ("unit", "city"):
        codes = o.unit_clusters(by)[find_unit_positions(o, estimate.uncertainty)]
        sums = np.bincount(np.unique(codes, return_inverse=True)[1], influence)
        n = sums.size
        se = np.sqrt(n / (n - 1) * (sums**2).sum())
        for method in (Clustered(by=(by,)), Multiplier(by=(by,), draws=19)):
            bands = method.infer(result, "overall", rng)
            assert bands.se[0] == pytest.approx(se, rel=1e-8)
            assert bands.df[0] == n - 1
        bands = Clustered(by=(by,)).infer(result, "overall", rng)
        assert bands.high[0] - bands.low[0] == pytest.approx(2 * stats.t.ppf(0.975, n - 1) * se, rel=1e-8)
        assert bands.p[0] == pytest.approx(2 * stats.t.sf(abs(estimate.effects[0]) / se, n - 1), rel=1e-6)


@pytest.mark.parametrize("name", ["imputation", "callaway_santanna", "two_stage"])
def test_the_jackknife_counts_its_clusters(name):
    result = fit_once(name, (), "as it is")
    n = np.unique(result.design.panel.unit_city).size
    assert Jackknife(by=("city",)).infer(result, "overall", np.random.default_rng(1)).df[0] == n - 1
