"""Each check objects rarely without its violation; panels: benchmarks/size_of_checks.py, shown in docs/lab."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.agreement_panels import YEARS
from benchmarks.size_of_auto import fill_page, store_tables
from benchmarks.size_of_checks import PAGE, TABLES, TRIALS, draw_design, judge, read_results
from twintrade.diagnostics.base import DIAGNOSTICS

OBJECTION = 0.075
FEWEST = 20
BY_NAME = {trial.check: trial for trial in TRIALS}


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    return read_results().query("run == 'now'")


def test_stored_checks_object_rarely_without_a_violation(stored) -> None:
    shares = (stored[stored["violation"] == 0]["verdict"] == "objects").groupby(stored["check"]).agg(["mean", "size"])
    bound = OBJECTION + 3 * np.sqrt(OBJECTION * (1 - OBJECTION) / shares["size"])
    assert shares[(shares["mean"] > bound) & (shares["size"] >= FEWEST)].to_dict("index") == {}


def test_what_is_called_detectable_is_found_in_four_of_five_stored_panels(stored) -> None:
    found = stored[(stored["check"] == "power") & (stored["violation"] == 1)]["verdict"] == "objects"
    assert len(found) >= FEWEST
    assert found.mean() == pytest.approx(0.8, abs=3 * np.sqrt(0.8 * 0.2 / len(found)))


def test_the_page_shows_the_stored_results_and_names_every_check() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text, read_results(), TABLES) == text
    for name, rows in store_tables(text, read_results(), TABLES).items():
        assert (PAGE.parent / name).read_text(encoding="utf-8") == rows, f"{name}: run the benchmark without draws"
    assert [name for name in DIAGNOSTICS if f"`{name}`" not in text] == []


def test_selection_deals_as_many_agreements_to_pairs_that_grew() -> None:
    trial = BY_NAME["selection"]
    plain, picked = (draw_design(trial, 3, is_violated=is_violated) for is_violated in (False, True))
    growth = []
    for design in (plain, picked):
        logs = np.log(design.panel.columns["flow"]).reshape(-1, YEARS)
        treated = np.flatnonzero(np.isfinite(design.onset))
        first = design.onset[treated].astype(int)
        growth.append(np.mean(logs[treated, first - 1] - logs[treated, first - 3]))
    assert np.array_equal(np.sort(plain.onset), np.sort(picked.onset))
    assert growth[1] > growth[0] + 0.2


@pytest.mark.parametrize("name", ["placebo_dates", "anticipation", "outcomes", "selection"])
def test_a_violation_is_objected_to_where_there_is_one(name) -> None:
    verdicts = [judge(BY_NAME[name], draw_design(BY_NAME[name], 0, is_violated=v), 0) for v in (False, True)]
    assert verdicts[0] != "objects"
    assert verdicts[1] == "objects"
