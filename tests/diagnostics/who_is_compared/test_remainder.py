"""A rest of the world among the partners: what it identifies, what goes without it, and both numbers in a check."""

import os
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import twintrade as tt
from twintrade.design.case import build_donor_sets
from twintrade.diagnostics.who_is_compared.estimators import Remainder
from twintrade.errors import DesignError
from twintrade.study.page.assemble import list_unit_roles

CITIES = ("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden")
PARTNERS = ("DEU", "FRA", "GBR", "ROW")
YEARS = range(2001, 2009)
ONSET = 2005
EFFECTS = {("Alder", "DEU"): 1.5, ("Alder", "FRA"): 1.5, ("Alder", "GBR"): 1.5, ("Birch", "DEU"): 1.1}
"""Alder has agreements with every named partner: its city-year effects are those of its trade with the rest."""


def build_world(noise=0.0, seed=1, rest="ROW"):
    """Return a world matrix with city-year, partner-year and pair effects, and the exact change of treated totals."""
    rng = np.random.default_rng(seed)
    shocks = {key: float(np.exp(0.3 * rng.normal())) for key in product((*CITIES, *PARTNERS), YEARS)}
    sizes = {pair: float(np.exp(3 + rng.normal())) for pair in product(CITIES, PARTNERS)}
    rows, observed, expected = [], 0.0, 0.0
    for city, partner, year in product(CITIES, PARTNERS, YEARS):
        without = sizes[city, partner] * shocks[city, year] * shocks[partner, year]
        factor = EFFECTS.get((city, partner), 1.0) if year >= ONSET else 1.0
        if factor > 1:
            observed, expected = observed + without * factor, expected + without
        drawn = float(np.exp(noise * rng.normal()))
        rows.append((city, rest if partner == "ROW" else partner, year, without * factor * drawn, int(factor > 1)))
    return pd.DataFrame(rows, columns=["city", "partner", "year", "exports", "tied"]), 100 * (observed / expected - 1)


def compare(frame, **options):
    panel = tt.panel(frame, city="city", partner="partner", period="year")
    return tt.compare(panel, outcome="exports", treated="tied", fixed_effects="gravity", cluster="unit", **options)


def estimate(design):
    return tt.fit("imputation", design, family="poisson", measure="percent").view("overall")


def test_with_the_rest_of_the_world_the_planted_change_is_found_and_without_it_another():
    world, planted = build_world()
    assert float(estimate(compare(world)).effects[0]) == pytest.approx(planted, abs=1e-6)
    without = estimate(compare(world, totals_only=("ROW",)))
    assert float(without.effects[0]) == pytest.approx(10, abs=1e-6)
    assert abs(planted - 10) > 20


def test_for_totals_only_is_as_if_the_rows_were_not_there():
    world, _ = build_world(0.1)
    one, other = compare(world, totals_only=("ROW",)), compare(world[world["partner"] != "ROW"])
    assert estimate(one).effects.tolist() == estimate(other).effects.tolist()
    (dropped,) = one.observations.dropped
    assert (dropped.reason, dropped.n_units, dropped.n_rows) == ("remainder", 6, 48)
    assert set(list_unit_roles(one)[np.char.endswith(one.panel.units.astype(str), "ROW")]) == {"remainder"}


@pytest.mark.parametrize("options", [{}, {"totals_only": ("ROW",)}], ids=["in", "out"])
def test_shares_are_of_all_exports_with_the_rest_of_the_world(options):
    world, _ = build_world()
    o = compare(world, transform="share_of_city", **options).observations
    frame = o.panel.to_frame().iloc[o.rows].assign(share=o.y)
    total = world.groupby(["city", "year"])["exports"].sum()
    expected = (
        frame["exports"].to_numpy() / total.loc[list(zip(frame["city"], frame["period"], strict=True))].to_numpy()
    )
    np.testing.assert_allclose(o.y, expected, rtol=1e-12)
    assert ("ROW" in set(frame["partner"])) == (not options)


def test_a_remainder_is_no_donor():
    world, _ = build_world()
    quiet = world.assign(tied=world["tied"] * (world["city"] == "Birch"))
    of_city, _ = build_donor_sets(compare(quiet), "Birch-DEU")
    assert of_city.donors.units == ("Birch-FRA", "Birch-GBR")


def test_an_unknown_partner_is_refused():
    world, _ = build_world()
    with pytest.raises(DesignError, match="totals_only names 'RWO', which is no partner of the panel"):
        compare(world, totals_only=("RWO",))
    with pytest.raises(DesignError, match=r"totals_only is a list of partners; give \('ROW',\)"):
        compare(world, totals_only="ROW")


@pytest.mark.parametrize("options", [{}, {"totals_only": ("ROW",)}], ids=["in", "out"])
def test_the_check_prints_both_numbers_whichever_is_the_headline(options):
    world, planted = build_world(0.002)
    fitted = tt.fit("imputation", compare(world, **options), family="poisson", measure="percent")
    finding = tt.check(fitted, "remainder", "clustered")
    with_it, without = finding.table["effect"]
    assert with_it == pytest.approx(planted, abs=0.5)
    assert without == pytest.approx(10, abs=0.5)
    assert f"{with_it:+.1f}%" in finding.sentence
    assert f"{without:+.1f}%" in finding.sentence
    assert "ROW" in finding.sentence
    assert ("here they are in the comparison" in finding.sentence) == (not options)
    (message,) = finding.messages
    assert (message.level, message.code) == ("warning", "remainder")
    assert finding.sentence.startswith(message.message)


def test_names_that_no_table_knows_are_remainders_where_they_are_for_totals_only():
    world, _ = build_world(rest="Pozostałe")
    assert not Remainder().concerns(compare(world))
    assert Remainder().concerns(compare(world, totals_only=("Pozostałe",)))


def test_without_a_remainder_there_is_nothing_to_compare():
    world, _ = build_world()
    finding = tt.check(tt.fit("imputation", compare(world[world["partner"] != "ROW"])), "remainder")
    assert finding.verdict == "cannot tell"
    assert "no rest of the world" in finding.sentence


def test_enlargement_in_a_world_matrix():
    """The data of Baier, Yotov and Zylkin (2019), section 6, which are not bundled."""
    folder = os.environ.get("TWINTRADE_DATA")
    file = Path(folder or "", "eu_enlargement_2000_2014.dta")
    if not folder or not file.is_file():
        pytest.skip(
            "the world matrix is not bundled: set TWINTRADE_DATA to a folder with eu_enlargement_2000_2014.dta"
        )
    world = pd.read_stata(file).query("exporter != importer")
    panel = tt.panel(world, city="exporter", partner="importer", period="year")
    options = {"treated": "eu_enlargement", "covariates": "other_fta", "fixed_effects": "gravity", "cluster": "unit"}
    design = tt.compare(panel, outcome="trade", **options)
    finding = tt.check(tt.fit("imputation", design, family="poisson", measure="percent"), "remainder", "clustered")
    assert finding.table["effect"].tolist() == pytest.approx([20.3, 4.4], abs=0.05)
