"""Rows that repeat a city, partner and period: the line that is offered leads to the right total, or asks."""

import tomllib

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.data import read_trade
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.sources.faults import InvalidDataError
from twintrade.errors import UNDECIDED

CELLS = [(c, p, y) for c in ("Lyon", "Nice", "Lille") for p in ("GBR", "DEU", "JPN") for y in range(2008, 2014)]
RNG = np.random.default_rng(8)
TRUTH = {cell: int(RNG.integers(1e5, 1e7)) for cell in CELLS}


def share(words):
    """Split every value into parts that differ freely."""
    parts = {}
    for cell, value in TRUTH.items():
        cuts = np.sort(RNG.integers(1, value, len(words) - 1))
        parts |= {(*cell, w): int(v) for w, v in zip(words, np.diff([0, *cuts, value]), strict=True)}
    return parts


def version(factors, known=lambda year, word: True):
    """Write every value once a word, times its factor, in the years in which the word is known."""
    return {
        (*cell, w): round(value * factor)
        for cell, value in TRUTH.items()
        for w, factor in factors.items()
        if known(cell[2], w)
    }


def drop_last(year, word):
    return (year < 2012) == (word == "f")


REGIMES = ("10 00", "23 00", "31 51", "42 00")
TABLES = {
    "customs regimes": (share(REGIMES), {"add_up": ["kind"]}),
    "provisional and revised": (version({"f": 1, "p": 0.93, "r": 1}, drop_last), {"drop": {"kind": ["p"]}}),
    "vintages": (version({"2012": 0.97, "2013": 1}), {"newest": "kind"}),
    "months to date": (
        version({"Jan-Mar": 0.25, "Jan-Jun": 0.5, "Jan-Sep": 0.75, "Jan-Dec": 1}),
        {"where": {"kind": "Jan-Dec"}},
    ),
    "prices": (version({"current": 1, "of 2005": 0.8}), {"where": {"kind": UNDECIDED}}),
}


@loop_over("name", TABLES)
@pytest.mark.parametrize("cities", [1, 3])
def test_the_line_that_is_offered_leads_to_the_right_total_or_asks(name, cities, project, trade_source):
    rows, expected = TABLES[name]
    kept = {"Lyon", "Nice", "Lille"} if cities == 3 else {"Lyon"}
    lines = [f"{c},{p},{y},{w},{v}\n" for (c, p, y, w), v in rows.items() if c in kept]
    root = project("city,partner,year,kind,value\n" + "".join(lines))
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], root)
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == expected
    if UNDECIDED in line:
        return
    changes = {key: tuple(v) if isinstance(v, list) else v for key, v in expected.items()}
    table = read_trade([trade_source(**changes)], root).frame.set_index(["city", "partner", "period"])["value"]
    assert table.to_dict() == {cell: value for cell, value in TRUTH.items() if cell[0] in kept}


def test_rows_that_two_columns_tell_apart_are_added_up(project, trade_source):
    parts = share(["x/air", "x/sea", "y/air", "y/sea"])
    lines = [f"{c},{p},{y},{w.replace('/', ',')},{v}\n" for (c, p, y, w), v in parts.items()]
    root = project("city,partner,year,regime,mode,value\n" + "".join(lines))
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], root)
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == {"add_up": ["regime", "mode"]}
    table = read_trade([trade_source(add_up=("regime", "mode"))], root).frame
    assert table["value"].sum() == sum(TRUTH.values())


def test_the_same_row_twice_stays_an_error(project, trade_source):
    lines = [f"{c},{p},{y},{w},{v}\n" for (c, p, y, w), v in share(REGIMES).items()]
    root = project("city,partner,year,kind,value\n" + "".join([*lines, lines[0]]))
    with pytest.raises(InvalidDataError, match="stands here and in row 2"):
        read_trade([trade_source(add_up=("kind",))], root)


def test_a_release_without_a_date_is_an_error(project, trade_source):
    root = project("city,partner,year,kind,value\nLyon,GBR,2010,first,5\nLyon,GBR,2010,2012,6\n")
    with pytest.raises(InvalidDataError, match="is no year, month or day"):
        read_trade([trade_source(newest="kind")], root)
