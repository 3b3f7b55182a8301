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
