"""A fault of the program stops one analysis in one line, and the developer can see where."""

import gc

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from twintrade.study import execute as module


def test_a_fault_of_the_program_is_one_line_and_leaves_messages(project, spec_text, monkeypatch):
    monkeypatch.setattr(module, "observe", lambda *_: 1 / 0)
    outcome = module.execute(project, "tiny", spec_text)
    assert (outcome.ending, outcome.code) == ("failed", 1)
    assert "a fault of the program (ZeroDivisionError: division by zero)" in outcome.text
    assert "ZeroDivisionError" in (project / "results" / "tiny.messages.csv").read_text()
    assert sorted(p.name for p in (project / "results").iterdir()) == ["tiny.messages.csv"]
    monkeypatch.setenv(module.DEBUG, "1")
    with pytest.raises(ZeroDivisionError):
        module.execute(project, "tiny", spec_text)


def test_a_run_keeps_linear_algebra_to_one_thread_and_looks_for_garbage_among_its_own(
    project, spec_text, plain_pictures
):
    def note(_):
        assert gc.get_freeze_count() > 1000
        seen.update(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")

    seen: set[int] = set()
    with threadpool_limits(2, "blas"):
        assert module.execute(project, "tiny", spec_text, note).ending == "done"
    assert seen == {1}
    assert gc.get_freeze_count() < 1000


def test_open_guesses_leave_a_warning_in_the_results(project, spec_text, unprinted):
    guessed = spec_text.replace('flow = "exports" ', 'flow = "exports"   # GUESS: by its name ', 1)
    assert guessed != spec_text
    assert module.execute(project, "tiny", guessed).ending == "done"
    messages = (project / "results" / "tiny" / "messages.csv").read_text(encoding="utf-8")
    assert "1 line is still marked GUESS: flow (line" in messages
    assert "warning,guess" in messages


def test_what_designs_worked_out_is_let_go_before_results_are_put_together(
    project, spec_text, monkeypatch, unprinted
):
    worked_out, assemble = [], module.assemble.assemble_results

    def note(run, manifest):
        worked_out.extend(one.fit.design.workings for one in run.ladder.estimated if one.fit is not None)
        return assemble(run, manifest)

    monkeypatch.setattr(module.assemble, "assemble_results", note)
    assert module.execute(project, "tiny", spec_text.replace('"clustered"', '"scaled"', 1)).ending == "done"
    assert worked_out
    assert not any(worked_out)
