"""A member that is the sum of others is asked about, never counted beside them; nothing else is."""

import tomllib

import numpy as np
import pytest

from twintrade.data import read_trade
from twintrade.data.fixes import list_lines_to_change
from twintrade.data.overlaps import find_totals
from twintrade.data.sources.faults import InvalidDataError

CITIES, PARTNERS, PRODUCTS, YEARS = (
    ("Lyon", "Nice", "Brest"),
    ("GBR", "USA", "DEU"),
    ("01", "02", "27"),
    range(2000, 2006),
)
HEAD = "State,partner,year,hs,value\n"


def amount(i, j, k, year):
    return round(
        1000 * (i + 1.3) * (j + 0.7) * (k + 1.1) * (1.07 + 0.01 * ((i + 2 * j + 3 * k) % 5)) ** (year - 2000)
    )


def rows(total_of=""):
    """Rows of every city, partner and product, with those of the total of one dimension."""
    cells = [
        (c, p, y, h, amount(i, j, k, y))
        for i, c in enumerate(CITIES)
        for j, p in enumerate(PARTNERS)
        for k, h in enumerate(PRODUCTS)
        for y in YEARS
    ]
    place = {"": None, "city": 0, "partner": 1, "product": 3}[total_of]
    sums = {}
    for cell in cells if place is not None else []:
        key = tuple({"city": "Whole Land", "partner": "FRA", "product": "ZZ"}[total_of] if n == place else v
                    for n, v in enumerate(cell[:4]))  # fmt: skip
        sums[key] = sums.get(key, 0) + cell[4]
    return HEAD + "".join(",".join(map(str, line)) + "\n" for line in [*cells, *((*k, v) for k, v in sums.items())])


@pytest.fixture
def source(trade_source):
    return lambda **more: trade_source(**({"city": "State", "product": "hs", "product_revision": "HS2012"} | more))


@pytest.mark.parametrize(
    ("dimension", "column", "name"),
    [("city", "State", "Whole Land"), ("partner", "partner", "FRA"), ("product", "hs", "ZZ")],
)
def test_a_total_beside_its_parts_is_refused_and_left_out_by_the_line_given(project, source, dimension, column, name):
    root = project(rows(dimension))
    with pytest.raises(InvalidDataError, match="equals the sum of the other") as caught:
        read_trade([source()], root)
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == {"drop": {column: [name]}}
    whole = read_trade([source()], project(rows())).frame
    again = read_trade([source(drop={column: (name,)})], project(rows(dimension))).frame
    assert again.drop(columns="row").equals(whole.drop(columns="row"))


@pytest.mark.parametrize("column", ["hs", "kind"])
def test_repeated_rows_are_answered_by_the_column_that_tells_them_apart(project, trade_source, column):
    text = rows("product").replace("ZZ", "TOTAL").replace("hs", column)
    with pytest.raises(InvalidDataError, match="stands here and in row") as caught:
        read_trade([trade_source(city="State")], project(text))
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == {"where": {column: "TOTAL"}}
    table = read_trade([trade_source(city="State", where={column: "TOTAL"})], project(text))
    expected = sum(amount(i, j, k, y) for i in range(3) for j in range(3) for k in range(3) for y in YEARS)
    assert table.frame["value"].sum() == expected


def test_repeated_rows_of_two_flows_read_one_of_them(project, trade_source):
    text = "city,partner,year,flow,value\n" + "".join(
        f"{c},GBR,{y},{f},{v}\n" for c in CITIES for y in YEARS for f, v in (("X", y % 7 + 3), ("M", y % 5 + 1))
    )
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(text))
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == {"where": {"flow": "X"}}


def test_codes_of_two_lengths_count_twice():
    codes = np.array(["27", "2701", "2709", "84", "8401", "8471"] * 5, dtype=object)
    values = np.concatenate(
        [[a + b, a, b, c + d, c, d] for a, b, c, d in np.random.default_rng(4).uniform(1, 9, (5, 4))]
    )
    assert list(find_totals(codes, np.repeat(np.arange(5), 6), values)) == ["27", "84"]


def test_two_groupings_beside_their_parts_are_both_found():
    parts = np.random.default_rng(5).uniform(1, 9, (6, 3))
    values = np.column_stack([parts, parts.sum(axis=1), parts.sum(axis=1)]).ravel()
    members = np.array(["a", "b", "c", "everything", "the whole"] * 6, dtype=object)
    assert find_totals(members, np.repeat(np.arange(6), 5), values) == {"everything": [], "the whole": []}


def test_rounded_parts_still_make_a_total_and_suppressed_ones_in_few_cells():
    parts = np.random.default_rng(6).uniform(1e3, 9e3, (40, 4))
    values = np.column_stack([parts.round(), parts.sum(axis=1).round()])
    values[3, 0] = np.nan
    members = np.array(["a", "b", "c", "d", "e"] * 40, dtype=object)
    assert find_totals(members, np.repeat(np.arange(40), 5), values.ravel()) == {"e": []}


def test_no_member_of_random_tables_is_a_total():
    """400 tables of heavy-tailed figures with zeros, 3 to 8 members, 4 to 12 cells: none equals the sum of others."""
    rng = np.random.default_rng(7)
    for _ in range(400):
        k, n = int(rng.integers(3, 9)), int(rng.integers(4, 13))
        values = np.exp(rng.standard_t(3, (n, k)) + rng.normal(0, 2, k)).round(2) * (rng.random((n, k)) > 0.3)
        members = np.array([f"m{i}" for i in range(k)] * n, dtype=object)
        assert find_totals(members, np.repeat(np.arange(n), k), values.ravel()) == {}


def test_the_sum_of_some_members_is_found_with_its_parts():
    """Two regions beside six towns, and a province of one region and one town; the rest are no sums."""
    rng = np.random.default_rng(8)
    towns = np.exp(rng.normal(8, 1.5, (60, 6))).round()
    east, west = towns[:, :3].sum(axis=1), towns[:, 3:5].sum(axis=1)
    values = np.column_stack([towns, east, west, east + towns[:, 5]])
    names = np.array([*"abcdef", "East", "West", "Province"] * 60, dtype=object)
    found = find_totals(names, np.repeat(np.arange(60), 9), values.ravel())
    assert found == {"East": ["a", "b", "c"], "West": ["d", "e"], "Province": ["a", "b", "c", "f"]}
    values[:, 6] *= np.exp(rng.normal(0, 0.02, 60))
    assert "East" not in find_totals(names, np.repeat(np.arange(60), 9), values.ravel())


def test_a_part_of_the_cities_is_refused_with_the_names_of_its_parts(project, source):
    text = rows() + "".join(
        f"Coast,{p},{y},{h},{amount(0, j, k, y) + amount(2, j, k, y)}\n"
        for j, p in enumerate(PARTNERS) for k, h in enumerate(PRODUCTS) for y in YEARS
    )  # fmt: skip
    with pytest.raises(InvalidDataError, match="“Coast” equals the sum of “Brest” and “Lyon”, cell by cell"):
        read_trade([source()], project(text))


def test_repeated_rows_of_two_cities_of_one_name_are_told_apart_by_their_codes(project, trade_source):
    text = "city,code,partner,year,value\n" + "".join(
        f"{'Nice' if c == 'Brest' else c},{i},GBR,{y},{amount(i, 1, 1, y)}\n"
        for i, c in enumerate(CITIES) for y in YEARS
    )  # fmt: skip
    with pytest.raises(InvalidDataError) as caught:
        read_trade([trade_source()], project(text))
    ((line,),) = list_lines_to_change(caught.value.messages).values()
    assert tomllib.loads(line) == {"city_code": "code"}
