"""What a run is expected to take, from its plan and its design."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.end_to_end import PANELS, write_project
from benchmarks.forecasts import fit_costs, write_costs
from twintrade.estimators.base import fit
from twintrade.inference.choosing.decision import decide
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan import forecast as module
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.forecast import (
    EMPTY,
    compute_forecast,
    count_equal_clusters,
    list_ways,
    list_work,
    read_costs,
)
from twintrade.study.plan.planning import plan_analysis


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """Return the plan and the design of a gravity panel by its cities, partners, agreements and seed."""

    def build(*sizes):
        monkeypatch.setitem(PANELS, "10k", sizes)
        root = tmp_path / "-".join(map(str, sizes))
        root.mkdir()
        plan, _ = plan_analysis(root, "panel", write_project(root, "10k"))
        return plan, Designs(observe("panel", plan.spec, root)).base(plan.spec.design)

    return build


def test_auto_is_foreseen_from_the_agreements(planned):
    plan, few = planned(8, 5, 6, 1)
    assert {list_ways(plan, few, column) for column in plan.columns} == {("draws", "draws", "draws")}
    plan, many = planned(40, 30, 400, 1)
    likely = {column.job: list_ways(plan, many, column)[0] for column in plan.columns}
    assert likely["twfe/log-gravity"] == likely["imputation/log-gravity"] == "errors"
    assert count_equal_clusters(many, 2.0) < 0.7 * count_equal_clusters(many), "a few large flows carry a total"


def test_equal_clusters_are_near_those_of_a_fit(planned):
    plan, design = planned(20, 30, 60, 2)
    column = next(c for c in plan.columns if c.job == "twfe/log-gravity")
    effective = decide(fit(column.estimator, design)).situation.fewest_effective[1]
    assert count_equal_clusters(design) == pytest.approx(effective, rel=0.15)


def test_between_the_two_the_forecast_is_a_range(planned, monkeypatch):
    plan, design = planned(8, 5, 6, 1)
    sure = compute_forecast(plan, design)
    assert sure.low == sure.high
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 11.5)
    open_ = compute_forecast(plan, design)
    assert open_.low < open_.high
    assert {list_ways(plan, design, column) for column in plan.columns} == {("draws", "errors", "draws")}


def test_rows_without_a_figure_cost_memory_alone(planned):
    plan, design = planned(8, 5, 6, 1)
    full = compute_forecast(plan, design)
    n = design.panel.n_rows
    gone = np.where(np.arange(n) % 4 > 0, np.nan, design.panel.values(design.outcome))
    columns = {**design.panel.columns, design.outcome: gone}
    sparse = compute_forecast(plan, replace(design, panel=replace(design.panel, columns=columns)))
    assert sparse.high < full.high
    assert sparse.megabytes == pytest.approx(
        full.megabytes + (EMPTY - read_costs()["memory"]["rows"]) * 0.75 * n / 1000
    )


def test_every_job_of_the_plan_is_forecast_in_its_order(planned):
    plan, design = planned(8, 5, 6, 1)
    jobs = [name for name, _ in compute_forecast(plan, design).jobs]
    assert sorted(jobs) == sorted([*plan.jobs, "collect", "draw"])
    assert jobs[:2] == [f"estimate/{plan.columns[0].job}", f"inference/auto/{plan.columns[0].job}"]


def test_every_kind_of_work_has_a_row_in_the_table_of_costs(planned):
    costs = module.read_costs()
    plan, design = planned(8, 5, 6, 1)
    for way in ("errors", "draws", "case"):
        works = list_work(plan, design, {column.job: way for column in plan.columns})
        assert [work.job for work in works if not any(kind in costs for kind in work.kinds)] == []
    assert {"start", "read", "memory"} <= set(costs)


def test_costs_that_grow_with_rows_are_found_again():
    points = [(["a", "b"], size, 2.0 + 0.5 * size, 0) for size in (1.0, 10.0, 200.0)]
    costs = fit_costs(points)
    assert costs["a"] == pytest.approx({"fixed": 2.0, "rows": 0.5})
    assert costs["b"] == pytest.approx(costs["a"])
    assert '"a" = { fixed = 2, rows = 0.5 }' in write_costs(costs)
    assert min(fit_costs([(["a"], 1.0, 5.0, 0), (["a"], 10.0, 1.0, 0)])["a"].values()) >= 0


def test_costs_of_draws_are_told_from_those_that_come_once():
    points = [(["a"], 2.0, 2 * (3.0 + 0.1 * draws), draws) for draws in (49, 999)]
    assert fit_costs(points)["a"] == pytest.approx({"fixed": 3.0, "rows": 1.5, "each": 0.1})


def test_check_says_what_the_run_will_take(project, spec_text, monkeypatch):
    report = check_analysis(project, "tiny", spec_text)
    assert "    twintrade run tiny takes about " in report
    assert " MB of memory" in report
    auto = spec_text.replace('name = "clustered"\ndraws', 'name = "auto"\ndraws')
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 11.5)
    assert "where agreements have to be re-assigned" in check_analysis(project, "tiny", auto)
