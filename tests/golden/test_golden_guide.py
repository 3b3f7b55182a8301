"""Applications 2 and 3 of the Advanced Guide to Trade Policy Analysis, through the public functions alone."""

import numpy as np
import pytest
from case_tables import loop_over
from reference_results import read_data

import twintrade as tt

# The guide prints three decimals.
PRINTED = 5.1e-4
# It prints 0.110 for an error that is 0.10948 here.
PRINTED_ERROR = 5.2e-4
BY_TIME = [("exporter", "year"), ("importer", "year")]
BILATERAL = ["cntg", "lang", "clny"]


@pytest.fixture(scope="module")
def flows():
    d = read_data("agtpa_applications")
    d = d[d.year % 4 == 1986 % 4]
    d = d.assign(is_foreign=(d.exporter != d.importer).astype(float), ln_dist=np.log(d.dist))
    for year in sorted(d.year.unique()):
        d[f"dist{year}"] = d.ln_dist * d.is_foreign * (d.year == year)
        d[f"border{year}"] = d.is_foreign * (d.year == year)
    d = d.assign(dist_at_home=d.ln_dist * (1 - d.is_foreign), home=1 - d.is_foreign)
    return d.assign(own=d.exporter.where(d.is_foreign == 0, "foreign"))


def fit(d, method, effects, shape, **options):
    panel = tt.panel(d, city="exporter", partner="importer", period="year")
    design = tt.compare(
        panel, outcome="trade", fixed_effects=effects, cluster="undirected_pair", always_treated="keep", **options
    )
    return tt.fit(method, design, shape=shape)


def measure_change(found):
    slopes = found.coef()
    return 100 * (slopes["dist2006"] / slopes["dist1986"] - 1)


DISTANCE = {
    "ols": (7.950, "twfe", True, [], BY_TIME),
    "ppml": (-2.750, "ppml", True, [], BY_TIME),
    "domestic distance": (-10.965, "ppml", False, ["dist_at_home"], BY_TIME),
    "home": (-11.969, "ppml", False, ["dist_at_home", "home"], BY_TIME),
    "effects of every home": (-10.931, "ppml", False, [], [*BY_TIME, "own"]),
}


@loop_over("column", DISTANCE)
def test_application_two_the_change_of_the_effect_of_distance(flows, column):
    printed, method, is_abroad, more, effects = DISTANCE[column]
    d = flows.assign(**{name: flows[name] * flows.is_foreign for name in BILATERAL})
    d = d[d.is_foreign == 1] if is_abroad else d
    distances = [name for name in d if name.startswith("dist") and name[4:].isdigit()]
    transform = "log" if method == "twfe" else "level"
    found = fit(d, method, effects, "covariates", covariates=[*distances, *BILATERAL, *more], transform=transform)
    assert measure_change(found) == pytest.approx(printed, abs=PRINTED)


@pytest.mark.parametrize(
    ("borders", "total", "error"), [([], 0.993, 0.094), (["1986", "1990", "1994", "1998", "2002"], 0.475, 0.110)]
)
def test_application_three_agreements_phase_in(flows, borders, total, error):
    lags = ["rta_lag4", "rta_lag8", "rta_lag12"]
    found = fit(
        flows, "ppml", [*BY_TIME, "undirected_pair"], "static",
        treated="rta", covariates=[*lags, *(f"border{year}" for year in borders)],
    )  # fmt: skip
    row = found.lincom(["rta", *lags], correction="ppmlhdfe").iloc[0]
    assert row["estimate"] == pytest.approx(total, abs=PRINTED)
    assert row["std.error"] == pytest.approx(error, abs=PRINTED_ERROR)
