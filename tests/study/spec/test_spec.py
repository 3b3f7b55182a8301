"""The analysis file: every fault at once, in words, with its line and the key that was meant."""

import pytest
from case_tables import loop_over

from twintrade.data.schema import Constant
from twintrade.errors import SpecError
from twintrade.inference.base import INFERENCES
from twintrade.study.spec.analysis import parse, resolve_spec
from twintrade.study.spec.recipes import RECIPES, expand_recipe
from twintrade.study.spec.spec_faults import build_method, find_line
from twintrade.study.spec.spec_text import parse_tables

TRADE = """title = "t"
[[data.trade]]
file = "data/raw/x.csv"
city = { constant = "Lyon" }
partner = "p"
period = "year"
value = "v"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "zero"
"""


def test_a_file_is_read_with_its_defaults():
    spec, raw = parse(TRADE)
    assert spec.data.trade[0].city == Constant("Lyon")
    assert spec.design.fixed_effects == "gravity"
    assert spec.inference.name == "auto"
    assert raw["data"]["trade"][0]["value"] == "v"
    assert resolve_spec(spec)["design"]["window"] == [-5, 5]


def test_all_faults_are_told_at_once_with_line_and_nearest_key():
    text = TRADE.replace('flow = "exports"', 'flow = "export"').replace("money_unit", "mony_unit")
    text += "[design]\nwindw = [-3, 3]\nreference = 'x'\n"
    with pytest.raises(SpecError) as caught:
        parse(text, "analyses/x.toml")
    told = str(caught.value)
    assert told.startswith("5 faults")
    assert "analyses/x.toml, line 8: data.trade[0].flow: input should be 'exports' or 'imports'" in told
    assert "line 10: data.trade[0].mony_unit is no known key; did you mean money_unit?" in told
    assert "money_unit is missing" in told
    assert "line 13: design.windw is no known key; did you mean window?" in told
    assert "line 14: design.reference" in told


def test_a_key_at_the_top_is_told_its_table():
    with pytest.raises(SpecError, match=r"language is no known key; it belongs under \[report\]"):
        parse('language = "zh-CN"\n' + TRADE, "analyses/x.toml")


@pytest.mark.parametrize("unit", ["bushels", "UNKNOWN", "$"])
def test_a_unit_of_money_that_is_not_known_has_its_line(unit):
    text = TRADE.replace('money_unit = "USD"', f'money_unit = "{unit}"').replace(
        'flow = "exports"', 'flow = "export"'
    )
    with pytest.raises(SpecError) as caught:
        parse(text, "analyses/x.toml")
    told = str(caught.value)
    assert told.startswith("2 faults")
    assert "analyses/x.toml, line 10: data.trade[0].money_unit: money_unit " in told
    assert f"“{unit}”" in told


def test_a_file_that_is_no_toml_says_where():
    with pytest.raises(SpecError, match=r"analyses/x.toml is not TOML: .*line 2"):
        parse('title = "a"\nb = \n', "analyses/x.toml")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('file = "data/raw/x.csv"\n', ""), "either file or simulate"),
        (('file = "data/raw/x.csv"', 'file = ""'), "either file or simulate"),
        (('absent = "zero"', 'absent = "nought"'), "'zero', 'missing' or 'error'"),
        (('title = "t"\n', ""), "title is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, told):
    with pytest.raises(SpecError, match=told):
        parse(TRADE.replace(*change))


def test_a_recipe_stands_under_what_the_file_says():
    raw = {"recipe": "log_gravity", "design": {"window": [-2, 2]}, "estimator": [{"name": "imputation"}]}
    spec = expand_recipe(raw)
    assert spec["design"] == {
        "transform": "log",
        "fixed_effects": "gravity",
        "cluster": ["city", "partner"],
        "window": [-2, 2],
    }
    assert spec["estimator"] == [{"name": "imputation"}]
    assert RECIPES["log_gravity"].preset["estimator"] != spec["estimator"]


@loop_over(
    ("name", "measure"),
    [
        ("ppml_gravity", "percent"),
        ("ppml_border", "percent"),
        ("staggered_levels", "percent"),
        ("log_gravity", None),
        ("log_two_way", None),
        ("staggered", None),
    ],
)
def test_the_headline_of_a_pooled_recipe_uses_all_years_before(name, measure):
    marked = [e for e in RECIPES[name].preset["estimator"] if e.get("headline")]
    assert [(e["name"], e.get("measure")) for e in marked] == [("imputation", measure)]
    checks = [d["name"] for d in RECIPES[name].preset["diagnostic"]]
    assert "reference_year" in checks
    assert ("concentration" in checks) == (measure == "percent")
    assert "βD" not in str(RECIPES[name].equation)


def test_checks_of_a_recipe_go_with_the_method_that_they_are_about():
    given = {"recipe": "log_gravity", "estimator": [{"name": "imputation"}]}
    names = {check["name"] for check in expand_recipe(given)["diagnostic"]}
    assert "pretrends" in names
    assert not {"twfe_weights", "estimators"} & names
    assert {"twfe_weights", "estimators"} <= {
        c["name"] for c in expand_recipe({"recipe": "log_gravity"})["diagnostic"]
    }


@loop_over("name", sorted(RECIPES))
def test_a_recipe_that_shows_a_regression_checks_whom_it_compares_with(name):
    preset = RECIPES[name].preset
    shown = {e["name"] for e in preset["estimator"]} & {"twfe", "ppml"}
    judged = {c["on"] for c in preset["diagnostic"] if c["name"] == "estimators"}
    assert judged == shown


@pytest.mark.parametrize(
    "name", [name for name in RECIPES if name not in ("chart", "double_ratio", "single_case", "watch")]
)
def test_a_pooled_recipe_looks_at_who_signs(name):
    checks = [check["name"] for check in expand_recipe({"recipe": name})["diagnostic"]]
    for wanted in ("balance", "selection", "conditional_trends"):
        assert checks.count(wanted) == 1


def test_an_unknown_recipe_has_a_hint():
    with pytest.raises(SpecError, match="did you mean ppml_gravity"):
        expand_recipe({"recipe": "ppml_gravty"})


def test_lines_are_found_in_tables_arrays_of_tables_and_dotted_keys():
    text = '[a]\nx = 1\n[[b.c]]\ny = 1\n[[b.c]]\ny = 2\n"z" = 3\n[d]\ne.f = 4\n'
    assert find_line(text, ["a", "x"]) == 2
    assert find_line(text, ["b", "c", 0, "y"]) == 4
    assert find_line(text, ["b", "c", 1, "z"]) == 7
    assert find_line(text, ["d", "e", "f"]) == 9
    assert find_line(text, ["a", "absent"]) == 1


@loop_over(
    ("line", "told"),
    [
        ("transform = 'logs'", "did you mean log?"),
        ("transform = 'ln'", "did you mean log?"),
        ("always_treated = 'drop'", "did you mean exclude?"),
        ("comparison = 'never'", "did you mean never_treated?"),
        ("cluster = ['pair']", "did you mean unit?"),
        ("fixed_effects = 'gravty'", "did you mean gravity?"),
    ],
)
def test_words_of_a_design_are_refused_with_the_nearest(line, told):
    with pytest.raises(SpecError) as caught:
        parse(f"{TRADE}[design]\n{line}\n", "x.toml")
    assert told in str(caught.value)
    assert f"design.{line.split(' ')[0]}" in str(caught.value)


@pytest.mark.parametrize(("draws", "written"), [(0, "0"), (-5, "−5")])
def test_no_draws_are_refused(draws, written):
    with pytest.raises(SpecError, match=f"draws = {written}: at least 1 is needed"):
        build_method(INFERENCES, "randomization", {"draws": draws}, "[inference]")


@pytest.mark.parametrize(
    ("text", "line"),
    [("title = 1\ntitle = 2\n", 2), ("[design]\nunit = 1\n[design]\n", 3), ("a = 1\n[[a]]\nb = 2\n", 2)],
)
def test_a_key_or_table_that_stands_twice_is_named_by_its_line(text, line):
    with pytest.raises(SpecError, match=f"x.toml line {line}: the key or table here stands twice"):
        parse_tables(text, "x.toml")
