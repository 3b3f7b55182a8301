"""Who does the refits of a run, where nobody says so."""

import pytest

from twintrade import fanout
from twintrade.study import runner
from twintrade.study.answers import AnalysisEnd
from twintrade.study.store.locating import find_analyses


@pytest.fixture
def workers(project, monkeypatch) -> list[int]:
    seen: list[int] = []

    def ended(analysis, why, progress, given):
        seen.append(given.n)
        return AnalysisEnd(analysis.name, "done")

    monkeypatch.setattr(runner, "_ended", ended)
    monkeypatch.setattr(fanout, "count_cores", lambda: 3)
    return seen


@pytest.mark.parametrize(("asked", "given"), [(None, 3), (1, 1), (2, 2)])
def test_refits_go_over_every_core_unless_another_number_is_asked_for(project, workers, asked, given):
    runner.run_all(find_analyses(project, []), jobs=asked, force=False, log_json=False)
    assert workers == [given]
