"""What the benchmark of whole runs measures: every stage of a run, on the panels it draws."""

import numpy as np
import pytest

from benchmarks.end_to_end import PANELS, STAGES, Drawn, StageCosts, write_project
from twintrade.study.execute import execute, plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import Designs


def test_every_stage_of_a_run_is_told_in_order(project, spec_text):
    """The benchmark of whole runs counts each stage by itself; nothing of a run lies outside them."""
    told: list[str] = []
    costs = StageCosts()
    outcome = execute(project, "tiny", spec_text, lambda job: (told.append(job.split("/")[0]), costs(job)))
    costs("end")
    assert outcome.ending == "done"
    assert list(dict.fromkeys(told)) == list(STAGES)
    assert set(costs.by_stage()) == set(STAGES)
    assert sum(costs.by_stage().values()) == pytest.approx(sum(costs.jobs.values()) - costs.jobs["start"], abs=0.05)


def test_the_benchmarks_tables_make_an_analysis_that_plans(tmp_path, monkeypatch):
    monkeypatch.setitem(PANELS, "10k", Drawn(8, 5, 6, 1))
    made, _ = plan_analysis(tmp_path, "panel", write_project(tmp_path, "10k"))
    assert [c.estimator.name for c in made.columns].count("imputation") == 3
    observed = observe("panel", made.spec, tmp_path)
    design = Designs(observed, None).base(made.spec.design)
    assert (design.panel.n_units, int(np.isfinite(design.onset).sum())) == (40, 6)
