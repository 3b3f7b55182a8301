"""Effects against the reference are measured from units seen there and elsewhere, or are not given."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import Design, NeverTreated, NotYetTreated, Panel, Treatment
from twintrade.errors import EstimationError
from twintrade.estimators.etwfe import ETWFE
from twintrade.estimators.ppml import PPML
from twintrade.estimators.sun_abraham import Stacked, SunAbraham
from twintrade.estimators.twfe import TWFE

PATH = {-4: 0.5, -3: 0.3, -2: 0.2, -1: 0.0, 0: 1.0, 1: 2.0, 2: 4.0, 3: 8.0}
METHODS = {
    "twfe": TWFE(),
    "ppml": PPML(),
    "sun_abraham": SunAbraham(),
    "sun_abraham poisson": SunAbraham(family="poisson"),
    "stacked": Stacked(trimmed=False),
    "etwfe": ETWFE(),
}
EARLY, LATE = [-4, -3, -2], [2, 3]
LONE = {"lone": (2005, [-1]), "a": (2005, [*EARLY, 0, 1]), "b": (2005, [-3, -2, 0, 1, 2])}
APART = {"a": (2005, [-1, 0]), "b": (2005, [-1, 0, 1]), "c": (2005, [*EARLY, *LATE]), "d": (2005, [-4, *LATE])}
LONE_IN_COHORT = {"a": (2005, [*PATH]), "lone": (2006, [-1]), "b": (2006, [*EARLY, 0, 1, 2])}


def exact_design(treated, *, is_poisson=False, comparison=None, window=(-4, 3)):
    """A panel without noise whose effect at each event time is in PATH: whatever is reported must be just that."""
    rng = np.random.default_rng(5)
    years = range(2000, 2010)
    year_effect = {t: rng.normal() for t in years}
    rows = [
        (unit, onset + e, level + year_effect[onset + e] + PATH[e])
        for unit, (onset, times) in treated.items()
        for level in [rng.normal()]
        for e in times
    ]
    rows += [(f"never {k}", t, k + year_effect[t]) for k in range(6) for t in years]
    frame = pd.DataFrame(rows, columns=["unit", "period", "y"])
    frame["y"] = np.exp(frame["y"]) if is_poisson else frame["y"]
    onset = pd.Series({u: treated[u][0] if u in treated else np.inf for u in frame["unit"].unique()})
    return Design(
        panel=Panel.from_frame(frame, unit="unit"),
        treatment=Treatment.from_series(onset),
        outcome="y",
        comparison=comparison or NotYetTreated(),
        window=window,
    )


def estimated(name, treated):
    comparison = NeverTreated() if name == "etwfe" else None
    is_poisson = "poisson" in name or name == "ppml"
    return METHODS[name].estimate(exact_design(treated, is_poisson=is_poisson, comparison=comparison))


@loop_over("name", METHODS)
@loop_over("treated", [APART, LONE_IN_COHORT], ids=["two components", "one cohort"])
def test_every_effect_reported_is_the_one_against_the_reference(name, treated):
    found = estimated(name, treated)
    assert found.n_effects > 1
    np.testing.assert_allclose(found.effects, [PATH[int(e)] for e in found.event_times], atol=1e-7)


@loop_over("name", METHODS)
def test_a_reference_seen_only_by_a_unit_with_no_other_row_is_refused(name):
    with pytest.raises(EstimationError):
        estimated(name, LONE)


def test_what_nothing_joins_to_the_reference_is_listed_and_its_rows_stay():
    found = estimated("twfe", APART)
    lost = {d.reason: d.names for d in found.sample.dropped}["no-reference"]
    assert set(lost) == {f"event time {e:+d}" for e in (*EARLY, *LATE)}
    np.testing.assert_array_equal(found.event_times, [-1, 0, 1])
    assert found.sample.rows.size == sum(len(times) for _, times in APART.values()) + 60


def test_a_chain_of_units_joins_event_times_to_the_reference():
    chain = {"a": (2005, [-1, 0]), "b": (2005, [-2, 0]), "c": (2005, [-2, 1]), "d": (2005, [-3, 1])}
    found = estimated("twfe", chain)
    np.testing.assert_array_equal(found.event_times, [-3, -2, -1, 0, 1])
    np.testing.assert_allclose(found.effects, [PATH[int(e)] for e in found.event_times], atol=1e-9)


def test_units_of_a_cohort_that_nothing_joins_to_the_reference_are_counted():
    dropped = {d.reason: d for d in estimated("sun_abraham", LONE_IN_COHORT).sample.dropped}["no-reference"]
    assert (dropped.names, dropped.n_units, dropped.n_rows) == (("cohort 2006",), 1, 6)


@pytest.mark.parametrize("method", [TWFE(), PPML()], ids=["twfe", "ppml"])
def test_a_reference_that_the_effects_leave_without_information_is_refused(method):
    """At the reference the treated pairs are alone in their city and year: city effects take these rows whole."""
    rng = np.random.default_rng(8)
    cities = {"Lyon": 2005, "Turin": 2006, "Ghent": None, "Porto": None}
    rows = [
        (city, partner, t, np.exp(rng.normal()))
        for city, onset in cities.items()
        for partner in ("USA", "JPN", "CHN")
        for t in range(2000, 2010)
        if partner == "USA" or onset is None or t != onset - 1
    ]
    frame = pd.DataFrame(rows, columns=["city", "partner", "period", "y"])
    panel = Panel.from_frame(frame, city="city", partner="partner")
    onset = pd.Series({"Lyon-USA": 2005.0, "Turin-USA": 2006.0}).reindex(panel.units)
    design = Design(
        panel=panel,
        treatment=Treatment.from_series(onset),
        outcome="y",
        fixed_effects=("unit", "city_period", "period"),
        window=(-3, 2),
    )
    with pytest.raises(EstimationError, match=r"joins event times .* to -1, the reference"):
        method.estimate(design)
    assert method.estimate(replace(design, reference=-2)).reference == -2
