"""Several fits as one table or picture, equal to the ladder of a run of the same columns; runs as frames."""

import io

import docx
import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from matplotlib import pyplot

import twintrade as tt
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs
from twintrade.study.spec.analysis import parse
from twintrade.study.stored import build_analysis
from twintrade.text import numbers


@pytest.fixture(scope="module")
def fits_of_the_run(finished_run):
    """The columns of the run, estimated one by one on the panel that it stored."""
    data = finished_run[1].data
    panel = tt.panel(data[["city", "partner", "period", "outcome"]], city="city", partner="partner", period="period")
    onset = data.dropna(subset="onset").groupby("unit")["onset"].first().astype(float)
    level = tt.compare(panel, onset, "outcome", fixed_effects="gravity")
    log = tt.compare(panel, onset, "outcome", fixed_effects="gravity", transform="log")
    return {"PPML": tt.fit("ppml", level), "TWFE": tt.fit("twfe", log, shape="static")}


def list_rows(table):
    return {row.iloc[0]: row.iloc[1:].tolist() for _, row in table.to_frame().iterrows()}


def test_a_table_of_fits_is_the_ladder_of_the_run_cell_by_cell(finished_run, fits_of_the_run):
    ours = list_rows(tt.etable(fits_of_the_run, inference="clustered"))
    ladder = list_rows(finished_run[1].etable())
    assert len(ladder) > 12
    assert ours == ladder


def test_the_run_has_the_accessors_of_a_fit(finished_run, fits_of_the_run):
    file, results = finished_run
    table = results.tidy()
    assert table["term"].tolist() == ["treated", "treated"]
    for (_, row), fit in zip(table.iterrows(), fits_of_the_run.values(), strict=True):
        wanted = fit.tidy("clustered", view="overall").iloc[0]
        np.testing.assert_allclose(row[wanted.index[1:]].astype(float), wanted.iloc[1:].astype(float), rtol=1e-9)
    assert results.tidy("event")["term"].iloc[0].startswith("event_time::")
    assert results.glance()["nobs"].tolist() == [1264, 1264]
    assert results.coefplot().get_xlabel() == "log points"
    with pytest.raises(tt.TwintradeError, match="no column has effects by 'evnt'; known: "):
        results.tidy("evnt")
    again = tt.read(str(file.parent.parent / "results" / "small"))
    pd.testing.assert_frame_equal(again.effects, results.effects)
    assert "PPML" in repr(again)
    assert tt.run(str(file)).manifest == results.manifest
    pyplot.close("all")


def test_every_table_and_figure_of_the_page_is_a_frame(finished_run):
    file, results = finished_run
    printed = results.printed
    stored = file.parent.parent / "results" / "small"
    keys = {path.stem.removeprefix("tab-") for path in (stored / "tables").glob("tab-*.csv")}
    assert keys
    assert keys <= set(printed)
    assert {path.stem for path in (stored / "figures").glob("*.csv") if "brief" not in path.stem} & set(printed)
    assert printed["ladder"].shape[1] == 3


def test_a_run_that_fails_says_why(tmp_path):
    (tmp_path / "analyses").mkdir()
    file = tmp_path / "analyses" / "bad.toml"
    file.write_text("title = 3", encoding="utf-8")
    with pytest.raises(tt.TwintradeError, match="bad: failed: "):
        tt.run(str(file))


@loop_over(
    ("to", "starts"), [("html", "<div"), ("tex", "% needs"), ("typst", "#figure("), ("md", "**"), ("docx", b"PK")]
)
def test_a_table_is_written_in_every_format(fits_of_the_run, to, starts):
    table = tt.etable(fits_of_the_run, to=to, inference="clustered", stars=True, under="interval")
    assert table.startswith(starts)
    text = "\n".join(c.text for t in docx.Document(io.BytesIO(table)).tables for r in t.rows for c in r.cells) \
        if to == "docx" else table  # fmt: skip
    estimate = fits_of_the_run["TWFE"].coef().iloc[0]
    assert f"{estimate:.3f}".replace("-", "−") in text or f"{estimate:.3f}" in text
    with pytest.raises(tt.TwintradeError, match="html, tex, docx, typst or md, not 'pdf'"):
        tt.etable(fits_of_the_run, to="pdf", inference="clustered")


def test_covariates_and_coefficients_alone_stand_in_the_table(example, example_panel):
    options = {"fixed_effects": "gravity", "covariates": "x"}
    treated = tt.fit("ppml", tt.compare(example_panel, example[1], "exports_usd", **options), shape="static")
    alone = tt.fit("ppml", tt.compare(example_panel, outcome="exports_usd", **options), shape="covariates")
    rows = list_rows(tt.etable([treated, alone], inference="clustered"))
    for fit, cell in zip((treated, alone), rows["x"], strict=True):
        assert cell.startswith(f"{fit.coef()['x']:.3f}".replace("-", "−"))
    assert rows[next(iter(rows))][1] == ""


def test_several_event_studies_and_coefficients_stand_in_one_picture(example_fit, example_design):
    axes = pyplot.subplots()[1]
    fits = {"PPML": example_fit, "Imputation": tt.fit("imputation", example_design, family="poisson")}
    assert tt.eventplot(fits, ax=axes, inference="clustered") is axes
    words = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any("PPML" in w for w in words)
    assert any("Imputation" in w for w in words)
    lines = tt.coefplot(fits, inference="clustered")
    assert {"PPML", "Imputation"} <= {label.get_text() for label in lines.get_yticklabels()}
    pyplot.close("all")


@pytest.mark.parametrize("frequency", ["year", "quarter"])
def test_the_analysis_of_a_design_asks_what_the_design_asks(example, tmp_path, frequency):
    trade, agreements = example
    if frequency == "quarter":  # the years as quarters from 2003Q1 on
        quarters = pd.period_range("2003Q1", periods=trade["year"].nunique(), freq="Q")
        of_year = dict(zip(sorted(trade["year"].unique()), map(str, quarters), strict=True))
        years = agreements["date"].astype(str).str[:4].astype(int)
        agreements = agreements.assign(date=[str(pd.Period(of_year.get(y, "2002Q1")).start_time)[:7] for y in years])
        trade = trade.assign(year=trade["year"].map(of_year))
    panel = tt.panel(trade, city="city", partner="partner", period="year")
    dates = [*agreements["date"][:-1], None]  # the last is undated, never a comparison
    agreements = agreements.assign(date=dates)
    design = tt.compare(
        panel, agreements, "exports_usd", fixed_effects="gravity", window=(-3, 4), undated="exclude",
        comparison="never_treated",
    )  # fmt: skip
    for path, text in build_analysis(design, "mine", "USD", "exports").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    spec, _ = parse((tmp_path / "analyses" / "mine.toml").read_text("utf-8"))
    read = Designs(observe("mine", spec, tmp_path), None).base(spec.design)
    ours, theirs = design.observations, read.observations
    assert [str(u) for u in theirs.unit_ids] == [str(u) for u in ours.unit_ids]
    np.testing.assert_array_equal(theirs.unit_onset, ours.unit_onset)
    np.testing.assert_array_equal(theirs.y, ours.y)
    assert (read.window, read.comparison.name, read.fixed_effects) == ((-3, 4), "never_treated", "gravity")


def test_a_design_that_no_page_can_ask_is_refused_with_what_it_needs(example_panel, example):
    design = tt.compare(example_panel, example[1], "exports_usd", covariates="x", fixed_effects=["dyad", "year"])
    with pytest.raises(tt.TwintradeError, match="no covariates and no weights; fixed effects by the name"):
        tt.run(design, folder="nowhere")


@pytest.fixture(scope="module")
def unlike_fits(example_design):
    share = tt.fit("imputation", example_design, family="poisson", measure="difference")
    return {"PPML": tt.fit("ppml", example_design), "Level": share}


def test_a_picture_of_fits_is_the_picture_of_a_page(unlike_fits):
    both = {"PPML": unlike_fits["PPML"], "Again": unlike_fits["PPML"]}
    axes = tt.eventplot(both, inference="clustered", labels={"Again": "Once more"}, theme={"width": 5.0})
    main, margin, below = axes.figure.axes
    assert main is axes
    assert axes.figure.get_figwidth() == 5.0
    assert any(label.get_text().endswith("%") for label in main.get_yticklabels())
    shown = numbers.format_percent(100 * np.expm1(both["PPML"].coef(view="overall").iloc[0]))
    assert margin.texts[0].get_text() == shown
    assert below.get_title(loc="left") == "Once more"
    bare = tt.eventplot(both, inference="clustered", order=["Again"], margin=False, bands=False, scale="own")
    assert [one.get_title(loc="left") for one in bare.figure.axes] == ["", "PPML"]
    assert not any(label.get_text().endswith("%") for label in bare.get_yticklabels())
    assert bare.get_ylabel() == "Effect, log points"
    with pytest.raises(tt.TwintradeError, match="order has 'Other', which is not drawn; drawn: 'PPML', 'Again'"):
        tt.eventplot(both, inference="clustered", order=["Other"])
    pyplot.close("all")


def test_unlike_units_share_no_axis_and_have_a_panel_each(unlike_fits):
    scales = [fit.estimate.scale for fit in unlike_fits.values()]
    assert len(set(scales)) == 2
    for draw in (tt.eventplot, tt.coefplot):
        with pytest.raises(tt.TwintradeError, match="share no axis; leave ax out for a panel each"):
            draw(unlike_fits, ax=pyplot.subplots()[1], inference="clustered")
        axes = draw(unlike_fits, inference="clustered").figure.axes
        assert len(axes) == (3 if draw is tt.eventplot else 2)
    assert axes[0].get_xlabel() != axes[1].get_xlabel()
    pyplot.close("all")


def test_terms_have_names_an_order_and_groups(example, example_panel):
    options = {"fixed_effects": "gravity", "covariates": "x"}
    fit = tt.fit("ppml", tt.compare(example_panel, example[1], "exports_usd", **options), shape="static")
    axes = tt.coefplot(fit, inference="clustered", labels={"x": "Covariate"}, order=["x"], groups={"x": "Others"})
    words = [label.get_text() for label in axes.get_yticklabels()]
    assert words.index("Covariate") < words.index("treated")
    assert "Others" in words
    pyplot.close("all")


def test_a_table_takes_words_of_its_own_and_goes_to_a_file(example_fit, tmp_path):
    fits, how = {"PPML": example_fit}, {"inference": "clustered"}
    words = {
        "title": "Pairs",
        "notes": "Errors by city.",
        "keep": ["^Effect", "Obs"],
        "labels": {"Observations": "N"},
    }
    table = tt.etable(fits, **words, **how)
    assert [row.cells[0].text for row in table.table.rows] == ["Effect, log points", "N"]
    assert (table.table.caption, table.table.notes) == ("Pairs", ("Errors by city.",))
    assert "Observations" not in tt.etable(fits, drop="Observations", **how).render("md")
    for name in ("t.tex", "t.docx", "t.html"):
        shown = tt.etable(fits, to=tmp_path / name, **words, **how)
        content = shown.render(name.partition(".")[2])
        assert (tmp_path / name).read_bytes() == (content if isinstance(content, bytes) else content.encode("utf-8"))
    assert "*" not in tt.etable(fits, to="md", **how).replace("**", "")


@loop_over(
    ("words", "said"),
    [
        ({"keep": "zzz"}, "keep and drop leave no row"), ({"labels": {"zzz": "a"}}, "labels has 'zzz'"),
        ({"to": "a.pdf"}, "not 'a.pdf'"), ({"to": 3}, "not 3"),
    ],
)  # fmt: skip
def test_words_that_fit_no_table_are_said(example_fit, words, said):
    with pytest.raises(tt.TwintradeError, match=said):
        tt.etable(example_fit, inference="clustered", **words)
