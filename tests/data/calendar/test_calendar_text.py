"""Dates and periods refuse what is too long, or about no year of trade, in the same words."""

import pytest

from twintrade.data.calendar import Frequency, parse_date

REFUSED = {"9" * 200: "too long", "0999": "outside the years", "3000": "outside the years"}


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_dates_and_periods_refuse_alike(text, why):
    reasons = []
    for parse in (parse_date, Frequency.YEAR.parse):
        with pytest.raises(ValueError, match=why) as refused:
            parse(text)
        reasons.append(str(refused.value).replace("year", "date", 1) if why == "too long" else str(refused.value))
    assert reasons[0] == reasons[1]


def test_wide_digits_and_blanks_are_read_as_plain_ones():
    assert Frequency.YEAR.parse("  ２０１４ ") == 2014
    assert parse_date("  ２０１４ ").year == 2014
