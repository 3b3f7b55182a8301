"""Mistakes that a table given from Python most likely holds are said once, with the line that answers them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt
from twintrade.data.geography import load_places


@pytest.fixture(scope="module")
def tables():
    return tt.example()


def compare(trade, agreements, **options):
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    return tt.compare(panel, agreements, "exports_usd", **options)


def list_warnings(act):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = act()
    assert all(issubclass(w.category, tt.TwintradeWarning) for w in told), [str(w.message) for w in told]
    return result, [str(w.message) for w in told]


def test_nothing_is_said_of_a_table_that_is_right(tables):
    assert list_warnings(lambda: compare(*tables))[1] == []


@loop_over("turned", [False, True])
def test_countries_by_name_against_codes_and_codes_against_names(tables, turned):
    trade, agreements = tables
    names = {code: load_places()[code].name for code in set(trade.partner)}
    named = [t.assign(partner=t.partner.map(names)) for t in (trade, agreements)]
    given = (named[0], agreements) if turned else (trade, named[1])
    design, told = list_warnings(lambda: compare(*given))
    assert np.isfinite(design.onset).sum() == np.isfinite(compare(*tables).onset).sum()
    assert len(told) == 1
    pair = "'AUS': 'Australia'" if turned else "'Australia': 'AUS'"
    assert pair in told[0]
    assert 'agreements["partner"].replace(' in told[0]


@loop_over(("end", "name"), [("city", "Total"), ("partner", "Everybody")])
def test_the_sum_of_all_others_is_named_with_the_line_that_leaves_it_out(tables, end, name):
    trade, agreements = tables
    other = "partner" if end == "city" else "city"
    total = trade.groupby([other, "year"], as_index=False)["exports_usd"].sum().assign(**{end: name})
    told = list_warnings(lambda: compare(pd.concat([trade, total]), agreements))[1]
    assert any(
        f"the {end} {name} equals the sum" in text and f"frame[frame['{end}'] != '{name}']" in text for text in told
    )


@loop_over(
    ("end", "names", "units"),
    [("partner", {"AUS": "Australia"}, 88), ("city", {"Cedar": "cedar"}, 90), ("city", {"Cedar": "CEDAR"}, 90)],
)
def test_one_place_under_two_names_is_named_with_the_line_that_joins_them(tables, end, names, units):
    trade, agreements = tables
    two = trade.assign(**{end: trade[end].where(trade.year <= 2012, trade[end].replace(names))})
    design, told = list_warnings(lambda: compare(two, agreements))
    assert (design.panel.n_units, len(told)) == (units, 1)
    assert "under two names" in told[0]
    given = {"frame": two}
    exec(told[0].rpartition("If they are one: ")[2], given)
    joined, told = list_warnings(lambda: compare(given["frame"], agreements))
    assert (joined.panel.n_units, told) == (80, [])


def test_a_group_and_a_word_for_a_sum_are_named_though_they_are_no_sum(tables):
    trade, agreements = tables
    for end, name in (("city", "Total"), ("partner", "World"), ("partner", "EU")):
        more = trade[trade[end] == trade[end].iloc[0]].assign(**{end: name, "exports_usd": trade.exports_usd**0.9})
        told = list_warnings(lambda more=more: compare(pd.concat([trade, more]), agreements))[1]
        assert [text for text in told if f"the {end} {name} " in text and f"['{end}'] != '{name}'" in text]


@loop_over(
    ("end", "names"),
    [("city", {"Cedar": "Cedarr", "Linden": "Lindn"}), ("city", {"Cedar": "CEDAR"}), ("partner", {"DEU": "Germny"})],
)
def test_a_misspelt_name_is_said_once_and_its_line_mends_it(tables, end, names):
    trade, agreements = tables
    wrong = agreements.assign(**{end: agreements[end].replace(names)})
    design, told = list_warnings(lambda: compare(trade, wrong))
    assert len(told) == 1
    assert set(design.treatment.excluded.values()) == {"unmatched"}
    given = {"agreements": wrong}
    exec(told[0].rpartition("partner_names: ")[2], given)
    mended, told = list_warnings(lambda: compare(trade, given["agreements"]))
    assert told == []
    assert (mended.onset == compare(trade, agreements).onset).all()


def test_a_name_of_another_country_is_no_misspelling(tables):
    trade, agreements = tables
    panel = trade.assign(partner=trade.partner.replace({"DEU": "NGA"}))
    design, told = list_warnings(lambda: compare(panel, agreements.assign(partner="Niger")))
    assert design.treatment.excluded == {}
    assert any("concern no unit of the panel" in text for text in told)


@loop_over("change", [{}, {"date": "2012"}])
def test_agreements_listed_twice_are_named_and_the_first_date_counts(tables, change):
    trade, agreements = tables
    twice = pd.concat([agreements, agreements.iloc[:2].assign(**change)], ignore_index=True)
    design, told = list_warnings(lambda: compare(trade, twice))
    assert (design.onset == compare(trade, agreements).onset).all()
    assert len(told) == 1
    given = {"agreements": twice}
    exec(told[0].rpartition("one of each: ")[2], given)
    assert given["agreements"].equals(agreements)
    several = agreements.assign(partner_city=[f"Twin {k}" for k in range(len(agreements))])
    assert list_warnings(lambda: compare(trade, pd.concat([agreements, several])))[1] == []


def test_years_that_span_two_are_years_and_no_months(tables):
    trade = tables[0].assign(year=tables[0].year.map(lambda y: f"{y}/{(y + 1) % 100:02d}"))
    make = lambda **options: tt.panel(trade, city="city", partner="partner", period="year", **options)  # noqa: E731
    panel, told = list_warnings(make)
    assert (panel.frequency, panel.first_period, panel.last_period) == ("year", 2003, 2018)
    assert len(told) == 1
    assert 'set frequency="month"' in told[0]


def test_text_with_separators_of_thousands_is_refused_by_compare(tables):
    trade = tables[0].assign(exports_usd=tables[0].exports_usd.map("{:,.0f}".format))
    with pytest.raises(tt.TwintradeError, match=r"not numeric.*str\.replace"):
        compare(trade, tables[1])


@loop_over(
    ("change", "told"),
    [
        ({"date": "1990"}, "8 are treated from its first period on and 0 after its last. Add earlier rows"),
        ({"date": "2030"}, "0 are treated from its first period on and 8 after its last. Check the dates"),
        ({"city": "Nowhere"}, "no unit's treatment begins within the panel, 2003–2018"),
        (None, "no unit's treatment begins within the panel, 2003–2018"),
    ],
)
def test_agreements_none_of_which_begins_within_the_panel(tables, change, told):
    trade, agreements = tables
    given = agreements.iloc[:0] if change is None else agreements.assign(**change)
    assert any(told in text for text in list_warnings(lambda: compare(trade, given))[1])


def test_no_agreements_at_all_are_a_regression_of_covariates(tables):
    trade = tables[0].assign(d=(tables[0].year > 1900).astype(float))
    assert list_warnings(lambda: compare(trade, None))[1] == []
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    assert (
        list_warnings(lambda: tt.compare(panel, outcome="exports_usd", treated="d", always_treated="keep"))[1] == []
    )
    assert list_warnings(lambda: tt.compare(panel, outcome="exports_usd", treated="d"))[1]


@loop_over(
    ("method", "options"), [("twfe", {}), ("ppml", {}), ("imputation", {"family": "poisson"}), ("imputation", {})]
)
def test_the_first_line_of_a_fit_says_its_scale(tables, method, options):
    for transform, measure in (("level", "exports_usd in levels"), ("log", "exports_usd in logs")):
        if transform == "log" and (method == "ppml" or options):
            continue
        first = str(
            tt.fit(method, compare(*tables, transform=transform), **options).summary("clustered")
        ).splitlines()[0]
        assert measure in first
        assert "effects in" in first
