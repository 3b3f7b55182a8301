import io
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from made_results import make_results
from matplotlib.figure import Figure
from pypdf import PdfReader

from twintrade.effects import Bands, EventStudy, Money, RefitOnly, Sample
from twintrade.effects.estimate import fill_absent
from twintrade.errors import SpecError
from twintrade.render.appendix import build_document
from twintrade.render.binder import bind
from twintrade.render.blocks import Heading, Table
from twintrade.render.exhibits import summary
from twintrade.render.figures.percent_paths import draw_studies_on
from twintrade.render.names import Wording, list_check_names, list_sentences
from twintrade.render.page import Page, collect_romanized
from twintrade.render.style import Theme, build_all_options, build_options
from twintrade.render.writers.glyphs import Printer
from twintrade.render.writers.html import render_html, render_styles
from twintrade.render.writers.latex import PRINTABLE
from twintrade.text import use_language


def texts(blocks):
    return " ".join(span.text for block in blocks for span in getattr(block, "spans", ()))


def test_words_of_a_department_hold_in_each_language_it_has_translated_them_for():
    words = {"clusters_city": "Clusters: states", "clusters_partner": "Clusters: countries"}
    style = {"language": ["en-GB", "zh-CN"], "wording": words, "translated": {"zh-CN": {"Clusters: states": "州"}}}
    english, chinese = build_all_options(style)
    assert english.wording.say("clusters_city") == "Clusters: states"
    with use_language("zh-CN"):
        assert chinese.wording.say("clusters_city") == "州"
        assert chinese.wording.say("clusters_partner") != "Clusters: countries"


def test_a_department_changes_wording_theme_and_exhibits():
    options = build_options(
        {"appendix": "brief", "wording": {"higher": "more"}, "theme": {"size": 10.0}, "tables": {"under": "interval"}}
    )
    assert options.wording.say("higher") == "more"
    assert options.theme.size == 10.0
    assert options.tables.under == "interval"
    assert "raw" not in options.exhibits


@loop_over(
    ("style", "words"),
    [
        ({"appendix": "long"}, "no appendix is called 'long'"),
        ({"exhibits": ["ladder", "nonsense"]}, "no exhibit is called 'nonsense'"),
        ({"wording": {"nonsense": "x"}}, "no sentence of the report"),
        ({"wording": {"how_sure": "{note.__class__} {secret}"}}, "places it cannot fill: secret"),
        ({"theme": {"colour": "red"}}, "has no 'colour'"),
        ({"format": "x"}, "has no 'format'"),
        ({"theme": {"size": "large"}}, "size = 'large' is no number from 5 to 24"),
        ({"theme": {"palette": ["red"]}}, "no colour written as"),
        ({"theme": {"family": "No Such Face"}}, "typeface 'No Such Face' is not installed here"),
        ({"tables": {"under": "stars"}}, "under is one of se, interval, t, p"),
        ({"tables": {"columns_per_table": 0}}, "columns_per_table is a number from 1 to 12"),
        ({"spelling": {"colour": ""}}, "is no word with another for it"),
        ({"romanized": {"济南": "济南"}}, "has no name in plain Latin letters"),
        ({"language": "English"}, "no texts in the language .'English'.: write en-GB, en-US, zh-CN"),
        ({"translated": {"zh-CN": {"exports": 1}}}, "is no language with a text for each text"),
    ],
)
def test_a_style_that_asks_for_what_does_not_exist_is_refused(style, words):
    with pytest.raises(SpecError, match=words):
        build_options(style)


def test_values_are_never_templates():
    assert Wording().say("how_sure", note="{secret} {0} {note}").endswith("{secret} {0} {note}")


def test_a_sentence_of_a_department_takes_the_places_of_the_one_it_replaces():
    """Numbers are written as the message writes them, and nothing but its places has a meaning."""
    options = build_options(
        {"wording": {"no_end": "kein { Ende", "money_who": "die {n} Paare", "how_sure": 'Zu "{note}"'}}
    )
    say = options.wording.say
    assert say("no_end") == "kein { Ende"
    assert say("money_who", n=1234) == "die 1,234 Paare"
    assert say("how_sure", note="{note} $n") == 'Zu "{note} $n"'
    spread = build_options({"wording": {"interval_note": "{level}-Intervalle"}}).wording
    assert spread.say("interval_note", level=0.9) == "90%-Intervalle"
    assert Wording().say("money_who", n=1) == "the treated pair"
    titled = Wording().changed({"payload_window": "Fenster"})  # a title that is its payload's name, and no message
    assert titled.knows("payload_window")
    assert titled.say("payload_window") == "Fenster"


def test_every_sentence_is_listed_with_its_places():
    sentences = list_sentences()
    assert len(sentences) > 200
    assert sentences["money_who"] == "the {n} treated pairs"
    assert sentences["baseline"] == "Mean {outcome} of treated units at the reference: {value}."
    assert "{period_name}" in sentences["paths_caption"]
    wording = Wording().changed(sentences)
    values = {"n": 8, "n_object": 3, "n_cannot": 2, "n_silent": 5}
    assert wording.say("robustness_intro", **values) == Wording().say("robustness_intro", **values)


@pytest.mark.usefixtures("unencoded")
def test_words_are_respelt_in_prose_and_names_of_the_data_are_not():
    results = make_results(is_hostile=False)
    renamed = replace(results, twinnings=results.twinnings.assign(partner_city="Agreement Town"))
    options = build_options({"spelling": {"agreement": "treaty", "estimates": "figures"}, "language": "en-US"})
    made = build_document(renamed, options)
    prose = " ".join(b.text for b in made.blocks if isinstance(b, Heading)) + texts(made.blocks)
    assert "Treatment register: every treaty and its dates" in prose
    assert "Main figures, specification by specification" in prose
    assert re.search(r"\bagreement\b", prose, re.IGNORECASE) is None
    register = next(b for b in made.blocks if isinstance(b, Table) and b.key == "register")
    assert any("Agreement Town" in cell.text for row in register.rows for cell in row.cells)
    assert made.language == "en-US"
    assert b'<html lang="en-US">' in render_html(made)
    assert build_document(renamed, options).blocks[2] == made.blocks[2]


def test_names_in_latin_letters_come_from_the_style_where_the_typeface_lacks_them(made):
    options = build_options({"romanized": {"济南": "Jinan"}})
    names = collect_romanized(made, options.romanized)
    assert names == {"青岛市": "Qingdao", "济南": "Jinan"}
    printer = Printer(PRINTABLE, names)
    assert printer("济南 to 青岛市") == "Jinan to Qingdao"
    assert [m.level for m in printer.messages("appendix.tex")] == ["warning"]
    assert Printer(PRINTABLE)("济南") == "??"


def test_typeface_colours_and_size_of_the_theme_reach_the_page():
    style = render_styles(Theme(family="DejaVu Serif", text_scale=1.5, after="#004400"))
    assert '18pt/1.5 "DejaVu Serif",Arial' in style
    assert ":root{--after:#004400}" in style
    assert render_styles(Theme()).count("--after:") == 2  # light and dark, as they are


def test_where_a_check_objects_the_summary_says_so_and_names_no_cause(made):
    said = texts(summary.build_exhibit(Page(made)))
    assert (
        "1 of 2 checks that judge objects: leave one out (PPML, gravity effects). 1 does not object, 0 cannot tell."
        in said
    )
    assert "caused" not in said
    assert "raised" not in said
    assert "no effect" not in said


def test_checks_have_the_names_of_sentences_inside_them():
    assert list_check_names(["leave_one_out", "reset", "balance", "balance"]) == ["leave one out", "RESET", "balance"]


def test_an_interval_that_holds_zero_is_not_called_no_effect(made):
    bands = made.bands.assign(low=-0.2, high=0.3)
    said = texts(summary.build_exhibit(Page(replace(made, bands=bands))))
    assert "The interval includes zero" in said
    assert "minimum detectable effect" in said.lower()
    assert "it follows from the width of the interval. Any change" in said
    assert "zero included, is compatible with the data" in said
    assert "placebo designs" not in said
    bare = made.bands.assign(low=float("nan"), high=float("nan"))
    assert "inside the interval" not in texts(summary.build_exhibit(Page(replace(made, bands=bare))))


def test_an_effect_in_the_outcome_s_own_unit_is_an_average_of_a_period(made):
    effects, bands = (getattr(made, name).assign(scale="level", effect=12000.0) for name in ("effects", "bands"))
    named = made.specifications.assign(effect_unit="US dollars")
    said = texts(summary.build_exhibit(Page(replace(made, effects=effects, bands=bands, specifications=named))))
    assert "stood on average 12,000 US dollars a year higher" in said
    assert "a year" not in texts(summary.build_exhibit(Page(made))).split("stood")[1].split("higher")[0]


def test_without_an_estimate_the_summary_describes(made):
    empty = {name: getattr(made, name).iloc[0:0] for name in ("specifications", "effects", "bands")}
    said = texts(summary.build_exhibit(Page(replace(made, **empty))))
    assert "Descriptive: no comparison" in said


def test_the_mean_of_single_cases_is_named_beside_the_headline_that_answers(made):
    row = {"label": "random-effects mean", "group": "together", "effect": -0.315, "low": -1.08, "high": 0.45}
    row |= {"method": "random-effects mean of 8 double ratios", "interval_method": "Hartung-Knapp, truncated"}
    forest = pd.DataFrame([row | {"scale": "log points", "level": 0.95}])
    said = texts(summary.build_exhibit(Page(replace(made, payloads={**made.payloads, "cases_forest": forest}))))
    assert "Another method gives −27.0% for these pairs: the random-effects mean of 8 double ratios" in said
    assert "(95% interval from −66.0% to 56.8%; Hartung-Knapp, truncated)" in said
    assert "The answer of this page is the headline's" in said


def said_of(made, **money):
    facts = {"unit": "US dollars", "level": 0.95, "n_units": 8, "n_periods": 4, "first": "2012", "last": "2015"}
    frame = Money(**facts | money).to_frame()
    return texts(summary.build_exhibit(Page(replace(made, payloads={**made.payloads, "money": frame}))))


def test_money_is_said_with_its_interval(made):
    said = said_of(made, state="stated", total=1e9, low=4e7, high=2e9)
    assert "250 million US dollars a year higher than without the agreement, 1.00 billion US dollars in all" in said
    assert "(95% interval from 10.0 million US dollars to 500 million US dollars a year)" in said
    fall = said_of(made, state="stated", total=-1e9, low=-2e9, high=-4e7)
    assert "250 million US dollars a year lower" in fall
    assert "(95% interval from 10.0 million US dollars to 500 million US dollars a year)" in fall


def test_behind_a_closed_gate_stand_bounds_and_no_amount(made):
    bounds = {"state": "bounded", "low": -4e9, "high": 2e9, "detectable": 3.2e9, "detected_by": "placebo designs"}
    said = said_of(made, reasons=("checks", "zero"), objecting=("honest", "dates"), **bounds)
    assert (
        "no amount is put down to agreements, because checks object (honest intervals, dates) and the interval"
        in said
    )
    assert "from 1.00 billion US dollars lower to 500 million US dollars higher a year" in said
    assert (
        "would have been found with 80% probability is 800 million US dollars a year (from placebo designs)" in said
    )
    assert "than without the agreement" not in said
    open_end = said_of(made, reasons=("unbounded",), **bounds | {"high": math.inf})
    assert "from 1.00 billion US dollars lower to no upper end a year" in open_end
    neither = said_of(made, reasons=("unbounded",), **bounds | {"low": -math.inf, "high": math.inf})
    nothing = said_of(made, reasons=("unbounded",), state="bounded")
    for without in (neither, nothing):
        assert "because the inference used gives no bounded interval" in without
        assert "cannot exclude" not in without
    assert "80% probability" not in nothing


def test_a_logarithm_has_no_total_on_the_page(made):
    said = said_of(made, state="unavailable", reasons=("log",))
    assert (
        "no amount is available, because the headline is a model of logarithms, and a logarithm has no total" in said
    )


@pytest.mark.usefixtures("quick_pictures")
def test_several_analyses_are_bound_with_one_line_each(made):
    other = replace(
        make_results(is_simulated=False, is_hostile=False), name="other", title="Another study", payloads={}
    )
    options = build_options({"exhibits": ["summary", "ladder"]})
    bound = bind([replace(made, payloads={}), other], options)
    reader = PdfReader(io.BytesIO(bound.files["appendix.pdf"]))
    first = reader.pages[0].extract_text()
    assert "Another study" in first
    assert "(SIMULATED)" in first
    assert {"figures/overview-forest.svg", "tables/tab-made-ladder.tex", "tables/tab-other-ladder.tex"} <= set(
        bound.files
    )
    assert b"SIMULATED DATA" not in bound.files["tables/tab-other-ladder.tex"]


@pytest.mark.usefixtures("quick_pictures")
def test_a_percent_headline_is_drawn_among_the_others(made):
    """The same effect as a percentage and in log points is one point of the figure and one number of the table."""
    keys = made.specifications[made.specifications["is_headline"]].iloc[0]
    bands = made.bands.copy()
    own = (bands["estimator"] == keys["estimator"]) & (bands["specification"] == keys["specification"])
    columns = ["effect", "low", "high"]
    bands.loc[own, columns] = 100 * np.expm1(bands.loc[own, columns].astype(float))
    bands.loc[own, "scale"] = "percent"
    other = replace(made, name="other", payloads={}, bands=bands)
    bound = bind([replace(made, payloads={}), other], build_options({"exhibits": ["summary"]}))
    drawn = pd.read_csv(io.BytesIO(bound.files["figures/overview-forest.csv"]))
    assert drawn.loc[0, columns].to_numpy(float) == pytest.approx(drawn.loc[1, columns].to_numpy(float), abs=1e-9)
    table = pd.read_csv(io.BytesIO(bound.files["tables/tab-overview-table.csv"]))
    table.columns = [c.lower() for c in table.columns]
    assert table["effect"].nunique() == table["interval"].nunique() == 1
    assert table["effect"].str.endswith("%").all()


def test_bands_draw_themselves():
    times = np.arange(-3, 4)
    effects = np.where(times == -1, 0.0, 0.1 * times)
    study = EventStudy(
        effects=effects, uncertainty=RefitOnly(), scale="log points", sample=Sample(np.arange(9), 3, 3, 1),
        names=tuple(map(str, times)), n_units=np.full(7, 3), n_cells=np.full(7, 3), row_weights=np.full(7, 3.0),
        base="universal", event_times=times, reference=-1,
    )  # fmt: skip
    bands = Bands(
        estimate=study, inference="clustered", level=0.95, se=np.full(7, 0.1), low=effects - 0.2, high=effects + 0.2,
        p=fill_absent(7), df=fill_absent(7), simultaneous_low=fill_absent(7), simultaneous_high=fill_absent(7),
    )  # fmt: skip
    axes = Figure().subplots()
    draw_studies_on(axes, {"PPML": bands})
    assert axes.get_legend() is None
    assert [text.get_text() for text in axes.texts] == ["Before the agreement", "Under the agreement"]
    binned = replace(bands, estimate=replace(study, binned=(False, True)))
    axes = Figure().subplots()
    draw_studies_on(axes, {"TWFE": binned, "PPML": bands})
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert (ticks[0].splitlines()[0], ticks[-1].splitlines()[0]) == ("−3", "≥ 3")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["TWFE", "PPML"]
