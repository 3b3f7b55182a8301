"""What ``auto`` takes keeps its size over designs in which agreements fall as they do in practice.

Cells and panels: benchmarks/agreement_panels.py. Stored results: docs/lab/size_of_auto.csv, shown in
docs/lab/size_of_auto.md.
"""

from itertools import product

import numpy as np
import pytest
from case_tables import loop_over

from benchmarks.agreement_panels import (
    GRID,
    LEVELS,
    NOISE_BY_SIZE,
    RESTING,
    ZEROS,
    Cell,
    assign,
    compute_spread,
    count_cover,
    draw_errors,
    draw_flows,
)
from benchmarks.one_assignment import Study
from benchmarks.size_of_auto import (
    BOUND,
    BOUND_AT_THRESHOLDS,
    CASES,
    PAGE,
    fill_page,
    list_runs,
    pick_estimator,
    read_results,
    store_tables,
    summarize,
)
from twintrade.estimators.base import fit
from twintrade.estimators.imputation import Imputation
from twintrade.inference.choosing.decision import TABLE, measure_leverage_one

BY_NAME = {cell.name: cell for cell in CASES}


def cell_of(**changed):
    return Cell(**{"agreements": 15, "placement": "scattered", "noise": "equal", "ar": 0.6, "cities": 30} | changed)


def test_every_pair_of_levels_meets():
    """Counted here from the levels themselves, not by the code that chose the cells."""
    names = list(LEVELS)
    for first, second in [(a, b) for a in range(len(names)) for b in range(a)]:
        met = {(cell.levels[first], cell.levels[second]) for cell in GRID}
        assert met == set(product(LEVELS[names[first]], LEVELS[names[second]]))
    assert len(set(GRID)) == 60
    assert count_cover(GRID) == 19


def test_errors_are_autoregressive_with_variance_one():
    rng = np.random.default_rng(3)
    for rho, is_heavy in product((0.6, 0.8), (False, True)):
        e = draw_errors(rng, (200, 200), rho, is_heavy)
        assert e.var() == pytest.approx(1, abs=0.02)
        lags = [(e[..., k:] * e[..., :-k]).mean() for k in (1, 2, 3)]
        np.testing.assert_allclose(lags, [rho, rho**2, rho**3], atol=0.02)
    steps = draw_errors(rng, (400, 400), 0.0, True)
    assert (steps**4).mean() == pytest.approx(3 * (0.9 * ((1 - 0.484) / 0.9) ** 2 + 0.1 * 2.2**4), rel=0.05)


def test_noise_falls_with_size_and_zeros_fall_on_small_pairs():
    cell = cell_of(noise="by size", cities=100, effects="two_way")
    made = assign(cell, np.random.default_rng(1))
    logs = np.log(np.stack([draw_flows(made, np.random.default_rng([2, k])) for k in range(40)]))
    own = logs - logs.mean(axis=1, keepdims=True) - logs.mean(axis=2, keepdims=True)
    slope = np.polyfit(made.size.ravel(), np.log(own.std(axis=(0, 3))).ravel(), 1)[0]
    assert slope == pytest.approx(-NOISE_BY_SIZE, abs=0.05)
    heavy = assign(cell_of(noise="heavy, zeros", cities=100, effects="two_way"), np.random.default_rng(1))
    flows = draw_flows(heavy, np.random.default_rng(4))
    tercile = np.digitize(heavy.size, np.quantile(heavy.size, [1 / 3, 2 / 3]))
    found = [(flows[tercile == k] == 0).mean() for k in range(3)]
    np.testing.assert_allclose(found, ZEROS, atol=0.02)


@pytest.mark.parametrize("noise", [pytest.param("equal", marks=pytest.mark.slow), "by size"])
def test_spread_of_an_estimate_is_that_of_many_draws(noise):
    made = assign(cell_of(noise=noise, cities=10, effects="two_way"), np.random.default_rng(5))
    v = np.where(made.is_treated, 1 / made.is_treated.sum(), 0.0)
    drawn = [(v * np.log(draw_flows(made, np.random.default_rng([6, k])))).sum() for k in range(4000)]
    assert compute_spread(made, v) == pytest.approx(np.std(drawn), rel=4 / np.sqrt(8000))


@loop_over("cell", GRID, ids=lambda cell: cell.name)
def test_agreements_fall_where_the_cell_says(cell):
    treated = np.isfinite(assign(cell, cell.seed(0)).onset)
    assert treated.sum() == cell.agreements
    cities, partners = int(treated.any(axis=1).sum()), int(treated.any(axis=0).sum())
    groups = {1: 1, 2: 1, 5: 2, 15: 3, 40: min(8, cell.cities // 2 if cell.placement == "few cities" else 10)}
    if cell.placement == "few cities":
        assert cities == groups[cell.agreements]
    if cell.placement == "few partners":
        assert partners == groups[cell.agreements]


@pytest.mark.parametrize("cell", RESTING, ids=lambda cell: f"{cell.resting:.0%}")
def test_as_much_of_the_headline_rests_on_single_rows_as_the_cell_says(cell):
    shares = []
    for k in range(3):
        made = assign(cell, cell.seed(0, k))
        found = fit(Imputation(), made.design(draw_flows(made, cell.seed(1, k)), "log"))
        shares.append(measure_leverage_one(found, found.view("overall")).share)
    one_row = 1 / made.is_treated.sum()
    assert np.mean(shares) == pytest.approx(cell.resting, rel=0.2, abs=one_row)


@pytest.fixture(scope="module")
def stored():
    results = read_results()
    return results[results["run"] != "before"]


def test_every_row_of_the_decision_table_decided_somewhere(stored):
    assert {rule.code for rule in TABLE} - set(stored["decided_by"]) == set()


@pytest.mark.parametrize("run", ["first", "now"])
def test_each_cell_has_a_number_and_its_size(stored, run):
    table = summarize(stored[stored["run"] == run])
    bound = np.where(table["draws"] >= 1000, BOUND_AT_THRESHOLDS, BOUND)
    judged = table[table["draws"] >= 200]
    assert judged[judged["size"] > bound[judged.index]].to_dict("records") == []
    assert table[table["none"] > 0].to_dict("records") == []


def test_the_page_shows_the_stored_results():
    text = PAGE.read_text(encoding="utf-8")
    assert fill_page(text, read_results()) == text
    for name, rows in store_tables(text, read_results()).items():
        assert (PAGE.parent / name).read_text(encoding="utf-8") == rows, f"{name}: run the benchmark without draws"


QUICK = [(25, "twfe"), (9, "imputation"), (14, "callaway_santanna")]


@pytest.mark.parametrize(("k", "name"), QUICK)
def test_stored_results_are_what_the_program_finds(stored, k, name):
    cell = GRID[k]
    assert (cell, name) in list(list_runs([cell], [name]))
    rows = stored[(stored["run"] == "now") & (stored["cell"] == cell.name) & (stored["estimator"] == name)]
    rows = rows[rows["assignment"] == 0]
    (found,) = Study(cell, pick_estimator(cell, name), 0).rows()
    assert rows[["decided_by", "method", "draws", "rejects", "finds"]].to_numpy().tolist() == [
        [*found[:3], found[4], found[9]]
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("k", "name"), QUICK)
def test_what_auto_takes_keeps_its_size_on_other_panels(k, name):
    """200 draws that the stored results do not hold."""
    rows = [row for a in range(10) for row in Study(GRID[k], pick_estimator(GRID[k], name), a, seed=1).rows()]
    draws, rejects = (sum(row[i] for row in rows) for i in (2, 4))
    assert draws == 200
    assert rejects <= BOUND * draws
