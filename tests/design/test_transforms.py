"""Every transform of the outcome is computed, scaled and named; whatever is left out is listed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.design import TRANSFORMS, Design, Panel, Treatment
from twintrade.errors import DesignError
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.ppml import PPML
from twintrade.estimators.twfe import TWFE

YEARS = range(2000, 2010)
CITIES, PARTNERS = ["Lyon", "Turin", "Ghent"], ["USA", "JPN", "CHN", "BRA"]


def made(transform="level", effect=0.3, spoil=None, **options):
    """Twelve pairs over ten years; Lyon-USA and Turin-JPN are treated in 2005 and 2007."""
    rng = np.random.default_rng(4)
    onset = {"Lyon-USA": 2005.0, "Turin-JPN": 2007.0}
    rows = [
        (
            c,
            p,
            t,
            np.exp(1 + rng.normal() * 0.1 + size + 0.02 * t - 40 + effect * (t >= onset.get(f"{c}-{p}", np.inf))),
        )
        for c in CITIES
        for p in PARTNERS
        for size in [rng.normal()]
        for t in YEARS
    ]
    frame = pd.DataFrame(rows, columns=["city", "partner", "period", "y"])
    frame = frame if spoil is None else spoil(frame)
    panel = Panel.from_frame(frame, city="city", partner="partner", units_of_measure={"y": "US dollars"})
    treatment = Treatment.from_series(pd.Series(onset).reindex(panel.units))
    return Design(panel=panel, treatment=treatment, outcome="y", transform=transform, window=(-3, 2), **options)


def transformed(design):
    return design.panel.to_frame().iloc[design.observations.rows].assign(z=design.observations.y)


@pytest.mark.parametrize("place", ["partner", "city"])
def test_shares_of_a_total_sum_to_one(place):
    found = transformed(made(f"share_of_{place}"))
    np.testing.assert_allclose(found.groupby([place, "period"])["z"].sum(), 1.0, atol=1e-12)
    assert found["z"].between(0, 1).all()
    other = {"partner": "city", "city": "partner"}[place]
    assert not np.allclose(found.groupby([other, "period"])["z"].sum(), 1.0)


def test_a_total_is_the_same_whoever_is_left_out():
    design = made("share_of_partner")
    whole = transformed(design).set_index(["unit", "period"])["z"]
    fewer = transformed(design.without(["Lyon-USA"])).set_index(["unit", "period"])["z"]
    np.testing.assert_allclose(fewer, whole.loc[fewer.index], atol=1e-15)


def test_an_index_is_100_at_its_base_and_follows_the_outcome():
    found = transformed(made("index", index_base=2003))
    np.testing.assert_allclose(found.loc[found["period"] == 2003, "z"], 100.0, atol=1e-12)
    base = found[found["period"] == 2003].set_index("unit")["y"]
    np.testing.assert_allclose(found["z"], 100 * found["y"] / found["unit"].map(base), rtol=1e-12)


def test_transforms_do_not_depend_on_the_unit_of_money():
    for transform, options in (("share_of_partner", {}), ("share_of_city", {}), ("index", {"index_base": 2002})):
        one = made(transform, **options)
        other = made(transform, spoil=lambda f: f.assign(y=1000 * f["y"]), **options)
        np.testing.assert_allclose(one.observations.y, other.observations.y, rtol=1e-12)
        assert not np.allclose(one.observations.y, made().observations.y)


SCALES = {
    "level": ("level", "levels", "US dollars"),
    "log": ("log points", "logs", ""),
    "share_of_partner": ("share", "shares of the partner's total", "of the partner's total"),
    "share_of_city": ("share", "shares of the city's total", "of the city's total"),
    "index": ("index", "an index (2003 = 100)", "points of an index (2003 = 100)"),
}


@loop_over("transform", TRANSFORMS)
def test_scale_label_and_unit_say_what_was_computed(transform):
    design = made(transform, index_base=2003 if transform == "index" else None)
    assert (design.scale, str(design.transform_label), str(design.effect_unit)) == SCALES[transform]
    found = fit(TWFE(shape="static"), design)
    assert found.estimate.scale == SCALES[transform][0]
    by_hand = transformed(design)
    columns = {**design.panel.columns, "z": by_hand["z"].to_numpy()}
    again = fit(TWFE(shape="static"), replace(made(), panel=replace(design.panel, columns=columns), outcome="z"))
    assert found.estimate.effects == pytest.approx(again.estimate.effects, rel=1e-12)


def test_poisson_takes_shares_and_an_index_and_gives_log_points():
    for transform, options in (("share_of_partner", {}), ("index", {"index_base": 2003})):
        assert fit(PPML(shape="static"), made(transform, **options)).estimate.scale == "log points"
    assert fit(Imputation(), made("index", index_base=2003)).view("overall").effects[0] > 20


def test_what_has_no_share_or_no_base_is_listed():
    def spoil(frame):
        y = frame["y"].copy()
        y[(frame["city"] == "Ghent") & (frame["partner"] == "BRA") & (frame["period"] == 2003)] = 0.0
        y[(frame["partner"] == "CHN") & (frame["period"] == 2001)] = 0.0
        y[(frame["city"] == "Lyon") & (frame["partner"] == "JPN") & (frame["period"] == 2002)] = -1.0
        return frame.assign(y=y)

    index = {d.reason: d for d in made("index", index_base=2003, spoil=spoil).observations.dropped}
    assert (index["no-base"].names, index["no-base"].n_rows) == (("Ghent-BRA",), 10)
    share = {d.reason: d for d in made("share_of_partner", spoil=spoil).observations.dropped}
    assert share["no-total"].n_rows == 3
    assert share["negative-share"].names == ("Lyon-JPN",)


def test_an_aggregate_is_in_no_total_of_a_city():
    def spoil(frame):
        return frame.assign(partner=frame["partner"].replace({"BRA": "World", "CHN": "+EU"}))

    found = transformed(made("share_of_city", spoil=spoil))
    assert set(found["partner"]) == {"JPN", "USA"}
    np.testing.assert_allclose(found.groupby(["city", "period"])["z"].sum(), 1.0, atol=1e-12)


REFUSED = {
    "share of what": ({"transform": "share"}, r"did you mean share_of_partner or share_of_city\?"),
    "index without base": ({"transform": "index"}, "an index has index_base"),
    "base without index": ({"transform": "log", "index_base": 2003}, "an index has index_base"),
}


@pytest.mark.parametrize("key", REFUSED)
def test_what_is_not_said_in_full_is_refused(key):
    options, message = REFUSED[key]
    with pytest.raises(DesignError, match=message):
        made(**options)


def test_a_base_after_an_onset_or_outside_the_panel_is_refused():
    with pytest.raises(DesignError, match=r"1 units are treated by 2006, the base of the index \(first: Lyon-USA\)"):
        _ = made("index", index_base=2006).observations
    with pytest.raises(DesignError, match="index_base 1999 is no period of the panel, which has 2000 to 2009"):
        _ = made("index", index_base=1999).observations


def test_a_share_of_a_city_needs_pairs():
    panel = Panel.from_frame(pd.DataFrame({"c": ["a", "a"], "period": [1, 2], "y": [1.0, 2.0]}), unit="c")
    design = Design(
        panel=panel, treatment=Treatment.from_series(pd.Series({"a": np.inf})), outcome="y", transform="share_of_city"
    )
    with pytest.raises(DesignError, match="share_of_city needs city-partner pairs"):
        _ = design.observations


def test_another_outcome_drops_the_base_with_the_index():
    design = made("index", index_base=2003)
    assert design.with_outcome("y", "log").index_base is None
    assert design.with_outcome("y", "index").index_base == 2003
