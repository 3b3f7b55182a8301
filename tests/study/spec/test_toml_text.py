"""TOML that a reader gives back as it was."""

import math
import tomllib

from case_tables import loop_over
from hypothesis import given
from hypothesis import strategies as st

from twintrade.study.spec.spec_text import format_toml_line, to_toml

scalars = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(st.characters(codec="utf-8"))
)
keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=4)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


@given(st.dictionaries(keys, values, max_size=4))
def test_nested_tables_come_back_as_they_were(tables):
    assert tomllib.loads(to_toml(tables)) == tables


@given(keys, values)
def test_one_assignment_is_one_line_and_comes_back_as_it_was(key, value):
    line = format_toml_line(key, value)
    assert len(line.split("\n")) == 1
    assert tomllib.loads(f"{line}   # a remark\n[next]\n") == {key: value, "next": {}}


@loop_over("value", [1.0, -0.0, math.inf, 5e-324, 1e22])
def test_a_float_stays_a_float_to_its_last_digit(value):
    back = tomllib.loads(to_toml({"x": value}))["x"]
    assert type(back) is float
    assert back.hex() == value.hex()
