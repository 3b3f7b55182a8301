"""Event studies from tables of sums, as a database returns them, against the same estimators on the rows."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import CohortStatistics, Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.diagnostics.sensitivity.leave_one_out import convert_coverage
from twintrade.errors import DesignError, EstimationError, InferenceError, TwintradeError
from twintrade.estimators.base import ESTIMATORS, fit
from twintrade.inference.clustered import Clustered
from twintrade.inference.wild import Multiplier

EXACT = 1e-10
"""The same sums in another order."""

TAKEN = (
    "callaway_santanna",
    "sun_abraham",
    "imputation",
    "two_stage",
    "etwfe",
    "twfe",
    "stacked",
    "staggered_efficient",
    "chaisemartin_dhaultfoeuille",
)


@cache
def rows():
    """Dyads of 12 cities and 9 partners over 10 years; some are tied before the sample, some after it."""
    rng = np.random.default_rng(41)
    city, partner, year = (a.ravel() for a in np.meshgrid(range(12), range(9), range(2000, 2010), indexing="ij"))
    onsets = rng.choice([1999.0, 2003.0, 2004.0, 2006.0, 2030.0, np.nan], (12, 9), p=[0.05, 0.2, 0.2, 0.15, 0.1, 0.3])
    onset = onsets[city, partner]
    y = rng.normal(size=(12, 9))[city, partner] + rng.normal(size=(12, 10))[city, year - 2000]
    y = y + 3 + 0.2 * year.astype(float) + np.where(year >= onset, 0.3 * (year - onset + 1), 0.0)
    frame = pd.DataFrame({"city": city, "partner": partner, "period": year, "onset": onset})
    frame["y"] = y + rng.normal(size=y.size)
    return frame.assign(city=frame.city.map("c{:02d}".format), partner=frame.partner.map("p{}".format))


def summed(frame, *keys):
    table = frame.groupby([*keys, "onset", "period"], dropna=False).agg(n=("y", "size"), total=("y", "sum"))
    return table.reset_index().rename(columns=dict.fromkeys(keys, "cluster"))


def multiplied(frame):
    pairs = frame.merge(frame, on=["city", "partner"], suffixes=("", "_2"))
    pairs = pairs[pairs.period <= pairs.period_2].assign(product=lambda f: f.y * f.y_2)
    table = pairs.groupby(["onset", "period", "period_2"], dropna=False)["product"].sum().reset_index()
    return table.rename(columns={"period_2": "other_period"})


@cache
def statistics(slope=None):
    """Sum the rows, less a slope by year where one is given."""
    frame, center = rows(), None if slope is None else {y: slope * y for y in range(2000, 2010)}
    if center is not None:
        frame = frame.assign(y=frame.y - frame.period.map(center))
    clusters = {name: summed(frame, name) for name in ("city", "partner")}
    return CohortStatistics.from_tables(
        summed(frame).sample(frac=1.0, random_state=1), multiplied(frame), clusters, center=center
    )


def design_of_rows(**options):
    frame = rows()
    panel = Panel.from_frame(frame.drop(columns="onset"), city="city", partner="partner")
    onset = frame.groupby(["city", "partner"])["onset"].first()
    onset.index = [f"{c}-{p}" for c, p in onset.index]
    return Design(panel=panel, treatment=Treatment.from_series(onset.reindex(panel.units)), outcome="y", **options)


CORRECTIONS = ("none", "fixest", "stata", "linearmodels")
OPTIONS = {
    "never": {"comparison": NeverTreated(), "window": (-3, 3)},
    "not yet": {"comparison": NotYetTreated(), "window": (-2, 4)},
    "anticipation": {"comparison": NeverTreated(), "window": (-3, 3), "anticipation": 1, "reference": -2},
}


@cache
def fit_rows(name, options):
    return fit(ESTIMATORS[name](), design_of_rows(**OPTIONS[options]))


@pytest.mark.parametrize("is_whole", [False, pytest.param(True, marks=pytest.mark.slow)])
@loop_over("slope", [None, 0.2], ids=["raw", "centered"])
@loop_over("options", OPTIONS)
@loop_over("name", TAKEN)
def test_tables_of_sums_equal_rows(name, options, slope, is_whole):
    own = fit_rows(name, options)
    theirs = fit(ESTIMATORS[name](), Design.from_statistics(statistics(slope), **OPTIONS[options]))
    assert theirs.estimate.names == own.estimate.names
    for view in own.views:
        np.testing.assert_allclose(theirs.view(view).effects, own.view(view).effects, atol=EXACT)
        np.testing.assert_array_equal(theirs.view(view).n_units, own.view(view).n_units)
    assert theirs.estimate.sample.n_rows == own.estimate.sample.n_rows
    assert theirs.estimate.sample.n_units == own.estimate.sample.n_units
    turn = list(OPTIONS).index(options) + 3 * (slope is None)  # six of them: every estimator meets every pair
    for k, by in enumerate((("unit",), ("city",), ("partner",), ("city", "partner"))):
        for correction in CORRECTIONS if is_whole else [CORRECTIONS[(turn + k) % 4]]:
            way = Clustered(by=by, correction=correction, draws=1)
            bands = [way.infer(f, "event", np.random.default_rng(3)) for f in (own, theirs)]
            np.testing.assert_allclose(bands[1].se, bands[0].se, atol=EXACT)
            np.testing.assert_allclose(bands[1].df, bands[0].df)


def test_hidden_agreements_are_as_many_among_sums_as_among_rows():
    own, theirs = (
        fit(ESTIMATORS["imputation"](), design) for design in (design_of_rows(), Design.from_statistics(statistics()))
    )
    assert convert_coverage(theirs, 0.8, 0.9) == convert_coverage(own, 0.8, 0.9)


def test_multiplier_bands_from_cluster_sums():
    own = fit(ESTIMATORS["callaway_santanna"](), design_of_rows())
    theirs = fit(ESTIMATORS["callaway_santanna"](), Design.from_statistics(statistics()))
    bands = [Multiplier(by=("city",), draws=99).infer(f, "event", np.random.default_rng(3)) for f in (own, theirs)]
    np.testing.assert_allclose(bands[1].simultaneous_low, bands[0].simultaneous_low, atol=EXACT)
    with pytest.raises(InferenceError, match="without units"):
        Multiplier(by=("unit",), draws=9).infer(theirs, "event", np.random.default_rng(3))


@pytest.mark.parametrize("name", ["local_projections", "ppml", "interactive_effects", "synthetic_did"])
def test_methods_that_need_rows_refuse(name):
    with pytest.raises(DesignError, match="own rows"):
        fit(ESTIMATORS[name](), Design.from_statistics(statistics()))


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("sun_abraham", {"family": "poisson"}),
        ("imputation", {"family": "poisson"}),
        ("etwfe", {"family": "poisson"}),
        ("callaway_santanna", {"rows": "cross_sections"}),
    ],
)
def test_options_that_need_rows_refuse(name, option):
    with pytest.raises((EstimationError, DesignError)):
        fit(ESTIMATORS[name](**option), Design.from_statistics(statistics()))


def test_gravity_effects_are_refused():
    with pytest.raises(TwintradeError):
        fit(ESTIMATORS["imputation"](), Design.from_statistics(statistics(), fixed_effects="gravity"))


SPOILED = {
    "no column": (lambda s, p: (s.drop(columns="n"), p), "no column 'n'"),
    "a missing cell": (lambda s, p: (s.iloc[1:], p), "exactly one finite row"),
    "a cell twice": (lambda s, p: (pd.concat([s, s.iloc[:1]]), p), "exactly one finite row"),
    "gaps": (lambda s, p: (s.assign(n=s.n + (s.period == 2004)), p), "leave out those with gaps"),
    "no products": (lambda s, p: (s, p.iloc[5:]), "lacks cohort 1999, periods 2000 and 2000"),
    "another cohort": (lambda s, p: (s, p.assign(onset=p.onset + 1)), "which the table of sums has not"),
    "impossible": (lambda s, p: (s, p.assign(product=p["product"] / 2)), "sum of squares"),
}


@loop_over("key", SPOILED)
def test_tables_that_cannot_be_are_refused(key):
    spoil, message = SPOILED[key]
    frame = rows()
    with pytest.raises(DesignError, match=message):
        CohortStatistics.from_tables(*spoil(summed(frame), multiplied(frame)))


def test_cluster_sums_of_other_rows_are_refused():
    frame = rows()
    city = summed(frame[frame.city != "c03"], "city")
    with pytest.raises(DesignError, match="do not add up"):
        CohortStatistics.from_tables(summed(frame), multiplied(frame), {"city": city})
    with pytest.raises(DesignError, match="no sums by city"):
        Design.from_statistics(CohortStatistics.from_tables(summed(frame), multiplied(frame)), clusters=("city",))
