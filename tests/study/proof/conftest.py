"""Results of an analysis as its folder would give them back, nothing drawn."""

from collections.abc import Callable
from pathlib import Path

import pytest

from twintrade.effects import ResultSet
from twintrade.study.execute import plan_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.page.assemble import assemble_results
from twintrade.study.run.columns import run
from twintrade.study.run.ledger import build_manifest
from twintrade.study.store.replay import build_tidy_files, replay_results


@pytest.fixture
def estimate(project: Path) -> Callable[[str], ResultSet]:
    def estimated(text: str) -> ResultSet:
        plan, raw = plan_analysis(project, "tiny", text)
        ended = run(plan, observe("tiny", plan.spec, project))
        manifest = build_manifest(ended, raw, project) | {"headline": {}}
        return replay_results(build_tidy_files(assemble_results(ended, manifest)), manifest)

    return estimated
