"""Panels that come in waves: numbered, labelled by their years, and read so from a frame and from files."""

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

import twintrade as tt
from twintrade.data.calendar import find_waves
from twintrade.errors import DesignError
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs, build_usual_design
from twintrade.study.spec.analysis import parse
from twintrade.text import Text

YEARS = [2000, 2005, 2010, 2014]


@loop_over(
    ("years", "waves"),
    [
        (YEARS, (2000, 2005, 2010, 2014)),
        ([2014, 2000, 2005, 2014], (2000, 2005, 2014)),
        ([1986, 1990, 1994], ()),
        ([2000, 2001, 2003], ()),
        ([2000, 2005, 2010, 2011], ()),
        ([2000, 2005], ()),
        ([1988, 1992, 2000], ()),
    ],
)
def test_waves_are_years_at_unequal_steps_without_neighbors(years, waves):
    """1988, 1992 and 2000 are every fourth year, of which one is missing."""
    assert find_waves(np.array(years)) == waves


@pytest.fixture(scope="module")
def flows():
    rng = np.random.default_rng(3)
    rows = [(c, p, y) for c in "ABCD" for p in ("FRA", "DEU", "POL", "ITA", "ESP") for y in YEARS]
    frame = pd.DataFrame(rows, columns=["city", "partner", "year"])
    treated = (frame.city == "A") & (frame.partner == "POL") & (frame.year >= 2010)
    return frame.assign(exports=rng.lognormal(15, 0.4, len(frame)) * np.where(treated, 2, 1), d=treated.astype(float))


def make_panel(flows, **options):
    return tt.panel(flows, city="city", partner="partner", period="year", **options)


SIGNED = pd.DataFrame({"city": ["A"], "partner": ["POL"], "date": ["2007-03-01"]})


@loop_over("said", [SIGNED, {"A-POL": 2010}, {"A-POL": 2007}, {"A-POL": "2007"}, "column"])
def test_an_agreement_between_two_waves_counts_from_the_later_one(flows, said):
    panel = make_panel(flows)
    options = {"treated": "d"} if isinstance(said, str) else {"agreements": said}
    design = tt.compare(panel, outcome="exports", **options)
    treated = np.isfinite(design.onset)
    assert [(panel.units[k], panel.label(int(design.onset[k]))) for k in np.flatnonzero(treated)] == [
        ("A-POL", "2010")
    ]
    assert tt.fit("twfe", design).coef().index.tolist() == ["event_time::-2", "event_time::0", "event_time::1"]
    fit = tt.fit("imputation", design)
    assert fit.coef(view="calendar").index.tolist() == ["period::2010", "period::2014"]
    assert fit.coef(view="cohort").index.tolist() == ["cohort::2010"]


def test_a_panel_of_waves_says_so_and_names_dates_outside(flows):
    panel = make_panel(flows)
    assert "2000–2014 in 4 waves" in repr(panel)
    assert [panel.label(k) for k in (0, 1, 4, 5)] == ["2000", "2000", "2014", "2014+"]
    assert panel.number_years([1990, 2000, 2001, 2014, 2015, np.inf]).tolist() == [1, 1, 2, 4, 5, np.inf]
    assert panel.last_year == 2014
    for date, status in (("1999", "always treated"), ("2000", "always treated"), ("2016", "after the sample")):
        register = tt.compare(panel, SIGNED.assign(date=date), outcome="exports").treatment.register
        assert register["status"].tolist() == [status]


def test_an_agreement_that_ends_between_two_waves_is_over_in_the_later_one(flows):
    from twintrade.data.calendar import parse_date
    from twintrade.design.register import Agreements, CandidateDate
    from twintrade.design.rules import build_treatment

    row = dict.fromkeys(("twinning", "signatory", "partner_city", "kind", "source", "note"), "")
    dates = (CandidateDate("signed", parse_date("2004"), "signed"),)
    row |= {"city": "A", "partner": "POL", "dates": dates, "ended": parse_date("2011-06")}
    panel = make_panel(flows)
    dose = build_treatment(Agreements(pd.DataFrame([row])), panel).dose
    assert dose[panel.unit == panel.locate(["A-POL"])[0]].tolist() == [0, 1, 1, 0]


def test_periods_are_said_by_hand(flows):
    assert make_panel(flows, periods="calendar").period[:4].tolist() == YEARS
    even = flows.assign(year=flows.year.map(dict(zip(YEARS, [1986, 1990, 1994, 1998], strict=True))))
    assert make_panel(even).step == 4
    assert make_panel(even, periods="waves").period[:4].tolist() == [1, 2, 3, 4]
    with pytest.raises(DesignError, match="is for years"):
        make_panel(flows, frequency="month", periods="waves")
    with pytest.raises(DesignError, match="periods"):
        make_panel(flows, periods="wave")


def test_a_balanced_panel_of_waves_gives_every_method_the_same_cells(flows):
    """One cohort: cells of every method are the 2x2 against the wave before."""
    wide = flows.pivot_table(index=["city", "partner"], columns="year", values="exports")
    own, rest = wide.loc[("A", "POL")], wide.drop(index=("A", "POL")).mean()
    design = tt.compare(make_panel(flows), SIGNED, outcome="exports")
    for method in ("callaway_santanna", "sun_abraham", "twfe", "stacked"):
        options = {"span": (-2, 1)} if method == "stacked" else {}
        found = tt.fit(method, design, **options).coef()
        for time, year in ((-2, 2000), (0, 2010), (1, 2014)):
            wanted = (own[year] - own[2005]) - (rest[year] - rest[2005])
            assert found[f"event_time::{time}"] == pytest.approx(wanted), (method, time)


ANALYSIS = """
title = "Waves"
data.trade = [{{ file = "t.csv", city = "city", partner = "partner", period = "year", value = "exports", \
flow = "exports", reporter = "city", money_unit = "USD", absent = "missing" }}]
design = {{ treatment.column = "d", fixed_effects = "two_way"{more} }}
estimator = [{{ name = "ppml" }}]
"""


@loop_over(
    ("more", "n_rows", "n_waves", "onset"),
    [("", 80, 4, "2010"), (', periods = "calendar"', 300, 0, "2010"), (", sample = [2000, 2010]", 60, 3, "2010")],
)
def test_files_in_waves(flows, tmp_path, more, n_rows, n_waves, onset):
    flows.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "analyses").mkdir(exist_ok=True)
    text = ANALYSIS.format(more=more)
    (tmp_path / "analyses" / "waves.toml").write_text(text, encoding="utf-8")
    spec, _ = parse(text)
    observed = observe("waves", spec, tmp_path)
    panel, design = observed.panel, Designs(observed).base(spec.design)
    assert (panel.n_rows, len(panel.waves)) == (n_rows, n_waves)
    assert panel.label(int(design.onset[np.isfinite(design.onset)][0])) == onset
    assert "waves" in [m.code for m in observed.messages]
    if n_waves:
        report = check_analysis(tmp_path, "waves", text)
        assert "4 waves: 2000, 2005, 2010, 2014" in report
        assert "nothing reads" not in report


@loop_over(("values", "match"), [([0, 1, 2, 2], "2 rows are neither 0 nor 1"), ([0, 1, 0, 0], "ends in 1 rows")])
def test_a_column_that_is_no_onset_is_refused(flows, tmp_path, values, match):
    own = (flows.city == "A") & (flows.partner == "POL")
    flows.assign(d=flows.d.mask(own, np.resize(values, len(flows)))).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(tt.TwintradeError, match=match):
        observe("waves", parse(ANALYSIS.format(more=""))[0], tmp_path)


def test_a_new_analysis_of_waves_says_so():
    below = build_usual_design("exports", "year", 0)
    assert 'periods = "waves"' in below
    assert "reference = -1" in below
    assert "window = [-5, 5]" in below


def test_money_of_a_wave_is_that_of_a_year():
    note = Text("brief.range-note", has_money="yes", period_name="wave", marked="no", found=0.0, n=0)
    assert "Money: a year" in str(note)


def test_rows_of_a_fit_are_named_by_the_years_of_their_waves():
    trade, agreements = tt.example()
    four = trade[trade.year.isin([2003, 2008, 2013, 2017])]
    design = tt.compare(tt.panel(four, city="city", partner="partner"), agreements, "exports_usd")
    fit = tt.fit("imputation", design)
    assert set(fit.counterfactual().index.get_level_values("period")) == {2013, 2017}
    assert set(tt.fit("twfe", design, shape="static").predict().index.get_level_values("period")) == set(four.year)
