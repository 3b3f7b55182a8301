"""Any analysis file, registry or table ends in results or in a message: never in a fault of the program.

By hand, longer and with new examples: TWINTRADE_FUZZ=2000 pytest tests/pipeline/test_fuzz_specs.py
"""

import copy
import os
import tomllib

import pytest
from black_box import write_project
from case_tables import loop_over
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.errors import SpecError, TwintradeError
from twintrade.estimators.base import ESTIMATORS
from twintrade.inference.base import INFERENCES
from twintrade.study.checking import check_analysis
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.plan.jobs import plan
from twintrade.study.run.columns import run
from twintrade.study.spec.analysis import Spec, parse
from twintrade.study.spec.spec_faults import list_option_names
from twintrade.study.spec.spec_text import parse_tables, to_toml
from twintrade.study.store.replay import build_tidy_files

BUDGET = settings(
    max_examples=int(os.environ.get("TWINTRADE_FUZZ", "40")),
    derandomize="TWINTRADE_FUZZ" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

scalars = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["", "exports", "imports", "city", "partner", "gravity", "log", "level", "unit", "auto", "all"]),
    st.integers(-(10**20), 10**20),
    st.sampled_from([-1, 0, 1, 2, 12, 2010, 10**6]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=2),
    max_leaves=5,
)
names = {"estimator": list(ESTIMATORS), "inference": list(INFERENCES), "diagnostic": list(DIAGNOSTICS)}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return write_project(tmp_path_factory.mktemp("fuzzed"))


@pytest.fixture(scope="module")
def whole(project):
    return tomllib.loads((project / "analyses" / "tiny.toml").read_text())


def places(node, path=()):
    """Every place of a file: where a key stands and where one could be added."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(raw, path, value, how):
    raw = copy.deepcopy(raw)
    if not path:
        return raw
    node = raw
    for part in path[:-1]:
        node = node[part]
    if how == "remove":
        del node[path[-1]]
    elif how == "add" and isinstance(node[path[-1]], dict):
        node[path[-1]]["new"] = value
    else:
        node[path[-1]] = value
    return raw


def ends_well(step, *arguments):
    """The result of a step, or None where it told what is wrong."""
    try:
        return step(*arguments)
    except TwintradeError as error:
        told = str(error)
    assert told.strip(), "a message without words"
    assert "Traceback" not in told
    return None


def assert_spec_or_told(text):
    parsed = ends_well(parse, text, "analyses/x.toml")
    assert parsed is None or isinstance(parsed[0], Spec)


def assert_planned_or_told(text):
    """A specification that is read becomes a plan with all its columns, or is told."""
    parsed = ends_well(parse, text, "analyses/x.toml")
    made = ends_well(plan, "x", parsed[0]) if parsed is not None else None
    assert made is None or len(made.columns) >= len(parsed[0].estimator)


def assert_every_column_stands(found):
    """Each column of a run is a line of its tables, with an effect or with the reason why there is none."""
    results = assemble_results(found, {})
    assert build_tidy_files(results)
    columns = results.specifications
    assert len(columns) == len(found.ladder.estimated)
    is_skipped = columns["is_skipped"].astype(bool)
    assert (columns.loc[is_skipped, "skip_reason"].str.len() > 0).all()
    estimated = set(columns.loc[~is_skipped, "specification"])
    assert not estimated or estimated <= set(results.effects["specification"])


@BUDGET
@given(st.text(max_size=200))
def test_any_text_is_tables_or_a_spec_error(text):
    assert_spec_or_told(text)


@BUDGET
@given(st.binary(max_size=200))
def test_any_damage_to_a_clean_file_is_told(project, content):
    text = (project / "analyses" / "tiny.toml").read_bytes()
    at = len(content) * 7 % len(text)
    assert_spec_or_told((text[:at] + content + text[at:]).decode("utf-8", "replace"))


@loop_over(
    "text",
    [
        "a = " + "[" * 20_000,
        "a = " + "9" * 10_000,
        "a = 1e999",
        "a = 9999-99-99",
        "\ufeffa = 1",
        "[a\n",
        "=",
        "\x00",
        "a.b = 1\na = 2",
    ],
)
def test_toml_that_breaks_readers_is_told(text):
    with pytest.raises(SpecError):
        parse(text, "analyses/x.toml")


@BUDGET
@given(st.data(), values, st.sampled_from(["replace", "remove", "add"]))
def test_one_wrong_value_anywhere_is_told_or_planned(whole, data, value, how):
    path = data.draw(st.sampled_from(sorted(places(whole), key=str)))
    raw = changed(whole, path, value, how)
    try:
        text = to_toml(raw)
        parse_tables(text)
    except (SpecError, TypeError, AttributeError):
        return
    assert_planned_or_told(text)


@BUDGET
@given(st.data(), values)
def test_any_option_of_any_method_is_told_or_planned(whole, data, value):
    table = data.draw(st.sampled_from(["estimator", "inference", "diagnostic"]))
    name = data.draw(st.sampled_from(names[table]))
    registry = {"estimator": ESTIMATORS, "inference": INFERENCES, "diagnostic": DIAGNOSTICS}[table]
    options = [*list_option_names(registry[name]), "label", "key", "on", "donors", "transform", "window", "typo"]
    entry = {"name": name, data.draw(st.sampled_from(options)): value}
    raw = whole | {table: entry if table == "inference" else [entry]}
    try:
        text = to_toml(raw)
        parse_tables(text)
    except (SpecError, TypeError, AttributeError):
        return
    assert_planned_or_told(text)


design_values = {
    "unit": ["dyad", "city"],
    "transform": ["level", "log", "share_of_partner", "share_of_city", "index"],
    "index_base": [2004, 1800],
    "fixed_effects": ["two_way", "gravity", "city_gravity", "partner_gravity", "unit", ["unit"], ["period"], []],
    "comparison": ["not_yet_treated", "never_treated"],
    "window": [[-5, 5], [-1, 0], [0, 0], [5, -5], [-100, 100], [1, 3], [-3, -2]],
    "reference": [-1, 0, -2, 5, -50],
    "anticipation": [0, 1, 3, 40],
    "cluster": [["city"], ["partner"], ["unit"], ["dyad"], ["period"], [], ["city", "city"]],
    "sample": [[2003, 2018], [2010, 2011], [2018, 2003], [2010, 2010], [1800, 2100]],
    "without": [["Alder-GBR"], ["nobody"], []],
    "always_treated": ["exclude", "keep", "compare"],
    "covariates": [[], ["nothing"], ["exports"]],
    "weights": ["exports", "nothing"],
}
rules = st.fixed_dictionaries(
    {},
    optional={
        "rule": st.sampled_from(["first_agreement", "nth_agreement", "dose"]),
        "n": st.sampled_from([1, 2]),
        "late_from": st.sampled_from([1, 12, 13]),
        "vague_years_later": st.sampled_from([0, 1]),
        "undated_link": st.sampled_from(["flag", "exclude"]),
        "date": st.sampled_from(["signed", "first", "last", "memorandum", ["memorandum", "signed"]]),
        "kinds": st.sampled_from([[], ["sister city"], ["friendship"]]),
    },
)
designs = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(options) for key, options in design_values.items()} | {"treatment": rules}
)
QUICK = sorted(set(names["estimator"]) & {"twfe", "ppml", "imputation", "callaway_santanna", "first_difference"})
TRIED = names["estimator"] if "TWINTRADE_FUZZ" in os.environ else QUICK


@pytest.mark.usefixtures("trade_is_read_once")
@settings(BUDGET, max_examples=max(20, BUDGET.max_examples // 10))
@given(designs, st.sampled_from(TRIED), st.sampled_from(["clustered", "auto"]))
@example({"fixed_effects": "two_way"}, "callaway_santanna", "clustered")
def test_any_design_is_estimated_or_told(project, whole, design, estimator, inference):
    raw = copy.deepcopy(whole) | {
        "design": design,
        "estimator": [{"name": estimator}],
        "inference": {"name": inference},
    }
    if inference == "auto" and "permutations" in list_option_names(INFERENCES["auto"]):
        raw["inference"]["permutations"] = 19
    made = ends_well(plan_analysis, project, "tiny", to_toml(raw))
    if made is None:
        return
    observed = ends_well(observe, "tiny", made[0].spec, project)
    found = ends_well(run, made[0], observed) if observed is not None else None
    if found is not None:
        assert_every_column_stands(found)


cities = st.sampled_from(["Alder", "Birch", "alder", "Älder", "济南", "", "=1+1", "Total"])
partners = st.sampled_from(["GBR", "AUS", "DEU", "China", "EU", "", "XX", "NA"])
dates = st.sampled_from(
    ["2010-05-12", "2010", "2003", "1990", "2018-12", "2030", "", "12/2010", "05/06/2010", "2010-13", "x"]
)
kinds = st.sampled_from(["sister city", "friendship", "", "pact"])


@pytest.mark.usefixtures("trade_is_read_once")
@BUDGET
@given(st.lists(st.tuples(cities, partners, st.sampled_from(["Leeds", ""]), dates, kinds), max_size=6))
def test_any_registry_is_checked_or_told(project, tmp_path, rows):
    other = write_project(tmp_path)
    lines = ["city,partner,partner_city,date,kind", *(",".join(row) for row in rows)]
    (other / "data" / "raw" / "tiny_twinnings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ends_well(check_analysis, other, "tiny", (other / "analyses" / "tiny.toml").read_text())


trade_rows = st.lists(
    st.tuples(cities, partners, st.sampled_from(["2003", "2010", "2011", "2012", "20x", ""]),
              st.sampled_from(["0", "1", "5000", "1e5", "-3", "x", ""])), max_size=30,
)  # fmt: skip


@BUDGET
@given(trade_rows)
def test_any_trade_table_is_estimated_or_told(tmp_path, rows):
    other = write_project(tmp_path)
    lines = ["city,partner,year,exports_usd", *(",".join(row) for row in rows)]
    (other / "data" / "raw" / "tiny_trade.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    text = (other / "analyses" / "tiny.toml").read_text().replace('absent = "error"', 'absent = "zero"')
    made = plan_analysis(other, "tiny", text)[0]
    observed = ends_well(observe, "tiny", made.spec, other)
    found = ends_well(run, made, observed) if observed is not None else None
    if found is not None:
        assert_every_column_stands(found)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"diagnostic": [{"name": "pretrends", "on": 3}]}, "on is a name or a list of names"),
        ({"diagnostic": [{"name": "pretrends", "on": [["x"]]}]}, "on is a name or a list of names"),
        ({"design": {"window": [-3, -2]}}, "its last event time is 0 or later"),
        ({"design": {"window": [3, 1]}}, "in this order"),
    ],
)
def test_what_the_search_found_is_told(whole, change, text):
    with pytest.raises(SpecError, match=text):
        plan("x", parse(to_toml(whole | change))[0])


@pytest.mark.parametrize(
    ("design", "estimator", "inference", "told"),
    [
        ({}, "two_stage", {"name": "clustered"}, ""),
        ({"cluster": []}, "sun_abraham", {"name": "jackknife"}, "no dimension is named to cluster by"),
        ({"cluster": []}, "twfe", {"name": "clustered"}, "no dimension is named to cluster by"),
        ({"window": [1, 3], "sample": [2010, 2011]}, "two_stage", {"name": "clustered"}, ""),
    ],
)
def test_what_the_search_found_is_estimated_or_told(project, whole, design, estimator, inference, told):
    entry = {"name": estimator, "transform": "log"}
    checks = [{"name": "pretrends"}]
    raw = whole | {"design": design, "estimator": [entry], "inference": inference, "diagnostic": checks}
    made, _ = plan_analysis(project, "tiny", to_toml(raw))
    observed = observe("tiny", made.spec, project)
    if told:
        with pytest.raises(TwintradeError, match=told):
            run(made, observed)
    else:
        assert build_tidy_files(assemble_results(run(made, observed), {}))
