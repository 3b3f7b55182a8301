"""Guesses are weighed by what their runners-up do to the headline, and a run stops for those that move it."""

import numpy as np
import pandas as pd
import pytest

from twintrade.study.checking import check_analysis
from twintrade.study.execute import execute
from twintrade.study.observing.observe import observe
from twintrade.study.plan.planning import plan_analysis
from twintrade.study.plan.weighing import MOST_MOVED, confirm_or_stop, weigh_guesses
from twintrade.study.scaffold import build_simulated_tables, write_scaffold


@pytest.fixture
def begin(tmp_path):
    """Write the simulated pair without some rows and with further agreements; return what ``init`` makes of it."""

    def write(share_absent=0.0, further=()):
        trade, registry = build_simulated_tables()
        kept = np.random.default_rng(15).random(len(trade)) >= share_absent
        trade[kept].to_csv(tmp_path / "trade.csv", index=False)
        more = pd.DataFrame(list(further), columns=registry.columns)
        pd.concat([registry, more]).to_csv(tmp_path / "twins.csv", index=False)
        write_scaffold(tmp_path, "case", "trade.csv", "twins.csv")
        return (tmp_path / "analyses" / "case.toml").read_text(encoding="utf-8")

    return write


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
