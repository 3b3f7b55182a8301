"""Guesses are weighed by what their runners-up do to the headline, and a run stops for those that move it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from twintrade.study import checking, progress
from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import MOST_MOVED, confirm_or_stop, list_most_damaging, weigh_guesses
from twintrade.study.plan.jobs import plan_analysis
from twintrade.study.scaffold import build_simulated_tables, write_scaffold


@pytest.fixture
def begin(tmp_path):
    """Write the simulated pair without some rows and with further agreements; return what ``init`` makes of it."""

    def write(share_absent=0.0, further=()):
        key, file = (share_absent, *further), tmp_path / "analyses" / "case.toml"
        trade, registry = build_simulated_tables()
        kept = np.random.default_rng(15).random(len(trade)) >= share_absent
        trade[kept].to_csv(tmp_path / "trade.csv", index=False)
        more = pd.DataFrame(list(further), columns=registry.columns)
        pd.concat([registry, more]).to_csv(tmp_path / "twins.csv", index=False)
        if key not in _begun:
            write_scaffold(tmp_path, "case", "trade.csv", "twins.csv")
            _begun[key] = file.read_text(encoding="utf-8")
        file.parent.mkdir(exist_ok=True)
        file.write_text(_begun[key], encoding="utf-8")
        return _begun[key]

    return write


_begun: dict[tuple[object, ...], str] = {}
"""What ``init`` makes of the same tables, found once."""


def weigh(root, text):
    plan, _ = plan_analysis(root, "case", text)
    return weigh_guesses(root, text, plan, observe("case", plan.spec, root))


def test_a_clean_pair_has_no_runner_up(begin, tmp_path):
    text = begin()
    assert weigh(tmp_path, text) == []
    assert "what other answers" not in check_analysis(tmp_path, "case", text)


def test_the_runner_up_of_absent_is_the_estimate_that_it_would_give(begin, tmp_path):
    text = begin(share_absent=0.15)
    (runner,) = weigh(tmp_path, text)
    changed = text.replace('absent = "missing"', 'absent = "zero"')
    (back,) = weigh(tmp_path, changed)
    assert runner.shown == 'absent = "zero"'
    assert runner.moved > MOST_MOVED
    assert (runner.effect, runner.before) == (back.before, back.effect)
    assert str(runner.describe()) in check_analysis(tmp_path, "case", text)
    assert str(runner.describe()) not in check_analysis(tmp_path, "case", text, with_estimates=False)
    assert str(runner.describe()).endswith(" standard errors away")
    assert "standard errors" not in str(replace(runner, moved=np.nan).describe())


def test_a_run_stops_for_a_guess_that_moves_the_headline_until_it_is_confirmed(begin, tmp_path, monkeypatch):
    text = begin(share_absent=0.15)
    ended = execute(tmp_path, "case", text)
    assert (ended.ending, ended.code) == ("failed", 3)
    assert "write confirmed = true under [[data.trade]]" in ended.text
    weighed = weigh(tmp_path, text)
    confirmed = text.replace('file = "trade.csv"', 'file = "trade.csv"\nconfirmed = true', 1)
    (message,) = confirm_or_stop("case", confirmed, weighed)
    assert (message.level, message.code) == ("warning", "doubt")
    assert weigh(tmp_path, text.replace("# GUESS: ", "# ")) == []


def test_a_lesser_kind_is_shown_and_stops_nothing(begin, tmp_path):
    text = begin(further=[("Alder", "JPN", "Kobe", "2011-02-01", "friendship")])
    (runner,) = weigh(tmp_path, text)
    assert 'friendship = "none"' in runner.shown
    assert np.isfinite(runner.moved)
    assert confirm_or_stop("case", text, [runner]) == []


def begin_on(root, trade, registry):
    trade.to_csv(root / "trade.csv", index=False)
    registry.to_csv(root / "twins.csv", index=False)
    _, said = write_scaffold(root, "case", "trade.csv", "twins.csv")
    text = (root / "analyses" / "case.toml").read_text(encoding="utf-8")
    assert "QUESTION" not in text
    assert text.count("# GUESS: ") == 5
    return text, [str(sentence) for sentence in said]


def redraw(values, seed):
    """Return other figures of the same size, by which the headline moves."""
    noise = np.random.default_rng(seed).normal(0, 0.6, len(values))
    return np.rint(values * np.exp(noise)).astype(np.int64)


def test_the_other_flow_beside_the_one_read_is_named_with_its_lines_and_asks_nothing(tmp_path):
    trade, registry = build_simulated_tables()
    trade = trade.rename(columns={"exports_usd": "出口额（美元）"}).assign(
        **{"进口额（美元）": redraw(trade["exports_usd"], 3)}
    )
    text, said = begin_on(tmp_path, trade, registry)
    lines = 'value = "进口额（美元）", flow = "imports"'
    assert said[0] == f"imports stand beside them in “进口额（美元）”: for those write {lines} here, and " + (
        'outcome = "imports" under [design]'
    )
    (runner,) = weigh(tmp_path, text)
    assert runner.shown == lines
    assert runner.moved > MOST_MOVED
    assert confirm_or_stop("case", text, [runner]) == []
    imports = text.replace('"出口额（美元）"', '"进口额（美元）"').replace('flow = "exports"', 'flow = "imports"')
    (back,) = weigh(tmp_path, imports.replace('outcome = "exports"', 'outcome = "imports"'))
    assert (runner.effect, runner.before) == (back.before, back.effect)


def test_another_word_for_the_flow_that_is_read_is_weighed_and_asked_about(tmp_path):
    trade, registry = build_simulated_tables()
    further = trade.assign(flow="Re-exports", exports_usd=redraw(trade["exports_usd"], 4))
    both = pd.concat([trade.assign(flow="Exports"), further]).rename(columns={"exports_usd": "value_usd"})
    text, _ = begin_on(tmp_path, both, registry)
    (runner,) = weigh(tmp_path, text)
    assert runner.shown == 'where = {flow = "Re-exports"}'
    assert runner.is_asked


PLACES = dict(zip(("Alder", "Birch", "Cedar", "Elm", "Hazel", "Linden", "Maple", "Rowan"), "AACCHHMM", strict=True))
WIDER = {"A": "Alder", "C": "Cedar", "H": "Hazel", "M": "Maple"}


@pytest.mark.parametrize("is_in_both", [True, False])
def test_a_wider_place_is_asked_about_where_the_agreements_name_it_as_well(is_in_both, tmp_path):
    trade, registry = build_simulated_tables()
    trade = trade.assign(province=trade["city"].map(PLACES).map(WIDER))
    kept = registry["city"].isin(WIDER.values()) if is_in_both else registry["city"] != ""
    text, _ = begin_on(tmp_path, trade, registry[kept])
    (runner,) = weigh(tmp_path, text)
    assert runner.shown == 'city = "province", add_up = ["city"]'
    assert runner.is_asked == is_in_both


@pytest.mark.parametrize("is_slip", [True, False])
def test_units_by_row_are_asked_about_where_one_unit_makes_smoother_series(is_slip, tmp_path):
    trade, registry = build_simulated_tables()
    is_late = (trade["year"] >= 2012).to_numpy()
    figures = trade["exports_usd"] if is_slip else trade["exports_usd"] / np.where(is_late, 1000, 1)
    table = trade.drop(columns="exports_usd").assign(exports=figures, unit=np.where(is_late, "1,000 USD", "USD"))
    text, _ = begin_on(tmp_path, table[table["city"] != "Rowan"], registry)
    weighed = weigh(tmp_path, text)
    assert [r.is_asked for r in weighed if r.shown == 'money_unit = "USD"'] in ([[is_slip]] if weighed else [[]])


def test_on_a_large_panel_check_estimates_the_headline_alone_and_says_where_it_is(
    begin, tmp_path, monkeypatch, capsys
):
    text = begin(share_absent=0.15)
    (runner,) = weigh(tmp_path, text)
    monkeypatch.setattr(checking, "_MANY_ROWS", 100)
    monkeypatch.setattr(progress, "SLOW", 0.0)
    report = check_analysis(tmp_path, "case", text)
    assert report.count(": can be estimated") == 1
    assert "Poisson imputation, total: can be estimated" in report
    assert "ETWFE-Poisson, total: qualifies" in report
    assert "whether the effects of columns that only qualify" in report
    assert str(runner.describe()) in report
    said = capsys.readouterr().err
    assert "case: estimating Poisson imputation, total" in said
    assert "case: trying other answers to guesses" in said


def test_three_answers_are_sentences_and_those_that_move_less_are_one_line(begin, tmp_path):
    kinds = ["friendship", "memorandum", "Freundschaft", "MoU"]
    ends = [("Alder", "JPN"), ("Birch", "FRA"), ("Cedar", "CAN"), ("Elm", "KOR")]
    text = begin(
        further=[(*end, "Town", f"201{i}-02-01", kind) for i, (end, kind) in enumerate(zip(ends, kinds, strict=True))]
    )
    weighed = weigh(tmp_path, text)
    assert len(weighed) == 4
    *sentences, rest = map(str, list_most_damaging(weighed))
    assert sentences == [str(runner.describe()) for runner in weighed[:3]]
    assert rest == f"others move it less: {weighed[3].shown} by {weighed[3].moved:.1f} standard errors"
    assert rest in check_analysis(tmp_path, "case", text)
