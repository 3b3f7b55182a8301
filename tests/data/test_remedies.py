"""The line that answers a message is made from its typed remedy, whatever the message says and the cell holds."""

import tomllib
from typing import get_args

import numpy as np
import pytest
from case_tables import loop_over

from twintrade.data.calendar import Frequency, parse_periods
from twintrade.data.figures.numbers import NumberStyle, parse_numbers
from twintrade.data.fixes import _BY_CODE, list_lines_to_change
from twintrade.data.geography.cities import check_codes
from twintrade.data.geography.cities import read_city_names as read_cities
from twintrade.data.geography.countries import resolve_column
from twintrade.data.sources.faults import COLUMN_NAMES, Faults, TextColumn, build_text_array
from twintrade.effects import Message, Remedy
from twintrade.effects.messages import RemedyName


def make_column(*cells, name="x"):
    return TextColumn(name, "t.csv", build_text_array(cells), np.arange(2, 2 + len(cells)))


def list_lines(read):
    faults = Faults()
    read(faults)
    return list_lines_to_change(faults.messages).get("t.csv", [])


@loop_over("name", get_args(RemedyName))
def test_every_remedy_has_a_line(name):
    message = Message("error", "any", "", "t.csv", 5, "x", Remedy(name, ("a", "b")))
    ((line,),) = list_lines_to_change([message]).values()
    assert tomllib.loads(line)


def test_a_line_is_toml_however_many_names_and_whatever_they_hold():
    names = [f'City {i} "\x7f" = x' for i in range(60)]
    remedies = {
        "drop": [("State", name) for name in names] + [("Product = x", "TOTAL")],
        "partner_name": [(name,) for name in names],
        "city_name": [(name,) for name in names],
        "same_city": [(name, "Lyon") for name in names],
        "agreement_city": [tuple(n for name in names for n in (name, "Lyon"))],
    }
    for name, several in remedies.items():
        messages = [Message("error", "any", str(v), "t.csv", 5, "x", Remedy(name, v)) for v in several]
        ((line,),) = list_lines_to_change(messages).values()
        (entries,) = tomllib.loads(line).values()
        read = entries["State"] if name == "drop" else [e["name"] for e in entries] if "city" in name else [*entries]
        assert read == names
    with_two = [
        Message("error", "any", n, "t.csv", 5, "x", Remedy(n, ("a", "b"))) for n in ("city_name", "same_city")
    ]
    assert len(list_lines_to_change(with_two)["t.csv"]) == 1


@loop_over("code", _BY_CODE)
def test_a_line_that_a_code_asks_for_is_toml(code):
    ((line,),) = list_lines_to_change([Message("error", code, "", "t.csv")]).values()
    assert tomllib.loads(line)


@loop_over(
    ("name", "near"),
    [("Untied Kingdom", "GBR"), ("Frnace", "FRA"), ("Republik Kubba", ""), ("NICS", ""), ("CHL1", "")],
)
def test_a_name_spelled_nearly_so_is_named_but_no_code_is_filled_in(name, near):
    faults = Faults()
    resolve_column(make_column(name), {}, faults)
    (message,) = faults.messages
    assert (f"({near})" in str(message.text)) if near else "near" not in str(message.text)
    assert message.remedy.values == (name,)


def test_a_text_without_a_remedy_asks_for_no_change():
    words = "“5①” carries a mark, is no known partner, ambiguous, and is not a number"
    assert list_lines_to_change([Message("error", code, words, "t.csv", 5) for code in ("number", "partner")]) == {}


@pytest.mark.parametrize("name", ["Untied ”Kingdom", "Untied " + "K" * 300, 'Untied "Kingdom\\'])
def test_a_name_is_written_whole_with_whatever_it_holds(name):
    (line,) = list_lines(lambda faults: resolve_column(make_column(name), {}, faults))
    assert list(tomllib.loads(line)["partner_names"]) == [name]


@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (("5①", "1.5"), ['flags = { "①" = "what the mark means" }']),
        (("secret", "1.5"), ['missing_tokens = ["secret"]   # only if it means that there is no figure']),
        (("12 %", "1.5"), []),
        (("1,234",), ['decimal = "."   # or ","']),
    ],
)
def test_a_cell_that_is_no_number_says_what_could_be_declared(cells, lines):
    assert list_lines(lambda faults: parse_numbers(make_column(*cells), NumberStyle(), faults)) == lines


@pytest.mark.parametrize(
    ("cell", "column", "lines"),
    [
        ("Source: customs", "year", ["last_row = 1"]),
        ("2004Q3", "year", ['frequency = "quarter"   # if the whole file is by quarter']),
        ("Source: customs", COLUMN_NAMES, ['ignore = ["Source: customs"]']),
        ("FY04", "year", []),
    ],
)
def test_a_cell_that_is_no_period_says_what_could_be_declared(cell, column, lines):
    assert list_lines(lambda faults: parse_periods(make_column(cell, name=column), Frequency.YEAR, faults)) == lines


def test_a_total_and_a_footnote_are_answered_by_kind():
    lines = list_lines(lambda faults: read_cities(make_column("Total", "Yantai*"), (), None, faults))
    assert lines == [
        'drop = { "x" = ["Total"] }   # leaves these rows out',
        'city_names = [{ name = "Yantai*", city = "the city it is" }]',
    ]


def test_one_code_for_two_names_joins_the_names_and_not_the_code():
    cities, codes = build_text_array(["Yantai", "Yentai"]), make_column("3706", "3706")
    (line,) = list_lines(lambda faults: check_codes(cities, codes, faults))
    assert tomllib.loads(line) == {"city_names": [{"name": "Yantai", "city": "Yentai"}]}


@pytest.mark.parametrize("name", ["Province total", "Whole province", "Grand total", "合计"])
def test_a_total_of_several_words_is_no_city(name):
    faults = Faults()
    read_cities(make_column(name), (), None, faults)
    assert [m.remedy for m in faults.messages] == [Remedy("drop", ("x", name))]
