"""What a run is expected to take, from its plan and its design."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from benchmarks.end_to_end import PANELS, Drawn, write_project
from benchmarks.forecasts import fit_costs, write_costs
from twintrade.design.costs import Size, Work, compute_cost, measure_size, read_costs
from twintrade.estimators.base import fit
from twintrade.inference.auto import Auto, InferencePlan
from twintrade.inference.choosing.decision import decide
from twintrade.inference.crv2 import Jackknife, Scaled
from twintrade.inference.placebo import Placebo
from twintrade.inference.randomization import Randomization
from twintrade.study import checking
from twintrade.study.checking import MOST_SECONDS, check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan import forecast as module
from twintrade.study.plan.designs import Designs
from twintrade.study.plan.forecast import (
    EMPTY,
    choose_plans,
    compute_forecast,
    count_equal_clusters,
    list_work,
    plan_column,
)
from twintrade.study.plan.jobs import plan_analysis


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return the plan and the design of a gravity panel by its cities, partners, agreements and seed, made once."""

    @cache
    def build(*sizes):
        root = tmp_path_factory.mktemp("panel")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(PANELS, "10k", Drawn(*sizes))
            plan, _ = plan_analysis(root, "panel", write_project(root, "10k"))
        return plan, Designs(observe("panel", plan.spec, root)).base(plan.spec.design)

    return build


def list_names(plan, design, column):
    return tuple(one.inference.name for one in choose_plans(plan, design, column))


def test_auto_is_foreseen_from_the_agreements(planned):
    plan, few = planned(8, 5, 6, 1)
    assert {list_names(plan, few, column) for column in plan.columns} == {("randomization",) * 3}
    plan, many = planned(40, 30, 400, 1)
    likely = {column.job: list_names(plan, many, column)[0] for column in plan.columns}
    assert likely["twfe/log-gravity"] == likely["imputation/log-gravity"] == "scaled"
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
    assert {list_names(plan, design, column) for column in plan.columns} == {
        ("randomization", "scaled", "randomization")
    }


def test_rows_without_a_figure_cost_memory_alone_where_nothing_is_drawn(planned, monkeypatch):
    plan, design = planned(8, 5, 6, 1)
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 100.0)
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
    costs = read_costs()
    plan, design = planned(8, 5, 6, 1)
    for inference, draws in ((Scaled(), 0), (Randomization(), 999), (Placebo(), 0), (Jackknife(), 0)):
        plans = {c.job: InferencePlan(c.estimator, design, inference, draws) for c in plan.columns}
        works = list_work(plan, design, plans)
        assert [work.job for work in works if not any(kind in costs for kind in work.kinds)] == []
    assert {"start", "read", "memory"} <= set(costs)


def test_costs_that_grow_with_rows_are_found_again():
    points = [(Work("job", ("a", "b"), Size(rows)), 2.0 + 0.5 * rows) for rows in (1.0, 10.0, 200.0)]
    costs = fit_costs(points)
    assert costs["a"] == pytest.approx({"fixed": 2.0, "rows": 0.5})
    assert costs["b"] == pytest.approx(costs["a"])
    assert '"a" = { fixed = 2, rows = 0.5 }' in write_costs(costs)
    falling = [(Work("job", ("a",), Size(rows)), seconds) for rows, seconds in ((1.0, 5.0), (10.0, 1.0))]
    assert min(fit_costs(falling)["a"].values()) >= 0


def test_costs_of_draws_are_told_from_those_that_come_once():
    points = [(Work("job", ("a",), Size(2.0), draws=draws), 2 * (3.0 + 0.1 * draws)) for draws in (49, 999)]
    assert fit_costs(points)["a"] == pytest.approx({"fixed": 3.0, "rows": 1.5, "each": 0.1})


def test_costs_of_treated_rows_that_share_effects_and_of_thin_panels_are_found_again():
    sizes = [Size(rows, crossed, thin=thin) for rows in (2.0, 40.0) for crossed in (0.1, 1.5) for thin in (0.0, 6.0)]
    plain = [(Work("job", ("a",), size), 1.0 + 0.2 * size.rows + 3.0 * size.thin) for size in sizes]
    assert fit_costs(plain)["a"] == pytest.approx({"fixed": 1.0, "rows": 0.2, "thin": 3.0})
    drawn = [
        (
            Work("job", ("a",), size, draws=n),
            4.0 + 2.0 * size.rows + n * (0.01 + 0.005 * size.rows + 0.03 * size.crossed),
        )
        for size in sizes
        for n in (199, 499)
    ]
    found = fit_costs(drawn)["a"]
    assert found == pytest.approx({"fixed": 4.0, "rows": 2.0, "each": 0.01, "crossed": 0.03, "thin": 0.0}, abs=1e-9)


def test_many_treated_pairs_make_draws_dearer(planned):
    plan, few = planned(12, 10, 4, 1)
    _, many = planned(12, 10, 40, 1)
    assert measure_size(few).rows == measure_size(many).rows
    assert measure_size(many).crossed > 50 * measure_size(few).crossed
    seconds = []
    for design in (few, many):
        plans = {c.job: InferencePlan(c.estimator, design, Randomization(), 999) for c in plan.columns}
        seconds.append(sum(compute_cost(w) for w in list_work(plan, design, plans) if w.draws))
    assert seconds[1] > seconds[0]


def test_a_thin_panel_has_many_levels_for_its_rows_and_a_full_one_is_none(planned):
    _, full = planned(12, 10, 4, 1)
    assert measure_size(full).thin == measure_size(full).gaps == 0.0
    _, thin = planned(60, 45, 30, 1, 0.8)
    size = measure_size(thin)
    assert 0.7 * 10.8 < size.rows < 1.5 * 10.8
    levels = [np.unique(thin.observations.codes(name)).size for name in ("unit", "city_period", "partner_period")]
    assert size.gaps == pytest.approx((sum(levels) - max(levels)) / 1000, rel=0.01)
    assert size.thin == pytest.approx(sum(levels) ** 2 * 20 / 1e9, rel=0.02)


def test_draws_hold_an_onset_for_every_pair_of_the_panel(planned, monkeypatch):
    plan, design = planned(8, 5, 6, 1)
    drawn = compute_forecast(plan, design).megabytes
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 100.0)
    assert drawn - compute_forecast(plan, design).megabytes == pytest.approx(8 * 40 * (499 + 5 * 199) / 1e6)


def test_check_says_what_the_run_will_take(project, spec_text, monkeypatch):
    report = check_analysis(project, "tiny", spec_text)
    assert "    twintrade run tiny takes about " in report
    assert " MB of memory" in report
    auto = spec_text.replace('name = "clustered"\ndraws', 'name = "auto"\ndraws')
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 11.5)
    tried = check_analysis(project, "tiny", auto)
    assert "can be estimated; inference by randomization, with 499 further estimates, " in tried
    assert "where agreements have to be re-assigned" not in tried, "the estimates say which"
    monkeypatch.setattr(checking, "MOST_SECONDS", 0.0)
    assert "where agreements have to be re-assigned" in check_analysis(project, "tiny", auto)


def test_columns_of_a_thin_panel_with_many_levels_are_too_long_to_be_tried(planned, monkeypatch):
    plan, design = planned(8, 5, 6, 1)
    seconds = []
    for size in (measure_size(design), Size(63.2), Size(63.2, 0.002, 17.4, 33.9)):  # the last took 270 s
        monkeypatch.setitem(design.workings, ("size",), size)
        jobs = compute_forecast(plan, design).jobs
        seconds.append(sum(cost for job, cost in jobs if job.startswith("estimate/")))
    assert seconds[0] < seconds[1] < MOST_SECONDS
    assert seconds[2] > 135


def test_an_estimate_tells_the_forecast_what_its_inference_does(planned, monkeypatch):
    plan, design = planned(8, 5, 6, 1)
    monkeypatch.setattr(module, "count_equal_clusters", lambda *_: 11.5)
    column = next(c for c in plan.columns if c.is_headline)
    known = plan_column(plan, column, fit(column.estimator, design.with_outcome(design.outcome, "level")))
    assert (known.inference.name, known.refits) == ("randomization", 499)
    seconds = dict(compute_forecast(plan, design, {column.job: replace(known, refits=50)}).jobs)
    assert seconds[f"inference/auto/{column.job}"] == pytest.approx(replace(known, refits=50).seconds)
    assert replace(known, refits=50).seconds < known.seconds
    sure = compute_forecast(plan, design, {c.job: known for c in plan.columns})
    assert sure.low == sure.high


@pytest.mark.parametrize("about", ["these", "like these"])
def test_a_case_is_ranked_among_its_donors(planned, about):
    plan, design = planned(8, 5, 6, 1)
    case = replace(plan, spec=plan.spec.model_copy(update={"case": "set"}), inference=Auto(about=about))
    assert list_names(case, design, plan.columns[0]) == ("placebo",) * 3


def test_leaving_out_clusters_costs_an_estimate_each(planned):
    plan, design = planned(8, 5, 6, 1)
    column = plan.columns[0]
    one, many = (InferencePlan(column.estimator, design, Jackknife(), n) for n in (1, 340))
    assert many.seconds == pytest.approx(340 * one.seconds)
    assert dict(compute_forecast(plan, design).jobs)[f"estimate/{column.job}"] == pytest.approx(one.seconds)
