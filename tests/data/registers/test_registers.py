"""Merged lists keep every row and every date, and two lists say how many agreements neither has."""

import datetime
import math

import numpy as np
import pytest

from twintrade.data.geography import find_listed_place
from twintrade.data.geography.cities import load_listed_places
from twintrade.data.registers import (
    MERGED_COLUMNS,
    check_listing,
    compare_listings,
    estimate_coverage,
    estimate_hidden_share,
    merge_listings,
    read_listing,
)
from twintrade.errors import DataError

HEAD = "city,country,partner_city,partner_iso3,date,date_precision,agreement_type,source_url,ended\n"


@pytest.fixture
def listing(tmp_path):
    def write(name: str, *rows: str, head: str = HEAD):
        (tmp_path / name).write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return read_listing(tmp_path, name)

    return write


def test_rows_of_one_agreement_meet_whichever_end_stands_first_and_however_it_is_spelt(listing):
    one = listing("a.csv", "Tianjing,CHN,Kobe,JPN,1973-06-24,day,sister city,https://a.example,")
    other = listing("b.csv", "KOBE,Japan,天津,China,1973,year,sister city,https://b.example,")
    merged = merge_listings([one, other])
    [row] = merged.frame.to_dict("records")
    assert (row["date"], row["date_precision"], row["n_rows"]) == ("1973-06-24", "day", 2)
    assert (row["earliest"], row["latest"]) == ("1973-06-24", "1973-06-24")
    assert row["dates"] == "1973-06-24 [a.csv:2]; 1973 [b.csv:2]"
    assert row["source_url"] == "https://a.example; https://b.example"
    assert merged.conflicts == ()


def test_dates_that_exclude_each_other_are_a_conflict_and_all_are_kept(listing):
    one = listing("a.csv", "Leeds,GBR,Hangzhou,CHN,1988-06-08,day,sister city,,", "Leeds,GBR,Lille,FRA,,,,,")
    other = listing(
        "b.csv", "Leeds,GBR,Hangzhou,CHN,1990,year,friendship,,1999", "Leeds,GBR,Hangzhou,CHN,soon,,,,2001"
    )
    merged = merge_listings([one, other])
    row, undated = merged.frame.to_dict("records")
    assert (row["date"], row["earliest"], row["latest"]) == ("1988-06-08", "1988-06-08", "1990-12-31")
    words = " ".join(str(why) for _, why in merged.conflicts)
    assert len(merged.conflicts) == 4
    for part in ("1988-06-08, 1990", "sister city, friendship", "1999, 2001", "soon"):
        assert part in words
    assert undated["date"] == ""
    assert merged.n_rows == 4 == merged.frame["n_rows"].sum()
    assert list(merged.frame.columns) == list(MERGED_COLUMNS)


def test_namesakes_in_two_states_stay_apart(listing):
    head = "us_usps,us_unit,partner_unit,partner_iso3,date\n"
    one = listing("a.csv", "MO,Springfield,Isesaki,JPN,1986", "MA,Springfield,Isesaki,JPN,1990", head=head)
    assert len(merge_listings([one]).frame) == 2


def test_the_same_items_are_the_same_places_whatever_they_are_called(listing):
    head = "city,country_iso3,partner_city,partner_iso3,date,city_item,partner_item\n"
    one = listing("a.csv", "Peking,CHN,London,GBR,2006,Q956,Q84", head=head)
    other = listing("b.csv", "Londres,GBR,Beijing,CHN,2006,Q84,Q956", head=head)
    assert len(merge_listings([one, other]).frame) == 1


def test_no_row_of_the_bundled_lists_is_lost(root):
    files = ("seed_city_twin_registry", "us_twin_registry", "us_undated_twins_selected", "report_city_tables")
    listings = [read_listing(root, f"data/raw/{file}.csv") for file in files]
    merged = merge_listings(listings)
    said = [place for rows in merged.frame["rows"] for place in rows.split("; ")]
    assert sorted(said) == sorted(f"{row.file}:{row.row}" for x in listings for row in x)


def test_what_cannot_be_right_is_found_with_its_row(listing):
    rows = (
        "Leeds,GBR,Hangzhou,CHN,1988-06-08,day,x,,1980",
        "Hangzhou,CHN,Leeds,GBR,1988,year,x,,",
        "York,GBR,Leeds,GBR,1990,year,x,,",
        "York,GBR,Dijon,FRA,1850,year,x,,",
        "York,GBR,Nanjing,CHN,2031,year,x,,",
        "York,GBR,,FRA,1960,year,x,,",
        "York,GBR,Munster,DEU,someday,,x,,",
        "Bath,GBR,Aix,FRA,1977,year,x,,",
    )
    faults = check_listing(listing("a.csv", *rows), today=datetime.date(2026, 11, 1))
    assert [row for row, _ in faults] == [2, 3, 4, 5, 6, 7, 8]
    words = [str(text) for _, text in faults]
    for row, part in enumerate(
        ("before it was signed", "rows 2, 3", "both in GBR", "1900", "2031", "no twin", "someday")
    ):
        assert part in words[row]


def test_a_list_without_countries_says_which_column_it_wants(listing):
    with pytest.raises(DataError, match="country"):
        listing("a.csv", "Leeds,Hangzhou,CHN", head="city,partner_city,partner_iso3\n")


def test_the_estimate_is_chapmans():
    found = estimate_coverage(200, 150, 60)
    assert found.total == pytest.approx(201 * 151 / 61 - 1)
    variance = 201 * 151 * 140 * 90 / (61**2 * 62)
    factor = np.exp(1.959964 * np.sqrt(np.log1p(variance / found.unseen**2)))
    assert found.high == pytest.approx(290 + found.unseen * factor)
    assert found.low > 290


@pytest.mark.parametrize("sizes", [(10, 10, 10), (5, 9, 5), (0, 0, 0), (7, 3, 0)])
def test_the_interval_never_lies_below_what_was_seen(sizes):
    found = estimate_coverage(*sizes)
    assert found.n_seen <= found.low <= found.total <= found.high


def test_two_lists_cannot_share_more_than_they_have():
    with pytest.raises(ValueError, match="cannot share"):
        estimate_coverage(3, 4, 5)


def draw(rng, n: int, chance: float, other: float, copied: float) -> tuple[int, int, int]:
    first = rng.random(n) < chance
    second = (rng.random(n) < other) | (first & (rng.random(n) < copied))
    return int(first.sum()), int(second.sum()), int((first & second).sum())


def test_independent_lists_find_the_number_and_copied_lists_a_lower_bound():
    rng = np.random.default_rng(20)
    found = [estimate_coverage(*draw(rng, 400, 0.5, 0.4, 0.0)) for _ in range(400)]
    assert np.mean([f.total for f in found]) == pytest.approx(400, abs=5)
    assert np.mean([f.low <= 400 <= f.high for f in found]) == pytest.approx(0.95, abs=0.03)
    copied = [estimate_coverage(*draw(rng, 400, 0.5, 0.4, 0.5)) for _ in range(100)]
    assert max(f.total for f in copied) < 400


def test_the_hidden_share_is_that_of_the_comparison_pairs():
    coverage = estimate_coverage(200, 150, 60)
    share, low, high = estimate_hidden_share(coverage, 1000)
    assert share == pytest.approx(coverage.unseen / 1000)
    assert 0 < low < share < high < 1
    assert estimate_hidden_share(coverage, 10) == (1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="no comparison pair"):
        estimate_hidden_share(coverage, 0)


def test_lists_are_compared_within_the_cities_of_both_and_a_shared_page_makes_a_bound(listing):
    one = listing(
        "a.csv", "Leeds,GBR,Hangzhou,CHN,1988,year,x,https://p.example,", "Leeds,GBR,Lille,FRA,1968,year,x,,"
    )
    other = listing(
        "b.csv",
        "Hangzhou,CHN,Leeds,GBR,1988,year,x,https://p.example https://q.example,",
        "Bonn,DEU,Oxford,GBR,1947,year,x,,",
    )
    found = compare_listings(one, other)
    assert found.n_cities == 2
    assert (found.agreements.n_first, found.agreements.n_second, found.agreements.n_both) == (2, 1, 1)
    assert (found.pairs.n_first, found.pairs.n_second, found.pairs.n_both) == (3, 2, 2)
    assert found.is_lower_bound


def test_places_are_as_far_apart_as_they_are():
    def far(one: tuple[str, str], other: tuple[str, str]) -> float:
        places = [find_listed_place(*name) for name in (one, other)]
        (north, east), (up, right) = ([math.radians(p.latitude), math.radians(p.longitude)] for p in places)
        return 6371 * math.acos(
            math.sin(north) * math.sin(up) + math.cos(north) * math.cos(up) * math.cos(east - right)
        )

    assert far(("Leeds", "GBR"), ("杭州", "CHN")) == pytest.approx(9119, abs=2)
    assert far(("Kobe", "JPN"), ("Tianjin", "CHN")) == pytest.approx(1672, abs=2)
    assert find_listed_place("New South Wales", "AUS").latitude is None
    assert len(load_listed_places()) == 161
    assert find_listed_place("Leeds", "USA") is None
