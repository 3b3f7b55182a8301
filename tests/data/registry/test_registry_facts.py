"""Counts of a registry, against a registry small enough to count by hand."""

import pandas as pd
import pytest

from twintrade.data.geography.cities import CitiesSource, read_cities
from twintrade.data.registry.matching import add_city_size, compute_registry_facts, compute_wilson
from twintrade.data.sources.faults import InvalidDataError

TIES = pd.DataFrame(
    [
        ("Lyon", "DEU", "Leipzig", "sister city", "1981-05-01", "day", "", "a"),
        ("Lyon", "ITA", "Milan", "sister city", "1983", "year", "2001-01-01", "a"),
        ("Metz", "DEU", "Trier", "", "", "", "", ""),
    ],
    columns=["city", "partner", "partner_city", "kind", "signed", "precision", "ended", "source"],
)


def test_ties_are_counted_by_city_country_and_year():
    facts = compute_registry_facts(TIES, says_ended=True)
    assert facts.by_city.to_numpy().tolist() == [["Lyon", 2], ["Metz", 1]]
    assert facts.by_country.to_numpy().tolist() == [["DEU", 2], ["ITA", 1]]
    assert facts.by_year.to_numpy().tolist() == [["1981", 1], ["1982", 0], ["1983", 1], ["no date", 1]]
    known = facts.completeness.set_index("field")["known"]
    assert known.to_dict() == {"date": 2, "date to the day": 1, "kind": 2, "partner city": 3, "source": 2}
    assert facts.ended["label"].iloc[0] == "1 of 3 agreements ended"
    assert compute_registry_facts(TIES, says_ended=False).ended.empty


def test_a_count_from_elsewhere_is_taken_and_cities_without_either_are_left_out():
    cities = pd.DataFrame(
        {
            "city": ["Lyon", "Metz", "Pau"],
            "country": "FRA",
            "population": [500_000.0, 120_000.0, 77_000.0],
            "twins": [9.0, None, None],
        }
    )
    sized = add_city_size(compute_registry_facts(TIES, says_ended=False).by_city, cities)
    assert sized["twins"].tolist() == [9.0, 1.0]


def test_the_interval_of_a_share_is_wilson_s():
    low, high = compute_wilson(1, 10)
    assert (low, high) == pytest.approx((0.0178762, 0.4041500), abs=1e-6)  # R: prop.test(1, 10, correct = FALSE)
    assert compute_wilson(0, 10)[0] == pytest.approx(0.0, abs=1e-12)


def test_a_population_that_is_no_number_is_refused(tmp_path):
    (tmp_path / "c.csv").write_text("city,country,population\nLyon,FRA,many\n", encoding="utf-8")
    with pytest.raises(InvalidDataError):
        read_cities(CitiesSource(file="c.csv"), tmp_path)
    (tmp_path / "c.csv").write_text('city,country,population\nLyon,FRA,"500,000"\n', encoding="utf-8")
    frame, record = read_cities(CitiesSource(file="c.csv"), tmp_path)
    assert frame["population"].tolist() == [500_000.0]
    assert record.rows == 1
