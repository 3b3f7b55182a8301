"""What is said to have been studied is what the stored simulations hold, no more and no less."""

import csv
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over

from benchmarks.agreement_panels import Cell, assign, draw_flows
from benchmarks.simulated_pages import BY_NAME
from benchmarks.size_of_auto import CASES, RESULTS, TOTAL
from benchmarks.size_of_pages import read_results
from benchmarks.size_of_randomization import ESTIMATORS
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.estimators.twfe import TWFE
from twintrade.inference.base import INFERENCES
from twintrade.inference.choosing.decision import HOLDS_FROM, STUDIED, is_size_studied

FEWEST = 50
"""Simulated panels below which nothing is known about a size."""


def count_auto():
    stored = pd.read_csv(RESULTS, keep_default_na=False)
    stored = stored[(stored["run"] != "before") & (stored["method"] != "")]
    effects = stored["cell"].map({cell.name: cell.effects for cell in CASES})
    method = stored["estimator"].replace(dict.fromkeys(TOTAL, "poisson_imputation"))
    return Counter(stored.groupby([method, "method", effects])["draws"].sum().to_dict())


def count_beside():
    """Clustered errors, tried beside what was taken, where they count as enough clusters."""
    stored = pd.read_csv(RESULTS, keep_default_na=False)
    fewest = stored[["effective_city", "effective_partner"]].apply(pd.to_numeric, errors="coerce").min(axis=1)
    stored = stored[fewest >= HOLDS_FROM["clustered"]]
    drawn = stored["beside"].str.extract(r"(?:^|; )clustered (\d+)/(\d+)")[1].dropna().astype(int)
    effects = stored["cell"].map({cell.name: cell.effects for cell in CASES})
    keys = zip(stored.loc[drawn.index, "estimator"], effects[drawn.index], drawn, strict=True)
    found: Counter[tuple[str, str, str]] = Counter()
    for estimator, fixed, n in keys:
        found[estimator, "clustered", fixed] += n
    return found


def count_pages():
    stored = read_results().query("run == 'now' and planted == 0").dropna(subset=["p"])
    return Counter(BY_NAME[name].headline for name in stored["recipe"])


def count_tests():
    """Two-way regressions by method, panels in the last column; ranks of single cases, 500 a row; series alone."""
    rows = (RESULTS.parent / "size_of_tests.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]
    for file in RESULTS.parent.glob("size_of_tests_*.csv"):
        cells += csv.reader(file.read_text(encoding="utf-8").splitlines())
    found: Counter[tuple[str, str, str]] = Counter()
    for row in cells:
        if len(row) == 7 and row[0].isdigit() and row[2] != "auto":
            found["twfe", row[2].lower().replace("-", "_"), "two_way"] += int(row[6])
        if len(row) == 7 and row[1] in ESTIMATORS:
            estimator = ESTIMATORS[row[1]][0]
            family = estimator.options().get("family", "linear")
            name = estimator.name if family == "linear" else f"{family}_{estimator.name}"
            found[name, "randomization", row[2]] += int(row[3])
        if len(row) == 8 and row[0].isdigit():
            found["interrupted_series", "autoregressive", "two_way"] += int(row[3])
        if len(row) == 6 and row[2] in ("A", "B", "all"):
            found[row[1].lower().replace(" ", "_"), "placebo", "two_way"] += 500
    return found


def count_coverage():
    """Corrected PPML, whose intervals were counted on 600 panels or more a row."""
    rows = (RESULTS.parent / "coverage.md").read_text(encoding="utf-8").splitlines()
    found = [row for row in rows if row.startswith(("| 20 | agreement", "| 40 | agreement")) and "two-way" not in row]
    return Counter({("ppml_corrected", "weidner_zylkin", "gravity"): 600 * len(found)})


def test_the_table_is_what_the_stored_draws_hold():
    drawn = count_auto() + count_beside() + count_pages() + count_tests() + count_coverage()
    assert {key for key, n in drawn.items() if n >= FEWEST} == STUDIED


def infer(fitted, inference, **options):
    return INFERENCES[inference](**options).infer(fitted, "overall", np.random.default_rng(3))


@pytest.mark.parametrize(
    ("family", "inference", "is_studied"),
    [("linear", "randomization", True), ("linear", "clustered", False), ("poisson", "scaled", False)],
)
def test_a_combination_is_told_by_method_errors_and_effects(family, inference, is_studied):
    cell = Cell(5, "scattered", "equal", 0.6, 10, "two_way")
    made = assign(cell, np.random.default_rng(1))
    fitted = fit(Imputation(family=family), made.design(draw_flows(made, np.random.default_rng(2)), "level"))
    assert is_size_studied(fitted, infer(fitted, inference)) == is_studied


@loop_over(
    ("agreements", "inference", "is_studied"),
    [
        (5, "clustered", False),
        (120, "clustered", True),
        (5, "jackknife", False),
        (120, "jackknife", True),
        (5, "wild", True),
    ],
)
def test_clustered_errors_are_known_to_hold_where_enough_clusters_count(agreements, inference, is_studied):
    made = assign(Cell(agreements, "scattered", "equal", 0.6, 30, "two_way"), np.random.default_rng(1))
    fitted = fit(TWFE(shape="static"), made.design(draw_flows(made, np.random.default_rng(2)), "log"))
    assert is_size_studied(fitted, infer(fitted, inference)) == is_studied


@pytest.mark.parametrize(
    ("resting", "noise", "is_studied"),
    [(0.0, "by_size", True), (0.0, "equal", False), (0.6, "by_size", False), (0.6, "by_row", True)],
)
def test_randomization_by_hand_is_marked_where_its_noise_leaves_out_what_decides(resting, noise, is_studied):
    made = assign(Cell(40, "scattered", "equal", 0.6, 30, "gravity", resting), np.random.default_rng(1))
    fitted = fit(Imputation(), made.design(draw_flows(made, np.random.default_rng(2)), "log"))
    bands = infer(fitted, "randomization", draws=19, noise=noise, intervals=False)
    assert is_size_studied(fitted, bands) == is_studied
    taken = infer(fitted, "auto", draws=19, permutations=19)
    assert is_size_studied(fitted, taken)
