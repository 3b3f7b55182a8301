"""The library: five lines from a table to a plotted event study."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import twintrade as tt
from twintrade.simulate import simulate
from twintrade.study import by_name


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return simulate(np.random.default_rng(1), n_cities=12, n_partners=4, cohorts={2004: 0.2}).panel.to_frame()


@pytest.fixture(scope="module")
def ties(table) -> pd.DataFrame:
    return pd.DataFrame({"city": ["City 01", "City 02"], "partner": ["Partner 1", "Partner 3"], "date": [2004, 2006]})


def test_five_lines_make_a_plotted_event_study(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    design = tt.compare(panel, ties, outcome="exports", fixed_effects="two_way")
    fit = tt.fit("imputation", design)
    axes = tt.infer(fit, "clustered").plot()
    assert isinstance(axes, Axes)
    assert fit.plot(ax=axes, inference="clustered") is axes


def test_ties_may_be_a_table_onsets_or_a_treatment(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    designs = [
        tt.compare(panel, ties, "exports"),
        tt.compare(panel, {"City 01-Partner 1": 2004, "City 02-Partner 3": 2006}, "exports"),
        tt.compare(panel, pd.Series({"City 01-Partner 1": 2004, "City 02-Partner 3": 2006}), "exports"),
    ]
    designs.append(tt.compare(panel, designs[0].treatment, "exports"))
    for design in designs:
        np.testing.assert_array_equal(design.onset, designs[0].onset)
        assert design.clusters == ("city", "partner")


def test_a_tie_without_a_date_is_a_decision(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    ties = ties.assign(date=["2004-12-01", None])
    with pytest.raises(tt.TwintradeError, match="date is not known"):
        tt.compare(panel, ties, "exports")
    design = tt.compare(panel, ties, "exports", undated="exclude")
    assert design.treatment.excluded == {"City 02-Partner 3": "undated"}
    assert design.onset.min() == 2005


@pytest.mark.parametrize(
    ("ties", "told"),
    [
        ({"Nowhere": 2004}, "'Nowhere' has an onset but is no unit"),
        (pd.DataFrame({"city": ["City 01"], "date": [2004]}), "no column 'partner'"),
        (pd.DataFrame({"city": ["City 01"], "partner": ["Partner 1"], "date": ["soon"]}), "'soon' is not a date"),
    ],
)
def test_ties_that_cannot_be_meant_are_refused(table, ties, told):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    with pytest.raises(tt.TwintradeError, match=told):
        tt.compare(panel, ties, "exports")


def test_checks_intervals_and_views_by_name(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    fit = tt.fit("twfe", tt.compare(panel, ties, "exports", fixed_effects="two_way"), shape="static")
    bands = tt.infer(fit, "clustered", view="overall", by=("unit",), level=0.9)
    assert bands.level == 0.9
    assert bands.low[0] < bands.estimate.effects[0] < bands.high[0]
    assert tt.check(fit, "adoption").value == 2
    assert "<table" in bands._repr_html_()
    with pytest.raises(tt.TwintradeError, match="did you mean shape"):
        tt.fit("twfe", fit.design, shap="static")


def test_rows_of_a_table_of_ties_that_match_no_unit_are_told(table):
    table = table.assign(city=table["city"].replace("City 01", "Lyon"))
    panel = tt.panel(table, city="city", partner="partner", period="period")
    ties = pd.DataFrame({"city": ["Lyons", "Nowhere"], "partner": ["Partner 1"] * 2, "date": [2004, 2004]})
    with pytest.warns(UserWarning, match="Lyons") as told:
        design = tt.compare(panel, ties, "exports")
    texts = [str(w.message) for w in told]
    assert any("agreement 1 (Lyons–Partner 1): is Lyon meant?" in text for text in texts)
    assert any("agreement 2 (Nowhere–Partner 1)" in text for text in texts)
    assert design.treatment.excluded == {"Lyon-Partner 1": "unmatched"}


def test_arguments_that_cannot_be_meant_say_what_can(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    with pytest.raises(tt.TwintradeError, match=r"agreements is a table, not 'ties.csv'; .*pandas.read_csv"):
        tt.compare(panel, "ties.csv", "exports")
    with pytest.raises(tt.TwintradeError, match=r"no column 'imports'; it has .*exports"):
        tt.compare(panel, ties, "imports")
    fit = tt.fit("twfe", tt.compare(panel, ties, "exports"), shape="static")
    with pytest.raises(tt.TwintradeError, match="no view is called 'oveall'; known: event, overall, path, cohort"):
        fit.view("oveall")
    with pytest.raises(tt.TwintradeError, match="it offers overall"):
        fit.view("cohort")


def test_results_show_themselves_in_one_line(table, ties):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    design = tt.compare(panel, ties, "exports")
    fit = tt.fit("imputation", design)
    views = [fit.view(view) for view in fit.views]
    shown = [repr(x) for x in (panel, design, fit, *views, tt.infer(fit, "clustered"))]
    shown.append(repr(tt.infer(fit, "clustered", view="overall")))
    for text in shown:
        assert "\n" not in text
        assert len(text) < 250
    assert shown[0].startswith("Panel: 48 pairs of city and partner, 2000–2009, 480 rows")
    assert "48 units (2 treated), 2000–2009; overall" in shown[2]
    assert any(text.startswith("CohortEffects: ") for text in shown)
    assert any(text.startswith("EventStudy: ") for text in shown)


def test_the_table_is_left_untouched(table, ties):
    before, ties_before = table.copy(), ties.copy()
    tt.compare(tt.panel(table, city="city", partner="partner", period="period"), ties, "exports")
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(ties, ties_before)


def test_every_public_name_is_there():
    for name in tt.__all__:
        assert getattr(tt, name) is not None
    assert set(tt.__all__) <= set(dir(tt))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tt.nothing


@pytest.mark.parametrize(
    "module", ["twintrade", "twintrade.cli", "twintrade.study.store.freshness", "twintrade.study.runner"]
)
def test_starting_imports_nothing_heavy(module):
    heavy = "{'numpy', 'pandas', 'matplotlib', 'scipy', 'pydantic', 'joblib'}"
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_onset_left_empty_beside_infinite_ones_is_an_error(table):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    onsets = pd.Series(np.inf, index=panel.units)
    onsets.iloc[:2] = 2004.0, np.nan
    with pytest.raises(tt.TwintradeError, match=f"onset of {panel.units[1]} is empty and others are inf"):
        tt.compare(panel, onsets, "exports")
    listed = tt.compare(panel, onsets.iloc[:1], "exports")
    assert np.isinf(listed.onset[1:]).all()


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ({"transform": "logs"}, "did you mean log"),
        ({"transform": "asinh"}, "transform is level, log"),
        ({"always_treated": "drop"}, "did you mean exclude"),
        ({"comparison": "never"}, "did you mean never_treated"),
        ({"undated": "skip"}, "undated is error or exclude"),
    ],
)
def test_words_that_no_option_takes_are_refused(table, ties, option, told):
    panel = tt.panel(table, city="city", partner="partner", period="period")
    with pytest.raises(tt.TwintradeError, match=told):
        tt.compare(panel, ties, "exports", **option)


def test_a_registered_method_comes_before_another_softwares_word(monkeypatch) -> None:
    assert by_name.find_estimator("synth") == "synthetic_control"
    monkeypatch.setattr(by_name, "ESTIMATORS", {"synth": object})
    assert by_name.find_estimator("synth") == "synth"
