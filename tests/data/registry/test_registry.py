"""Registries: every date kept with its precision and source, nothing undated becomes a control."""

import tomllib
from dataclasses import replace

import pandas as pd
import pytest
from bundled_sources import US_EXPORTS, US_REGISTRY, US_UNDATED
from case_tables import loop_over

from twintrade.data import read_trade
from twintrade.data.calendar import DateSpan, Frequency, TwinningDate
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.registry.matching import reconcile
from twintrade.data.registry.reading import UndatedAgreements, read_twinnings, read_undated
from twintrade.data.schema import Constant, TwinningSource, UndatedSource
from twintrade.data.sources.faults import InvalidDataError

TWINS = "city,partner,partner_city,date,kind\n"
CASE_EVENTS = {
    "agreement": "signed",
    "agreement signed": "signed",
    "sister-city ceremony": "signed",
    "first trade mission and mayoral visit (about 2000)": "activated",
    "contact restarted (none before 1994)": "activated",
    "mayoral visit": "activated",
    "council plan for the relationship": "activated",
    "memorandum": "memorandum",
    "invitation declined": "other",
    "no Australian tie found": "none",
}
CASES = TwinningSource(
    file="data/raw/case_candidate_dates.csv",
    city="city",
    partner="partner_iso3",
    partner_city="partner_city",
    date="date",
    precision="date_precision",
    kind=Constant("sister city"),
    event="event",
    events=CASE_EVENTS,
    source="source",
)


def twins(project, declared, rows):
    return read_twinnings([declared], project(TWINS + rows, "data/raw/twins.csv"))


def test_forms_of_a_date_keep_their_precision(project, twinning_source):
    rows = (
        "Lyon,GBR,Leeds,2004-09-13,sister city\nLyon,USA,Boston,Sept 1998,friendship\n"
        "Lyon,CHN,Wuhan,1986年,memorandum\n"
    )
    registry = twins(project, twinning_source(), rows)
    assert registry.frame["signed"].tolist() == ["2004-09-13", "1998-09", "1986"]
    assert registry.frame["precision"].tolist() == ["day", "month", "year"]
    assert registry.candidates["month"].astype("float").fillna(0).tolist() == [9, 9, 0]
    assert registry.frame["id"].is_unique


def test_an_undated_twinning_stays_and_is_named(project, twinning_source):
    registry = twins(project, twinning_source(), "Lyon,GBR,Leeds,,sister city\n")
    assert registry.frame["signed"].tolist() == [""]
    assert registry.candidates.empty
    assert [m.code for m in registry.messages] == ["undated-twinning"]


FAULTY = [
    ("Lyon,GBR,Leeds,03/09/2004,sister city", "date", "ambiguous"),
    ("Lyon,GBR,Leeds,2004-02-31,sister city", "date", "does not exist"),
    ("Lyon,World,Leeds,2004,sister city", "partner", "no single country"),
    ("Lyon,Ruritania,Strelsau,2004,sister city", "partner", "no known partner"),
    ("Lyon,GBR,Leeds,2004,twin", "kind", "add it under kinds"),
    (",GBR,Leeds,2004,sister city", "city", "blank"),
    ("Lyon,GBR,York,1999,sister city", "", "row 2"),
]


@pytest.mark.parametrize(("row", "column", "reason"), FAULTY)
def test_faulty_rows(project, twinning_source, row, column, reason):
    with pytest.raises(InvalidDataError) as caught:
        twins(project, twinning_source(), f"Lyon,GBR,York,2001,sister city\n{row}\n")
    (message,) = [m for m in caught.value.messages if m.level == "error"]
    assert (message.row, message.column) == (3, column)
    assert reason in message.message


def test_a_kind_that_is_not_listed_is_proposed_by_its_words(project, twinning_source):
    with pytest.raises(InvalidDataError) as caught:
        twins(project, twinning_source(), "Lyon,GBR,York,2001,友好城市\nLyon,GBR,Leeds,2002,友好交流城市\n")
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line)["kinds"] == {"友好城市": "sister city", "友好交流城市": "friendship"}


def test_a_tie_cannot_end_before_it_began(project, twinning_source):
    content = (
        "city,partner,partner_city,date,kind,ended\nLyon,GBR,Leeds,2004-09,sister city,2004\n"
        "Lyon,USA,Boston,2004,friendship,{}\n"
    )
    good = project(content.format("2010"), "data/raw/twins.csv")
    assert read_twinnings([twinning_source(ended="ended")], good).frame["ended"].tolist() == ["2004", "2010"]
    bad = project(content.format("2003"), "data/raw/twins.csv")
    with pytest.raises(InvalidDataError, match="before it began"):
        read_twinnings([twinning_source(ended="ended")], bad)


def test_the_four_cases_keep_every_candidate_date(root):
    registry = read_twinnings([CASES], root)
    assert registry.frame["signed"].tolist() == ["1998", "1983-10-03", "2004-09"]
    coventry = registry.candidates[registry.candidates["twinning_id"].str.contains("Coventry")]
    assert coventry["date"].tolist() == ["1983-10-03", "1995", "2004-10", "2006-03"]
    joondalup = registry.candidates[registry.candidates["twinning_id"].str.contains("Joondalup")]
    assert joondalup["event_kind"].tolist() == ["memorandum", "other", "signed", "activated"]
    assert "Changsha" not in set(registry.frame["city"])
    assert [(str(rule), n) for rule, n in registry.provenance[0].dropped] == [("says that no agreement exists", 1)]


def test_two_registries_with_one_tie_are_refused_in_either_order(project, twinning_source):
    project(TWINS + "Jinan,GBR,Coventry,1983,sister city\n", "data/raw/twins.csv")
    events = "city,partner,partner_city,date,kind,event\nJinan,GBR,Coventry,1995,sister city,activated\n"
    root = project(events, "data/raw/events.csv")
    sources = [twinning_source(), twinning_source(file="data/raw/events.csv", event="event")]
    for order in (sources, sources[::-1]):
        with pytest.raises(InvalidDataError, match="stands here and in row 2 of"):
            read_twinnings(order, root)


def test_several_signatures_keep_the_earliest_and_its_source(project, twinning_source):
    content = "city,partner,partner_city,date,kind,event,source\n"
    content += "Lyon,GBR,Leeds,2004-09,sister city,signed,a\nLyon,GBR,Leeds,2001,sister city,signed,b\n"
    root = project(content, "data/raw/twins.csv")
    registry = read_twinnings([twinning_source(event="event", source="source")], root)
    assert registry.frame[["signed", "precision", "source"]].to_numpy().tolist() == [["2001", "year", "b"]]
    assert registry.candidates["date"].tolist() == ["2001", "2004-09"]
    assert [m.code for m in registry.messages] == ["several-signatures"]


def test_a_repeated_agreement_is_one_fault_and_no_word_of_which_date_counts(project, twinning_source):
    content = (
        "city,partner,partner_city,date,kind\nLyon,GBR,Leeds,2021,sister city\nLyon,GBR,Leeds,2023,sister city\n"
    )
    with pytest.raises(InvalidDataError, match="remove one; if they are two agreements, declare id") as caught:
        read_twinnings([twinning_source()], project(content, "data/raw/twins.csv"))
    assert [m.code for m in caught.value.messages] == ["duplicate-twinning"]


def test_unmapped_events_are_errors_once_each(root):
    partial = {k: v for k, v in CASE_EVENTS.items() if k != "mayoral visit"}
    with pytest.raises(InvalidDataError, match=r"“mayoral visit” is not mapped.*and 1 more row\)"):
        read_twinnings([replace(CASES, events=partial)], root)


def test_the_bundled_registry_reconciles_with_the_bundled_trade(root):
    registry = read_twinnings([US_REGISTRY], root)
    assert registry.n_twinnings == 519
    undated = read_undated([US_UNDATED], root)
    cities = ["CA", "DE", "HI", "NJ", "OH", "TN", "TX"]
    partners = read_trade([US_EXPORTS], root).partners
    found = reconcile(registry, undated, cities, partners, 2016, 2025, Frequency.YEAR)
    inside = found.frame[found.frame["status"] == "inside"]
    early = found.frame[found.frame["status"] == "before"]
    tied_before = set(zip(early["city"], early["partner"], strict=True))
    assert len(tied_before) == 28
    assert set(zip(inside["city"], inside["partner"], strict=True)) - tied_before == {
        *(("DE", "IND"), ("NJ", "IND"), ("NJ", "PHL"), ("TX", "PHL"), ("CA", "PAK"), ("TN", "IRQ")),
        *(("OH", "RWA"), ("OH", "ZAF"), ("TN", "GHA")),
    }
    assert found.n("undated") == 33 + 5  # votes without a signature
    assert found.n("after") == 0
    assert sum(found.counts["n_twinnings"]) == 519 + 33


def test_reconcile_names_what_it_cannot_use(project, twinning_source):
    rows = (
        "Lyon,GBR,Leeds,2000,sister city\nLyon,USA,Boston,2004-03,sister city\nLyon,CHN,Wuhan,2009,sister city\n"
        "Nice,GBR,Bath,2004,sister city\nLyon,JPN,Nara,,sister city\nLyon,PER,Lima,2018,sister city\n"
    )
    registry = twins(project, twinning_source(), rows)
    known = (["Lyon"], ["GBR", "USA", "CHN", "JPN", "PER"])
    found = reconcile(registry, None, *known, 2000, 2006, Frequency.YEAR)
    assert found.frame["status"].tolist() == ["before", "inside", "after", "unmatched", "undated", "after"]
    assert "no trade row for Nice" in str(found.frame["reason"].iloc[3])
    assert [m.code for m in found.messages if m.level == "warning"] == ["date-far-ahead"]
    monthly = reconcile(registry, None, *known, 2000 * 12, 2006 * 12 + 11, Frequency.MONTH)
    assert monthly.frame["status"].tolist() == ["too coarse", "inside", "after", "unmatched", "undated", "after"]
    later = reconcile(registry, None, *known, 2001 * 12, 2006 * 12 + 11, Frequency.MONTH)
    assert later.frame["status"].iloc[0] == "before", "no month of 2000 is in this sample"


@loop_over(
    ("late_from", "span", "status"),
    [
        (12, DateSpan(not_after=TwinningDate(2000, 12)), "undated"),  # one of December counts from 2001
        (13, DateSpan(not_after=TwinningDate(2000, 12)), "before"),
        (12, DateSpan(not_after=TwinningDate(2000, 11)), "before"),
        (12, DateSpan(not_after=TwinningDate(2000)), "undated"),
        (12, DateSpan(not_before=TwinningDate(2006, 12)), "after"),
        (13, DateSpan(not_before=TwinningDate(2006, 12)), "undated"),
        (12, DateSpan(not_before=TwinningDate(2006)), "undated"),
    ],
)
def test_bounds_of_a_date_count_from_the_next_year_as_dates_do(project, twinning_source, late_from, span, status):
    registry = twins(project, twinning_source(), "Lyon,GBR,Leeds,2003,sister city\n")
    row = {"city": "Lyon", "signatory": "", "partner_city": "Bath", "partner": "GBR", "span": span}
    undated = UndatedAgreements(pd.DataFrame([row]))
    found = reconcile(registry, undated, ["Lyon"], ["GBR"], 2000, 2006, Frequency.YEAR, late_from)
    assert found.frame["status"].tolist() == ["inside", status]


def test_undated_ties_stop_the_reading_unless_excluded(project):
    root = project("city,partner\nLyon,GBR\n", "data/raw/undated.csv")
    with pytest.raises(InvalidDataError, match="never a control"):
        read_undated([UndatedSource(file="data/raw/undated.csv", city="city", partner="partner")], root)
    ties = read_undated(
        [UndatedSource(file="data/raw/undated.csv", city="city", partner="partner", policy="exclude")], root
    )
    assert ties.frame[["city", "partner", "row"]].to_numpy().tolist() == [["Lyon", "GBR", 2]]


def test_a_friendship_and_a_later_sister_city_are_two_agreements(project, twinning_source):
    rows = "city,partner,partner_city,date,kind,id\nLyon,GBR,Leeds,2019,{},a\nLyon,GBR,Leeds,2021,sister city,b\n"
    for kind, codes in (("friendship", []), ("sister city", ["same-agreement-twice"])):
        root = project(rows.format(kind), "data/raw/twins.csv")
        assert [m.code for m in read_twinnings([twinning_source(id="id")], root).messages] == codes
