"""Dates of twinnings: as precise as printed, or refused."""

import datetime

import pytest
from case_tables import loop_over
from hypothesis import given
from hypothesis import strategies as st

from twintrade.data.calendar import TwinningDate, parse_date

ACCEPTED = [
    ("2004-09-13", "2004-09-13"),
    ("2004-9", "2004-09"),
    ("2004", "2004"),
    ("2004/09/13", "2004-09-13"),
    ("2004.9.13", "2004-09-13"),
    ("13 September 2004", "2004-09-13"),
    ("13th Sept. 2004", "2004-09-13"),
    ("September 13, 2004", "2004-09-13"),
    ("Sep 2004", "2004-09"),
    ("2004年9月13日", "2004-09-13"),
    ("2004年9月", "2004-09"),
    ("2004年", "2004"),
    ("１９８０", "1980"),
    ("２００５年３月", "2005-03"),
    ("２００５年３月１３日", "2005-03-13"),
    ("２００５／３／１３", "2005-03-13"),
    ("13/09/2004", "2004-09-13"),
    ("09/13/2004", "2004-09-13"),
    ("09/09/2004", "2004-09-09"),
    ("2004-09-13T00:00:00", "2004-09-13"),
    ("09/2004", "2004-09"),
    ("9.2004", "2004-09"),
    ("13. März 2004", "2004-03-13"),
    ("1er août 2004", "2004-08-01"),
    ("13 de março de 2004", "2004-03-13"),
    ("13 de septiembre del 2004", "2004-09-13"),
    ("marzo 2004", "2004-03"),
    ("out/2004", "2004-10"),
    ("FÉVRIER 2004", "2004-02"),
    ("13 of June, 2004", "2004-06-13"),
]


@loop_over(("text", "iso"), ACCEPTED)
def test_forms_of_a_date(text, iso):
    date = parse_date(text)
    assert date.iso == iso
    assert date.precision == {4: "year", 7: "month", 10: "day"}[len(iso)]


REFUSED = [
    ("03/09/2004", "ambiguous"),
    ("3.9.2004", "ambiguous"),
    ("2004-02-30", "does not exist"),
    ("2004-13", "no month"),
    ("13/2004", "no month"),
    ("31 febbraio 2004", "does not exist"),
    ("2023-02-29", "does not exist"),
    ("1980s", "decade"),
    ("c. 1980", "approximate"),
    ("1980?", "approximate"),
    ("1998/1999", "span"),
    ("13/09/04", "two-digit"),
    ("38245", "day number"),
    ("1066", "outside"),
    ("sometime", "not a date"),
    ("", "not a date"),
]


@loop_over(("text", "reason"), REFUSED)
def test_refusals(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse_date(text)


def test_a_declaration_settles_day_and_month():
    assert parse_date("03/09/2004", day_first=True).iso == "2004-09-03"
    assert parse_date("03/09/2004", day_first=False).iso == "2004-03-09"


def test_declared_precision_cuts_and_never_invents():
    assert parse_date("1998-01-01", "year") == TwinningDate(1998)
    with pytest.raises(ValueError, match="gives only the year"):
        parse_date("1998", "day")
    with pytest.raises(ValueError, match="none of day"):
        parse_date("1998", "decade")


def test_a_date_after_the_reading_of_the_registry_is_impossible():
    as_of = parse_date("2024-06")
    assert parse_date("2024-06-30", as_of=as_of).iso == "2024-06-30"
    with pytest.raises(ValueError, match="lies after 2024-06"):
        parse_date("2024-07-01", as_of=as_of)


@given(st.dates(datetime.date(1800, 1, 1), datetime.date(2100, 12, 31)))
def test_every_day_reads_back(day):
    for text in (day.isoformat(), f"{day.year}年{day.month}月{day.day}日", day.strftime("%d %B %Y")):
        assert parse_date(text) == TwinningDate(day.year, day.month, day.day)


@given(st.text(max_size=14))
def test_any_text_is_a_date_or_a_value_error(text):
    try:
        date = parse_date(text)
    except ValueError:
        return
    assert parse_date(date.iso) == date


def test_years_of_eras_are_those_of_the_common_era():
    assert [parse_date(text).iso for text in ("民國93年9月28日", "平成18年10月3日", "昭和60年", "令和元年5月")] == [
        "2004-09-28", "2006-10-03", "1985", "2019-05"
    ]  # fmt: skip
