"""A table whose cells all read may still hold no amounts, or change what it counts: it is asked about, or said."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from twintrade.data import read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.doubts import DOUBT, note_no_amounts
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.sources.faults import Faults, InvalidDataError

CITIES, PARTNERS, YEARS = ("Lyon", "Nice", "Lille", "Metz"), ("GBR", "DEU", "JPN"), range(2000, 2012)


def draw(spread, shape, seed=5):
    """Random walks in logs, of months or years."""
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(14, 1.5, (*shape[:-1], 1)) + np.cumsum(rng.normal(0, spread, shape), axis=-1))


def lay_out(values):
    index = pd.MultiIndex.from_product([range(n) for n in values.shape], names=["city", "partner", "period"])
    return pd.Series(values.ravel(), index, name="value").reset_index()


YEARLY, MONTHLY = draw(0.3, (4, 5, 12)), draw(0.3, (4, 5, 72))
WHITE = np.exp(np.random.default_rng(6).normal(14, 0.4, (4, 5, 96)))
ROLLING = np.lib.stride_tricks.sliding_window_view(WHITE, 12, axis=-1).sum(axis=-1)
TABLES = {
    "amounts of years": (YEARLY, Frequency.YEAR, ""),
    "amounts of months": (MONTHLY, Frequency.MONTH, ""),
    "noise of months": (WHITE, Frequency.MONTH, ""),
    "calm months": (draw(0.02, (4, 5, 72)), Frequency.MONTH, ""),
    "few small figures": (np.full((1, 1, 5), 20.0), Frequency.YEAR, ""),
    "growth of a tenth in every series": (1e5 * 1.1 ** np.arange(12) * np.ones((3, 3, 1)), Frequency.YEAR, ""),
    "logarithms": (np.log(YEARLY), Frequency.YEAR, "doubt-logarithms"),
    "hyperbolic sines": (np.arcsinh(YEARLY), Frequency.YEAR, "doubt-logarithms"),
    "sums to date": (np.cumsum(YEARLY, axis=-1), Frequency.YEAR, "doubt-rising"),
    "twelve months to date": (ROLLING, Frequency.MONTH, "doubt-smooth"),
    "years divided into months": (np.repeat(YEARLY, 12, axis=-1) / 12, Frequency.MONTH, ""),
}


@loop_over("name", TABLES)
def test_figures_that_are_no_amounts_of_a_period_are_found(name, trade_source):
    values, frequency, key = TABLES[name]
    faults = Faults()
    note_no_amounts(lay_out(values), trade_source(), frequency, faults)
    assert [m.text.key for m in faults.messages] == ([f"data.{key}"] if key else [])


def write_rows(word):
    """A table with a further column, whose word may depend on city, partner and year."""
    rng = np.random.default_rng(7)
    lines = [
        f"{c},{p},{y},{rng.integers(1e5, 1e6)},{word(c, p, y)}\n" for c in CITIES for p in PARTNERS for y in YEARS
    ]
    return "city,partner,year,value,further\n" + "".join(lines)


COLUMNS = {
    "valuation": (lambda c, p, y: "CIF" if y > 2006 else "FOB", True),
    "level of one city": (lambda c, p, y: "province" if c == "Lyon" and y < 2004 else "city", True),
    "prices": (lambda c, p, y: "current" if y < 2005 else "constant 2000", True),
    "region of a city": (lambda c, p, y: c[0], False),
    "income group of a partner": (lambda c, p, y: "high" if p == "GBR" or y > 2006 else "middle", False),
    "decade": (lambda c, p, y: f"{y // 10}0s", False),
    "last year provisional": (lambda c, p, y: "estimated" if y == YEARS[-1] else "counted", False),
    "status": (lambda c, p, y: "p" if y > 2007 else "f", False),
    "dummy": (lambda c, p, y: int(y > 2006), False),
    "policy": (lambda c, p, y: "yes" if y > 2006 else "no", False),
}


@loop_over("name", COLUMNS)
def test_an_unread_column_that_changes_once_within_cities_is_asked_about(name, project, trade_source):
    word, is_asked = COLUMNS[name]
    root = project(write_rows(word))
    if not is_asked:
        assert DOUBT not in {m.code for m in read_trade([trade_source()], root).messages}
        return
    with pytest.raises(InvalidDataError, match=r"the column .further. changes from") as caught:
        read_trade([trade_source()], root)
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert line.startswith("confirmed = true")
    kept = read_trade([trade_source(confirmed=True)], root)
    assert [m.level for m in kept.messages if m.code == DOUBT] == ["warning"]
